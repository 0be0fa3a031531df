// Command vendors shows how the vendors are and what is left of their limits, and
// lets an operator hold a breaker.
//
//	go run ./scripts/vendors                       breakers and limits
//	go run ./scripts/vendors open suno generate    no song is ordered until further notice
//	go run ./scripts/vendors open suno '*'         nothing is asked of Suno at all
//	go run ./scripts/vendors close openai write    every call is sent, whatever fails
//	go run ./scripts/vendors auto suno generate    the breaker decides again; after a pause one call goes first
//
// It reads CASTAD_MYSQL_DSN, CASTAD_STAGE, CASTAD_HOST_KIND and
// CASTAD_VENDOR_LIMITS as the app does. All instances obey within a second; orders
// that need the vendor wait. What is done is in the audit log. A vendor that there is not
// and an operation that nobody has asked for are refused, with those that there are.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"castad/functions/admin"

	"castad/shared/config"
	"castad/shared/guard"
	"castad/shared/identity"
	"castad/shared/store"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "vendors:", err)
		os.Exit(1)
	}
}

const usage = `vendors                                   shows breakers and limits
vendors open|close|auto VENDOR OPERATION  holds a breaker open or closed, or lets it decide again

OPERATION '*' is all of the vendor's. Reads CASTAD_MYSQL_DSN, CASTAD_STAGE,
CASTAD_HOST_KIND and CASTAD_VENDOR_LIMITS. All instances obey within a second.
What is done is in the audit log.
`

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("vendors", flag.ContinueOnError)
	flags.Usage = func() { _, _ = fmt.Fprint(flags.Output(), usage) }
	if err := flags.Parse(args); err != nil {
		return err
	}
	c, _ := config.Load() // most settings are not needed here; those that are, are checked below
	if !c.MySQLDSN.Set() {
		return errors.New("CASTAD_MYSQL_DSN is not set")
	}
	rules, err := guard.ParseRules(c.VendorLimits)
	if err != nil {
		return fmt.Errorf("CASTAD_VENDOR_LIMITS: %w", err)
	}
	db, err := store.Open(store.Config{DSN: c.MySQLDSN.Reveal(), Stage: string(c.Stage), Host: string(c.HostKind)})
	if err != nil {
		return err
	}
	defer db.Close()
	log := admin.New(admin.Config{DB: db, Now: time.Now})
	return act(ctx, guard.New(guard.Config{DB: db.Primary(), Rules: rules}), log, flags.Args(), out)
}

// commandLine is the actor of what is done here: whoever may read the settings.
var commandLine = identity.Actor{Request: "scripts/vendors"}

// costly are the operations that cost or show something, which can be held before they were ever asked for.
var costly = map[string][]string{"openai": {"write"}, "suno": {"generate"}, "creatomate": {"render"}, "youtube": {"insert", "upload"}, "instagram": {"container", "publish"}}

// known refuses what would be held without an effect. What is held already may be let go, whatever its name.
func known(ctx context.Context, g *guard.Guard, f guard.Forced, vendor, op string) error {
	breakers, _, err := g.Status(ctx)
	if err != nil {
		return err
	}
	held := func(b guard.Breaker) bool { return b.Vendor == vendor && b.Op == op && b.Forced != guard.Auto }
	if f == guard.Auto && slices.ContainsFunc(breakers, held) {
		return nil
	}
	if err := admin.Vendor(vendor); err != nil {
		return err
	}
	all := append([]string{"*"}, costly[vendor]...)
	for _, b := range breakers {
		if b.Vendor == vendor && !slices.Contains(all, b.Op) {
			all = append(all, b.Op)
		}
	}
	if !slices.Contains(all, op) {
		return fmt.Errorf("%s has no operation %q; there are %s", vendor, op, strings.Join(all, ", "))
	}
	return nil
}

// decisions are the words for what an operator can decide.
var decisions = map[string]guard.Forced{"open": guard.ForcedOpen, "close": guard.ForcedClosed, "auto": guard.Auto}

// act does what the words ask for, which the audit log tells, and prints how the vendors are then.
func act(ctx context.Context, g *guard.Guard, log *admin.Store, words []string, out io.Writer) error {
	switch len(words) {
	case 0:
	case 3:
		f, ok := decisions[words[0]]
		if !ok {
			return fmt.Errorf("%q: want open, close or auto", words[0])
		}
		if err := known(ctx, g, f, words[1], words[2]); err != nil {
			return err
		}
		a := admin.Action{Name: "vendor." + words[0], Target: words[1] + " " + words[2]}
		if err := log.Act(ctx, commandLine, a, func(also admin.Also) error { return g.Force(ctx, words[1], words[2], f, also) }); err != nil {
			return err
		}
	default:
		return errors.New("want nothing, or: open|close|auto vendor operation")
	}
	breakers, buckets, err := g.Status(ctx)
	if err != nil {
		return err
	}
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "VENDOR\tOPERATION\tBREAKER\tUNTIL\tCALLS/MIN\tFAILED\tSINCE")
	for _, b := range breakers {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%d\t%d\t%s\n", b.Vendor, b.Op, word(b), at(b.Until), b.Calls, b.Failures, at(b.Changed))
	}
	fmt.Fprintln(t, "\nLIMIT\tLEFT NOW\tPAUSED UNTIL")
	for _, b := range buckets {
		fmt.Fprintf(t, "%s\t%d\t%s\n", b.Rule, b.Left, at(b.Paused))
	}
	return t.Flush()
}

func word(b guard.Breaker) string {
	switch b.Forced {
	case guard.ForcedOpen:
		return "held open"
	case guard.ForcedClosed:
		return "held closed"
	}
	return string(b.State)
}

func at(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format(time.RFC3339)
}
