package funchost

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/google/uuid"
)

// The host's crash rule: errors form a chain while each comes at most
// crashWindow after the one before; the crashLimit-th error of a chain stops
// the host.
const (
	crashLimit  = 3
	crashWindow = 30 * time.Minute
)

// pollEvery is the pause between two readiness requests.
const pollEvery = 25 * time.Millisecond

// ErrCrashLoop is returned by Run when the handler failed three times in a
// chain: the host process would exit, and the platform would start another.
var ErrCrashLoop = errors.New("exceeded http worker restart retry count: the handler failed three times within 30 minutes of each other, shutting down the host")

// ErrNotReady is returned by Run when an invocation waited longer than four
// times initializationTimeout for the handler.
var ErrNotReady = errors.New("the handler did not become ready in time, shutting down the host")

// errStopped ends waits when the script host stops.
var errStopped = errors.New("the function host is stopping")

// phase is what the dispatcher does with invocations.
type phase int

const (
	starting phase = iota // wait
	ready                 // call
	dead                  // exit 0: call, and fail with connection refused
	stopped               // fail
)

// worker keeps one handler running on one port: the life of a script host.
type worker struct {
	host      *Host
	port      int
	transport *http.Transport

	mu       sync.Mutex
	phase    phase
	changed  chan struct{} // closed and replaced when phase or current changes
	current  *process
	failures []time.Time
}

func newWorker(h *Host) (*worker, error) {
	port := h.app.Config.Port
	if port == 0 {
		var err error
		if port, err = freePort(); err != nil {
			return nil, err
		}
	}
	dialer := &net.Dialer{Timeout: 5 * time.Second}
	return &worker{host: h, port: port, changed: make(chan struct{}), transport: &http.Transport{
		DialContext:         dialer.DialContext,
		DisableCompression:  true, // the handler sees the client's Accept-Encoding, the client the handler's bytes
		MaxIdleConnsPerHost: 256,
		IdleConnTimeout:     90 * time.Second,
	}}, nil
}

// Handlers' ports lie below those that systems give out by themselves (32768 and
// up on Linux): a handler is slow to bind its port, and until then any program
// that listens on port 0 could be given it and be taken for the handler.
const firstPort, lastPort = 10_000, 32_000

// freePort binds, reads the number and closes, as the host does; another
// program may take the port in between, which the handler then reports by
// exiting. Two hosts of one process are not given the same port.
func freePort() (int, error) {
	given.Lock()
	defer given.Unlock()
	var last error
	for range 100 {
		port := firstPort + rand.IntN(lastPort-firstPort)
		if given.ports[port] {
			continue
		}
		listener, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port))
		if err != nil {
			last = err
			continue
		}
		given.ports[port] = true
		return port, listener.Close()
	}
	return 0, fmt.Errorf("find a free port: %w", errors.Join(errors.New("a hundred were taken"), last))
}

// given are the ports that this process has given out.
var given = struct {
	sync.Mutex
	ports map[int]bool
}{ports: map[int]bool{}}

func (w *worker) base() string { return "http://127.0.0.1:" + strconv.Itoa(w.port) }

// run starts the handler, and starts it again as the rules say, until ctx ends
// (nil) or the crash rule ends it (ErrCrashLoop). The handler is dead when run
// returns.
func (w *worker) run(ctx context.Context) error {
	defer w.transport.CloseIdleConnections()
	defer w.set(stopped, nil)
	for {
		ending := w.once(ctx)
		if ctx.Err() != nil {
			return nil
		}
		switch {
		case ending.clean:
			w.host.note(func(s *Stats) { s.CleanExits++ })
			w.set(dead, nil)
			w.host.log(Error, CategoryHost, "", "the handler exited with code 0: the host does not restart it, and every invocation fails from now on")
			<-ctx.Done()
			return nil
		case !ending.counted:
			w.host.note(func(s *Stats) { s.Restarts++ })
			w.host.log(Warning, CategoryHost, "", "restarting the handler, not counted as an error: "+ending.reason)
		default:
			w.host.note(func(s *Stats) { s.Crashes++ })
			w.host.log(Error, CategoryHost, "", "the handler failed: "+ending.reason)
			if w.addFailure(time.Now()) >= crashLimit {
				return ErrCrashLoop
			}
		}
		w.set(starting, nil)
	}
}

// addFailure extends the chain of errors and returns its length.
func (w *worker) addFailure(now time.Time) int {
	if n := len(w.failures); n > 0 && now.Sub(w.failures[n-1]) > crashWindow {
		w.failures = nil
	}
	w.failures = append(w.failures, now)
	return len(w.failures)
}

// ending is how one run of the handler ended.
type ending struct {
	clean   bool // exit 0
	counted bool // goes into the chain of errors
	reason  string
}

// once starts the handler, waits until it is ready, and then until it ends.
func (w *worker) once(ctx context.Context) ending {
	if err := w.host.opt.Faults.slowStart(ctx); err != nil {
		return ending{}
	}
	release := w.host.takePort(w.port)
	p, err := start(w.launch())
	if err != nil {
		release()
		return ending{counted: true, reason: err.Error()}
	}
	w.set(starting, p)
	w.host.log(Debug, CategoryHost, "", fmt.Sprintf("started the handler, pid %d, port %d", p.pid(), w.port))
	late := w.waitReady(ctx, p)
	release()
	switch {
	case late == nil:
		w.set(ready, p)
		select {
		case <-p.exited:
		case <-ctx.Done():
			p.kill(true)
		}
	case !errors.Is(late, errExited):
		p.kill(true)
	}
	<-p.exited
	code, reason, expected := p.exit()
	switch {
	case errors.Is(late, errSlow):
		return ending{counted: true, reason: late.Error()}
	case expected:
		return ending{reason: "it was stopped by the host"}
	case code == 0:
		return ending{clean: true}
	case code == 200:
		return ending{reason: reason}
	}
	return ending{counted: true, reason: reason}
}

func (w *worker) launch() launch {
	app := w.host.app
	dir := app.Root
	if d := app.Settings.expand(app.Config.WorkingDir); d != "" {
		if dir = d; !filepath.IsAbs(d) {
			dir = filepath.Join(app.Root, d)
		}
	}
	port, id := strconv.Itoa(w.port), uuid.NewString()
	return launch{
		path: app.executable, dir: dir, arguments: app.Settings.expand(app.Config.Arguments),
		env: app.Settings.Environ(
			"FUNCTIONS_CUSTOMHANDLER_PORT="+port, "FUNCTIONS_HTTPWORKER_PORT="+port,
			"FUNCTIONS_CUSTOMHANDLER_WORKER_ID="+id, "FUNCTIONS_HTTPWORKER_ID="+id,
			"FUNCTIONS_APP_ROOT_PATH="+app.Root, "WEBSITE_INSTANCE_ID="+w.host.opt.Instance),
		stderrIsError: app.Config.StderrIsError,
		console:       func(level Level, category, line string) { w.host.log(level, category, "", line) },
	}
}

// errSlow means that the handler did not listen within initializationTimeout.
var errSlow = errors.New("the handler did not answer GET / within initializationTimeout")

// errExited means that the handler ended before it listened.
var errExited = errors.New("the handler exited before it was ready")

// waitReady asks GET / until anything answers, whatever the status. The error
// is errExited, errSlow or the cause of ctx's end.
func (w *worker) waitReady(ctx context.Context, p *process) error {
	ctx, cancel := context.WithTimeoutCause(ctx, w.host.opt.InitializationTimeout, errSlow)
	defer cancel()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		asked := make(chan error, 1)
		go func() { asked <- ping(ctx, client, w.base()+"/") }()
		select {
		case err := <-asked:
			if err == nil {
				return nil
			}
		case <-p.exited:
			return errExited
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		select {
		case <-tick.C:
		case <-p.exited:
			return errExited
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func ping(ctx context.Context, client *http.Client, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	_, _ = io.CopyN(io.Discard, response.Body, 1<<10)
	return response.Body.Close()
}

func (w *worker) set(next phase, p *process) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.phase, w.current = next, p
	close(w.changed)
	w.changed = make(chan struct{})
}

// await blocks until the handler may be called. A handler that exited with 0
// may be: the call then fails with connection refused.
func (w *worker) await(ctx context.Context) error {
	limit := time.NewTimer((crashLimit + 1) * w.host.opt.InitializationTimeout)
	defer limit.Stop()
	for {
		w.mu.Lock()
		now, changed := w.phase, w.changed
		w.mu.Unlock()
		switch now {
		case ready, dead:
			return nil
		case stopped:
			return errStopped
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-limit.C:
			w.host.fail(ErrNotReady)
			return ErrNotReady
		}
	}
}

// running returns the current process, nil when there is none.
func (w *worker) running() *process {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.current
}
