package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode"

	"castad/scripts/museum/card"

	"golang.org/x/text/width"
)

// column is a heading and its share of the table's width.
type column struct {
	title string
	share int
}

// table prints rows whose cells are wrapped into columns, with the verdict as
// the last of them.
type table struct {
	out     io.Writer
	columns []column
	widths  []int
	bright  bool   // a terminal: what is wrong is shown in red
	wing    string // whose cards are being printed
}

// longestCell is four lines of the widest column.
const longestCell = 200

// verdictWidth holds "NO MUTANT 100.0 s".
const verdictWidth = 17

func newTable(out io.Writer, total int, columns ...column) *table {
	t := &table{out: out, columns: columns}
	shares := 0
	for _, c := range columns {
		shares += c.share
	}
	for _, c := range columns {
		t.widths = append(t.widths, (total-verdictWidth-2*len(columns))*c.share/shares)
	}
	if f, ok := out.(*os.File); ok && os.Getenv("NO_COLOR") == "" {
		info, err := f.Stat()
		t.bright = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return t
}

func (t *table) head() {
	var titles []string
	for _, c := range t.columns {
		titles = append(titles, c.title)
	}
	t.lines("result", titles)
	rule := strings.Repeat("─", verdictWidth)
	for i := range titles {
		titles[i] = strings.Repeat("─", t.widths[i])
	}
	t.lines(rule, titles)
}

// section prints the name of a wing, once for the cards that follow each other.
func (t *table) section(name string) {
	if name != "" && name != t.wing {
		_, _ = fmt.Fprintf(t.out, "\n%s\n", strings.ToUpper(name))
	}
	t.wing = name
}

// row prints a card; a cell of more than longestCell characters is cut.
func (t *table) row(v verdict, cells ...string) {
	for i, c := range cells {
		if r := []rune(c); len(r) > longestCell {
			cells[i] = string(r[:longestCell]) + "…"
		}
	}
	word := v.word
	if v.took > 0 {
		word = fmt.Sprintf("%s %s", v.word, seconds(v.took))
	}
	if t.bright && !v.ok {
		word = "\x1b[31m" + word + "\x1b[0m"
	}
	t.lines(word, cells)
}

func (t *table) lines(word string, cells []string) {
	var wrapped [][]string
	height := 1
	for i, c := range cells {
		w := wrap(c, t.widths[i])
		wrapped, height = append(wrapped, w), max(height, len(w))
	}
	for n := range height {
		var line strings.Builder
		for i, w := range wrapped {
			s := ""
			if n < len(w) {
				s = w[n]
			}
			line.WriteString(s + strings.Repeat(" ", t.widths[i]-columns(s)+2))
		}
		if n == 0 {
			line.WriteString(word)
		}
		_, _ = fmt.Fprintln(t.out, strings.TrimRight(line.String(), " "))
	}
}

// wrap cuts text into lines of at most n columns: at spaces, and a word that is
// longer than a line before a capital or behind a mark, as in "TestTwo|Claims" or "a/|b".
func wrap(text string, n int) []string {
	var lines []string
	line, used := "", 0
	flush := func() {
		if line != "" {
			lines = append(lines, line)
		}
		line, used = "", 0
	}
	for word := range strings.FieldsSeq(text) {
		if used > 0 && used+1+columns(word) <= n {
			line, used = line+" "+word, used+1+columns(word)
			continue
		}
		flush()
		for _, piece := range pieces(word) {
			if used+columns(piece) > n {
				flush()
			}
			line, used = line+piece, used+columns(piece)
		}
	}
	flush()
	return lines
}

// pieces are the parts between which a word may be cut, of at most 16 characters.
func pieces(word string) []string {
	var all []string
	last := 0
	runes := []rune(word)
	for i := 1; i < len(runes); i++ {
		before, here := runes[i-1], runes[i]
		if unicode.IsUpper(here) && !unicode.IsUpper(before) || strings.ContainsRune("/-_", before) || here == '#' || i-last >= 16 {
			all, last = append(all, string(runes[last:i])), i
		}
	}
	return append(all, string(runes[last:]))
}

// columns is how wide a terminal shows s: Hangul and Hanja take two.
func columns(s string) int {
	n := 0
	for _, r := range s {
		switch width.LookupRune(r).Kind() {
		case width.EastAsianWide, width.EastAsianFullwidth:
			n++
		}
		n++
	}
	return n
}

// seconds prints a time as people say it: "0.31 s", "75 s".
func seconds(d time.Duration) string {
	if d >= 10*time.Second {
		return fmt.Sprintf("%.0f s", d.Seconds())
	}
	return fmt.Sprintf("%.2f s", d.Seconds())
}

// report collects the cards that are not as they should be.
type report struct {
	cards    []card.Card
	verdicts []verdict
}

func (r *report) add(c card.Card, v verdict) {
	if !v.ok {
		r.cards, r.verdicts = append(r.cards, c), append(r.verdicts, v)
	}
}

// print tells of each what was said, its last forty lines.
func (r *report) print(out io.Writer, should string) {
	for i, c := range r.cards {
		v := r.verdicts[i]
		_, _ = fmt.Fprintf(out, "\n%s: %s: %s\n  go test -count=1 -run '%s' %s\n", c.ID, v.word, v.line, pattern(c.Test), c.Package)
		for _, l := range v.more[max(0, len(v.more)-40):] {
			_, _ = fmt.Fprintf(out, "  | %s\n", l)
		}
	}
}

// err says how many cards are wrong; nil for none.
func (r *report) err(ctx context.Context, all int, are string) error {
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("stopped: %w", context.Cause(ctx))
	case len(r.cards) > 0:
		return fmt.Errorf("%d of %d cards %s", len(r.cards), all, are)
	}
	return nil
}
