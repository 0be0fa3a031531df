package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"castad/scripts/museum/card"
)

// mutants runs each card's test with its handling taken away and prints how it failed.
func (w *workshop) mutants(ctx context.Context, cards []card.Card, width int, out io.Writer) error {
	began := time.Now()
	t := newTable(out, width, column{"card", 24}, column{"taken away in", 25}, column{"so its test says", 51})
	t.head()
	// A test that is red anyway would look like one that saw its mutant.
	sound, verdicts := promise(len(cards)), promise(len(cards))
	stop := w.results(ctx, cards, sound)
	defer stop()
	var work sync.WaitGroup
	for i, c := range cards {
		work.Go(func() { verdicts[i] <- w.mutant(ctx, c, <-sound[i]) })
	}
	defer work.Wait()
	bad, hung := report{}, 0
	for i, c := range cards {
		v := <-verdicts[i]
		if v.word == "hung" {
			hung++
		}
		t.section(wingOf(c))
		t.row(v, c.ID, c.Mutant.File, v.line)
		bad.add(c, v)
	}
	bad.print(out, "goes red")
	_, _ = fmt.Fprintf(out, "\n%d mutants: %d red (%d of them hung), %d not. %s.\n", len(cards), len(cards)-len(bad.cards), hung, len(bad.cards), seconds(time.Since(began)))
	return bad.err(ctx, len(cards), "whose mutant does not turn its test red")
}

// mutant judges one card by the run of its test on the mutant. Its verdict's
// time includes compiling.
func (w *workshop) mutant(ctx context.Context, c card.Card, before verdict) verdict {
	if !before.ok {
		before.line = "without the mutant: " + before.line
		return before
	}
	overlay, err := w.overlay(c.Mutant)
	if err != nil {
		return verdict{word: "NO MUTANT", line: err.Error()}
	}
	defer os.RemoveAll(filepath.Dir(overlay))
	o, err := w.test(ctx, c.Package, pattern(c.Test), overlay)
	if err != nil {
		return verdict{word: "NOT RUN", line: err.Error()}
	}
	v := reddened(c, o)
	v.took = o.took
	// The compiler speaks of the overlay's file, by the shorter of its two names; a person looks for the tree's.
	ours := filepath.Join(filepath.Dir(overlay), filepath.Base(c.Mutant.File))
	names := []string{ours, c.Mutant.File}
	if from, err := filepath.Rel(w.root, ours); err == nil {
		names = append(names, from, c.Mutant.File)
	}
	theirs := strings.NewReplacer(names...)
	v.line = theirs.Replace(v.line)
	for i, l := range v.more {
		v.more[i] = theirs.Replace(l)
	}
	return v
}

// reddened judges a run on a mutant.
func reddened(c card.Card, o outcome) verdict {
	test := testName(c.Test)
	top, _, _ := strings.Cut(test, "/")
	switch {
	case o.unbuilt:
		return verdict{word: "NO BUILD", line: o.reason(test), more: o.all(test)}
	case o.tests[top] == nil: // a main that fails on its own has shown nothing
		return verdict{word: "NOT RUN", line: o.reason(test), more: o.all(test)}
	case o.ok:
		return verdict{word: "GREEN", line: "the test does not notice"}
	case o.hung:
		return verdict{ok: true, word: "hung", line: "the test does not end"}
	}
	return verdict{ok: true, word: "red", line: o.reason(test)}
}

// overlay writes the mutant and the file that tells go to take it, whose path it
// returns, in a directory of their own.
func (w *workshop) overlay(m card.Mutant) (string, error) {
	mutated, err := mutate(w.root, m)
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp(w.tmp, "m")
	if err != nil {
		return "", fmt.Errorf("make folder: %w", err)
	}
	file, list := filepath.Join(dir, filepath.Base(m.File)), filepath.Join(dir, "overlay.json")
	text, err := json.Marshal(map[string]map[string]string{"Replace": {filepath.Join(w.root, m.File): file}})
	if err == nil {
		err = os.WriteFile(list, text, 0o600)
	}
	if err == nil {
		err = os.WriteFile(file, []byte(mutated), 0o600)
	}
	if err != nil {
		return "", fmt.Errorf("write mutant: %w", err)
	}
	return list, nil
}

// mutate returns the mutated text of m's file.
func mutate(root string, m card.Mutant) (string, error) {
	text, err := os.ReadFile(filepath.Join(root, m.File))
	if err != nil {
		return "", fmt.Errorf("read mutant's file: %w", err)
	}
	if n := strings.Count(string(text), m.Old); m.Old == "" || n != 1 {
		return "", fmt.Errorf("%q is %d times in %s, not once", m.Old, n, m.File)
	}
	return strings.Replace(string(text), m.Old, m.New, 1), nil
}
