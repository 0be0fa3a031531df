// Command deadletters lists the messages that no function could take, and sends
// one of them again.
//
//	go run ./scripts/deadletters              the newest first
//	go run ./scripts/deadletters -redrive 7   letter 7 becomes a new message
//
// It reads CASTAD_MYSQL_DSN, CASTAD_STAGE, CASTAD_HOST_KIND and
// CASTAD_ENVELOPE_KEYS as the app does. Only a letter with our own signature is
// sent again, and only once; the outbox's relay of a running app delivers it, and
// the audit log tells that it was sent.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"castad/functions/admin"

	"castad/shared/config"
	"castad/shared/envelope"
	"castad/shared/identity"
	"castad/shared/keyring"
	"castad/shared/outbox"
	"castad/shared/store"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "deadletters:", err)
		os.Exit(1)
	}
}

// commandLine is the actor of what is done here: whoever may read the settings.
var commandLine = identity.Actor{Request: "scripts/deadletters"}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("deadletters", flag.ContinueOnError)
	redrive := flags.Int64("redrive", 0, "number of the letter to send again")
	limit := flags.Int("n", 50, "how many are listed")
	if err := flags.Parse(args); err != nil {
		return err
	}
	c, _ := config.Load() // most settings are not needed here; those that are, are checked below
	if !c.MySQLDSN.Set() {
		return errors.New("CASTAD_MYSQL_DSN is not set")
	}
	keys, err := keyring.Parse(c.EnvelopeKeys.Reveal())
	if err != nil && *redrive != 0 {
		return fmt.Errorf("CASTAD_ENVELOPE_KEYS: %w", err)
	}
	db, err := store.Open(store.Config{DSN: c.MySQLDSN.Reveal(), Stage: string(c.Stage), Host: string(c.HostKind)})
	if err != nil {
		return err
	}
	defer db.Close()
	o := outbox.New(outbox.Config{DB: db.Primary(), Unseal: func(queue string, raw []byte) ([]byte, error) {
		_, body, _, err := envelope.Open(time.Unix(0, 0), keys, queue, raw) // its age does not matter, its signature does
		return body, err
	}})
	if *redrive != 0 {
		a := admin.Action{Name: "letter.redrive", Target: fmt.Sprintf("letter %d", *redrive)}
		return admin.New(admin.Config{DB: db, Now: time.Now}).Act(ctx, commandLine, a, func(also admin.Also) error { return o.Redrive(ctx, *redrive, also) })
	}
	letters, err := o.Dead(ctx, *limit)
	if err != nil {
		return err
	}
	for _, l := range letters {
		again := ""
		if l.Redriven {
			again = "sent again"
		}
		fmt.Printf("%d\t%s\t%s\t%s\t%s\t%s\n", l.ID, l.SeenAt.Format(time.RFC3339), l.Queue, l.MessageID, l.Reason, again)
	}
	return nil
}
