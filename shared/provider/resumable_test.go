package provider

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestA308IsAnAnswerForResumableUploadsOnly(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Range", "bytes=0-9")
		w.WriteHeader(http.StatusPermanentRedirect)
	}))
	t.Cleanup(s.Close)
	for _, resumable := range []bool{false, true} {
		c, err := NewClient("x", s.URL, "", HTTP{Resumable: resumable})
		if err != nil {
			t.Fatal(err)
		}
		a, err := c.Do(t.Context(), Call{Op: "upload", Method: http.MethodPut, Path: "/"})
		if resumable && (err != nil || a.Status != 308 || a.Header.Get("Range") != "bytes=0-9") || !resumable && classOf(t, err).Code != "redirect" {
			t.Errorf("resumable %v: %+v %v", resumable, a, err)
		}
	}
}

func TestAnEmptyPutSaysItsLength(t *testing.T) {
	t.Parallel()
	var length int64
	var encoding []string
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { length, encoding = r.ContentLength, r.TransferEncoding }))
	t.Cleanup(s.Close)
	c, err := NewClient("x", s.URL, "", HTTP{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Do(t.Context(), Call{Op: "probe", Method: http.MethodPut, Path: "/"}); err != nil || length != 0 || len(encoding) > 0 {
		t.Errorf("length %d, %v, %v", length, encoding, err)
	}
}
