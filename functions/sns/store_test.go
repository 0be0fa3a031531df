package sns_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"castad/functions/ad"
	"castad/functions/sns"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/message"
	"castad/shared/outbox"
	"castad/shared/pipeline"
	"castad/shared/seal"
	"castad/shared/seal/sealtest"
	"castad/shared/store"
	"castad/shared/store/storetest"

	"github.com/google/go-cmp/cmp"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// recipe is one publication on each of two channels.
type recipe struct{}

func (recipe) Steps(json.RawMessage) ([]pipeline.Plan, error) {
	return []pipeline.Plan{{No: 1, Kind: message.Publish, Policy: pipeline.Once, Provider: "youtube"},
		{No: 2, Kind: message.Publish, Policy: pipeline.Once, Provider: "instagram"}}, nil
}

func (recipe) Input(_ json.RawMessage, p pipeline.Plan, _ map[int]json.RawMessage) (any, error) {
	return message.SnsPublish{Ad: 5, Channel: p.Provider, Account: 9, Title: "t", Privacy: "unlisted"}, nil
}

// recipes are that of a post which was ordered by itself, and this one for other runs.
type recipes struct {
	recipe
	posts ad.Recipe
}

func (r recipes) Steps(order json.RawMessage) ([]pipeline.Plan, error) {
	if bytes.Contains(order, []byte(`"post"`)) {
		return r.posts.Steps(order)
	}
	return r.recipe.Steps(order)
}

func (r recipes) Input(order json.RawMessage, p pipeline.Plan, out map[int]json.RawMessage) (any, error) {
	if bytes.Contains(order, []byte(`"post"`)) {
		return r.posts.Input(order, p, out)
	}
	return r.recipe.Input(order, p, out)
}

// bench is the publications' store and a run that publishes on two channels.
type bench struct {
	t  *testing.T
	db *store.Primary
	// replica shares its server.
	replica *store.Replica
	eng     *pipeline.Engine
	posts   *sns.Store
	vault   *seal.Sealer
	run     id.Run

	mu    sync.Mutex
	clock time.Time
}

func newBench(t *testing.T, opts ...storetest.Option) *bench {
	t.Helper()
	db := storetest.Open(t, opts...)
	b := &bench{t: t, db: db.Primary(), replica: db.Replica(), clock: time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)}
	o := outbox.New(outbox.Config{DB: b.db, Now: b.now})
	b.eng = pipeline.New(pipeline.Config{DB: b.db, Outbox: o, Recipe: recipes{}, Rules: pipeline.DefaultRules(), Now: b.now})
	b.vault = sealtest.Sealer(b.now, "t")
	b.posts = sns.New(b.db, b.eng, b.vault, b.now)
	b.run = id.New[id.Run](b.now())
	err := b.db.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		return b.eng.Start(ctx, tx, pipeline.Order{Run: b.run, Tenant: 7, Ad: 5, JSON: json.RawMessage(`{}`)})
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *bench) now() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.clock
}

func (b *bench) pass(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.clock = b.clock.Add(d)
}

type send = func(*sns.Notes) (string, error)

// with is a send as the store wants it.
func with(f send) func(context.Context, message.SnsPublish, message.Call, *sns.Notes) (message.SnsPosted, error) {
	return func(_ context.Context, _ message.SnsPublish, _ message.Call, n *sns.Notes) (message.SnsPosted, error) {
		id, err := f(n)
		return message.SnsPosted{ExternalID: id}, err
	}
}

func (b *bench) submit(step int, f send) {
	b.t.Helper()
	if err := b.posts.Submit(b.t.Context(), message.Wake{Run: b.run, Step: step}, with(f)); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) verify(step int, out message.SnsPosted, cause error) {
	b.t.Helper()
	err := b.posts.Verify(b.t.Context(), message.Wake{Run: b.run, Step: step},
		func(context.Context, message.SnsPublish, message.Call, []byte) (message.SnsPosted, error) {
			return out, cause
		})
	if err != nil {
		b.t.Fatal(err)
	}
}

// rows are the publications: "channel state id url".
func (b *bench) rows() []string {
	b.t.Helper()
	rows, err := store.All(b.t.Context(), b.db, `SELECT CONCAT(channel, ' ', state, ' ', COALESCE(external_post_id, '-'), ' ', url, IF(published_at IS NULL, '', ' at'))
		FROM publications ORDER BY step_no LIMIT 10`, func(s *string) []any { return []any{s} })
	if err != nil {
		b.t.Fatal(err)
	}
	return rows
}

func (b *bench) step(no int) string {
	b.t.Helper()
	s, err := store.One(b.t.Context(), b.db, `SELECT state FROM pipeline_steps WHERE run_id = ? AND step_no = ?`,
		func(s *string) []any { return []any{s} }, b.run, no)
	if err != nil {
		b.t.Fatal(err)
	}
	return s
}

func (b *bench) want(what, step string, rows ...string) {
	b.t.Helper()
	if diff := cmp.Diff(rows, b.rows()); diff != "" || b.step(1) != step {
		b.t.Errorf("%s: the step is %s, want %s; rows (-want +got):\n%s", what, b.step(1), step, diff)
	}
}

func TestAPublicationIsWrittenBeforeTheChannelIsCalled(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.submit(1, func(*sns.Notes) (string, error) {
		b.want("during the call", "submitting", "youtube publishing - ")
		return "post-1", nil
	})
	b.want("accepted", "waiting", "youtube publishing - ")
	b.pass(time.Minute)
	b.verify(1, message.SnsPosted{}, message.NotYet{})
	b.want("not public yet", "waiting", "youtube publishing - ")
	b.pass(time.Minute)
	b.verify(1, message.SnsPosted{ExternalID: "post-1", URL: "https://y/1"}, nil)
	b.want("public", "succeeded", "youtube published post-1 https://y/1 at")
	b.submit(2, func(*sns.Notes) (string, error) { return "post-1", nil })
	b.pass(time.Minute)
	b.verify(2, message.SnsPosted{ExternalID: "post-1", URL: "https://i/1"}, nil) // ids are a channel's own
	b.want("both", "succeeded", "youtube published post-1 https://y/1 at", "instagram published post-1 https://i/1 at")
}

func TestTwoClaimsAtOncePostOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var calls atomic.Int32
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			err := b.posts.Submit(t.Context(), message.Wake{Run: b.run, Step: 1}, with(func(*sns.Notes) (string, error) {
				calls.Add(1)
				return "post-1", nil
			}))
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := calls.Load(); n != 1 {
		t.Errorf("posted %d times", n)
	}
	b.want("posted", "waiting", "youtube publishing - ")
}

// A further attempt finds the row of the first: there is never a second one.
func TestAnotherAttemptUsesTheSameRow(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	fails := func(err error) send {
		return func(*sns.Notes) (string, error) { return "", err }
	}
	b.submit(1, fails(fault.New(fault.CodeUnavailable)))
	b.want("busy", "ready", "youtube failed - ")
	b.pass(10 * time.Minute)
	b.submit(1, func(*sns.Notes) (string, error) {
		b.want("during the second call", "submitting", "youtube publishing - ")
		return "post-2", nil
	})
	b.pass(time.Minute)
	b.verify(1, message.SnsPosted{ExternalID: "post-2", URL: "https://y/2"}, nil)
	b.want("public", "succeeded", "youtube published post-2 https://y/2 at")
	b.submit(1, func(*sns.Notes) (string, error) {
		t.Error("called for a post that is public")
		return "", nil
	})
}

func TestARefusedPostFailsAndIsNotSentAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	calls := 0
	for range 3 {
		b.submit(1, func(*sns.Notes) (string, error) {
			calls++
			return "", fault.New(fault.CodeRefused)
		})
		b.pass(time.Hour)
	}
	if calls != 1 {
		t.Errorf("sent %d times", calls)
	}
	b.want("refused", "failed", "youtube failed - ")
}

// lost keeps a note, as a channel does before anything can be seen, and loses the answer.
func lost(t *testing.T, calls *int) send {
	return func(n *sns.Notes) (string, error) {
		*calls++
		if err := n.Keep(t.Context(), []byte("the last byte is about to leave")); err != nil {
			t.Error(err)
		}
		return "", fault.New(fault.CodeUnknown)
	}
}

func TestALostAnswerIsFoundAgain(t *testing.T) {
	t.Parallel()
	b, calls := newBench(t), 0
	b.submit(1, lost(t, &calls))
	b.want("lost", "unknown", "youtube publishing - ")
	b.pass(2 * time.Minute)
	b.verify(1, message.SnsPosted{}, message.NotYet{})
	b.want("not found yet", "unknown", "youtube publishing - ")
	b.pass(2 * time.Minute)
	b.verify(1, message.SnsPosted{ExternalID: "post-1", URL: "https://y/1"}, nil)
	b.want("found", "succeeded", "youtube published post-1 https://y/1 at")
}

// However long an answer stays lost, the post is not sent again.
func TestALostAnswerIsNeverSentAgain(t *testing.T) {
	t.Parallel()
	b, calls := newBench(t), 0
	for range 200 { // longer than the step's deadline of 26 h
		b.submit(1, lost(t, &calls))
		b.verify(1, message.SnsPosted{}, message.NotYet{})
		b.pass(8 * time.Minute)
		if _, err := b.eng.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if calls != 1 {
		t.Errorf("sent %d times", calls)
	}
	b.want("given up", "failed", "youtube publishing - ")
	if err := b.eng.Retry(t.Context(), 7, b.run, ""); fault.CodeOf(err) != fault.CodeRetryUnsafe {
		t.Errorf("the owner retries a post that may be live: %v", err)
	}
}

// When the row cannot be written nothing has been sent, and nothing is unknown.
func TestWithoutItsRowNothingIsSentAndNothingIsLost(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if _, err := b.db.Exec(t.Context(), `RENAME TABLE publications TO publications_away`); err != nil {
		t.Fatal(err)
	}
	calls := 0
	post := func(*sns.Notes) (string, error) {
		calls++
		return fmt.Sprintf("post-%d", calls), nil
	}
	b.submit(1, post)
	if s := b.step(1); s != "ready" || calls != 0 {
		t.Errorf("the step is %s after %d calls", s, calls)
	}
	if _, err := b.db.Exec(t.Context(), `RENAME TABLE publications_away TO publications`); err != nil {
		t.Fatal(err)
	}
	b.pass(10 * time.Minute)
	b.submit(1, post)
	b.want("sent", "waiting", "youtube publishing - ")
	if calls != 1 {
		t.Errorf("%d calls", calls)
	}
}
