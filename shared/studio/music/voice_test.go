package music

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"testing"
)

// oneLine writes syllables as one sung line, a note each.
func oneLine(voice string, syllables []sounds, length, pitch float64, seed int64) voicing {
	v := newVoicing(voice, styles[KPop].singing, seed, 0)
	for i, s := range syllables {
		v.notes = append(v.notes, vocalNote{start: .1 + float64(i)*length, end: .1 + float64(i+1)*length, pitch: pitch + float64(i*5%7), sounds: s, lineEnd: i == len(syllables)-1})
	}
	return v
}

// seconds is how long the part lasts, with its release.
func (v voicing) seconds() float64 { return v.notes[len(v.notes)-1].end + .2 }

// roughest returns the largest sample and how far the most abrupt sample stands
// out among those within 3 ms: a consonant's noise does not, a click does. Both
// are NaN if a sample is.
func roughest(x []float32) (peak, click float64) {
	const reach = Rate * 3 / 1000
	bend := make([]float64, len(x)) // how far a sample is from the line between its neighbours, summed up
	for i := 1; i+1 < len(x); i++ {
		f := float64(x[i])
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return math.NaN(), math.NaN()
		}
		peak = max(peak, math.Abs(f))
		bend[i] = bend[i-1] + math.Abs(float64(x[i-1])-2*f+float64(x[i+1]))
	}
	for i := reach + 1; i+reach+1 < len(x); i++ {
		around := (bend[i+reach] - bend[i-reach-1]) / (2*reach + 1)
		click = max(click, (bend[i]-bend[i-1])/(around+.005*peak))
	}
	return peak, click
}

func TestASeedDecidesTheVoice(t *testing.T) {
	t.Parallel()
	sing := func(seed int64) []byte {
		v := oneLine("f", pronounce("한빛칼국수"), .25, 62, seed)
		var b bytes.Buffer
		if err := binary.Write(&b, binary.LittleEndian, v.sing(int(v.seconds()*Rate))); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	if !bytes.Equal(sing(1), sing(1)) {
		t.Error("one seed gave two voices")
	}
	if bytes.Equal(sing(1), sing(2)) {
		t.Error("two seeds gave one voice")
	}
}

func TestEnglishLinesReadTheirFigures(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"$4.50": "four dollars fifty", "$1": "one dollar", "9,000": "nine thousand", "7:30pm": "seven thirty pee em", "10:00": "ten", "24/7": "twenty four seven", "10%": "ten percent",
		"1st": "first", "22nd": "twenty second", "20th": "twentieth", "#1": "number one", "007": "zero zero seven", "3.5": "three point five", "BBQ!": "bee bee cue", "OPEN": "OPEN",
		"salt&pepper": "salt and pepper", "₩12,500": "twelve thousand five hundred won", "99999999999": "nine nine nine nine nine nine nine nine nine nine nine", "5k": "five thousand",
	} {
		if got := readEnglish(in); got != want {
			t.Errorf("%q is read %q, want %q", in, got, want)
		}
	}
	if n := len(readLine(Line{"verse", "Only 9 dollars at 7"}).syllables); n != 8 {
		t.Errorf("an English line with figures has %d syllables, want 8", n)
	}
	if n := len(readLine(Line{"verse", "커피 2,500원"}).syllables); n != 7 {
		t.Errorf("a Korean line with a price has %d syllables, want 7", n)
	}
}

// FuzzAnyTextIsSungOrRefused sings whatever a line may hold.
func FuzzAnyTextIsSungOrRefused(f *testing.F) {
	for _, s := range []string{"한빛칼국수", "Café 24시, BBQ 10% & more!", "ㅋㅋㅋ ㅠㅠ", "뷁쀍꿻쒧", "\xff\xfe", "'", "s", "ng", "1,000,000,000,000원", "a.b@c.d", "𝄞♪", "i̇ß", "strengths twelfths", "한a글b", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		line := readLine(Line{"verse", text})
		var syllables []sounds
		for _, s := range line.syllables[:min(len(line.syllables), 24)] {
			if len(s.sounds.vowel) <= s.sounds.glide {
				t.Fatalf("%q has a syllable without a vowel: %+v", text, s.sounds)
			}
			syllables = append(syllables, s.sounds)
		}
		if len(syllables) == 0 {
			return
		}
		v := oneLine("f", syllables, .12, 62, 1)
		if peak, _ := roughest(v.sing(int(v.seconds() * Rate))); math.IsNaN(peak) || peak == 0 {
			t.Errorf("%q is sung with the peak %v", text, peak)
		}
	})
}

// Example_pronunciation shows what the singer makes of a line.
func Example_pronunciation() {
	for _, word := range []string{"같이", "씨", "왜", "strings", "menu"} {
		fmt.Printf("%s:", word)
		for _, s := range pronounce(word) {
			fmt.Printf(" %s%s%s", s.onset, s.vowel, s.coda)
		}
		fmt.Println()
	}
	// Output:
	// 같이: [g][a][] [ch][i][]
	// 씨: [ssh][i][]
	// 왜: [][w e][]
	// strings: [S dd R][IH][ng Z]
	// menu: [m][EH][] [n][y UW][]
}
