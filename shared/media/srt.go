package media

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"unicode"
)

// Cue is a text shown from Start to End, in seconds from the beginning.
type Cue struct {
	Text       string
	Start, End float64
}

// Captions returns the cues of the sung lines, in the order in which they are sung.
func Captions(lines []Line) []Cue {
	var cues []Cue
	for _, l := range lines {
		if l.Sung() {
			cues = append(cues, l.Cue)
		}
	}
	slices.SortStableFunc(cues, func(a, b Cue) int { return cmp.Compare(a.Start, b.Start) })
	return cues
}

// lastSecond is the largest time that SubRip's two digits of hours can write.
const lastSecond = 100*3600 - 0.001

// SRT writes cues as SubRip: UTF-8, lines end in \n, times in milliseconds. A
// cue that ends before it starts (to the millisecond), starts before the one
// before it, or is beyond 100 hours is an error and nothing of it is written.
// A cue's text cannot break the format: it becomes lines without blank ones,
// control characters or an arrow of the format's own.
func SRT(w io.Writer, cues []Cue) error {
	out := bufio.NewWriter(w)
	previous := int64(0)
	for i, c := range cues {
		if !finite(c.Start) || !finite(c.End) || c.Start < 0 || c.End > lastSecond {
			return fmt.Errorf("write captions: cue %d is from %g to %g seconds", i+1, c.Start, c.End)
		}
		start, end := milliseconds(c.Start), milliseconds(c.End)
		if start >= end || start < previous {
			return fmt.Errorf("write captions: cue %d from %s to %s, the one before starts at %s", i+1, clock(start), clock(end), clock(previous))
		}
		text := captionText(c.Text)
		if text == "" {
			return fmt.Errorf("write captions: cue %d has no text", i+1)
		}
		previous = start
		if _, err := fmt.Fprintf(out, "%d\n%s --> %s\n%s\n\n", i+1, clock(start), clock(end), text); err != nil {
			return fmt.Errorf("write captions: %w", err)
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write captions: %w", err)
	}
	return nil
}

func milliseconds(s float64) int64 { return int64(math.Round(s * 1000)) }

func clock(ms int64) string {
	return fmt.Sprintf("%02d:%02d:%02d,%03d", ms/3_600_000, ms/60_000%60, ms/1000%60, ms%1000)
}

// captionText makes a text safe to stand in a cue.
func captionText(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "-->", "→")
	var lines []string
	for line := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == '\n' || r == '\r' || r == '\u2028' || r == '\u2029' }) {
		line = strings.TrimSpace(strings.Map(func(r rune) rune {
			if unicode.IsControl(r) {
				return ' '
			}
			return r
		}, line))
		if line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}
