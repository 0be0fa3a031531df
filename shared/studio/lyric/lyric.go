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
//   - phrasings of the trade (eating, drinking, hair, a night's stay, training,
//     flowers; neutral ones for all others) and of the thing sold: a café's
//     waffle is eaten, its latte drunk;
//   - the same brief and seed give the same lyric, other seeds other phrasings;
//     two places differ at least in every hook;
//   - a fact's text is data: markup, links, phone numbers (except a phone
//     fact's own), control characters and text that talks to a language model
//     are left out, and so is a statement too long for two lines: cut shorter,
//     it would mean something else. Hanja in a name are sung by their Korean reading.
//
// Limits: it rhymes by refrain only, and it does not translate: Korean facts in
// an English lyric are used for names, dishes and prices, not quoted. A name of
// one word longer than 16 syllables is sung whole, in breaths, and only in the hook.
package lyric

import (
	"encoding/json"
	"hash/fnv"
	"math/rand/v2"
	"strings"
	"unicode/utf8"

	"castad/shared/claim"
	"castad/shared/fault"
)

// shapes are the song forms by seconds: v verse, h and H the first and second
// hook phrase (each the same words every time), c call to action.
var shapes = map[int]string{15: "vvhc", 30: "vvhHvvhc", 60: "vvvvhHvvvvhHcc"}

// Moods are the moods that a brief may ask for.
var Moods = []string{"bright", "warm", "trendy", "trot"}

// Write writes a lyric for the brief. The seed chooses the phrasings; brief and
// seed together decide the result. The error is a request fault whose field
// names what is wrong with the brief.
func Write(b claim.Brief, seed int64) (claim.Lyric, error) {
	w, err := newWriter(b, seed)
	if err != nil {
		return claim.Lyric{}, err
	}
	l := w.write(shapes[b.Seconds])
	for _, line := range l.Lines {
		if w.refused(line) {
			return claim.Lyric{}, fault.Newf(fault.CodeClaim, "check own lyric: %s", w.checker.CheckLine(line)[0])
		}
	}
	if w.refusedTitle(l.Title) {
		return claim.Lyric{}, fault.Newf(fault.CodeClaim, "check own lyric: the title is refused")
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
	judged  map[string]bool           // lines and titles that were judged; true = refused
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
	shop := tradeOf(b.Facts)
	w := &writer{brief: b, checker: claim.Against(b.Facts), grammar: g, mood: m, trade: shop, used: map[string]bool{}, judged: map[string]bool{}, words: map[claim.FactKind][]word{}}
	w.rng = rand.New(rand.NewPCG(uint64(seed), mark(b)))
	seen := map[string]bool{}
	for _, f := range b.Facts {
		if x, ok := g.word(f, shop); ok && !seen[f.ID] {
			seen[f.ID] = true
			w.words[f.Kind] = append(w.words[f.Kind], x)
		}
	}
	if err := w.takeName(); err != nil {
		return nil, err
	}
	for _, kind := range []claim.FactKind{claim.Menu, claim.Praise, claim.Area, claim.Offer, claim.Story} {
		x := w.words[kind]
		w.rng.Shuffle(len(x), func(i, j int) { x[i], x[j] = x[j], x[i] })
	}
	return w, nil
}

// takeName keeps the first name, which is the place's (a second would be
// another shop in the hook), as short as the check lets it be sung.
func (w *writer) takeName() error {
	names := w.words[claim.Name]
	if len(names) == 0 {
		return fault.Newf(fault.CodeMissingField, "no name fact that can be sung").In("facts")
	}
	name := &names[0]
	w.words[claim.Name] = names[:1]
	if short := shorten(name.text, longestName); !w.refused(claim.Line{Section: "hook", Text: short, Facts: []string{name.id}}) {
		name.text = short
	}
	if utf8.RuneCountInString(name.text) > claim.MaxLine {
		return fault.Newf(fault.CodeBadValue, "the name has %d characters; at most %d can be sung", utf8.RuneCountInString(name.text), claim.MaxLine).In("facts")
	}
	return nil
}

// mark makes two briefs' random sequences differ under one seed.
func mark(b claim.Brief) uint64 {
	h := fnv.New64a()
	_ = json.NewEncoder(h).Encode(b) // a hash never fails, and a Brief always encodes
	return h.Sum64()
}
