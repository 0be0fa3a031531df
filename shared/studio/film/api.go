package film

import (
	"cmp"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Creatomate's limit, kept so that a client meets it here first.
const (
	rateRequests = 30
	rateWindow   = 10 * time.Second
)

// wireRender is Creatomate's render object.
type wireRender struct {
	ID           string    `json:"id"`
	Status       string    `json:"status"`
	ErrorMessage string    `json:"error_message,omitempty"`
	URL          string    `json:"url"`
	SnapshotURL  string    `json:"snapshot_url"`
	TemplateID   *string   `json:"template_id"`
	OutputFormat string    `json:"output_format"`
	RenderScale  float64   `json:"render_scale"`
	Width        int       `json:"width"`
	Height       int       `json:"height"`
	FrameRate    float64   `json:"frame_rate"`
	Duration     *float64  `json:"duration"`
	FileSize     *int64    `json:"file_size"`
	WebhookURL   *string   `json:"webhook_url"`
	Metadata     *string   `json:"metadata"`
	CreatedAt    time.Time `json:"created_at"`
	Errors       []Problem `json:"errors"`
	Warnings     []Problem `json:"warnings"`
}

// wire is the job as clients see it; the caller holds the lock.
func (s *Server) wire(j *job) wireRender {
	base := s.config.Public + "/files/renders/" + j.ID
	w := wireRender{ID: j.ID, Status: j.Status, ErrorMessage: j.Error, URL: base + ".mp4", SnapshotURL: base + ".jpg", OutputFormat: "mp4",
		RenderScale: j.Scale, Width: j.Width, Height: j.Height, FrameRate: j.FrameRate, CreatedAt: j.Created,
		Errors: []Problem{}, Warnings: append([]Problem{}, j.Warnings...)}
	if j.Status == statusSucceeded {
		w.Duration, w.FileSize = &j.Seconds, &j.Bytes
	}
	if j.Webhook != "" {
		w.WebhookURL = &j.Webhook
	}
	if j.Metadata != "" {
		w.Metadata = &j.Metadata
	}
	return w
}

// Handler returns the HTTP interface: the routes of Creatomate's API under
// /v1 and /v2, the finished files, and the ledger of accepted renders.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	keyed := func(pattern string, h func(http.ResponseWriter, *http.Request)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			if !s.authorized(r) {
				w.Header().Set("WWW-Authenticate", "Bearer")
				fail(w, http.StatusUnauthorized, "Send the studio's key as a bearer token in the Authorization header.", nil)
				return
			}
			h(w, r)
		})
	}
	keyed("POST /v2/renders", func(w http.ResponseWriter, r *http.Request) { s.create(w, r, 2) })
	keyed("POST /v1/renders", func(w http.ResponseWriter, r *http.Request) { s.create(w, r, 1) })
	keyed("GET /v2/renders/{id}", s.show)
	keyed("GET /v1/renders/{id}", s.show)
	keyed("GET /v1/renders", s.list)
	keyed("DELETE /v2/renders/{id}", s.cancel)
	keyed("GET /ledger/renders", s.ledger)
	mux.HandleFunc("GET /files/renders/{name}", s.file)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		fail(w, http.StatusNotFound, "There is no such route: use /v2/renders, /v1/renders, /files/renders or /ledger/renders.", nil)
	})
	return mux
}

func (s *Server) authorized(r *http.Request) bool {
	given := sha256.Sum256([]byte(r.Header.Get("Authorization")))
	want := sha256.Sum256([]byte("Bearer " + s.config.Key))
	return subtle.ConstantTimeCompare(given[:], want[:]) == 1
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client is gone when this fails
}

// fail answers in Creatomate's error shape; errors are the script's problems.
func fail(w http.ResponseWriter, status int, hint string, problems []Problem) {
	answer(w, status, map[string]any{"hint": hint, "documentation_url": "https://creatomate.com/docs/api/render-script/the-basics", "errors": append([]Problem{}, problems...)})
}

// create accepts a render, or only checks it (dry_run).
func (s *Server) create(w http.ResponseWriter, r *http.Request, version int) {
	if !s.withinRate() {
		w.Header().Set("Retry-After", strconv.Itoa(int(rateWindow.Seconds())))
		fail(w, http.StatusTooManyRequests, fmt.Sprintf("More than %d requests in %v.", rateRequests, rateWindow), nil)
		return
	}
	o, status, hint := s.readOrder(w, r, version)
	if hint != "" {
		fail(w, status, hint, nil)
		return
	}
	p := &problems{}
	sc, _ := s.read(o.script, p)
	if o.dryRun {
		answer(w, http.StatusOK, map[string]any{"valid": len(p.errors) == 0, "errors": append([]Problem{}, p.errors...),
			"warnings": append([]Problem{}, p.warnings...), "source": o.script})
		return
	}
	if len(p.errors) > 0 {
		// Creatomate renders what it understands; a film that is not what was
		// asked for would be published, so it is refused before it costs anything.
		fail(w, http.StatusBadRequest, p.errors[0].String(), p.errors)
		return
	}
	s.accept(w, o, sc, p, version)
}

func (s *Server) accept(w http.ResponseWriter, o order, sc *script, p *problems, version int) {
	j := &job{ID: s.config.NewID(), Status: statusPlanned, Script: o.script, Metadata: o.metadata, Webhook: o.webhook,
		Created: s.config.Clock().UTC(), Width: sc.width, Height: sc.height, FrameRate: sc.rate, Scale: sc.scale, Warnings: p.warnings,
		Planned: min(maxSeconds, sc.length(nil))}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queue) >= s.config.MaxQueue {
		w.Header().Set("Retry-After", "60")
		fail(w, http.StatusTooManyRequests, fmt.Sprintf("%d renders are waiting already.", len(s.queue)), nil)
		return
	}
	if limit := s.config.DailySeconds; limit > 0 && s.plannedToday()+j.Planned > limit {
		fail(w, http.StatusPaymentRequired, fmt.Sprintf("The studio's limit of %g seconds of film in 24 hours is reached.", limit), nil)
		return
	}
	if err := s.store.save(j); err != nil {
		s.log.Error("record render", "render", j.ID, "error", err)
		fail(w, http.StatusInternalServerError, "The render could not be recorded and has not been accepted.", nil)
		return
	}
	s.jobs[j.ID] = j
	s.queue = append(s.queue, j.ID)
	s.signal()
	if version == 1 {
		answer(w, http.StatusAccepted, []wireRender{s.wire(j)})
		return
	}
	answer(w, http.StatusAccepted, s.wire(j))
}

// plannedToday is the film time accepted in the last 24 hours; the caller holds the lock.
func (s *Server) plannedToday() (sum float64) {
	since := s.config.Clock().Add(-24 * time.Hour)
	for _, j := range s.jobs {
		if j.Created.After(since) && j.Status != statusFailed && j.Status != statusCancelled {
			sum += j.Planned
		}
	}
	return sum
}

func (s *Server) withinRate() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.config.Clock()
	s.recent = slices.DeleteFunc(s.recent, func(t time.Time) bool { return !t.After(now.Add(-rateWindow)) })
	if len(s.recent) >= rateRequests {
		return false
	}
	s.recent = append(s.recent, now)
	return true
}

func (s *Server) show(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	j, ok := s.jobs[r.PathValue("id")]
	if !ok {
		fail(w, http.StatusNotFound, "There is no render with this id.", nil)
		return
	}
	answer(w, http.StatusOK, s.wire(j))
}

// sorted are all jobs, oldest first; the caller holds the lock.
func (s *Server) sorted() []*job {
	list := make([]*job, 0, len(s.jobs))
	for _, j := range s.jobs {
		list = append(list, j)
	}
	slices.SortFunc(list, func(a, b *job) int { return cmp.Or(a.Created.Compare(b.Created), strings.Compare(a.ID, b.ID)) })
	return list
}

// list answers the newest 100 renders, newest first.
func (s *Server) list(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []wireRender{}
	all := s.sorted()
	slices.Reverse(all)
	for _, j := range all[:min(100, len(all))] {
		out = append(out, s.wire(j))
	}
	answer(w, http.StatusOK, out)
}

// ledger answers every accepted render: what a client that lost an answer
// compares its metadata with, and what the tests count charges with.
func (s *Server) ledger(w http.ResponseWriter, _ *http.Request) {
	type entry struct {
		ID         string     `json:"id"`
		Status     string     `json:"status"`
		Metadata   string     `json:"metadata"`
		Seconds    float64    `json:"seconds"` // planned, or real once succeeded
		CreatedAt  time.Time  `json:"created_at"`
		FinishedAt *time.Time `json:"finished_at"`
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []entry{}
	for _, j := range s.sorted() {
		e := entry{ID: j.ID, Status: j.Status, Metadata: j.Metadata, Seconds: cmp.Or(j.Seconds, j.Planned), CreatedAt: j.Created}
		if !j.Finished.IsZero() {
			e.FinishedAt = &j.Finished
		}
		out = append(out, e)
	}
	answer(w, http.StatusOK, out)
}

// cancel ends a render that is not finished; one that is finished is answered as it is.
func (s *Server) cancel(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := r.PathValue("id")
	j, ok := s.jobs[id]
	if !ok {
		fail(w, http.StatusNotFound, "There is no render with this id.", nil)
		return
	}
	if !j.done() {
		was := *j
		j.Status, j.Finished = statusCancelled, s.config.Clock().UTC()
		if err := s.store.save(j); err != nil {
			*j = was
			s.log.Error("record render", "render", id, "error", err)
			fail(w, http.StatusInternalServerError, "The cancellation could not be recorded; the render goes on.", nil)
			return
		}
		s.queue = slices.DeleteFunc(s.queue, func(q string) bool { return q == id })
		if stop := s.running[id]; stop != nil {
			stop()
		}
	}
	answer(w, http.StatusOK, s.wire(j))
}

// file serves a finished film or its snapshot; the id is the secret, as with
// the vendor's addresses.
func (s *Server) file(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	id, ext := strings.TrimSuffix(strings.TrimSuffix(name, ".mp4"), ".jpg"), ""
	if len(name) > 4 {
		ext = name[len(name)-4:]
	}
	s.mu.Lock()
	j, ok := s.jobs[id]
	ok = ok && j.Status == statusSucceeded && (ext == ".mp4" || ext == ".jpg")
	s.mu.Unlock()
	if !ok {
		fail(w, http.StatusNotFound, "There is no such file (yet).", nil)
		return
	}
	f, err := os.Open(s.store.file(id, ext))
	if err != nil {
		s.log.Error("open film", "render", id, "error", err)
		fail(w, http.StatusNotFound, "There is no such file (yet).", nil)
		return
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		fail(w, http.StatusNotFound, "There is no such file (yet).", nil)
		return
	}
	types := map[string]string{".mp4": "video/mp4", ".jpg": "image/jpeg"}
	h := w.Header()
	h.Set("Content-Type", types[ext])
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "private, max-age=86400, immutable")
	h.Set("ETag", fmt.Sprintf(`"%s-%d"`, id, st.Size()))
	http.ServeContent(w, r, "", st.ModTime(), f)
}
