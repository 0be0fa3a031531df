package main

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"castad/shared/store/storetest"
)

// BenchmarkColdStart measures the handler's share of a cold start, from exec:
// ms/listening until GET / is answered, which is what the Functions host waits
// for, and ms/first-200 until a request that reads the database is answered.
// Medians, on a real MariaDB; the host's own start is outside (goal P8: ≤ 25 ms
// with all SDKs linked).
func BenchmarkColdStart(b *testing.B) {
	db := storetest.Open(b)
	settings, token := map[string]string{"CASTAD_MYSQL_DSN": storetest.DSN(b, db), "CASTAD_LOG_LEVEL": "error"}, sampleToken(b)
	var listening, first []float64
	ask := func(p *process, path string, status int) {
		for {
			a, err := p.get(path, token)
			if err == nil {
				if a.status != status {
					b.Fatalf("GET %s: %d %s", path, a.status, a.body)
				}
				return
			}
			select {
			case <-p.ended:
				b.Fatalf("the handler ended: %s", p.stderr)
			case <-time.After(100 * time.Microsecond): // leaves the processor to the handler
			}
		}
	}
	launch(b, settings).stop(b) // the binary is in the page cache from here on
	for b.Loop() {
		began := time.Now()
		p := launch(b, settings)
		ask(p, "/", http.StatusNoContent)
		listening = append(listening, ms(began))
		ask(p, "/api/v1/ads", http.StatusOK)
		first = append(first, ms(began))
		b.StopTimer()
		p.stop(b)
		b.StartTimer()
	}
	b.ReportMetric(median(listening), "ms/listening")
	b.ReportMetric(median(first), "ms/first-200")
	b.ReportMetric(0, "ns/op") // the mean says nothing that the medians do not
}

func ms(began time.Time) float64 { return float64(time.Since(began).Microseconds()) / 1000 }

func median(all []float64) float64 {
	slices.Sort(all)
	return all[len(all)/2]
}

// stop kills the handler and waits, as the host does.
func (p *process) stop(t testing.TB) {
	t.Helper()
	must(t, p.cmd.Process.Kill())
	<-p.ended
}
