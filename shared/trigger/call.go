package trigger

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"castad/shared/envelope"
	"castad/shared/fault"
	"castad/shared/identity"
)

// call is one invocation on its way through.
type call struct {
	host  *Host
	f     *Function
	w     http.ResponseWriter
	r     *http.Request
	ctx   context.Context
	who   identity.Principal
	begun time.Time
	id    string
	trace string
	// opened: the answer's header is out; a failure can no longer become a problem.
	opened bool

	status   int
	code     fault.Code // "" = ok
	err      error
	stack    []byte
	delivery int
	notes    notes
}

// notes are attributes that the function adds to its log line.
type notes struct {
	mu    sync.Mutex
	attrs []slog.Attr
}

type callKey struct{}

// requestID returns the id of the invocation that ctx belongs to, or "".
func requestID(ctx context.Context) string {
	if c, ok := ctx.Value(callKey{}).(*call); ok {
		return c.id
	}
	return ""
}

// Note adds a value to the invocation's log line: an id, a count, a state;
// never a token, a phone number, a text that a person wrote or a signed URL.
func Note(ctx context.Context, key string, value any) {
	c, ok := ctx.Value(callKey{}).(*call)
	if !ok {
		return
	}
	c.notes.mu.Lock()
	defer c.notes.mu.Unlock()
	c.notes.attrs = append(c.notes.attrs, slog.Any(key, value))
}

// begin makes the call and its context, which ends with the function's time budget.
func (h *Host) begin(parent context.Context, w http.ResponseWriter, r *http.Request, f *Function) (*call, context.CancelFunc) {
	c := &call{host: h, f: f, w: w, r: r, begun: h.o.Now(), id: h.requestID(r), trace: r.Header.Get("Traceparent")}
	if !envelope.ValidTraceparent(c.trace) {
		c.trace = ""
	}
	ctx, cancel := context.WithTimeout(parent, f.budget.Time)
	c.ctx = context.WithValue(ctx, callKey{}, c)
	if h.o.Invocation != nil {
		c.ctx = h.o.Invocation(c.ctx, f.name, f.Kind(), f.budget.Connections)
	}
	return c, cancel
}

// traced is the context that the function gets: whatever it causes carries the trace.
func (c *call) traced() context.Context {
	if c.trace == "" {
		c.trace = newTrace()
	}
	c.ctx = envelope.WithTrace(c.ctx, c.trace)
	return c.ctx
}

// requestID is the host's invocation id, which its own telemetry has too. Only
// the form is checked: the id is a label and opens nothing.
func (h *Host) requestID(r *http.Request) string {
	if v := r.Header["X-Azure-Functions-Invocationid"]; len(v) == 1 && isUUID(v[0]) {
		return v[0]
	}
	return h.o.NewID()
}

func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		switch {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return false
			}
		case (c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F'):
			return false
		}
	}
	return true
}

func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // crypto/rand.Read never fails (Go 1.24)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	var s [36]byte
	hex.Encode(s[0:8], b[0:4])
	hex.Encode(s[9:13], b[4:6])
	hex.Encode(s[14:18], b[6:8])
	hex.Encode(s[19:23], b[8:10])
	hex.Encode(s[24:36], b[10:16])
	s[8], s[13], s[18], s[23] = '-', '-', '-', '-'
	return string(s[:])
}

func newTrace() string {
	var b [24]byte
	_, _ = rand.Read(b[:])
	b[0], b[16] = b[0]|1, b[16]|1 // ids of all zeros are not valid
	var s [55]byte
	copy(s[:], "00-")
	hex.Encode(s[3:35], b[:16])
	s[35] = '-'
	hex.Encode(s[36:52], b[16:])
	copy(s[52:], "-01")
	return string(s[:])
}

// recovered turns a panic into an error and keeps the stack for the log.
func (c *call) recovered(p any) error {
	c.stack = debug.Stack()
	return fault.Newf(fault.CodeInternal, "panic: %v", p)
}

// extendRead gives the client d to send the next bytes, 0 = no limit: net/http would take a
// deadline that passes while the function works for a client that is gone.
func (c *call) extendRead(d time.Duration) {
	var until time.Time
	if d > 0 {
		until = time.Now().Add(d) // a socket knows the real clock only
		if end, ok := c.ctx.Deadline(); ok && end.Before(until) {
			until = end
		}
	}
	// Not every ResponseWriter has deadlines (tests); the server's has.
	_ = http.NewResponseController(c.w).SetReadDeadline(until)
}

// extendWrite gives the client 30 s to take the next bytes.
func (c *call) extendWrite() {
	_ = http.NewResponseController(c.w).SetWriteDeadline(time.Now().Add(stall))
}

// finish writes the invocation's log line and counts it.
func (c *call) finish() {
	elapsed := c.host.o.Now().Sub(c.begun)
	code := string(c.code)
	if code == "" {
		code = "ok"
	}
	if c.host.o.Meter != nil {
		c.host.o.Meter.Invoked(c.f.name, string(c.f.Kind()), code, elapsed)
	}
	level := c.level()
	if !c.host.o.Log.Enabled(context.Background(), level) {
		return
	}
	var room [16]slog.Attr
	attrs := append(room[:0],
		slog.String("function", c.f.name),
		slog.String("kind", string(c.f.Kind())),
		slog.Int("status", c.status),
		slog.String("code", code),
		slog.Float64("ms", float64(elapsed.Microseconds())/1000),
		slog.String("request_id", c.id),
	)
	if c.trace != "" {
		attrs = append(attrs, slog.String("trace", c.trace[3:35]))
	}
	if c.delivery > 0 {
		attrs = append(attrs, slog.Int("delivery", c.delivery))
	}
	if c.who.Tenant != 0 {
		attrs = append(attrs, slog.String("tenant", c.who.Tenant.String()))
	}
	if c.err != nil {
		if field := fault.FieldOf(c.err); field != "" {
			attrs = append(attrs, slog.String("field", field))
		}
		attrs = append(attrs, slog.String("err", oneLine(c.err)))
	}
	if c.stack != nil {
		attrs = append(attrs, slog.String("stack", string(c.stack)))
	}
	c.notes.mu.Lock()
	attrs = append(attrs, c.notes.attrs...)
	c.notes.mu.Unlock()
	c.host.o.Log.LogAttrs(c.ctx, level, "invocation", attrs...)
}

// level is how much of a worry the outcome is, also when a redirect tells it.
func (c *call) level() slog.Level {
	status := c.status
	if c.err != nil && status/100 == 3 {
		status = statusOf(c.err)
	}
	switch {
	case status == http.StatusServiceUnavailable || status == http.StatusGatewayTimeout:
		return slog.LevelWarn
	case status >= 500:
		return slog.LevelError
	}
	return slog.LevelInfo
}

// oneLine keeps a cause to what a log line should carry.
func oneLine(err error) string {
	s := err.Error()
	if len(s) > 1000 {
		s = s[:1000] + "…"
	}
	return strings.ToValidUTF8(s, "�")
}

// failed notes err as the invocation's outcome and returns the status that it becomes.
func (c *call) failed(err error) int {
	c.err = err
	if gone := c.r.Context().Err(); gone != nil && errors.Is(err, context.Canceled) {
		c.code, c.status = "client.gone", statusClientGone
		return c.status
	}
	c.code, c.status = fault.Known(err), statusOf(err)
	return c.status
}

// statusClientGone is nginx's number for a client that closed the connection; it is only logged.
const statusClientGone = 499

// clientIP is the address that the first of our proxies saw, each of which writes what
// it sees behind what it was told: the right-most entry with one proxy, the one before
// it with two. What is further left is the caller's own word. The zero one when a request
// has passed fewer than that, so that nobody who found a way around one is believed.
func clientIP(r *http.Request, proxies int) netip.Addr {
	values := r.Header["X-Forwarded-For"]
	for i := len(values) - 1; i >= 0; i-- {
		for rest, more := values[i], true; more; {
			comma := strings.LastIndexByte(rest, ',')
			more = comma >= 0
			if proxies--; proxies <= 0 {
				return address(rest[comma+1:])
			}
			rest = rest[:max(comma, 0)]
		}
	}
	return netip.Addr{}
}

// address reads an entry of X-Forwarded-For; the zero one when it is none.
func address(hop string) netip.Addr {
	hop = strings.TrimSpace(hop)
	// Azure's front end writes the port, too: after the only colon, or after a bracket.
	if port := strings.LastIndexByte(hop, ':'); port > 0 && (hop[port-1] == ']' || strings.IndexByte(hop, ':') == port) {
		hop = hop[:port]
	}
	ip, err := netip.ParseAddr(strings.Trim(hop, "[]"))
	if err != nil {
		return netip.Addr{}
	}
	return ip.Unmap().WithZone("")
}

var errDefaultMode = fault.Newf(fault.CodeMisconfigured, "the host calls an HTTP function by its name: %s", defaultModeHint)

const defaultModeHint = "set customHandler.enableProxyingHttpRequest to true in host.json (a Functions host of mid-2025 or later); " +
	"enableForwardingHttpRequest serves older ones"
