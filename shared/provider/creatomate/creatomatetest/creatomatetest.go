// Package creatomatetest is a stand-in for Creatomate's API v2: renders, dry runs,
// webhooks and one small film for each render, and as much of v1 as its Node client
// needs. Faults and ledger: package providertest. Operations: render, status, cancel.
//
// The film is 2 s of 180×320 H.264 with a tone (AAC), 18 KiB; the snapshot is its first frame:
//
//	ffmpeg -f lavfi -i testsrc2=size=180x320:rate=10:duration=2 -f lavfi -i sine=frequency=440:duration=2 \
//	  -c:v libx264 -preset veryslow -crf 40 -pix_fmt yuv420p -c:a aac -b:a 24k -ac 1 -ar 16000 -movflags +faststart \
//	  -map_metadata -1 -fflags +bitexact -flags:v +bitexact -flags:a +bitexact -shortest film.mp4
//	ffmpeg -i film.mp4 -frames:v 1 -q:v 12 -map_metadata -1 -fflags +bitexact snapshot.jpg
package creatomatetest

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"castad/shared/provider/providertest"
)

var (
	//go:embed film.mp4
	film []byte
	//go:embed snapshot.jpg
	snapshot []byte
)

// What the film is.
const (
	Width, Height = 180, 320
	Seconds       = 2.0
)

// Options make a Server.
type Options struct {
	// Key is the only key that is accepted; "" = any.
	Key string
	// After is how long a render takes; 0 = it is done when it is accepted.
	After time.Duration
	// Array answers an order with a list of one render, as v1 does.
	Array bool
}

// Server is the stand-in.
type Server struct {
	*providertest.Desk
	// URL is the base URL; set by Start.
	URL string
	o   Options
	mux *http.ServeMux

	mu      sync.Mutex
	renders map[string]*render
}

type render struct {
	id        string
	order     order
	base      string
	accepted  time.Time
	finished  bool // by Finish
	cancelled bool
	fault     providertest.Fault
	called    sync.Once
}

type order struct {
	OutputFormat string `json:"output_format"`
	Elements     []struct {
		Type   string `json:"type"`
		Source string `json:"source"`
	} `json:"elements"`
	WebhookURL string `json:"webhook_url"`
	Metadata   string `json:"metadata"`
	DryRun     bool   `json:"dry_run"`
}

// New returns a server that is not listening; it is an http.Handler.
func New(o Options) *Server {
	s := &Server{Desk: providertest.NewDesk(wrong), o: o, mux: http.NewServeMux(), renders: map[string]*render{}}
	s.mux.HandleFunc("POST /v2/renders", func(w http.ResponseWriter, r *http.Request) {
		s.Serve(w, r, "render", true, func(b []byte, job providertest.Fault) providertest.Reply { return s.create(r, b, job) })
	})
	s.mux.HandleFunc("GET /v2/renders/{id}", func(w http.ResponseWriter, r *http.Request) {
		s.Serve(w, r, "status", false, func([]byte, providertest.Fault) providertest.Reply { return s.read(r) })
	})
	// What v1 differs in: the script is in source, and the answer is a list. Creatomate's Node client speaks v1.
	s.mux.HandleFunc("POST /v1/renders", func(w http.ResponseWriter, r *http.Request) {
		s.Serve(w, r, "render", true, func(b []byte, job providertest.Fault) providertest.Reply {
			reply := s.create(r, unwrapped(b), job)
			if reply.Status == http.StatusAccepted && !s.o.Array {
				reply.JSON = []any{reply.JSON}
			}
			return reply
		})
	})
	s.mux.HandleFunc("GET /v1/renders/{id}", func(w http.ResponseWriter, r *http.Request) {
		s.Serve(w, r, "status", false, func([]byte, providertest.Fault) providertest.Reply { return s.read(r) })
	})
	s.mux.HandleFunc("DELETE /v2/renders/{id}", func(w http.ResponseWriter, r *http.Request) {
		s.Serve(w, r, "cancel", false, func([]byte, providertest.Fault) providertest.Reply { return s.cancel(r) })
	})
	s.mux.HandleFunc("GET /files/{id}/{file}", s.file)
	s.Routes(s.mux)
	return s
}

// Start listens on a loopback port until the test ends.
func Start(t providertest.TB, o Options) *Server {
	t.Helper()
	s := New(o)
	s.URL = providertest.Start(t, s, s.Close)
	return s
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

func wrong(f providertest.Fault) providertest.Reply {
	status := f.Status
	if status == 0 {
		status = http.StatusInternalServerError
	}
	if status == http.StatusTooManyRequests { // the vendor's 429 is plain text
		return providertest.Reply{Status: status, Type: "text/plain", Body: []byte("Too many requests. " + f.Text)}
	}
	return refuse(status, f.Text)
}

func refuse(status int, text string) providertest.Reply {
	return providertest.Reply{Status: status, JSON: map[string]any{"hint": text, "documentation": "https://creatomate.com/docs/api"}}
}

func (s *Server) keyed(r *http.Request) bool {
	return s.o.Key == "" || r.Header.Get("Authorization") == "Bearer "+s.o.Key
}

// unwrapped is a v1 order as a v2 one: source's fields beside the others. What is
// not JSON stays as it is.
func unwrapped(body []byte) []byte {
	var outer, source map[string]json.RawMessage
	if json.Unmarshal(body, &outer) != nil || json.Unmarshal(outer["source"], &source) != nil {
		return body
	}
	delete(outer, "source")
	maps.Copy(outer, source)
	text, _ := json.Marshal(outer) // made of JSON
	return text
}

var elementTypes = []string{"text", "image", "video", "audio", "shape", "composition"}

func (s *Server) create(r *http.Request, body []byte, job providertest.Fault) providertest.Reply {
	if !s.keyed(r) {
		return refuse(http.StatusUnauthorized, "The provided API key is not valid.")
	}
	n := &render{base: "http://" + r.Host, accepted: time.Now(), fault: job}
	if err := json.Unmarshal(body, &n.order); err != nil {
		return refuse(http.StatusBadRequest, "The request body is not valid JSON.")
	}
	problems := []string{}
	for i, e := range n.order.Elements {
		if !slices.Contains(elementTypes, e.Type) {
			problems = append(problems, fmt.Sprintf("elements[%d]: unknown type", i))
		}
	}
	if len(n.order.Elements) == 0 {
		problems = append(problems, "no elements")
	}
	if n.order.DryRun {
		return providertest.Reply{JSON: map[string]any{"valid": len(problems) == 0, "errors": problems, "warnings": []string{}}}
	}
	if len(problems) > 0 {
		return refuse(http.StatusBadRequest, strings.Join(problems, "; "))
	}
	s.mu.Lock()
	n.id = fmt.Sprintf("%08x-0000-4000-8000-%012x", len(s.renders)+1, time.Now().UnixNano()&0xffffffffffff)
	s.renders[n.id] = n
	s.mu.Unlock()
	e := providertest.Entry{ID: n.id, Op: "render", Tag: n.order.Metadata, Callback: n.order.WebhookURL, Request: body, AcceptedAt: n.accepted.UTC()}
	if job.Kind != "" {
		e.Faults = append(e.Faults, job.Kind)
	}
	s.Accept(e)
	if job.Kind == providertest.CallbackEarly {
		n.called.Do(func() { s.webhook(n, "succeeded") }) // while the caller still waits for its answer
	} else {
		s.Later(s.o.After, func() { n.called.Do(func() { s.webhook(n, "") }) })
	}
	var answer any = s.show(n)
	if s.o.Array {
		answer = []any{answer}
	}
	return providertest.Reply{Status: http.StatusAccepted, JSON: answer}
}

// Finish ends a render now, whatever its time.
func (s *Server) Finish(id string) {
	s.mu.Lock()
	n := s.renders[id]
	if n != nil {
		n.finished = true
	}
	s.mu.Unlock()
	if n != nil {
		s.Later(0, func() { n.called.Do(func() { s.webhook(n, "") }) })
	}
}

// webhook sends the render object; status "" is the true one.
func (s *Server) webhook(n *render, status string) {
	if n.order.WebhookURL == "" || n.fault.Kind == providertest.CallbackNever || n.fault.Kind == providertest.Never {
		return
	}
	body := s.show(n)
	if status != "" {
		body["status"] = status
	}
	if n.fault.Kind == providertest.CallbackForged {
		s.Post(n.order.WebhookURL, map[string]any{"id": "forged-" + n.id, "status": "succeeded", "url": "http://169.254.169.254/latest", "metadata": "forged"})
	}
	s.Post(n.order.WebhookURL, body)
	if n.fault.Kind == providertest.CallbackTwice {
		s.Post(n.order.WebhookURL, body)
	}
}

// status is the render's; the caller holds no lock.
func (s *Server) status(n *render) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	age, after := time.Since(n.accepted), s.o.After
	switch {
	case n.cancelled:
		return "cancelled"
	case n.fault.Kind == providertest.Never:
		return "rendering"
	case !n.finished && age < after/2:
		return "planned"
	case !n.finished && age < after:
		return "rendering"
	case n.fault.Kind == providertest.Fail:
		return "failed"
	}
	return "succeeded"
}

// show is the render object: the url is there from the start, as at the vendor.
func (s *Server) show(n *render) map[string]any {
	out := map[string]any{"id": n.id, "status": s.status(n), "url": n.base + "/files/" + n.id + "/film.mp4",
		"snapshot_url": n.base + "/files/" + n.id + "/snapshot.jpg", "output_format": "mp4", "render_scale": 1, "width": Width, "height": Height,
		"frame_rate": 10, "duration": nil, "file_size": nil, "error_message": nil, "webhook_url": n.order.WebhookURL, "metadata": n.order.Metadata}
	switch out["status"] {
	case "succeeded":
		out["duration"], out["file_size"] = Seconds, len(film)
	case "failed":
		out["error_message"] = n.fault.Text
	}
	return out
}

func (s *Server) find(r *http.Request) (*render, *providertest.Reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.renders[r.PathValue("id")]
	switch {
	case !s.keyed(r):
		reply := refuse(http.StatusUnauthorized, "The provided API key is not valid.")
		return nil, &reply
	case n == nil:
		reply := refuse(http.StatusNotFound, "The render does not exist.")
		return nil, &reply
	}
	return n, nil
}

func (s *Server) read(r *http.Request) providertest.Reply {
	n, no := s.find(r)
	if no != nil {
		return *no
	}
	return providertest.Reply{JSON: s.show(n)}
}

func (s *Server) cancel(r *http.Request) providertest.Reply {
	n, no := s.find(r)
	if no != nil {
		return *no
	}
	if st := s.status(n); st == "succeeded" || st == "failed" {
		return refuse(http.StatusConflict, "The render has ended.")
	}
	s.mu.Lock()
	n.cancelled = true
	s.mu.Unlock()
	return providertest.Reply{JSON: s.show(n)}
}

func (s *Server) file(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	n := s.renders[r.PathValue("id")]
	s.mu.Unlock()
	if n == nil || s.status(n) != "succeeded" {
		http.NotFound(w, r)
		return
	}
	switch r.PathValue("file") {
	case "film.mp4":
		providertest.File(w, n.fault, "video/mp4", film)
	case "snapshot.jpg":
		providertest.File(w, providertest.Fault{}, "image/jpeg", snapshot)
	default:
		http.NotFound(w, r)
	}
}
