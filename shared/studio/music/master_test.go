package music

import (
	"fmt"
	"math"
	"testing"
)

// deliverable reports what is wrong with a song as a file: its length to the
// sample and to the video frame, its loudness, its peak.
func deliverable(s *Song, seconds int) error {
	const frame = Rate / 30 // samples of a frame of video
	switch l, p := s.Loudness(), s.TruePeak(); {
	case len(s.PCM) != 2*seconds*Rate || len(s.PCM)/2%frame != 0 || s.Seconds != float64(seconds):
		return fmt.Errorf("%d samples and Seconds %g, want %d and %d", len(s.PCM)/2, s.Seconds, seconds*Rate, seconds)
	case math.Abs(l+14) > 1:
		return fmt.Errorf("loudness %.2f LUFS", l)
	case p > -1:
		return fmt.Errorf("true peak %.2f dBTP", p)
	}
	return nil
}

func TestASongIsDeliverable(t *testing.T) {
	eachGenre(t, func(t *testing.T, _ string, s *Song) {
		if err := deliverable(s, 15); err != nil {
			t.Error(err)
		}
	})
}

func TestBeatsFillTheSongFromItsFirstSample(t *testing.T) {
	eachGenre(t, func(t *testing.T, _ string, s *Song) {
		beats := s.Beats()
		step := 60 / s.Tempo
		for i, b := range beats {
			if math.Abs(b-float64(i)*step) > 1e-9 {
				t.Fatalf("beat %d is at %g s", i, b)
			}
		}
		if end := float64(len(beats)) * step; math.Abs(end-s.Seconds) > 1e-9 {
			t.Errorf("%d beats of %g s end at %g s", len(beats), step, end)
		}
	})
}

// TestTheDrumsMarkTheBeat listens to the low end and the clicks: energy rises on
// the beats, not between them.
func TestTheDrumsMarkTheBeat(t *testing.T) {
	eachGenre(t, func(t *testing.T, _ string, s *Song) {
		l, r := s.channels()
		rise := func(at float64) float64 { // level of 30 ms after a moment against 30 ms before, dB
			i, n := int(at*Rate), Rate*30/1000
			if i < n || i+n > len(l) {
				return 0
			}
			lp := onePole{}
			var before, after float64
			for k := i - 4*n; k < i+n; k++ {
				if k < 0 {
					continue
				}
				v := float64(l[k] + r[k])
				low := lp.low(v, coefficient(150))
				switch {
				case k >= i:
					after += low*low + .1*(v-low)*(v-low)
				case k >= i-n:
					before += low*low + .1*(v-low)*(v-low)
				}
			}
			return 10 * math.Log10((after+1e-6)/(before+1e-6))
		}
		step := 60 / s.Tempo
		var on, off float64
		for _, b := range s.Beats() {
			on += max(0, rise(b))
			off += max(0, rise(b+step*.37)) // between the sixteenths
		}
		if on < 1.5*off {
			t.Errorf("the level rises by %.1f dB on the beats and by %.1f dB between them", on, off)
		}
	})
}

// TestTheHookIsTheLoudestPart compares the band alone in the verse and in the
// hook: what the arrangement adds and the mix lifts must be heard.
func TestTheHookIsTheLoudestPart(t *testing.T) {
	t.Parallel()
	for _, genre := range Genres {
		t.Run(genre, func(t *testing.T) {
			t.Parallel()
			o, lines, err := Order{Lines: ad, Genre: genre, Seconds: 15, Seed: 11}.normal()
			if err != nil {
				t.Fatal(err)
			}
			s, err := compose(o, lines)
			if err != nil {
				t.Fatal(err)
			}
			var from, to [2]int // verse, hook
			for _, b := range s.bars {
				k := map[string]int{"verse": 0, "hook": 1}
				i, ok := k[b.section]
				switch {
				case !ok:
					continue
				case b.first:
					from[i] = s.sample(b.start)
				}
				if to[i] = s.sample(b.end()); b.leads {
					to[i] = s.sample(b.start) // the fill is louder on purpose
				}
			}
			s.vocals = nil
			l, r := s.perform(o, nil).channels()
			verse, hook := loudness(l[from[0]:to[0]], r[from[0]:to[0]]), loudness(l[from[1]:to[1]], r[from[1]:to[1]])
			if hook < verse+.5*s.style.lift {
				t.Errorf("the band has %.1f LUFS in the verse and %.1f in the hook, want at least %.1f more", verse, hook, .5*s.style.lift)
			}
		})
	}
}
