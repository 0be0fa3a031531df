package trigger

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"castad/shared/id"
	"castad/shared/identity"
	"castad/shared/message"
	"castad/shared/telemetry"
)

// benchOrder is about 1 KB of JSON.
type benchOrder struct {
	Place    id.Place `json:"place" required:"true"`
	Title    string   `json:"title" max:"100"`
	Mood     string   `json:"mood" enum:"bright,warm,trendy,trot"`
	Seconds  int      `json:"seconds" min:"15" max:"60"`
	Facts    []string `json:"facts" max:"30"`
	Channels []string `json:"channels" enum:"youtube,instagram"`
}

type benchReceipt struct {
	Reply
	Ad    id.Ad  `json:"ad"`
	State string `json:"state"`
}

func benchBody() []byte {
	body, _ := json.Marshal(map[string]any{"place": "place_0000000000001", "title": "손칼국수", "mood": "warm", "seconds": 30,
		"facts": []string{strings.Repeat("면을 매일 아침 뽑습니다 ", 6), strings.Repeat("삼대째 이어 온 집 ", 10), strings.Repeat("주차 열 대 ", 12)}, "channels": []string{"youtube", "instagram"}})
	return body
}

// sink is a ResponseWriter that costs nothing.
type sink struct {
	header http.Header
	status int
}

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) Write(p []byte) (int, error) { return len(p), nil }
func (s *sink) WriteHeader(status int)      { s.status = status }

// The server's writer has deadlines; without them each would cost an error.
func (s *sink) SetReadDeadline(time.Time) error  { return nil }
func (s *sink) SetWriteDeadline(time.Time) error { return nil }

func benchRun(b *testing.B, h http.Handler, uri string, body []byte, header http.Header, want int) {
	b.Helper()
	r := httptest.NewRequest("POST", uri, nil)
	r.Header = header
	r.ContentLength = int64(len(body))
	w := &sink{header: http.Header{}}
	reader := bytes.NewReader(body)
	r.Body = io.NopCloser(reader)
	b.ReportAllocs()
	for b.Loop() {
		reader.Reset(body)
		clear(w.header)
		w.status = 200
		h.ServeHTTP(w, r)
		if w.status != want {
			b.Fatalf("status %d", w.status)
		}
	}
}

// BenchmarkInvocation is P12: what the layer costs beside a bare ServeMux that
// does the same decoding with encoding/json, in one run. The layer's figure
// includes the log line through the redactor and both metrics.
func BenchmarkInvocation(b *testing.B) {
	metrics := telemetry.NewInvocations(telemetry.NewMetrics())
	host := set(b, func(o *Options) {
		o.Log = telemetry.NewLog(io.Discard, slog.LevelInfo)
		o.Meter = metrics
		o.Invocation = func(ctx context.Context, name string, _ Kind, n int) context.Context {
			return context.WithValue(ctx, hookKey{}, n)
		}
	}, HTTP("ad-request", httpJSON("v1/ads", "post"), Budget{Time: 5 * time.Second, Connections: 1},
		func(_ context.Context, _ identity.Principal, in benchOrder) (benchReceipt, error) {
			return benchReceipt{Reply: Reply{Status: 202}, Ad: 9, State: "queued"}, nil
		}),
		Queue("song-generate", queueJSON("song-generate"), Budget{Time: 45 * time.Second, Connections: 1}, noop))
	bare := http.NewServeMux()
	bare.HandleFunc("POST /api/v1/ads", func(w http.ResponseWriter, r *http.Request) {
		var in benchOrder
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			w.WriteHeader(400)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(202)
		_ = json.NewEncoder(w).Encode(benchReceipt{Ad: 9, State: "queued"})
	})
	bare.HandleFunc("POST /song-generate", func(w http.ResponseWriter, r *http.Request) {
		var call struct {
			Data     struct{ Job []byte }
			Metadata json.RawMessage
		}
		var wake message.Wake
		if json.NewDecoder(r.Body).Decode(&call) != nil || json.Unmarshal(call.Data.Job, &wake) != nil || noop(r.Context(), wake) != nil {
			w.WriteHeader(500)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(outputs)
	})
	signed := http.Header{"Authorization": {"Bearer " + host.token}, "Content-Type": {"application/json"},
		"X-Azure-Functions-Invocationid": {"5d1e0000-0000-4000-8000-00000000abcd"}}
	message := http.Header{"Content-Type": {"application/json; charset=utf-8"}, "X-Azure-Functions-Invocationid": {"5d1e0000-0000-4000-8000-00000000abcd"}}
	b.Run("http/bare", func(b *testing.B) { benchRun(b, bare, "/api/v1/ads", benchBody(), signed, 202) })
	b.Run("http/layer", func(b *testing.B) { benchRun(b, host.Handler(), "/api/v1/ads", benchBody(), signed, 202) })
	plain := []byte(hosted("job", []byte(wakeJSON), `"1"`))
	b.Run("queue/bare", func(b *testing.B) { benchRun(b, bare, "/song-generate", plain, message, 200) })
	mac := []byte(hosted("job", sealed(b, "song-generate", wakeJSON), `"1"`))
	b.Run("queue/layer", func(b *testing.B) { benchRun(b, host.Handler(), "/song-generate", mac, message, 200) })
}
