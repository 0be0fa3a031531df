package claim

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// source is a fact, read once.
type source struct {
	Fact
	text     string // folded; "" for what is never sung
	spoken   string // folded, as Spoken would say it
	numbers  []number
	contacts []string
	schedule schedule // of an hours fact
}

// Checker holds facts that are read once for many checks; it is immutable.
type Checker struct {
	all       []*source
	byID      map[string][]*source // several facts with one id support together
	words     string               // all facts squeezed, apart
	sound     []string             // consonants of the facts' Korean words
	latinMenu bool                 // things sold are named in Latin letters, or not at all
}

// Against reads the facts.
func Against(facts []Fact) *Checker {
	c := &Checker{byID: make(map[string][]*source, len(facts)), latinMenu: true}
	var all strings.Builder
	for _, f := range facts {
		s := read(f)
		c.all = append(c.all, s)
		c.byID[f.ID] = append(c.byID[f.ID], s)
		all.WriteString(squeeze(s.text) + "\n" + squeeze(s.spoken) + "\n")
		for w := range strings.FieldsSeq(s.spoken) {
			if strings.ContainsFunc(w, isHangul) {
				c.sound = append(c.sound, consonants(w))
			}
		}
		if f.Kind == Menu && strings.ContainsFunc(s.spoken, isHangul) {
			c.latinMenu = false
		}
	}
	c.words = all.String()
	return c
}

func read(f Fact) *source {
	s := &source{Fact: f}
	if f.Kind == Link || f.Kind == Color {
		return s
	}
	s.text, s.spoken = fold(f.Text), fold(Spoken(f.Text))
	rest, contacts := cutContacts(s.text)
	s.contacts, s.numbers = contacts, readNumbers(rest, anyCount)
	if f.Won > 0 {
		s.numbers = append(s.numbers, number{value: float64(f.Won), unit: won})
	}
	if f.Kind == Hours {
		s.schedule = readSchedule(rest, s.numbers)
		if s.schedule.allDay {
			s.numbers = append(s.numbers, number{value: 24, unit: span})
		}
	}
	return s
}

// supportsNumber reports whether a fact has what the number says. A price
// belongs to the dish named before it, else after it; an hour to its role; a
// customer's words are no authority for a price.
func (c *Checker) supportsNumber(cited []*source, s string, n number) bool {
	dishes := []*source(nil)
	if n.unit == won {
		dishes = c.dishesOf(s, n)
	}
	door := n.unit == hour && roleOf(s, n) != neither && openWord.MatchString(s) && slices.ContainsFunc(cited, func(f *source) bool { return f.Kind == Hours })
	return slices.ContainsFunc(cited, func(f *source) bool {
		switch {
		case f.Kind == Name: // a name's number is masked where the name is sung
			return false
		case n.unit == won && f.Kind == Praise, f.Kind == Menu && len(dishes) > 0 && n.unit == won && !slices.Contains(dishes, f):
			return false
		case door && f.Kind != Hours: // from seven on there is an offer; the door opens when the hours say so
			return false
		case f.Kind == Hours && n.unit == hour:
			return f.text == s || slices.ContainsFunc(f.numbers, func(have number) bool { return have.supports(n) }) && f.schedule.supports(roleOf(s, n), n)
		}
		return slices.ContainsFunc(f.numbers, func(have number) bool { return have.supports(n) })
	})
}

// dishesOf returns the priced things that a price may belong to: those named
// last before it, else first after it. Several may share a word (칼국수); the one
// of which most words are there is meant.
func (c *Checker) dishesOf(s string, n number) []*source {
	type mention struct {
		dish  *source
		end   int
		score int
	}
	var found []mention
	said := numbers(s)
	for _, f := range c.all {
		if f.Kind != Menu || f.Won == 0 || f.spoken == "" {
			continue
		}
		last := -1
		for _, name := range f.shortNames() {
			if i := strings.LastIndex(s[:n.at], name); i >= 0 {
				last = max(last, i+len(name))
			}
		}
		if last >= 0 {
			found = append(found, mention{f, last, f.wordsIn(s, said)})
		}
	}
	if len(found) == 0 {
		for _, f := range c.all {
			if f.Kind != Menu || f.Won == 0 || f.spoken == "" {
				continue
			}
			first := -1
			for _, name := range f.shortNames() {
				if i := strings.Index(s[n.end:], name); i >= 0 && (first < 0 || i+len(name) < first) {
					first = i + len(name)
				}
			}
			if first >= 0 {
				found = append(found, mention{f, -first, f.wordsIn(s, said)})
			}
		}
	}
	if len(found) == 0 {
		return nil
	}
	best := slices.MaxFunc(found, func(a, b mention) int {
		if a.end != b.end {
			return a.end - b.end
		}
		return a.score - b.score
	})
	var out []*source
	for _, m := range found {
		if m.end == best.end && m.score == best.score {
			out = append(out, m.dish)
		}
	}
	return out
}

// shortNames are the ways to call a thing sold: whole, by one of its words, by the head of a compound (파전 for 해물파전).
func (f *source) shortNames() []string {
	out := []string{f.spoken}
	for w := range strings.FieldsFuncSeq(f.spoken, betweenWords) {
		if utf8.RuneCountInString(w) < 2 || w[0] < utf8.RuneSelf && len(w) < 3 {
			continue
		}
		out = append(out, w)
		for _, item := range items {
			if strings.HasSuffix(w, item) && utf8.RuneCountInString(item) > 1 {
				out = append(out, item)
			}
		}
	}
	return out
}

// wordsIn counts the words and numbers of a thing sold that a text has.
func (f *source) wordsIn(s string, ns []number) int {
	n := 0
	for _, have := range f.numbers {
		if have.unit != won && slices.ContainsFunc(ns, func(m number) bool { return m.unit != won && have.supports(m) }) {
			n++
		}
	}
	for w := range strings.FieldsFuncSeq(f.spoken, betweenWords) {
		if (w[0] >= utf8.RuneSelf || len(w) > 2) && strings.Contains(s, w) {
			n++
		}
	}
	return n
}

func betweenWords(r rune) bool { return r == ' ' || r == '-' }
