package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"castad/shared/store"
)

const (
	// openers is how many clients order ads and open streams at the same time.
	openers = 8
	// settle is how long nothing happens before something is read, and calm how long queries are counted.
	settle = 3 * time.Second
	calm   = 5 * time.Second
	// hearing bounds how long an event may take before the program gives up.
	hearing = 30 * time.Second
)

// stream is an open stream of one ad.
type stream struct {
	ad    string
	heard chan time.Time // when the next event came
}

func (w *world) measure(ctx context.Context) (measured, error) {
	m := measured{streams: w.o.n + w.o.rounds*w.o.events}
	w.say("ordering %d ads through A", m.streams)
	ads, err := w.order(ctx, m.streams)
	if err != nil {
		return m, err
	}
	// B's pools open as many connections as so many clients need, streams or not.
	if err := each(len(ads), func(i int) error {
		status, _, err := w.ask(ctx, http.MethodGet, w.b.url+"/api/v1/ads/"+ads[i], "", "", nil)
		if err == nil && status != http.StatusOK {
			err = fmt.Errorf("an ad is answered with %d", status)
		}
		return err
	}); err != nil {
		return m, err
	}
	if m.before, err = w.look(ctx); err != nil {
		return m, err
	}
	w.say("opening %d streams on B", m.streams)
	ctx, cancel := context.WithCancel(ctx)
	var readers sync.WaitGroup
	defer readers.Wait()
	defer cancel()
	streams, err := w.open(ctx, ads, &readers)
	if err != nil {
		return m, err
	}
	if m.with, err = w.look(ctx); err != nil {
		return m, err
	}
	for r := range w.o.rounds {
		w.say("round %d of %d", r+1, w.o.rounds)
		took, err := w.round(ctx, streams[r*w.o.events:(r+1)*w.o.events])
		if err != nil {
			return m, err
		}
		m.rounds = append(m.rounds, took)
	}
	return m, nil
}

// each runs do for 0 to n-1, a few at a time, and returns the first error.
func each(n int, do func(i int) error) error {
	next := make(chan int)
	failed := make(chan error, openers)
	var all sync.WaitGroup
	for range openers {
		all.Go(func() {
			var err error
			for i := range next {
				if err == nil {
					err = do(i)
				}
			}
			failed <- err
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	all.Wait()
	close(failed)
	var first error
	for err := range failed {
		first = errors.Join(first, err)
	}
	return first
}

// order makes a place with a photo, and n ads of it.
func (w *world) order(ctx context.Context, n int) ([]string, error) {
	photos, err := filepath.Glob(filepath.Join(w.o.root, "docs", "sample", "photos", "*.jpg"))
	if err != nil || len(photos) == 0 {
		return nil, errors.New("there are no sample photos")
	}
	photo, err := os.ReadFile(photos[0])
	if err != nil {
		return nil, err
	}
	place, err := w.make(ctx, "/places", "application/json", "place", []byte(`{"name":"돌담골목 칼국수","area":"을지로","menu":[{"name":"칼국수","won":9000}]}`))
	if err != nil {
		return nil, err
	}
	if _, err := w.make(ctx, "/places/"+place+"/photos", "image/jpeg", "", photo); err != nil {
		return nil, err
	}
	ads := make([]string, n)
	wish := []byte(`{"place":"` + place + `","publish":"none"}`)
	return ads, each(n, func(i int) error {
		var err error
		ads[i], err = w.make(ctx, "/ads", "application/json", "ad-"+strconv.Itoa(i), wish)
		return err
	})
}

// open opens a stream of each ad on B, each as another user, of whom one may not have so
// many, and waits until each has said what there is.
func (w *world) open(ctx context.Context, ads []string, readers *sync.WaitGroup) ([]*stream, error) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1}}
	all := make([]*stream, len(ads))
	return all, each(len(ads), func(i int) error {
		s := &stream{ad: ads[i], heard: make(chan time.Time, 16)}
		all[i] = s
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, w.b.url+"/api/v1/ads/"+s.ad+"/events", nil)
		if err != nil {
			return err
		}
		token, err := w.somebody()
		if err != nil {
			return err
		}
		r.Header.Set("Authorization", "Bearer "+token)
		a, err := client.Do(r)
		if err != nil {
			return err
		}
		if a.StatusCode != http.StatusOK {
			return errors.Join(fmt.Errorf("a stream is answered with %d", a.StatusCode), a.Body.Close())
		}
		readers.Go(func() {
			defer a.Body.Close()
			for lines := bufio.NewScanner(a.Body); lines.Scan(); {
				if lines.Text() == "event: change" {
					select {
					case s.heard <- time.Now():
					default: // nobody waits for so many
					}
				}
			}
		})
		_, err = s.next(ctx)
		return err
	})
}

func (s *stream) next(ctx context.Context) (time.Time, error) {
	limit := time.NewTimer(hearing)
	defer limit.Stop()
	select {
	case at := <-s.heard:
		return at, nil
	case <-limit.C:
		return time.Time{}, fmt.Errorf("the stream of %s has heard nothing for %v", s.ad, hearing)
	case <-ctx.Done():
		return time.Time{}, ctx.Err()
	}
}

// round cancels ads through A, one after another, and says how long B's streams took to hear.
func (w *world) round(ctx context.Context, streams []*stream) ([]time.Duration, error) {
	var took []time.Duration
	for _, s := range streams {
		for len(s.heard) > 0 {
			<-s.heard // what was there when it was opened
		}
		begun := time.Now()
		status, text, err := w.ask(ctx, http.MethodPost, w.a.url+"/api/v1/ads/"+s.ad+"/cancel", "", "", nil)
		if err != nil {
			return nil, err
		}
		if status/100 != 2 {
			return nil, fmt.Errorf("a cancel is answered with %d: %s", status, text)
		}
		at, err := s.next(ctx)
		if err != nil {
			return nil, err
		}
		took = append(took, at.Sub(begun))
	}
	slices.Sort(took)
	return took, nil
}

// look reads what B and the database show while nothing happens.
func (w *world) look(ctx context.Context) (cost, error) {
	if err := wait(ctx, settle); err != nil {
		return cost{}, err
	}
	before, err := w.status(ctx, "Queries")
	if err != nil {
		return cost{}, err
	}
	begun := time.Now()
	if err := wait(ctx, calm); err != nil {
		return cost{}, err
	}
	after, err := w.status(ctx, "Queries")
	if err != nil {
		return cost{}, err
	}
	c := cost{queries: float64(after-before) / time.Since(begun).Seconds()}
	connected, err := w.status(ctx, "Threads_connected")
	if err != nil {
		return cost{}, err
	}
	c.connections = int(connected)
	c.rss, err = rss(w.b.cmd.Process.Pid)
	return c, err
}

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// status is one of the server's counters.
func (w *world) status(ctx context.Context, name string) (int64, error) {
	type row struct {
		name  string
		value int64
	}
	r, err := store.One(ctx, w.db.Primary(), `SHOW GLOBAL STATUS WHERE Variable_name = ?`, func(r *row) []any { return []any{&r.name, &r.value} }, name)
	return r.value, err
}

// rss is a process's resident memory in bytes.
func rss(pid int) (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return kb << 10, err
		}
	}
	return 0, errors.New("the kernel does not tell the resident memory")
}
