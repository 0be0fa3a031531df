// Package collect is queue place-collect: the typed facts and photos as they are
// now become the input of everything that follows.
//
// Ends the place step. Calls nobody. A place that is gone fails the step.
package collect

import (
	"context"
	_ "embed"
	"time"

	"castad/shared/message"
	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

// Places runs the place step.
type Places interface {
	Collect(context.Context, message.Wake) error
}

// New returns the function.
func New(places Places) trigger.Function {
	return trigger.Queue("place-collect", binding, trigger.Budget{Time: 15 * time.Second, Connections: 1}, places.Collect)
}
