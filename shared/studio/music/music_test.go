package music

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"

	"castad/shared/fault"
)

var ad = []Line{
	{"verse", "전주 한옥마을 걷다 보면"}, {"verse", "바지락칼국수는 구천 원"},
	{"hook", "오 오 한빛칼국수 우리의 노래"}, {"call", "오늘 한빛칼국수에서 만나요"},
}

var voices = map[string]string{KPop: "f", Ballad: "f", Trot: "m", HipHop: "m", Acoustic: "f"}

// songs makes one song of each genre, once for all tests.
var songs = sync.OnceValues(func() (map[string]*Song, error) {
	out := map[string]*Song{}
	for _, g := range Genres {
		s, err := Compose(Order{Title: "한빛", Lines: ad, Genre: g, Mood: "bright", Voice: voices[g], Seconds: 15, Seed: 11})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", g, err)
		}
		out[g] = s
	}
	return out, nil
})

func eachGenre(t *testing.T, check func(t *testing.T, genre string, s *Song)) {
	t.Parallel()
	all, err := songs()
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range Genres {
		t.Run(g, func(t *testing.T) {
			t.Parallel()
			check(t, g, all[g])
		})
	}
}

func TestNothingIsSilentBeforeTheFadeAndAllAtItsEnd(t *testing.T) {
	eachGenre(t, func(t *testing.T, _ string, s *Song) {
		l, _ := s.channels()
		for from := 0; from+Rate <= len(l)-2*Rate; from += Rate / 2 {
			if db := level(l[from : from+Rate]); db < -40 {
				t.Errorf("the second at %.1f s is at %.1f dB", float64(from)/Rate, db)
			}
		}
		if db := level(l[len(l)-Rate/50:]); db > -50 {
			t.Errorf("the last 20 ms are at %.1f dB", db)
		}
		var mean float64
		for _, v := range l {
			mean += float64(v) / float64(len(l))
		}
		if math.Abs(mean) > 1e-3 {
			t.Errorf("the mean is %.5f", mean)
		}
	})
}

func level(x []float32) float64 {
	sum := 0.0
	for _, v := range x {
		sum += float64(v) * float64(v)
	}
	return 10 * math.Log10(sum/float64(len(x))+1e-12)
}

func TestTheSingerIsInTune(t *testing.T) {
	eachGenre(t, func(t *testing.T, _ string, s *Song) {
		off := 0
		for _, n := range s.Notes {
			if c := cents(s.vocal, n); !(math.Abs(c) <= 50) {
				off++
				t.Logf("%.2f–%.2f s, %.0f Hz: %.0f cents", n.Start, n.End, n.Hz, c)
			}
		}
		if off*20 > len(s.Notes) {
			t.Errorf("%d of %d syllables are more than 50 cents off", off, len(s.Notes))
		}
	})
}

func TestEveryWordIsSungInOrder(t *testing.T) {
	eachGenre(t, func(t *testing.T, _ string, s *Song) {
		var want []string
		for _, l := range ad {
			want = append(want, strings.Fields(l.Text)...)
		}
		if len(s.Words) != len(want) || len(s.Lines) != len(ad) {
			t.Fatalf("%d words and %d lines, want %d and %d", len(s.Words), len(s.Lines), len(want), len(ad))
		}
		before := 0.0
		for i, w := range s.Words {
			if w.Text != want[i] || w.Start < before-1e-9 || w.End <= w.Start || w.End > s.Seconds {
				t.Errorf("word %d is %+v after %.3f", i, w, before)
			}
			before = w.End
		}
		gap := s.Lines[1].Start - s.Lines[0].Start
		for i, l := range s.Lines {
			if l.Text != ad[i].Text {
				t.Errorf("line %d is %q", i, l.Text)
			}
			if i > 0 && math.Abs(l.Start-s.Lines[i-1].Start-gap) > .8*gap {
				t.Errorf("line %d starts %.2f s after the one before, the others %.2f s", i, l.Start-s.Lines[i-1].Start, gap)
			}
			// The line can be heard: the singer sounds while it lasts.
			if db := level(s.vocal[int(l.Start*Rate):int(l.End*Rate)]); db < -20 {
				t.Errorf("line %d is at %.1f dB in the vocal", i, db)
			}
		}
	})
}

func TestTheSingerStaysInRange(t *testing.T) {
	eachGenre(t, func(t *testing.T, genre string, s *Song) {
		low, high := rangeOf(voices[genre])
		for i, n := range s.Notes {
			if n.Hz < hz(float64(low))-.1 || n.Hz > hz(float64(high))+.1 {
				t.Errorf("note %d is %.1f Hz", i, n.Hz)
			}
			if i > 0 && s.Notes[i-1].Line == n.Line {
				if leap := math.Abs(12 * math.Log2(n.Hz/s.Notes[i-1].Hz)); leap > 9.5 {
					t.Errorf("note %d leaps %.0f semitones", i, leap)
				}
			}
		}
	})
}

func TestAnOrderDecidesItsBytes(t *testing.T) {
	t.Parallel()
	all, err := songs()
	if err != nil {
		t.Fatal(err)
	}
	again, err := Compose(Order{Title: "한빛", Lines: ad, Genre: Trot, Mood: "bright", Voice: "m", Seconds: 15, Seed: 11})
	if err != nil {
		t.Fatal(err)
	}
	if sum(again) != sum(all[Trot]) {
		t.Error("the same order gave other bytes")
	}
	other, err := Compose(Order{Title: "한빛", Lines: ad, Genre: Trot, Mood: "bright", Voice: "m", Seconds: 15, Seed: 12})
	if err != nil {
		t.Fatal(err)
	}
	if sum(other) == sum(all[Trot]) {
		t.Error("another seed gave the same bytes")
	}
	same := 0
	for i := range other.Notes {
		if other.Notes[i].Hz == again.Notes[i].Hz {
			same++
		}
	}
	if same == len(other.Notes) {
		t.Error("two seeds sing the same tune")
	}
}

func sum(s *Song) [32]byte {
	var b bytes.Buffer
	_ = s.WriteWAV(&b) // a Buffer takes everything
	return sha256.Sum256(b.Bytes())
}

func TestAHookKeepsItsTune(t *testing.T) {
	t.Parallel()
	lines := []Line{{"verse", "걷다 보면 들려오는"}, {"hook", "오 오 한빛칼국수 라라라"}, {"verse", "노래하는 우리의 하루"}, {"hook", "오 오 한빛칼국수 라라라"}}
	for _, g := range Genres {
		o, texts, err := Order{Lines: lines, Genre: g, Seconds: 20, Seed: 3}.normal()
		if err != nil {
			t.Fatal(err)
		}
		s, err := compose(o, texts)
		if err != nil {
			t.Fatal(err)
		}
		var tunes [4][]sung
		for _, n := range s.vocals {
			tunes[n.line] = append(tunes[n.line], n)
		}
		for i := range tunes[1] {
			a, b := tunes[1][i], tunes[3][i]
			if a.pitch != b.pitch || a.beats != b.beats || math.Abs((a.start-tunes[1][0].start)-(b.start-tunes[3][0].start)) > 1e-9 {
				t.Errorf("%s: syllable %d of the hook is %+v, then %+v", g, i, a.tone, b.tone)
			}
		}
	}
}

func TestComposeRefusesWhatCannotBeSung(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		order Order
		field string
	}{
		"an unknown genre":         {Order{Genre: "jazz"}, "genre"},
		"too short":                {Order{Seconds: 10}, "seconds"},
		"too long":                 {Order{Seconds: 61}, "seconds"},
		"an unknown voice":         {Order{Voice: "x"}, "voice"},
		"a line without syllables": {Order{Lines: []Line{{"verse", "♪ ♪"}}}, "lines[0]"},
		"more than can be sung":    {Order{Seconds: 15, Lines: []Line{{"verse", strings.Repeat("가나다라", 60)}}}, "lines"},
		"too many lines":           {Order{Lines: make([]Line, MaxLines+1)}, "lines"},
	} {
		_, err := Compose(row.order)
		if fault.KindOf(err) != fault.Invalid || fault.FieldOf(err) != row.field {
			t.Errorf("%s: got %v, want a fault in %q", name, err, row.field)
		}
		if check := Check(row.order); check == nil || check.Error() != err.Error() {
			t.Errorf("%s: Check says %v", name, check)
		}
	}
}

func TestAnInstrumentalPlaysWithoutASinger(t *testing.T) {
	t.Parallel()
	s, err := Compose(Order{Genre: Acoustic, Seconds: 15, Seed: 2})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Words) > 0 || len(s.Notes) > 0 || math.Abs(s.Loudness()-targetLUFS) > 1.5 {
		t.Errorf("%d words, %d notes, %.1f LUFS", len(s.Words), len(s.Notes), s.Loudness())
	}
}

func TestEveryProgressionCanBeRead(t *testing.T) {
	t.Parallel()
	for g, st := range styles {
		for _, minor := range []bool{false, true} {
			h := st.major
			if minor {
				h = st.minor
			}
			for _, p := range append(append([]string{}, h.verse...), h.hook...) {
				if got := (key{minor: minor}).progression(p); len(got) == 0 {
					t.Errorf("%s: %q is empty", g, p)
				}
			}
			for _, numeral := range []string{h.asks, h.answers} {
				if got := (key{minor: minor}).progression(numeral); len(got) != 1 {
					t.Errorf("%s: %q is no chord", g, numeral)
				}
			}
		}
		for _, gr := range append(append([]groove{st.intro, st.fill}, st.verse...), st.hook...) {
			for _, row := range []string{gr.kick, gr.snare, gr.clap, gr.hat, gr.open, gr.shaker, gr.rim, gr.tom, gr.bass, gr.chords, gr.colour} {
				if row != "" && len(row) != 16 {
					t.Errorf("%s: %q has %d steps", g, row, len(row))
				}
			}
		}
	}
}

func TestEnglishIsSung(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]int{"noodle": 2, "walking": 2, "love": 1, "tonight": 2, "restaurant": 3, "table": 2, "street": 1, "coffee": 2, "hello": 2, "beautiful": 3, "hmm": 1, "smile": 1, "station": 2} {
		if got := len(englishSounds(word)); got != want {
			t.Errorf("%q has %d syllables (%s), want %d", word, got, spellOut(word), want)
		}
	}
	for in, want := range map[string]int{"Cafe한빛": 4, "9,000원": 3, "café": 2, "★": 0, "24시": 4} {
		n := readLine(Line{"verse", in})
		if len(n.syllables) != want {
			t.Errorf("%q has %d syllables, want %d", in, len(n.syllables), want)
		}
	}
}

func TestLoudnessOfAKnownTone(t *testing.T) {
	t.Parallel()
	// BS.1770: a 997 Hz sine at 0 dBFS in one channel reads −3.01 LUFS.
	l, r := make([]float32, 5*Rate), make([]float32, 5*Rate)
	for i := range l {
		l[i] = float32(math.Sin(2 * math.Pi * 997 * float64(i) / Rate))
	}
	if got := loudness(l, r); math.Abs(got+3.01) > .1 {
		t.Errorf("%.2f LUFS, want -3.01", got)
	}
	if got := loudness(r, r); !math.IsInf(got, -1) {
		t.Errorf("silence is %.2f LUFS", got)
	}
	// A sine at a quarter of the rate, sampled beside its peaks, has a true peak 3 dB above its samples.
	for i := range l {
		l[i] = float32(.5 * math.Sin(math.Pi/2*float64(i)+math.Pi/4))
	}
	if got := 20 * math.Log10(truePeak(l, r)); math.Abs(got-20*math.Log10(.5)) > .3 {
		t.Errorf("true peak %.2f dBTP, want %.2f", got, 20*math.Log10(.5))
	}
}

func TestWriteWAVIsReadable(t *testing.T) {
	t.Parallel()
	s := &Song{Rate: Rate, PCM: []int16{1, -1, 32767, -32768}}
	var b bytes.Buffer
	if err := s.WriteWAV(&b); err != nil {
		t.Fatal(err)
	}
	w := b.Bytes()
	if len(w) != 44+8 || string(w[:4]) != "RIFF" || string(w[8:16]) != "WAVEfmt " || string(w[36:40]) != "data" {
		t.Fatalf("% x", w)
	}
	if size := binary.LittleEndian.Uint32(w[4:]); int(size) != len(w)-8 {
		t.Errorf("RIFF size %d of %d bytes", size, len(w))
	}
	if v := int16(binary.LittleEndian.Uint16(w[50:])); v != -32768 {
		t.Errorf("the last sample is %d", v)
	}
}
