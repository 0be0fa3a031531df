package music

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"
)

// phrases are lines of an ad's length and kind, to draw songs from.
var phrases = []string{
	"전주 한옥마을 걷다 보면", "바지락칼국수는 구천 원", "오 오 한빛칼국수 우리의 노래", "오늘 한빛칼국수에서 만나요",
	"골목 끝 작은 가게", "아침부터 끓인 육수 한 그릇", "라라라 봄날의 향기", "언제나 그 자리에 있어요",
	"come and sit with me tonight", "노을 지는 바닷가 옆", "행복해", "따뜻한 커피 한 잔 어때요",
}

// anyScore draws an order as the studio gets them and its score.
func anyScore(t *rapid.T) (Order, []lineText, *score) {
	o := Order{
		Genre: rapid.SampledFrom(Genres).Draw(t, "genre"), Mood: rapid.SampledFrom([]string{"bright", "warm", "trendy", "trot"}).Draw(t, "mood"),
		Voice: rapid.SampledFrom([]string{"f", "m"}).Draw(t, "voice"), Seconds: rapid.SampledFrom([]int{15, 20, 30, 45, 60}).Draw(t, "seconds"), Seed: rapid.Int64Min(0).Draw(t, "seed"),
	}
	most := map[int]int{15: 4, 20: 5, 30: 8, 45: 12, 60: 16}[o.Seconds]
	n := rapid.IntRange(3, most).Draw(t, "lines")
	for i := range n {
		section := "verse"
		switch {
		case i == n-1:
			section = "call"
		case i%4 >= 2, i == n-2:
			section = "hook"
		}
		o.Lines = append(o.Lines, Line{section, rapid.SampledFrom(phrases).Draw(t, "line")})
	}
	o, lines, err := o.normal()
	if err != nil {
		t.Fatal(err)
	}
	s, err := compose(o, lines)
	if err != nil {
		t.Fatal(err)
	}
	return o, lines, s
}

// tunes groups the sung notes by line.
func tunes(s *score, lines int) [][]sung {
	out := make([][]sung, lines)
	for _, v := range s.vocals {
		out[v.line] = append(out[v.line], v)
	}
	return out
}

func TestAMelodyFollowsTheRulesOfItsTrade(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		o, lines, s := anyScore(t)
		low, high := rangeOf(o.Voice)
		placed := s.place(lines)
		top := map[string]int{}
		for i, tune := range tunes(s, len(lines)) {
			if len(tune) != len(lines[i].syllables) {
				t.Fatalf("line %d has %d notes for %d syllables", i, len(tune), len(lines[i].syllables))
			}
			for k, n := range tune {
				top[lines[i].section] = max(top[lines[i].section], n.pitch)
				degree := mod12(n.pitch - s.key.tonic)
				switch {
				case n.pitch < low || n.pitch > high:
					t.Errorf("line %d note %d: %d is out of %d–%d", i, k, n.pitch, low, high)
				case !s.inScale(n.pitch):
					t.Errorf("line %d note %d: degree %d is not in the scale %v", i, k, degree, s.scale)
				case math.Mod(n.start-placed[i].start, 2) == 0 && !s.chordAt(n.start).has(s.key, n.pitch) && !lonelyClimax(s, n, high, len(tune)):
					t.Errorf("line %d (%s) note %d of %d: degree %d on a strong beat is not in the chord %+v", i, lines[i].section, k, len(tune), degree, s.chordAt(n.start))
				}
				if k > 0 {
					if leap := max(n.pitch-tune[k-1].pitch, tune[k-1].pitch-n.pitch); leap > 9 {
						t.Errorf("line %d note %d leaps %d semitones", i, k, leap)
					}
				}
			}
			last := tune[len(tune)-1]
			home := mod12(last.pitch-s.key.tonic) == 0
			switch {
			case !s.chordAt(last.start).has(s.key, last.pitch) && !lonelyClimax(s, last, high, len(tune)):
				t.Errorf("line %d ends beside its chord", i)
			case placed[i].role == ends && !home:
				t.Errorf("line %d ends a hook or the song on degree %d", i, mod12(last.pitch-s.key.tonic))
			case placed[i].role == asks && home:
				t.Errorf("line %d asks, and ends at home", i)
			case placed[i].role == answers && !s.key.tonicChord().has(s.key, last.pitch) && !lonelyClimax(s, last, high, len(tune)):
				t.Errorf("line %d answers on degree %d", i, mod12(last.pitch-s.key.tonic))
			}
		}
		if top["hook"] <= max(top["verse"], top["call"]) {
			t.Errorf("the hook's highest note is %d, the verse's %d, the call's %d", top["hook"], top["verse"], top["call"])
		}
	})
}

// lonelyClimax excuses the hook's highest note where the chord has none up there,
// or none from which so few syllables come home without a leap.
func lonelyClimax(s *score, n sung, high, syllables int) bool {
	if n.pitch <= high-hookHeadroom {
		return false
	}
	for p := high - hookHeadroom + 1; p <= high && syllables > 3; p++ {
		if s.inScale(p) && s.chordAt(n.start).has(s.key, p) {
			return false
		}
	}
	return true
}

func TestTheFormFillsTheSongWithoutGapOrOverlap(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		o, _, s := anyScore(t)
		at := 0.0
		for i, b := range s.bars {
			if b.start != at || b.beats <= 0 || b.beats > 5 {
				t.Fatalf("bar %d is %+v at beat %g", i, b, at)
			}
			at = b.end()
		}
		if at != float64(s.plan.beats) || math.Abs(s.plan.seconds(at)-float64(o.Seconds)) > 1e-9 {
			t.Errorf("the bars end at beat %g of %d, second %.6f of %d", at, s.plan.beats, s.plan.seconds(at), o.Seconds)
		}
		end := 0.0
		for i, n := range s.vocals {
			if n.start < end-1e-9 || n.beats <= 0 {
				t.Errorf("note %d starts at %g, the one before ends at %g", i, n.start, end)
			}
			if slot := float64(s.plan.start(n.line)); n.start < slot || n.start+n.beats > slot+float64(s.plan.slot)-s.plan.rest()+1e-9 {
				t.Errorf("note %d (%g+%g) leaves the slot of line %d", i, n.start, n.beats, n.line)
			}
			if shortest := s.plan.seconds(n.beats); shortest < .9/MaxSyllableRate {
				t.Errorf("note %d lasts %.3f s", i, shortest)
			}
			end = n.start + n.beats
		}
		if fade := float64(o.Seconds) - s.fade(); s.plan.seconds(end) > fade {
			t.Errorf("the last line ends at %.2f s, the fade begins at %.2f s", s.plan.seconds(end), fade)
		}
		last := s.bars[len(s.bars)-1]
		if got, home := s.chordAt(last.start), s.key.tonicChord(); fmt.Sprint(got) != fmt.Sprint(home) {
			t.Errorf("the last chord is %+v, not the tonic's", got)
		}
	})
}

func TestTheBandKeepsToTheScore(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		_, _, s := anyScore(t)
		band := s.arrange()
		marked := map[float64]bool{}
		for _, b := range band.drums {
			marked[b.at] = true
			if b.velocity <= 0 || b.velocity > 1.1 || b.at < 0 || b.at >= float64(s.plan.beats) {
				t.Errorf("the stroke %+v", b)
			}
		}
		for _, b := range s.bars[:len(s.bars)-1] {
			for at := b.start; at < b.end(); at++ {
				if !marked[at] && !b.leads {
					t.Errorf("no drum marks beat %g (%s)", at, b.section)
				}
			}
		}
		ranges := map[string][2]int{"bass": {28, 60}, "chords": {38, 88}, "pad": {46, 72}, "lead": {60, 90}, "colour": {60, 100}}
		for _, p := range band.parts {
			for _, n := range p.notes {
				if r := ranges[p.name]; n.pitch < r[0] || n.pitch > r[1] || n.velocity <= 0 || n.velocity > 1.1 || n.beats <= 0 || n.start < 0 || n.start+n.beats > float64(s.plan.beats)+4.1*4 {
					t.Errorf("%s plays %+v", p.name, n)
				}
				if p.name == "chords" || p.name == "pad" {
					if !s.chordAt(n.start).has(s.key, n.pitch) {
						t.Errorf("%s plays %d beside the chord %+v at beat %g", p.name, n.pitch, s.chordAt(n.start), n.start)
					}
				}
			}
		}
	})
}

func TestTwoTakesOfAnOrderDiffer(t *testing.T) {
	t.Parallel()
	for _, g := range Genres {
		for seed := int64(0); seed < 40; seed += 2 {
			var s [2]*score
			for i := range s {
				o, lines, err := Order{Lines: ad, Genre: g, Seconds: 15, Seed: seed + int64(i)}.normal()
				if err != nil {
					t.Fatal(err)
				}
				if s[i], err = compose(o, lines); err != nil {
					t.Fatal(err)
				}
			}
			same := 0
			for i := range s[0].vocals {
				if s[0].vocals[i].pitch == s[1].vocals[i].pitch {
					same++
				}
			}
			if s[0].key.tonic == s[1].key.tonic || s[0].verse == s[1].verse || s[0].hook == s[1].hook {
				t.Errorf("%s, seeds %d and %d share the key %s or a groove", g, seed, seed+1, s[0].key)
			}
			if same*2 > len(s[0].vocals) {
				t.Errorf("%s, seeds %d and %d: %d of %d notes are the same", g, seed, seed+1, same, len(s[0].vocals))
			}
		}
	}
}

func TestAFillLeadsIntoTheHookAndACrashOpensIt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		_, _, s := anyScore(t)
		at := map[float64][]beat{}
		for _, b := range s.drums() {
			at[b.at] = append(at[b.at], b)
		}
		for i, b := range s.bars[1:] {
			before := s.bars[i]
			if b.section != "hook" || !b.first || before.section == "intro" {
				continue
			}
			if !before.leads {
				t.Errorf("the bar at beat %g does not lead to the hook", before.start)
			}
			// The fill grows: its last strokes are louder than the first of its half bar.
			loudest := func(from, to float64) (top float64) {
				for x, strokes := range at {
					for _, k := range strokes {
						if x >= from && x < to && (k.drum == "snare" || k.drum == "tom" || k.drum == "rim") {
							top = max(top, k.velocity)
						}
					}
				}
				return top
			}
			if s.style.bass != "808" && loudest(b.start-.5, b.start) <= loudest(b.start-2, b.start-1.5) {
				t.Errorf("the fill before beat %g does not grow", b.start)
			}
			crash := false
			for _, k := range at[b.start] {
				crash = crash || k.drum == "crash"
			}
			if !crash {
				t.Errorf("no crash opens the hook at beat %g", b.start)
			}
		}
	})
}

func TestTheTempoIsTheGenres(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		o, _, s := anyScore(t)
		if 9*len(o.Lines) < o.Seconds {
			return // so few lines stretch over the time as they can
		}
		if tempo := s.plan.tempo; tempo < .97*s.style.slowest || tempo > 1.03*s.style.fastest {
			t.Errorf("%s of %d s with %d lines at %.1f beats a minute, want %.0f–%.0f", o.Genre, o.Seconds, len(o.Lines), tempo, s.style.slowest, s.style.fastest)
		}
	})
}
