package music

import (
	"fmt"
	"strings"
	"testing"

	"castad/shared/studio/lyric/hangul"
)

// The confusion test sings every one of 19 onsets with every one of the seven
// vowels that Seoul distinguishes (ㅔ and ㅐ have merged) and asks the ear which it was.

var (
	judgedOnsets  = []rune("ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ")
	judgedVowels  = []int{hangul.VwA, hangul.VwEO, hangul.VwO, hangul.VwU, hangul.VwEU, hangul.VwI, hangul.VwE}
	judgedLetters = []rune("ㅏㅓㅗㅜㅡㅣㅔ")
)

// condition is how the syllables are sung: nothing in it tells one syllable from another.
type condition struct {
	voice  string
	genre  string
	pitch  float64 // MIDI
	length float64 // seconds of the note
	before rune    // the syllable sung before, 0 for silence
	seed   int64
}

func (c condition) String() string {
	before := "after silence"
	if c.before != 0 {
		before = "after " + string(c.before)
	}
	return fmt.Sprintf("%s %s, note %.0f, %.2f s, %s, seed %d", c.voice, c.genre, c.pitch, c.length, before, c.seed)
}

// singOne sings a syllable under the condition; the beat is at the returned time.
func (c condition) singOne(s hangul.Syllable) (x []float32, beat float64) {
	const lead = .32
	v := newVoicing(c.voice, styles[c.genre].singing, c.seed, 0)
	if b, ok := hangul.Split(c.before); ok {
		v.notes = append(v.notes, vocalNote{start: .1, end: lead, pitch: c.pitch + 2, sounds: koreanSounds(b)})
	}
	v.notes = append(v.notes, vocalNote{start: lead, end: lead + c.length, pitch: c.pitch, sounds: koreanSounds(s), lineEnd: true})
	return v.sing(int((lead + c.length + .15) * Rate)), lead
}

// prints sings all syllables, onset by onset, and hears them; see hear for warp.
func (c condition) prints(warp float64) []*print {
	var out []*print
	for o := range judgedOnsets {
		for _, v := range judgedVowels {
			x, beat := c.singOne(hangul.Syllable{Onset: o, Vowel: v})
			out = append(out, hear(x, beat, hz(c.pitch), warp))
		}
	}
	return out
}

// confusion counts what was sung (rows) against what was heard (columns).
type confusion struct {
	onset    [19][19]int
	vowel    [7][7]int
	right, n int
}

func (m *confusion) judge(t *templates, prints []*print, slack int) {
	for sung, p := range prints {
		heard := t.nearest(p, slack)
		m.onset[sung/7][heard/7]++
		m.vowel[sung%7][heard%7]++
		m.n++
		if heard == sung {
			m.right++
		}
	}
}

func diagonal[R ~[19]int | ~[7]int](row func(int) R, n int) (right int) {
	for i := range n {
		right += row(i)[i]
	}
	return right
}

func (m *confusion) rates() (syllable, onset, vowel float64) {
	o := diagonal(func(i int) [19]int { return m.onset[i] }, 19)
	v := diagonal(func(i int) [7]int { return m.vowel[i] }, 7)
	n := float64(m.n)
	return float64(m.right) / n, float64(o) / n, float64(v) / n
}

func (m *confusion) String() string {
	var b strings.Builder
	table := func(names []rune, at func(i, j int) int) {
		b.WriteString("\n  ")
		for _, r := range names {
			fmt.Fprintf(&b, "%4c", r)
		}
		for i, r := range names {
			fmt.Fprintf(&b, "\n%c ", r)
			for j := range names {
				if v := at(i, j); v > 0 {
					fmt.Fprintf(&b, "%5d", v)
				} else {
					b.WriteString("    ·")
				}
			}
		}
		b.WriteByte('\n')
	}
	table(judgedOnsets, func(i, j int) int { return m.onset[i][j] })
	table(judgedLetters, func(i, j int) int { return m.vowel[i][j] })
	s, o, v := m.rates()
	fmt.Fprintf(&b, "syllable %.1f %%, onset %.1f %%, vowel %.1f %% of %d", 100*s, 100*o, 100*v, m.n)
	return b.String()
}

// taught and judged conditions share no pitch, context, length, genre or seed.
var (
	taught = map[string][]condition{
		"f": {{"f", KPop, 62, .40, '아', 1}, {"f", Ballad, 67, .50, 0, 2}, {"f", Trot, 71, .30, '우', 3}, {"f", KPop, 59, .30, '에', 4}},
		"m": {{"m", KPop, 50, .40, '아', 1}, {"m", Ballad, 55, .50, 0, 2}, {"m", Trot, 60, .30, '우', 3}, {"m", KPop, 47, .30, '에', 4}},
	}
	judged = map[string][]condition{
		"f": {{"f", HipHop, 64, .25, '이', 5}, {"f", Acoustic, 69, .34, '오', 6}},
		"m": {{"m", HipHop, 52, .25, '이', 5}, {"m", Acoustic, 57, .34, '오', 6}},
	}
)

func learnFrom(cs []condition) *templates {
	var rows [][]*print
	for _, c := range cs {
		rows = append(rows, c.prints(1))
	}
	return learn(rows)
}

func TestSyllablesAreToldApart(t *testing.T) {
	t.Parallel()
	all := &confusion{}
	for _, voice := range []string{"f", "m"} {
		known := learnFrom(taught[voice])
		m := &confusion{}
		for _, c := range judged[voice] {
			p := c.prints(1)
			m.judge(known, p, 2)
			all.judge(known, p, 2)
		}
		syllable, onset, vowel := m.rates()
		t.Logf("voice %s: syllable %.1f %%, onset %.1f %%, vowel %.1f %%", voice, 100*syllable, 100*onset, 100*vowel)
		if syllable < .8 || onset < .8 || vowel < .95 {
			t.Errorf("voice %s is told apart in %.1f %% of its syllables, %.1f %% of its onsets, %.1f %% of its vowels; want 80, 80, 95", voice, 100*syllable, 100*onset, 100*vowel)
		}
	}
	t.Log(all)
}
