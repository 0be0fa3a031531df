package funchost

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"sync"
	"time"
)

// Host is one instance of the app: an HTTP front, the triggers, and one handler
// process at a time.
type Host struct {
	app      *App
	opt      Options
	front    http.Handler
	started  time.Time
	ready    chan struct{} // closed at the first readiness
	once     sync.Once
	restarts chan struct{}
	failed   chan error
	throttle *throttle

	mu         sync.Mutex
	state      State
	job        *job          // the script host that takes requests
	moved      chan struct{} // closed and replaced when job or state changes
	stats      Stats
	portsTaken int
	draining   bool
}

// State is the host's state as /admin/host/status names it.
type State string

// The states that occur.
const (
	Starting State = "Starting"
	Running  State = "Running"
	Stopping State = "Stopping"
	Stopped  State = "Stopped"
)

// Stats count what happened since Run began.
type Stats struct {
	Instance string
	State    State
	PID      int // of the running handler; 0 when there is none
	Port     int // the handler's

	Crashes    int // counted errors
	Restarts   int // not counted: exit 200, function timeouts
	CleanExits int // exit 0: the handler is dead until the host restarts
	Timeouts   int // invocations that met functionTimeout

	Outstanding int // invocations in flight
	Functions   map[string]FunctionStats
}

// FunctionStats count one function's invocations.
type FunctionStats struct {
	Invocations int // started
	Failures    int // failed for the host
	Completed   int // messages settled as done
	Abandoned   int // messages given back
}

// New makes a host for a loaded app.
func New(app *App, options Options) *Host {
	h := &Host{
		app: app, opt: options.withDefaults(app.Config), started: time.Now(),
		ready: make(chan struct{}), restarts: make(chan struct{}, 1), failed: make(chan error, 1),
		state: Starting, moved: make(chan struct{}),
	}
	h.stats.Functions = map[string]FunctionStats{}
	h.throttle = newThrottle(app.Config.MaxOutstandingRequests, app.Config.MaxConcurrentRequests)
	h.front = newFront(h)
	return h
}

// Handler is the host's HTTP front. It answers 503 while Run is not running.
func (h *Host) Handler() http.Handler { return h.front }

// Ready is closed when the handler has listened for the first time and the
// triggers are on.
func (h *Host) Ready() <-chan struct{} { return h.ready }

// Run runs the host until ctx ends (nil), or until it stops itself as the real
// one would (ErrCrashLoop, ErrNotReady). At its return no handler is running:
// triggers stop first, invocations in flight have DrainTimeout to finish, then
// the handler is killed. A host runs once.
func (h *Host) Run(ctx context.Context) error {
	j, err := h.begin(ctx)
	if err != nil {
		h.become(Stopped, nil)
		return err
	}
	for {
		select {
		case <-ctx.Done():
			h.become(Stopping, nil)
			j.stop()
			h.become(Stopped, nil)
			return nil
		case err = <-h.failed:
		case err = <-j.ended:
		case <-h.restarts:
			if j, err = h.replace(ctx, j); err == nil {
				continue
			}
		}
		h.become(Stopping, nil)
		if j != nil {
			j.stop()
		}
		h.become(Stopped, nil)
		if ctx.Err() != nil {
			return nil
		}
		h.log(Error, CategoryHost, "", err.Error())
		return err
	}
}

// begin starts a script host and makes it the one that takes requests. Requests
// that come before the handler is ready wait for it inside.
func (h *Host) begin(ctx context.Context) (*job, error) {
	j, err := newJob(h)
	if err != nil {
		return nil, err
	}
	h.become(Running, j)
	j.workers.Go(func() { h.open(j) })
	return j, nil
}

// open turns the triggers on once the handler listens.
func (h *Host) open(j *job) {
	if err := j.worker.await(j.ctx); err != nil {
		return
	}
	j.listen()
	h.once.Do(func() { close(h.ready) })
}

// replace restarts the script host: sequentially, or with overlap.
func (h *Host) replace(ctx context.Context, old *job) (*job, error) {
	h.log(Information, CategoryHost, "", "restarting the host")
	h.mu.Lock()
	h.draining = false
	h.mu.Unlock()
	if !h.opt.OverlapRestart || h.app.Config.SequentialStart || h.app.Config.Port != 0 {
		h.become(Starting, nil)
		old.stop()
		return h.begin(ctx)
	}
	next, err := newJob(h)
	if err != nil {
		return old, err
	}
	if err := next.worker.await(ctx); err != nil {
		next.stop()
		select {
		case err = <-next.ended:
		default:
		}
		return old, fmt.Errorf("start the new handler: %w", err)
	}
	h.become(Running, next)
	next.listen()
	old.stop()
	return next, nil
}

// Restart asks for a restart of the script host, as a changed function.json or
// POST /admin/host/restart does. It returns at once.
func (h *Host) Restart() {
	select {
	case h.restarts <- struct{}{}:
	default: // one is pending already
	}
}

// Drain stops the triggers without touching what is running, as the platform
// does before it takes an instance away. HTTP stays open.
func (h *Host) Drain() {
	h.mu.Lock()
	h.draining = true
	j := h.job
	h.mu.Unlock()
	if j != nil {
		j.mute()
	}
}

// KillHandler sends SIGKILL to the running handler, as the kernel does when
// memory runs out: for the host it is a crash like any other. It reports
// whether there was a handler.
func (h *Host) KillHandler() bool {
	h.mu.Lock()
	j := h.job
	h.mu.Unlock()
	if j == nil {
		return false
	}
	p := j.worker.running()
	return p != nil && p.kill(false)
}

// Stats are a snapshot.
func (h *Host) Stats() Stats {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.stats
	s.Instance, s.State = h.opt.Instance, h.state
	s.Functions = maps.Clone(h.stats.Functions)
	if h.job != nil {
		s.Port = h.job.worker.port
		if p := h.job.worker.running(); p != nil {
			s.PID = p.pid()
		}
	}
	return s
}

func (h *Host) note(change func(*Stats)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	change(&h.stats)
}

func (h *Host) noteFunction(name string, change func(*FunctionStats)) {
	h.note(func(s *Stats) {
		f := s.Functions[name]
		change(&f)
		s.Functions[name] = f
	})
}

// fail makes Run stop the host.
func (h *Host) fail(err error) {
	select {
	case h.failed <- err:
	default: // it is stopping already
	}
}

func (h *Host) become(state State, j *job) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.state, h.job = state, j
	close(h.moved)
	h.moved = make(chan struct{})
}

// errUnavailable is answered while no script host takes requests.
var errUnavailable = errors.New("function host is not running")

// acquire waits for a script host and books one invocation on it; the caller
// must release it.
func (h *Host) acquire(ctx context.Context) (*job, error) {
	limit := time.NewTimer(h.opt.AvailabilityTimeout)
	defer limit.Stop()
	for {
		h.mu.Lock()
		j, state, moved := h.job, h.state, h.moved
		if j != nil && j.book() {
			h.mu.Unlock()
			return j, nil
		}
		h.mu.Unlock()
		if state == Stopping || state == Stopped {
			return nil, errUnavailable
		}
		select {
		case <-moved:
		case <-limit.C:
			return nil, errUnavailable
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (h *Host) log(level Level, category, invocation, message string) {
	h.opt.Log(Entry{Time: time.Now(), Level: level, Category: category, Instance: h.opt.Instance, Invocation: invocation, Message: message})
}
