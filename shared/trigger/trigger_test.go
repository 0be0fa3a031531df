package trigger

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"castad/shared/envelope"
	"castad/shared/identity"
	"castad/shared/keyring"
	"castad/shared/message"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// httpJSON is the function.json of an HTTP function.
func httpJSON(route string, methods ...string) []byte {
	return fmt.Appendf(nil, `{"bindings":[{"type":"httpTrigger","direction":"in","name":"req","authLevel":"anonymous","methods":["%s"],"route":"%s"},{"type":"http","direction":"out","name":"res"}]}`,
		strings.Join(methods, `","`), route)
}

func queueJSON(queue string) []byte {
	return fmt.Appendf(nil, `{"bindings":[{"type":"serviceBusTrigger","direction":"in","name":"job","queueName":"%s","connection":"CASTAD_SERVICEBUS","dataType":"binary"}]}`, queue)
}

func timerJSON() []byte {
	return []byte(`{"bindings":[{"type":"timerTrigger","direction":"in","name":"timer","schedule":"%CASTAD_SWEEP_SCHEDULE%"}]}`)
}

var quick = Budget{Time: 2 * time.Second}

var owner = identity.Principal{Tenant: 7, User: 8, Role: identity.RoleOwner}

// key returns a ring of one key.
func key(t testing.TB, name string) keyring.Ring {
	t.Helper()
	ring, err := keyring.New(keyring.Key{ID: name, Secret: bytes.Repeat([]byte(name[:1]), 32)})
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

// bench is a host under test and what it logged, kept and counted.
type bench struct {
	*Host
	token string
	mu    sync.Mutex
	log   bytes.Buffer
	kept  []string // "queue: raw: reason"
	meter []string // "function kind code"
}

func (b *bench) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.log.Write(p)
}

func (b *bench) Invoked(function, kind, code string, _ time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.meter = append(b.meter, function+" "+kind+" "+code)
}

// lines are the log's lines so far.
func (b *bench) lines(t testing.TB) []map[string]any {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []map[string]any
	for line := range strings.Lines(b.log.String()) {
		var m map[string]any
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatalf("log line %q: %v", line, err)
		}
		all = append(all, m)
	}
	return all
}

func (b *bench) logged() string { b.mu.Lock(); defer b.mu.Unlock(); return b.log.String() }

// set up a host that has everything; change may take some of it away.
func set(t testing.TB, change func(*Options), fns ...Function) *bench {
	t.Helper()
	b := &bench{}
	keys, err := identity.NewKeys(key(t, "tokens"))
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := identity.NewVerifier(keys, identity.DefaultIssuer, identity.DefaultAudience, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	issuer, err := identity.NewIssuer(keys, identity.DefaultIssuer, identity.DefaultAudience, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	if b.token, err = issuer.Issue(owner, time.Hour); err != nil {
		t.Fatal(err)
	}
	o := Options{
		Tokens:    tokens,
		Envelopes: key(t, "envelopes"),
		Poison: func(_ context.Context, queue string, raw []byte, reason string) error {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.kept = append(b.kept, fmt.Sprintf("%s: %s: %s", queue, raw, reason))
			return nil
		},
		Ready: func() error { return nil },
		Log:   slog.New(slog.NewJSONHandler(b, nil)),
		Meter: b,
		Pause: func(int) time.Duration { return 0 },
	}
	if change != nil {
		change(&o)
	}
	if b.Host, err = New(o, fns...); err != nil {
		t.Fatal(err)
	}
	return b
}

// ask sends a request as the host would; header is name, value, name, value.
func (b *bench) ask(method, uri, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, uri, strings.NewReader(body))
	if body == "" {
		r = httptest.NewRequest(method, uri, nil)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	b.Handler().ServeHTTP(w, r)
	return w
}

// as is ask by a signed-in owner with a JSON body.
func (b *bench) as(method, uri, body string, header ...string) *httptest.ResponseRecorder {
	header = append(header, "Authorization", "Bearer "+b.token)
	if body != "" {
		header = append(header, "Content-Type", "application/json")
	}
	return b.ask(method, uri, body, header...)
}

// problemOf reads a problem document and checks that it is a whole one.
func problemOf(t testing.TB, w *httptest.ResponseRecorder) problem {
	t.Helper()
	var p problem
	dec := json.NewDecoder(w.Body)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&p); err != nil {
		t.Fatalf("status %d, body is no problem: %v", w.Code, err)
	}
	if got := w.Header().Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("Content-Type is %q", got)
	}
	if p.Status != w.Code || p.Type != "urn:castad:fault:"+p.Code || p.Message.Ko == "" || p.Message.En == "" || p.Next.Ko == "" || p.Next.En == "" ||
		p.Side == "" || p.Title == "" || p.RequestID == "" || p.RequestID != w.Header().Get("X-Request-Id") {
		t.Errorf("status %d, header %v: the problem is not whole: %+v", w.Code, w.Header(), p)
	}
	return p
}

// hosted is the host's JSON around a queue message.
func hosted(binding string, raw []byte, deliveries string) string {
	return fmt.Sprintf(`{"Data":{%q:%q},"Metadata":{"MessageReceiver":{},"MessageSession":{},"MessageActions":{},"SessionActions":{},"ReceiveActions":{},
		"Client":{"FullyQualifiedNamespace":"ns.example","IsClosed":false,"TransportType":0,"Identifier":"x"},
		"DeliveryCount":%s,"LockToken":"\"5d1e0000-0000-0000-0000-000000000000\"","ExpiresAtUtc":"2026-12-05T01:02:03","ExpiresAt":"2026-12-05T01:02:03+00:00",
		"EnqueuedTimeUtc":"2026-11-21T01:02:03","EnqueuedTime":"2026-11-21T01:02:03+00:00","MessageId":"\"j-123\"",
		"ContentType":"\"application/json\"","SequenceNumber":"42","CorrelationId":"\"req-9\"","ApplicationProperties":{"attempt":1},"UserProperties":{"attempt":1},
		"sys":{"MethodName":"SongGenerate","UtcNow":"2026-11-21T01:02:04.1234567Z","RandGuid":"0"}}}`, binding, base64.StdEncoding.EncodeToString(raw), deliveries)
}

const someTrace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

func sealed(t testing.TB, queue string, body string) []byte {
	t.Helper()
	raw, err := envelope.Seal(time.Now(), key(t, "envelopes"), queue, "m1", someTrace, []byte(body), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

const wakeJSON = `{"run":"run_0000000000005","step":3}`

// deliver is the host's call of a queue function.
func (b *bench) deliver(uri, body string, header ...string) *httptest.ResponseRecorder {
	return b.ask("POST", uri, body, append(header, "Content-Type", "application/json; charset=utf-8")...)
}

func noop(context.Context, message.Wake) error { return nil }

func hello(context.Context, struct{}) (map[string]string, error) {
	return map[string]string{"hello": "you"}, nil
}

// blocked reads as a body that never comes.
type blocked struct{ done <-chan struct{} }

func (b blocked) Read([]byte) (int, error) { <-b.done; return 0, io.ErrUnexpectedEOF }

var _ http.Handler = (*Host)(nil).Handler()
