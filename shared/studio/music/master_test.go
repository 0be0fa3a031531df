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

// TestTheDrumsMarkTheBeat listens to the drums alone: they strike on the beats
// and not between the sixteenths.
func TestTheDrumsMarkTheBeat(t *testing.T) {
	t.Parallel()
	for _, genre := range Genres {
		o, lines, err := Order{Lines: ad, Genre: genre, Seconds: 15, Seed: 11}.normal()
		if err != nil {
			t.Fatal(err)
		}
		s, err := compose(o, lines)
		if err != nil {
			t.Fatal(err)
		}
		out := newStereo(15 * Rate)
		s.drumming(s.drums(), out)
		rise := func(beat float64) float64 { // level of 20 ms after a moment against 20 ms before, dB
			const n = Rate / 50
			at := s.sample(beat)
			if at < n {
				return 0
			}
			return max(0, level(out.l[at:at+n])-max(-60, level(out.l[at-n:at])))
		}
		var on, off float64
		for beat := 1.0; beat < float64(s.plan.beats-s.plan.outro); beat++ {
			on += rise(beat)
			off += rise(beat + .37)
		}
		if on < 4*off || on/float64(s.plan.beats) < 6 {
			t.Errorf("%s: the drums rise by %.0f dB on the beats and by %.0f dB between them", genre, on, off)
		}
	}
}

func TestTheMasterHoldsThePeaksOfWhatIsTooLively(t *testing.T) {
	t.Parallel()
	// A quiet tone with a stroke far above it each half second.
	s := newStereo(8 * Rate)
	for i := range s.l {
		t := float64(i) / Rate
		v := .05*math.Sin(2*math.Pi*220*t) + .9*math.Exp(-60*math.Mod(t, .5))*math.Sin(2*math.Pi*90*t)
		s.l[i], s.r[i] = float32(v), float32(.8*v)
	}
	song := &Song{Rate: Rate, PCM: master(s, 1, Rate)}
	if l, p := song.Loudness(), song.TruePeak(); math.Abs(l+14) > 1 || p > -1 || p < -2 {
		t.Errorf("%.2f LUFS, true peak %.2f dBTP: want -14 and just below -1", l, p)
	}
}
