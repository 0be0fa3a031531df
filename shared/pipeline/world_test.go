package pipeline_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/message"
	"castad/shared/outbox"
	"castad/shared/pipeline"
	"castad/shared/store"
	"castad/shared/store/storetest"
)

// recipe is free → paid → two publications; each input names the step before.
type recipe struct{}

type input struct {
	Of   string `json:"of"`
	From string `json:"from"`
}

// wish is the order: what the lyric is to be about, and how the steps wait.
type wish struct {
	About     string    `json:"about,omitempty"`
	Style     string    `json:"style,omitempty"`
	Reuse     bool      `json:"reuse,omitempty"`
	Hold      bool      `json:"hold,omitempty"`
	NotBefore time.Time `json:"not_before,omitzero"`
	NoPosts   bool      `json:"no_posts,omitempty"`
	PostsOnly bool      `json:"posts_only,omitempty"`
}

func (recipe) Steps(order json.RawMessage) ([]pipeline.Plan, error) {
	var o wish
	if err := json.Unmarshal(order, &o); err != nil {
		return nil, err
	}
	made := []pipeline.Plan{
		{No: 1, Kind: message.Lyric, Policy: pipeline.Free, Provider: "chat", CostWon: 10, Reuse: o.Reuse},
		{No: 2, After: 1, Kind: message.Song, Policy: pipeline.Paid, Provider: "music", CostWon: 100, Reuse: o.Reuse},
	}
	posts := []pipeline.Plan{
		{No: 3, After: 2, Kind: message.Publish, Policy: pipeline.Once, Provider: "youtube", Hold: o.Hold, NotBefore: o.NotBefore},
		{No: 4, After: 2, Kind: message.Publish, Policy: pipeline.Once, Provider: "instagram", Hold: o.Hold},
	}
	switch {
	case o.NoPosts:
		return made, nil
	case o.PostsOnly:
		return []pipeline.Plan{{No: 1, Kind: message.Publish, Policy: pipeline.Once, Provider: "youtube", Hold: o.Hold, NotBefore: o.NotBefore}}, nil
	}
	return append(made, posts...), nil
}

func (recipe) Input(order json.RawMessage, s pipeline.Plan, outputs map[int]json.RawMessage) (any, error) {
	if s.Kind == message.Song && strings.Contains(string(outputs[1]), "unfit") {
		return nil, fault.New(fault.CodeNoPhotos)
	}
	var o wish
	if err := json.Unmarshal(order, &o); err != nil {
		return nil, err
	}
	in := input{Of: string(s.Kind), From: string(outputs[s.After])}
	switch s.Kind {
	case message.Lyric:
		in.From = o.About
	case message.Song:
		in.Of += o.Style
	}
	return in, nil
}

// world is an engine on a real database, with a queue in memory and a clock
// that the test moves.
type world struct {
	t      *testing.T
	db     *store.DB
	engine *pipeline.Engine
	outbox *outbox.Outbox

	mu    sync.Mutex
	clock time.Time
	queue []queued
	down  bool // the broker refuses
}

type queued struct {
	queue string
	wake  message.Wake
	at    time.Time
}

func newWorld(t *testing.T, change ...func(*pipeline.Rules)) *world {
	return worldOn(t, storetest.Open(t), change...)
}

func worldOn(t *testing.T, db *store.DB, change ...func(*pipeline.Rules)) *world {
	w := &world{t: t, db: db, clock: time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)}
	w.outbox = outbox.New(outbox.Config{DB: w.db.Primary(), Sender: w, Now: w.now,
		Seal: func(_, _ string, body []byte, _ time.Time) ([]byte, error) { return body, nil }})
	rules := pipeline.DefaultRules()
	for _, c := range change {
		c(&rules)
	}
	w.engine = pipeline.New(pipeline.Config{DB: w.db.Primary(), Outbox: w.outbox, Recipe: recipe{}, Rules: rules, Now: w.now,
		CallbackURL: func(kind message.Kind, token string) string {
			return "https://x/callbacks/" + string(kind) + "/" + token
		}})
	return w
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.clock
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.clock = w.clock.Add(d)
}

// Send implements outbox.Sender.
func (w *world) Send(_ context.Context, queue string, msgs []outbox.Outgoing) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.down {
		return fault.New(fault.CodeUnavailable)
	}
	for _, m := range msgs {
		var wake message.Wake
		if err := json.Unmarshal(m.Body, &wake); err != nil {
			return err
		}
		w.queue = append(w.queue, queued{queue, wake, m.NotBefore})
	}
	return nil
}

// next relays and takes the first due message.
func (w *world) next() (queued, bool) {
	if _, err := w.outbox.Relay(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, q := range w.queue {
		if !q.at.After(w.clock) {
			w.queue = slices.Delete(w.queue, i, i+1)
			return q, true
		}
	}
	return queued{}, false
}

func (w *world) purge() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.queue = nil
}

func (w *world) start() id.Run {
	w.t.Helper()
	run, err := w.order(7, wish{})
	if err != nil {
		w.t.Fatal(err)
	}
	return run
}

// order starts a run of an ad; all are of the tenant's one ad.
func (w *world) order(tenant id.Tenant, o wish) (id.Run, error) {
	w.t.Helper()
	text, err := json.Marshal(o)
	if err != nil {
		w.t.Fatal(err)
	}
	run := id.New[id.Run](w.now())
	return run, w.db.Primary().Tx(w.t.Context(), func(ctx context.Context, tx *store.Tx) error {
		return w.engine.Start(ctx, tx, pipeline.Order{Run: run, Tenant: tenant, Ad: 1, JSON: text})
	})
}

// must is order that is accepted.
func (w *world) must(o wish) id.Run {
	w.t.Helper()
	run, err := w.order(7, o)
	if err != nil {
		w.t.Fatal(err)
	}
	return run
}

// vendor is the outside: it counts what it was asked to do.
type vendor struct {
	lyric   func() (string, error)
	song    func(message.Call) (string, error)
	ask     func(message.Call) (string, error)
	post    func(message.Call) (string, error)
	look    func(message.Call) (string, error)
	songs   atomic.Int32
	posts   atomic.Int32
	lastURL atomic.Value
}

func happy() *vendor {
	return &vendor{
		lyric: func() (string, error) { return "la la", nil },
		song:  func(c message.Call) (string, error) { return "task-" + c.Tag, nil },
		ask:   func(message.Call) (string, error) { return "tune", nil },
		post:  func(c message.Call) (string, error) { return "post-" + c.Tag, nil },
		look:  func(message.Call) (string, error) { return "url", nil },
	}
}

// deliver lets the function behind a queue have one message.
func (w *world) deliver(ctx context.Context, v *vendor, q queued) error {
	switch message.Queue(q.queue) {
	case message.QueueLyricWrite:
		return pipeline.Do(ctx, w.engine, q.wake, message.Lyric, func(context.Context, input, message.Call) (string, error) { return v.lyric() }, nil)
	case message.QueueSongGenerate:
		return pipeline.Submit(ctx, w.engine, q.wake, message.Song, func(_ context.Context, in input, c message.Call) (string, error) {
			if in.From != `"la la"` {
				w.t.Errorf("the song's input came from %q", in.From)
			}
			v.songs.Add(1)
			v.lastURL.Store(c.CallbackURL)
			return v.song(c)
		})
	case message.QueueSongCollect:
		return pipeline.Collect(ctx, w.engine, q.wake, message.Song, func(_ context.Context, _ input, c message.Call) (string, []message.Artifact, error) {
			out, err := v.ask(c)
			return out, []message.Artifact{{Kind: "take-1", Blob: "b", Bytes: 1, Type: "audio/mpeg"}}, err
		}, nil)
	case message.QueueSnsPublish:
		return pipeline.Submit(ctx, w.engine, q.wake, message.Publish, func(_ context.Context, _ input, c message.Call) (string, error) {
			v.posts.Add(1)
			return v.post(c)
		})
	case message.QueueSnsVerify:
		return pipeline.Collect(ctx, w.engine, q.wake, message.Publish, func(_ context.Context, _ input, c message.Call) (string, []message.Artifact, error) {
			out, err := v.look(c)
			return out, nil, err
		}, nil)
	}
	w.t.Fatalf("no function for queue %s", q.queue)
	return nil
}

// finish delivers, sweeps and lets time pass until the run has ended.
func (w *world) finish(run id.Run, v *vendor) string {
	w.t.Helper()
	for range 500 {
		for q, ok := w.next(); ok; q, ok = w.next() {
			if err := w.deliver(w.t.Context(), v, q); err != nil {
				w.t.Logf("%s: %v", q.queue, err)
			}
		}
		if s := w.state(run); s != "running" && s != "cancelling" {
			return s
		}
		w.pass(20 * time.Second)
		if _, err := w.engine.Sweep(w.t.Context()); err != nil {
			w.t.Fatal(err)
		}
	}
	w.t.Fatalf("the run has not ended: %s", w.dump(run))
	return ""
}

func (w *world) state(run id.Run) string {
	return w.text(`SELECT state FROM pipeline_runs WHERE id = ?`, run)
}

func (w *world) text(query string, args ...any) string {
	w.t.Helper()
	return storetest.Value[string](w.t, w.db.Primary(), query, args...)
}

func (w *world) moment(query string, args ...any) time.Time {
	w.t.Helper()
	at, err := store.One(w.t.Context(), w.db.Primary(), query, func(at *time.Time) []any { return []any{at} }, args...)
	if err != nil {
		w.t.Fatal(err)
	}
	return at
}

func (w *world) dump(run id.Run) string {
	rows, err := store.All(w.t.Context(), w.db.Primary(), `SELECT CONCAT(step_no, ' ', event, ' ', from_state, '→', to_state, ' ', code) FROM run_events
		WHERE run_id = ? ORDER BY seq LIMIT 1000`, func(s *string) []any { return []any{s} }, run)
	if err != nil {
		w.t.Fatal(err)
	}
	return "\n" + strings.Join(rows, "\n")
}

// invariants are checked after every run, whatever happened to it.
func (w *world) invariants(run id.Run) {
	w.t.Helper()
	if _, err := w.outbox.Relay(w.t.Context()); err != nil {
		w.t.Error(err)
	}
	for name, query := range map[string]string{
		"I1 every run is terminal":                     `SELECT COUNT(*) FROM pipeline_runs WHERE state NOT IN ('succeeded', 'failed', 'cancelled')`,
		"I3 a further attempt has a reason":            `SELECT COUNT(*) FROM provider_calls c JOIN provider_calls p ON p.run_id = c.run_id AND p.step_no = c.step_no AND p.attempt = c.attempt - 1 WHERE p.state NOT IN ('failed', 'abandoned', 'part')`,
		"I5 success means every step has its result":   `SELECT COUNT(*) FROM pipeline_runs r JOIN pipeline_steps s ON s.run_id = r.id WHERE r.state = 'succeeded' AND s.state NOT IN ('succeeded', 'skipped')`,
		"I5 a skipped step has another's output":       `SELECT COUNT(*) FROM pipeline_steps s LEFT JOIN pipeline_steps m ON m.run_id = s.made_in AND m.kind = s.kind AND m.input_hash = s.input_hash AND m.state = 'succeeded' AND m.tenant_id = s.tenant_id AND m.ad_id = s.ad_id WHERE s.state = 'skipped' AND (m.run_id IS NULL OR m.output_json <> s.output_json)`,
		"I5 a skipped step called nobody":              `SELECT COUNT(*) FROM pipeline_steps s JOIN provider_calls c ON c.run_id = s.run_id AND c.step_no = s.step_no WHERE s.state = 'skipped'`,
		"I9 one cause moves a step once":               `SELECT COUNT(*) FROM (SELECT run_id FROM run_events WHERE step_no > 0 GROUP BY run_id, step_no, cause_id HAVING COUNT(*) > 1) x`,
		"I8 the outbox is empty":                       `SELECT COUNT(*) FROM outbox WHERE state = 0`,
		"I11 nothing is reserved for a run that ended": `SELECT COUNT(*) FROM (SELECT l.run_id FROM credit_ledger l JOIN pipeline_runs r ON r.id = l.run_id AND r.ended_at IS NOT NULL GROUP BY l.run_id, l.step_no HAVING SUM(CASE WHEN l.credit = 'reserved' THEN l.amount_won WHEN l.debit = 'reserved' THEN -l.amount_won ELSE 0 END) <> 0) x`,
		"I11 an entry has its two accounts":            `SELECT COUNT(*) FROM credit_ledger WHERE CONCAT(entry, ':', debit, '>', credit) NOT IN ('reserve:available>reserved', 'capture:reserved>spent', 'release:reserved>available', 'waste:house>wasted')`,
		"I11 the days are the ledger's":                `SELECT COUNT(*) FROM (SELECT d.tenant_id, SUM(d.reserved_won) AS r, SUM(d.captured_won) AS c FROM spend_days d GROUP BY d.tenant_id) x JOIN (SELECT tenant_id, SUM(CASE entry WHEN 'reserve' THEN amount_won WHEN 'release' THEN -amount_won ELSE 0 END) AS r, SUM(CASE entry WHEN 'capture' THEN amount_won ELSE 0 END) AS c FROM credit_ledger GROUP BY tenant_id) y ON y.tenant_id = x.tenant_id WHERE x.r <> y.r OR x.c <> y.c`,
		"I11 an attempt is wasted once":                `SELECT COUNT(*) FROM (SELECT run_id FROM credit_ledger WHERE entry = 'waste' GROUP BY run_id, step_no, attempt HAVING COUNT(*) > 1) x`,
		"I16 children have the run's tenant":           `SELECT COUNT(*) FROM pipeline_runs r JOIN pipeline_steps s ON s.run_id = r.id WHERE s.tenant_id <> r.tenant_id`,
		"I6 fences never fall":                         `SELECT COUNT(*) FROM run_events a JOIN run_events b ON a.run_id = b.run_id AND a.step_no = b.step_no AND a.seq < b.seq WHERE b.fence < a.fence AND a.step_no > 0`,
	} {
		if n := w.text(query); n != "0" {
			w.t.Errorf("%s: %s rows%s", name, n, w.dump(run))
		}
	}
}
