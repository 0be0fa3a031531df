package music

import (
	"math"
	"slices"
	"testing"
)

// TestVowelsStartOnTheirNotes measures when the vowel of each sung syllable of
// real songs is heard to start: the steepest rise of what sounds between 350 and
// 2,000 Hz, where vowels are loud and the noises of consonants are not.
func TestVowelsStartOnTheirNotes(t *testing.T) {
	t.Parallel()
	for _, voice := range []string{"f", "m"} {
		t.Run(voice, func(t *testing.T) {
			t.Parallel()
			var all []float64
			for _, genre := range Genres {
				for seed := range int64(2) {
					vocal, song := singAd(t, genre, voice, seed)
					all = append(all, lateness(vocal, song.Notes)...)
				}
			}
			late := 0
			for _, l := range all {
				if !(math.Abs(l) <= .030) {
					late++
				}
			}
			slices.Sort(all)
			t.Logf("%d of %d more than 30 ms off; quartiles %.0f, %.0f, %.0f ms", late, len(all), 1000*all[len(all)/4], 1000*all[len(all)/2], 1000*all[3*len(all)/4])
			if late*20 > len(all) {
				t.Errorf("%d of %d vowels start more than 30 ms beside their notes", late, len(all))
			}
		})
	}
}

// lateness returns for every note how many seconds after it its vowel starts.
func lateness(vocal []float32, notes []Note) []float64 {
	r := newRises(vocal)
	var out []float64
	for k, n := range notes {
		before, after := .09, .09
		if k > 0 {
			before = min(before, (n.Start-notes[k-1].Start)*.45)
		}
		after = min(after, (n.End-n.Start)*.45)
		out = append(out, r.steepest(n.Start-before, n.Start+after)-n.Start)
	}
	return out
}

// rises is the energy of a vocal between 350 and 2,000 Hz, every 2 ms.
type rises struct {
	energy  []float64
	loudest float64
}

const (
	riseHop  = .002
	riseHalf = 6 // one period of the lowest voice, so that the pulses of the glottis are no onsets
)

func newRises(vocal []float32) *rises {
	hp, lp := highPass(350, .7), lowPass(2000, .7)
	r := &rises{}
	sum := 0.0
	const step = Rate * 2 / 1000
	for i, v := range vocal {
		f := lp.next(hp.next(float64(v)))
		sum += f * f
		if (i+1)%step == 0 {
			r.energy = append(r.energy, sum)
			sum = 0
		}
	}
	for i := range r.energy {
		r.loudest = max(r.loudest, r.around(i))
	}
	return r
}

func (r *rises) around(i int) float64 {
	sum := 0.0
	for _, e := range r.energy[min(len(r.energy), max(0, i-riseHalf)):max(0, min(len(r.energy), i+riseHalf))] {
		sum += e
	}
	return sum
}

// steepest returns when the energy rises most between two times; NaN if it never does.
func (r *rises) steepest(from, to float64) float64 {
	best, when := 0.0, math.NaN()
	for i := int(from / riseHop); i < int(to/riseHop); i++ {
		rise := math.Log(r.around(i+riseHalf)+.01*r.loudest) - math.Log(r.around(i-riseHalf)+.01*r.loudest)
		if rise > best {
			best, when = rise, float64(i)*riseHop
		}
	}
	return when
}
