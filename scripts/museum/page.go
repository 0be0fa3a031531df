package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"castad/scripts/museum/card"
)

// pageFile is where the page is kept, below the repository.
const pageFile = "docs/museum.md"

const introduction = `# The museum of failing vendors

<!-- Written by go run ./scripts/museum -doc from scripts/museum/card; do not edit. -->

Every service that makes or publishes an ad fails in ways that its documentation plays down: it accepts a job and never answers, answers 200 with an error
inside, says "failed" of a post that is live. This page lists %d such failures that somebody has met, in public threads and in the vendors' own documents, what
[CastAD](../README.md) does about each, and the test that shows it. Each test has been seen to fail: its mutant is the handling taken out of the product, and
with it the test is red.

| | |
| --- | --- |
| ` + "`make museum`" + ` | runs every card's test and prints the table |
| ` + "`make museum-mutants CARD=suno`" + ` | takes the handling of each chosen card away and expects its test to be red |
| add a card | write it into the file of its vendor in ` + "`scripts/museum/card`" + `, see its mutant go red, then ` + "`go run ./scripts/museum -doc`" + ` |

In CI the tests run as all others do, and a test compares this page and the cards with the tree: every test named here exists, every mutant applies to exactly
one place. The mutants are run by hand, since each costs a compilation: %s.

The stand-ins of the vendors misbehave like this over HTTP and need no account: each is an ` + "`http.Handler` in a package `shared/provider/*/*test`" + ` that takes
faults (` + "`POST /faults`" + `) and keeps its own ledger (` + "`GET /ledger`" + `). A card's heading is its name for ever, so a link to it stays good.

`

// mutantsTook is how long all mutants took when they were last run together.
const mutantsTook = "281 took 3 min 38 s on two cores"

// page is docs/museum.md.
func page(wings []card.Wing) (string, error) {
	var b strings.Builder
	all := 0
	for _, w := range wings {
		all += len(w.Cards)
	}
	fmt.Fprintf(&b, introduction, all, mutantsTook)
	b.WriteString("| wing | failures |\n| --- | ---: |\n")
	for _, w := range wings {
		if len(w.Cards) > 0 {
			fmt.Fprintf(&b, "| [%s](#%s) | %d |\n", w.Name, anchor(w.Name), len(w.Cards))
		}
	}
	for _, w := range wings {
		if len(w.Cards) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n## %s\n\n%s\n", w.Name, w.About)
		for _, c := range w.Cards {
			if err := writeCard(&b, c); err != nil {
				return "", fmt.Errorf("card %s: %w", c.ID, err)
			}
		}
	}
	return b.String(), nil
}

func writeCard(b *strings.Builder, c card.Card) error {
	sources, err := c.Sources()
	if err != nil {
		return err
	}
	var links []string
	for _, l := range sources {
		links = append(links, "["+l.Text+"]("+l.URL+")")
	}
	fmt.Fprintf(b, "\n### %s\n\n", c.ID)
	fmt.Fprintf(b, "Seen at %s.\n\n", strings.Join(links, ", "))
	fmt.Fprintf(b, "**The vendor:** %s\\\n**CastAD must:** %s\\\n**Test:** `%s` in [%s](../%s)\n\n",
		text.Replace(sentence(c.Vendor)), text.Replace(sentence(c.Must)), c.Test, strings.TrimPrefix(c.Package, "./"), strings.TrimPrefix(c.Package, "./"))
	fmt.Fprintf(b, "<details><summary>Red with this in <code>%s</code></summary>\n\n```diff\n%s```\n\n</details>\n", c.Mutant.File, diff(c.Mutant.Old, c.Mutant.New))
	return nil
}

// text keeps what a card quotes from being read as Markdown or HTML.
var text = strings.NewReplacer("&", "&amp;", "<", "&lt;", "*", `\*`)

// plain is a word that may be written with a capital; an identifier may not.
var plain = regexp.MustCompile(`^[a-z][a-z'-]*([ ,:;]|$)`)

// sentence begins s with a capital and ends it with a stop.
func sentence(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if plain.MatchString(s) {
		s = strings.ToUpper(s[:1]) + s[1:]
	}
	if s == "" || strings.ContainsAny(s[len(s)-1:], ".?!") {
		return s
	}
	return s + "."
}

// diff shows a replacement line by line: lines that both begin or end with once.
func diff(before, after string) string {
	a, b := lines(before), lines(after)
	head := 0
	for head < len(a) && head < len(b) && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < len(a)-head && tail < len(b)-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	var out strings.Builder
	for _, l := range a[:head] {
		out.WriteString("  " + l + "\n")
	}
	for _, l := range a[head : len(a)-tail] {
		out.WriteString("- " + l + "\n")
	}
	for _, l := range b[head : len(b)-tail] {
		out.WriteString("+ " + l + "\n")
	}
	for _, l := range a[len(a)-tail:] {
		out.WriteString("  " + l + "\n")
	}
	return out.String()
}

// lines are those of a piece of code with its tabs as spaces, moved left by what all
// of them are indented; one that begins in the middle of a line does not count.
func lines(code string) []string {
	code = strings.Trim(code, "\n")
	if code == "" {
		return nil
	}
	all := strings.Split(strings.ReplaceAll(code, "\t", "    "), "\n")
	least := -1
	for i, l := range all {
		in := len(l) - len(strings.TrimLeft(l, " "))
		if l != "" && (i > 0 || in > 0) && (least < 0 || in < least) {
			least = in
		}
	}
	for i, l := range all {
		all[i] = strings.TrimRight(l[min(max(least, 0), len(l)-len(strings.TrimLeft(l, " "))):], " ")
	}
	return all
}

// anchor is how GitHub names a heading.
func anchor(heading string) string {
	return strings.ReplaceAll(strings.ToLower(heading), " ", "-")
}

// writePages writes docs/museum.md and docs/security.md.
func writePages(root string) error {
	whole, err := page(card.Wings())
	if err != nil {
		return err
	}
	if err := writePage(root, pageFile, whole); err != nil {
		return err
	}
	if whole, err = securityPage(card.Controls(), card.All()); err != nil {
		return err
	}
	return writePage(root, securityFile, whole)
}

func writePage(root, file, whole string) error {
	if err := os.WriteFile(filepath.Join(root, file), []byte(whole), 0o644); err != nil {
		return fmt.Errorf("write page: %w", err)
	}
	return nil
}
