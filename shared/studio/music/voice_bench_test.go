package music

import "testing"

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
