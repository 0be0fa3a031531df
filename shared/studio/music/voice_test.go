package music

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"testing"

	"castad/shared/studio/lyric/hangul"
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

// TestEverySyllableCanBeSung sings all 11,172 of them, 28 in a breath.
func TestEverySyllableCanBeSung(t *testing.T) {
	t.Parallel()
	const length = .12
	worst := 0.0
	for first := 0; first < 19*21; first++ {
		var line []sounds
		for coda := range 28 {
			s := hangul.Syllable{Onset: first / 21, Vowel: first % 21, Coda: coda}
			line = append(line, pronounce(string(s.Rune()))...)
		}
		voice, pitch := "m", 48.0
		if first%2 == 1 {
			voice, pitch = "f", 62
		}
		v := oneLine(voice, line, length, pitch, int64(first))
		x := v.sing(int(v.seconds() * Rate))
		peak, click := roughest(x)
		if math.IsNaN(peak) || peak == 0 {
			t.Fatalf("row %d peaks at %v", first, peak)
		}
		worst = max(worst, click)
		if click > 30 {
			t.Errorf("row %d has a sample %.0f times as abrupt as those round it: a click", first, click)
		}
		for i, n := range v.notes {
			if db := level(x[int(n.start*Rate):int(n.end*Rate)]) - 20*math.Log10(peak); db < -26 {
				t.Errorf("%c is sung at %.0f dB of its line's peak", hangul.Syllable{Onset: first / 21, Vowel: first % 21, Coda: i}.Rune(), db)
			}
		}
	}
	t.Logf("the most abrupt sample is %.0f times as abrupt as those round it", worst)
}

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

// TestTheSingerKeepsThePitch measures every syllable of songs in all genres, with both voices.
func TestTheSingerKeepsThePitch(t *testing.T) {
	t.Parallel()
	for _, genre := range Genres {
		for _, voice := range []string{"f", "m"} {
			t.Run(genre+" "+voice, func(t *testing.T) {
				t.Parallel()
				off, n := 0, 0
				for seed := range int64(3) {
					vocal, song := singAd(t, genre, voice, seed)
					for _, note := range song.Notes {
						n++
						if c := cents(vocal, note); !(math.Abs(c) <= 50) {
							off++
							t.Logf("seed %d, %.2f–%.2f s, %.0f Hz: %.0f cents", seed, note.Start, note.End, note.Hz, c)
						}
					}
				}
				if off*20 > n {
					t.Errorf("%d of %d syllables are more than 50 cents off", off, n)
				}
			})
		}
	}
}

// singAd sings the sample lines without a band.
func singAd(t *testing.T, genre, voice string, seed int64) ([]float32, *Song) {
	t.Helper()
	o, lines, err := Order{Lines: ad, Genre: genre, Voice: voice, Seconds: 15, Seed: seed}.normal()
	if err != nil {
		t.Fatal(err)
	}
	s, err := compose(o, lines)
	if err != nil {
		t.Fatal(err)
	}
	song := &Song{}
	s.timings(song, lines)
	return s.voicing(voice, 0, func(sung) bool { return true }, func(sung) float64 { return 0 }).sing(o.Seconds * Rate), song
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

// people are the first two formants of Korean men and women (Yang 1996), in the order of judgedVowels.
var people = map[string][7][2]float64{
	"m": {{738, 1372}, {608, 1121}, {453, 945}, {369, 981}, {405, 1488}, {341, 2219}, {490, 1968}},
	"f": {{986, 1794}, {765, 1371}, {499, 1029}, {422, 1021}, {447, 1703}, {344, 2814}, {650, 2377}},
}

// TestVowelsHaveTheirFormants finds the formants of held vowels where people have theirs.
func TestVowelsHaveTheirFormants(t *testing.T) {
	t.Parallel()
	for _, voice := range []string{"f", "m"} {
		pitch := map[string]float64{"m": 45, "f": 55}[voice]
		for row, vw := range judgedVowels {
			s := koreanSounds(hangul.Syllable{Onset: hangul.OnNone, Vowel: vw})
			v := oneLine(voice, []sounds{s}, .6, pitch, 1)
			x := v.sing(int(v.seconds() * Rate))
			got := formantsOf(x[int(.25*Rate):int(.55*Rate)], map[string]float64{"m": 5000, "f": 5600}[voice])
			for k, f := range people[voice][row] {
				nearest := math.Inf(1)
				for _, g := range got {
					nearest = min(nearest, math.Abs(g-f))
				}
				if nearest > max(105, .1*f) {
					t.Errorf("%s %s: F%d should be %.0f Hz, found %.0f", voice, s.vowel[0], k+1, f, got)
				}
			}
		}
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
