package funchost

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// handlerBinary is testdata/handler, compiled once.
var handlerBinary string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "funchost-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	handlerBinary = filepath.Join(dir, "handler")
	build := exec.Command("go", "build", "-o", handlerBinary, "./testdata/handler")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "compile testdata/handler: %v\n%s", err, output)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(dir)
	if code == 0 {
		if err := goleak.Find(goleak.IgnoreTopFunction("net/http.(*persistConn).readLoop"), goleak.IgnoreTopFunction("net/http.(*persistConn).writeLoop")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// patience is how long a test waits for something that must happen; it is never
// waited for when all is well.
const patience = 20 * time.Second

const (
	proxyMode   = `"enableProxyingHttpRequest":true,"enableForwardingHttpRequest":true`
	forwardMode = `"enableForwardingHttpRequest":true`
	plainMode   = `"enableProxyingHttpRequest":false`

	webBinding   = `{"bindings":[{"type":"httpTrigger","direction":"in","name":"req","authLevel":"anonymous","route":"t/{*what}"},{"type":"http","direction":"out","name":"res"}]}`
	queueBinding = `{"bindings":[{"type":"serviceBusTrigger","direction":"in","name":"job","queueName":"work","connection":"BUS","dataType":"binary"}]}`
)

// site is an app root under construction.
type site struct {
	t         *testing.T
	mode      string            // customHandler flags
	extra     string            // further keys of customHandler.description, with a leading comma
	rest      string            // further root keys of host.json, with a leading comma
	functions map[string]string // function.json by name
	env       []string
	starts    string // what the handler does at its starts
}

// load writes the app root and loads it.
func (s site) load() *App {
	s.t.Helper()
	root := s.t.TempDir()
	if s.mode == "" {
		s.mode = proxyMode
	}
	if s.functions == nil {
		s.functions = map[string]string{"web": webBinding}
	}
	put(s.t, filepath.Join(root, "host.json"), fmt.Sprintf(`{"version":"2.0","extensionBundle":{"id":"b","version":"[4.*, 5.0.0)"},`+
		`"customHandler":{"description":{"defaultExecutablePath":%q%s},%s}%s}`, handlerBinary, s.extra, s.mode, s.rest))
	for name, text := range s.functions {
		put(s.t, filepath.Join(root, name, "function.json"), text)
	}
	put(s.t, filepath.Join(root, "starts"), s.starts)
	app, err := Load(root, append([]string{"PATH=" + os.Getenv("PATH"), "BUS=Endpoint=sb://bus.test/;SharedAccessKeyName=n;SharedAccessKey=k",
		"JOURNAL=" + filepath.Join(root, "journal"), "STARTS=" + filepath.Join(root, "starts")}, s.env...))
	if err != nil {
		s.t.Fatal(err)
	}
	return app
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// entry is one line of the handler's journal.
type entry struct {
	Event, Instance, Port, Dir, Function, ID string
	PID                                      int
	Args, Env                                []string
	Headers                                  map[string]string
	Body                                     json.RawMessage
}

// journal reads what the handlers of an app did so far, by event ("" for all).
func journal(t *testing.T, app *App, event string) []entry {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(app.Root, "journal"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	var entries []entry
	for line := range strings.Lines(string(text)) {
		var e entry
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			if !strings.HasSuffix(line, "\n") {
				break // being written
			}
			t.Fatal(err)
		}
		if event == "" || e.Event == event {
			entries = append(entries, e)
		}
	}
	return entries
}

// eventually waits until a condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain until %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// records collects log entries.
type records struct {
	mu   sync.Mutex
	list []Entry
}

func (r *records) add(e Entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = append(r.list, e)
}

// find returns the entries whose message contains text.
func (r *records) find(text string) []Entry {
	r.mu.Lock()
	defer r.mu.Unlock()
	var found []Entry
	for _, e := range r.list {
		if strings.Contains(e.Message, text) {
			found = append(found, e)
		}
	}
	return found
}

func (r *records) dump(t *testing.T) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.list {
		t.Logf("%s %s: %s", e.Level, e.Category, e.Message)
	}
}

// running is a host that runs during a test, behind a server.
type running struct {
	*Host
	app    *App
	logs   *records
	url    string
	cancel context.CancelFunc
	err    error
	done   chan struct{}
}

// runHost starts a host; the test's end stops it.
func runHost(t *testing.T, app *App, options Options) *running {
	t.Helper()
	r := &running{app: app, logs: &records{}, done: make(chan struct{})}
	options.Log = r.logs.add
	if options.Dial == nil {
		options.Dial = func(string) (Broker, error) { return nil, errors.New("this test has no broker") }
	}
	r.Host = New(app, options)
	ctx, cancel := context.WithCancel(context.Background())
	r.cancel = cancel
	go func() {
		defer close(r.done)
		r.err = r.Run(ctx)
	}()
	server := httptest.NewServer(r.Handler())
	r.url = server.URL
	t.Cleanup(func() {
		cancel()
		<-r.done
		server.CloseClientConnections()
		server.Close()
		if t.Failed() {
			r.logs.dump(t)
		}
	})
	return r
}

// up waits for readiness.
func (r *running) up(t *testing.T) *running {
	t.Helper()
	select {
	case <-r.Ready():
	case <-r.done:
		t.Fatalf("the host stopped before it was ready: %v", r.err)
	case <-time.After(patience):
		r.logs.dump(t)
		t.Fatal("the host did not become ready")
	}
	return r
}

// ended waits until Run has returned.
func (r *running) ended(t *testing.T) error {
	t.Helper()
	select {
	case <-r.done:
		return r.err
	case <-time.After(patience):
		t.Fatal("the host did not stop")
		return nil
	}
}

// answer is a response, read to its end.
type answer struct {
	status int
	header http.Header
	body   string
}

// heard is what the handler's echo saw.
type heard struct {
	Method, URI, Body, Instance string
	Headers                     map[string]string
	Length                      int64
	PID                         int
}

func (a answer) echo(t *testing.T) heard {
	t.Helper()
	var h heard
	if err := json.Unmarshal([]byte(a.body), &h); err != nil {
		t.Fatalf("status %d, body %q: %v", a.status, a.body, err)
	}
	return h
}

func send(t *testing.T, method, url string, body io.Reader, headers ...string) answer {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Add(headers[i], headers[i+1])
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{DisableKeepAlives: true, DisableCompression: true}}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, string(text)}
}

func contains(list []string, item string) bool { return slices.Contains(list, item) }
