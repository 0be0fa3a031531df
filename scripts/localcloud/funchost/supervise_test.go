package funchost

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// supervise runs instances of an app during a test, and waits for readiness.
func supervise(t *testing.T, app *App, instances int, options Options) *Supervisor {
	t.Helper()
	logs, also := &records{}, options.Log
	options.Log = func(e Entry) {
		logs.add(e)
		if also != nil {
			also(e)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	s, err := Supervise(ctx, "127.0.0.1:0", instances, app, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		if err := s.Wait(); err != nil {
			t.Errorf("the supervisor ended with %v", err)
		}
		if t.Failed() {
			logs.dump(t)
		}
	})
	select {
	case <-s.Ready():
	case <-time.After(patience):
		logs.dump(t)
		t.Fatal("the instances did not become ready")
	}
	return s
}

func TestRequestsGoRoundTheInstances(t *testing.T) {
	t.Parallel()
	s := supervise(t, site{t: t}.load(), 3, Options{Instance: "box"})
	seen := map[string]int{}
	for range 9 {
		got := send(t, http.MethodGet, "http://"+s.Addr()+"/api/t/echo", nil, "X-Forwarded-For", "203.0.113.9").echo(t)
		seen[got.Instance]++
		chain := strings.Split(got.Headers["X-Forwarded-For"], ", ")
		if len(chain) != 2 || chain[0] != "203.0.113.9" || !strings.HasPrefix(chain[1], "127.0.0.1:") {
			t.Errorf("X-Forwarded-For %q", got.Headers["X-Forwarded-For"])
		}
	}
	for _, name := range []string{"box-0", "box-1", "box-2"} {
		if seen[name] != 3 {
			t.Errorf("instances answered %v, want three times each", seen)
		}
	}
}

func TestAHostThatStoppedIsStartedAgainBehindTheSameAddress(t *testing.T) {
	t.Parallel()
	app := site{t: t, starts: "run run exit=1 exit=1 exit=1 run"}.load()
	s := supervise(t, app, 2, Options{RestartDelay: 50 * time.Millisecond})
	s.Hosts()[0].KillHandler() // crash 1; then two of the three exits, so one host dies
	eventually(t, "a host died", func() bool { return s.Deaths() == 1 })
	for range 10 {
		if got := send(t, http.MethodGet, "http://"+s.Addr()+"/api/t/echo", nil); got.status != http.StatusOK {
			t.Errorf("while one instance was down a request got %d", got.status)
		}
	}
	eventually(t, "both instances are up", func() bool {
		hosts := s.Hosts()
		return len(hosts) == 2 && hosts[0].up() && hosts[1].up()
	})
	ports := map[string]bool{}
	for _, e := range journal(t, app, "start") {
		ports[e.Port] = true
	}
	if len(ports) != 3 {
		t.Errorf("handler ports %v: a new host picks a new one", ports)
	}
}

func TestRequestsWaitForAnInstanceAndThenGet503(t *testing.T) {
	t.Parallel()
	app := site{t: t, starts: "run exit=1 exit=1 run"}.load()
	s := supervise(t, app, 1, Options{RestartDelay: 300 * time.Millisecond})
	s.Hosts()[0].KillHandler()
	eventually(t, "the host died", func() bool { return s.Deaths() == 1 })
	if got := send(t, http.MethodGet, "http://"+s.Addr()+"/api/t/echo", nil); got.status != http.StatusOK {
		t.Errorf("a request that could wait got %d", got.status)
	}

	mute := site{t: t, starts: strings.Repeat("mute ", 100)}.load()
	ctx, cancel := context.WithCancel(context.Background())
	down, err := Supervise(ctx, "127.0.0.1:0", 1, mute, Options{AvailabilityTimeout: 100 * time.Millisecond, Log: func(Entry) {}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { cancel(); down.Wait() }()
	if got := send(t, http.MethodGet, "http://"+down.Addr()+"/api/t/echo", nil); got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "" {
		t.Errorf("with no instance a request got %+v", got)
	}
}

func TestAGivenUpSupervisorEndsWithTheHostsError(t *testing.T) {
	t.Parallel()
	app := site{t: t, starts: strings.Repeat("exit=1 ", 9)}.load()
	s, err := Supervise(context.Background(), "127.0.0.1:0", 2, app, Options{GiveUp: true, Log: func(Entry) {}})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Wait(); !errors.Is(err, ErrCrashLoop) {
		t.Errorf("Wait answered %v", err)
	}
	if _, err := Supervise(context.Background(), "127.0.0.1:0", 0, app, Options{}); err == nil {
		t.Error("no instances were accepted")
	}
}

// shared is a buffer that a command writes while the test reads.
type shared struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *shared) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *shared) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func TestTheCommandPrintsOneLineWhenReady(t *testing.T) {
	t.Parallel()
	app := site{t: t}.load()
	ctx, cancel := context.WithCancel(context.Background())
	var stdout, stderr shared
	code := make(chan int)
	go func() {
		code <- Run(ctx, []string{"-addr", "127.0.0.1:0", "-root", app.Root, "-instances", "2", "-kill", "1"}, &stdout, &stderr)
	}()
	eventually(t, "the line is there", func() bool { return strings.HasSuffix(stdout.String(), "\n") })
	line := strings.TrimSpace(stdout.String())
	url, ok := strings.CutPrefix(line, "funchost ready on ")
	if !ok {
		t.Fatalf("printed %q", line)
	}
	if got := send(t, http.MethodGet, url+"/api/t/echo", nil); got.status != http.StatusOK {
		t.Errorf("a request got %d", got.status)
	}
	if !strings.Contains(stderr.String(), "CHAOS_SEED=") || !strings.Contains(stderr.String(), "hello from stdout") {
		t.Errorf("standard error has %q", stderr.String())
	}
	cancel()
	if got := <-code; got != 0 {
		t.Errorf("exit code %d", got)
	}
}

func TestTheCommandRefuses(t *testing.T) {
	t.Parallel()
	crashing := site{t: t, starts: "exit=1 exit=1 exit=1"}.load()
	put(t, filepath.Join(crashing.Root, "local.settings.json"), `{"Values":{"STARTS":"`+filepath.Join(crashing.Root, "starts")+`"}}`)
	for name, test := range map[string]struct {
		args []string
		code int
		want string
	}{
		"help":                    {[]string{"-h"}, 0, "-instances"},
		"an unknown flag":         {[]string{"-what"}, 2, "-what"},
		"an argument":             {[]string{"what"}, 2, `unexpected argument "what"`},
		"no instances":            {[]string{"-instances", "0"}, 2, "at least 1"},
		"a chance above one":      {[]string{"-duplicate", "2"}, 2, "between 0 and 1"},
		"negative kills":          {[]string{"-kill", "-1"}, 2, "not be negative"},
		"no app root":             {[]string{"-root", t.TempDir()}, 1, "host.json cannot be read"},
		"a taken address":         {[]string{"-root", crashing.Root, "-addr", "256.0.0.1:1"}, 1, "listen on the public address"},
		"a host that stops, once": {[]string{"-root", crashing.Root, "-addr", "127.0.0.1:0", "-give-up"}, 1, "restart retry count"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr shared
			if code := Run(context.Background(), test.args, &stdout, &stderr); code != test.code || !strings.Contains(stderr.String(), test.want) {
				t.Errorf("code %d, standard error %q; want %d and %q", code, stderr.String(), test.code, test.want)
			}
			if stdout.String() != "" {
				t.Errorf("standard output has %q", stdout.String())
			}
		})
	}
}
