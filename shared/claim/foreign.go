package claim

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"castad/shared/pattern"
)

// particleEnd are the particles that a noun may carry at the end of a word.
const particleEnd = `(?:으로|로|에서는|에서|에는|에|은|는|이|가|을|를|의|과|와|도|만|까지|부터|보다|처럼|이랑|랑|하고|이야|야|아|이에요|예요|이라네|라네|이라|라|이여|여|이죠|죠|이면|면|님|표|엔|선|에선|이나|나)?`

// foreign returns why a line names a shop, a brand, a place or a thing sold that
// no fact names, or "". It knows such names by the word lists of lexicon.go, in
// English also by their capital letter: an unknown name in ordinary words
// ("moonlight") that the line does not pretend to be the shop's is not seen.
func (c *Checker) foreign(at int, raw, s string) string {
	for _, find := range []func(string) (what, word string){c.otherShop, c.otherBrand, c.rival, c.otherItem, c.otherArea, c.pricedThing} {
		if what, word := find(s); word != "" {
			return fmt.Sprintf("the %s %q is in no fact", what, clip(word))
		}
	}
	if what, word := c.otherCapital(at, raw); word != "" {
		return fmt.Sprintf("the %s %q is in no fact", what, clip(word))
	}
	return ""
}

// known reports whether a fact that is said aloud has the word.
func (c *Checker) known(word string) bool {
	word = squeeze(word)
	return word == "" || strings.Contains(c.words, word)
}

var koreanWord = pattern.New(`[가-힣]+`)

// trim takes a particle off a word that ends in noun, ok is false when it does not.
func trim(word, noun string) (stem string, ok bool) {
	i := strings.LastIndex(word, noun)
	if i < 0 || !endsInParticle.MatchString(word[i+len(noun):]) {
		return "", false
	}
	return word[:i], true
}

var endsInParticle = pattern.New(`^` + particleEnd + `$`)

// otherShop finds a word that is a shop's name by its last part: 한솔식당으로.
func (c *Checker) otherShop(s string) (what, word string) {
	for _, w := range koreanWord.FindAllString(s, -1) {
		for _, noun := range shopNouns {
			stem, ok := trim(w, noun)
			short := utf8.RuneCountInString(stem) < 2 && (utf8.RuneCountInString(noun) < 3 || slices.Contains(shortWords, stem))
			if !ok || stem == "" || short || slices.Contains(shopWords, stem) || c.known(stem+noun) {
				continue
			}
			if noun == "짐" && strings.ContainsRune("해어아려겨라러여", lastRune(stem)) || slices.ContainsFunc(shopWords, func(g string) bool { return strings.HasSuffix(stem, g) && c.known(strings.TrimSuffix(stem, g)) }) {
				continue // 이루어짐 is no gym; 을지로골목식당 says where it is
			}
			return "shop", stem + noun
		}
	}
	return "", ""
}

func (c *Checker) otherBrand(s string) (what, word string) {
	for _, b := range brands {
		if i := strings.Index(s, b); i >= 0 && !c.known(b) && (b[0] > 'z' || wholeWord(s, i, len(b))) {
			return "brand", b
		}
	}
	return "", ""
}

var comparison = pattern.New(`([가-힣]+)보다 ?(?:더 |훨씬 |백 배 )?(?:맛있|싸|싼|저렴|진하|진한|푸짐|신선|낫|나은|빠르|빠른|넓|깨끗|잘하|잘 해)`)

// rival finds what a line compares the shop with: 진국집보다 진한.
func (c *Checker) rival(s string) (what, word string) {
	for _, g := range comparison.FindAllStringSubmatch(s, -1) {
		if !c.known(g[1]) && !slices.Contains(poetic, g[1]) {
			return "rival", g[1]
		}
	}
	return "", ""
}

// otherItem finds a thing sold, alone or as the last part of a compound, also with an ingredient before it.
func (c *Checker) otherItem(s string) (what, word string) {
	for _, p := range englishPhrases {
		if i := strings.Index(s, p); i >= 0 && c.latinMenu && !c.known(p) {
			return "item", p
		}
	}
	words := strings.Fields(s)
	for i, w := range words {
		kind, head := c.itemOf(w)
		name := kind + head
		if name == "" {
			continue
		}
		if !c.known(name) && !c.sells(kind, head) {
			return "item", name
		}
		if i > 0 {
			before := strings.Trim(words[i-1], ",.!?'\"")
			if slices.Contains(ingredients, before) && !c.known(before) {
				return "item", before + " " + name
			}
		}
	}
	return "", ""
}

// sells reports whether a menu fact has both parts of a compound: 양념갈비 for 양념 돼지갈비.
func (c *Checker) sells(kind, head string) bool {
	return kind != "" && slices.ContainsFunc(c.all, func(f *source) bool {
		return f.Kind == Menu && strings.Contains(f.text, kind) && strings.Contains(f.text, head)
	})
}

// itemOf returns the thing sold that a word names, without its particle, in two
// parts: what makes it special and its head.
func (c *Checker) itemOf(w string) (kind, head string) {
	for _, w := range koreanWord.FindAllString(w, -1) {
		for _, item := range items {
			stem, ok := trim(w, item)
			if ok && utf8.RuneCountInString(stem) <= 4 && (utf8.RuneCountInString(item) > 1 || stem == "") {
				return stem, item
			}
		}
	}
	if !c.latinMenu {
		return "", "" // an English line about Korean dishes translates them
	}
	w = strings.Trim(w, ",.!?;:'\"()")
	one := strings.TrimSuffix(w, "s")
	if slices.Contains(englishItems, w) || slices.Contains(englishItems, one) || slices.Contains(englishItems, strings.TrimSuffix(w, "es")) {
		return "", one
	}
	return "", ""
}

// otherArea finds a well-known place, or a station, that no fact has.
func (c *Checker) otherArea(s string) (what, word string) {
	for _, w := range koreanWord.FindAllString(s, -1) {
		for _, a := range areas {
			rest, ok := strings.CutPrefix(w, a)
			if ok && areaEnd.MatchString(rest) && !c.known(a) {
				return "place", a
			}
		}
		if g := landmark.FindStringSubmatch(w); g != nil && !c.known(g[1]) && !slices.Contains(landmarkWords, g[1]) {
			return "place", g[1] + g[2]
		}
		if g := station.FindStringSubmatch(w); g != nil && !c.known(g[1]) {
			return "place", g[1]
		}
	}
	for _, w := range latinWord.FindAllString(s, -1) {
		if slices.Contains(areas, strings.TrimSuffix(w, "'s")) && !c.known(w) && !c.sounds(w) {
			return "place", w
		}
	}
	return "", ""
}

var (
	areaEnd   = pattern.New(`^(?:시|역|구|동|도|섬|점|시장|골목|거리|바다|하늘)?` + particleEnd + `$`)
	landmark  = pattern.New(`^([가-힣]{2,}?)(` + landmarks + `)` + particleEnd + `$`)
	station   = pattern.New(`^([가-힣]{2,4}역)(?:에서|에|으로|앞|앞에|앞에서|근처)$`)
	latinWord = pattern.New(`[a-z']+`)
	counted   = pattern.New(`([가-힣]{2,}) (?:한|두|세) ?` + counters + `(?:에|은|는|이|가|도)? (?:단돈 |겨우 |딱 )?$`)
	topic     = pattern.New(`([가-힣]{2,}?)(?:은|는|이|가) (?:단돈 |겨우 |딱 |오직 |오늘도 |언제나 )?$`)
)

// pricedThing finds what is told to cost a price although it is nothing that the shop sells: 돔베고기는 구천 원.
func (c *Checker) pricedThing(s string) (what, word string) {
	for _, n := range numbers(s) {
		if n.unit != won {
			continue
		}
		g := topic.FindStringSubmatch(s[:n.at])
		if g == nil {
			if g = counted.FindStringSubmatch(s[:n.at]); g != nil && !bareNoun(g[1]) {
				continue
			}
		}
		if g == nil || c.known(g[1]) || slices.ContainsFunc(generic, func(w string) bool { return strings.HasSuffix(g[1], w) }) {
			continue
		}
		return "item", g[1]
	}
	return "", ""
}

// bareNoun reports whether a word before a counter may be a noun: 맛있는, 든든하게 and 오늘도 are none.
func bareNoun(w string) bool {
	last := lastRune(w)
	coda := (last - '가') % 28
	return coda != 4 && coda != 8 && !strings.ContainsRune("게도을이히서고면에의지나로며", last)
}

var word = pattern.New(`[\p{L}\p{M}'’&.]+`)

// otherCapital finds a name in an English text by its capital letter within a
// sentence, or before a shop noun anywhere. In a title, and in a line set in
// capitals, only the shop noun tells.
func (c *Checker) otherCapital(at int, raw string) (what, name string) {
	type token struct {
		text           string // as written
		upper, starter bool
	}
	var tokens []token
	capitalised, end := 0, 0
	for _, m := range word.FindAllStringIndex(raw, -1) {
		t := strings.Trim(raw[m[0]:m[1]], "'’&.")
		if t == "" || t[0] >= utf8.RuneSelf {
			end = m[1]
			continue
		}
		gap := raw[end:m[0]]
		k := token{text: t, upper: unicode.IsUpper(rune(t[0])), starter: len(tokens) == 0 || strings.ContainsAny(gap, ".!?:;\"“”()") || end > 0 && strings.HasSuffix(raw[:end], ".")}
		if k.upper || slices.Contains(plainWords, t) {
			capitalised++
		}
		tokens, end = append(tokens, k), m[1]
	}
	title := at == TitleLine || len(tokens) > 4 && capitalised == len(tokens)
	for i, t := range tokens {
		low := strings.TrimSuffix(strings.TrimSuffix(strings.ToLower(strings.ReplaceAll(t.text, "’", "'")), "'s"), "'")
		if !t.upper || c.known(low) || c.known(strings.TrimSuffix(low, "s")) || slices.Contains(capitals, low) || c.sounds(low) {
			continue
		}
		shop := i+1 < len(tokens) && tokens[i+1].upper && slices.Contains(englishShopNouns, strings.ToLower(tokens[i+1].text)) && !slices.Contains(plainWords, low)
		if shop {
			return "shop", t.text + " " + tokens[i+1].text
		}
		if !title && !t.starter {
			return "name", t.text
		}
	}
	return "", ""
}

func lastRune(s string) rune {
	r, _ := utf8.DecodeLastRuneInString(s)
	return r
}

func wholeWord(s string, at, n int) bool {
	letter := func(b byte) bool { return b >= 'a' && b <= 'z' }
	return (at == 0 || !letter(s[at-1])) && (at+n == len(s) || !letter(s[at+n]))
}
