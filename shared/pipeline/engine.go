package pipeline

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"maps"
	mrand "math/rand/v2"
	"time"

	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/message"
	"castad/shared/store"
)

// Recipe knows how an order becomes steps. It is pure: the engine calls it
// inside transactions, again and again for the same arguments.
type Recipe interface {
	// Steps lists the steps of an order, in order of No from 1; the first that
	// wait for nothing are ready at once.
	Steps(order json.RawMessage) ([]Plan, error)
	// Input is the typed input of a step, from the order and from the outputs of
	// the steps that have succeeded. An error with a code fails that step with it.
	Input(order json.RawMessage, step Plan, outputs map[int]json.RawMessage) (any, error)
}

// Plan is one step of a recipe.
type Plan struct {
	No       int
	After    int // 0 = ready at once
	Kind     message.Kind
	Policy   Policy
	Provider string // names the provider in provider_calls; external ids are unique within it
	CostWon  int    // reserved when the order is accepted
	// Reuse: a step of an earlier run of the same ad with the same kind and input
	// that succeeded gives its output to this one, which is then skipped. The input
	// must say everything that the result depends on.
	Reuse bool
	// Hold: the step waits until the run is approved.
	Hold bool
	// NotBefore is when the step may begin at the earliest; zero = at once. Its
	// deadlines count from then.
	NotBefore time.Time
}

// Outbox takes wake-ups in the engine's own transaction.
type Outbox interface {
	Put(ctx context.Context, tx *store.Tx, queue message.Queue, body any, notBefore time.Time) error
}

// Config is what an Engine is made of.
type Config struct {
	DB     *store.Primary
	Outbox Outbox
	Recipe Recipe
	Rules  Rules
	// Queues maps a kind to its two queues: the one that submits and the one that asks.
	Queues map[message.Kind]Queues
	// CallbackURL makes the address of a call's callback; nil or "" = none.
	CallbackURL func(kind message.Kind, token string) string
	// Paused says what operators have paused, as far as is known now; nil = nothing
	// ever is. What needs it waits, and nothing runs out meanwhile.
	Paused func(ctx context.Context) Held
	Now    func() time.Time
	Log    *slog.Logger
}

// Queues are the queues of one kind of step; Collect is "" for a step that is
// finished by its submission.
type Queues struct{ Submit, Collect message.Queue }

// DefaultQueues are CastAD's queues.
func DefaultQueues() map[message.Kind]Queues {
	return map[message.Kind]Queues{
		message.Place:   {Submit: message.QueuePlaceCollect},
		message.Lyric:   {Submit: message.QueueLyricWrite},
		message.Song:    {message.QueueSongGenerate, message.QueueSongCollect},
		message.Video:   {message.QueueVideoRender, message.QueueVideoCollect},
		message.Publish: {message.QueueSnsPublish, message.QueueSnsVerify},
	}
}

const day = 24 * time.Hour

// DefaultRules are the times used in Azure; the local cloud shortens some.
// They cap nothing.
func DefaultRules() Rules {
	return Rules{
		Lease: 15 * time.Second, Skew: 30 * time.Second, ReconcileFor: 15 * time.Minute,
		PollFirst: 5 * time.Second, PollMax: 20 * time.Second,
		RetryFirst: 2 * time.Second, RetryMax: 5 * time.Minute,
		SweepGrace: 2 * time.Minute, BrokenAttempts: 2, RunDeadline: 32 * time.Hour,
		ApprovalFor: 30 * day, RemindBefore: []time.Duration{27 * day, 3 * day},
		StepDeadline: map[message.Kind]time.Duration{
			message.Place: 30 * time.Minute, message.Lyric: time.Hour,
			message.Song: 2 * time.Hour, message.Video: 2 * time.Hour,
			// A day's uploads of the whole project may be used up: the next day begins within 25 h (clocks go back).
			message.Publish: 26 * time.Hour,
		},
	}
}

// Engine runs the pipeline on one database. It is safe for concurrent use by
// any number of processes.
type Engine struct {
	c       Config
	holding holding
}

// New returns an engine.
func New(c Config) *Engine {
	if c.Now == nil {
		c.Now = func() time.Time { return time.Now().UTC() }
	}
	if c.CallbackURL == nil {
		c.CallbackURL = func(message.Kind, string) string { return "" }
	}
	if c.Queues == nil {
		c.Queues = DefaultQueues()
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Engine{c: c}
}

// now is the process's clock at the precision of the database's columns.
func (e *Engine) now() time.Time { return e.c.Now().UTC().Truncate(time.Microsecond) }

// Order is a new run.
type Order struct {
	Run    id.Run
	Tenant id.Tenant
	Ad     id.Ad
	// JSON is the order as the recipe reads it; kept as it is for the life of the run.
	JSON json.RawMessage
}

// Start accepts an order inside tx: the run, its steps, the reserved prices and
// the first wake-ups, or nothing. Steps whose result is there are skipped at once,
// so that a run may have ended when Start returns. CodeDailySpend,
// CodeDailyStarts and CodeRunning say that the tenant may not have it now.
func (e *Engine) Start(ctx context.Context, tx *store.Tx, o Order) error {
	plans, err := e.c.Recipe.Steps(o.JSON)
	if err != nil {
		return err
	}
	now := e.now()
	run := loaded{order: o.JSON, ad: o.Ad, created: now, plans: map[int]Plan{}, outputs: map[int]json.RawMessage{}}
	run.Run = Run{ID: o.Run, Tenant: o.Tenant, State: Running, Deadline: now.Add(e.c.Rules.RunDeadline), Version: 1}
	if err := insertRun(ctx, tx, run); err != nil {
		return err
	}
	for _, p := range plans {
		run.plans[p.No] = p
		s := Step{No: p.No, After: p.After, Kind: p.Kind, Policy: p.Policy, State: Blocked, Hold: p.Hold, NotBefore: p.NotBefore.UTC().Truncate(time.Microsecond)}
		run.Steps = append(run.Steps, s)
		if err := insertStep(ctx, tx, run, s); err != nil {
			return err
		}
	}
	_, err = e.move(ctx, tx, run, Event{Name: EvAccept, At: now}, newCause())
	return err
}

// newCause names one attempt to move a run, so that it can be recognised after
// a commit whose answer was lost.
func newCause() [16]byte {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails (Go 1.24)
	return b
}

// apply moves run by the event, with more to write in the same transaction.
// It returns the run after the move. An error of kind Done means that the event
// changed nothing.
func (e *Engine) apply(ctx context.Context, run id.Run, ev Event, also func(context.Context, *store.Tx, loaded) error) (loaded, error) {
	var after loaded
	var seq int
	cause := newCause()
	if ev.once != nil {
		cause = *ev.once
	}
	err := e.c.DB.TxCertain(ctx,
		func(ctx context.Context, tx *store.Tx) error {
			before, err := load(ctx, tx, run)
			if err != nil {
				return err
			}
			if ev.once != nil {
				if err := unheard(ctx, tx, before, ev); err != nil {
					return err
				}
			}
			seq = before.Version + 1
			after, err = e.move(ctx, tx, before, ev, cause)
			if err != nil || also == nil {
				return err
			}
			return also(ctx, tx, after)
		},
		func(ctx context.Context, q store.Querier) (bool, error) { return landed(ctx, q, run, seq, cause) })
	return after, err
}

// move decides on ev for a run that is locked by tx and writes what follows.
func (e *Engine) move(ctx context.Context, tx *store.Tx, before loaded, ev Event, cause [16]byte) (loaded, error) {
	if ev.owner != 0 && ev.owner != before.Tenant {
		return before, fault.Newf(fault.CodeNotFound, "%s %v: another tenant's", ev.Name, before.ID)
	}
	if ev.At.IsZero() {
		ev.At = e.now()
	}
	ev.Jitter = mrand.Float64() // #nosec G404 -- spreads retries; no secret
	ev.pause(before)
	next, fx, err := Decide(before.Run, ev, e.c.Rules)
	if err != nil {
		return before, err
	}
	after := before
	after.Run, after.outputs, after.madeIn = next, maps.Clone(before.outputs), map[int]id.Run{}
	if ev.output != nil {
		after.outputs[ev.Step] = ev.output
	}
	w := &writer{engine: e, tx: tx, before: before.Run, after: after, event: ev, cause: cause, fx: fx, names: map[int]EventName{}}
	if err := w.write(ctx); err != nil {
		return before, err
	}
	return w.after, nil
}

// isNothing says that an event changed nothing.
func isNothing(err error) bool { return err != nil && fault.KindOf(err) == fault.Done }
