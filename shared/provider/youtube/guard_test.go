package youtube_test

import (
	"context"
	"sync"
	"testing"

	"castad/shared/provider"
	"castad/shared/provider/providertest"
	"castad/shared/provider/youtube"
	"castad/shared/provider/youtube/youtubetest"

	"github.com/google/go-cmp/cmp"
)

// witness is a guard that lets everything through and writes down how it ended.
type witness struct {
	mu   sync.Mutex
	saw  []string
	last map[int]provider.Verdict
}

func (w *witness) Allow(_ context.Context, a provider.Attempt) (provider.Pass, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	name := a.Op
	if a.Scope != "" {
		name += " of an account"
	}
	w.saw = append(w.saw, name)
	n := len(w.saw) - 1
	return func(o provider.Outcome) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.last[n] = o.Verdict
	}, nil
}

// told returns each call and what was last said of it.
func (w *witness) told() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := make([]string, len(w.saw))
	for i, op := range w.saw {
		out[i] = op + " " + w.last[i].String()
	}
	return out
}

func guarded(t *testing.T, faults ...providertest.Fault) (*world, *witness) {
	t.Helper()
	seen := &witness{last: map[int]provider.Verdict{}}
	w := start(t, youtubetest.Options{}, func(c *youtube.Config) { c.HTTP.Guard = seen })
	w.Next(faults...)
	return w, seen
}

// The day's bucket counts the operation "insert": once for each session, and never for going on.
func TestTheGuardIsToldWhatIsYouTubesHealthAndWhatIsNot(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		faults []providertest.Fault
		want   []string
	}{
		"a film of two chunks":           {nil, []string{"insert healthy", "upload healthy", "upload healthy", "thumbnail of an account healthy", "look healthy"}},
		"the project's quota is used up": {[]providertest.Fault{{Kind: providertest.Code, Op: "insert", Code: "quotaExceeded"}}, []string{"insert healthy"}},
		"the channel's limit is reached": {[]providertest.Fault{{Kind: providertest.Code, Op: "insert", Code: "uploadLimitExceeded"}}, []string{"insert healthy"}},
		"the owner has withdrawn":        {[]providertest.Fault{{Kind: providertest.Code, Op: "insert", Code: "authError"}}, []string{"insert healthy"}},
		"too many calls":                 {[]providertest.Fault{{Kind: providertest.Code, Op: "insert", Code: "rateLimitExceeded"}}, []string{"insert busy"}},
		"a broken server":                {[]providertest.Fault{{Kind: providertest.Status, Op: "upload", Status: 503}}, []string{"insert healthy", "upload sick"}},
		"a session that ended":           {[]providertest.Fault{{Kind: providertest.Expire, Op: "upload"}}, []string{"insert healthy", "upload healthy"}},
		"a rejected film": {[]providertest.Fault{{Kind: providertest.Fail, Op: "insert", Code: "duplicate"}},
			[]string{"insert healthy", "upload healthy", "upload healthy", "thumbnail of an account healthy", "look healthy"}},
		"a list that is none": {[]providertest.Fault{{Kind: providertest.Malformed, Op: "videos"}},
			[]string{"insert healthy", "upload healthy", "upload healthy", "thumbnail of an account healthy", "look sick"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, seen := guarded(t, row.faults...)
			p := w.post(film(unit + 1))
			p.Thumbnail = jpeg
			_, _ = w.c.Publish(t.Context(), p)
			if diff := cmp.Diff(row.want, seen.told()); diff != "" {
				t.Error(diff)
			}
		})
	}
	w, seen := guarded(t, providertest.Fault{Kind: providertest.Drop, Op: "upload"})
	p := w.post(film(unit + 1))
	_, first := w.c.Publish(t.Context(), p)
	_, second := w.c.Publish(t.Context(), p)
	want := []string{"insert healthy", "upload sick", "probe healthy", "upload healthy", "look healthy"}
	if diff := cmp.Diff(want, seen.told()); diff != "" || first == nil || second != nil {
		t.Error(diff, first, second)
	}
}

// A guard that refuses the last chunk has kept it from being sent.
func TestAChunkThatTheGuardHoldsBackWasNotSent(t *testing.T) {
	t.Parallel()
	w := start(t, youtubetest.Options{}, func(c *youtube.Config) { c.HTTP.Guard = closed("upload") })
	p := w.post(film(10))
	if _, err := w.c.Publish(t.Context(), p); classOf(err) != provider.Later || codeOf(err) != "breaker_open" {
		t.Errorf("%v", err)
	}
	if got, err := w.client(t).Publish(t.Context(), p); err != nil || w.only(t).ID != got.ID || w.Inserts() != 1 {
		t.Errorf("%+v %v", got, err)
	}
}

// closed refuses one operation.
type closed string

func (c closed) Allow(_ context.Context, a provider.Attempt) (provider.Pass, error) {
	if a.Op == string(c) {
		return nil, &provider.Error{Provider: a.Vendor, Op: a.Op, Class: provider.Later, Code: "breaker_open"}
	}
	return func(provider.Outcome) {}, nil
}
