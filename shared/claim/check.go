package claim

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Code is the class of a problem.
type Code string

// The classes of problems.
const (
	// Shape: the line cannot be shown or sung (empty, markup, control characters, unknown section, too long).
	Shape Code = "shape"
	// UnknownFact: the line names a fact id that does not exist.
	UnknownFact Code = "unknown_fact"
	// Number: a number or price that no cited fact has.
	Number Code = "number"
	// Superlative: 1위, 최고, best, No.1, 100 % … that no cited fact has.
	Superlative Code = "superlative"
	// Term: a word that is a checkable claim (무료, 원조, organic, award …) that no cited fact has.
	Term Code = "term"
	// Contact: a phone number, link or address that no cited fact of the owner has.
	Contact Code = "contact"
)

// MaxLine is the longest line in characters: longer ones fit neither a melody nor two caption rows.
const MaxLine = 80

// TitleLine is Problem.Line for the title, WholeLyric for the lyric as a whole.
const (
	TitleLine  = -1
	WholeLyric = -2
)

// Problem is one reason why a lyric must not be published.
type Problem struct {
	// Line indexes Lyric.Lines; TitleLine or WholeLyric otherwise.
	Line int `json:"line"`
	// Code classes the reason.
	Code Code `json:"code"`
	// Reason is an English sentence that a lyric writer (a person or a model) can act on.
	Reason string `json:"reason"`
}

// String returns the problem as one line: what a writer is sent back with.
func (p Problem) String() string {
	switch p.Line {
	case TitleLine:
		return "title: " + p.Reason
	case WholeLyric:
		return p.Reason
	}
	return fmt.Sprintf("line %d: %s", p.Line+1, p.Reason)
}

// Check returns every reason why the lyric says more than its facts do; none
// means that it may be sung. It is pure: the same input gives the same answer,
// in line order.
//
// A line is judged against the facts that it cites, the title (which cites
// nothing) against all of them. What Check cannot see: the name of another
// place or shop (out of scope for now; it needs a gazetteer), opinions that are
// not in its word lists, and a fact that is itself untrue.
func Check(facts []Fact, l Lyric) []Problem { return Against(facts).Check(l) }

// Check is the package's Check against facts that were read before.
func (c *Checker) Check(l Lyric) []Problem {
	var out []Problem
	if len(l.Lines) == 0 {
		out = append(out, Problem{WholeLyric, Shape, "the lyric has no lines"})
	}
	out = append(out, c.line(TitleLine, l.Title, c.all)...)
	for i, line := range l.Lines {
		if !slices.Contains([]string{"verse", "hook", "call"}, line.Section) {
			out = append(out, Problem{i, Shape, fmt.Sprintf("section %q is none of verse, hook, call", clip(line.Section))})
		}
		var cited []*source
		for _, id := range line.Facts {
			s, ok := c.byID[id]
			if !ok {
				out = append(out, Problem{i, UnknownFact, fmt.Sprintf("fact %q does not exist", clip(id))})
				continue
			}
			cited = append(cited, s...)
		}
		out = append(out, c.line(i, line.Text, cited)...)
	}
	return out
}

// source is a fact, read once.
type source struct {
	Fact
	text     string // folded
	spoken   string // folded, as Spoken would say it
	numbers  []number
	contacts []string
}

// Checker holds facts that are read once for many checks; it is immutable.
type Checker struct {
	all  []*source
	byID map[string][]*source // several facts with one id support together
}

// Against reads the facts.
func Against(facts []Fact) *Checker {
	c := &Checker{byID: make(map[string][]*source, len(facts))}
	for _, f := range facts {
		s := &source{Fact: f, text: fold(f.Text), spoken: fold(Spoken(f.Text))}
		rest, contacts := cutContacts(s.text)
		s.contacts = contacts
		s.numbers = numbers(rest)
		if f.Won > 0 {
			s.numbers = append(s.numbers, number{value: float64(f.Won), unit: won})
		}
		c.all = append(c.all, s)
		c.byID[f.ID] = append(c.byID[f.ID], s)
	}
	return c
}

// line judges one text against the facts it may lean on.
func (c *Checker) line(at int, text string, cited []*source) []Problem {
	out := shape(at, text)
	s := fold(text)
	s, contacts := cutContacts(s)
	for _, contact := range contacts {
		if !supportsContact(cited, contact) {
			out = append(out, Problem{at, Contact, fmt.Sprintf("the contact %q is in no cited fact of the shop%s", contact, c.hint(cited, func(f []*source) bool { return supportsContact(f, contact) }))})
		}
	}
	s = maskNames(s, cited)
	for _, t := range terms {
		found := t.find(s)
		if found == "" || supportsTerm(cited, t) {
			continue
		}
		what := "claim"
		if t.code == Superlative {
			what = "superlative"
		}
		out = append(out, Problem{at, t.code, fmt.Sprintf("the %s %q is in no cited fact%s", what, found, c.hint(cited, func(f []*source) bool { return supportsTerm(f, t) }))})
		s = t.cut(s) // its digits are judged; 100% is not also an unsupported number
	}
	for _, n := range numbers(s) {
		if !supportsNumber(cited, s, n) {
			out = append(out, Problem{at, Number, fmt.Sprintf("the number %q is in no cited fact%s", n.text, c.hint(cited, func(f []*source) bool { return supportsNumber(f, s, n) }))})
		}
	}
	return out
}

// hint names the fact that would have supported the line, had it been cited.
func (c *Checker) hint(cited []*source, supports func([]*source) bool) string {
	for _, s := range c.all {
		if !slices.Contains(cited, s) && supports([]*source{s}) {
			return fmt.Sprintf("; fact %q has it but the line does not cite it", clip(s.ID))
		}
	}
	return ""
}

func shape(at int, text string) []Problem {
	var out []Problem
	add := func(reason string) { out = append(out, Problem{at, Shape, reason}) }
	if strings.TrimSpace(text) == "" {
		add("the text is empty")
	}
	if !utf8.ValidString(text) {
		add("the text is not valid UTF-8")
	}
	if n := utf8.RuneCountInString(text); n > MaxLine {
		add(fmt.Sprintf("the text has %d characters; at most %d can be sung and shown", n, MaxLine))
	}
	if strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }) {
		add("the text has control or invisible characters")
	}
	if strings.ContainsAny(text, "<>{}[]") {
		add("the text has markup characters")
	}
	return out
}

// maskNames blanks the cited facts that are names, so that 제일식당 may be sung
// without 제일 counting as a superlative, while "제일식당이 제일" is still caught.
func maskNames(s string, cited []*source) string {
	for _, f := range cited {
		switch f.Kind {
		case Name, Area, Address, Category:
			for _, t := range []string{f.text, f.spoken} {
				if utf8.RuneCountInString(t) >= 2 {
					s = strings.ReplaceAll(s, t, " ◦ ")
				}
			}
		}
	}
	return s
}

func supportsTerm(cited []*source, t term) bool {
	return slices.ContainsFunc(cited, func(f *source) bool {
		switch f.Kind {
		case Name, Area, Address, Phone:
			return false // a name supports itself only; see maskNames
		}
		return t.find(f.text) != ""
	})
}

func supportsContact(cited []*source, contact string) bool {
	return slices.ContainsFunc(cited, func(f *source) bool {
		// A customer's words are no authority for how to reach the shop.
		return f.Kind != Praise && slices.Contains(f.contacts, contact)
	})
}

// supportsNumber also pairs: with several priced dishes cited, a price belongs
// to the dish named last before it.
func supportsNumber(cited []*source, s string, n number) bool {
	if n.unit == won {
		if f := pricedDish(cited, s, n.at); f != nil {
			cited = []*source{f}
		}
	}
	return slices.ContainsFunc(cited, func(f *source) bool {
		return slices.ContainsFunc(f.numbers, func(have number) bool { return have.supports(n) })
	})
}

func pricedDish(cited []*source, s string, at int) *source {
	var dish *source
	best, priced := -1, 0
	for _, f := range cited {
		if f.Kind != Menu || f.Won == 0 {
			continue
		}
		priced++
		name := f.spoken
		if i := strings.LastIndex(s[:at], name); name != "" && i > best {
			dish, best = f, i
		}
	}
	if priced < 2 {
		return nil
	}
	return dish
}

func clip(s string) string {
	r := []rune(s)
	if len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}
