package server

import (
	"errors"
	"fmt"
	"time"

	"github.com/Azure/go-amqp"

	"castad/scripts/localcloud/servicebus/broker"
)

// request is one message on a $cbs or $management link.
type request struct {
	l      *link
	id     any
	to     string
	op     string
	prop   map[string]any
	value  any
	budget time.Duration
}

// answer is what a request gets back.
type answer struct {
	status int32 // HTTP's numbers
	text   string
	value  any
	lsn    broker.LSN // what must be on disk before it is given
}

// defaultBudget is how long a request may take when it does not say.
const defaultBudget = time.Minute

// request does what an RPC message asks.
func (l *link) request(id uint32, body []byte) {
	var m amqp.Message
	if err := m.UnmarshalBinary(body); err != nil || m.Properties == nil || m.Properties.ReplyTo == nil {
		l.ack(id, asError(errors.New("a request needs properties with reply-to")))
		return
	}
	if !l.settled {
		l.ack(id, nil)
	}
	r := &request{l: l, id: m.Properties.MessageID, to: *m.Properties.ReplyTo, prop: m.ApplicationProperties, value: m.Value, budget: defaultBudget}
	r.op, _ = r.prop["operation"].(string)
	for _, key := range []string{"server-timeout", "com.microsoft:server-timeout"} {
		// The SDK sends 0 when under a second is left; the client's own wait then ends first.
		if ms, ok := asInt(r.prop[key]); ok && ms > 0 {
			r.budget = time.Duration(ms) * time.Millisecond
		}
	}
	if l.queue == nil {
		r.respond(r.cbs())
		return
	}
	r.manage()
}

// manage runs a $management request inside its time budget: when an injected
// delay is longer, the answer is a time-out after the budget and nothing was done.
func (r *request) manage() {
	f := &r.l.s.c.srv.Faults
	if take(&f.busy) {
		r.respond(answer{status: 503, text: condBusy})
		return
	}
	delay := time.Duration(f.delay.Load())
	switch {
	case delay > r.budget:
		time.AfterFunc(r.budget, func() {
			r.respond(answer{status: 408, text: "The operation did not complete within the allotted time."})
		})
	case delay > 0:
		time.AfterFunc(delay, r.run)
	default:
		r.run()
	}
}

func (r *request) run() {
	a := r.perform()
	r.l.s.c.srv.b.OnDurable(a.lsn, func(err error) {
		if err != nil {
			a = failed(err)
		}
		if take(&r.l.s.c.srv.Faults.lose) {
			r.l.s.c.nc.Close()
			return
		}
		r.respond(a)
	})
}

func failed(err error) answer {
	a := answer{status: 500, text: err.Error()}
	switch {
	case errors.Is(err, broker.ErrLockLost):
		a.status = 410
	case errors.Is(err, broker.ErrNotFound), errors.Is(err, errNoEntity):
		a.status = 404
	case errors.Is(err, broker.ErrNotAllowed), errors.Is(err, errBadRequest):
		a.status = 400
	case errors.Is(err, errUnauthorized):
		a.status = 401
	}
	return a
}

func (r *request) respond(a answer) {
	c := r.l.s.c
	c.mu.Lock()
	to := c.replies[r.to]
	c.mu.Unlock()
	if to == nil {
		return // the client has closed its side
	}
	m := amqp.Message{Properties: &amqp.MessageProperties{CorrelationID: r.id},
		ApplicationProperties: map[string]any{"status-code": a.status, "status-description": a.text}, Value: a.value}
	b, err := m.MarshalBinary()
	if err != nil { // a value of ours that AMQP cannot carry: say so rather than let the client wait
		m.Value, m.ApplicationProperties["status-code"], m.ApplicationProperties["status-description"] = nil, int32(500), err.Error()
		if b, err = m.MarshalBinary(); err != nil {
			return
		}
	}
	to.enqueue(b)
}

func (r *request) cbs() answer {
	if r.op != "put-token" {
		return answer{status: 400, text: fmt.Sprintf("unknown operation %q", r.op)}
	}
	kind, _ := r.prop["type"].(string)
	audience, _ := r.prop["name"].(string)
	token, ok := r.value.(string)
	if !ok {
		return answer{status: 400, text: "the token is not a string"}
	}
	if err := r.l.s.c.putToken(kind, token, audience); err != nil {
		return failed(err)
	}
	return answer{status: 202, text: "Accepted"}
}

func asInt(v any) (int64, bool) {
	switch n := v.(type) {
	case int32:
		return int64(n), true
	case int64:
		return n, true
	case uint32:
		return int64(n), true
	case uint64:
		return int64(n), n < 1<<62
	}
	return 0, false
}

// asMap reads the body of a request; go-amqp gives an empty map another type.
func asMap(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}
