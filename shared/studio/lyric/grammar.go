package lyric

import (
	"fmt"
	"regexp"
	"slices"
	"sort"
	"strings"

	"castad/shared/claim"
	"castad/shared/studio/lyric/hangul"
)

// mood is a bit set: which tones a phrasing suits.
type mood uint8

const (
	bright mood = 1 << iota
	warm
	trendy
	trot
	anyMood = bright | warm | trendy | trot
	gentle  = bright | warm
)

var moods = map[string]mood{"bright": bright, "warm": warm, "trendy": trendy, "trot": trot}

// grammar is one language's phrasings.
type grammar struct {
	// shortest and longest are the syllables that a melody line carries well.
	shortest, longest int
	// quote reports whether a statement is in this language and may be quoted.
	quote    func(string) bool
	mend     func(string) string // grammar that depends on the words filled in
	price    func(won int) string
	hours    func(open, shut clockTime) string
	verse    map[claim.FactKind][]template
	free     []template // lines that claim nothing
	hook     []template
	answer   []template // the hook's second phrase
	call     []template
	callArea []template
	callAny  []template // without the name, when it is too long to come again
	phone    []template
	titles   []template
}

// template is one phrasing: text with slots like {menu:을/를}.
type template struct {
	key   string
	moods mood
	trade trade
	parts []part
}

// part is literal text, or a slot with an optional particle pair.
type part struct {
	text, slot, josa string
}

var slotPattern = regexp.MustCompile(`\{([a-z]+)(?::([^}]*))?\}`)

// slots maps a slot to the kind of fact that fills it.
var slots = map[string]claim.FactKind{"name": claim.Name, "area": claim.Area, "category": claim.Category, "menu": claim.Menu, "won": claim.Menu,
	"hours": claim.Hours, "praise": claim.Praise, "story": claim.Story, "offer": claim.Offer, "phone": claim.Phone}

// forms are the particles that ask for a form of statement instead of inflecting a noun.
var forms = map[string]form{"고": plain, "네": plain, "!": polite}

// lower begins an English statement in lower case.
const lower = "low"

// say makes templates of one mood and trade. It panics on a slot or particle
// that does not exist: the tables are code, and a test reads them all. After a
// statement 고 and 네 ask for a plain one (시원하다고, 민다네), ! for a polite one;
// a particle pair asks for a noun.
func say(m mood, t trade, texts ...string) []template {
	out := make([]template, 0, len(texts))
	for _, text := range texts {
		p := template{key: text, moods: m, trade: t}
		at := 0
		for _, g := range slotPattern.FindAllStringSubmatchIndex(text, -1) {
			p.parts = append(p.parts, part{text: text[at:g[0]]})
			s := part{slot: text[g[2]:g[3]]}
			if g[4] >= 0 {
				s.josa = text[g[4]:g[5]]
				_, isForm := forms[s.josa]
				if _, ok := hangul.Josa("", s.josa); !ok && !isForm && s.josa != lower {
					panic(fmt.Sprintf("lyric: %q has the unknown particle %q", text, s.josa))
				}
			}
			if _, ok := slots[s.slot]; !ok {
				panic(fmt.Sprintf("lyric: %q has the unknown slot %q", text, s.slot))
			}
			p.parts = append(p.parts, s)
			at = g[1]
		}
		p.parts = append(p.parts, part{text: text[at:]})
		out = append(out, p)
	}
	return out
}

func join(lists ...[]template) []template { return slices.Concat(lists...) }

func (t template) suits(m mood, tr trade) bool { return t.moods&m != 0 && t.trade&tr != 0 }

func (t template) uses(kind claim.FactKind) bool {
	return slices.ContainsFunc(t.parts, func(p part) bool { return p.slot != "" && slots[p.slot] == kind })
}

// fill puts the words into the slots; ok is false when a slot has no word, a
// price is not told, or a statement has another form.
func (t template) fill(with []word) (text string, ok bool) {
	var b strings.Builder
	for _, p := range t.parts {
		b.WriteString(p.text)
		if p.slot == "" {
			continue
		}
		i := slices.IndexFunc(with, func(w word) bool { return w.kind == slots[p.slot] })
		if i < 0 {
			return "", false
		}
		s, ok := p.fill(with[i])
		if !ok {
			return "", false
		}
		b.WriteString(s)
	}
	return strings.Join(strings.Fields(b.String()), " "), true
}

func (p part) fill(w word) (text string, ok bool) {
	s := w.text
	if p.slot == "won" {
		if w.won == 0 {
			return "", false
		}
		s = w.price
	}
	if p.josa == "" {
		return s, true
	}
	if p.josa == lower {
		return lowerFirst(s), true
	}
	if want, ok := forms[p.josa]; ok {
		return s + strings.Trim(p.josa, "!"), w.form == want
	}
	particle, _ := hangul.Josa(s, p.josa)
	return s + particle, w.form == noun
}

// preference is what comes first among phrasings that fit, this time.
type preference struct{ price, trade, tone bool }

// sortByDistance puts the best fitting first; those that fit, by preference.
func sortByDistance(c []candidate, first preference) {
	rank := func(x candidate) int {
		n := 2 * x.distance
		if first.price && x.priced {
			n -= 2
		}
		if first.trade && x.template.trade != anyTrade {
			n--
		}
		if first.tone && x.template.moods != anyMood {
			n--
		}
		return n
	}
	sort.SliceStable(c, func(i, j int) bool {
		a, b := c[i], c[j]
		if max(a.distance, b.distance) <= tolerance {
			return rank(a) < rank(b)
		}
		return a.distance < b.distance
	})
}
