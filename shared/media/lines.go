package media

import (
	"math"
	"strings"
	"unicode"

	"castad/shared/fault"

	"golang.org/x/text/unicode/norm"
)

// Word is a piece of text that a provider says is sung from Start to End, in
// seconds: a syllable, a word with its line break, or a whole line. Section
// markers in brackets ("[Verse]\n") may be part of it or stand alone.
type Word struct {
	Text       string
	Start, End float64
}

// Line says when a lyric line is sung.
type Line struct {
	Cue
	// Coverage is the share of the line's letters and digits that the provider
	// sings, 0 to 1, in their order and close together. Below 0.5 the line is
	// unsung: Start and End are 0 and no caption may show it.
	Coverage float64
	// InPlace: the line is sung where it is written.
	InPlace bool
}

// Sung reports whether the line is sung.
func (l Line) Sung() bool { return l.Coverage >= minCoverage }

const (
	// minCoverage: singers swallow syllables and providers misspell, but half a
	// line is the least that a viewer takes for the line.
	minCoverage = 0.5
	// maxRest is the longest pause inside a sung line, in seconds. What matches
	// beyond it is another line that happens to share letters.
	maxRest = 4.0
	// shortest is the shortest time that a caption file can express, in seconds.
	shortest = 0.001
	// maxMarker is the longest section marker, in characters; a bracket that
	// closes later is sung text.
	maxMarker = 60
	// Letters compared at most. An ad of a minute has about 400 and ten minutes of
	// rap about 6,000; the work grows with both, to some seconds at the limits.
	maxLyric = 4_000
	maxSung  = 6_000
)

// letter is one compared character with, on the sung side, its time.
type letter struct {
	r          rune
	begins     bool // a word
	newLine    bool // a line break stands before it
	start, end float64
}

// letters returns what is compared of s: NFC, lower case, letters and digits.
// Marks that NFC cannot compose stay, so they count with their letter.
func letters(s string) []rune {
	var out []rune
	for _, w := range split(s) {
		out = append(out, w.letters...)
	}
	return out
}

// piece is a run of letters in a text: a word or what stands between two signs.
type piece struct {
	letters []rune
	newLine bool // a line break stands between it and the one before
}

// split cuts s at everything that is no letter. A last piece without letters
// says that a line break follows the others.
func split(s string) []piece {
	out := []piece{{}}
	for _, r := range norm.NFC.String(s) {
		last := &out[len(out)-1]
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) {
			last.letters = append(last.letters, unicode.ToLower(r))
			continue
		}
		if len(last.letters) > 0 {
			out = append(out, piece{})
			last = &out[len(out)-1]
		}
		last.newLine = last.newLine || r == '\n'
	}
	return out
}

// stripMarkers removes [section] markers from a lyric line.
func stripMarkers(s string) string {
	var b strings.Builder
	for {
		open := strings.IndexByte(s, '[')
		if open < 0 {
			return b.String() + s
		}
		length := strings.IndexByte(s[open:], ']')
		if length < 0 {
			return b.String() + s
		}
		b.WriteString(s[:open] + " ")
		s = s[open+length+1:]
	}
}

// sungLetters spreads each word's time over its letters. Markers may begin in
// one word and end in another ("[Verse", "1]\n").
func sungLetters(words []Word) ([]letter, error) {
	var out []letter
	timed, newLine := false, false
	inMarker := markers(words)
	for i, w := range words {
		if !finite(w.Start) || !finite(w.End) || w.Start < 0 {
			return nil, fault.Newf(fault.CodeVendorResult, "word %d is sung from %g to %g seconds", i, w.Start, w.End)
		}
		timed = timed || w.End > 0
		end := max(w.Start, w.End)
		n, k := len(letters(inMarker[i])), 0
		at := func(k int) float64 { return w.Start + (end-w.Start)*float64(k)/float64(n) }
		for _, p := range split(inMarker[i]) {
			newLine = newLine || p.newLine
			for first, r := range p.letters {
				out = append(out, letter{r: r, begins: first == 0, newLine: newLine, start: at(k), end: at(k + 1)})
				k, newLine = k+1, false
			}
		}
		if len(out) > maxSung {
			return nil, fault.Newf(fault.CodeVendorResult, "more than %d sung letters", maxSung)
		}
	}
	if len(out) > 0 && !timed {
		return nil, fault.Newf(fault.CodeVendorResult, "all %d words are sung at 0 seconds", len(words))
	}
	return out, nil
}

func finite(f float64) bool { return !math.IsNaN(f) && !math.IsInf(f, 0) }

// markers returns the words' texts without what stands between brackets.
func markers(words []Word) []string {
	type position struct{ word, at int }
	var all []rune
	var where []position
	texts := make([][]rune, len(words))
	for i, w := range words {
		texts[i] = []rune(w.Text)
		for k, r := range texts[i] {
			all, where = append(all, r), append(where, position{i, k})
		}
	}
	for i := 0; i < len(all); i++ {
		if all[i] != '[' {
			continue
		}
		for j := i + 1; j < len(all) && j-i <= maxMarker; j++ {
			if all[j] == ']' {
				for ; i <= j; i++ {
					texts[where[i].word][where[i].at] = ' '
				}
				i--
				break
			}
		}
	}
	out := make([]string, len(words))
	for i, t := range texts {
		out[i] = string(t)
	}
	return out
}

// place gives a line its time from the letters that matched (-1 = none). A
// letter counts when its neighbour in the line matched next to it: letters that
// match alone are chance. Matches further apart than maxRest are not one line:
// the largest group counts; its first and last sung letter are returned.
func place(l *Line, match []int, sung []letter) (first, last int) {
	type group struct{ first, last, size int }
	var best, now group
	for i, m := range match {
		alone := (i == 0 || match[i-1] != m-1) && (i+1 == len(match) || match[i+1] != m+1)
		if m < 0 || alone && len(match) > 1 {
			continue
		}
		if now.size == 0 || sung[m].start-sung[now.last].end > maxRest {
			now = group{first: m}
		}
		now.last, now.size = m, now.size+1
		if now.size > best.size {
			best = now
		}
	}
	if best.size > 0 {
		l.Coverage = float64(best.size) / float64(len(match))
		l.Start, l.End = sung[best.first].start, sung[best.last].end
	}
	return best.first, best.last
}

// settle makes the times fit to be shown: of the lines in the order in which
// they are sung, each starts after the one before and ends before the next
// begins. A line left without time is unsung.
func settle(lines []*sungLine) {
	for i, l := range lines {
		if i > 0 {
			p := lines[i-1]
			l.Start = max(l.Start, p.Start)
			p.End = min(p.End, l.Start)
		}
		l.End = max(l.End, l.Start)
	}
	for _, l := range lines {
		if l.End-l.Start < shortest {
			l.Start, l.End, l.Coverage = 0, 0, 0
		}
	}
}
