package trigger

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"castad/shared/fault"
	"castad/shared/id"
)

const (
	// StreamLife is when a stream of events is closed: before the front end's 230 s, so that
	// the end is ours and carries retry:.
	StreamLife = 200 * time.Second
	// Heartbeat is how often a comment is sent, so that no hop takes silence for death.
	Heartbeat = 15 * time.Second
	// Glance is how often a stream looks whether the session in whose name it was opened has
	// ended, in what this process knows: no question to anybody.
	Glance = time.Second
	// PollWait is the longest that a long poll waits.
	PollWait = 25 * time.Second

	// streamsEach is how many streams and polls of one user there may be in a process: each costs
	// 50 KB, and at the rate of calls alone an address could hold two thousand. One more ends the
	// oldest, and not itself: that is most likely a dead connection that nobody has noticed.
	streamsEach = 20

	// reconnect is what a client is told to wait after the stream ends, in milliseconds.
	reconnect = "retry: 2000\n\n"
	// slow is how long a client may take to accept one event. What it does not
	// accept stays in the kernel's buffer and in one event: memory is bounded.
	slow = 10 * time.Second
)

// Mode is how a client wants to hear.
type Mode string

// The modes.
const (
	SSE  Mode = "sse"
	Poll Mode = "poll"
)

// Events is a client that waits for news. In mode SSE the function sends
// events until Done; in mode Poll it waits for news or until Wait has passed
// and answers once. Either way the function's context ends when it is over,
// whether by time, by the client, by streams that its user has opened since or by our
// going down, and returning then is no failure.
//
// A stream resumes by an input field `header:"Last-Event-ID"`. Send and Open may be called by
// one goroutine at a time with the heartbeat, which Events keeps apart.
type Events struct {
	call *call
	mode Mode
	wait time.Duration
	ctx  context.Context
	stop context.CancelFunc

	mu     sync.Mutex
	buf    bytes.Buffer
	answer any
	dead   error
}

// Mode is how the client wants to hear.
func (e *Events) Mode() Mode { return e.mode }

// Wait is how long a poll may wait, 0 to 25 s; a poll of 0 answers what is there.
func (e *Events) Wait() time.Duration { return e.wait }

// Done is closed when the stream is over.
func (e *Events) Done() <-chan struct{} { return e.ctx.Done() }

// Open sends the header, so that the client knows that it is connected. Call
// it when nothing can be refused any more and there is nothing to send yet;
// Send does it by itself.
func (e *Events) Open() error { return e.write(nil) }

// Send sends one event; id is what Last-Event-ID will name, data is sent as
// JSON. An error means that the client is gone: return.
func (e *Events) Send(id int64, event string, data any) error {
	if e.mode != SSE {
		return fault.Newf(fault.CodeInternal, "send event %q: the client polls", event)
	}
	if event == "" || strings.ContainsAny(event, "\r\n\x00") {
		return fault.Newf(fault.CodeInternal, "send event: %q is no name", event)
	}
	body, err := json.Marshal(data) // one line: JSON has no raw newlines
	if err != nil {
		return fault.Newf(fault.CodeInternal, "encode event %q: %w", event, err)
	}
	return e.write(func(b *bytes.Buffer) {
		b.WriteString("id: ")
		b.WriteString(strconv.FormatInt(id, 10))
		b.WriteString("\nevent: ")
		b.WriteString(event)
		b.WriteString("\ndata: ")
		b.Write(body)
		b.WriteString("\n\n")
	})
}

// Answer is what a poll answers, as JSON. It is written when the function
// returns nil; the last one counts.
func (e *Events) Answer(v any) error {
	if e.mode != Poll {
		return fault.Newf(fault.CodeInternal, "answer a poll: the client listens to events")
	}
	e.answer = v
	return nil
}

// write sends what fill writes, after the header if that is not out yet.
func (e *Events) write(fill func(*bytes.Buffer)) error {
	if e.mode != SSE {
		return fault.Newf(fault.CodeInternal, "open a stream: the client polls")
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.dead == nil {
		e.dead = e.ctx.Err()
	}
	if e.dead != nil {
		return e.dead
	}
	return e.flush(fill)
}

// flush needs mu.
func (e *Events) flush(fill func(*bytes.Buffer)) error {
	c := e.call
	control := http.NewResponseController(c.w)
	if err := control.SetWriteDeadline(time.Now().Add(slow)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return e.lost(err)
	}
	e.buf.Reset()
	if !c.opened {
		header := c.w.Header()
		surround(header, c.id)
		header.Set("Content-Type", "text/event-stream")
		header.Set("Cache-Control", "no-store")
		header.Set("X-Accel-Buffering", "no") // proxies that know it do not hold events back
		c.opened, c.status = true, http.StatusOK
		c.w.WriteHeader(http.StatusOK)
		e.buf.WriteString(reconnect) // at once: the end may come without us
	}
	if fill != nil {
		fill(&e.buf)
	}
	if _, err := c.w.Write(e.buf.Bytes()); err != nil {
		return e.lost(err)
	}
	if err := control.Flush(); err != nil {
		return e.lost(err)
	}
	return nil
}

// lost ends a stream whose client does not take it any more; needs mu.
func (e *Events) lost(err error) error {
	e.dead = fmt.Errorf("write to the stream's client: %w", err)
	e.stop()
	return e.dead
}

// watch runs a stream function.
func (c *call) watch(fn func(context.Context, *Events) error) (any, error) {
	e := &Events{call: c, mode: SSE}
	if query := c.r.URL.Query(); query.Has("wait") {
		seconds, err := strconv.Atoi(query.Get("wait"))
		if err != nil || seconds < 0 {
			return nil, fault.Newf(fault.CodeBadValue, "not a number of seconds").In("wait")
		}
		e.mode, e.wait = Poll, time.Duration(min(seconds, int(PollWait/time.Second)))*time.Second
	}
	e.ctx, e.stop = context.WithCancel(c.ctx)
	defer e.stop()
	c.host.open.join(c.who.User, e)
	defer c.host.open.leave(c.who.User, e)
	var turned error
	var beats sync.WaitGroup
	beats.Go(func() { turned = e.attend() })
	err := protect(c, func() error { return fn(e.ctx, e) })
	over := e.ctx.Err() != nil
	e.stop()
	beats.Wait() // nothing writes after the handler has returned
	if turned != nil {
		err, over = turned, false
	}
	if e.mode == Poll {
		return e.polled(err)
	}
	return e.ended(err, over)
}

// crowd is who listens: each user's streams and polls, the oldest first.
type crowd struct {
	mu   sync.Mutex
	open map[id.User][]*Events
}

func (c *crowd) join(user id.User, e *Events) {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := append(c.open[user], e)
	if len(all) > streamsEach {
		all[0].stop()
		all = slices.Delete(all, 0, 1)
	}
	c.open[user] = all
}

func (c *crowd) leave(user id.User, e *Events) {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := slices.DeleteFunc(c.open[user], func(other *Events) bool { return other == e })
	if c.open[user] = all; len(all) == 0 {
		delete(c.open, user)
	}
}

// protect turns a panic into an error while another goroutine may still write.
func protect(c *call, fn func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = c.recovered(p)
		}
	}()
	return fn()
}

// attend keeps the connection warm and ends the stream when we go down, and when the
// caller's session has ended: that is its error.
func (e *Events) attend() error {
	beat := time.NewTicker(Heartbeat)
	defer beat.Stop()
	var glance <-chan time.Time // never, for who has no session
	if e.call.who.Session != 0 {
		every := time.NewTicker(Glance)
		defer every.Stop()
		glance = every.C
	}
	for {
		select {
		case <-e.ctx.Done():
			return nil
		case <-e.call.host.closing:
			e.stop()
			return nil
		case <-glance:
			if e.call.host.over(e.call.who) {
				e.stop()
				return fault.Newf(fault.CodeSessionEnded, "the session has ended in whose name the stream was opened")
			}
		case <-beat.C:
			if e.mode == SSE {
				_ = e.write(func(b *bytes.Buffer) { b.WriteString(": still here\n\n") }) // an error ends e.ctx
			}
		}
	}
}

func (e *Events) polled(err error) (any, error) {
	switch {
	case err != nil && (e.answer == nil || !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded)):
		return nil, err
	case e.answer == nil:
		return nil, errNoAnswer
	}
	return e.answer, nil
}

// ended closes a stream: by a last word if it had begun, as any answer otherwise.
func (e *Events) ended(err error, over bool) (any, error) {
	c := e.call
	if over && (errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)) {
		err = nil // it was time
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.dead != nil && !errors.Is(e.dead, context.Canceled) && !errors.Is(e.dead, context.DeadlineExceeded) {
		c.failed(fmt.Errorf("%w: %w", context.Canceled, e.dead))
		c.code, c.status = "client.gone", statusClientGone
		return answered{}, nil
	}
	switch {
	case c.r.Context().Err() != nil:
		return nil, context.Canceled
	case !c.opened && err != nil:
		return nil, err
	case err != nil:
		status := c.failed(err)
		body, _ := json.Marshal(newProblem(err, status, c.id)) // cannot fail, see writeProblem
		_ = e.flush(func(b *bytes.Buffer) {                    // the stream ends either way
			b.WriteString("event: error\ndata: ")
			b.Write(body)
			b.WriteString("\n\n")
		})
		return answered{}, nil
	}
	_ = e.flush(func(b *bytes.Buffer) { b.WriteString(reconnect) }) // the stream ends either way
	return answered{}, nil
}
