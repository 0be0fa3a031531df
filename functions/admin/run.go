package admin

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/store"
)

// History is a run with everything that has happened to it.
type History struct {
	Run
	ApproveBy *time.Time `json:"approve_by,omitempty"`
	AllSteps  []Step     `json:"step_rows"`
	// Events are at most 500 from after the one asked for; EventsNext is where the next page begins, 0 = that was all.
	Events      []Event    `json:"events"`
	EventsNext  int        `json:"events_next,omitempty"`
	Calls       []Call     `json:"calls"`
	Artifacts   []Artifact `json:"artifacts"`
	Ledger      []Booking  `json:"ledger"`
	Messages    []Message  `json:"outbox"`
	DeadLetters []Letter   `json:"dead_letters"`
}

// Step is a step's row without what it was given and what it gave.
type Step struct {
	No        int        `json:"no"`
	Kind      string     `json:"kind"`
	Provider  string     `json:"provider"`
	Policy    string     `json:"policy"`
	After     int        `json:"after,omitempty"`
	State     string     `json:"state"`
	Call      string     `json:"call_state,omitempty"`
	Code      string     `json:"code,omitempty"`
	Attempt   int        `json:"attempt"`
	Parts     int        `json:"parts"`
	Polls     int        `json:"polls"`
	Abandoned int        `json:"abandoned"`
	Fence     int64      `json:"fence"`
	CostWon   int        `json:"cost_won"`
	DueAt     *time.Time `json:"due_at,omitempty"`
	LeaseTo   *time.Time `json:"lease_until,omitempty"`
	SettleBy  *time.Time `json:"settle_by,omitempty"`
	WokenAt   *time.Time `json:"woken_at,omitempty"`
	Deadline  *time.Time `json:"deadline_at,omitempty"`
	ReadyAt   *time.Time `json:"ready_at,omitempty"`
	EndedAt   *time.Time `json:"ended_at,omitempty"`
	// InputHash is the SHA-256 of what it was given: equal ones are made once.
	InputHash string `json:"input_hash,omitempty"`

	hash []byte
}

// Event is a change of state.
type Event struct {
	Seq     int       `json:"seq"`
	Step    int       `json:"step,omitempty"`
	Event   string    `json:"event"`
	From    string    `json:"from"`
	To      string    `json:"to"`
	Attempt int       `json:"attempt"`
	Fence   int64     `json:"fence"`
	Code    string    `json:"code,omitempty"`
	At      time.Time `json:"at"`
}

// Call is a call to a provider.
type Call struct {
	ID       id.Call    `json:"id"`
	Step     int        `json:"step"`
	Attempt  int        `json:"attempt"`
	Provider string     `json:"provider"`
	State    string     `json:"state"`
	External string     `json:"external_id,omitempty"`
	CostWon  int        `json:"cost_won"`
	Reason   string     `json:"reason,omitempty"`
	Sent     time.Time  `json:"sent_at"`
	Resolved *time.Time `json:"resolved_at,omitempty"`
}

// Artifact is a file that a step kept.
type Artifact struct {
	ID     id.Artifact `json:"id"`
	Step   int         `json:"step"`
	Kind   string      `json:"kind"`
	Blob   string      `json:"blob"`
	Bytes  int64       `json:"bytes"`
	Type   string      `json:"content_type"`
	SHA256 string      `json:"sha256"`
	At     time.Time   `json:"created_at"`

	sum []byte
}

// Booking is a row of the ledger.
type Booking struct {
	ID    int64     `json:"id"`
	Step  int       `json:"step"`
	Entry string    `json:"entry"`
	Won   int64     `json:"amount_won"`
	At    time.Time `json:"at"`
}

// Message is a wake-up in the outbox.
type Message struct {
	ID        int64      `json:"id"`
	MessageID string     `json:"message_id"`
	Queue     string     `json:"queue"`
	State     string     `json:"state"`
	Tries     int        `json:"tries"`
	NotBefore time.Time  `json:"not_before"`
	CreatedAt time.Time  `json:"created_at"`
	SentAt    *time.Time `json:"sent_at,omitempty"`

	state int
	id    []byte
}

// eventsPage is how many events are shown at once.
const eventsPage = 500

// most bounds what belongs to one run: a step has few tries, and what has more is
// shown from its newest.
const most = 500

// Run shows a run and everything that has happened to it, its events from after a number.
func (s *Store) Run(ctx context.Context, run id.Run, after int) (History, error) {
	h, err := store.One(ctx, s.c.DB.Primary(), `SELECT id, tenant_id, ad_id, state, fail_code, created_at, deadline_at, ended_at, version, '' FROM pipeline_runs
		WHERE id = ? LIMIT 1`, func(h *History) []any { return h.into() }, run)
	if errors.Is(err, store.ErrNoRows) {
		return h, fault.Newf(fault.CodeNotFound, "show %v: no such run", run)
	}
	if err != nil {
		return h, fmt.Errorf("show %v: %w", run, err)
	}
	h.Run.finish(s.now())
	for _, read := range []func(context.Context, *History) error{s.steps, s.calls, s.artifacts, s.bookings, s.messages, s.lettersOf} {
		if err := read(ctx, &h); err != nil {
			return h, fmt.Errorf("show %v: %w", run, err)
		}
	}
	if h.Events, err = store.All(ctx, s.c.DB.Primary(), `SELECT seq, step_no, event, from_state, to_state, attempt, fence, code, at FROM run_events
		WHERE run_id = ? AND tenant_id = ? AND seq > ? ORDER BY seq LIMIT ?`, func(e *Event) []any {
		return []any{&e.Seq, &e.Step, &e.Event, &e.From, &e.To, &e.Attempt, &e.Fence, &e.Code, &e.At}
	}, run, h.Tenant, after, eventsPage); err != nil {
		return h, fmt.Errorf("show events of %v: %w", run, err)
	}
	h.AllSteps, h.Calls, h.Artifacts, h.Ledger, h.Messages, h.Events = list(h.AllSteps), list(h.Calls), list(h.Artifacts), list(h.Ledger), list(h.Messages), list(h.Events)
	if len(h.Events) == eventsPage {
		h.EventsNext = h.Events[eventsPage-1].Seq
	}
	return h, nil
}

func (s *Store) steps(ctx context.Context, h *History) (err error) {
	h.AllSteps, err = store.All(ctx, s.c.DB.Primary(), `SELECT step_no, kind, provider, policy, after_no, state, call_state, fail_code, attempt, parts, polls, abandoned, fence,
		cost_won, due_at, lease_until, settle_by, woken_at, deadline_at, ready_at, ended_at, input_hash FROM pipeline_steps
		WHERE run_id = ? AND tenant_id = ? ORDER BY step_no LIMIT ?`, func(s *Step) []any {
		return []any{&s.No, &s.Kind, &s.Provider, &s.Policy, &s.After, &s.State, &s.Call, &s.Code, &s.Attempt, &s.Parts, &s.Polls, &s.Abandoned, &s.Fence,
			&s.CostWon, &s.DueAt, &s.LeaseTo, &s.SettleBy, &s.WokenAt, &s.Deadline, &s.ReadyAt, &s.EndedAt, &s.hash}
	}, h.ID, h.Tenant, most)
	for i := range h.AllSteps {
		p := &h.AllSteps[i]
		p.InputHash = hex.EncodeToString(p.hash)
		h.Steps = append(h.Steps, p.Kind+" "+p.State)
	}
	return err
}

func (s *Store) calls(ctx context.Context, h *History) (err error) {
	h.Calls, err = store.All(ctx, s.c.DB.Primary(), `SELECT id, step_no, attempt, provider, state, COALESCE(external_id, ''), cost_won, reason, sent_at, resolved_at
		FROM provider_calls WHERE run_id = ? AND tenant_id = ? ORDER BY id DESC LIMIT ?`, func(c *Call) []any {
		return []any{&c.ID, &c.Step, &c.Attempt, &c.Provider, &c.State, &c.External, &c.CostWon, &c.Reason, &c.Sent, &c.Resolved}
	}, h.ID, h.Tenant, most)
	return err
}

func (s *Store) artifacts(ctx context.Context, h *History) (err error) {
	h.Artifacts, err = store.All(ctx, s.c.DB.Primary(), `SELECT id, step_no, kind, blob_path, bytes, content_type, sha256, created_at FROM artifacts
		WHERE run_id = ? AND tenant_id = ? ORDER BY step_no, kind LIMIT ?`, func(a *Artifact) []any {
		return []any{&a.ID, &a.Step, &a.Kind, &a.Blob, &a.Bytes, &a.Type, &a.sum, &a.At}
	}, h.ID, h.Tenant, most)
	for i := range h.Artifacts {
		h.Artifacts[i].SHA256 = hex.EncodeToString(h.Artifacts[i].sum)
	}
	return err
}

func (s *Store) bookings(ctx context.Context, h *History) (err error) {
	h.Ledger, err = store.All(ctx, s.c.DB.Primary(), `SELECT id, step_no, entry, amount_won, at FROM credit_ledger WHERE run_id = ? AND tenant_id = ? ORDER BY id DESC LIMIT ?`,
		func(b *Booking) []any { return []any{&b.ID, &b.Step, &b.Entry, &b.Won, &b.At} }, h.ID, h.Tenant, most)
	return err
}

var messageStates = map[int]string{0: "pending", 1: "sent", 2: "dead"}

func (s *Store) messages(ctx context.Context, h *History) (err error) {
	h.Messages, err = store.All(ctx, s.c.DB.Primary(), `SELECT id, message_id, queue, state, tries, not_before, created_at, sent_at FROM outbox WHERE run_id = ? ORDER BY id DESC LIMIT ?`,
		func(m *Message) []any {
			return []any{&m.ID, &m.id, &m.Queue, &m.state, &m.Tries, &m.NotBefore, &m.CreatedAt, &m.SentAt}
		}, h.ID, most)
	for i := range h.Messages {
		m := &h.Messages[i]
		m.MessageID, m.State = hex.EncodeToString(m.id), messageStates[m.state]
	}
	return err
}

// lettersOf finds the dead letters of a run: what they say is inside their
// envelopes, so those of its time are opened, the newest thousand that are no longer
// than a message of ours.
func (s *Store) lettersOf(ctx context.Context, h *History) error {
	rows, err := store.All(ctx, s.c.DB.Primary(), `SELECT id, queue, message_id, reason, body, seen_at, redriven_as FROM dead_letters
		WHERE seen_at >= ? AND LENGTH(body) <= 8192 ORDER BY seen_at DESC LIMIT 1000`,
		(*Letter).into, h.CreatedAt)
	if err != nil {
		return err
	}
	h.DeadLetters = []Letter{}
	for _, l := range rows {
		if l.finish(s.c.Letters); strings.Contains(l.Says, `"`+h.ID.String()+`"`) {
			h.DeadLetters = append(h.DeadLetters, l)
		}
	}
	return nil
}
