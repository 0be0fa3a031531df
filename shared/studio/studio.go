// Package studio is CastAD's own generation service: it answers the wire
// formats of OpenAI chat, Suno and Creatomate, and makes real media with local
// means. A client that works with the vendor works with the studio; only its
// base URL differs.
//
//	POST /v1/chat/completions, GET /v1/models               OpenAI: lyrics (package lyric)
//	POST /api/v1/generate, GET /api/v1/generate/record-info,
//	POST /api/v1/generate/get-timestamped-lyrics,
//	GET  /api/v1/generate/credit, GET /files/songs/{id}.mp3 Suno: songs (package music)
//	what Config.Renders offers (/v2/renders, …)             Creatomate: films (package film)
//	GET  /ledger, /ledger/renders                           what was accepted, for whoever counts
//
// A song order is on disk before it is answered, so that a crash loses none: a
// restart composes what was not finished. Composing is deterministic, so a
// half-made song is simply made again. Songs are made one at a time; who needs
// more starts another studio. Nothing here costs anything, and nobody has ever
// called the voice human: the songs are synthesised.
package studio

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// Config is what a Studio needs.
type Config struct {
	// Dir keeps orders and songs; it belongs to one Studio at a time. Absolute.
	Dir string
	// Public is the base of the addresses in answers: "http://127.0.0.1:8077".
	Public string
	// Key is the bearer key that clients send; "" = none is asked for.
	Key string
	// Renders answers everything about films and GET /ledger/renders; nil = 404.
	Renders http.Handler
	// Encode makes an MP3 of a WAV file.
	Encode func(ctx context.Context, wav, mp3 string) error
	// CallbackAllow decides about a callback's address; nil = https.
	CallbackAllow func(*url.URL) error
	// Clock tells the time; nil = time.Now.
	Clock func() time.Time
	// Log gets one line per finished song and per inner error; nil = slog.Default().
	Log *slog.Logger
}

// Studio is a running studio.
type Studio struct {
	c     Config
	mux   *http.ServeMux
	hooks *http.Client
	stop  context.CancelFunc
	group sync.WaitGroup

	mu    sync.Mutex
	tasks map[string]*task
	queue []string
	wake  chan struct{}
}

// New opens the folder and goes on with what is unfinished there.
func New(c Config) (*Studio, error) {
	if !filepath.IsAbs(c.Dir) || c.Encode == nil {
		return nil, errors.New("studio: an absolute folder and an encoder are needed")
	}
	if u, err := url.Parse(c.Public); err != nil || u.Host == "" {
		return nil, fmt.Errorf("studio: public address %q is not an http or https address", c.Public)
	}
	c.Public = strings.TrimSuffix(c.Public, "/")
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.CallbackAllow == nil {
		c.CallbackAllow = httpsOnly
	}
	s := &Studio{c: c, mux: http.NewServeMux(), tasks: map[string]*task{}, wake: make(chan struct{}, 1),
		hooks: &http.Client{Timeout: callbackTime, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	if err := s.load(); err != nil {
		return nil, fmt.Errorf("studio: %w", err)
	}
	s.routes()
	// This context is the studio's own lifetime: it is ended by Close.
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	s.group.Go(func() { s.work(ctx) })
	return s, nil
}

func httpsOnly(u *url.URL) error {
	if u.Scheme != "https" {
		return fmt.Errorf("callback address: only https is called back")
	}
	return nil
}

// Close stops composing. Unfinished orders stay accepted and are begun again by the next New.
func (s *Studio) Close() error {
	s.stop()
	s.group.Wait()
	s.hooks.CloseIdleConnections()
	return nil
}

// Handler answers the wire formats.
func (s *Studio) Handler() http.Handler { return s.mux }

func (s *Studio) routes() {
	s.mux.HandleFunc("POST /v1/chat/completions", s.chat)
	s.mux.HandleFunc("GET /v1/models", s.models)
	s.mux.HandleFunc("/v1/", func(w http.ResponseWriter, r *http.Request) {
		chatError(w, http.StatusNotFound, "invalid_request_error", "unknown_url", "unknown request URL: "+r.Method+" "+r.URL.Path)
	})
	s.mux.HandleFunc("POST /api/v1/generate", s.suno(s.generate))
	s.mux.HandleFunc("GET /api/v1/generate/record-info", s.suno(s.record))
	s.mux.HandleFunc("POST /api/v1/generate/get-timestamped-lyrics", s.suno(s.aligned))
	s.mux.HandleFunc("GET /api/v1/generate/credit", s.suno(func(*http.Request) (any, *sunoError) { return unlimited, nil }))
	s.mux.HandleFunc("GET /files/songs/{file}", s.file)
	s.mux.HandleFunc("GET /ledger", s.ledger)
	if s.c.Renders != nil {
		for _, path := range []string{"/v1/renders", "/v1/renders/", "/v2/", "/files/renders/", "/ledger/renders"} {
			s.mux.Handle(path, s.c.Renders)
		}
	}
}

// allowed says whether the request has the key; hashes are compared, so that
// the time tells nothing about the key or its length.
func (s *Studio) allowed(r *http.Request) bool {
	if s.c.Key == "" {
		return true
	}
	want, got := sha256.Sum256([]byte("Bearer "+s.c.Key)), sha256.Sum256([]byte(r.Header.Get("Authorization")))
	return subtle.ConstantTimeCompare(want[:], got[:]) == 1
}

// maxRequest bounds a request's body: lyrics have at most 5,000 characters.
const maxRequest = 1 << 20

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	// The client may be gone; there is nobody left to tell.
	_ = json.NewEncoder(w).Encode(v)
}
