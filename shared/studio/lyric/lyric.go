// Package lyric writes the words of an advertising song from facts about a place.
//
// It is a grammar, not a model: hand-written Korean and English phrasings with
// slots that only facts can fill. A line therefore says nothing that no fact
// supports, names the facts it uses, and passes claim.Check by construction
// (Write checks again and drops a phrasing that does not). What it promises:
//
//   - 4, 8 or 14 lines for 15, 30 or 60 seconds: verses, a hook with the
//     place's name that comes back word for word, a call to action;
//   - Korean lines of about 7–13 sung syllables, particles that agree with the
//     word before them also after digits and Latin letters;
//   - the same brief and seed give the same lyric, other seeds other phrasings;
//     two places differ at least in every hook;
//   - a fact's text is data: markup, links, phone numbers (except a phone
//     fact's own) and control characters are stripped, a text too long to be
//     sung is left out rather than cut into another meaning.
//
// Limits: it rhymes by refrain only, and it does not translate: Korean facts in
// an English lyric are used for names, dishes and prices, not quoted.
package lyric

import (
	"encoding/json"
	"hash/fnv"
	"math/rand/v2"
	"strings"

	"castad/shared/claim"
	"castad/shared/fault"
	"castad/shared/studio/lyric/hangul"
)

// shapes are the song forms by seconds: v verse, h and H the first and second
// hook phrase (each the same words every time), c call to action.
var shapes = map[int]string{15: "vvhc", 30: "vvhHvvhc", 60: "vvvvhHvvvvhHcc"}

// Moods are the moods that a brief may ask for.
var Moods = []string{"bright", "warm", "trendy", "trot"}

// attempts is how many phrasings of a line are tried before it becomes one without a fact.
const attempts = 24

// Write writes a lyric for the brief. The seed chooses the phrasings; brief and
// seed together decide the result. The error is a request fault whose field
// names what is wrong with the brief.
func Write(b claim.Brief, seed int64) (claim.Lyric, error) {
	w, err := newWriter(b, seed)
	if err != nil {
		return claim.Lyric{}, err
	}
	l := w.write(shapes[b.Seconds])
	if problems := w.checker.Check(l); len(problems) > 0 {
		return claim.Lyric{}, fault.Newf(fault.CodeClaim, "check own lyric: %s", problems[0])
	}
	return l, nil
}

// writer holds what one lyric is written from.
type writer struct {
	brief   claim.Brief
	checker *claim.Checker
	grammar *grammar
	mood    mood
	trade   trade
	rng     *rand.Rand
	words   map[claim.FactKind][]word // usable facts by kind, shuffled
	used    map[string]bool           // phrasings already in the lyric
}

// word is a fact made ready for a slot.
type word struct {
	id    string
	kind  claim.FactKind
	text  string
	won   int
	price string // the price as it is said; "" when not told
}

func newWriter(b claim.Brief, seed int64) (*writer, error) {
	g, ok := grammars[b.Language]
	if !ok {
		return nil, fault.Newf(fault.CodeBadValue, "language %q is none of ko, en", b.Language).In("language")
	}
	m, ok := moods[b.Mood]
	if !ok {
		return nil, fault.Newf(fault.CodeBadValue, "mood %q is none of %s", b.Mood, strings.Join(Moods, ", ")).In("mood")
	}
	if _, ok := shapes[b.Seconds]; !ok {
		return nil, fault.Newf(fault.CodeBadValue, "seconds %d is none of 15, 30, 60", b.Seconds).In("seconds")
	}
	w := &writer{brief: b, checker: claim.Against(b.Facts), grammar: g, mood: m, trade: tradeOf(b.Facts), used: map[string]bool{}, words: map[claim.FactKind][]word{}}
	w.rng = rand.New(rand.NewPCG(uint64(seed), mark(b)))
	seen := map[string]bool{}
	for _, f := range b.Facts {
		if x, ok := g.word(f); ok && !seen[f.ID] {
			seen[f.ID] = true
			w.words[f.Kind] = append(w.words[f.Kind], x)
		}
	}
	if len(w.words[claim.Name]) == 0 {
		return nil, fault.Newf(fault.CodeMissingField, "no name fact that can be sung").In("facts")
	}
	name := w.words[claim.Name][:1] // the first is the place's; a second would be another shop in the hook
	w.words[claim.Name] = name
	if short := shorten(name[0].text, longestName); !w.refused(claim.Lyric{Title: short, Lines: []claim.Line{{Section: "hook", Text: short, Facts: []string{name[0].id}}}}) {
		name[0].text = short
	}
	for _, kind := range verseKinds {
		x := w.words[kind]
		w.rng.Shuffle(len(x), func(i, j int) { x[i], x[j] = x[j], x[i] })
	}
	return w, nil
}

// mark makes two briefs' random sequences differ under one seed.
func mark(b claim.Brief) uint64 {
	h := fnv.New64a()
	_ = json.NewEncoder(h).Encode(b) // a hash never fails, and a Brief always encodes
	return h.Sum64()
}

// verseKinds is the order in which a verse tells about a place: where and what
// first, then what there is, what others say, what is on now.
var verseKinds = []claim.FactKind{claim.Area, claim.Menu, claim.Praise, claim.Category, claim.Offer, claim.Story, claim.Hours}

func (w *writer) write(shape string) claim.Lyric {
	verse := w.verses(strings.Count(shape, "v"))
	hook := map[rune]claim.Line{'h': w.line("hook", w.grammar.hook, w.words[claim.Name]...)}
	if strings.Contains(shape, "H") {
		hook['H'] = w.line("hook", w.grammar.answer, w.words[claim.Name]...)
	}
	var l claim.Lyric
	l.Title = w.title()
	for _, part := range shape {
		switch part {
		case 'v':
			l.Lines = append(l.Lines, verse[0])
			verse = verse[1:]
		case 'c':
			l.Lines = append(l.Lines, w.call())
		default:
			l.Lines = append(l.Lines, hook[part])
		}
	}
	return l
}

// verses spends the facts over n lines and fills up with lines that claim
// nothing; at least a quarter of a longer verse stays free, for breath.
func (w *writer) verses(n int) []claim.Line {
	var queue []word
	for round := 0; len(queue) < n && round < n; round++ {
		for _, kind := range verseKinds {
			if x := w.words[kind]; round < len(x) {
				queue = append(queue, x[round])
			}
		}
	}
	free := n / 4
	var lines []claim.Line
	for _, x := range queue {
		if len(lines) == n-free {
			break
		}
		if line, ok := w.phrase("verse", w.grammar.verse[x.kind], x); ok {
			lines = append(lines, line)
		}
	}
	for at := 0; len(lines) < n; at += 3 {
		at = min(at, len(lines))
		lines = append(lines[:at], append([]claim.Line{w.line("verse", w.grammar.free)}, lines[at:]...)...)
	}
	return lines
}

// call ends the song: with the phone when there is one (every other time; in 15 seconds the name is worth more), else with the place.
func (w *writer) call() claim.Line {
	name := w.words[claim.Name][0]
	if phones := w.words[claim.Phone]; len(phones) > 0 && w.brief.Seconds > 15 && w.rng.IntN(2) == 0 {
		if line, ok := w.phrase("call", w.grammar.phone, phones[0]); ok {
			return line
		}
	}
	if areas := w.words[claim.Area]; len(areas) > 0 && w.rng.IntN(2) == 0 {
		if line, ok := w.phrase("call", w.grammar.callArea, areas[0], name); ok {
			return line
		}
	}
	return w.line("call", w.grammar.call, name)
}

func (w *writer) title() string {
	name := w.words[claim.Name][0]
	for range attempts {
		t := w.grammar.titles[w.rng.IntN(len(w.grammar.titles))]
		text, _ := t.fill([]word{name})
		if !w.refused(claim.Lyric{Title: text, Lines: []claim.Line{{Section: "hook", Text: "la"}}}) {
			return text
		}
	}
	return name.text
}

// phrase puts the words into a phrasing that fits the melody and the facts; ok
// is false when none does (the fact is then left out).
func (w *writer) phrase(section string, from []template, with ...word) (claim.Line, bool) {
	fit := w.candidates(from, with)
	for i, c := range fit {
		if i == attempts {
			break
		}
		if c.distance > tolerance {
			continue
		}
		line := claim.Line{Section: section, Text: c.text, Facts: c.ids}
		if !w.refused(claim.Lyric{Title: "la", Lines: []claim.Line{line}}) {
			w.used[c.key] = true
			return line, true
		}
	}
	return claim.Line{}, false
}

// line is phrase for lines that must be: when nothing fits, the best fitting
// phrasing that passes the check is taken however long it is.
func (w *writer) line(section string, from []template, with ...word) claim.Line {
	if line, ok := w.phrase(section, from, with...); ok {
		return line
	}
	for _, c := range w.candidates(from, with) {
		line := claim.Line{Section: section, Text: c.text, Facts: c.ids}
		if !w.refused(claim.Lyric{Title: "la", Lines: []claim.Line{line}}) {
			return line
		}
	}
	line := claim.Line{Section: section, Text: "la la la"}
	if len(with) > 0 { // the bare name cites itself and always passes
		line.Text, line.Facts = with[len(with)-1].text, []string{with[len(with)-1].id}
	}
	return line
}

func (w *writer) refused(l claim.Lyric) bool { return len(w.checker.Check(l)) > 0 }

// candidate is a filled phrasing; distance is how many syllables it is outside
// the range that a melody line carries.
type candidate struct {
	key, text string
	ids       []string
	distance  int
	priced    bool
}

// tolerance is how far outside the range a line may be before its fact is left out.
const tolerance = 2

func (w *writer) candidates(from []template, with []word) []candidate {
	var out []candidate
	for _, i := range w.rng.Perm(len(from)) {
		t := from[i]
		if !t.suits(w.mood, w.trade) || w.used[t.key] {
			continue
		}
		text, ok := t.fill(with)
		if !ok {
			continue
		}
		c := candidate{key: t.key, text: w.grammar.mend(text), priced: strings.Contains(t.key, "{won")}
		for _, x := range with {
			if t.uses(x.kind) {
				c.ids = append(c.ids, x.id)
			}
		}
		n := hangul.Count(c.text)
		c.distance = max(0, w.grammar.shortest-n, n-w.grammar.longest)
		out = append(out, c)
	}
	// A price is what listeners keep: when it is told, three of four times a phrasing with it comes first.
	sortByDistance(out, w.rng.IntN(4) > 0)
	if len(out) == 0 && len(from) > 0 { // all used up: phrasings may come again
		for _, t := range from {
			delete(w.used, t.key)
		}
		if anySuits(from, w.mood, w.trade, with) {
			return w.candidates(from, with)
		}
	}
	return out
}

func anySuits(from []template, m mood, tr trade, with []word) bool {
	for _, t := range from {
		if _, ok := t.fill(with); ok && t.suits(m, tr) {
			return true
		}
	}
	return false
}
