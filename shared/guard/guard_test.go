package guard

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"castad/shared/provider"
	"castad/shared/store/storetest"
)

func TestFailuresOfAllInstancesOpenTheBreakerOfAll(t *testing.T) {
	t.Parallel()
	c, all := instances(t, 3)
	broken(t, c, all...)
	for i, g := range all {
		if e := refusal(t, g, generate); e.Class != provider.Later || e.Code != "breaker_open" || e.RetryAfter != 29*time.Second {
			t.Errorf("process %d: %v, again after %s", i, e, e.RetryAfter)
		}
		end(t, g, provider.Attempt{Vendor: "suno", Op: "task"}, provider.Healthy) // asking goes on
		end(t, g, provider.Attempt{Vendor: "kie", Op: "generate"}, provider.Healthy)
	}
}

func TestFailuresOfLongAgoDoNotCount(t *testing.T) {
	t.Parallel()
	c, all := instances(t, 1)
	for range 19 {
		end(t, all[0], generate, provider.Sick)
	}
	flush(t, all...)
	c.pass(window)
	end(t, all[0], generate, provider.Healthy)
	flush(t, all...)
	c.pass(freshFor)
	end(t, all[0], generate, provider.Healthy)
}

func TestWhatIsNotTheVendorsFaultOpensNothing(t *testing.T) {
	t.Parallel()
	c, all := instances(t, 1)
	for i := range 200 {
		end(t, all[0], generate, []provider.Verdict{provider.Healthy, provider.Neutral}[i%2])
	}
	flush(t, all...)
	c.pass(freshFor)
	end(t, all[0], generate, provider.Healthy)
}

func TestOneProbeGoesOutWhicheverInstanceAsks(t *testing.T) {
	t.Parallel()
	c, all := instances(t, 2)
	broken(t, c, all...)
	c.pass(30 * time.Second)
	var sent atomic.Int64
	var passes = make(chan provider.Pass, 50)
	var done sync.WaitGroup
	for i := range 50 {
		done.Go(func() {
			p, err := all[i%2].Allow(t.Context(), generate)
			if err == nil {
				sent.Add(1)
				passes <- p
				return
			}
			var e *provider.Error
			if !errors.As(err, &e) || e.Class != provider.Later {
				t.Errorf("%v", err)
			}
		})
	}
	done.Wait()
	if sent.Load() != 1 {
		t.Fatalf("%d probes", sent.Load())
	}
	(<-passes)(provider.Outcome{Verdict: provider.Healthy})
	flush(t, all...)
	c.pass(freshFor)
	for _, g := range all {
		end(t, g, generate, provider.Healthy)
	}
}

func TestAProbeThatFailsOpensItAgain(t *testing.T) {
	t.Parallel()
	for name, tell := range map[string]func(provider.Pass, func()){
		"at once": func(p provider.Pass, _ func()) { p(provider.Outcome{Verdict: provider.Sick}) },
		"by the vendor's table": func(p provider.Pass, _ func()) {
			p(provider.Outcome{Verdict: provider.Healthy})
			p(provider.Outcome{Verdict: provider.Sick})
		},
		"by the vendor's table, after it was written": func(p provider.Pass, write func()) {
			p(provider.Outcome{Verdict: provider.Healthy})
			write()
			p(provider.Outcome{Verdict: provider.Sick})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, all := instances(t, 2)
			broken(t, c, all...)
			c.pass(30 * time.Second)
			p, err := all[0].Allow(t.Context(), generate)
			if err != nil {
				t.Fatal(err)
			}
			tell(p, func() { flush(t, all...) })
			flush(t, all...)
			c.pass(freshFor)
			for _, g := range all {
				if e := refusal(t, g, generate); e.Code != "breaker_open" || e.RetryAfter != 29*time.Second {
					t.Errorf("%v, again after %s", e, e.RetryAfter)
				}
			}
		})
	}
}

func TestAProbeThatWasGivenBackGoesToTheNext(t *testing.T) {
	t.Parallel()
	c, all := instances(t, 2, "suno:generate=1/10m")
	end(t, all[0], generate, provider.Healthy) // the limit is spent
	for range 20 {
		end(t, all[0], provider.Attempt{Vendor: "kie", Op: "generate"}, provider.Sick)
	}
	flush(t, all...)
	c.pass(31 * time.Second)
	kie := provider.Attempt{Vendor: "kie", Op: "generate"}
	end(t, all[0], kie, provider.Neutral) // the probe was given up by its caller
	flush(t, all...)
	c.pass(freshFor)
	end(t, all[1], kie, provider.Healthy)
	flush(t, all...)
	c.pass(freshFor)
	end(t, all[0], kie, provider.Healthy)
}

func TestALostProbeIsReplaced(t *testing.T) {
	t.Parallel()
	c, all := instances(t, 2)
	broken(t, c, all...)
	c.pass(30 * time.Second)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	lost, err := all[0].Allow(ctx, generate)
	if err != nil {
		t.Fatal(err)
	}
	c.pass(15 * time.Second)
	if e := refusal(t, all[1], generate); e.Code != "probing" {
		t.Errorf("while the probe may come back: %v", e)
	}
	c.pass(11 * time.Second)
	end(t, all[1], generate, provider.Healthy)
	flush(t, all[1])
	lost(provider.Outcome{Verdict: provider.Sick}) // it comes back after all, and has no say
	flush(t, all[0])
	c.pass(freshFor)
	end(t, all[0], generate, provider.Healthy)
}

// kill -9 is this product's weather: a function's timeout ends the whole process.
func TestTheProbeOfAKilledProcessIsReplaced(t *testing.T) {
	t.Parallel()
	c, database, all := instancesOn(t, 1)
	broken(t, c, all...)
	c.at.Store(start.Add(window).UnixNano()) // as the other process has it
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "CASTAD_TEST_PROBER="+storetest.DSN(t, database))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || line != "probing\n" {
		t.Fatalf("the other process said %q, %v", line, err)
	}
	if e := refusal(t, all[0], generate); e.Code != "probing" {
		t.Errorf("while it lives: %v", e)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	c.pass(20*time.Second + probeGrace)
	end(t, all[0], generate, provider.Healthy)
	flush(t, all...)
	c.pass(freshFor)
	end(t, all[0], generate, provider.Healthy)
}

func TestAVerdictThatIsChangedCountsOnce(t *testing.T) {
	t.Parallel()
	for name, between := range map[string]func(*testing.T, *Guard){
		"before it is written": func(*testing.T, *Guard) {},
		"after it is written":  func(t *testing.T, g *Guard) { flush(t, g) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, all := instances(t, 1)
			p, err := all[0].Allow(t.Context(), generate)
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range []provider.Verdict{provider.Healthy, provider.Sick, provider.Sick, provider.Healthy, provider.Sick} {
				p(provider.Outcome{Verdict: v})
				between(t, all[0])
			}
			flush(t, all...)
			got, _, err := all[0].Status(t.Context())
			if err != nil || len(got) != 1 || got[0].Calls != 1 || got[0].Failures != 1 {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}
