package trigger

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
)

// newRequest is the host's call of song-generate under ctx.
func newRequest(ctx context.Context, body string) *http.Request {
	r := httptest.NewRequest("POST", "/song-generate", strings.NewReader(body)).WithContext(ctx)
	r.Header.Set("Content-Type", "application/json")
	return r
}

// discard is a connection whose other end does not listen.
type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) WriteHeader(int)             {}
