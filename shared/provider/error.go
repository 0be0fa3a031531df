package provider

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"castad/shared/fault"
	"castad/shared/message"
)

// Class says what a failed call may have done and what may follow.
type Class uint8

// The classes. The zero value is Unknown: an error that nobody has classed must
// not be taken as harmless.
const (
	Unknown        Class = iota // something may have been started
	Later                       // nothing was started; may be repeated
	RateLimited                 // nothing was started; may be repeated more slowly
	QuotaExhausted              // nothing was started; needs an operator (credits, plan)
	UserFault                   // nothing was started; the content was refused
	OurFault                    // nothing was started; key, address or request is wrong
	Failed                      // the vendor's job ended in failure
	BadResult                   // the vendor's job ended with an unusable result
	Reconnect                   // nothing was started; the account's owner must connect it again
)

var classes = [...]struct {
	name string
	code fault.Code
}{
	Unknown:        {"unknown", fault.CodeVendorUnknown},
	Later:          {"later", fault.CodeVendorDown},
	RateLimited:    {"rate_limited", fault.CodeVendorBusy},
	QuotaExhausted: {"quota_exhausted", fault.CodeVendorQuota},
	UserFault:      {"user_fault", fault.CodeVendorRefused},
	OurFault:       {"our_fault", fault.CodeVendorSettings},
	Failed:         {"failed", fault.CodeVendorFailed},
	BadResult:      {"bad_result", fault.CodeVendorResult},
	Reconnect:      {"reconnect", fault.CodeReconnect},
}

// String returns the class's snake_case name, as used in logs and metrics.
func (c Class) String() string {
	if int(c) < len(classes) {
		return classes[c].name
	}
	return fmt.Sprintf("class(%d)", uint8(c))
}

// FaultCode returns the catalogue code of the class.
func (c Class) FaultCode() fault.Code {
	if int(c) < len(classes) {
		return classes[c].code
	}
	return fault.CodeVendorUnknown
}

// SnippetBytes is the most that is kept of a vendor's text.
const SnippetBytes = 200

// Error is how every provider call fails. It is a fault.Kinded and fault.Coded.
type Error struct {
	// Provider and Op name the call: "suno", "generate".
	Provider, Op string
	// Status is the HTTP status, 0 when there was no answer.
	Status int
	// Code is the vendor's own code or state ("455", "insufficient_quota"), or one
	// of ours in snake_case for what the vendor has no word for ("no_choices").
	Code string
	// RetryAfter is how long the vendor asks to wait, ≤ 1 h; 0 = not told.
	RetryAfter time.Duration
	// Snippet is the start of the vendor's text, redacted, ≤ SnippetBytes. For the log, not for people.
	Snippet string
	Class   Class
	// Err is the cause, if there is one beside the answer. Its text is redacted. A
	// user fault found before sending wraps a fault.Error with the Field.
	Err error
}

func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s: %s", e.Provider, e.Op, e.Class)
	if e.Status != 0 {
		fmt.Fprintf(&b, ", status %d", e.Status)
	}
	if e.Code != "" {
		fmt.Fprintf(&b, ", code %s", e.Code)
	}
	if e.Snippet != "" {
		fmt.Fprintf(&b, ", said %q", e.Snippet)
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// FaultKind returns the kind of FaultCode.
func (e *Error) FaultKind() fault.Kind { return e.FaultCode().Kind() }

// FaultCode returns the catalogue code of the class; of a call that operators have paused,
// and of a refusal that is the account's and not the content's, it says that.
func (e *Error) FaultCode() fault.Code {
	switch {
	case errors.Is(e.Err, fault.ErrPaused):
		return fault.CodePaused
	case e.Class == UserFault && fault.CodeOf(e.Err) == fault.CodeAccountRefused:
		return fault.CodeAccountRefused
	}
	return e.Class.FaultCode()
}

// FaultRetryAfter says how long the vendor asks to wait.
func (e *Error) FaultRetryAfter() time.Duration { return e.RetryAfter }

// Refused is the error for content that a vendor would refuse and that is
// therefore never sent. field names the input, in the neutral type's terms
// (fault.FieldOf finds it).
func Refused(provider, op, field, format string, args ...any) *Error {
	return &Error{Provider: provider, Op: op, Class: UserFault, Code: "not_sent",
		Err: fault.Newf(fault.CodeVendorRefused, format, args...).In(field)}
}

// NotYet is the answer to a question about a job that is still running; after
// is how long the vendor asks to wait, 0 = not told. It is message.NotYet, so
// that vendor packages need not know the engine's messages.
func NotYet(after time.Duration) error { return message.NotYet{After: after} }

// Unfinished is the answer about a job that cannot come to be unless the next
// attempt goes on with it: an upload whose session is known and wants more, a
// container that nobody has published. That attempt follows at once.
func Unfinished() error { return message.Absent{Settled: true} }

// Absent is the answer when the vendor proves that a job does not exist. It
// leads to a new paid attempt: return it only for a proof, never for a lost or
// empty answer.
func Absent() error { return message.Absent{} }
