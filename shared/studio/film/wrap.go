package film

import (
	"math"
	"strings"
	"unicode"
	"unicode/utf8"
)

// word is what is never broken as long as it fits: in Korean an eojeol, a noun
// with its particles.
type word struct {
	text  string
	em    float64 // without letter spacing
	runes int
	glued bool // no space before it: a later part of a word that had to be split
}

// prose is a text whose words have been measured, once for all sizes.
type prose struct {
	face       *face
	space      float64 // em
	paragraphs [][]word
}

func (f *face) prose(text string) prose {
	p := prose{face: f, space: f.glyph(' ').advance}
	for paragraph := range strings.SplitSeq(text, "\n") {
		var words []word
		for s := range strings.SplitSeq(paragraph, " ") {
			if s != "" {
				words = append(words, word{text: s, em: f.width(s, 0), runes: utf8.RuneCountInString(s)})
			}
		}
		p.paragraphs = append(p.paragraphs, words)
	}
	return p
}

// width is the width of a word in em.
func (w *word) width(letter float64) float64 { return w.em + float64(w.runes)*letter }

// gap is the width of the space before a word in em.
func (p *prose) gap(w *word, letter float64) float64 {
	if w.glued {
		return 0
	}
	return p.space + letter
}

// longest is the width of the widest word in em.
func (p *prose) longest(letter float64) (longest float64) {
	for _, words := range p.paragraphs {
		for i := range words {
			longest = max(longest, words[i].width(letter))
		}
	}
	return longest
}

// rounding is how much wider than its box a line may be, in em: a box that was
// made as wide as its text must hold it.
const rounding = 1e-6

// fit is in how many lines no wider than limit (em) the text fits when no word
// is wider, and how wide the widest is.
func (p *prose) fit(limit, letter float64) (lines int, widest float64) {
	for _, words := range p.paragraphs {
		w := 0.0
		for i := range words {
			next := words[i].width(letter)
			if i > 0 && w+p.gap(&words[i], letter)+next > limit+rounding {
				lines, w = lines+1, next
			} else if w += next; i > 0 {
				w += p.gap(&words[i], letter)
			}
			widest = max(widest, w)
		}
		lines++
	}
	return lines, widest
}

// wrap breaks the text at newlines and between words so that no line is wider
// than limit (em), with as few lines as possible and these as even as
// possible. A word that is wider than the limit is split between characters:
// callers make the text smaller before they let that happen (textSize).
func (p *prose) wrap(limit, letter float64) []string {
	var out []string
	for _, words := range p.paragraphs {
		words = p.split(words, limit+rounding, letter)
		if len(words) == 0 {
			out = append(out, "")
			continue
		}
		at := 0
		for _, end := range p.balance(words, limit+rounding, letter) {
			out = append(out, join(words[at:end]))
			at = end
		}
	}
	return out
}

func join(words []word) string {
	var b strings.Builder
	for i, w := range words {
		if i > 0 && !w.glued {
			b.WriteByte(' ')
		}
		b.WriteString(w.text)
	}
	return b.String()
}

// split cuts words that are wider than the limit into parts that are not, or
// that are single characters. Marks stay with the character before them.
func (p *prose) split(words []word, limit, letter float64) []word {
	var out []word
	for _, w := range words {
		if w.width(letter) <= limit {
			out = append(out, w)
			continue
		}
		var part word
		for _, r := range w.text {
			a := p.face.glyph(r).advance
			if part.runes > 0 && part.width(letter)+a+letter > limit && !unicode.Is(unicode.M, r) {
				out = append(out, part)
				part = word{glued: true}
			}
			part.text, part.em, part.runes = part.text+string(r), part.em+a, part.runes+1
		}
		out = append(out, part)
	}
	return out
}

// greedy fills one line after the other and returns where each ends.
func (p *prose) greedy(words []word, limit, letter float64) (ends []int) {
	var w float64
	for i := range words {
		next := words[i].width(letter)
		if w += p.gap(&words[i], letter) + next; i == 0 || w > limit {
			if i > 0 {
				ends = append(ends, i)
			}
			w = next
		}
	}
	return append(ends, len(words))
}

// maxBalanced bounds the work of balance; a caption has below twenty words.
const maxBalanced = 200

// balance breaks words into as few lines as possible so that the sum of the
// squared differences from the mean width is smallest, and returns where each
// line ends.
func (p *prose) balance(words []word, limit, letter float64) []int {
	ends := p.greedy(words, limit, letter)
	n := len(ends)
	if n == 1 || len(words) > maxBalanced {
		return ends
	}
	var total float64
	for i := range words {
		if total += words[i].width(letter); i > 0 {
			total += p.gap(&words[i], letter)
		}
	}
	mean := total / float64(n)
	// best[k][j] is the least cost of the first j words in k lines, from[k][j] where the last of them starts.
	best, from := make([][]float64, n+1), make([][]int, n+1)
	for k := range best {
		best[k], from[k] = make([]float64, len(words)+1), make([]int, len(words)+1)
		for j := range best[k] {
			best[k][j] = math.Inf(1)
		}
	}
	best[0][0] = 0
	for k := 1; k <= n; k++ {
		for j := k; j <= len(words); j++ {
			w := 0.0
			for i := j - 1; i >= k-1; i-- {
				if w += words[i].width(letter); i < j-1 {
					w += p.gap(&words[i+1], letter)
				}
				if w > limit && i < j-1 {
					break
				}
				if cost := best[k-1][i] + (w-mean)*(w-mean); cost < best[k][j] {
					best[k][j], from[k][j] = cost, i
				}
			}
		}
	}
	for k, j := n, len(words); k > 0; k-- {
		ends[k-1], j = j, from[k][j]
	}
	return ends
}
