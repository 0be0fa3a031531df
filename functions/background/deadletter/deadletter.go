// Package deadletter is the timer background-deadletter: copies dead-lettered messages into MySQL.
//
// Each letter is kept before the broker is told to forget it; the same letter
// twice is kept once. Redriving one sends a new message.
package deadletter

import (
	"context"
	_ "embed"
	"errors"
	"time"

	"castad/shared/message"
	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

// Letters moves the dead letters of a queue into the database and says how many.
type Letters interface {
	Bury(ctx context.Context, queue message.Queue) (int, error)
}

// New returns the function.
func New(letters Letters) trigger.Function {
	return trigger.Timer("background-deadletter", binding, trigger.Budget{Time: 100 * time.Second, Connections: 1},
		func(ctx context.Context) error {
			var all error
			for _, q := range message.Queues {
				_, err := letters.Bury(ctx, q)
				all = errors.Join(all, err) // one queue's trouble must not hide another's letters
			}
			return all
		})
}
