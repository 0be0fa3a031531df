package main

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	stage "castad/scripts/stage/app"
	"castad/shared/id"
	"castad/shared/identity"
)

// process is the staged handler, started as a host starts it.
type process struct {
	cmd            *exec.Cmd
	url            string
	stdout, stderr *text
	ended          chan struct{}
}

// text collects output while it is read.
type text struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (x *text) Write(p []byte) (int, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.b.Write(p)
}

func (x *text) String() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.b.String()
}

// patience bounds what should take milliseconds, on a machine that may be very busy.
const patience = time.Minute

// launch starts the staged handler with the sample's settings and those given; "" removes one.
func launch(t testing.TB, settings map[string]string, args ...string) *process {
	t.Helper()
	return launchAt(t, freePort(t), settings, args...)
}

func launchAt(t testing.TB, port string, settings map[string]string, args ...string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(filepath.Join(staged(t).Root, stage.Binary), args...), url: "http://127.0.0.1:" + port,
		stdout: &text{}, stderr: &text{}, ended: make(chan struct{})}
	all := sample(t)
	all["FUNCTIONS_CUSTOMHANDLER_PORT"] = port
	for name, value := range settings {
		all[name] = value
	}
	p.cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME")}
	for name, value := range all {
		p.cmd.Env = append(p.cmd.Env, name+"="+value)
	}
	p.cmd.Stdout, p.cmd.Stderr = p.stdout, p.stderr
	must(t, p.cmd.Start())
	go func() {
		defer close(p.ended)
		_ = p.cmd.Wait() // code looks at the state
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		<-p.ended
	})
	return p
}

func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// code waits for the end.
func (p *process) code(t testing.TB) int {
	t.Helper()
	select {
	case <-p.ended:
		return p.cmd.ProcessState.ExitCode()
	case <-time.After(patience):
		t.Fatalf("the handler still runs; it wrote:\n%s%s", p.stdout, p.stderr)
		return 0
	}
}

// get asks once; the error is that nobody listens.
func (p *process) get(path, token string) (answer, error) {
	r, err := http.NewRequest(http.MethodGet, p.url+path, nil)
	if err != nil {
		return answer{}, err
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer a.Body.Close()
	body, err := io.ReadAll(a.Body)
	return answer{a.StatusCode, a.Header, body}, err
}

// await asks until the answer has the status, and fails when the handler ends instead.
func (p *process) await(t testing.TB, path, token string, status int) answer {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		a, err := p.get(path, token)
		if err == nil && a.status == status {
			return a
		}
		select {
		case <-p.ended:
			t.Fatalf("the handler ended:\n%s%s", p.stdout, p.stderr)
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			t.Fatalf("GET %s: %d %s, %v; want %d; the handler wrote:\n%s%s", path, a.status, a.body, err, status, p.stdout, p.stderr)
		}
	}
}

// sampleToken is signed with the sample's key.
func sampleToken(t testing.TB) string {
	t.Helper()
	keys, err := identity.ParseKeys(sample(t)["CASTAD_TOKEN_KEYS"])
	if err != nil {
		t.Fatal(err)
	}
	issuer, err := identity.NewIssuer(keys, identity.DefaultIssuer, identity.DefaultAudience, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	token, err := issuer.Issue(identity.Principal{Tenant: id.New[id.Tenant](time.Now()), User: id.New[id.User](time.Now()), Role: identity.RoleOwner}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return token
}
