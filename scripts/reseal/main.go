// Command reseal brings the stored tokens, and what channels remember of posts that
// are under way or failed, under the current sealing key, so that the key of before
// can be taken away.
//
//	go run ./scripts/reseal              until nothing is left under another key
//	go run ./scripts/reseal -batch 500   more rows between two lines of output
//
// It reads CASTAD_MYSQL_DSN, CASTAD_STAGE, CASTAD_HOST_KIND, CASTAD_SEAL_KEYS and
// CASTAD_SEAL_VAULT_KEY_URL as the app does; the credential for the vault is the
// one of azidentity's default chain (az login, environment, managed identity).
//
// To roll the key: put the new one first in CASTAD_SEAL_KEYS (or make a new version
// of the vault's key) on every instance, wait twenty minutes, run this, and take the old
// key away. The wait is for instances that seal with the key of before for ten minutes,
// and for connections under way, which live for ten and are left alone. The app may run meanwhile, and this may be
// killed and begun anew: rows of both keys are readable all the time. What cannot be opened with any key is named and
// left as it is, the others are gone through, and the exit status is 1: the account must be connected again.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"castad/functions/sns"
	"castad/functions/social"
	"castad/shared/config"
	"castad/shared/id"
	"castad/shared/seal"
	"castad/shared/store"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "reseal:", err)
		os.Exit(1)
	}
}

// rounds is how often everything is gone through at most; a second round is
// needed only where an instance sealed something in the same moment.
const rounds = 5

const usage = `reseal [-batch 100]

Brings stored tokens and upload sessions under the current sealing key: the first of CASTAD_SEAL_KEYS,
or the newest version of CASTAD_SEAL_VAULT_KEY_URL. Reads CASTAD_MYSQL_DSN, CASTAD_STAGE
and CASTAD_HOST_KIND too. It may be killed and begun anew. What cannot be opened is named and left as it is;
the exit status is 1 then.
`

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("reseal", flag.ContinueOnError)
	flags.Usage = func() {
		_, _ = fmt.Fprint(flags.Output(), usage)
		flags.PrintDefaults()
	}
	batch := flags.Int("batch", 100, "how many accounts or posts are read at once")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *batch < 1 {
		return fmt.Errorf("-batch is %d", *batch)
	}
	c, _ := config.Load() // most settings are not needed here; those that are, are checked below
	if !c.MySQLDSN.Set() {
		return errors.New("CASTAD_MYSQL_DSN is not set")
	}
	sealer, err := sealer(c)
	if err != nil {
		return err
	}
	db, err := store.Open(store.Config{DSN: c.MySQLDSN.Reveal(), Stage: string(c.Stage), Host: string(c.HostKind), Group: c.ScaleGroup})
	if err != nil {
		return err
	}
	defer db.Close()
	accounts := social.New(social.Config{DB: db.Primary(), Seal: sealer, Now: time.Now})
	for range rounds {
		a, err := round("accounts", out, func(after id.Account) (id.Account, tally, error) {
			p, err := accounts.Reseal(ctx, after, *batch)
			return p.Last, tally{p.Changed, p.Left, p.Lost, p.Why}, err
		})
		if err != nil {
			return err
		}
		b, err := round("posts", out, func(after id.Post) (id.Post, tally, error) {
			p, err := sns.Reseal(ctx, db.Primary(), sealer, after, *batch)
			return p.Last, tally{p.Changed, p.Left, p.Lost, p.Why}, err
		})
		switch {
		case err != nil:
			return err
		case a.left+b.left > 0:
		case a.lost+b.lost > 0:
			return fmt.Errorf("%d cannot be opened with these keys and are left as they are:\n%w", a.lost+b.lost, errors.Join(a.why, b.why))
		default:
			return nil
		}
	}
	return errors.New("something is still under another key: an instance seals with it")
}

// tally is what came of some rows.
type tally struct {
	changed, left, lost int
	why                 error
}

// round goes through all rows of one kind, batch by batch.
func round[ID id.Account | id.Post](what string, out io.Writer, batch func(after ID) (last ID, t tally, err error)) (tally, error) {
	var all tally
	for last := ID(0); ; {
		next, t, err := batch(last)
		if err != nil {
			return all, err
		}
		last, all = next, tally{all.changed + t.changed, all.left + t.left, all.lost + t.lost, errors.Join(all.why, t.why)}
		if _, err := fmt.Fprintf(out, "%s: %d resealed, %d left for the next round\n", what, all.changed, all.left); err != nil {
			return all, err
		}
		if last == 0 {
			return all, nil
		}
	}
}

func sealer(c config.Config) (*seal.Sealer, error) {
	var credential azcore.TokenCredential
	if c.SealVaultKeyURL != "" {
		var err error
		if credential, err = azidentity.NewDefaultAzureCredential(nil); err != nil {
			return nil, fmt.Errorf("find a credential: %w", err)
		}
	}
	return seal.Configured(time.Now, c.SealKeys.Reveal(), c.SealVaultKeyURL, credential)
}
