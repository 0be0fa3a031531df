// Museum shows how the outside services of CastAD fail, and that CastAD withstands it.
//
//	go run ./scripts/museum             each card's test, as a table (make museum)
//	go run ./scripts/museum -mutants    each card's handling taken away: its test must be red (make museum-mutants)
//	go run ./scripts/museum -controls   the same of the security controls (make controls, make controls-mutants)
//	go run ./scripts/museum -doc        writes docs/museum.md and docs/security.md
//
// Flags: -card and -from choose cards by a pattern of their ids and by the first
// one, -p how many run at once, -limit how long a test may run, -width of the table.
//
// A card (package card) is one failure that somebody has seen at a vendor: where
// it was told, what the vendor does, what CastAD must do, the test that shows it,
// and the mutant, which is the handling taken out of the product. The tests are
// run by go test; one that is missing, skipped or matched by no pattern fails
// its card. A mutant is laid over the tree by go's -overlay, so nothing is copied
// or edited; it must apply exactly once, compile, and turn its own test red. One
// that hangs is red too and is listed as hung. Each go test has a TMPDIR of its own;
// whatever still runs with it afterwards is killed, then the directory is removed.
//
// To add a card: write it into the file of its vendor in scripts/museum/card,
// run -mutants -card '^its-id$', then -doc. A test of this package fails while
// docs/museum.md is out of date or a card's words point at nothing.
//
// Exit status: 0 when every card is as it should be, 1 when not, 2 for bad arguments.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"runtime"
	"slices"
	"syscall"
	"time"

	"castad/scripts/museum/card"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// options are the command line.
type options struct {
	root, pattern, from string
	mutants, doc        bool
	controls            bool
	parallel, width     int
	limit               time.Duration
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var o options
	flags := flag.NewFlagSet("museum", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.root, "root", ".", "the repository's `folder`")
	flags.StringVar(&o.pattern, "card", "", "only cards whose id matches this `regexp`")
	flags.StringVar(&o.from, "from", "", "only this card and those after it: goes on where a run was stopped")
	flags.BoolVar(&o.mutants, "mutants", false, "take each card's handling away and expect its test to be red")
	flags.BoolVar(&o.controls, "controls", false, "the security controls instead of the vendors' failures")
	flags.BoolVar(&o.doc, "doc", false, "write docs/museum.md and docs/security.md")
	flags.IntVar(&o.parallel, "p", runtime.NumCPU(), "go tests at once")
	flags.IntVar(&o.width, "width", 150, "columns of the table, at least 100")
	flags.DurationVar(&o.limit, "limit", 3*time.Minute, "how long the tests of a package, or a mutant's test, may run")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	all := card.All()
	if o.controls {
		all = card.ControlCards()
	}
	cards, err := choose(all, o.pattern, o.from)
	switch {
	case err != nil:
	case flags.NArg() > 0:
		err = fmt.Errorf("%q: there are only flags, see -h", flags.Arg(0))
	case o.parallel < 1 || o.width < 100 || o.limit < time.Second:
		err = errors.New("-p is at least 1, -width at least 100, -limit at least 1s")
	}
	if err != nil {
		fmt.Fprintln(stderr, "museum:", err)
		return 2
	}
	if err := show(ctx, o, cards, stdout); err != nil {
		fmt.Fprintln(stderr, "museum:", err)
		return 1
	}
	return 0
}

func show(ctx context.Context, o options, cards []card.Card, out io.Writer) error {
	if o.doc {
		return writePages(o.root)
	}
	w, err := newWorkshop(o.root, o.limit, o.parallel)
	if err != nil {
		return err
	}
	defer w.close()
	if o.mutants {
		return w.mutants(ctx, cards, o.width, out)
	}
	return w.visit(ctx, cards, o.width, out)
}

// choose returns the cards whose ids match, from the one called from on.
func choose(cards []card.Card, pattern, from string) ([]card.Card, error) {
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, fmt.Errorf("-card: %w", err)
	}
	if from != "" {
		at := slices.IndexFunc(cards, func(c card.Card) bool { return c.ID == from })
		if at < 0 {
			return nil, fmt.Errorf("-from: no card is called %q", from)
		}
		cards = cards[at:]
	}
	var chosen []card.Card
	for _, c := range cards {
		if re.MatchString(c.ID) {
			chosen = append(chosen, c)
		}
	}
	if len(chosen) == 0 {
		return nil, fmt.Errorf("no card matches %q", pattern)
	}
	return chosen, nil
}

// wingOf names the wing or the control that has the card; "" for none.
func wingOf(c card.Card) string {
	for _, w := range card.Wings() {
		if slices.ContainsFunc(w.Cards, func(of card.Card) bool { return of.ID == c.ID }) {
			return w.Name
		}
	}
	for _, w := range card.Controls() {
		if slices.ContainsFunc(w.Cards, func(of card.Card) bool { return of.ID == c.ID }) {
			return w.Name
		}
	}
	return ""
}
