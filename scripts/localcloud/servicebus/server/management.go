package server

import (
	"errors"
	"fmt"
	"time"

	"github.com/Azure/go-amqp"

	"castad/scripts/localcloud/servicebus/broker"
	"castad/scripts/localcloud/servicebus/wire"
)

var errBadRequest = errors.New("bad request")

// peekBytes bounds an answer to peek: fewer messages than asked for may come
// back, and the caller asks again from the next number.
const peekBytes = 1 << 20

// perform runs a $management operation.
func (r *request) perform() answer {
	body := asMap(r.value)
	var a answer
	var err error
	switch r.op {
	case "com.microsoft:renew-lock":
		a, err = r.renew(body)
	case "com.microsoft:schedule-message":
		a, err = r.schedule(body)
	case "com.microsoft:cancel-scheduled-message":
		a, err = r.cancel(body)
	case "com.microsoft:peek-message":
		a, err = r.peek(body)
	case "com.microsoft:receive-by-sequence-number":
		a, err = r.deferred(body)
	case "com.microsoft:update-disposition":
		a, err = r.dispose(body)
	default:
		return answer{status: 501, text: fmt.Sprintf("The emulator does not implement %q.", r.op)}
	}
	if err != nil {
		return failed(err)
	}
	return a
}

func badRequest(format string, args ...any) error {
	return fmt.Errorf("%w: %s", errBadRequest, fmt.Sprintf(format, args...))
}

func tokens(body map[string]any) ([]wire.UUID, error) {
	list, ok := body["lock-tokens"].([]amqp.UUID)
	if !ok || len(list) == 0 {
		return nil, badRequest("lock-tokens is not an array of uuid")
	}
	out := make([]wire.UUID, len(list))
	for i, u := range list {
		out[i] = wire.UUID(u)
	}
	return out, nil
}

func numbers(body map[string]any) ([]int64, error) {
	list, ok := body["sequence-numbers"].([]int64)
	if !ok || len(list) == 0 {
		return nil, badRequest("sequence-numbers is not an array of long")
	}
	return list, nil
}

func (r *request) renew(body map[string]any) (answer, error) {
	list, err := tokens(body)
	if err != nil {
		return answer{}, err
	}
	until := make([]time.Time, len(list))
	for i, t := range list {
		if until[i], err = r.l.queue.Renew(t); err != nil {
			return answer{}, err
		}
	}
	return answer{status: 200, text: "OK", value: map[string]any{"expirations": until}}, nil
}

func (r *request) schedule(body map[string]any) (answer, error) {
	list, _ := body["messages"].([]any)
	if len(list) == 0 {
		return answer{}, badRequest("messages is not a list")
	}
	msgs := make([]*wire.Message, len(list))
	for i, item := range list {
		raw, ok := asMap(item)["message"].([]byte)
		if !ok {
			return answer{}, badRequest("message %d is not binary", i)
		}
		if len(raw) > r.l.s.c.srv.o.MaxMessageSize {
			return answer{}, badRequest("message %d is above %d bytes", i, r.l.s.c.srv.o.MaxMessageSize)
		}
		m, err := wire.ParseMessage(append([]byte(nil), raw...))
		if err == nil {
			err = m.Check()
		}
		if err != nil {
			return answer{}, badRequest("message %d: %v", i, err)
		}
		if _, ok := m.Scheduled(); !ok {
			return answer{}, badRequest("message %d has no x-opt-scheduled-enqueue-time", i)
		}
		msgs[i] = m
	}
	lsn, seqs, err := r.l.queue.Schedule(msgs)
	return answer{status: 200, text: "OK", value: map[string]any{"sequence-numbers": seqs}, lsn: lsn}, err
}

func (r *request) cancel(body map[string]any) (answer, error) {
	list, err := numbers(body)
	if err != nil {
		return answer{}, err
	}
	lsn, err := r.l.queue.Cancel(list)
	return answer{status: 200, text: "OK", lsn: lsn}, err
}

func (r *request) peek(body map[string]any) (answer, error) {
	from, okFrom := asInt(body["from-sequence-number"])
	count, okCount := asInt(body["message-count"])
	if !okFrom || !okCount || count < 1 {
		return answer{}, badRequest("from-sequence-number and a positive message-count are needed")
	}
	var out []any
	size := 0
	for _, d := range r.l.queue.Peek(from, int(min(count, 1000))) {
		raw := d.Message.Append(nil, envelope(d))
		if size += len(raw); size > peekBytes && len(out) > 0 {
			break
		}
		out = append(out, map[string]any{"message": raw})
	}
	if len(out) == 0 {
		return answer{status: 204, text: "No messages"}, nil
	}
	return answer{status: 200, text: "OK", value: map[string]any{"messages": out}}, nil
}

func (r *request) deferred(body map[string]any) (answer, error) {
	list, err := numbers(body)
	if err != nil {
		return answer{}, err
	}
	mode, ok := asInt(body["receiver-settle-mode"])
	if !ok || mode > 1 {
		return answer{}, badRequest("receiver-settle-mode is not 0 or 1")
	}
	lock := mode == int64(wire.ReceiverSecond)
	ds, lsn, err := r.l.queue.ReceiveDeferred(list, lock)
	if err != nil {
		return answer{}, err
	}
	out := make([]any, len(ds))
	for i, d := range ds {
		e := envelope(d)
		one := map[string]any{}
		if lock {
			e.LockToken = &d.Token
			one["lock-token"] = amqp.UUID(d.Token)
		}
		one["message"] = d.Message.Append(nil, e)
		out[i] = one
	}
	return answer{status: 200, text: "OK", value: map[string]any{"messages": out}, lsn: lsn}, nil
}

// verdicts are the disposition-status values; "defered" is the protocol's spelling.
var verdicts = map[string]broker.Verdict{"completed": broker.Complete, "abandoned": broker.Abandon,
	"suspended": broker.DeadLetter, "defered": broker.Defer}

func (r *request) dispose(body map[string]any) (answer, error) {
	list, err := tokens(body)
	if err != nil {
		return answer{}, err
	}
	status, _ := body["disposition-status"].(string)
	verdict, ok := verdicts[status]
	if !ok {
		return answer{}, badRequest("disposition-status %q", status)
	}
	o := broker.Outcome{Verdict: verdict}
	o.Reason, _ = body["deadletter-reason"].(string)
	o.Description, _ = body["deadletter-description"].(string)
	if o.Properties, err = properties(body["properties-to-modify"]); err != nil {
		return answer{}, err
	}
	var lsn broker.LSN
	for _, t := range list { // the SDK sends one
		if lsn, err = r.l.queue.Settle(t, o); err != nil {
			return answer{}, err
		}
	}
	return answer{status: 200, text: "OK", lsn: lsn}, nil
}

// properties encodes decoded application properties again.
func properties(v any) (wire.Map, error) {
	m := asMap(v)
	if len(m) == 0 {
		return nil, nil
	}
	b, err := (&amqp.Message{ApplicationProperties: m}).MarshalBinary()
	if err != nil {
		return nil, badRequest("properties-to-modify: %v", err)
	}
	section, err := wire.ParseMessage(b)
	if err != nil {
		return nil, badRequest("properties-to-modify: %v", err)
	}
	return section.Properties(), nil
}
