package trigger

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"castad/shared/envelope"
	"castad/shared/fault"
	"castad/shared/message"
	"castad/shared/strictjson"
)

// outputs is the one answer to a non-HTTP call that went well. An empty 2xx or
// null would leave the invocation hanging until functionTimeout, when the host
// kills the whole process (functions-host 3.4).
var outputs = []byte(`{"Outputs":{},"Logs":[],"ReturnValue":null}`)

// waitReady is how long a queue call waits for the database before it gives the message back:
// a message given back is delivered again at once, ten times, and then dead-lettered.
const waitReady = 20 * time.Second

// Backoff holds a failed answer back: 0.25 s, 0.5 s, … 15 s. The host abandons
// a failed message and gets it again at once; without a pause ten deliveries,
// all that a message has, would be gone in the first second of an outage.
func Backoff(delivery int) time.Duration {
	return min(250*time.Millisecond<<min(max(delivery-1, 0), 6), 15*time.Second)
}

// serveWorker answers what the host POSTs to a function's name.
func (h *Host) serveWorker(w http.ResponseWriter, r *http.Request, f *Function) {
	if r.Method != http.MethodPost {
		h.notFound(w, r)
		return
	}
	// Not cancelled with the connection: what a function has begun (a paid call) is worth
	// recording even if the host no longer listens. The budget ends it.
	c, cancel := h.begin(context.WithoutCancel(r.Context()), w, r, f)
	defer cancel()
	defer c.finish()
	err := protect(c, func() error { return c.work() })
	if err != nil && fault.KindOf(err) != fault.Done {
		c.giveBack(err)
		return
	}
	c.status = http.StatusOK
	surround(w.Header(), c.id)
	w.Header()["Content-Type"] = typeJSON
	body := outputs
	if f.Kind() == KindHTTP {
		body = c.defaultMode()
	}
	c.extendWrite()
	_, _ = w.Write(body) // #nosec G705 -- our own JSON; if the host is gone, the message comes again
}

func (c *call) work() error {
	data, meta, err := c.hostCall()
	if err != nil {
		return err
	}
	switch c.f.Kind() {
	case KindQueue:
		return c.consume(data, meta)
	case KindTimer:
		if c.f.budget.Connections > 0 {
			if err := c.host.o.Ready(); err != nil {
				return unavailable(err)
			}
		}
		return c.f.timer(c.traced())
	}
	return nil // HTTP in default mode; see defaultMode
}

// hostCall reads the host's JSON: the trigger's value in Data and the metadata.
// Anything else is not from the host and is refused.
func (c *call) hostCall() (json.RawMessage, metadata, error) {
	if !isJSON(c.r.Header["Content-Type"]) {
		return nil, metadata{}, fault.New(fault.CodeContentType)
	}
	body, err := c.readBody()
	if err != nil {
		return nil, metadata{}, err
	}
	defer buffers.Put(body)
	var call struct {
		Data     map[string]json.RawMessage
		Metadata *metadata
	}
	// encoding/json, not strictjson: the host's own objects may gain fields at any time, and what
	// must not be forged is inside the signed envelope.
	if err := json.Unmarshal(body.Bytes(), &call); err != nil {
		return nil, metadata{}, fault.Newf(fault.CodeMalformedJSON, "this is not a call of the Functions host")
	}
	data, ok := call.Data[c.f.binding.name]
	if !ok || len(call.Data) != 1 || call.Metadata == nil {
		return nil, metadata{}, fault.Newf(fault.CodeInvalid, "a call of the host has Metadata and exactly one value, %q, in Data", c.f.binding.name)
	}
	return data, *call.Metadata, nil
}

// consume opens the message and lets the function see it if it is ours.
func (c *call) consume(data json.RawMessage, meta metadata) error {
	c.delivery = int(meta.DeliveryCount)
	var raw []byte
	if err := json.Unmarshal(data, &raw); err != nil || raw == nil {
		return fault.Newf(fault.CodeMisconfigured, "the message is not base64: dataType binary is not in effect")
	}
	if c.f.budget.Connections > 0 {
		if err := c.waitReady(); err != nil {
			return err
		}
	}
	id, body, trace, err := envelope.Open(c.host.o.Now(), c.host.o.Envelopes, c.f.binding.queue, raw)
	if id != "" {
		c.notes.attrs = append(make([]slog.Attr, 0, 6), slog.String("message", id))
	}
	var wake message.Wake
	if err == nil {
		if err = strictjson.Unmarshal(body, &wake); err == nil && (wake.Run == 0 || wake.Step < 0) {
			err = errors.New("it wakes no step")
		}
	}
	if err != nil {
		return c.poison(raw, err)
	}
	if trace != "" {
		c.trace = trace
	}
	c.notes.attrs = append(c.notes.attrs, slog.String("run", wake.Run.String()), slog.Int("step", wake.Step))
	return c.f.queue(c.traced(), wake)
}

// poison keeps a message that is not ours and acknowledges it, so that it does
// not come again; if it cannot be kept it stays in the queue.
func (c *call) poison(raw []byte, cause error) error {
	reason := cause.Error()
	if err := c.host.o.Poison(c.ctx, c.f.binding.queue, raw, reason); err != nil {
		return fault.Newf(fault.CodeUnavailable, "keep a message that is not ours (%s): %w", reason, err)
	}
	c.err, c.code = errors.New(reason), codePoison
	return nil
}

// codePoison is what the log and the metric call a message that was set aside; it is never answered.
const codePoison fault.Code = "queue.poison"

// waitReady waits for the database, looking ever less often.
func (c *call) waitReady() error {
	err := c.host.o.Ready()
	if err == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(c.ctx, min(waitReady, c.f.budget.Time/2))
	defer cancel()
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		select {
		case <-ctx.Done():
			return unavailable(err)
		case <-c.r.Context().Done():
			return unavailable(err)
		case <-c.host.closing:
			return unavailable(err)
		case <-time.After(pause):
		}
		if err = c.host.o.Ready(); err == nil {
			return nil
		}
	}
}

// giveBack answers a failed call: the host abandons the message, or notes the timer as failed.
func (c *call) giveBack(err error) {
	status := c.failed(err)
	switch {
	case status == statusClientGone:
		return
	case c.f.Kind() != KindQueue, status == http.StatusBadRequest, status == http.StatusUnsupportedMediaType,
		status == http.StatusRequestEntityTooLarge: // the last three were not the host's doing
	default:
		if status != http.StatusServiceUnavailable {
			status = http.StatusInternalServerError
		}
		wait := time.NewTimer(c.host.o.Pause(max(c.delivery, 1)))
		defer wait.Stop()
		select {
		case <-wait.C:
		case <-c.r.Context().Done():
		case <-c.host.closing:
		}
	}
	c.status = status
	c.extendWrite()
	writeProblem(c.w, err, status, c.id)
}

// defaultMode answers an HTTP function that the host calls by name: it was
// started without request proxying, and serving it from the host's JSON would
// lose streams, chunked bodies and repeated headers without a word. So the
// caller gets a problem that says what to set.
func (c *call) defaultMode() []byte {
	c.failed(errDefaultMode)
	p := newProblem(errDefaultMode, http.StatusInternalServerError, c.id)
	p.Detail = "The Functions host does not hand requests through: " + defaultModeHint + "."
	type response struct {
		StatusCode int               `json:"statusCode"`
		Headers    map[string]string `json:"headers"`
		Body       problem           `json:"body"`
	}
	body, _ := json.Marshal(struct { // strings, numbers and a bool: cannot fail
		Outputs     map[string]response
		Logs        []string
		ReturnValue any
	}{
		Outputs: map[string]response{c.f.binding.out: {p.Status, map[string]string{
			"Content-Type": "application/problem+json", "X-Request-Id": c.id}, p}},
		Logs: []string{p.Detail},
	})
	return body
}

// metadata is what is read of a message's metadata. It proves nothing.
type metadata struct{ DeliveryCount hostInt }

// hostInt is a number as the host writes it: 3, "3" or "\"3\"", depending on its version and
// the binding's type. What is no number is 0: a log line is not worth a message.
type hostInt int

// UnmarshalJSON never fails.
func (n *hostInt) UnmarshalJSON(b []byte) error {
	if v, err := strconv.Atoi(string(bytes.Trim(b, `"\ `))); err == nil {
		*n = hostInt(v)
	}
	return nil
}
