package music

import (
	"syscall"
	"testing"
	"time"
)

// BenchmarkCompose is a song of 15 seconds from order to samples. The processor
// time is its measure: it does not depend on what else the machine does.
func BenchmarkCompose(b *testing.B) {
	for _, genre := range Genres {
		b.Run(genre, func(b *testing.B) {
			b.ReportAllocs()
			before := processorTime()
			for b.Loop() {
				if _, err := Compose(Order{Lines: ad, Genre: genre, Seconds: 15, Seed: 11}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64((processorTime()-before).Milliseconds())/float64(b.N), "cpu-ms/op")
		})
	}
}

// processorTime is what this process has used.
func processorTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // cannot fail for itself
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
