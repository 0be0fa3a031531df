//go:build !race

// All syllables, one goroutine and nothing shared.

package film

import (
	"fmt"
	"image/color"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
)

const firstSyllable, lastSyllable = '가', '힣' // U+AC00 to U+D7A3: 11,172 of them

// boxed is a text element in a box of a frame of 1080 x 1920.
func boxed(text string, w, h float64, size *length) (*scene, *visual) {
	sc := &scene{canvas: canvas{1080, 1920, 1}, rate: 30, frames: 30, total: 1}
	e := &element{path: "elements[0]", kind: kindText, text: textStyle{text: text, family: defaultFont, weight: 700, size: size,
		line: percent(115), wrap: true, alignX: 0.5, alignY: 0.5, fill: color.NRGBA{255, 255, 255, 255}}}
	return sc, &visual{e: e, x: 540 - w/2, y: 960 - h/2, w: w, h: h, end: 1, hold: 1, opacity: 1}
}

func TestNoSyllableIsEverSplitAndEveryOneIsInItsBox(t *testing.T) {
	t.Parallel()
	f := installed(t)
	size := &length{v: 70}
	for r := rune(firstSyllable); r <= lastSyllable; r++ {
		s := string(r)
		long := strings.Repeat(s, 9)
		text := s + "집 칼국" + s + " 한 " + long + " 그릇"
		for _, box := range []struct {
			w, h float64
			size *length
		}{{1000, 300, nil}, {420, 700, nil}, {150, 500, nil}, {900, 400, size}, {330, 900, size}} {
			sc, v := boxed(text, box.w, box.h, box.size)
			p := &problems{}
			l := sc.layout(v, f, p)
			if l == nil || len(p.errors) > 0 {
				t.Fatalf("%s: %v", s, p.errors)
			}
			// Words stay whole: what the lines hold, joined by spaces, is the text.
			var lines []string
			for _, n := range l.lines {
				lines = append(lines, n.text)
				if n.w > box.w+0.01 || n.x < v.x-0.01 || n.x+n.w > v.x+v.w+0.01 {
					t.Fatalf("%s: %q spans %v to %v of a box from %v to %v", s, n.text, n.x, n.x+n.w, v.x, v.x+v.w)
				}
			}
			if got := strings.Join(lines, " "); got != text {
				t.Fatalf("%s: %q became %q", s, text, lines)
			}
			if box.size == nil && l.bounds.h > box.h+0.01 {
				t.Fatalf("%s: %v pixels of %v high", s, l.bounds.h, box.h)
			}
		}
		if got := plain(norm.NFD.String(s)); got != s {
			t.Fatalf("%s decomposed is %q", s, got)
		}
	}
}

func TestEverySyllableIsDrawnAsItsOutline(t *testing.T) {
	t.Parallel()
	f := installed(t)
	// All of them in one frame, eight by eight, each eight in a face that has them.
	const size, row, column, few, across = 24, 32, 264, 8, 8
	const groups = (lastSyllable - firstSyllable + few) / few
	sc := &scene{canvas: canvas{across * column, (groups + across - 1) / across * row, 1}, rate: 30, frames: 1, total: 1}
	a := &assFile{sc: sc}
	for i := range rune(groups) {
		var text []rune
		for r := firstSyllable + i*few; r < firstSyllable+(i+1)*few && r <= lastSyllable; r++ {
			text = append(text, r)
		}
		e := &element{path: fmt.Sprint(i), kind: kindText, text: textStyle{text: string(text), family: defaultFont, weight: 700, size: &length{v: size},
			letter: length{v: 4}, line: percent(115), alignX: 0.5, fill: color.NRGBA{255, 255, 255, 255}}}
		p := &problems{}
		l := sc.layout(&visual{e: e, x: float64(i%across) * column, y: float64(i/across) * row, w: column, h: row, end: 1, hold: 1, opacity: 1}, f, p)
		if len(p.errors) > 0 {
			t.Fatal(p.errors)
		}
		a.text(l)
	}
	got, want, box := lettersOf(t, a), outlined(t, sc, a.texts, false), outlined(t, sc, a.texts, true)
	syllables, worst := 0, 1.0
	for _, l := range a.texts {
		n := l.lines[0]
		x := n.x
		for _, r := range n.text {
			w := l.face.glyph(r).advance * l.size
			cell := pixels(rect{x, n.y - size/2, w, size})
			k, miss := likeness(got, want, cell), likeness(got, box, cell)
			if worst = min(worst, k); k < 0.8 || miss > 0.6 {
				t.Errorf("%c is drawn %.2f like its outline, %.2f like the box of a missing glyph", r, k, miss)
			}
			x += w + l.letter*l.size
			syllables++
		}
	}
	if syllables != 11172 {
		t.Errorf("%d syllables were drawn", syllables)
	}
	t.Logf("the least like its outline: %.2f", worst)
}

func TestLinesAreEven(t *testing.T) {
	t.Parallel()
	f := installed(t)
	for text, want := range map[string]string{
		"을지로 골목 끝 노란 불빛 하나":       "을지로 골목 끝|노란 불빛 하나",
		"얼큰한 칼국수 한 그릇 구천 원 더":     "얼큰한 칼국수 한|그릇 구천 원 더",
		"손으로 밀어 쫄깃한 면발에 바지락 가득 꼭": "손으로 밀어 쫄깃한|면발에 바지락 가득 꼭",
		"한 줄\n두\n세 번째 줄":          "한 줄|두|세 번째 줄",
	} {
		sc, v := boxed(text, 760, 600, &length{v: 84})
		l := sc.layout(v, f, &problems{})
		var lines []string
		for _, n := range l.lines {
			lines = append(lines, n.text)
		}
		if got := strings.Join(lines, "|"); got != want {
			t.Errorf("%q is broken as %q, want %q", text, got, want)
		}
	}
}

// TestNoSyllableIsLeftAlone compares with all ways of breaking a text: a line
// of one character is only there when neither the told size nor one up to 15 %
// smaller has a way without.
func TestNoSyllableIsLeftAlone(t *testing.T) {
	t.Parallel()
	f := installed(t)
	face, err := f.nearest(defaultFont, 700).load()
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	alone := 0
	for range 4000 {
		words := make([]string, 2+r.IntN(6))
		for i := range words {
			words[i] = strings.Repeat("가", 1+r.IntN(5))
		}
		text, size := strings.Join(words, " "), float64(60+r.IntN(60))
		sc, v := boxed(text, float64(300+r.IntN(600)), 1500, &length{v: size})
		l := sc.layout(v, f, &problems{})
		if !slices.ContainsFunc(l.lines, func(n line) bool { return n.text == "가" }) {
			continue
		}
		alone++
		for k := 1.0; k >= 0.86; k -= 0.03 {
			if lines := withoutWidow(face, words, v.w/(size*k)); lines != nil {
				t.Fatalf("%q leaves a syllable alone: %+v, but at %.2f of its size %q does not", text, l.lines, k, lines)
			}
		}
	}
	if alone == 0 || alone > 400 {
		t.Errorf("%d of 4000 texts leave a syllable alone", alone)
	}
}

// withoutWidow tries all ways to break words into as few lines as possible,
// and returns one that has no line of one syllable; nil when there is none.
func withoutWidow(f *face, words []string, limit float64) (found []string) {
	fewest := len(words) + 1
	for breaks := range 1 << (len(words) - 1) {
		lines := []string{words[0]}
		for i, w := range words[1:] {
			if breaks>>i&1 == 1 {
				lines = append(lines, w)
			} else {
				lines[len(lines)-1] += " " + w
			}
		}
		if slices.ContainsFunc(lines, func(s string) bool { return f.width(s, 0) > limit }) {
			continue
		}
		good := !slices.Contains(lines, "가")
		switch {
		case len(lines) < fewest:
			fewest, found = len(lines), nil
			fallthrough
		case len(lines) == fewest && found == nil:
			if good {
				found = lines
			}
		}
	}
	return found
}
