package instagram_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"castad/shared/provider"
	"castad/shared/provider/instagram"
	"castad/shared/provider/instagram/instagramtest"
	"castad/shared/provider/providertest"
)

func TestAContainerThatEndsIsReplaced(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]struct {
		class      string
		containers int
	}{
		"EXPIRED": {"ok", 2}, "2207053": {"ok", 2}, "2207001": {"ok", 2}, "2207082": {"ok", 2}, "2209999": {"ok", 2}, "2207052": {"ok", 2}, "2207003": {"ok", 2},
		"2207026": {"bad_result", 1}, "2207085": {"bad_result", 1}, "2207050": {"user_fault", 1},
	} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			w := start(t, instagramtest.Options{})
			w.Next(providertest.Fault{Kind: providertest.Fail, Op: "container", Code: code})
			posted, _, err := w.rounds(t, w.post(&pad{}))
			if classOf(err) != want.class || w.Asked("container") != want.containers {
				t.Fatalf("%v, %d containers", err, w.Asked("container"))
			}
			if err == nil {
				w.once(t, posted, err)
			}
		})
	}
}

func TestAContainerThatWaitedADayIsReplaced(t *testing.T) {
	t.Parallel()
	w := start(t, instagramtest.Options{})
	p := w.post(&pad{})
	if _, err := w.client.Publish(t.Context(), p); classOf(err) != "not_yet" {
		t.Fatal(err)
	}
	w.pass(24 * time.Hour)
	posted, _, err := w.rounds(t, p)
	w.once(t, posted, err)
	if w.Asked("container") != 2 {
		t.Errorf("%d containers", w.Asked("container"))
	}
}

func TestContainersAreNotMadeForEver(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{"2207053": "failed", "2207052": "our_fault", "EXPIRED": "failed"} {
		w := start(t, instagramtest.Options{})
		notes := &pad{}
		w.Next(providertest.Fault{Kind: providertest.Fail, Op: "container", Code: code, Times: 5})
		_, _, err := w.rounds(t, w.post(notes))
		if classOf(err) != want || w.Asked("container") != 5 {
			t.Errorf("%s: %v, %d containers", code, err, w.Asked("container"))
		}
		posted, _, err := w.rounds(t, w.post(notes)) // the owner tries again
		w.once(t, posted, err)
	}
}

func TestAFilmThatCannotBeFetchedIsFetchedFromItsNewAddress(t *testing.T) {
	t.Parallel()
	w := start(t, instagramtest.Options{})
	p := w.post(&pad{})
	p.VideoURL = w.media + "/expired.mp4" // 404
	if _, err := w.client.Publish(t.Context(), p); classOf(err) != "not_yet" {
		t.Fatal(err)
	}
	w.Settle()
	if c := w.Containers()[0]; c.Problem != 2207052 {
		t.Fatalf("%+v", c)
	}
	p.VideoURL = w.media + "/film.mp4" // each round is given a fresh one
	posted, _, err := w.rounds(t, p)
	w.once(t, posted, err)
}

func TestAWebPageForAFilmIsABadResult(t *testing.T) {
	t.Parallel()
	w := start(t, instagramtest.Options{})
	p := w.post(&pad{})
	p.VideoURL = w.media + "/page"
	if _, _, err := w.rounds(t, p); classOf(err) != "bad_result" || w.Asked("publish") != 0 {
		t.Errorf("%v", err)
	}
}

func TestTheDailyLimitIsReadBeforeAContainerIsMade(t *testing.T) {
	t.Parallel()
	w := start(t, instagramtest.Options{Quota: 2})
	for range 2 {
		if _, _, err := w.rounds(t, w.post(&pad{})); err != nil {
			t.Fatal(err)
		}
	}
	p := w.post(&pad{})
	_, _, err := w.rounds(t, p)
	var e *provider.Error
	if !errors.As(err, &e) || e.Class != provider.RateLimited || e.RetryAfter != time.Hour || w.Asked("container") != 2 {
		t.Fatalf("%v, %d containers", err, w.Asked("container"))
	}
	w.pass(24 * time.Hour)
	if _, _, err := w.rounds(t, p); err != nil || len(w.Reels()) != 3 {
		t.Errorf("the next day: %v", err)
	}
}

func TestTheDailyLimitMayFillBetweenContainerAndPublish(t *testing.T) {
	t.Parallel()
	w := start(t, instagramtest.Options{})
	p := w.post(&pad{})
	err := w.until(t, p, providertest.Fault{Kind: providertest.Status, Status: 403, Code: "9/2207042"})
	var e *provider.Error
	if !errors.As(err, &e) || e.Class != provider.RateLimited || e.RetryAfter != time.Hour {
		t.Fatalf("%v", err)
	}
	w.pass(e.RetryAfter)
	posted, n, err := w.rounds(t, p)
	w.once(t, posted, err)
	if n != 1 || w.Asked("container") != 1 {
		t.Errorf("%d rounds, %d containers: it was known not to be live", n, w.Asked("container"))
	}
}

// Meta says "does not exist" of containers that do.
func TestADeniedContainerIsNotBelievedAtOnce(t *testing.T) {
	t.Parallel()
	w := start(t, instagramtest.Options{})
	denial := providertest.Fault{Kind: providertest.Status, Op: "status", Status: 400, Code: "100/33", Times: 2}
	w.Next(denial)
	posted, _, err := w.rounds(t, w.post(&pad{}))
	w.once(t, posted, err)
	if w.Asked("container") != 1 {
		t.Errorf("%d containers after two denials", w.Asked("container"))
	}
	denial.Times = 3
	w.Next(denial)
	if _, _, err := w.rounds(t, w.post(&pad{})); err != nil || w.Asked("container") != 3 {
		t.Errorf("%v, %d containers after three", err, w.Asked("container"))
	}
}

// ward is a guard that allows everything and remembers the last word on each operation.
type ward struct {
	mu     sync.Mutex
	scopes map[string]string
	said   map[string]provider.Verdict
}

func (g *ward) Allow(_ context.Context, a provider.Attempt) (provider.Pass, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.scopes[a.Op] = a.Scope
	return func(o provider.Outcome) {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.said[a.Op] = o.Verdict
	}, nil
}

// A breaker that opened for films that are not ready would stop every account.
func TestWhatAContainerSaysIsNotMetasHealth(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]provider.Verdict{"9007/2207027": provider.Healthy, "-2/2207008": provider.Healthy, "190": provider.Healthy,
		"9/2207042": provider.Busy, "-1/2207001": provider.Sick} {
		w := start(t, instagramtest.Options{})
		g := &ward{scopes: map[string]string{}, said: map[string]provider.Verdict{}}
		w.client = w.clientWith(t, instagram.Config{HTTP: provider.HTTP{Guard: g}})
		w.Next(providertest.Fault{Kind: providertest.Status, Op: "publish", Status: 400, Code: code})
		notes := &pad{}
		for range 2 { // made, published
			w.Settle()
			_, _ = w.client.Publish(t.Context(), w.post(notes)) // what becomes of it is other tests' business
		}
		if g.said["publish"] != want || g.said["container"] != provider.Healthy {
			t.Errorf("%s: publish is %v, container %v", code, g.said["publish"], g.said["container"])
		}
		for _, op := range []string{"limit", "container", "status", "list", "publish"} {
			if g.scopes[op] != w.account {
				t.Errorf("%s counts for %q", op, g.scopes[op])
			}
		}
	}
}

func TestAContainerThatIsInProgressForEverIsAskedUntilItExpires(t *testing.T) {
	t.Parallel()
	w := start(t, instagramtest.Options{})
	w.Next(providertest.Fault{Kind: providertest.Never, Op: "container"})
	p := w.post(&pad{})
	for hour := range 24 {
		if _, err := w.client.Publish(t.Context(), p); classOf(err) != "not_yet" || w.Asked("container") != 1 || w.Asked("publish") != 0 {
			t.Fatalf("hour %d: %v, %d containers, %d asked to be published", hour, err, w.Asked("container"), w.Asked("publish"))
		}
		w.pass(time.Hour)
	}
	posted, _, err := w.rounds(t, p)
	w.once(t, posted, err)
	if w.Asked("container") != 2 {
		t.Errorf("%d containers", w.Asked("container"))
	}
}
