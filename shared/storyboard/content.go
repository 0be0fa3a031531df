package storyboard

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"castad/shared/claim"
	"castad/shared/message"
	"castad/shared/pattern"
)

// content is what a film may say, cleaned for display. What the place does not
// have is empty.
type content struct {
	korean                                             bool
	name, category, area, address, hours, phone, offer string
	short                                              string // the name where there is room for one line
	link                                               string // as it is: encoded, not shown
	menu                                               []item
	praise                                             []string
}

// item is something sold; price is "" when it is not told.
type item struct{ name, price string }

func contentOf(in message.VideoRender) content {
	name := drawable(in.Name)
	c := content{korean: in.Language != "en", name: fold(name), short: brief(name)}
	one := map[claim.FactKind]*string{claim.Category: &c.category, claim.Area: &c.area, claim.Address: &c.address, claim.Hours: &c.hours, claim.Offer: &c.offer}
	for _, f := range in.Facts {
		text := drawable(f.Text)
		switch f.Kind {
		case claim.Menu:
			if text != "" && claim.Plain(f.Text) {
				c.menu = append(c.menu, item{text, c.won(f.Won)})
			}
		case claim.Praise: // a stranger's words: with markup or a link in them what is left of them is no praise
			if text != "" && claim.Plain(f.Text) && !isSung(text, in.Take.Lines) {
				c.praise = append(c.praise, text)
			}
		case claim.Phone:
			if c.phone == "" {
				c.phone = glyphs(claim.CleanPhone(f.Text))
			}
		case claim.Link:
			if c.link == "" {
				c.link = f.Text
			}
		default:
			if p := one[f.Kind]; p != nil && *p == "" {
				*p = text
			}
		}
	}
	return c
}

// isSung reports whether a line sings the text word for word: its caption says
// it, and a card need not say it again.
func isSung(text string, lines []message.LineTime) bool {
	return slices.ContainsFunc(lines, func(l message.LineTime) bool { return strings.Contains(glyphs(l.Text), text) })
}

// longWord is the length in ems from which a word is a line of its own.
const longWord = 14

// fold cuts words that would have to be tiny to fit on a line into even pieces;
// everything shorter is broken by the renderer, between words.
func fold(text string) string {
	words := strings.Fields(text)
	for i, w := range words {
		if parts := int(math.Ceil(ems(w) / longWord)); parts > 1 {
			r := []rune(w)
			var lines []string
			for k := range parts {
				lines = append(lines, string(r[k*len(r)/parts:(k+1)*len(r)/parts]))
			}
			words[i] = strings.Join(lines, "\n")
		}
	}
	return strings.Join(words, " ")
}

// brief is a text that fits on a short line: the rest is left out, and told by an ellipsis.
func brief(text string) string {
	r := []rune(text)
	for n := range r {
		if ems(string(r[:n+1])) > longWord {
			return strings.TrimSpace(string(r[:n])) + "…"
		}
	}
	return text
}

// where is what the title says under the name: the area as people call it, else the address.
func (c content) where() string {
	if c.area != "" {
		return c.area
	}
	return c.address
}

// say is a film's own word in its language.
func (c content) say(korean, english string) string {
	if c.korean {
		return korean
	}
	return english
}

// won writes a price as a price tag does: "9,000원", "₩9,000".
func (c content) won(n int) string {
	if n <= 0 {
		return ""
	}
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return c.say(s+"원", "₩"+s)
}

// drawable is the part of a text that may be shown (claim.Clean: no markup, links
// or emoji) and that can be (glyphs).
func drawable(s string) string { return glyphs(claim.Clean(s)) }

// glyphs drops what no Nanum font has a glyph for. A Latin letter whose accent they lack loses the accent.
func glyphs(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case covered(r):
			b.WriteRune(r)
		case unicode.Is(unicode.Latin, r):
			if base := []rune(norm.NFKD.String(string(r)))[0]; covered(base) {
				b.WriteRune(base)
			}
		default:
			b.WriteByte(' ')
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// covered says that Nanum Gothic has a glyph for a character. Of its 4,888 Hanja
// no table is kept here: a rarer one is the renderer's to name.
func covered(r rune) bool {
	switch {
	case r >= ' ' && r <= '~', r >= 0xAC00 && r <= 0xD7A3, r >= 0x3131 && r <= 0x318E && r != 0x3164: // ASCII, Hangul, its letters
		return true
	case r >= 0xA1 && r <= 0xFF:
		return !strings.ContainsRune("¦\u00ad¯µÃÄÅÌÒÕÖÝãåìòõýÿ", r)
	case r >= 0x3041 && r <= 0x3093, r >= 0x30A1 && r <= 0x30F6, r >= 0x0410 && r <= 0x044F, r >= 0xFF01 && r <= 0xFF5E:
		return true
	case unicode.Is(unicode.Han, r):
		return r >= 0x4E00 && r <= 0x9FFF
	}
	return strings.ContainsRune("‐–—―‘’“”†‡…‰′″※₩€→←↑↓、。〈〉《》「」『』【】", r)
}

var opened = pattern.New(`(?i)그랜드 ?오픈|신규 ?오픈|새로 ?(?:문을 )?(?:열|오픈)|(?:개업|오픈) ?(?:기념|이벤트|행사)|신장 ?개업|grand opening|newly opened|now open|opening (?:offer|week|day)`)

// choose is the storyboard of a place whose owner left the choice ("auto"). An
// opening is news for a few weeks, an offer for a while, a menu always: so an
// opening that offer or story tell of comes first, then an offer (coupon), then a menu
// of at least two (menu), else mood.
func choose(facts []claim.Fact) string {
	has := map[claim.FactKind]int{}
	for _, f := range facts {
		if (f.Kind == claim.Offer || f.Kind == claim.Story) && opened.MatchString(f.Text) {
			return "opening"
		}
		has[f.Kind]++
	}
	switch {
	case has[claim.Offer] > 0:
		return "coupon"
	case has[claim.Menu] > 1:
		return "menu"
	}
	return "mood"
}
