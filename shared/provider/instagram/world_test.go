package instagram_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"castad/shared/message"
	"castad/shared/provider"
	"castad/shared/provider/instagram"
	"castad/shared/provider/instagram/instagramtest"
	"castad/shared/provider/providertest"
)

// world is one Instagram, one client, and a clock that both go by.
type world struct {
	*instagramtest.Server
	client          *instagram.Client
	account, access string
	// media is CastAD's public address: /film.mp4 and /cover.jpg.
	media string

	mu  sync.Mutex
	now time.Time
}

var (
	film = append([]byte("\x00\x00\x00\x18ftypisom"), bytes.Repeat([]byte("moovie! "), 100)...)
	jpeg = append([]byte{0xff, 0xd8, 0xff, 0xe0}, make([]byte, 60)...)
)

func (w *world) Now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func start(t testing.TB, o instagramtest.Options) *world {
	t.Helper()
	w := &world{now: time.Date(2026, 11, 29, 9, 0, 0, 0, time.UTC)}
	files := http.NewServeMux()
	files.HandleFunc("GET /film.mp4", func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write(film) })
	files.HandleFunc("GET /cover.jpg", func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write(jpeg) })
	files.HandleFunc("GET /page", func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write([]byte("<!doctype html> sign in")) })
	public := httptest.NewServer(files)
	t.Cleanup(public.Close)
	o.Now = w.Now
	w.Server, w.media = instagramtest.Start(t, o), public.URL
	w.account, w.access = w.Account("hanbit", "BUSINESS")
	w.client = w.clientWith(t, instagram.Config{})
	return w
}

// clientWith is a client of this world; what cfg leaves open is the world's.
func (w *world) clientWith(t testing.TB, cfg instagram.Config) *instagram.Client {
	t.Helper()
	cfg.GraphURL, cfg.APIURL, cfg.AuthorizeURL, cfg.Now = w.URL, w.URL, w.URL+"/oauth/authorize", w.Now
	cfg.AppID, cfg.AppSecret = "app1", "app-secret-1"
	if cfg.HTTP.Timeout == 0 {
		cfg.HTTP.Timeout = 20 * time.Second
	}
	c, err := instagram.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// pad is the notes of one publication; they survive every client.
type pad struct {
	kept []byte
	// fail makes the next Keep fail.
	fail error
}

func (p *pad) Last() []byte { return p.kept }

func (p *pad) Keep(_ context.Context, notes []byte) error {
	if err := p.fail; err != nil {
		p.fail = nil
		return err
	}
	p.kept = bytes.Clone(notes)
	return nil
}

func (w *world) post(notes provider.Notes) provider.Post {
	sum := sha256.Sum256(film)
	return provider.Post{Channel: "instagram", Account: w.account, Access: w.access, Title: "한빛분식", Caption: "전주 골목 @hanbit", Hashtags: []string{"전주", "분식"},
		Marker: "run_x.4.1", Privacy: provider.Public, AI: provider.Generated(), Video: bytes.NewReader(film), Bytes: int64(len(film)), SHA256: hex.EncodeToString(sum[:]),
		VideoURL: w.media + "/film.mp4", CoverURL: w.media + "/cover.jpg", Notes: notes}
}

func (w *world) sought(p *pad) provider.Sought {
	return provider.Sought{Channel: "instagram", Account: w.account, Access: w.access, Marker: "run_x.4.1", Notes: p.kept}
}

func absent(err error) bool { return errors.As(err, &message.Absent{}) }

// notYet says whether err is message.NotYet, and how long it asks to wait.
func notYet(err error) (time.Duration, bool) {
	var n message.NotYet
	ok := errors.As(err, &n)
	return n.After, ok
}

func classOf(err error) string {
	var e *provider.Error
	switch {
	case err == nil:
		return "ok"
	case absent(err):
		return "absent"
	case errors.As(err, &message.NotYet{}):
		return "not_yet"
	case errors.As(err, &e):
		return e.Class.String()
	}
	return err.Error()
}

// rounds calls Publish until it ends, as the engine does, and counts its rounds.
func (w *world) rounds(t testing.TB, p provider.Post) (posted provider.Posted, n int, err error) {
	t.Helper()
	for n = 1; n <= 40; n++ {
		w.Settle()
		posted, err = w.client.Publish(t.Context(), p)
		after, again := notYet(err)
		if !again {
			return posted, n, err
		}
		w.pass(after)
	}
	t.Fatal("Publish never ends")
	return posted, n, err
}

// until makes rounds until the publish request has been answered with the given fault.
func (w *world) until(t testing.TB, p provider.Post, f providertest.Fault) error {
	t.Helper()
	f.Op = "publish"
	w.Next(f)
	_, _, err := w.rounds(t, p)
	if w.Asked("publish") != 1 {
		t.Fatalf("asked to publish %d times: %v", w.Asked("publish"), err)
	}
	return err
}

// once fails unless exactly one reel is live and it is the posted one.
func (w *world) once(t testing.TB, posted provider.Posted, err error) {
	t.Helper()
	reels := w.Reels()
	if err != nil || len(reels) != 1 || len(w.Publishes()) != 1 || posted.ID != reels[0].ID || posted.State != provider.Published {
		t.Fatalf("%+v, %v; %d reels, %d publishes", posted, err, len(reels), len(w.Publishes()))
	}
}

// noSecrets fails when an error tells a secret.
func (w *world) noSecrets(t testing.TB, err error) {
	t.Helper()
	if err == nil {
		return
	}
	for _, s := range []string{w.access, "app-secret-1", "film.mp4?", "access_token=IG"} {
		if strings.Contains(err.Error(), s) {
			t.Errorf("%q is in the error %v", s, err)
		}
	}
}
