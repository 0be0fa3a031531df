package pipeline_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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

func (recipe) Steps(json.RawMessage) ([]pipeline.Plan, error) {
	return []pipeline.Plan{
		{No: 1, Kind: message.Lyric, Policy: pipeline.Free, Provider: "chat", CostWon: 10},
		{No: 2, After: 1, Kind: message.Song, Policy: pipeline.Paid, Provider: "music", CostWon: 100},
		{No: 3, After: 2, Kind: message.Publish, Policy: pipeline.Once, Provider: "youtube"},
		{No: 4, After: 2, Kind: message.Publish, Policy: pipeline.Once, Provider: "instagram"},
	}, nil
}

func (recipe) Input(order json.RawMessage, s pipeline.Plan, outputs map[int]json.RawMessage) (any, error) {
	if s.Kind == message.Song && strings.Contains(string(outputs[1]), "unfit") {
		return nil, fault.New(fault.CodeNoPhotos)
	}
	return input{Of: string(s.Kind), From: string(outputs[s.After])}, nil
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
	w := &world{t: t, db: storetest.Open(t), clock: time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)}
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
	run := id.New[id.Run](w.now())
	err := w.db.Primary().Tx(w.t.Context(), func(ctx context.Context, tx *store.Tx) error {
		return w.engine.Start(ctx, tx, pipeline.Order{Run: run, Tenant: 7, Ad: 1, JSON: json.RawMessage(`{}`)})
	})
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
		song:  func(message.Call) (string, error) { return "task-1", nil },
		ask:   func(message.Call) (string, error) { return "tune", nil },
		post:  func(c message.Call) (string, error) { return fmt.Sprintf("post-%d", c.Step), nil },
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
	s, err := store.One(w.t.Context(), w.db.Primary(), query, func(s *string) []any { return []any{s} }, args...)
	if err != nil {
		w.t.Fatal(err)
	}
	return s
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
		"I1 every run is terminal":              `SELECT COUNT(*) FROM pipeline_runs WHERE state NOT IN ('succeeded', 'failed', 'cancelled')`,
		"I3 a further attempt has a reason":     `SELECT COUNT(*) FROM provider_calls c JOIN provider_calls p ON p.run_id = c.run_id AND p.step_no = c.step_no AND p.attempt = c.attempt - 1 WHERE p.state NOT IN ('failed', 'abandoned')`,
		"I5 success means every step succeeded": `SELECT COUNT(*) FROM pipeline_runs r JOIN pipeline_steps s ON s.run_id = r.id WHERE r.state = 'succeeded' AND s.state <> 'succeeded'`,
		"I8 the outbox is empty":                `SELECT COUNT(*) FROM outbox WHERE state = 0`,
		"I11 reserve = capture + release":       `SELECT COUNT(*) FROM (SELECT run_id FROM credit_ledger GROUP BY run_id HAVING SUM(CASE entry WHEN 'reserve' THEN amount_won WHEN 'capture' THEN -amount_won WHEN 'release' THEN -amount_won ELSE 0 END) <> 0) x`,
		"I16 children have the run's tenant":    `SELECT COUNT(*) FROM pipeline_runs r JOIN pipeline_steps s ON s.run_id = r.id WHERE s.tenant_id <> r.tenant_id`,
		"I6 fences never fall":                  `SELECT COUNT(*) FROM run_events a JOIN run_events b ON a.run_id = b.run_id AND a.step_no = b.step_no AND a.seq < b.seq WHERE b.fence < a.fence AND a.step_no > 0`,
	} {
		if n := w.text(query); n != "0" {
			w.t.Errorf("%s: %s rows%s", name, n, w.dump(run))
		}
	}
}

func TestARunEndsAndPaysOnce(t *testing.T) {
	t.Parallel()
	w, v := newWorld(t), happy()
	run := w.start()
	if got := w.finish(run, v); got != "succeeded" {
		t.Fatalf("the run %s:%s", got, w.dump(run))
	}
	if v.songs.Load() != 1 || v.posts.Load() != 2 {
		t.Errorf("%d songs, %d posts", v.songs.Load(), v.posts.Load())
	}
	if got := w.text(`SELECT CONCAT(COUNT(*), '/', SUM(amount_won)) FROM credit_ledger WHERE entry = 'capture'`); got != "2/110" {
		t.Errorf("captured %s", got)
	}
	if got := w.text(`SELECT COUNT(*) FROM artifacts WHERE run_id = ?`, run); got != "1" {
		t.Errorf("%s artifacts", got)
	}
	w.invariants(run)
}

func TestEveryMessageThreeTimesAtOnceChangesNothing(t *testing.T) {
	t.Parallel()
	w, v := newWorld(t), happy()
	run := w.start()
	for range 200 {
		q, ok := w.next()
		if !ok {
			if s := w.state(run); s != "running" {
				break
			}
			w.pass(10 * time.Second)
			continue
		}
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				if err := w.deliver(t.Context(), v, q); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
	if s := w.state(run); s != "succeeded" || v.songs.Load() != 1 || v.posts.Load() != 2 {
		t.Errorf("%s with %d songs and %d posts%s", s, v.songs.Load(), v.posts.Load(), w.dump(run))
	}
	w.invariants(run)
}

func TestAPurgedQueueEndsAllTheSame(t *testing.T) {
	t.Parallel()
	w, v := newWorld(t), happy()
	run := w.start()
	for i := range 500 {
		if q, ok := w.next(); ok && i%2 == 0 {
			_ = w.deliver(t.Context(), v, q)
		}
		w.purge() // every other message is lost, and all scheduled ones
		if s := w.state(run); s == "succeeded" {
			w.invariants(run)
			return
		}
		w.pass(time.Minute)
		if _, err := w.engine.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	t.Fatalf("not ended:%s", w.dump(run))
}

func TestALostAnswerIsSettledByTheCallback(t *testing.T) {
	t.Parallel()
	w, v := newWorld(t), happy()
	v.song = func(message.Call) (string, error) { return "", fault.New(fault.CodeVendorUnknown) }
	v.ask = func(c message.Call) (string, error) {
		switch {
		case c.ExternalID == "":
			return "", message.NotYet{}
		case !c.Unsure || !c.Ours(v.lastURL.Load().(string)) || c.Ours("https://x/callbacks/song/AAAA"):
			t.Errorf("asked with %+v", c)
		}
		return "tune", nil
	}
	run := w.start()
	told := 0
	for range 100 {
		q, ok := w.next()
		if ok {
			if err := w.deliver(t.Context(), v, q); err != nil {
				t.Error(err)
			}
		}
		if v.songs.Load() == 1 && told < 3 { // the same report three times
			url := v.lastURL.Load().(string)
			token := url[strings.LastIndexByte(url, '/')+1:]
			report := pipeline.Report{Stage: "complete", ExternalID: "task-9", Body: []byte("{}")}
			if err := w.engine.Callback(t.Context(), message.Song, token, report); err != nil {
				t.Error(err)
			}
			if err := w.engine.Callback(t.Context(), message.Video, token, report); fault.KindOf(err) != fault.NotFound {
				t.Errorf("the song's token was taken for a video: %v", err)
			}
			told++
		}
		if s := w.state(run); s != "running" {
			break
		}
		w.pass(10 * time.Second)
	}
	if s := w.state(run); s != "succeeded" || v.songs.Load() != 1 {
		t.Fatalf("%s with %d songs%s", s, v.songs.Load(), w.dump(run))
	}
	if got := w.text(`SELECT external_id FROM provider_calls WHERE run_id = ? AND step_no = 2`, run); got != "task-9" {
		t.Errorf("the call's id is %q", got)
	}
	if got := w.text(`SELECT COUNT(*) FROM callbacks`); got != "1" {
		t.Errorf("%s callbacks kept", got)
	}
	w.invariants(run)
}

func TestAnAnswerThatNeverComesIsPaidForOnceMoreAndBooked(t *testing.T) {
	t.Parallel()
	w, v := newWorld(t), happy()
	v.song = func(c message.Call) (string, error) {
		if c.Attempt == 1 {
			return "", fault.New(fault.CodeVendorUnknown)
		}
		return "task-2", nil
	}
	v.ask = func(c message.Call) (string, error) {
		if c.Unsure {
			return "", message.NotYet{}
		}
		return "tune", nil
	}
	run := w.start()
	before := w.now()
	if got := w.finish(run, v); got != "succeeded" {
		t.Fatalf("%s%s", got, w.dump(run))
	}
	if v.songs.Load() != 2 || w.now().Sub(before) < pipeline.DefaultRules().ReconcileFor {
		t.Errorf("%d songs after %v", v.songs.Load(), w.now().Sub(before))
	}
	if got := w.text(`SELECT COUNT(*) FROM credit_ledger WHERE entry = 'waste'`); got != "1" {
		t.Errorf("%s waste entries", got)
	}
	w.invariants(run)
}

func TestAPublicationWhoseAnswerIsLostIsLookedUpNeverRepeated(t *testing.T) {
	t.Parallel()
	for name, live := range map[string]bool{"it is live": true, "it is nowhere": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, v := newWorld(t), happy()
			v.post = func(message.Call) (string, error) { return "", fault.New(fault.CodeVendorUnknown) }
			v.look = func(c message.Call) (string, error) {
				if live {
					return "url", nil
				}
				return "", message.NotYet{}
			}
			run := w.start()
			want := "failed"
			if live {
				want = "succeeded"
			}
			if got := w.finish(run, v); got != want || v.posts.Load() != 2 {
				t.Errorf("%s with %d posts%s", got, v.posts.Load(), w.dump(run))
			}
			w.invariants(run)
			if err := w.engine.Retry(t.Context(), 7, run); !live && fault.CodeOf(err) != fault.CodeRetryUnsafe {
				t.Errorf("retry of posts that may be live: %v", err)
			}
		})
	}
}

func TestAFailedRunGoesOnFromItsFailedStep(t *testing.T) {
	t.Parallel()
	w, v := newWorld(t), happy()
	v.song = func(message.Call) (string, error) { return "", fault.New(fault.CodeVendorRefused) }
	run := w.start()
	if got := w.finish(run, v); got != "failed" {
		t.Fatalf("%s%s", got, w.dump(run))
	}
	if got := w.text(`SELECT fail_code FROM pipeline_runs WHERE id = ?`, run); got != string(fault.CodeVendorRefused) {
		t.Errorf("failed with %q", got)
	}
	w.invariants(run)
	if err := w.engine.Retry(t.Context(), 8, run); fault.KindOf(err) != fault.NotFound {
		t.Errorf("another tenant's retry: %v", err)
	}
	lyrics := 0
	v.lyric = func() (string, error) { lyrics++; return "", errors.New("asked again") }
	v.song = func(message.Call) (string, error) { return "task-2", nil }
	if err := w.engine.Retry(t.Context(), 7, run); err != nil {
		t.Fatal(err)
	}
	if got := w.finish(run, v); got != "succeeded" || lyrics != 0 {
		t.Errorf("%s, the lyric written %d times again%s", got, lyrics, w.dump(run))
	}
	w.invariants(run)
}

func TestAStepWithoutAPossibleInputFailsTheRun(t *testing.T) {
	t.Parallel()
	w, v := newWorld(t), happy()
	v.lyric = func() (string, error) { return "unfit", nil }
	run := w.start()
	if got := w.finish(run, v); got != "failed" {
		t.Fatalf("%s%s", got, w.dump(run))
	}
	if got := w.text(`SELECT fail_code FROM pipeline_runs WHERE id = ?`, run); got != string(fault.CodeNoPhotos) {
		t.Errorf("failed with %q", got)
	}
	w.invariants(run)
}

func TestCancelStopsWhatHasNotBegunAndSettlesWhatHas(t *testing.T) {
	t.Parallel()
	w, v := newWorld(t), happy()
	v.ask = func(message.Call) (string, error) { return "", message.NotYet{} }
	run := w.start()
	for range 3 { // lyric, song, first question
		if q, ok := w.next(); ok {
			_ = w.deliver(t.Context(), v, q)
		}
	}
	if err := w.engine.Cancel(t.Context(), 7, run); err != nil {
		t.Fatal(err)
	}
	if got := w.finish(run, v); got != "cancelled" || v.posts.Load() != 0 {
		t.Errorf("%s with %d posts%s", got, v.posts.Load(), w.dump(run))
	}
	if err := w.engine.Cancel(t.Context(), 7, run); fault.CodeOf(err) != fault.CodeAdEnded {
		t.Errorf("cancelled twice: %v", err)
	}
	w.invariants(run)
}

// A claim whose process dies leaves the step under a lease; the sweep takes it
// over, and the dead claim's late outcome is not written.
func TestADeadClaimIsTakenOverAndItsLateOutcomeIgnored(t *testing.T) {
	t.Parallel()
	w, v := newWorld(t), happy()
	run := w.start()
	entered, release := make(chan struct{}), make(chan struct{})
	v.lyric = sync.OnceValues(func() (string, error) {
		close(entered)
		<-release
		return "late", nil
	})
	q, _ := w.next()
	done := make(chan error, 1)
	go func() { done <- w.deliver(t.Context(), v, q) }()
	select {
	case <-entered:
	case err := <-done:
		t.Fatalf("the claim did not reach its work: %v", err)
	}
	v2 := happy()
	w.pass(2 * time.Minute)
	if n, err := w.engine.Sweep(t.Context()); err != nil || n.Expired != 1 {
		t.Fatalf("swept %+v, %v", n, err)
	}
	if got := w.finish(run, v2); got != "succeeded" {
		t.Errorf("%s%s", got, w.dump(run))
	}
	close(release)
	if err := <-done; err != nil {
		t.Error(err)
	}
	if got := w.text(`SELECT output_json FROM pipeline_steps WHERE run_id = ? AND step_no = 1`, run); got != `"la la"` {
		t.Errorf("the late outcome was written: %s", got)
	}
	w.invariants(run)
}

func TestARunWhoseVendorNeverAnswersFailsAtItsDeadline(t *testing.T) {
	t.Parallel()
	w, v := newWorld(t), happy()
	v.ask = func(message.Call) (string, error) { return "", message.NotYet{After: 10 * time.Minute} }
	run := w.start()
	if got := w.finish(run, v); got != "failed" {
		t.Fatalf("%s%s", got, w.dump(run))
	}
	if got := w.text(`SELECT fail_code FROM pipeline_runs WHERE id = ?`, run); got != string(fault.CodeDeadline) {
		t.Errorf("failed with %q", got)
	}
	w.invariants(run)
}

func TestABrokerThatIsDownLosesNothing(t *testing.T) {
	t.Parallel()
	w, v := newWorld(t), happy()
	w.down = true
	run := w.start()
	if _, ok := w.next(); ok {
		t.Fatal("a message came through")
	}
	w.mu.Lock()
	w.down = false
	w.mu.Unlock()
	if got := w.finish(run, v); got != "succeeded" {
		t.Errorf("%s%s", got, w.dump(run))
	}
	w.invariants(run)
}

// Work that takes longer than a lease keeps its claim as long as its process
// lives, and loses it soon after it died.
func TestALeaseIsRenewedWhileTheWorkGoesOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(r *pipeline.Rules) { r.Lease, r.Skew = 60*time.Millisecond, 0 })
	ctx, die := context.WithCancel(t.Context())
	renewing := make(chan struct{})
	go func() { defer close(renewing); w.engine.Hold(ctx) }()
	run, v := w.start(), happy()
	entered, release := make(chan struct{}), make(chan struct{})
	v.lyric = func() (string, error) { close(entered); <-release; return "la la", nil }
	q, _ := w.next()
	done := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		done <- w.deliver(ctx, v, q)
	}()
	select {
	case <-entered:
	case err := <-done:
		t.Fatalf("the claim did not reach its work: %v", err)
	}
	lease := func() string {
		return w.text(`SELECT CAST(lease_until AS CHAR) FROM pipeline_steps WHERE run_id = ? AND step_no = 1`, run)
	}
	for range 3 {
		before := lease()
		w.pass(50 * time.Millisecond)
		for lease() == before {
			time.Sleep(5 * time.Millisecond) // the renewal is on its way
		}
		if n, err := w.engine.Sweep(t.Context()); err != nil || n.Expired != 0 {
			t.Fatalf("a renewed lease was taken over: %+v, %v", n, err)
		}
	}
	die()
	<-renewing
	w.pass(time.Second)
	if n, err := w.engine.Sweep(t.Context()); err != nil || n.Expired != 1 {
		t.Fatalf("a dead process kept its lease: %+v, %v", n, err)
	}
	close(release)
	if err := <-done; err != nil {
		t.Error(err)
	}
	if got := w.finish(run, happy()); got != "succeeded" {
		t.Errorf("%s%s", got, w.dump(run))
	}
	w.invariants(run)
}
