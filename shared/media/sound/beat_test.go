//go:build !race

// Drummers are played and heard in one goroutine, which takes many times as long
// under the race detector.

package sound

import (
	"math"
	"math/rand/v2"
	"testing"
)

const rate = 44100

// drummer plays a drum kit: a bass drum on the first and third beat, a snare on
// the others, a hat on every half beat. at gives the time of a beat in seconds.
func drummer(seconds float64, at func(beat float64) float64) []float32 {
	x := make([]float32, int(seconds*rate))
	rnd := rand.New(rand.NewPCG(1, 2))
	hit := func(when, loud, hz, noise, fall float64) {
		for i := range int(.25 * rate) {
			if k := int(when*rate) + i; k >= 0 && k < len(x) {
				t := float64(i) / rate
				v := (1-noise)*math.Sin(2*math.Pi*hz*t) + noise*(2*rnd.Float64()-1)
				x[k] += float32(loud * v * math.Exp(-t/fall))
			}
		}
	}
	for beat := 0.0; at(beat) < seconds; beat++ {
		if int(beat)%2 == 0 {
			hit(at(beat), .6, 60, .05, .08)
		} else {
			hit(at(beat), .4, 190, .6, .05)
		}
		hit(at(beat), .08, 0, 1, .02)
		hit(at(beat+.5), .08, 0, 1, .02)
	}
	return x
}

func heardBeats(x []float32) (tempo float64, times []float64) {
	o := newOnsets(rate)
	o.add(x)
	return beats(o.strengths())
}

// onBeat is the share of the times that are within 40 ms of a beat that is
// played, and how far they are off on average, in seconds.
func onBeat(times []float64, at func(float64) float64) (share, off float64) {
	for _, t := range times {
		nearest := math.Inf(1)
		for beat := 0.0; at(beat) < t+2; beat++ {
			if d := t - at(beat); math.Abs(d) < math.Abs(nearest) {
				nearest = d
			}
		}
		if math.Abs(nearest) <= .04 {
			share += 1 / float64(len(times))
		}
		off += nearest / float64(len(times))
	}
	return share, off
}

func TestTheBeatOfADrummerIsFound(t *testing.T) {
	t.Parallel()
	for i, tempo := range []float64{58, 66, 75, 90, 104, 120, 133, 150, 170} {
		for _, first := range []float64{0, .13 + .05*float64(i)} {
			at := func(beat float64) float64 { return first + beat*60/tempo }
			got, times := heardBeats(drummer(20, at))
			octave := math.Round(math.Log2(got / tempo))
			if math.Abs(got/tempo/math.Exp2(octave)-1) > .003 || octave > 0 || octave < -1 {
				t.Errorf("%.0f a minute from %.2f s: heard %.2f", tempo, first, got)
			}
			share, off := onBeat(times, at)
			if most := 20 * got / 60; share < .98 || math.Abs(off) > .008 || float64(len(times)) < most-2 || float64(len(times)) > most+1 {
				t.Errorf("%.0f a minute from %.2f s: %d beats, %.2f of them on the beat, %.4f s off", tempo, first, len(times), share, off)
			}
		}
	}
}

func TestADrummerWhoSpeedsUpIsFollowed(t *testing.T) {
	t.Parallel()
	for name, at := range map[string]func(float64) float64{
		"from 100 to 106 a minute": func(beat float64) float64 { return beat*.6 - beat*beat*.6*.03/50 },
		"to and fro":               func(beat float64) float64 { return beat*.55 + .1*math.Sin(beat/8) },
	} {
		_, times := heardBeats(drummer(30, at))
		if share, _ := onBeat(times, at); share < .95 || len(times) < 40 {
			t.Errorf("%s: %d beats, %.2f of them on the beat", name, len(times), share)
		}
	}
}

func TestWhatHasNoBeatGetsNone(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(3, 4))
	noise, tone, speech := make([]float32, 20*rate), make([]float32, 20*rate), make([]float32, 20*rate)
	syllable, loud := 0, 0.0
	for i := range noise {
		noise[i] = float32(rnd.Float64() - .5)
		tone[i] = float32(.5 * math.Sin(2*math.Pi*220*float64(i)/rate))
		if syllable--; syllable < 0 { // syllables of 80 to 400 ms, some of them pauses
			syllable = rate*8/100 + rnd.IntN(rate*32/100)
			loud = rnd.Float64() * float64(min(1, rnd.IntN(4)))
		}
		speech[i] = float32(loud * (.3*math.Sin(2*math.Pi*180*float64(i)/rate) + .1*(rnd.Float64()-.5)))
	}
	for name, x := range map[string][]float32{"silence": make([]float32, 20*rate), "noise": noise, "a tone": tone, "syllables": speech, "nothing": nil,
		"four seconds of drums": drummer(4, func(b float64) float64 { return b / 2 })} {
		if tempo, times := heardBeats(x); tempo != 0 || times != nil {
			t.Errorf("%s: %.1f a minute, %d beats", name, tempo, len(times))
		}
	}
}

func TestOnsetsDoNotDependOnThePieces(t *testing.T) {
	t.Parallel()
	x := drummer(4, func(b float64) float64 { return b / 2 })
	whole, pieces := newOnsets(rate), newOnsets(rate)
	whole.add(x)
	rnd := rand.New(rand.NewPCG(5, 6))
	for at := 0; at < len(x); {
		n := min(1+rnd.IntN(5000), len(x)-at)
		pieces.add(x[at : at+n])
		at += n
	}
	a, b := whole.strengths(), pieces.strengths()
	for band := range a {
		if len(a[band]) != 4*frameRate || len(b[band]) != len(a[band]) {
			t.Fatalf("%d and %d frames", len(a[band]), len(b[band]))
		}
		for i := range a[band] {
			if math.Abs(a[band][i]-b[band][i]) > 1e-3 {
				t.Fatalf("band %d, frame %d: %g, in pieces %g", band, i, a[band][i], b[band][i])
			}
		}
	}
}
