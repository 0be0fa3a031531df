package ad

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"castad/shared/id"
	"castad/shared/store"
)

// Watcher tells waiting streams that an ad has moved. One poller per process
// asks for the versions of all watched runs at once, so that a thousand streams
// cost one query a round and no connection between rounds.
type Watcher struct {
	db    *store.Primary
	every time.Duration
	log   *slog.Logger

	mu     sync.Mutex
	runs   map[id.Run]*watched
	wanted chan struct{}
}

// watched is a run's streams, each with the version that it has been told of.
type watched struct {
	streams map[chan struct{}]int
}

// NewWatcher returns a watcher that looks every so often while anything is watched.
func NewWatcher(db *store.Primary, every time.Duration, log *slog.Logger) *Watcher {
	return &Watcher{db: db, every: every, log: log, runs: map[id.Run]*watched{}, wanted: make(chan struct{}, 1)}
}

// Watch returns a channel that gets a value when the run has another version
// than the given one, and whenever it has moved since; stop ends it. Moves that
// come close together give one value. A move between the caller's reading of
// the version and Watch is not lost.
func (w *Watcher) Watch(run id.Run, version int) (moved <-chan struct{}, stop func()) {
	c := make(chan struct{}, 1)
	w.mu.Lock()
	r := w.runs[run]
	if r == nil {
		r = &watched{streams: map[chan struct{}]int{}}
		w.runs[run] = r
	}
	r.streams[c] = version
	w.mu.Unlock()
	select {
	case w.wanted <- struct{}{}:
	default:
	}
	return c, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(r.streams, c)
		if len(r.streams) == 0 && w.runs[run] == r {
			delete(w.runs, run)
		}
	}
}

// Run polls until ctx ends; it sleeps while nothing is watched.
func (w *Watcher) Run(ctx context.Context) {
	tick := time.NewTicker(w.every)
	defer tick.Stop()
	for {
		if w.idle() {
			select {
			case <-ctx.Done():
				return
			case <-w.wanted:
			}
		}
		if err := w.look(ctx); err != nil && ctx.Err() == nil {
			w.log.WarnContext(ctx, "watched ads not read; trying again", "err", err.Error())
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (w *Watcher) idle() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.runs) == 0
}

// look reads the versions of all watched runs, however many, by one query and signals those that changed.
func (w *Watcher) look(ctx context.Context) error {
	ids, err := json.Marshal(w.ids())
	if err != nil {
		return fmt.Errorf("list watched runs: %w", err)
	}
	type seen struct {
		run     id.Run
		version int
	}
	rows, err := store.All(ctx, w.db, `SELECT r.id, r.version
		FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) AS watched STRAIGHT_JOIN pipeline_runs r ON r.id = watched.id
		/* bounded: the runs that this process watches */`,
		func(s *seen) []any { return []any{&s.run, &s.version} }, string(ids))
	if err != nil {
		return fmt.Errorf("read versions: %w", err)
	}
	for _, r := range rows {
		w.signal(r.run, r.version)
	}
	return nil
}

func (w *Watcher) ids() []int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	ids := make([]int64, 0, len(w.runs))
	for run := range w.runs {
		ids = append(ids, int64(run))
	}
	return ids
}

func (w *Watcher) signal(run id.Run, version int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := w.runs[run]
	if r == nil {
		return
	}
	for c, told := range r.streams {
		if told == version {
			continue
		}
		r.streams[c] = version
		select {
		case c <- struct{}{}:
		default:
		}
	}
}
