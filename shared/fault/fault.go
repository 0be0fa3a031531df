// Package fault is the one vocabulary of failure.
//
// Every error that a person or a machine must act on carries a Kind (what
// class of thing went wrong, which decides the HTTP status, whether a queue
// message is acknowledged and whether the engine may try again) and a Code (a
// stable name with a Korean and an English sentence in the catalogue). The
// cause stays wrapped inside for the log and never reaches a caller.
package fault

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Kind classes an error by what the receiver can do about it.
type Kind uint8

// The kinds, with the HTTP status each becomes.
const (
	Internal        Kind = iota // 500: a bug or an unclassified error
	Invalid                     // 400: the request cannot be understood
	Unauthenticated             // 401: no valid credential
	Denied                      // 403: a valid credential that may not do this
	NotFound                    // 404: absent, or another tenant's
	Conflict                    // 409: the state does not allow it
	Refused                     // 422: understood and refused for its content; never retried
	TooMany                     // 429: a limit; retry after RetryAfter
	Misconfigured               // 500: our settings or our account at a vendor are wrong
	Unavailable                 // 503: a dependency is down; the call had no effect, retry after RetryAfter
	Timeout                     // 504: the time budget ended before an effect was started
	Done                        // 200: nothing left to do (a duplicate, a stale wake-up)
	Unknown                     // 500: the effect may or may not have happened; must be settled, never blindly repeated
)

var kindNames = [...]string{"internal", "invalid", "unauthenticated", "denied", "not_found", "conflict", "refused", "too_many",
	"misconfigured", "unavailable", "timeout", "done", "unknown"}

var kindStatus = [...]int{500, 400, 401, 403, 404, 409, 422, 429, 500, 503, 504, 200, 500}

// String returns the kind's snake_case name.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// Status returns the HTTP status that the kind answers with.
func (k Kind) Status() int {
	if int(k) < len(kindStatus) {
		return kindStatus[k]
	}
	return 500
}

// Error is an error with a kind and a catalogue code.
type Error struct {
	Kind Kind
	Code Code
	// Field names the offending input ("photos[2].url"); shown to the caller.
	Field string
	// Allowed says what that input may be; shown. The zero value = the code's sentences are all there is to say.
	Allowed Words
	// RetryAfter is how long to wait before the same call may succeed; 0 = not known.
	RetryAfter time.Duration
	// Link is where the caller can do what we cannot; shown. "" = nowhere.
	Link string
	// Err is the cause: logged, never shown.
	Err error
}

// New returns an error of the code's kind.
func New(code Code) *Error { return &Error{Kind: code.Kind(), Code: code} }

// Newf returns an error of the code's kind whose cause is the formatted text; %w works.
func Newf(code Code, format string, args ...any) *Error {
	return &Error{Kind: code.Kind(), Code: code, Err: fmt.Errorf(format, args...)}
}

// Wrap gives err a code and its kind; a nil err stays nil.
func Wrap(err error, code Code) error {
	if err == nil {
		return nil
	}
	return &Error{Kind: code.Kind(), Code: code, Err: err}
}

// In names the input field that is at fault.
func (e *Error) In(field string) *Error { c := *e; c.Field = field; return &c }

// Wants says what the input that is at fault may be.
func (e *Error) Wants(allowed Words) *Error { c := *e; c.Allowed = allowed; return &c }

// After sets how long to wait before trying again.
func (e *Error) After(d time.Duration) *Error { c := *e; c.RetryAfter = d; return &c }

// At says where the caller can do what we cannot.
func (e *Error) At(link string) *Error { c := *e; c.Link = link; return &c }

func (e *Error) Error() string {
	s := string(e.Code)
	if e.Field != "" {
		s += " (" + e.Field + ")"
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// FaultKind makes *Error a Kinded.
func (e *Error) FaultKind() Kind { return e.Kind }

// FaultCode makes *Error a Coded.
func (e *Error) FaultCode() Code { return e.Code }

// FaultRetryAfter says how long to wait.
func (e *Error) FaultRetryAfter() time.Duration { return e.RetryAfter }

// Kinded is an error that knows its kind (provider errors are such).
type Kinded interface{ FaultKind() Kind }

// Coded is an error that knows its catalogue code.
type Coded interface{ FaultCode() Code }

// KindOf returns the kind of the first error in err's chain that has one.
// A context deadline is Timeout; nil is Done; everything else is Internal.
func KindOf(err error) Kind {
	if err == nil {
		return Done
	}
	var k Kinded
	if errors.As(err, &k) {
		return k.FaultKind()
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return Timeout
	}
	return Internal
}

// CodeOf returns the code of the first error in err's chain that has one, else
// the general code of its kind.
func CodeOf(err error) Code {
	var c Coded
	if errors.As(err, &c) && c.FaultCode() != "" {
		return c.FaultCode()
	}
	return general(KindOf(err))
}

// Known is the error's code if the catalogue has it, else the general one of its kind:
// what may be told to a caller.
func Known(err error) Code {
	code := CodeOf(err)
	if _, ok := code.Entry(); ok {
		return code
	}
	return general(KindOf(err))
}

// FieldOf returns the input field that err blames, or "".
func FieldOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Field
	}
	return ""
}

// AllowedOf returns what the input that err blames may be, or nil.
func AllowedOf(err error) *Words {
	var e *Error
	if errors.As(err, &e) && e.Allowed != (Words{}) {
		return &e.Allowed
	}
	return nil
}

// LinkOf returns where the caller can do what err says that we cannot, or "".
func LinkOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Link
	}
	return ""
}

// RetryAfterOf returns how long err asks to wait, or 0.
func RetryAfterOf(err error) time.Duration {
	var r interface{ FaultRetryAfter() time.Duration }
	if errors.As(err, &r) {
		return r.FaultRetryAfter()
	}
	return 0
}
