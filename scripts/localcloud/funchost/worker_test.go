package funchost

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestTheHandlerGetsItsFiveVariablesAndAllSettings(t *testing.T) {
	t.Parallel()
	app := site{t: t, extra: `,"arguments":["-a","two words","%GREETING%","%UNSET%end"],"workingDirectory":"web"`, env: []string{"GREETING=hi"}}.load()
	r := runHost(t, app, Options{Instance: "instance-1"}).up(t)
	starts := journal(t, app, "start")
	if len(starts) != 1 {
		t.Fatalf("%d starts", len(starts))
	}
	got := map[string]string{}
	for _, pair := range starts[0].Env {
		name, value, _ := strings.Cut(pair, "=")
		got[name] = value
	}
	port := fmt.Sprint(r.Stats().Port)
	for name, want := range map[string]string{
		"FUNCTIONS_CUSTOMHANDLER_PORT": port, "FUNCTIONS_HTTPWORKER_PORT": port, "FUNCTIONS_APP_ROOT_PATH": app.Root,
		"FUNCTIONS_HTTPWORKER_ID": got["FUNCTIONS_CUSTOMHANDLER_WORKER_ID"], "WEBSITE_INSTANCE_ID": "instance-1", "GREETING": "hi",
	} {
		if got[name] != want {
			t.Errorf("%s = %q, want %q", name, got[name], want)
		}
	}
	if len(got["FUNCTIONS_CUSTOMHANDLER_WORKER_ID"]) != 36 {
		t.Errorf("worker id %q is no guid", got["FUNCTIONS_CUSTOMHANDLER_WORKER_ID"])
	}
	if diff := cmp.Diff([]string{"-a", "two", "words", "hi", "end"}, starts[0].Args); diff != "" {
		t.Errorf("arguments (-want +got):\n%s", diff)
	}
	if starts[0].Dir != app.Root+"/web" {
		t.Errorf("working directory %s", starts[0].Dir)
	}
}

func TestOutputLinesGetTheHostsLevels(t *testing.T) {
	t.Parallel()
	r := runHost(t, site{t: t}.load(), Options{}).up(t)
	eventually(t, "the output was read", func() bool { return len(r.logs.find("hello from stderr")) == 1 })
	if out := r.logs.find("hello from stdout"); len(out) != 1 || out[0].Level != Information || out[0].Category != CategoryConsole {
		t.Errorf("stdout was logged as %+v", out)
	}
	if errs := r.logs.find("hello from stderr"); errs[0].Level != Error {
		t.Errorf("stderr was logged as %+v", errs)
	}
	for line, want := range map[string][2]Level{
		"plain words":                {Error, Information},
		"WARNING: disk error":        {Warning, Warning},
		"an Error happened":          {Error, Error},
		"it failed":                  {Error, Error},
		"Unhandled Exception: x":     {Error, Error},
		"severe":                     {Error, Error},
		"without any of those words": {Error, Information},
	} {
		if got := [2]Level{stderrLevel(line, true), stderrLevel(line, false)}; got != want {
			t.Errorf("stderr %q has levels %v, want %v", line, got, want)
		}
	}
}

func TestLinesArePassedOnWhole(t *testing.T) {
	t.Parallel()
	var got []string
	l := &lines{emit: func(line string) { got = append(got, line) }}
	for _, chunk := range []string{"a", "b\r\nc", "\n\nlast", strings.Repeat("x", longestLine)} {
		fmt.Fprint(l, chunk)
	}
	l.Close()
	want := []string{"ab", "c", "", "last" + strings.Repeat("x", longestLine-4), "xxxx"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
}

func TestArgumentsSplitAsUnderDotNet(t *testing.T) {
	t.Parallel()
	for line, want := range map[string][]string{
		``:               nil,
		` a  b	c `:       {"a", "b", "c"},
		`"a b" c"d e"f`:  {"a b", "cd ef"},
		`a\b \\c`:        {`a\b`, `\\c`},
		`a\"b`:           {`a"b`},
		`"a\\" b`:        {`a\`, "b"},
		`"say ""hi""" x`: {`say "hi"`, "x"},
		`""`:             {""},
	} {
		if diff := cmp.Diff(want, splitArguments(line)); diff != "" {
			t.Errorf("split of %q (-want +got):\n%s", line, diff)
		}
	}
}

func TestExitCodesDecideWhatTheHostDoes(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		starts  string
		options Options
		wantErr error // nil: the host becomes ready
		want    Stats // Crashes and Restarts
		logged  string
	}{
		"one crash restarts":                      {starts: "exit=1 run", want: Stats{Crashes: 1}, logged: "exiting as told"},
		"two crashes restart":                     {starts: "exit=1 exit=2 run", want: Stats{Crashes: 2}},
		"the third crash stops the host":          {starts: "exit=1 exit=2 exit=3 run", wantErr: ErrCrashLoop, want: Stats{Crashes: 3}},
		"200 restarts without being counted":      {starts: "exit=200 exit=200 exit=200 exit=200 run", want: Stats{Restarts: 4}},
		"a handler that never listens is crashes": {starts: "mute mute mute run", options: Options{InitializationTimeout: 300 * time.Millisecond}, wantErr: ErrCrashLoop, want: Stats{Crashes: 3}, logged: "within initializationTimeout"},
		"a taken port is a crash":                 {starts: "run", options: Options{Faults: Faults{PortTaken: 2}}, want: Stats{Crashes: 2}, logged: "address already in use"},
		"a slow start is waited for":              {starts: "run", options: Options{Faults: Faults{SlowStart: 200 * time.Millisecond}}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app := site{t: t, starts: test.starts}.load()
			r := runHost(t, app, test.options)
			if test.wantErr != nil {
				if err := r.ended(t); !errors.Is(err, test.wantErr) {
					t.Errorf("Run answered %v, want %v", err, test.wantErr)
				}
			} else {
				r.up(t)
			}
			if got := r.Stats(); got.Crashes != test.want.Crashes || got.Restarts != test.want.Restarts {
				t.Errorf("%d crashes and %d restarts, want %d and %d", got.Crashes, got.Restarts, test.want.Crashes, test.want.Restarts)
			}
			if test.logged != "" && len(r.logs.find(test.logged)) == 0 {
				t.Errorf("nothing logged about %q", test.logged)
			}
			ports := map[string]bool{}
			for _, start := range journal(t, app, "start") {
				ports[start.Port] = true
			}
			if len(ports) != 1 {
				t.Errorf("restarts used the ports %v, want one", ports)
			}
		})
	}
}

func TestExitZeroLeavesADeadHandler(t *testing.T) {
	t.Parallel()
	app := site{t: t}.load()
	r := runHost(t, app, Options{}).up(t)
	send(t, http.MethodPost, r.url+"/api/t/exit?code=0", strings.NewReader("a body, so it is not tried again"))
	eventually(t, "the exit was noticed", func() bool { return r.Stats().CleanExits == 1 })
	if got := send(t, http.MethodGet, r.url+"/api/t/echo", nil); got.status != http.StatusInternalServerError {
		t.Errorf("a request to a dead handler got %d, want 500", got.status)
	}
	if ping := send(t, http.MethodGet, r.url+"/admin/host/ping", nil); ping.status != http.StatusOK {
		t.Errorf("ping answered %d although the host is alive", ping.status)
	}
	if starts := journal(t, app, "start"); len(starts) != 1 {
		t.Errorf("the handler was started %d times", len(starts))
	}
	if len(r.logs.find("exited with code 0")) != 1 {
		t.Error("the exit was not reported")
	}
}

func TestCrashesFarApartAreNoChain(t *testing.T) {
	t.Parallel()
	w := &worker{}
	at := time.Unix(0, 0)
	for i, step := range []struct {
		after time.Duration
		want  int
	}{{0, 1}, {29 * time.Minute, 2}, {30*time.Minute + time.Second, 1}, {30 * time.Minute, 2}, {30 * time.Minute, 3}} {
		at = at.Add(step.after)
		if got := w.addFailure(at); got != step.want {
			t.Errorf("failure %d makes a chain of %d, want %d", i, got, step.want)
		}
	}
}

func TestAKillIsACrashAndTheSamePortIsUsedAgain(t *testing.T) {
	t.Parallel()
	app := site{t: t}.load()
	r := runHost(t, app, Options{}).up(t)
	before := r.Stats()
	if !r.KillHandler() {
		t.Fatal("there was no handler to kill")
	}
	eventually(t, "another handler runs", func() bool { s := r.Stats(); return s.PID != 0 && s.PID != before.PID })
	if after := r.Stats(); after.Crashes != 1 || after.Port != before.Port {
		t.Errorf("%d crashes, port %d after %d", after.Crashes, after.Port, before.Port)
	}
	if got := send(t, http.MethodGet, r.url+"/api/t/echo", nil).echo(t); got.PID == before.PID {
		t.Error("the dead handler answered")
	}
}

func TestStopWaitsForWhatRunsAndThenKillsWithoutASignal(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		pause string
		drain time.Duration
		want  int
	}{
		"a request that ends in time is answered": {"300ms", 10 * time.Second, http.StatusOK},
		"a request that does not is cut off":      {"30s", 200 * time.Millisecond, http.StatusInternalServerError},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app := site{t: t}.load()
			r := runHost(t, app, Options{DrainTimeout: test.drain}).up(t)
			status := make(chan int)
			go func() {
				response, err := http.Get(r.url + "/api/t/slow?for=" + test.pause)
				if err != nil {
					status <- 0
					return
				}
				response.Body.Close()
				status <- response.StatusCode
			}()
			eventually(t, "the request runs", func() bool { return len(journal(t, app, "slow")) == 1 })
			pid := r.Stats().PID
			r.cancel()
			if got := <-status; got != test.want {
				t.Errorf("the request got %d, want %d", got, test.want)
			}
			if err := r.ended(t); err != nil {
				t.Errorf("Run answered %v", err)
			}
			if syscall.Kill(pid, 0) == nil {
				t.Error("the handler is still alive")
			}
			if signals := journal(t, app, "signal"); len(signals) > 0 {
				t.Errorf("the handler got a signal that the host never sends: %v", signals)
			}
			if got := send(t, http.MethodGet, r.url+"/api/t/echo", nil); got.status != http.StatusServiceUnavailable {
				t.Errorf("a stopped host answered %d", got.status)
			}
		})
	}
}

func TestRestartReplacesTheHandler(t *testing.T) {
	t.Parallel()
	for name, overlap := range map[string]bool{"sequentially": false, "with overlap": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app := site{t: t}.load()
			r := runHost(t, app, Options{OverlapRestart: overlap}).up(t)
			old := r.Stats()
			answered := make(chan error)
			go func() {
				response, err := http.Get(r.url + "/api/t/slow?for=600ms")
				if err == nil {
					response.Body.Close()
				}
				answered <- err
			}()
			eventually(t, "a request runs in the old handler", func() bool { return len(journal(t, app, "slow")) == 1 })
			r.Restart()
			eventually(t, "a new handler started", func() bool { return len(journal(t, app, "start")) == 2 })
			stillRunning := len(journal(t, app, "slow done")) == 0
			if stillRunning != overlap {
				t.Errorf("the old handler was still at work when the new one started: %v, want %v", stillRunning, overlap)
			}
			if err := <-answered; err != nil {
				t.Errorf("the request in flight failed: %v", err)
			}
			eventually(t, "the old handler is gone", func() bool { return syscall.Kill(old.PID, 0) != nil })
			if got := send(t, http.MethodGet, r.url+"/api/t/echo", nil).echo(t); got.PID == old.PID {
				t.Error("the old handler answered")
			}
			if r.Stats().Crashes != 0 {
				t.Error("the restart was counted as a crash")
			}
		})
	}
}

func TestAFunctionTimeoutKillsEverythingTheHandlerDoes(t *testing.T) {
	t.Parallel()
	app := site{t: t}.load()
	r := runHost(t, app, Options{FunctionTimeout: 400 * time.Millisecond}).up(t)
	pid := r.Stats().PID
	if got := send(t, http.MethodPost, r.url+"/api/t/slow?for=30s", strings.NewReader("body")); got.status != http.StatusInternalServerError {
		t.Errorf("the request got %d", got.status)
	}
	eventually(t, "another handler runs", func() bool { s := r.Stats(); return s.PID != 0 && s.PID != pid })
	if s := r.Stats(); s.Timeouts != 1 || s.Restarts != 1 || s.Crashes != 0 {
		t.Errorf("%d timeouts, %d restarts, %d crashes", s.Timeouts, s.Restarts, s.Crashes)
	}
}

func TestChaosDrawsTheSameMomentsFromTheSameSeed(t *testing.T) {
	t.Parallel()
	moments := func(seed int64) []string {
		c := NewChaos(seed, 5)
		var drawn []string
		for i := range 200 {
			if after, kill := c.draw(); kill {
				drawn = append(drawn, fmt.Sprint(i, after))
			}
		}
		if c.Left() != 0 || len(drawn) != 5 {
			t.Errorf("%d kills drawn, %d left", len(drawn), c.Left())
		}
		return drawn
	}
	if diff := cmp.Diff(moments(7), moments(7)); diff != "" {
		t.Errorf("the seed does not repeat (-first +second):\n%s", diff)
	}
	if cmp.Equal(moments(7), moments(8)) {
		t.Error("two seeds drew the same moments")
	}
}

func TestChaosKillsTheHandlerThatRunsTheInvocation(t *testing.T) {
	t.Parallel()
	app := site{t: t}.load()
	chaos := NewChaos(1, 1)
	chaos.Spread, chaos.Delay = 1, time.Millisecond
	r := runHost(t, app, Options{Faults: Faults{Chaos: chaos}}).up(t)
	send(t, http.MethodPost, r.url+"/api/t/slow?for=300ms", strings.NewReader("body"))
	eventually(t, "the kill was noticed", func() bool { return r.Stats().Crashes == 1 })
	if chaos.Left() != 0 || chaos.Seed() != 1 {
		t.Errorf("%d kills left of seed %d", chaos.Left(), chaos.Seed())
	}
}

func TestRunWithAnEndedContextStopsAtOnce(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	h := New(site{t: t}.load(), Options{Log: func(Entry) {}})
	if err := h.Run(ctx); err != nil {
		t.Errorf("Run answered %v", err)
	}
	if s := h.Stats(); s.State != Stopped || s.PID != 0 {
		t.Errorf("state %s, pid %d", s.State, s.PID)
	}
}
