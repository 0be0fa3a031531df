// Package measure is the timer background-measure: channels are asked how posts are doing.
//
// A post is measured when it is out, every hour for two days, then daily to its thirtieth, then
// weekly to its ninetieth; at most 50 of each channel at a time. One that fails is tried again after
// an hour, until its ninetieth day; one that the channel has not got twice is shown as removed. A channel
// that allows no more questions is left alone until the next time, and one that hangs costs
// no other its turn. An account whose owner has withdrawn the permission is found here, too.
package measure

import (
	"context"
	_ "embed"
	"time"

	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

// Posts measures.
type Posts interface {
	Measure(ctx context.Context) (measured, failed int, err error)
}

// New returns the function.
func New(posts Posts) trigger.Function {
	return trigger.Timer("background-measure", binding, trigger.Budget{Time: 100 * time.Second, Connections: 1},
		func(ctx context.Context) error {
			measured, failed, err := posts.Measure(ctx)
			trigger.Note(ctx, "measured", measured)
			trigger.Note(ctx, "failed", failed)
			return err
		})
}
