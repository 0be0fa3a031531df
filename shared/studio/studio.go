// Package studio is CastAD's own generation service: one program that speaks
// the wire formats of three vendors and makes real media.
//
//	POST /v1/chat/completions, GET /v1/models      OpenAI: lyrics (package lyric)
//	POST /api/v1/generate, GET …/record-info,      Suno (sunoapi.org): songs
//	POST …/get-timestamped-lyrics, GET …/credit    (package music)
//	GET  /files/songs/{id}.mp3                     the songs, with ranges
//	GET  /ledger                                   every accepted song task, its takes as measured
//	/v1/renders, /v2/renders, /files/renders/, …   Config.Renders (package film)
//
// What it promises:
//
//   - a song task is on disk before it is answered; a kill -9 at any moment
//     loses none, and the next start finishes what was begun, with the same
//     task and song ids;
//   - statuses only move forward: PENDING, TEXT_SUCCESS, FIRST_SUCCESS, SUCCESS,
//     or a failure with a reason; a task that takes the program down three
//     times is given up;
//   - callbacks (text, first, complete, error) arrive at least once and in order,
//     each tried four times; they go to loopback or configured hosts only and
//     follow no redirect;
//   - songs are synthesised and lyrics come from a grammar over the facts; a
//     lyric that claim.Check refuses is never answered.
//
// Limits: like Suno it has no idempotency key; the ledger and the request echoed
// in record-info's param are how a caller finds a task whose answer was lost.
// The wait of a real vendor is not imitated: a 20-second song takes about a
// second of one core. Simple mode (customMode false) has no facts to write
// from, so it is accepted for instrumentals only.
package studio

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"castad/shared/studio/music"
)

// Config is what a Studio needs.
type Config struct {
	// Dir keeps tasks and songs; it survives restarts and belongs to one Studio at a time.
	Dir string
	// Public is the base of the addresses in answers: "http://127.0.0.1:7080".
	Public string
	// Key is the bearer key that clients send; "" = keyless.
	Key string
	// Renders answers what is under /v1/renders, /v2/renders, /files/renders/ and /ledger/renders; nil = not here.
	Renders http.Handler
	// Encode turns a WAV file into an MP3 file; both paths are absolute.
	Encode func(ctx context.Context, wav, mp3 string) error
	// Workers is how many songs are made at a time; 0 = 1. Each needs about 220 MB for a minute of song.
	Workers int
	// MaxQueue is how many tasks may wait; more are answered 405 (sunoapi.org's rate limit); 0 = 500.
	MaxQueue int
	// Credits is the balance before the first task; each task takes 12, a failed one gives them back; 0 = 1,000,000.
	Credits int
	// Keep is how long a finished song is kept; 0 = 15 days, as sunoapi.org does.
	Keep time.Duration
	// CallbackHosts are hosts beside loopback that callbacks may be posted to, over https.
	CallbackHosts []string
	// CallbackDelay is the first pause before a callback is tried again, then
	// four times as long each time; 0 = 2 s.
	CallbackDelay time.Duration
	// Clock tells the time; nil = time.Now.
	Clock func() time.Time
	// Seed chooses a lyric's phrasing when the request has no seed; nil = random.
	Seed func() int64
	// Log gets one line per finished task and per inner error; nil = slog.Default().
	Log *slog.Logger

	compose func(music.Order) (*music.Song, error) // tests of the wire need no real music; nil = music.Compose
}

// creditsPerTask is what sunoapi.org takes for a call (two songs).
const creditsPerTask = 12

// Studio is the running service.
type Studio struct {
	config Config
	client *http.Client
	stop   context.CancelFunc
	group  sync.WaitGroup
	wake   chan struct{}

	mu      sync.Mutex
	tasks   map[string]*task
	queue   []string
	telling map[string]bool // tasks whose callbacks are being posted
	tellers chan struct{}   // bounds the callbacks posted at once
	closing bool
}

// New starts a studio on what is in Config.Dir. Close ends it.
func New(c Config) (*Studio, error) {
	c, err := c.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("studio: %w", err)
	}
	tasks, err := loadTasks(c.Dir)
	if err != nil {
		return nil, fmt.Errorf("studio: %w", err)
	}
	// This context is the studio's own lifetime; Close ends it.
	ctx, stop := context.WithCancel(context.Background())
	s := &Studio{config: c, stop: stop, wake: make(chan struct{}, 1), tasks: map[string]*task{}, telling: map[string]bool{}, tellers: make(chan struct{}, 8)}
	s.client = &http.Client{Timeout: callbackTimeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{Proxy: nil, DialContext: (&net.Dialer{Timeout: 5 * time.Second}).DialContext, IdleConnTimeout: 30 * time.Second}}
	for _, t := range tasks {
		s.tasks[t.ID] = t
		if !t.ended() {
			s.queue = append(s.queue, t.ID)
		}
	}
	s.purge()
	for id := range s.tasks {
		s.tell(ctx, id)
	}
	s.signal()
	for range c.Workers {
		s.group.Go(func() { s.work(ctx) })
	}
	return s, nil
}

func (c Config) withDefaults() (Config, error) {
	if !filepath.IsAbs(c.Dir) {
		return c, fmt.Errorf("dir %q is not an absolute path", c.Dir)
	}
	u, err := url.Parse(c.Public)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return c, fmt.Errorf("public address %q is not an http or https address", c.Public)
	}
	if c.Encode == nil {
		return c, errors.New("an encoder is needed")
	}
	c.Public = strings.TrimSuffix(c.Public, "/")
	c.Workers, c.MaxQueue = cmp.Or(max(0, c.Workers), 1), cmp.Or(c.MaxQueue, 500)
	c.Credits, c.Keep, c.CallbackDelay = cmp.Or(c.Credits, 1_000_000), cmp.Or(c.Keep, 15*24*time.Hour), cmp.Or(c.CallbackDelay, 2*time.Second)
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.compose == nil {
		c.compose = music.Compose
	}
	if c.Seed == nil {
		c.Seed = func() int64 {
			var b [8]byte
			_, _ = rand.Read(b[:]) // never fails (Go 1.24)
			return int64(binary.LittleEndian.Uint64(b[:]))
		}
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	return c, nil
}

// Close stops the workers and waits for them. Unfinished tasks stay accepted;
// the next New goes on with them.
func (s *Studio) Close() error {
	s.mu.Lock()
	s.closing = true
	s.mu.Unlock()
	s.stop()
	s.group.Wait()
	s.client.CloseIdleConnections()
	return nil
}

// Handler returns the HTTP interface.
func (s *Studio) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/chat/completions", s.chatKeyed(s.chat))
	mux.HandleFunc("GET /v1/models", s.chatKeyed(s.models))
	mux.HandleFunc("POST /api/v1/generate", s.sunoKeyed(s.generate))
	mux.HandleFunc("GET /api/v1/generate/record-info", s.sunoKeyed(s.recordInfo))
	mux.HandleFunc("POST /api/v1/generate/get-timestamped-lyrics", s.sunoKeyed(s.timestampedLyrics))
	mux.HandleFunc("GET /api/v1/generate/credit", s.sunoKeyed(s.credit))
	mux.HandleFunc("GET /ledger", s.sunoKeyed(s.ledger))
	mux.HandleFunc("GET /files/songs/{name}", s.file)
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]string{"status": "ok"})
	})
	if s.config.Renders != nil {
		for _, path := range []string{"/v1/renders", "/v1/renders/", "/v2/renders", "/v2/renders/", "/files/renders/", "/ledger/renders"} {
			mux.Handle(path, s.config.Renders)
		}
	}
	mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) {
		sunoFail(w, codeNotFound, "There is no "+r.Method+" "+r.URL.Path+".")
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		chatFail(w, http.StatusNotFound, "invalid_request_error", "unknown_url", "", "Unknown request URL: "+r.Method+" "+r.URL.Path+".")
	})
	return mux
}

// authorized compares in constant time, whatever the lengths.
func (s *Studio) authorized(r *http.Request) bool {
	if s.config.Key == "" {
		return true
	}
	given := sha256.Sum256([]byte(r.Header.Get("Authorization")))
	want := sha256.Sum256([]byte("Bearer " + s.config.Key))
	return subtle.ConstantTimeCompare(given[:], want[:]) == 1
}

func randomHex(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails (Go 1.24)
	return hex.EncodeToString(b)
}

// newUUID returns a random version 4 UUID, the form of Suno's audio ids.
func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails (Go 1.24)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
