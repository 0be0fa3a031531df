package outbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"castad/shared/fault"
	"castad/shared/store"
)

// DeadLetter is a message that no function could take: dead-lettered by the
// broker, or refused because its envelope does not verify.
type DeadLetter struct {
	ID        int64
	Queue     string
	MessageID string
	Reason    string
	Body      []byte
	SeenAt    time.Time
	Redriven  bool
}

// maxMessageID is the longest id that Service Bus allows, and our column.
const maxMessageID = 128

// Bury keeps a dead letter. The same letter again changes nothing. A letter
// without an id of its own is known by its body.
func (o *Outbox) Bury(ctx context.Context, queue, messageID, reason string, body []byte) error {
	// What the broker says comes from whoever sent the message; a column takes text only.
	reason, messageID = strings.ToValidUTF8(reason, "?"), strings.ToValidUTF8(messageID, "?")
	if messageID == "" || len([]rune(messageID)) > maxMessageID {
		messageID = Fingerprint(body)
	}
	if body == nil {
		body = []byte{} // an empty message is a letter too; NULL is not
	}
	if r := []rune(reason); len(r) > 200 {
		reason = string(r[:200])
	}
	_, err := o.c.DB.Exec(ctx, `INSERT INTO dead_letters (message_id, queue, reason, body, seen_at) VALUES (?, ?, ?, ?, ?)`,
		messageID, queue, reason, body, o.now())
	if _, dup := store.Duplicate(err); dup {
		return nil
	}
	if err != nil {
		return fmt.Errorf("bury message %s of %s: %w", messageID, queue, err)
	}
	return nil
}

// Dead lists the newest dead letters.
func (o *Outbox) Dead(ctx context.Context, limit int) ([]DeadLetter, error) {
	letters, err := store.All(ctx, o.c.DB, `SELECT id, queue, message_id, reason, body, seen_at, redriven_as IS NOT NULL FROM dead_letters
		ORDER BY seen_at DESC LIMIT ?`, func(d *DeadLetter) []any {
		return []any{&d.ID, &d.Queue, &d.MessageID, &d.Reason, &d.Body, &d.SeenAt, &d.Redriven}
	}, limit)
	if err != nil {
		return nil, fmt.Errorf("list dead letters: %w", err)
	}
	return letters, nil
}

// Redrive sends a dead letter's body again as a new message. A letter whose
// signature does not verify is CodeForeign: nobody knows who wrote it. Redriving
// twice sends once; the second time is an error of kind Done. It is harmless in any
// state of its run: a wake-up for a step that has moved on does nothing. also is
// written in the same transaction.
func (o *Outbox) Redrive(ctx context.Context, letter int64, also ...func(context.Context, *store.Tx) error) error {
	return o.c.DB.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		d, err := store.One(ctx, tx, `SELECT id, queue, message_id, reason, body, seen_at, redriven_as IS NOT NULL FROM dead_letters WHERE id = ? FOR UPDATE`,
			func(d *DeadLetter) []any {
				return []any{&d.ID, &d.Queue, &d.MessageID, &d.Reason, &d.Body, &d.SeenAt, &d.Redriven}
			}, letter)
		if errors.Is(err, store.ErrNoRows) {
			return fault.Newf(fault.CodeNotFound, "redrive dead letter %d: no such letter", letter)
		}
		if err != nil {
			return fmt.Errorf("read dead letter %d: %w", letter, err)
		}
		if d.Redriven {
			return &fault.Error{Kind: fault.Done}
		}
		body, err := o.c.Unseal(d.Queue, d.Body)
		if err != nil {
			return fault.Newf(fault.CodeForeign, "redrive dead letter %d: %w", letter, err)
		}
		id, err := o.put(ctx, tx, d.Queue, body, o.now())
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE dead_letters SET redriven_as = ? WHERE id = ?`, id, letter); err != nil {
			return fmt.Errorf("mark dead letter %d: %w", letter, err)
		}
		for _, write := range also {
			if err := write(ctx, tx); err != nil {
				return err
			}
		}
		return nil
	})
}

// Fingerprint names a message that has no id that could be believed.
func Fingerprint(raw []byte) string {
	sum := sha256.Sum256(raw)
	return "sha256-" + hex.EncodeToString(sum[:16])
}
