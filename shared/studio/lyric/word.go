package lyric

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"castad/shared/claim"
	"castad/shared/studio/lyric/hangul"
)

// word is a fact made ready for a slot.
type word struct {
	id    string
	kind  claim.FactKind
	text  string
	rest  string // the second half of a statement that takes two lines
	won   int
	price string // the price as it is said; "" when not told
	trade trade  // of a thing sold
	form  form
}

// form is how a Korean statement ends: that decides how it can be quoted.
type form uint8

const (
	bare   form = iota // anything else: only as it is
	noun               // 손으로 밀어 쫄깃한 면
	plain              // 국물이 시원하다
	polite             // 국물이 시원해요
)

// longestName is how many syllables of a name are sung before it is shortened to its first words.
const longestName = 16

// breath is how many syllables of a word are written together when one word is longer than longestName.
const breath = 8

// word makes a fact ready for a slot; ok is false when it cannot be sung.
func (g *grammar) word(f claim.Fact, shop trade) (w word, ok bool) {
	switch f.Kind {
	case claim.Name:
		if claim.Instruction(f.Text) {
			return word{}, false // it talks to the writer, not about the shop
		}
	case claim.Menu, claim.Area, claim.Category:
		if !claim.Plain(f.Text) {
			return word{}, false
		}
	}
	w = word{id: f.ID, kind: f.Kind, text: claim.Spoken(f.Text), form: noun}
	n := hangul.Count(w.text)
	switch f.Kind {
	case claim.Name:
		return w, n > 0
	case claim.Menu:
		w.trade = shop.sells(w.text)
		if f.Won > 0 {
			w.won, w.price = f.Won, g.price(f.Won)
		}
	case claim.Category:
		if !g.quote(w.text) {
			return word{}, false // "a 칼국수집" helps nobody
		}
	case claim.Hours:
		open, shut, ok := readHours(f.Text)
		w.text = g.hours(open, shut)
		return w, ok
	case claim.Phone:
		w.text = claim.CleanPhone(f.Text)
		return w, w.text != ""
	case claim.Praise, claim.Story, claim.Offer:
		w.text, w.rest = g.statement(f.Text)
		w.form = formOf(w.text)
		return w, w.text != ""
	case claim.Area:
	default:
		return word{}, false // an address, a link and a colour are shown, not sung
	}
	// A word that leaves no room for a phrasing is not used, rather than cut into another meaning.
	return w, n > 0 && n <= g.longest+tolerance
}

// statement returns the first clause of a quote that can be sung whole, in one
// line or in two; "" when there is none.
func (g *grammar) statement(s string) (text, rest string) {
	long := ""
	for _, clause := range claim.Clauses(s) {
		n := hangul.Count(clause)
		if n < 3 || !g.quote(clause) {
			continue
		}
		if n <= g.longest+tolerance {
			return clause, ""
		}
		if long == "" && n <= 2*g.longest {
			long = clause
		}
	}
	return halves(long, g.shortest-tolerance, g.longest+tolerance)
}

// halves splits a clause at the word boundary nearest to its middle; both
// halves have least to most syllables, or there is no split.
func halves(s string, least, most int) (a, b string) {
	words := strings.Fields(s)
	best := -1
	for i := 1; i < len(words); i++ {
		x, y := strings.Join(words[:i], " "), strings.Join(words[i:], " ")
		nx, ny := hangul.Count(x), hangul.Count(y)
		if min(nx, ny) < least || max(nx, ny) > most {
			continue
		}
		if off := max(nx-ny, ny-nx); best < 0 || off < best {
			best, a, b = off, x, y
		}
	}
	return a, b
}

// stems before 다 that make a verb or an adjective, besides those with ㄴ, ㅆ or ㅎ below.
const stems = "하있없나르럽롭답쉽곱맵덥춥달싸크높넓깊쁘같많깝"

// verbEnds are syllables that a verb may end in; a word that ends so may still be a noun, but is not taken for one.
const verbEnds = "해돼아어여와워져려줘봐써커까래군나고며서게만도은는을를지함음임됨쁨큼짐움"

// formOf tells how a statement ends: 시원하다 and 민다 are plain, 바다 is a noun.
func formOf(s string) form {
	r := []rune(s)
	if len(r) < 2 {
		return bare
	}
	last, before := r[len(r)-1], r[len(r)-2]
	switch {
	case strings.ContainsRune("요죠네", last), last == '다' && before == '니':
		return polite
	case last == '다':
		b, _ := hangul.Split(before)
		if strings.ContainsRune(stems, before) || b.Coda == hangul.CoN || b.Coda == hangul.CoSS || b.Coda == hangul.CoH || b.Coda == hangul.CoBS {
			return plain
		}
	case strings.ContainsRune(verbEnds, last), !hangul.Is(last):
		return bare
	}
	return noun
}

// branches are last words of a name that nobody sings.
var branches = regexp.MustCompile(` (?:본점|직영점|분점|\d+호점)$`)

// shorten keeps the first words of a name that fit into n syllables, at least
// one, and leaves out which branch it is. One long word is sung whole, written in breaths: cut, it would be another name.
func shorten(name string, n int) string {
	words := strings.Fields(branches.ReplaceAllString(name, ""))
	for len(words) > 1 && hangul.Count(strings.Join(words, " ")) > n {
		words = words[:len(words)-1]
	}
	if len(words) == 1 && hangul.Count(words[0]) > n {
		return breathe(words[0])
	}
	return strings.Join(words, " ")
}

// breathe writes a Hangul word with a space after every breath; another word stays.
func breathe(w string) string {
	var b strings.Builder
	r := []rune(w)
	parts := (len(r) + breath - 1) / breath
	for i, c := range r {
		if i > 0 && i*parts/len(r) != (i-1)*parts/len(r) && hangul.Is(c) && hangul.Is(r[i-1]) {
			b.WriteByte(' ')
		}
		b.WriteRune(c)
	}
	if s := b.String(); len([]rune(s)) <= claim.MaxLine {
		return s
	}
	return w
}

// clockTime is a time of day in whole or half hours.
type clockTime struct {
	hour int
	half bool
}

var hoursPattern = regexp.MustCompile(`^(?:매일|영업 ?시간|연중무휴|daily|every day|open)?[ :,]*(\d{1,2}):?(00|30)\s*(?:~|-|–|부터|to)\s*(\d{1,2}):(00|30)(?:까지)?(?:[ ,(]+(?:매주 ?)?(?:[월화수목금토일]요일|연중 ?무휴|매일|closed on [a-z]+|closed [a-z]+)[은는]? ?(?:정기 ?휴무|휴무|휴일|쉼|쉽니다|쉬어요)?\)?)?$`)

// readHours reads one range of whole or half hours, also with a day off;
// anything richer (breaks, weekends) is not sung, because half of it would be untrue.
func readHours(s string) (open, shut clockTime, ok bool) {
	m := hoursPattern.FindStringSubmatch(strings.ToLower(strings.TrimSpace(s)))
	if m == nil {
		return open, shut, false
	}
	if _, err := fmt.Sscan(m[1]+" "+m[3], &open.hour, &shut.hour); err != nil {
		return open, shut, false
	}
	open.half, shut.half = m[2] == "30", m[4] == "30"
	return open, shut, open.hour >= 1 && open.hour <= 23 && shut.hour >= 1 && shut.hour <= 24 && !(shut.hour == 24 && shut.half)
}

func mostlyHangul(s string) bool { return mostly(s, hangul.Is) }

func mostlyLatin(s string) bool { return mostly(s, func(r rune) bool { return r < unicode.MaxASCII }) }

func mostly(s string, of func(rune) bool) bool {
	var hit, all int
	for _, r := range s {
		if unicode.IsLetter(r) {
			all++
			if of(r) {
				hit++
			}
		}
	}
	return 2*hit > all
}
