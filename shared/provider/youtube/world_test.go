package youtube_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"castad/shared/message"
	"castad/shared/provider"
	"castad/shared/provider/youtube"
	"castad/shared/provider/youtube/youtubetest"
)

const (
	owner  = "hanbit"
	marker = "run_x.4.1"
	unit   = youtube.ChunkUnit
)

var jpeg = append([]byte{0xff, 0xd8, 0xff, 0xe0}, make([]byte, 60)...)

// film is n bytes that no two chunks share.
func film(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i ^ i>>8 ^ i>>16)
	}
	return b
}

// memo is a post's notes in memory.
type memo struct {
	mu   sync.Mutex
	last []byte
}

func (m *memo) Last() []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.last
}

func (m *memo) Keep(_ context.Context, notes []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.last = bytes.Clone(notes)
	return nil
}

// world is a stand-in, a client of it and an owner who has allowed everything.
type world struct {
	*youtubetest.Server
	c       *youtube.Client
	access  string
	refresh string
	passed  atomic.Int64 // nanoseconds that the clock has gone on
}

var began = time.Date(2026, 11, 29, 3, 0, 0, 0, time.UTC)

func (w *world) now() time.Time { return began.Add(time.Duration(w.passed.Load())) }

// tb is a test or one check of a property.
type tb interface {
	Helper()
	Cleanup(func())
	Fatal(...any)
}

func start(t *testing.T, o youtubetest.Options, change ...func(*youtube.Config)) *world {
	t.Helper()
	o.Dir = t.TempDir()
	return open(t, o, change...)
}

func open(t tb, o youtubetest.Options, change ...func(*youtube.Config)) *world {
	t.Helper()
	w := &world{}
	o.Now = w.now
	w.Server = youtubetest.Start(t, o)
	w.access, w.refresh = w.Grant(owner)
	w.c = w.client(t, change...)
	return w
}

func (w *world) client(t tb, change ...func(*youtube.Config)) *youtube.Client {
	t.Helper()
	cfg := youtube.Config{APIURL: w.URL, TokenURL: w.URL, AuthorizeURL: w.URL + "/o/oauth2/v2/auth", WatchURL: w.URL, ClientID: "app", ClientSecret: "app-secret-1",
		ChunkBytes: unit, ChunkTimeout: 20 * time.Second, HTTP: provider.HTTP{Timeout: 20 * time.Second}, Now: w.now}
	for _, f := range change {
		f(&cfg)
	}
	c, err := youtube.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// hasty does not wait long, for a server that never answers.
func hasty(cfg *youtube.Config) {
	cfg.ChunkTimeout, cfg.HTTP.Timeout = 700*time.Millisecond, 700*time.Millisecond
}

func (w *world) post(video []byte) provider.Post {
	sum := sha256.Sum256(video)
	return provider.Post{Channel: "youtube", Account: youtubetest.ChannelID(owner), Access: w.access, Title: "한빛분식", Caption: "전주 골목", Hashtags: []string{"전주", "분식"},
		Marker: marker, Privacy: provider.Public, AI: provider.Generated(), Video: bytes.NewReader(video), Bytes: int64(len(video)), SHA256: hex.EncodeToString(sum[:]), Notes: &memo{}}
}

func (w *world) sought(p provider.Post) provider.Sought {
	return provider.Sought{Channel: p.Channel, Account: p.Account, Access: w.access, Marker: p.Marker, Bytes: p.Bytes, Notes: p.Notes.Last()}
}

// only returns the one video that there is.
func (w *world) only(t *testing.T) youtubetest.Video {
	t.Helper()
	v := w.Videos()
	if len(v) != 1 {
		t.Fatalf("%d videos", len(v))
	}
	return v[0]
}

func classOf(err error) provider.Class {
	var e *provider.Error
	if errors.As(err, &e) {
		return e.Class
	}
	return 255
}

func codeOf(err error) string {
	var e *provider.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func absent(err error) bool { return errors.As(err, &message.Absent{}) }
func notYet(err error) bool { return errors.As(err, &message.NotYet{}) }

func testdata(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("../../media/testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
