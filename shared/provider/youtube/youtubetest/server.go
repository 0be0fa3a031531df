package youtubetest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"castad/shared/provider/providertest"
)

// Options make a Server.
type Options struct {
	// Dir is where everything is kept; it is made when it is not there.
	Dir string
	// ClientID and ClientSecret are the only app's that is known; "" = any.
	ClientID, ClientSecret string
	// Consent shows a page with buttons; without it consent is given at once.
	Consent bool
	// Testing makes the app one "in testing": refresh tokens end after 7 days.
	Testing bool
	// Inserts is how many uploads a day the project may open; 0 = 100.
	Inserts int
	// Processing is how long a video is processing after its upload.
	Processing time.Duration
	// Now is the clock; nil = time.Now.
	Now func() time.Time
}

// Server is YouTube.
type Server struct {
	*providertest.Desk
	// URL is the base URL; set by Start.
	URL     string
	o       Options
	mux     *http.ServeMux
	shelf   shelf
	pacific *time.Location

	mu       sync.Mutex
	state    state
	videos   []*Video             // oldest first
	received map[string]int64     // bytes of film by session, those sent twice counted twice; forgotten by a restart
	busy     map[string]chan bool // one request at a time works on a session
}

// New opens the folder and returns a server that is not listening.
func New(o Options) (*Server, error) {
	sh, err := openShelf(o.Dir)
	if err != nil {
		return nil, err
	}
	s := &Server{Desk: providertest.NewDesk(wrong), o: o, mux: http.NewServeMux(), shelf: sh, received: map[string]int64{}, busy: map[string]chan bool{}}
	if s.pacific, err = time.LoadLocation("America/Los_Angeles"); err != nil {
		return nil, fmt.Errorf("load time zone: %w", err)
	}
	if s.state, err = sh.readState(); err != nil {
		return nil, err
	}
	if s.videos, err = sh.readVideos(); err != nil {
		return nil, err
	}
	if s.o.Now == nil {
		s.o.Now = time.Now
	}
	if s.o.Inserts == 0 {
		s.o.Inserts = 100
	}
	s.routes()
	return s, nil
}

// Start listens on a loopback port until the test ends.
func Start(t providertest.TB, o Options) *Server {
	t.Helper()
	s, err := New(o)
	if err != nil {
		panic(fmt.Sprintf("youtubetest: %v", err)) // the test's folder is unusable
	}
	s.URL = providertest.Start(t, s, s.Close)
	return s
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// Videos returns every video, oldest first, deleted ones too.
func (s *Server) Videos() []Video {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Video, len(s.videos))
	for i, v := range s.videos {
		out[i] = *v
	}
	return out
}

// Inserts returns how many uploads were opened today.
func (s *Server) Inserts() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.today()
	return s.state.Inserts
}

// today begins the day's count anew at midnight in Los Angeles.
func (s *Server) today() {
	if day := s.o.Now().In(s.pacific).Format(time.DateOnly); day != s.state.Day {
		s.state.Day, s.state.Inserts = day, 0
	}
}

func (s *Server) routes() {
	api := func(pattern, op string, starts bool, work func(*http.Request, providertest.Fault) providertest.Reply) {
		s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			s.Stream(&draining{ResponseWriter: w, body: r.Body}, r, op, starts, func(job providertest.Fault) providertest.Reply { return work(r, job) })
		})
	}
	plain := func(work func(*http.Request) providertest.Reply) func(*http.Request, providertest.Fault) providertest.Reply {
		return func(r *http.Request, _ providertest.Fault) providertest.Reply { return work(r) }
	}
	s.mux.HandleFunc("GET /o/oauth2/v2/auth", s.consent)
	s.mux.HandleFunc("POST /o/oauth2/v2/auth", s.decide)
	s.mux.HandleFunc("POST /token", s.token)
	api("POST /revoke", "revoke", false, plain(s.revoke))
	api("GET /youtube/v3/channels", "channels", false, plain(s.channels))
	api("GET /youtube/v3/videos", "videos", false, plain(s.list))
	api("GET /youtube/v3/playlistItems", "playlist", false, plain(s.playlist))
	api("DELETE /youtube/v3/videos", "delete", false, plain(s.remove))
	api("POST /upload/youtube/v3/videos", "insert", true, s.insert)
	api("POST /upload/youtube/v3/thumbnails/set", "thumbnail", false, plain(s.thumbnail))
	s.mux.HandleFunc("PUT /upload/youtube/v3/videos", func(w http.ResponseWriter, r *http.Request) {
		op := "upload"
		if strings.HasPrefix(r.Header.Get("Content-Range"), "bytes */") {
			op = "probe"
		}
		s.Stream(&draining{ResponseWriter: w, body: r.Body}, r, op, true, func(job providertest.Fault) providertest.Reply { return s.put(r, job) })
	})
	s.mux.HandleFunc("GET /watch", s.watch)
	s.mux.HandleFunc("GET /film/{video}", s.file(filmFile))
	s.mux.HandleFunc("GET /picture/{video}", s.file(thumbnailFile))
	s.mux.HandleFunc("GET /ledger", func(w http.ResponseWriter, _ *http.Request) {
		videos := s.Videos()
		for i := range videos { // ledgers end up in receipts; sessions must not
			videos[i].Session = ""
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"items": videos, "inserts": s.Inserts()})
	})
	s.FaultRoutes(s.mux)
}

// draining reads what is left of a request's body before its answer goes out, so that
// a client that is still sending gets the answer and not a reset connection.
type draining struct {
	http.ResponseWriter
	body io.Reader
}

func (d *draining) WriteHeader(status int) {
	_, _ = io.Copy(io.Discard, d.body) // a client that went away has no use for the answer
	d.ResponseWriter.WriteHeader(status)
}

func (d *draining) Unwrap() http.ResponseWriter { return d.ResponseWriter }

// statuses are the usual ones of YouTube's reasons; others are 400.
var statuses = map[string]int{
	"authError": 401, "youtubeSignupRequired": 401,
	"quotaExceeded": 403, "dailyLimitExceeded": 403, "rateLimitExceeded": 403, "userRateLimitExceeded": 403, "forbidden": 403, "insufficientPermissions": 403,
	"accessNotConfigured": 403, "forbiddenPrivacySetting": 403, "channelClosed": 403, "channelSuspended": 403, "authenticatedUserAccountSuspended": 403,
	"videoNotFound": 404, "playlistNotFound": 404, "notFound": 404, "uploadRateLimitExceeded": 429,
	"backendError": 500, "internalError": 500,
}

// refuse is YouTube's error with a reason.
func refuse(reason, text string) providertest.Reply {
	status := statuses[reason]
	if status == 0 {
		status = http.StatusBadRequest
	}
	return providertest.Reply{Status: status, JSON: map[string]any{"error": map[string]any{"code": status, "message": text,
		"errors": []map[string]string{{"message": text, "domain": "youtube.video", "reason": reason}}}}}
}

// oauthErrors are the token endpoint's.
var oauthErrors = []string{"invalid_grant", "invalid_client", "invalid_request", "unauthorized_client", "invalid_token", "access_denied", "redirect_uri_mismatch"}

func refuseToken(code, text string) providertest.Reply {
	status := http.StatusBadRequest
	if code == "invalid_client" {
		status = http.StatusUnauthorized
	}
	return providertest.Reply{Status: status, JSON: map[string]string{"error": code, "error_description": text}}
}

// wrong answers for a fault.
func wrong(f providertest.Fault) providertest.Reply {
	switch {
	case slices.Contains(oauthErrors, f.Code):
		return refuseToken(f.Code, f.Text)
	case f.Code == "":
		return providertest.Reply{Status: max(f.Status, 400), Type: "text/plain", Body: []byte(f.Text)}
	}
	return refuse(f.Code, f.Text)
}

func internal(err error) providertest.Reply { return refuse("internalError", err.Error()) }
