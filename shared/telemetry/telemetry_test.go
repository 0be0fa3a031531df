package telemetry

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// canaries are secrets in every clothing that has been seen in a log.
var canaries = map[string]string{
	"a bearer token":            "call: Authorization: Bearer canary.abc-123",
	"basic authentication":      "proxy said no to Basic Y2FuYXJ5canary",
	"a JWT":                     "token eyJhbGciOiJFZERTQSJ9canary.eyJzdWIiOiIxIn0.c2ln",
	"an account key":            "open DefaultEndpointsProtocol=https;AccountName=a;AccountKey=canary==;",
	"a Service Bus key":         "dial Endpoint=sb://x/;SharedAccessKeyName=k;SharedAccessKey=canary=",
	"a signed blob link":        "get https://a.blob.core.windows.net/c/x.mp4?sv=1&sig=canary%3D: 403",
	"a signed query on its own": "vendor wants sig=canary",
	"an OAuth code":             "callback code=canary&state=canary",
	"a graph token":             `Get "https://graph.example/me?access_token=canary": timeout`,
	"a password in a URL":       "dial amqp://user:canary@bus:5672",
	"a data source name":        "ping castad:canary@tcp(db:3306)/castad",
	"a callback's path token":   "POST /api/v1/callbacks/song/canary-0123456789",
	"a media link":              "vendor fetched https://castad.example/media/canary0123",
}

func TestNoSecretReachesTheLog(t *testing.T) {
	t.Parallel()
	for name, text := range canaries {
		var b bytes.Buffer
		log := NewLog(&b, slog.LevelDebug)
		log.Info(text)
		log.Info("x", "err", errors.New(text), "note", text, slog.Group("inner", "url", text))
		log.With("bound", text).WithGroup("g").Warn("x", "any", any(text))
		if strings.Contains(b.String(), "canary") {
			t.Errorf("%s shows:\n%s", name, b.String())
		}
	}
	var b bytes.Buffer
	NewLog(&b, slog.LevelInfo).Info("x", "token", "canary", "api_key", "canary", "Authorization", "canary", "dsn", []byte("canary"), "password", struct{ P string }{"canary"})
	if strings.Contains(b.String(), "canary") {
		t.Errorf("a secret's name does not hide it: %s", b.String())
	}
}

func TestWhatIsNoSecretStays(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"song-generate", "run_0123456789abc", "request.bad_value (photos[2].url)", "dial tcp 127.0.0.1:3306: connect: connection refused",
		"get https://a.blob.core.windows.net/c/x.mp4: 403", "1 of 3 messages", "칼국수 한 그릇"} {
		if got := Redact(s); got != s {
			t.Errorf("%q became %q", s, got)
		}
	}
}

func TestALineStaysALine(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	log := NewLog(&b, slog.LevelInfo)
	log.Info("a\r\n{\"level\":\"ERROR\",\"msg\":\"forged\"}", "k\n", "v\r\nLanguageWorkerConsoleLog\u2028x")
	log.Debug("not written")
	if n := strings.Count(b.String(), "\n"); n != 1 || strings.Contains(b.String(), "\r") {
		t.Errorf("%d lines: %q", n, b.String())
	}
	var line map[string]any
	if err := json.Unmarshal(b.Bytes(), &line); err != nil || line["level"] != "INFO" {
		t.Errorf("%v: %s", err, b.String())
	}
}

func TestMetricsAreServed(t *testing.T) {
	t.Parallel()
	m := NewMetrics()
	jobs := m.Counter("outbox_sent_total", "Messages sent.", "queue")
	jobs.Inc("song-generate")
	jobs.Add(2, "song-generate")
	held := m.Gauge("castad_connections_held", "Connections held.")
	held.Set(3)
	held.Add(-1)
	m.Read("lag_seconds", "Replica lag.", func() float64 { return 1.5 })
	NewInvocations(m).Invoked("song-generate", "queue", "ok", 30*time.Millisecond)
	for range 2 { // a second look must not register anything twice
		w := httptest.NewRecorder()
		m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
		body, _ := io.ReadAll(w.Body)
		for _, want := range []string{
			`castad_outbox_sent_total{queue="song-generate"} 3`, `castad_connections_held 2`, `castad_lag_seconds 1.5`,
			`castad_invocations_total{code="ok",function="song-generate",kind="queue"} 1`,
			`castad_invocation_seconds_bucket{function="song-generate",kind="queue",le="0.05"} 1`, `go_goroutines`,
		} {
			if !strings.Contains(string(body), want) {
				t.Errorf("status %d, %q is missing in\n%s", w.Code, want, body)
			}
		}
		if w.Code != 200 {
			break
		}
	}
}

// BenchmarkStart is what telemetry costs a cold start (P8).
func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		m := NewMetrics()
		NewInvocations(m)
		m.Handler()
		NewLog(io.Discard, slog.LevelInfo)
	}
}

func BenchmarkLine(b *testing.B) {
	log := NewLog(io.Discard, slog.LevelInfo)
	b.ReportAllocs()
	for b.Loop() {
		log.Info("invocation", "function", "song-generate", "status", 200, "code", "ok", "request_id", "da548363-f298-4284-b0bd-86628c3bf4af")
	}
}
