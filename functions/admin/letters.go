package admin

import (
	"context"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	"castad/shared/identity"
	"castad/shared/store"
)

// Letter is a message that no function could take.
type Letter struct {
	ID        int64     `json:"id"`
	Queue     string    `json:"queue"`
	MessageID string    `json:"message_id"`
	Reason    string    `json:"reason"`
	SeenAt    time.Time `json:"seen_at"`
	// Says is the message, when its signature is ours; a wake-up names a run and a step.
	Says string `json:"says,omitempty"`
	// Ours: its signature verifies, so it can be sent again.
	Ours bool `json:"ours"`
	// RedrivenAs is the message that it was sent again as.
	RedrivenAs string `json:"redriven_as,omitempty"`

	body, redriven []byte
}

func (l *Letter) into() []any {
	return []any{&l.ID, &l.Queue, &l.MessageID, &l.Reason, &l.body, &l.SeenAt, &l.redriven}
}

func (l *Letter) finish(letters Letters) {
	l.Says = letters.Body(l.Queue, l.body)
	l.Ours = l.Says != ""
	if len(l.redriven) > 0 {
		l.RedrivenAs = hex.EncodeToString(l.redriven)
	}
	l.body = nil
}

// DeadLetters lists them, newest first, from before a letter (0 = from the newest); queue "" = all.
// A body longer than any message of ours is not read: a page of them would be megabytes.
func (s *Store) DeadLetters(ctx context.Context, queue string, before int64, limit int) ([]Letter, error) {
	if before == 0 {
		before = 1<<63 - 1
	}
	rows, err := store.All(ctx, s.c.DB.Replica(), `SELECT id, queue, message_id, reason, CASE WHEN LENGTH(body) <= 8192 THEN body ELSE '' END, seen_at, redriven_as FROM dead_letters
		WHERE id < ? AND (? = '' OR queue = ?) ORDER BY id DESC LIMIT ?`, (*Letter).into, before, queue, queue, limit)
	if err != nil {
		return nil, fmt.Errorf("list dead letters: %w", err)
	}
	for i := range rows {
		rows[i].finish(s.c.Letters)
	}
	return list(rows), nil
}

// Resend sends a letter again as a new message, once, and shows it as it is then. One
// whose signature does not verify is refused (CodeForeign): nobody knows who wrote it.
func (s *Store) Resend(ctx context.Context, by identity.Actor, letter int64) (Letter, error) {
	err := s.Act(ctx, by, Action{Name: "letter.redrive", Target: "letter " + strconv.FormatInt(letter, 10)}, func(also Also) error {
		return s.c.Letters.Redrive(ctx, letter, also)
	})
	if err != nil {
		return Letter{}, err
	}
	l, err := store.One(ctx, s.c.DB.Primary(), `SELECT id, queue, message_id, reason, body, seen_at, redriven_as FROM dead_letters WHERE id = ? LIMIT 1`, (*Letter).into, letter)
	if err != nil {
		return Letter{}, fmt.Errorf("show dead letter %d: %w", letter, err)
	}
	l.finish(s.c.Letters)
	return l, nil
}
