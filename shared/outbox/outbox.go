// Package outbox carries wake-ups from MySQL to Service Bus.
//
// A message is a row written by the same transaction as the change it announces,
// so neither can exist without the other. The relay sends rows and marks them:
// a crash between the two sends a message again, which is harmless because a
// wake-up carries no state. Rows are claimed with SKIP LOCKED, so any number of
// processes relay at once; the row locks, and one connection of the pool, are
// held while a batch is sent (sendTime for each queue at most) and vanish with the process.
//
// One goroutine per process relays right after a commit (Run); a timer does it
// for what a crash left behind (Relay). A message due within an hour is sent at
// once with its ScheduledEnqueueTime, a later one stays here until then. Each
// row has a message id of its own: Service Bus' duplicate detection would
// silently drop a reused one. The envelope is signed when it is sent, so that
// its key and expiry are fresh.
//
// Rejected: "id > last sent" as a cursor (ids commit out of order); a claim
// column with a lease (one commit more per batch); deleting sent rows (the
// ledger of what was sent is worth the purge).
package outbox

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"castad/shared/chaos"
	"castad/shared/message"
	"castad/shared/store"
)

// Outgoing is one message on its way to a queue.
type Outgoing struct {
	ID        string // hex of the row's message id
	Body      []byte // sealed
	NotBefore time.Time
}

// Sender puts messages into a queue, all or an error.
type Sender interface {
	Send(ctx context.Context, queue string, msgs []Outgoing) error
}

// Sealer signs a message body for a queue. notBefore is when it is delivered.
type Sealer func(queue, messageID string, body []byte, notBefore time.Time) ([]byte, error)

// Config is what an Outbox is made of.
type Config struct {
	DB     *store.Primary
	Sender Sender
	Seal   Sealer
	// Unseal verifies a sealed message whatever its expiry, and returns its body; for redriving.
	Unseal func(queue string, raw []byte) (body []byte, err error)
	Now    func() time.Time
	Log    *slog.Logger
}

// Outbox is the table and its relay.
type Outbox struct {
	c    Config
	wake chan struct{}
}

// New returns an outbox.
func New(c Config) *Outbox {
	if c.Now == nil {
		c.Now = func() time.Time { return time.Now().UTC() }
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Outbox{c: c, wake: make(chan struct{}, 1)}
}

const (
	relayBatch = 100
	// horizon is how far ahead a message is handed to the broker's scheduler.
	horizon = time.Hour
	// sendTime bounds the sending to one queue, and so how long rows stay locked.
	sendTime = 10 * time.Second
	// Row states.
	pending = 0
	sent    = 1
)

func (o *Outbox) now() time.Time { return o.c.Now().UTC().Truncate(time.Microsecond) }

// Put writes a message into tx, to be delivered not before the given time.
func (o *Outbox) Put(ctx context.Context, tx *store.Tx, queue message.Queue, body any, notBefore time.Time) error {
	text, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("write message for %s: %w", queue, err)
	}
	_, err = o.put(ctx, tx, string(queue), text, notBefore)
	return err
}

// runOf is the run that a message wakes, as the outbox keeps it for who looks into one run; nil for another message.
func runOf(body []byte) any {
	var w message.Wake
	if json.Unmarshal(body, &w) != nil || w.Run == 0 {
		return nil
	}
	return w.Run
}

func (o *Outbox) put(ctx context.Context, tx *store.Tx, queue string, body []byte, notBefore time.Time) ([]byte, error) {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails (Go 1.24)
	now := o.now()
	if notBefore.Before(now) {
		notBefore = now
	}
	_, err := tx.Exec(ctx, `INSERT INTO outbox (message_id, run_id, queue, body, not_before, state, tries, created_at) VALUES (?, ?, ?, ?, ?, 0, 0, ?)`,
		id[:], runOf(body), queue, body, notBefore, now)
	if err != nil {
		return nil, fmt.Errorf("put message for %s: %w", queue, err)
	}
	tx.AfterCommit(o.Wake)
	return id[:], nil
}

// Wake makes Run look at the table; it never blocks.
func (o *Outbox) Wake() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// Run relays whenever it is woken, until ctx ends. Failures are logged and left
// to the next wake-up or the timer.
func (o *Outbox) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-o.wake:
		}
		for {
			n, err := o.Relay(ctx)
			if err != nil && ctx.Err() == nil {
				o.c.Log.WarnContext(ctx, "messages not relayed; the timer tries again", "err", err.Error())
			}
			if n < relayBatch || err != nil {
				break
			}
		}
	}
}

type row struct {
	id        int64
	messageID []byte
	queue     string
	body      []byte
	notBefore time.Time
}

// Relay sends one batch of due messages and returns how many were sent. A queue
// that does not take its messages is passed over for the rest of the batch: its
// backlog must not hold up the others.
func (o *Outbox) Relay(ctx context.Context) (int, error) {
	n := 0
	err := o.c.DB.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		n = 0
		var refused []string
		for n < relayBatch && len(refused) < maxRefused {
			rows, err := claim(ctx, tx, o.now().Add(horizon), refused, relayBatch-n)
			if err != nil {
				return err
			}
			if len(rows) > 0 {
				chaos.Point("D1", rows[0].queue)
			}
			took, bad, err := o.hand(ctx, tx, rows)
			if err != nil {
				return err
			}
			if n += took; len(bad) == 0 {
				break
			}
			refused = append(refused, bad...)
		}
		return nil
	})
	if n > 0 {
		chaos.Point("D4", "")
	}
	return n, err
}

// maxRefused is how many queues may refuse before a batch is given up; claim
// has a place for each.
const maxRefused = 12

// claim locks due messages of all queues but the refused ones, oldest first.
func claim(ctx context.Context, tx *store.Tx, until time.Time, refused []string, limit int) ([]row, error) {
	args := []any{until}
	for i := range maxRefused {
		if i < len(refused) {
			args = append(args, refused[i])
		} else {
			args = append(args, "") // no queue has this name
		}
	}
	rows, err := store.All(ctx, tx, `SELECT id, message_id, queue, body, not_before FROM outbox
		WHERE state = 0 AND not_before <= ? AND queue NOT IN (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ORDER BY not_before, id LIMIT ? FOR UPDATE SKIP LOCKED`,
		func(r *row) []any { return []any{&r.id, &r.messageID, &r.queue, &r.body, &r.notBefore} }, append(args, limit)...)
	if err != nil {
		return nil, fmt.Errorf("claim messages: %w", err)
	}
	return rows, nil
}

// hand sends rows queue by queue and marks them. It returns how many were sent
// and which queues refused.
func (o *Outbox) hand(ctx context.Context, tx *store.Tx, rows []row) (n int, refused []string, err error) {
	byQueue := map[string][]row{}
	var order []string
	for _, r := range rows {
		if byQueue[r.queue] == nil {
			order = append(order, r.queue)
		}
		byQueue[r.queue] = append(byQueue[r.queue], r)
	}
	for i, queue := range order {
		if i > 0 {
			chaos.Point("D3", queue)
		}
		batch, state := byQueue[queue], sent
		if err := o.send(ctx, queue, batch); err != nil {
			o.c.Log.WarnContext(ctx, "messages not sent; they stay in the outbox", "queue", queue, "messages", len(batch), "err", err.Error())
			refused, state = append(refused, queue), pending
		} else {
			n += len(batch)
			chaos.Point("D2", queue)
		}
		if err := mark(ctx, tx, batch, state, o.now()); err != nil {
			return n, refused, err
		}
	}
	return n, refused, nil
}

func (o *Outbox) send(ctx context.Context, queue string, batch []row) error {
	ctx, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	out := make([]Outgoing, 0, len(batch))
	for _, r := range batch {
		id := hex.EncodeToString(r.messageID)
		body, err := o.c.Seal(queue, id, r.body, r.notBefore)
		if err != nil {
			return fmt.Errorf("seal %s: %w", id, err)
		}
		out = append(out, Outgoing{ID: id, Body: body, NotBefore: r.notBefore.UTC()})
	}
	return o.c.Sender.Send(ctx, queue, out)
}

// mark counts a try of each row and sets its state.
func mark(ctx context.Context, tx *store.Tx, batch []row, state int, now time.Time) error {
	var at any
	if state == sent {
		at = now
	}
	for _, r := range batch {
		if _, err := tx.Exec(ctx, `UPDATE outbox SET state = ?, tries = tries + 1, sent_at = ? WHERE id = ?`, state, at, r.id); err != nil {
			return fmt.Errorf("mark message %d: %w", r.id, err)
		}
	}
	return nil
}

// Purge deletes sent messages from before the given time, at most a thousand, and returns how many.
func (o *Outbox) Purge(ctx context.Context, before time.Time) (int64, error) {
	n, err := o.c.DB.Exec(ctx, `DELETE FROM outbox WHERE state = 1 AND sent_at < ? ORDER BY sent_at LIMIT 1000`, before)
	if err != nil {
		return 0, fmt.Errorf("purge outbox: %w", err)
	}
	return n, nil
}
