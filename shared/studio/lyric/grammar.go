package lyric

import (
	"fmt"
	"regexp"
	"slices"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"castad/shared/claim"
	"castad/shared/studio/lyric/hangul"
)

// mood and trade are bit sets: which tones and which kinds of shop a phrasing suits.
type (
	mood  uint8
	trade uint8
)

const (
	bright mood = 1 << iota
	warm
	trendy
	trot
	anyMood = bright | warm | trendy | trot
	polite  = bright | warm
)

var moods = map[string]mood{"bright": bright, "warm": warm, "trendy": trendy, "trot": trot}

const (
	food trade = 1 << iota
	drink
	other
	anyTrade = food | drink | other
)

// grammar is one language's phrasings.
type grammar struct {
	// shortest and longest are the syllables that a melody line carries well.
	shortest, longest int
	// quote reports whether a statement is in this language and may be quoted.
	quote    func(string) bool
	mend     func(string) string // grammar that depends on the words filled in
	price    func(won int) string
	hours    func(open, shut int) string
	verse    map[claim.FactKind][]template
	free     []template // lines that claim nothing
	hook     []template
	answer   []template // the hook's second phrase
	call     []template
	callArea []template
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

// say makes templates of one mood and trade. It panics on a slot or particle
// that does not exist: the tables are code, and a test reads them all.
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
				if _, ok := hangul.Josa("", s.josa); !ok {
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

func (t template) suits(m mood, tr trade) bool { return t.moods&m != 0 && t.trade&tr != 0 }

func (t template) uses(kind claim.FactKind) bool {
	return slices.ContainsFunc(t.parts, func(p part) bool { return p.slot != "" && slots[p.slot] == kind })
}

// fill puts the words into the slots; ok is false when a slot has no word, or
// a price is not told.
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
		s := with[i].text
		if p.slot == "won" {
			if with[i].won == 0 {
				return "", false
			}
			s = with[i].price
		}
		b.WriteString(s)
		if p.josa != "" {
			form, _ := hangul.Josa(s, p.josa)
			b.WriteString(form)
		}
	}
	return strings.Join(strings.Fields(b.String()), " "), true
}

func sortByDistance(c []candidate, priceFirst bool) {
	sort.SliceStable(c, func(i, j int) bool {
		if priceFirst && c[i].priced != c[j].priced && max(c[i].distance, c[j].distance) <= tolerance {
			return c[i].priced
		}
		return c[i].distance < c[j].distance
	})
}

// longestName is how many syllables of a name are sung before it is shortened to its first words.
const longestName = 16

// word makes a fact ready for a slot; ok is false when it cannot be sung.
func (g *grammar) word(f claim.Fact) (word, bool) {
	w := word{id: f.ID, kind: f.Kind, text: claim.Spoken(f.Text)}
	n := hangul.Count(w.text)
	switch f.Kind {
	case claim.Name:
		n = min(n, longestName)
	case claim.Menu:
		if f.Won > 0 {
			w.won, w.price = f.Won, g.price(f.Won)
		}
	case claim.Category:
		if !g.quote(w.text) {
			return word{}, false // "a 칼국수집" helps nobody
		}
	case claim.Hours:
		open, shut, ok := readHours(f.Text)
		if !ok {
			return word{}, false
		}
		w.text = g.hours(open, shut)
		return w, true
	case claim.Phone:
		w.text = claim.CleanPhone(f.Text)
		return w, w.text != ""
	case claim.Praise, claim.Story, claim.Offer:
		w.text = g.sentence(claim.Clean(f.Text))
		n = hangul.Count(w.text)
	case claim.Address:
		return word{}, false // an address is shown, not sung
	}
	// A word that leaves no room for a phrasing is not used, rather than cut into another meaning.
	return w, n > 0 && n <= g.longest+tolerance || f.Kind == claim.Name && n > 0
}

// sentence returns the first clause of a quote that can be sung whole, or "".
func (g *grammar) sentence(s string) string {
	for _, clause := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(".!?;/…", r) }) {
		clause = strings.Trim(clause, " ,~-·()'")
		if n := hangul.Count(clause); n >= 3 && n <= g.longest+tolerance && g.quote(clause) {
			return clause
		}
	}
	return ""
}

// shorten keeps the first words of a name that fit into n syllables, at least one.
func shorten(name string, n int) string {
	words := strings.Fields(name)
	for len(words) > 1 && hangul.Count(strings.Join(words, " ")) > n {
		words = words[:len(words)-1]
	}
	s := strings.Join(words, " ")
	if utf8.RuneCountInString(s) > claim.MaxLine/2 {
		s = string([]rune(s)[:claim.MaxLine/2])
	}
	return s
}

var hoursPattern = regexp.MustCompile(`^(?:매일|영업시간|daily|every day)?[ :]*(\d{1,2}):00\s*(?:~|-|–|부터)\s*(\d{1,2}):00(?:까지)?$`)

// readHours reads one daily range of whole hours; anything richer (days off,
// breaks, half hours) is not sung, because half of it would be untrue.
func readHours(s string) (open, shut int, ok bool) {
	m := hoursPattern.FindStringSubmatch(strings.ToLower(strings.TrimSpace(s)))
	if m == nil {
		return 0, 0, false
	}
	if _, err := fmt.Sscan(m[1]+" "+m[2], &open, &shut); err != nil {
		return 0, 0, false
	}
	return open, shut, open >= 1 && open <= 23 && shut >= 1 && shut <= 24
}

var (
	foodWords  = []string{"식당", "국수", "분식", "국밥", "고기", "치킨", "피자", "반찬", "김밥", "떡", "찌개", "만두", "면", "밥", "횟집", "족발", "곱창", "갈비", "한식", "중식", "일식", "양식", "맛집", "베이커리", "빵", "restaurant", "noodle", "diner", "kitchen", "bakery", "grill", "pizza", "chicken", "food"}
	drinkWords = []string{"카페", "커피", "찻집", "호프", "맥주", "와인", "주점", "바(", "cafe", "café", "coffee", "tea", "pub", "bar", "brewery"}
)

// tradeOf guesses the kind of shop from its category, else from its name and
// menu; a wrong guess would sing of eating at a hairdresser's, so no match is other.
func tradeOf(facts []claim.Fact) trade {
	for _, kinds := range [][]claim.FactKind{{claim.Category}, {claim.Name}, {claim.Menu}} {
		for _, f := range facts {
			if !slices.Contains(kinds, f.Kind) {
				continue
			}
			text := strings.ToLower(claim.Clean(f.Text))
			for _, w := range drinkWords {
				if strings.Contains(text, w) {
					return drink
				}
			}
			for _, w := range foodWords {
				if strings.Contains(text, w) {
					return food
				}
			}
		}
		if hasKind(facts, claim.Category) {
			return other // the owner said what it is
		}
	}
	return other
}

func hasKind(facts []claim.Fact, kind claim.FactKind) bool {
	return slices.ContainsFunc(facts, func(f claim.Fact) bool { return f.Kind == kind && claim.Clean(f.Text) != "" })
}

func mostlyHangul(s string) bool {
	var ko, all int
	for _, r := range s {
		if unicode.IsLetter(r) {
			all++
			if hangul.Is(r) {
				ko++
			}
		}
	}
	return 2*ko > all
}

func mostlyLatin(s string) bool {
	var la, all int
	for _, r := range s {
		if unicode.IsLetter(r) {
			all++
			if r < unicode.MaxASCII {
				la++
			}
		}
	}
	return 2*la > all
}
