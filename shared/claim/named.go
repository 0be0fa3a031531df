package claim

import (
	"slices"
	"strings"
	"unicode/utf8"

	"castad/shared/pattern"
)

// here is how a line refers to the shop without its name.
var here = pattern.New(`여기|이곳|이 ?집|우리 ?(?:집|가게|식당|카페|동네)|\b(?:here|this (?:place|house|door)|our (?:place|door|house|home))\b`)

// sings reports whether a text sings the place's name: its first word that is
// the name's own (not 카페 or gym), with or without the shop noun at its end. A
// name in the other script may be transcribed, which is compared by sound.
func (f *source) sings(s string) bool {
	own := f.ownWord()
	if own == "" {
		return true // nothing of it can be sung
	}
	text := squeeze(s)
	hangulText := strings.ContainsFunc(text, isHangul)
	for _, name := range []string{own, stemOf(own)} {
		if strings.Contains(text, name) {
			return true
		}
		sound := consonants(name)
		if other := strings.ContainsFunc(name, isHangul) != hangulText; other && (len(sound) < 2 || strings.Contains(consonants(text), sound)) {
			return true
		}
	}
	return false
}

// stemOf takes a shop noun or a dish off the end of a name: 한빛 of 한빛칼국수.
func stemOf(name string) string {
	for _, noun := range slices.Concat(shopNouns, items) {
		if stem, ok := strings.CutSuffix(name, noun); ok && utf8.RuneCountInString(stem) >= 2 {
			return stem
		}
	}
	return name
}

// ownWord is the first word of a name that is not a shop noun, squeezed.
func (f *source) ownWord() string {
	first := ""
	for _, w := range strings.Fields(f.spoken) {
		w = squeeze(w)
		if first == "" {
			first = w
		}
		if w != "" && !slices.Contains(shopNouns, w) && !slices.Contains(englishShopNouns, w) && !slices.Contains([]string{"the", "드", "더", "le", "la", "cafe", "살롱", "카페"}, w) {
			return w
		}
	}
	return first
}

// spellings are a name and the runs of its words around its own one, longest
// first: Cafe 봄날 24, 봄날 24, Cafe 봄날, 봄날.
func (f *source) spellings() []string {
	out := []string{f.text, f.spoken}
	words := strings.Fields(f.spoken)
	own := slices.IndexFunc(words, func(w string) bool { return squeeze(w) == f.ownWord() })
	if len(words) > longestSpelling {
		words = words[:max(own+1, longestSpelling)]
	}
	for n := len(words) - 1; n > 0 && own >= 0; n-- {
		for from := max(0, own-n+1); from <= own && from+n <= len(words); from++ {
			out = append(out, strings.Join(words[from:from+n], " "))
		}
	}
	return slices.DeleteFunc(out, func(t string) bool { return t == "" || len(t) == 1 && (t < "0" || t > "9") }) // 7 may be a name, one letter is none
}

// longestSpelling bounds the words of a name of which parts are looked for.
const longestSpelling = 12

// sounds reports whether a Latin word is a Korean word of the facts in Latin letters: Hanbit for 한빛.
func (c *Checker) sounds(latin string) bool {
	sound := consonants(latin)
	return len(sound) >= 2 && slices.ContainsFunc(c.sound, func(w string) bool { return strings.HasPrefix(w, sound) || strings.HasSuffix(w, sound) })
}

// consonants reduces a folded text in either script to the classes of its
// consonants, in which romanisations agree: 한빛 and Hanbit are both n p t.
func consonants(s string) string {
	var b strings.Builder
	last := byte(0)
	put := func(class byte) {
		if class == 'k' && last == 'n' {
			return // ng is one sound or two: 연구 Yeongu
		}
		if class != 0 && class != last {
			b.WriteByte(class)
		}
		last = class
	}
	const onsets, codas = "kkntt\x00mppss\x00jjjktp\x00", "\x00kkknnnt\x00kmp\x00\x00p\x00mppttnttktpt"
	for i, r := range s {
		switch {
		case isHangul(r):
			n := int(r - '가')
			put(onsets[n/588])
			last = 0
			put(codas[n%28])
		case r >= 'a' && r <= 'z':
			put(latinClass(s, i))
		}
	}
	return b.String()
}

func latinClass(s string, i int) byte {
	next := byte(0)
	if i+1 < len(s) {
		next = s[i+1]
	}
	switch s[i] {
	case 'g':
		return 'k'
	case 'k', 'q', 'x':
		return 'k'
	case 'c':
		if next == 'h' {
			return 'j'
		}
		if strings.IndexByte("eiy", next) >= 0 && next != 0 {
			return 's'
		}
		return 'k'
	case 'd', 't':
		return 't'
	case 'b', 'p', 'v', 'f':
		return 'p'
	case 's':
		return 's'
	case 'j', 'z':
		return 'j'
	case 'm', 'n':
		return s[i]
	}
	return 0
}
