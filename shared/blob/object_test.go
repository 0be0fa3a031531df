package blob_test

import (
	"bytes"
	"errors"
	"hash/crc32"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"testing/iotest"

	"castad/shared/blob"
	"castad/shared/fault"
)

// film keeps n bytes under "film" and opens them.
func (s bundle) film(t *testing.T, n int) (*blob.Object, []byte) {
	t.Helper()
	want := content(n, n)
	if _, err := s.Keep(t.Context(), "film", "video/mp4", bytes.NewReader(want), int64(n)); err != nil {
		t.Fatal(err)
	}
	o, err := s.Open(t.Context(), "film")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := o.Close(); err != nil {
			t.Error(err)
		}
	})
	return o, want
}

func TestAnObjectIsAReaderASeekerAndAReaderAt(t *testing.T) {
	t.Parallel()
	o, want := start(t).film(t, 700)
	if err := iotest.TestReader(o, want); err != nil {
		t.Error(err)
	}
}

func TestReadingCrossesTheSeamsOfItsRequests(t *testing.T) {
	t.Parallel()
	s := start(t)
	o, want := s.film(t, 2*block+100)
	if _, err := o.Seek(block-50, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, block+100)
	if _, err := io.ReadFull(o, got); err != nil || !bytes.Equal(got, want[block-50:2*block+50]) {
		t.Errorf("over the seam: %v", err)
	}
	if n := s.wire.count("GET"); n != 2 {
		t.Errorf("%d ranged reads, want 2", n)
	}
	if _, err := o.Seek(-1, io.SeekStart); err == nil {
		t.Error("a seek before the beginning was accepted")
	}
	if n, err := o.ReadAt(make([]byte, 10), o.Size()); n != 0 || err != io.EOF {
		t.Errorf("at the end: %d %v", n, err)
	}
}

// Blobs that were kept before the checksum was are read for it.
func TestABlobWithoutACRCIsReadForIt(t *testing.T) {
	t.Parallel()
	s := start(t)
	hide := func(r *http.Request, base http.RoundTripper) (*http.Response, error) {
		resp, err := base.RoundTrip(r)
		if err == nil {
			resp.Header.Del("X-Ms-Meta-Crc32")
		}
		return resp, err
	}
	o, want := s.film(t, block+1000)
	if crc, err := o.CRC32(); err != nil || crc != crc32.ChecksumIEEE(want) || s.wire.count("GET") != 0 {
		t.Errorf("with one: CRC-32 %x, %v, %d requests", crc, err, s.wire.count("GET"))
	}
	s.wire.disturb.Store(&hide)
	o, err := s.Open(t.Context(), "film")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.Seek(7, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	if crc, err := o.CRC32(); err != nil || crc != crc32.ChecksumIEEE(want) || s.wire.count("GET") != 2 {
		t.Errorf("CRC-32 %x, %v, %d requests", crc, err, s.wire.count("GET"))
	}
	if rest, err := io.ReadAll(o); err != nil || !bytes.Equal(rest, want[7:]) {
		t.Errorf("it goes on with %d bytes, %v", len(rest), err)
	}
}

func TestServeContentServesAnObject(t *testing.T) {
	t.Parallel()
	s := start(t)
	o, want := s.film(t, block+1000)
	serve := func(header ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), "GET", "/files/1", nil)
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		w := httptest.NewRecorder()
		w.Header().Set("Content-Type", o.Type())
		w.Header().Set("ETag", o.ETag())
		http.ServeContent(w, r, "", o.Modified(), o)
		return w
	}
	if w := serve(); w.Code != 200 || !bytes.Equal(w.Body.Bytes(), want) || w.Header().Get("Content-Type") != "video/mp4" {
		t.Errorf("whole: %d, %d bytes", w.Code, w.Body.Len())
	}
	if w := serve("Range", "bytes=100-199"); w.Code != 206 || !bytes.Equal(w.Body.Bytes(), want[100:200]) {
		t.Errorf("range: %d, %d bytes", w.Code, w.Body.Len())
	}
	if w := serve("Range", "bytes=-10"); w.Code != 206 || !bytes.Equal(w.Body.Bytes(), want[len(want)-10:]) {
		t.Errorf("suffix: %d, %d bytes", w.Code, w.Body.Len())
	}
	if w := serve("Range", "bytes=99999999-"); w.Code != 416 {
		t.Errorf("beyond: %d", w.Code)
	}
	if w := serve("If-None-Match", o.ETag()); w.Code != 304 {
		t.Errorf("known version: %d", w.Code)
	}
}

func TestAConnectionThatBreaksIsTakenUpWhereItBroke(t *testing.T) {
	t.Parallel()
	s := start(t)
	o, want := s.film(t, block+1000)
	var broken atomic.Int64
	cut := func(r *http.Request, base http.RoundTripper) (*http.Response, error) {
		resp, err := base.RoundTrip(r)
		if err == nil && r.Method == http.MethodGet && broken.Add(1) <= 2 {
			resp.Body = struct {
				io.Reader
				io.Closer
			}{io.MultiReader(io.LimitReader(resp.Body, 70_000), iotest.ErrReader(io.ErrUnexpectedEOF)), resp.Body}
		}
		return resp, err
	}
	s.wire.disturb.Store(&cut)
	got, err := io.ReadAll(o)
	if err != nil || !bytes.Equal(got, want) || broken.Load() < 3 {
		t.Errorf("read %d of %d bytes, %d answers, %v", len(got), len(want), broken.Load(), err)
	}
}

func TestAnObjectNeverMixesVersions(t *testing.T) {
	t.Parallel()
	s := start(t)
	o, want := s.film(t, 2*block)
	half := make([]byte, block)
	if _, err := io.ReadFull(o, half); err != nil || !bytes.Equal(half, want[:block]) {
		t.Fatal(err)
	}
	if err := s.Delete(t.Context(), "film"); err != nil {
		t.Fatal(err)
	}
	_, err := o.Read(half)
	wantFault(t, "after the delete", err, fault.NotFound)
	if _, err := s.Keep(t.Context(), "film", "video/mp4", bytes.NewReader(content(9, 2*block)), 2*block); err != nil {
		t.Fatal(err)
	}
	_, err = o.Read(half)
	wantFault(t, "after another was kept", err, fault.Conflict)
	_, err = o.ReadAt(half, 0)
	wantFault(t, "ReadAt after another was kept", err, fault.Conflict)
}

func TestAReadThatKeepsBreakingIsUnavailable(t *testing.T) {
	t.Parallel()
	s := start(t)
	o, _ := s.film(t, 1000)
	cut := func(r *http.Request, base http.RoundTripper) (*http.Response, error) {
		resp, err := base.RoundTrip(r)
		if err == nil {
			err = errors.Join(err, resp.Body.Close())
			resp.Body = io.NopCloser(iotest.ErrReader(io.ErrUnexpectedEOF))
		}
		return resp, err
	}
	s.wire.disturb.Store(&cut)
	_, err := io.ReadAll(o)
	wantFault(t, "read", err, fault.Unavailable)
}
