package blob_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"castad/scripts/localcloud/blobserver"
	"castad/scripts/localcloud/blobserver/blobtest"
	"castad/shared/blob"
	"castad/shared/fault"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

const block = 4 << 20

// bundle is a store on a server of its own.
type bundle struct {
	*blob.Store
	server *blobserver.Server
	wire   *wire
}

// wire is the store's transport: it counts requests and may disturb them.
type wire struct {
	base    http.RoundTripper
	disturb atomic.Pointer[func(*http.Request, http.RoundTripper) (*http.Response, error)]
	mu      sync.Mutex
	seen    []string // method and query's comp
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	w.seen = append(w.seen, strings.TrimSpace(r.Method+" "+r.URL.Query().Get("comp")))
	w.mu.Unlock()
	if f := w.disturb.Load(); f != nil {
		return (*f)(r, w.base)
	}
	return w.base.RoundTrip(r)
}

func (w *wire) count(what string) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.seen {
		if s == what {
			n++
		}
	}
	return n
}

func client(t testing.TB) (*http.Client, *wire) {
	base := &http.Transport{DisableCompression: true}
	t.Cleanup(base.CloseIdleConnections)
	w := &wire{base: base}
	return &http.Client{Transport: w}, w
}

func open(t testing.TB, connection, container string) (*blob.Store, *wire) {
	t.Helper()
	c, w := client(t)
	s, err := blob.Open(blob.Config{ConnectionString: connection, Container: container, Transport: c})
	if err != nil {
		t.Fatal(err)
	}
	return s, w
}

func start(t *testing.T) bundle {
	t.Helper()
	server := blobtest.Start(t)
	s, w := open(t, server.ConnectionString(), "media")
	for range 2 { // the second finds it
		if err := s.EnsureContainer(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return bundle{s, server, w}
}

// content returns n bytes that depend on seed and position.
func content(seed, n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8), byte(seed >> 16)}).Read(b) // never fails
	return b
}

func wantFault(t *testing.T, what string, err error, kind fault.Kind) {
	t.Helper()
	if err == nil || fault.KindOf(err) != kind {
		t.Errorf("%s: got %v (%s), want %s", what, err, fault.KindOf(err), kind)
	}
}

// counter counts what is read of an endless stream.
type counter struct{ n int64 }

func (c *counter) Read(p []byte) (int, error) { c.n += int64(len(p)); return len(p), nil }

type readFunc func([]byte) (int, error)

func (f readFunc) Read(p []byte) (int, error) { return f(p) }

type credential struct{}

func (credential) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{}, errors.New("not in this test")
}
