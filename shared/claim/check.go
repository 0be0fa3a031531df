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
	// Term: a word that is a checkable claim (무료, 원조, 연중무휴, organic, award …) that no cited fact has.
	Term Code = "term"
	// Foreign: a shop, brand, place or thing sold that no fact has, or a name cited but not sung.
	Foreign Code = "foreign"
	// Instruction: text that talks to a language model.
	Instructed Code = "instruction"
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
// nothing) against all of them; names of shops, places and things sold against
// all facts. A colour and a link support nothing: they are painted, not sung.
// What Check cannot see: a foreign name made of ordinary words that cites
// nothing and is in none of the lists of lexicon.go, a dish translated into the
// other language, opinions that are not in its word lists, and a fact that is itself untrue.
func Check(facts []Fact, l Lyric) []Problem { return Against(facts).Check(l) }

// Check is the package's Check against facts that were read before.
func (c *Checker) Check(l Lyric) []Problem {
	var out []Problem
	if len(l.Lines) == 0 {
		out = append(out, Problem{WholeLyric, Shape, "the lyric has no lines"})
	}
	out = append(out, c.CheckTitle(l.Title)...)
	for i, line := range l.Lines {
		out = append(out, c.checkLine(i, line)...)
	}
	return out
}

// CheckTitle is Check for a title alone.
func (c *Checker) CheckTitle(title string) []Problem {
	var out []Problem
	for _, f := range c.line(TitleLine, title, c.all) {
		out = append(out, f.Problem)
	}
	return out
}

func (c *Checker) checkLine(i int, line Line) []Problem {
	var out []Problem
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
	for _, f := range c.line(i, line.Text, cited) {
		out = append(out, f.Problem)
	}
	return out
}

// finding is a problem, and the fact that would have supported the line had it been cited.
type finding struct {
	Problem
	by   *source
	unit unit // of a number
}

// line judges one text against the facts it may lean on.
func (c *Checker) line(at int, text string, cited []*source) []*finding {
	var out []*finding
	add := func(code Code, supports func([]*source) bool, format string, args ...any) *finding {
		f := &finding{Problem: Problem{at, code, fmt.Sprintf(format, args...)}}
		if supports != nil {
			f.by = c.supporter(cited, supports)
		}
		if f.by != nil {
			f.Reason += fmt.Sprintf("; fact %q has it but the line does not cite it", clip(f.by.ID))
		}
		out = append(out, f)
		return f
	}
	for _, reason := range shape(text) {
		add(Shape, nil, "%s", reason)
	}
	s := fold(text)
	if m := instruction.FindString(s); m != "" {
		add(Instructed, nil, "%q talks to the writer, not about the shop", clip(strings.TrimSpace(m)))
	}
	s, contacts := cutContacts(s)
	for _, contact := range contacts {
		supports := func(f []*source) bool { return supportsContact(f, contact) }
		if !supports(cited) {
			add(Contact, supports, "the contact %q is in no cited fact of the shop", contact)
		}
	}
	if at != TitleLine && !here.MatchString(s) {
		for _, f := range cited {
			if f.Kind == Name && !f.sings(s) {
				add(Foreign, nil, "the line cites the shop's name %q and does not sing it", clip(f.spoken))
			}
		}
	}
	if reason := c.foreign(at, text, s); reason != "" {
		add(Foreign, nil, "%s", reason)
	}
	c.claims(maskNames(s, cited), cited, add)
	return out
}

// claims judges the words and numbers of a folded text.
func (c *Checker) claims(s string, cited []*source, add func(Code, func([]*source) bool, string, ...any) *finding) {
	opens := func(f []*source) bool { return c.opens(s, f) == "" }
	if reason := c.opens(s, cited); reason != "" {
		add(Term, opens, "%s", reason)
	}
	if what := gift(s, cited); what != "" {
		add(Term, nil, "no cited fact gives away %q", what)
	}
	if w := widens(s, cited); w != "" {
		add(Term, nil, "no cited fact offers this to %q", w)
	}
	if w := c.miscounts(s); w != "" {
		add(Number, nil, "the facts count otherwise than %q", w)
	}
	s = idioms.ReplaceAllString(s, " ")
	for _, t := range terms {
		found := t.find(s)
		supports := func(f []*source) bool { return supportsTerm(f, t) }
		if found == "" || supports(cited) {
			continue
		}
		what := "claim"
		if t.code == Superlative {
			what = "superlative"
		}
		add(t.code, supports, "the %s %q is in no cited fact", what, found)
		s = t.cut(s) // its digits are judged; 100% is not also an unsupported number
	}
	for _, n := range readNumbers(s, c.counted) {
		supports := func(f []*source) bool { return c.supportsNumber(f, s, n) }
		if !supports(cited) {
			add(Number, supports, "the number %q is in no cited fact", n.text).unit = n.unit
		}
	}
}

// supporter finds the fact that would support a claim, or nil.
func (c *Checker) supporter(cited []*source, supports func([]*source) bool) *source {
	for _, s := range c.all {
		if !slices.Contains(cited, s) && supports([]*source{s}) {
			return s
		}
	}
	return nil
}

// shape returns why a text cannot be shown or sung.
func shape(text string) []string {
	var out []string
	if strings.TrimSpace(text) == "" {
		out = append(out, "the text is empty")
	}
	if !utf8.ValidString(text) {
		out = append(out, "the text is not valid UTF-8")
	}
	if n := utf8.RuneCountInString(text); n > MaxLine {
		out = append(out, fmt.Sprintf("the text has %d characters; at most %d can be sung and shown", n, MaxLine))
	}
	if strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || invisible(r) }) {
		out = append(out, "the text has control or invisible characters")
	}
	if strings.ContainsAny(text, "<>{}[]") || entityPattern.MatchString(text) {
		out = append(out, "the text has markup")
	}
	if strings.ContainsFunc(text, symbol) {
		out = append(out, "the text has emoji or signs that cannot be sung")
	}
	if strings.ContainsFunc(text, func(r rune) bool { return !singable(r) }) {
		out = append(out, "the text has letters of a script that is not sung here")
	}
	return out
}

// maskNames blanks the cited facts that are names, so that 제일식당 may be sung
// without 제일 counting as a superlative, while "제일식당이 제일" is still caught.
func maskNames(s string, cited []*source) string {
	for _, f := range cited {
		switch f.Kind {
		case Name:
			for _, t := range f.spellings() {
				s = mask(s, t)
			}
		case Area, Address, Category:
			for _, t := range []string{f.text, f.spoken} {
				if utf8.RuneCountInString(t) >= 2 {
					s = mask(s, t)
				}
			}
		}
	}
	return s
}

// mask blanks a name wherever it stands, but no part of a number or a Latin word.
func mask(s, name string) string {
	if name == "" {
		return s
	}
	ascii := func(b byte) bool { return b >= '0' && b <= '9' || b >= 'a' && b <= 'z' }
	var b strings.Builder
	for at := 0; ; {
		i := strings.Index(s[at:], name)
		if i < 0 {
			b.WriteString(s[at:])
			return b.String()
		}
		from, to := at+i, at+i+len(name)
		if ascii(name[0]) && from > 0 && ascii(s[from-1]) || ascii(name[len(name)-1]) && to < len(s) && ascii(s[to]) {
			b.WriteString(s[at:to])
		} else {
			b.WriteString(s[at:from] + " ◦ ")
		}
		at = to
	}
}

func clip(s string) string {
	r := []rune(s)
	if len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}

// CheckLine is Check for one line alone: a writer that builds a lyric line by line asks it.
func (c *Checker) CheckLine(l Line) []Problem { return c.checkLine(0, l) }
