package providertest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// Kind is a wrong behaviour.
type Kind string

// Faults of delivery: they spoil one answer. "Accepts" says whether the job
// exists afterwards.
const (
	HangBefore  Kind = "hang_before"  // never answers, accepts nothing
	Hang        Kind = "hang"         // accepts, never answers
	DropBefore  Kind = "drop_before"  // closes the connection, accepts nothing
	Drop        Kind = "drop"         // accepts, closes the connection
	Status      Kind = "status"       // answers Status (with RetryAfter), accepts nothing
	StatusAfter Kind = "status_after" // accepts, answers Status as a gateway would
	Code        Kind = "code"         // status 200 with the vendor's error Code, accepts nothing
	Truncated   Kind = "truncated"    // accepts, breaks off in the middle of the body
	Malformed   Kind = "malformed"    // accepts, answers with broken JSON
	Page        Kind = "page"         // accepts, answers 200 with a web page
	Slow        Kind = "slow"         // accepts, sends the body in small pieces, Millis apart
	Late        Kind = "late"         // closes the connection and accepts only Millis after that (not for streamed bodies)
	Redirect    Kind = "redirect"     // answers Status (307) to another address, accepts nothing
)

// Faults of jobs: they stay with the job that the request starts.
const (
	Never           Kind = "never"            // the job never ends
	Fail            Kind = "fail"             // the job ends in failure (Code chooses which)
	EarlyURL        Kind = "early_url"        // the result's URL is told before it works
	CallbackNever   Kind = "callback_never"   // no callback
	CallbackTwice   Kind = "callback_twice"   // each callback twice
	CallbackEarly   Kind = "callback_early"   // the last callback comes before the job is accepted
	CallbackForged  Kind = "callback_forged"  // a callback about a job that is not ours comes first
	ResultPage      Kind = "result_page"      // the file is a web page
	ResultMissing   Kind = "result_missing"   // the file answers 404
	ResultTruncated Kind = "result_truncated" // the file breaks off
	Refusal         Kind = "refusal"          // a chat model declines
	Length          Kind = "length"           // a chat answer is cut at the token limit
	Filter          Kind = "filter"           // a chat answer is withheld by the content filter
	NoChoices       Kind = "no_choices"       // a chat answer without choices
	Prose           Kind = "prose"            // the JSON is wrapped in prose and a code fence
	Partial         Kind = "partial"          // an upload keeps only the first half of what it is sent
	Forget          Kind = "forget"           // an upload keeps nothing at all, not even what it had
	Expire          Kind = "expire"           // an upload's session is gone (Status, 404)
)

var delivery = []Kind{HangBefore, Hang, DropBefore, Drop, Status, StatusAfter, Code, Truncated, Malformed, Page, Slow, Late, Redirect}

var ofJobs = []Kind{Never, Fail, EarlyURL, CallbackNever, CallbackTwice, CallbackEarly, CallbackForged, ResultPage, ResultMissing,
	ResultTruncated, Refusal, Length, Filter, NoChoices, Prose, Partial, Forget, Expire}

// Fault is one wrong behaviour and when it happens.
type Fault struct {
	Kind Kind `json:"kind"`
	// Op limits it to one operation ("generate", "task"); "" = any API request, for
	// faults of jobs any that starts one.
	Op string `json:"op,omitempty"`
	// Times is for how many requests; 0 = 1.
	Times int `json:"times,omitempty"`
	// Status is the HTTP status of status, status_after and redirect.
	Status int `json:"status,omitempty"`
	// Code is the vendor's code or state.
	Code string `json:"code,omitempty"`
	// Text is the vendor's message.
	Text string `json:"text,omitempty"`
	// RetryAfter is sent as the Retry-After header, as it is.
	RetryAfter string `json:"retry_after,omitempty"`
	// Millis is the pause of slow between two pieces, and that of late; 0 = 20.
	Millis int `json:"millis,omitempty"`
}

// Hangs says whether only the caller's deadline ends a call with this fault.
func (f Fault) Hangs() bool {
	return f.Kind == Hang || f.Kind == HangBefore || f.Kind == Slow && f.Millis >= 1000
}

func (f Fault) check() error {
	if !slices.Contains(delivery, f.Kind) && !slices.Contains(ofJobs, f.Kind) {
		return fmt.Errorf("no such fault: %q", f.Kind)
	}
	if f.Status != 0 && (f.Status < 200 || f.Status > 599) {
		return fmt.Errorf("fault %s: no such status: %d", f.Kind, f.Status)
	}
	return nil
}

// Entry is one accepted job.
type Entry struct {
	ID string `json:"id"`
	Op string `json:"op"`
	// Tag is the mark that the order carried (metadata, marker), Callback the address it named.
	Tag      string `json:"tag,omitempty"`
	Callback string `json:"callback,omitempty"`
	// Request is the order's body.
	Request    json.RawMessage `json:"request"`
	AcceptedAt time.Time       `json:"accepted_at"`
	Faults     []Kind          `json:"faults,omitempty"`
}

// Next queues faults for the next requests that they match.
func (d *Desk) Next(faults ...Fault) {
	for _, f := range faults {
		if err := f.check(); err != nil {
			panic("providertest: " + err.Error()) // a mistake in the test
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.queue = append(d.queue, faults...)
}

// Clear forgets all queued faults.
func (d *Desk) Clear() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.queue = nil
}

// take returns the faults for one request: at most one of delivery and, when the
// request starts a job, at most one of jobs. A header goes before the queue.
func (d *Desk) take(r *http.Request, op string, starts bool) (of Fault, job Fault, err error) {
	for _, text := range r.Header.Values("X-Fault") {
		f, err := decodeFaults([]byte(text))
		if err != nil {
			return of, job, err
		}
		for _, f := range f {
			if slices.Contains(delivery, f.Kind) {
				of = f
			} else {
				job = f
			}
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	pick := func(kinds []Kind) (got Fault) {
		for i := range d.queue {
			f := &d.queue[i]
			if !slices.Contains(kinds, f.Kind) || f.Op != "" && f.Op != op {
				continue
			}
			got = *f
			if f.Times--; f.Times <= 0 {
				d.queue = slices.Delete(d.queue, i, i+1)
			}
			return got
		}
		return got
	}
	if of.Kind == "" {
		of = pick(delivery)
	}
	if job.Kind == "" && starts {
		job = pick(ofJobs)
	}
	return of, job, nil
}

func decodeFaults(text []byte) ([]Fault, error) {
	var list []Fault
	strict := func(v any) error {
		dec := json.NewDecoder(bytes.NewReader(text))
		dec.DisallowUnknownFields()
		return dec.Decode(v)
	}
	if trimmed := bytes.TrimSpace(text); len(trimmed) > 0 && trimmed[0] == '[' {
		if err := strict(&list); err != nil {
			return nil, fmt.Errorf("read faults: %w", err)
		}
	} else {
		list = make([]Fault, 1)
		if err := strict(&list[0]); err != nil {
			return nil, fmt.Errorf("read fault: %w", err)
		}
	}
	for _, f := range list {
		if err := f.check(); err != nil {
			return nil, err
		}
	}
	return list, nil
}
