package guard

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var start = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

// world is a breaker, the probes that are out, and what must be true of them.
type world struct {
	b    breaker
	now  time.Time
	t    Thresholds
	next int
	out  map[string]time.Time // probes without a verdict, and until when each may be waited for
}

func (w *world) live() (n int) {
	for _, until := range w.out {
		if w.now.Before(until) {
			n++
		}
	}
	return n
}

func TestABreakerSendsOneProbeAtATime(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := &world{now: start, t: DefaultThresholds(), out: map[string]time.Time{}}
		t.Repeat(map[string]func(*rapid.T){
			"time passes": func(t *rapid.T) {
				w.now = w.now.Add(time.Duration(rapid.IntRange(0, 40_000).Draw(t, "ms")) * time.Millisecond)
			},
			"calls are counted": func(t *rapid.T) {
				calls := rapid.Int64Range(0, 60).Draw(t, "calls")
				failures := rapid.Int64Range(0, calls).Draw(t, "failures")
				before := w.b
				w.b = w.b.counted(calls, failures, w.now, w.t)
				closed := before.forced == Auto && before.state != Open && before.state != Probing
				if bad := calls >= 20 && failures*20 >= calls; (w.b != before) != (closed && bad) {
					t.Fatalf("%d failures of %d calls: %+v became %+v", failures, calls, before, w.b)
				}
				if w.b != before && (w.b.state != Open || w.b.until.Sub(w.now) != 30*time.Second) {
					t.Fatalf("it opened as %+v", w.b)
				}
			},
			"somebody asks for the probe": func(t *rapid.T) {
				w.next++
				by, until := fmt.Sprint("p", w.next), w.now.Add(time.Duration(rapid.IntRange(1, 90).Draw(t, "seconds"))*time.Second)
				says := w.b.answer(w.now)
				after, took := w.b.take(by, w.now, until)
				if took != (says == probe) {
					t.Fatalf("%+v says %d and the probe was taken: %v", w.b, says, took)
				}
				if !took {
					return
				}
				if w.live() > 0 && w.b.state == Probing {
					t.Fatalf("a second probe while one is out: %+v", w.b)
				}
				w.b = after
				w.out[by] = until
			},
			"a probe comes back": func(t *rapid.T) {
				if len(w.out) == 0 {
					return
				}
				by := rapid.SampledFrom(sorted(w.out, func(a, b string) int { return len(a) - len(b) })).Draw(t, "by")
				v := rapid.SampledFrom([]verdict{nothing, well, ill}).Draw(t, "verdict")
				before := w.b
				w.b = w.b.probed(by, v, w.now, w.t)
				delete(w.out, by)
				if before.state != Probing || before.probeBy != by {
					if w.b != before {
						t.Fatalf("a probe that was replaced changed %+v to %+v", before, w.b)
					}
					return
				}
				if want := map[verdict]State{nothing: Open, well: Closed, ill: Open}[v]; w.b.state != want {
					t.Fatalf("verdict %d made it %s", v, w.b.state)
				}
				if v == nothing && w.b.forced == Auto && w.b.answer(w.now) != probe {
					t.Fatal("a probe that was given back is not there for the next")
				}
			},
			"an operator decides": func(t *rapid.T) {
				f := rapid.SampledFrom([]Forced{Auto, ForcedOpen, ForcedClosed}).Draw(t, "forced")
				before := w.b
				w.b = w.b.force(f, w.now)
				switch says := w.b.answer(w.now); {
				case f == ForcedOpen && says != refuse, f == ForcedClosed && says != pass:
					t.Fatalf("forced %q, it says %d", f, says)
				case f == Auto && before.forced == ForcedOpen && says != probe:
					t.Fatalf("after a pause it says %d", says)
				}
				if before.forced != f {
					w.out = map[string]time.Time{} // who was out before has no say
				}
			},
			"": func(t *rapid.T) {
				if w.b.forced == Auto && w.b.state == Open && w.now.Before(w.b.until) && w.b.answer(w.now) != refuse {
					t.Fatalf("an open breaker lets through: %+v", w.b)
				}
				if w.b.forced == Auto && w.b.state == Probing && !w.now.Before(w.b.until) && w.b.answer(w.now) != probe {
					t.Fatalf("a lost probe keeps the others out: %+v", w.b)
				}
			},
		})
	})
}

func TestAProbesLastWordCounts(t *testing.T) {
	t.Parallel()
	th := DefaultThresholds()
	open := breaker{}.counted(20, 1, start, th)
	now := start.Add(th.Cooldown)
	out, took := open.take("me", now, now.Add(time.Minute))
	if !took {
		t.Fatal("no probe")
	}
	closed := out.probed("me", well, now, th)
	if closed.state != Closed || closed.from <= slotOf(now) {
		t.Errorf("after a good probe: %+v", closed)
	}
	if again := closed.probed("me", ill, now, th); again.state != Open || !again.until.After(now) {
		t.Errorf("its answer was none after all: %+v", again)
	}
	if other := closed.probed("you", ill, now, th); other != closed {
		t.Errorf("a stranger opened it: %+v", other)
	}
	if blank := (breaker{}).probed("", ill, now, th); blank != (breaker{}) {
		t.Errorf("nobody opened it: %+v", blank)
	}
}

func TestTheThresholdsAreTheRequirements(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		calls, failures int64
		opens           bool
	}{
		{19, 19, false}, {20, 0, false}, {20, 1, true}, {21, 1, false}, {39, 1, false}, {40, 2, true}, {100, 4, false}, {100, 5, true}, {1000, 49, false}, {1000, 50, true},
	} {
		if b := (breaker{}).counted(row.calls, row.failures, start, DefaultThresholds()); (b.state == Open) != row.opens {
			t.Errorf("%d of %d: %s", row.failures, row.calls, b.state)
		}
	}
}

func TestRules(t *testing.T) {
	t.Parallel()
	rules, err := ParseRules([]string{"suno:generate=20/10s", " creatomate:*=30/10s", "naver:local+image=25000/day@Asia/Seoul", "naver:page=1/3s"})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		vendor, op string
		limited    int
	}{
		{"suno", "generate", 1}, {"suno", "task", 0}, {"creatomate", "render", 1}, {"creatomate", "status", 1}, {"naver", "image", 1}, {"naver", "local", 1},
		{"naver", "page", 1}, {"naver", "geocode", 0}, {"openai", "write", 0},
	} {
		n := 0
		for _, r := range rules {
			if r.limits(row.vendor, row.op) {
				n++
			}
		}
		if n != row.limited {
			t.Errorf("%s:%s is limited by %d rules", row.vendor, row.op, n)
		}
	}
	for _, bad := range []string{"", "suno", "suno:generate", "suno:generate=", "suno=20/10s", ":generate=20/10s", "suno:=20/10s", "Suno:generate=20/10s", "suno:a+=1/1s",
		"suno:generate=20", "suno:*+a=1/1s", "suno:gen erate=1/1s"} {
		if _, err := ParseRules([]string{bad}); err == nil {
			t.Errorf("%q is a rule", bad)
		}
	}
	if _, err := ParseRules([]string{"suno:a+b=1/1s", "suno:b+a=2/1s"}); err == nil {
		t.Error("two rules share a bucket")
	}
}

func FuzzRule(f *testing.F) {
	for _, s := range []string{"suno:generate=20/10s", "naver:local+image=25000/day@Asia/Seoul", "creatomate:*=30/10s", "a:b+b=1/1s"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		rules, err := ParseRules([]string{text})
		if err != nil {
			return
		}
		again, err := ParseRules([]string{rules[0].String()})
		if err != nil || again[0].String() != rules[0].String() || again[0].name() != rules[0].name() || len(rules[0].name()) > maxName {
			t.Errorf("%q reads as %v, which reads as %v, %v", text, rules, again, err)
		}
	})
}
