package claim

import (
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// Mend repairs what can be repaired without changing what a lyric says: emoji,
// invisible and control characters are taken out, Hanja written as they are
// read, and each line's facts set to those that exist and that it uses. A claim
// that no fact supports stays for Check to refuse: a writer who made one up is
// asked again, because rewriting its line would put other words into its mouth.
// A citation is added when a line has a fact's own words, or a price, an hour, a
// year or a phone number that only needs it. Praise and offers are added in their
// own words only: who says it, and on what condition, is part of them.
func Mend(facts []Fact, l Lyric) Lyric { return Against(facts).Mend(l) }

// Mend is the package's Mend against facts that were read before.
func (c *Checker) Mend(l Lyric) Lyric {
	out := Lyric{Title: mendText(l.Title), Lines: make([]Line, 0, len(l.Lines))}
	for _, line := range l.Lines {
		line.Text = mendText(line.Text)
		line.Facts = c.mendFacts(line)
		out.Lines = append(out.Lines, line)
	}
	return out
}

func mendText(s string) string {
	s = readHanja(norm.NFC.String(strings.ToValidUTF8(s, " ")))
	s = strings.Map(func(r rune) rune {
		switch {
		case invisible(r):
			return -1
		case symbol(r) || r < ' ':
			return ' '
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

func (c *Checker) mendFacts(line Line) []string {
	ids := []string{}
	var cited []*source
	add := func(f *source) {
		if !slices.Contains(ids, f.ID) {
			ids = append(ids, f.ID)
			cited = append(cited, c.byID[f.ID]...)
		}
	}
	for _, id := range line.Facts {
		for _, f := range c.byID[id] {
			if f.Kind != Link && f.Kind != Color {
				add(f)
			}
		}
	}
	text := squeeze(fold(line.Text))
	for _, f := range c.all {
		if own := squeeze(f.spoken); len([]rune(own)) >= 2 && strings.Contains(text, own) {
			add(f)
		}
	}
	for _, f := range c.line(0, line.Text, cited) {
		if f.repairable() {
			add(f.by)
		}
	}
	return ids
}

// repairable reports whether the missing citation is certain: a price of a thing
// sold, an opening hour, a year of the shop's story, the shop's phone.
func (f *finding) repairable() bool {
	if f.by == nil {
		return false
	}
	switch f.by.Kind {
	case Menu:
		return f.unit == won
	case Hours:
		return f.unit == hour || f.Code == Term
	case Story:
		return f.unit == year
	case Phone:
		return f.Code == Contact
	}
	return false
}
