package message

import (
	"errors"
	"fmt"
	"time"

	"castad/shared/fault"
)

// NotYet is what asking about a job returns while the provider is still working,
// and what a submission in rounds returns before its last one: nothing is to be
// seen or paid yet, and the next round goes on.
type NotYet struct {
	// After is how long the provider asks us to wait; 0 = the engine's own backoff.
	After time.Duration
	// ExternalID is the job's id at the provider, set when an unsure job was found and is ours.
	ExternalID string
}

func (e NotYet) Error() string { return fmt.Sprintf("not ready yet (ask again after %v)", e.After) }

// FaultKind says that nothing is wrong: the same question later may be answered.
func (NotYet) FaultKind() fault.Kind { return fault.Unavailable }

// Absent is what looking for an unsure job returns when the provider proves that it does not exist.
type Absent struct {
	// Settled: it cannot appear any more either, whatever of it is still on its
	// way: the next attempt need not wait until that must have arrived.
	Settled bool
}

func (Absent) Error() string { return "the provider does not know this job" }

// FaultKind says that nothing was found.
func (Absent) FaultKind() fault.Kind { return fault.NotFound }

// Answer is what an answer about the job ExternalID means for the call: err is the
// provider's, foreign says that the job which it shows was ordered by somebody else.
func (c Call) Answer(foreign bool, err error) error {
	if !c.Unsure {
		return err
	}
	var later NotYet
	var absent Absent
	switch {
	case foreign:
		return NotYet{} // a job, but not ours: keep waiting for our own
	case errors.As(err, &absent):
		return NotYet{} // the id was a callback's claim: that it is wrong proves nothing about our order
	case errors.As(err, &later):
		later.ExternalID = c.ExternalID // ours, or told by who knows the call's token
		return later
	}
	return err
}
