package ad_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"testing"
	"time"

	"castad/functions/ad"
	"castad/shared/message"
)

func (b *bench) watcher(every time.Duration) *ad.Watcher {
	return ad.NewWatcher(b.db.Primary(), every, slog.New(slog.NewTextHandler(io.Discard, nil)))
}

func (b *bench) look(w *ad.Watcher) {
	b.t.Helper()
	if err := w.Look(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
}

func moved(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func TestOneQueryServesAllStreamsAndTellsOnlyThoseWhoseAdMoved(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	w := b.watcher(time.Hour)
	wish := b.wish(b.place(1))
	var ads []ad.Ad
	streams := map[int][]<-chan struct{}{}
	var stops []func()
	for i := range 3 {
		ads = append(ads, b.start(wish, message.Key(fmt.Sprint(i))))
		for range 100 {
			c, stop := w.Watch(ads[i].Run, ads[i].Version)
			streams[i], stops = append(streams[i], c), append(stops, stop)
		}
	}
	told := func() (n [3]int) {
		for i, all := range streams {
			for _, c := range all {
				if moved(c) {
					n[i]++
				}
			}
		}
		return n
	}
	before := b.taken.Load()
	b.look(w)
	if n := b.taken.Load() - before; n != 1 {
		t.Errorf("300 streams took %d connections", n)
	}
	if n := told(); n != [3]int{} {
		t.Errorf("nothing has moved, yet %v streams were told", n)
	}
	if _, err := b.ads.Cancel(t.Context(), owner, ads[1].ID); err != nil {
		t.Fatal(err)
	}
	b.look(w)
	if n := told(); n != [3]int{0, 100, 0} {
		t.Errorf("the second ad moved; told were %v", n)
	}
	b.look(w)
	if n := told(); n != [3]int{} {
		t.Errorf("told again without a move: %v", n)
	}
	for _, stop := range stops {
		stop()
		stop() // harmless
	}
	if n := w.Watched(); n != 0 {
		t.Errorf("%d ads are still watched", n)
	}
}

// A stream reads, the ad moves, another stream is told of it, and only then the
// first one begins to watch: it must be told too, or it would wait for a move
// that never comes.
func TestAMoveBetweenReadingAndWatchingIsNotLost(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	w := b.watcher(time.Hour)
	a := b.start(b.wish(b.place(1)), "k")
	other, stop := w.Watch(a.Run, a.Version)
	defer stop()
	news, err := b.ads.Events(t.Context(), owner, a.ID, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.ads.Cancel(t.Context(), owner, a.ID); err != nil {
		t.Fatal(err)
	}
	b.look(w)
	if !moved(other) {
		t.Error("the other stream was not told")
	}
	late, stop := w.Watch(news.Run, news.Version)
	defer stop()
	b.look(w)
	if !moved(late) {
		t.Error("the late stream was not told")
	}
	if moved(other) {
		t.Error("the other stream was told twice")
	}
}

func TestManyRunsAreAskedAboutAtOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	w := b.watcher(time.Hour)
	wish := b.wish(b.place(1))
	var streams []<-chan struct{}
	for i := range 17 {
		a := b.start(wish, message.Key(fmt.Sprint(i)))
		c, stop := w.Watch(a.Run, a.Version-1)
		defer stop()
		streams = append(streams, c)
	}
	before := b.taken.Load()
	b.look(w)
	if n := b.taken.Load() - before; n != 1 {
		t.Errorf("%d queries for %d runs", n, len(streams))
	}
	for i, c := range streams {
		if !moved(c) {
			t.Errorf("stream %d was not told", i)
		}
	}
}

// The poller sleeps while nothing is watched, wakes for the first stream and
// ends with its context (TestMain looks for what it leaves behind).
func TestThePollerAsksOnlyWhileSomethingIsWatched(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	w := b.watcher(time.Millisecond)
	a := b.start(b.wish(b.place(1)), "k")
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	before := b.taken.Load()
	go func() { defer close(done); w.Run(ctx) }()
	time.Sleep(30 * time.Millisecond)
	if n := b.taken.Load() - before; n != 0 {
		t.Errorf("%d connections taken for nobody", n)
	}
	c, stop := w.Watch(a.Run, 0)
	select {
	case <-c:
	case <-time.After(20 * time.Second):
		t.Error("the stream was not told")
	}
	stop()
	cancel()
	<-done
}
