package provider

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// Guard decides, for all processes together, whether a call may be sent now:
// the vendor may be failing (circuit breaker) or our share of its limit used up
// (token bucket). Package guard is the one that shares its state in MySQL.
type Guard interface {
	// Allow is asked once before a call is sent. An error is an *Error of class
	// Later or RateLimited, with RetryAfter, and nothing is sent. Otherwise the
	// Pass is told how the call ended.
	Allow(ctx context.Context, a Attempt) (Pass, error)
}

// Attempt is a call that wants to be sent.
type Attempt struct {
	// Vendor and Op name it: "suno", "generate".
	Vendor, Op string
	// Scope is whose limit at the vendor the call draws on besides ours: the channel's
	// id of an account; "" = nobody else's.
	Scope string
	// Paid calls are refused when the guard's state cannot be read; reads are sent.
	Paid bool
}

// Pass is told how an allowed call ended. It may be told more than once, since a
// vendor's table judges an answer after it has come: the last word counts.
type Pass func(Outcome)

// Outcome is how a call ended, as far as the vendor's health is concerned.
type Outcome struct {
	Verdict Verdict
	// RetryAfter is how long a Busy vendor asks to wait; 0 = not told.
	RetryAfter time.Duration
	// Unsent says that no byte can have left, so the call used nothing of a limit.
	Unsent bool
}

// Verdict is what a call says about the vendor's health.
type Verdict uint8

// The verdicts.
const (
	// Neutral says nothing: the call was given up by us before its end.
	Neutral Verdict = iota
	// Healthy is an answer that was understood, also one that refuses: what users
	// write, what they may do and how our account stands is not the vendor's health.
	Healthy
	// Sick is no answer, one that nobody understands, or one that says "error at our end".
	Sick
	// Busy asks us to slow down.
	Busy
)

// String returns the verdict's name, as used in metrics.
func (v Verdict) String() string {
	return [...]string{"neutral", "healthy", "sick", "busy"}[min(v, Busy)]
}

// verdictOf is what a class says when the vendor's table gives it to an answer.
func verdictOf(c Class) Verdict {
	switch c {
	case Unknown, Later:
		return Sick
	case RateLimited:
		return Busy
	}
	return Healthy
}

// ticket carries the guard's Pass from the call to whoever judges its answer. A
// nil ticket has no guard.
type ticket struct {
	pass Pass

	mu   sync.Mutex
	good bool // the answer is good, whatever it says about the job
}

func (t *ticket) tell(o Outcome) {
	if t == nil {
		return
	}
	t.mu.Lock()
	good := t.good
	t.mu.Unlock()
	if !good {
		t.pass(o)
	}
}

// failed tells of an error that this layer has found, not the vendor's table.
func (t *ticket) failed(e *Error, unsent bool) {
	o := Outcome{Verdict: verdictOf(e.Class), RetryAfter: e.RetryAfter, Unsent: unsent}
	if e.Code == "cancelled" {
		o.Verdict = Neutral // by us
	}
	t.tell(o)
}

// answered tells of an answer that the vendor's table has yet to judge. A 429 may
// mean "no credit", so that it is Busy is left to the table.
func (t *ticket) answered(status int) {
	v := Healthy
	if status >= http.StatusInternalServerError {
		v = Sick
	}
	t.tell(Outcome{Verdict: v})
}

// Good says that the call itself was answered as it should be, so that an Error
// made of it by Fail is about the vendor's job ("it failed", "it has no file
// yet") and not about the vendor's health.
func (a *Answer) Good() {
	if a == nil || a.ticket == nil {
		return
	}
	a.ticket.mu.Lock()
	a.ticket.good = true
	a.ticket.mu.Unlock()
}

// AnswerOf is the head of an answer that RoundTrip gave, for a vendor's SDK that
// reads the body itself: an Error that Fail makes of it counts like any other.
func AnswerOf(res *http.Response) *Answer {
	a := &Answer{Status: res.StatusCode, Header: res.Header}
	if b, ok := res.Body.(*cappedBody); ok {
		a.ticket = b.ticket
	}
	return a
}

// allow asks the guard, when there is one.
func allow(ctx context.Context, g Guard, a Attempt) (*ticket, error) {
	if g == nil {
		return nil, nil
	}
	pass, err := g.Allow(ctx, a)
	if err != nil {
		return nil, err
	}
	return &ticket{pass: pass}, nil
}
