package guard

import (
	"testing"

	"castad/shared/provider"
	"castad/shared/store/storetest"
)

// BenchmarkAllow is what the guard adds to a call: nothing but a look at the
// states that are known, or the transaction that takes from a limit.
func BenchmarkAllow(b *testing.B) {
	db := storetest.Open(b)
	rules, err := ParseRules([]string{"suno:generate=1000000000/1s"})
	if err != nil {
		b.Fatal(err)
	}
	g := New(Config{DB: db.Primary(), Rules: rules, Process: "bench"})
	for name, op := range map[string]string{"unlimited": "task", "limited": "generate"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				pass, err := g.Allow(b.Context(), provider.Attempt{Vendor: "suno", Op: op, Paid: true})
				if err != nil {
					b.Fatal(err)
				}
				pass(provider.Outcome{Verdict: provider.Healthy})
			}
		})
	}
}
