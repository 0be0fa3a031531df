package funchost

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Supervisor is the platform around the hosts: one public address, several
// instances behind it in turn, and a new host for each that stopped.
type Supervisor struct {
	app    *App
	opt    Options
	addr   string
	ready  chan struct{}
	done   chan struct{}
	err    error // valid after done
	cancel context.CancelCauseFunc

	mu      sync.Mutex
	hosts   []*Host // by instance; nil between two lives
	turn    int
	waiting int // instances that were never ready
	changed chan struct{}
	deaths  int
}

// longLife resets the growth of RestartDelay.
const longLife = time.Minute

// Supervise listens on addr and keeps instances hosts of the app running until
// ctx ends. It returns once the address is bound; see Ready and Wait. Requests
// go round the instances that are ready; when there is none they wait up to
// AvailabilityTimeout and then get 503 with Retry-After.
func Supervise(ctx context.Context, addr string, instances int, app *App, options Options) (*Supervisor, error) {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen on the public address: %w", err)
	}
	s, err := SuperviseOn(ctx, listener, instances, app, options)
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	return s, nil
}

// SuperviseOn is Supervise on an address that the caller has bound; the listener is
// closed with the supervisor.
func SuperviseOn(ctx context.Context, listener net.Listener, instances int, app *App, options Options) (*Supervisor, error) {
	if instances < 1 {
		return nil, fmt.Errorf("supervise: %d instances, want at least 1", instances)
	}
	prefix := options.Instance
	options = options.withDefaults(app.Config)
	ctx, cancel := context.WithCancelCause(ctx)
	s := &Supervisor{
		app: app, opt: options, addr: listener.Addr().String(), ready: make(chan struct{}), done: make(chan struct{}),
		cancel: cancel, hosts: make([]*Host, instances), waiting: instances, changed: make(chan struct{}),
	}
	go s.run(ctx, listener, prefix)
	return s, nil
}

// Addr is the public address, host:port.
func (s *Supervisor) Addr() string { return s.addr }

// Ready is closed when every instance has been ready once.
func (s *Supervisor) Ready() <-chan struct{} { return s.ready }

// Wait returns when everything has stopped: nil after ctx ended, otherwise why
// the supervisor gave up.
func (s *Supervisor) Wait() error {
	<-s.done
	return s.err
}

// Hosts are the instances that are alive now.
func (s *Supervisor) Hosts() []*Host {
	s.mu.Lock()
	defer s.mu.Unlock()
	var alive []*Host
	for _, h := range s.hosts {
		if h != nil {
			alive = append(alive, h)
		}
	}
	return alive
}

// Deaths is how many hosts stopped by themselves.
func (s *Supervisor) Deaths() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.deaths
}

func (s *Supervisor) run(ctx context.Context, listener net.Listener, prefix string) {
	defer close(s.done)
	var hosts sync.WaitGroup
	for i := range s.hosts {
		name := ""
		if prefix != "" {
			name = prefix + "-" + strconv.Itoa(i)
		}
		hosts.Go(func() { s.keep(ctx, i, name) })
	}
	server := &http.Server{
		Handler: http.HandlerFunc(s.serve), ReadHeaderTimeout: 10 * time.Second,
		ErrorLog: log.New(&lines{emit: func(line string) { s.log(Debug, line) }}, "", 0),
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.cancel(fmt.Errorf("serve the public address: %w", err))
		}
	})
	<-ctx.Done()
	// New connections end here, while the hosts drain what they have.
	bounded, cancel := context.WithTimeout(context.Background(), s.opt.DrainTimeout+time.Second)
	serving.Go(func() {
		if server.Shutdown(bounded) != nil {
			_ = server.Close() // what is left was cut off by its host already
		}
	})
	hosts.Wait()
	serving.Wait()
	cancel()
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) && !errors.Is(cause, context.DeadlineExceeded) {
		s.err = cause
	}
}

// keep runs one instance after another in one place.
func (s *Supervisor) keep(ctx context.Context, place int, name string) {
	delay := s.opt.RestartDelay
	ever := false
	for ctx.Err() == nil {
		options := s.opt
		options.Instance = name
		h := New(s.app, options)
		name = h.opt.Instance // the platform starts the host again on the same machine
		began := time.Now()
		s.put(place, h)
		over := make(chan struct{})
		var watch sync.WaitGroup
		watch.Go(func() {
			select {
			case <-h.Ready():
				s.announce(&ever)
			case <-over:
			}
		})
		err := h.Run(ctx)
		close(over)
		watch.Wait()
		s.put(place, nil)
		if err == nil {
			return
		}
		s.mu.Lock()
		s.deaths++
		s.mu.Unlock()
		if s.opt.GiveUp {
			s.cancel(err)
			return
		}
		if time.Since(began) > longLife {
			delay = s.opt.RestartDelay
		}
		s.log(Warning, fmt.Sprintf("instance %.8s stopped; starting it again in %v", name, delay))
		timer := time.NewTimer(delay)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
		delay = min(2*delay, 30*s.opt.RestartDelay)
	}
}

func (s *Supervisor) put(place int, h *Host) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hosts[place] = h
	s.broadcast()
}

// announce counts an instance's first readiness and wakes waiting requests.
func (s *Supervisor) announce(ever *bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !*ever {
		*ever = true
		if s.waiting--; s.waiting == 0 {
			close(s.ready)
		}
	}
	s.broadcast()
}

func (s *Supervisor) broadcast() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// serve is the platform's front end for one request.
func (s *Supervisor) serve(w http.ResponseWriter, r *http.Request) {
	h := s.pick(r.Context())
	if h == nil {
		w.Header().Set("Retry-After", "5")
		http.Error(w, "The service is unavailable.", http.StatusServiceUnavailable)
		return
	}
	// The right-most entry is the client as the front end saw it, with its port.
	if before := r.Header.Get("X-Forwarded-For"); before != "" {
		r.Header.Set("X-Forwarded-For", before+", "+r.RemoteAddr)
	} else {
		r.Header.Set("X-Forwarded-For", r.RemoteAddr)
	}
	r.Header.Set("X-Forwarded-Proto", "http")
	r.Header.Set("X-Forwarded-Host", r.Host)
	h.Handler().ServeHTTP(w, r)
}

// pick takes the next instance that is up, or waits for one; nil when none came.
func (s *Supervisor) pick(ctx context.Context) *Host {
	limit := time.NewTimer(s.opt.AvailabilityTimeout)
	defer limit.Stop()
	for {
		s.mu.Lock()
		changed := s.changed
		for range s.hosts {
			s.turn = (s.turn + 1) % len(s.hosts)
			if h := s.hosts[s.turn]; h != nil && h.up() {
				s.mu.Unlock()
				return h
			}
		}
		s.mu.Unlock()
		select {
		case <-changed:
		case <-limit.C:
			return nil
		case <-ctx.Done():
			return nil
		}
	}
}

// up says whether the host was ready once and is not going down.
func (h *Host) up() bool {
	select {
	case <-h.ready:
	default:
		return false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.state == Running || h.state == Starting
}

func (s *Supervisor) log(level Level, message string) {
	s.opt.Log(Entry{Time: time.Now(), Level: level, Category: CategoryHost, Message: message})
}
