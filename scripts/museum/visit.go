package main

import (
	"context"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"castad/scripts/museum/card"
)

// verdict is what became of a card.
type verdict struct {
	ok   bool
	word string // "pass", "red", "hung" or what is wrong
	took time.Duration
	// line says why in a line; more is what go test said, for a card that is not as it should be.
	line string
	more []string
}

// visit runs the tests of the cards, package by package, and prints the table.
func (w *workshop) visit(ctx context.Context, cards []card.Card, width int, out io.Writer) error {
	began := time.Now()
	t := newTable(out, width, column{"card", 21}, column{"seen at", 22}, column{"what CastAD must do", 30}, column{"test", 27})
	t.head()
	verdicts := promise(len(cards))
	stop := w.results(ctx, cards, verdicts)
	defer stop()
	bad, packages := report{}, map[string]bool{}
	for i, c := range cards {
		v := <-verdicts[i]
		packages[c.Package] = true
		t.section(wingOf(c))
		t.row(v, c.ID, sourceText(c), sentence(c.Must), place(c))
		bad.add(c, v)
	}
	bad.print(out, "passes")
	_, _ = fmt.Fprintf(out, "\n%d cards: %d pass, %d do not. %d packages in %s.\n", len(cards), len(cards)-len(bad.cards), len(bad.cards), len(packages), seconds(time.Since(began)))
	return bad.err(ctx, len(cards), "whose test does not pass")
}

// promise makes a place for each card's verdict.
func promise(n int) []chan verdict {
	all := make([]chan verdict, n)
	for i := range all {
		all[i] = make(chan verdict, 1)
	}
	return all
}

// results starts running the tests of the cards' packages; each card's verdict
// arrives at its place. The returned function waits.
func (w *workshop) results(ctx context.Context, cards []card.Card, verdicts []chan verdict) func() {
	var packages []string
	of := map[string][]int{}
	for i, c := range cards {
		if of[c.Package] == nil {
			packages = append(packages, c.Package)
		}
		of[c.Package] = append(of[c.Package], i)
	}
	var work sync.WaitGroup
	for _, pkg := range packages {
		work.Go(func() {
			var names []string
			for _, i := range of[pkg] {
				name, _, _ := strings.Cut(cards[i].Test, "/")
				names = append(names, name)
			}
			slices.Sort(names)
			o, err := w.test(ctx, pkg, "^("+strings.Join(slices.Compact(names), "|")+")$", "")
			for _, i := range of[pkg] {
				verdicts[i] <- passed(cards[i], o, err)
			}
		})
	}
	return work.Wait
}

// passed judges one card by the run of its package.
func passed(c card.Card, o outcome, err error) verdict {
	if err != nil {
		return verdict{word: "NOT RUN", line: err.Error()}
	}
	test := testName(c.Test)
	r := o.tests[test]
	switch {
	case o.unbuilt:
		return verdict{word: "NO BUILD", line: o.reason(test), more: o.all(test)}
	case r == nil:
		return verdict{word: "NOT RUN", line: "no test of this name ran", more: o.all(test)}
	case r.action == "skip":
		return verdict{word: "SKIPPED", took: r.took, line: o.reason(test), more: r.output}
	case r.action != "pass":
		return verdict{word: "FAIL", took: r.took, line: o.reason(test), more: o.all(test)}
	}
	return verdict{ok: true, word: "pass", took: r.took}
}

// testName is a card's test as go test calls it: spaces of a row become underscores.
func testName(test string) string { return strings.ReplaceAll(test, " ", "_") }

// pattern is what -run takes to run one test, or one row of it.
func pattern(test string) string {
	parts := strings.Split(testName(test), "/")
	for i, p := range parts {
		parts[i] = "^" + regexp.QuoteMeta(p) + "$"
	}
	return strings.Join(parts, "/")
}

func place(c card.Card) string { return strings.TrimPrefix(c.Package, "./") + " " + c.Test }

// sourceText is a card's first source, and how many more there are.
func sourceText(c card.Card) string {
	links, err := c.Sources()
	switch {
	case err != nil:
		return c.Source
	case len(links) > 1:
		return fmt.Sprintf("%s +%d", links[0].Text, len(links)-1)
	}
	return links[0].Text
}
