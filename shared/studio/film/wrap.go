package film

import (
	"math"
	"strings"
	"unicode"
)

// word is what is never broken as long as it fits: in Korean an eojeol, a noun
// with its particles.
type word struct {
	text string
	w    float64 // em, letter spacing included
	// space is the width of the space before it, in em; 0 for the later parts of
	// a word that had to be split.
	space float64
}

// words splits a paragraph at spaces and measures its words.
func (f *face) words(paragraph string, letter float64) []word {
	var out []word
	space := f.glyph(' ').advance + letter
	for s := range strings.SplitSeq(paragraph, " ") {
		if s != "" {
			out = append(out, word{s, f.width(s, letter), space})
		}
	}
	return out
}

// wrap breaks text at newlines and between words so that no line is wider than
// limit (em), with as few lines as possible and these as even as possible. A
// word that is wider than the limit is split between characters: callers make
// the text smaller before they let that happen (textSize).
func (f *face) wrap(text string, limit, letter float64) []string {
	limit += 1e-6 // a box that was made as wide as its text must hold it
	var out []string
	for paragraph := range strings.SplitSeq(text, "\n") {
		words := f.split(f.words(paragraph, letter), limit, letter)
		if len(words) == 0 {
			out = append(out, "")
			continue
		}
		at := 0
		for _, end := range balance(words, limit) {
			out = append(out, join(words[at:end]))
			at = end
		}
	}
	return out
}

func join(words []word) string {
	var b strings.Builder
	for i, w := range words {
		if i > 0 && w.space > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(w.text)
	}
	return b.String()
}

// split cuts words that are wider than the limit into parts that are not, or
// that are single characters. Marks stay with the character before them.
func (f *face) split(words []word, limit, letter float64) []word {
	var out []word
	for _, w := range words {
		if w.w <= limit {
			out = append(out, w)
			continue
		}
		part := word{space: w.space}
		for _, r := range w.text {
			a := f.glyph(r).advance + letter
			if part.text != "" && part.w+a > limit && !unicode.Is(unicode.M, r) {
				out = append(out, part)
				part = word{}
			}
			part.text, part.w = part.text+string(r), part.w+a
		}
		out = append(out, part)
	}
	return out
}

// greedy fills one line after the other and returns where each ends.
func greedy(words []word, limit float64) (ends []int) {
	var w float64
	for i, next := range words {
		if w += next.space + next.w; i == 0 || w > limit {
			if i > 0 {
				ends = append(ends, i)
			}
			w = next.w
		}
	}
	return append(ends, len(words))
}

// maxBalanced bounds the work of balance; a caption has below twenty words.
const maxBalanced = 200

// balance breaks words into as few lines as possible so that the sum of the
// squared differences from the mean width is smallest, and returns where each
// line ends.
func balance(words []word, limit float64) []int {
	ends := greedy(words, limit)
	n := len(ends)
	if n == 1 || len(words) > maxBalanced {
		return ends
	}
	var total float64
	for i, w := range words {
		if total += w.w; i > 0 {
			total += w.space
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
				if w += words[i].w; i < j-1 {
					w += words[i+1].space
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

// longestWord is the width of the widest word in em.
func (f *face) longestWord(text string, letter float64) (longest float64) {
	for w := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ' ' || r == '\n' }) {
		longest = max(longest, f.width(w, letter))
	}
	return longest
}
