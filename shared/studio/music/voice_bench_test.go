package music

import (
	"maps"
	"math"
	"testing"
)

// BenchmarkSing measures the singer alone: 15 s of one part.
func BenchmarkSing(b *testing.B) {
	o, lines, err := Order{Lines: ad, Genre: KPop, Seconds: 15, Seed: 11}.normal()
	if err != nil {
		b.Fatal(err)
	}
	s, err := compose(o, lines)
	if err != nil {
		b.Fatal(err)
	}
	v := s.voicing("f", 0, func(sung) bool { return true }, func(sung) float64 { return 0 })
	for b.Loop() {
		v.sing(15 * Rate)
	}
}

// BenchmarkVoiceOverBand reports how far the singers stand above the band between
// 1 and 4 kHz, where consonants and the second formants are, while lines are sung.
func BenchmarkVoiceOverBand(b *testing.B) {
	for _, genre := range Genres {
		for _, voice := range []string{"f", "m"} {
			b.Run(genre+"_"+voice, func(b *testing.B) {
				o := Order{Lines: ad, Genre: genre, Voice: voice, Seconds: 15, Seed: 3}
				for b.Loop() {
					b.ReportMetric(overBand(b, o), "dB")
				}
			})
		}
	}
}

// overBand plays the order with and without its singers. The master turns both
// up to one loudness; the introduction, where nobody sings, tells by how much.
func overBand(b *testing.B, o Order) float64 {
	b.Helper()
	band := func(mute bool) ([]float32, *Song) {
		o, lines, err := o.normal()
		if err != nil {
			b.Fatal(err)
		}
		s, err := compose(o, lines)
		if err != nil {
			b.Fatal(err)
		}
		if mute {
			s.style.levels = maps.Clone(s.style.levels)
			s.style.levels["vocal"], s.style.levels["backing"] = -120, -120
		}
		song := s.perform(o, lines)
		l, _ := song.channels()
		hp, lp := highPass(1000, .7), lowPass(4000, .7)
		for i, v := range l {
			l[i] = float32(lp.next(hp.next(float64(v))))
		}
		return l, song
	}
	energy := func(x []float32, from, to float64) (e float64) {
		for _, v := range x[int(from*Rate):int(to*Rate)] {
			e += float64(v) * float64(v)
		}
		return e
	}
	with, song := band(false)
	without, _ := band(true)
	intro := song.Lines[0].Start - .25 // before the breath and the first consonant
	gain := energy(with, 0, intro) / energy(without, 0, intro)
	sum, rest := 0.0, 0.0
	for _, l := range song.Lines {
		sum += energy(with, l.Start, l.End)
		rest += gain * energy(without, l.Start, l.End)
	}
	return 10 * math.Log10((sum-rest)/rest)
}
