package provider

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// shelf serves each body under the media type that it claims to be.
func shelf(t *testing.T, kind, body string) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// What the header says is the vendor's word; what the file is, its bytes say.
func TestAFileMustBeginLikeWhatWasWanted(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 2000)
	for _, row := range []struct {
		name, kind, body string
		wanted           []Format
		ok               bool
	}{
		{"an MP3 with a tag", "audio/mpeg", "ID3\x04" + long, []Format{MP3}, true},
		{"an MP3 without one", "application/octet-stream", "\xFF\xFB\x90" + long, []Format{MP3}, true},
		{"a WAV", "audio/wav", "RIFF\x24\x08\x00\x00WAVEfmt " + long, []Format{MP3, WAV, MP4}, true},
		{"a film", "video/mp4", "\x00\x00\x00\x18ftypisom" + long, []Format{MP4}, true},
		{"a short film", "video/mp4", "\x00\x00\x00\x18ftypisom", []Format{MP4}, true},
		{"a JPEG", "image/jpeg", "\xFF\xD8\xFF\xE0" + long, []Format{JPEG}, true},
		{"a PNG", "image/png", "\x89PNG\r\n\x1a\n" + long, []Format{JPEG, PNG}, true},
		{"a WebP", "image/webp", "RIFF\x24\x08\x00\x00WEBPVP8 " + long, []Format{WebP}, true},
		{"a web page that is called a song", "audio/mpeg", "<!doctype html><title>Sign in</title>" + long, []Format{MP3, WAV, MP4}, false},
		{"a playlist that is called a film", "video/mp4", "#EXTM3U\n#EXT-X-VERSION:3\nhttp://169.254.169.254/seg0.ts\n" + long, []Format{MP4}, false},
		{"an error in JSON that is called a film", "video/mp4", `{"error":"expired"}`, []Format{MP4}, false},
		{"a picture where a film was wanted", "video/mp4", "\xFF\xD8\xFF\xE0" + long, []Format{MP4}, false},
		{"an AAC stream where an MP3 was wanted", "audio/mpeg", "\xFF\xF1\x50" + long, []Format{MP3}, false},
		{"two bytes", "audio/mpeg", "ID", []Format{MP3}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			base := shelf(t, row.kind, row.body)
			got, err := Downloader{Allow: []string{base}}.Get(t.Context(), base+"/file", 1<<20, row.wanted...)
			if !row.ok {
				if e := classOf(t, err); e.Class != BadResult || e.Code != "wrong_format" {
					t.Errorf("%v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer got.Body.Close()
			if body, err := io.ReadAll(got.Body); err != nil || string(body) != row.body {
				t.Errorf("%d bytes of %d came, %v", len(body), len(row.body), err)
			}
		})
	}
}

func TestAFiveGigabyteResultIsRefused(t *testing.T) {
	t.Parallel()
	const limit, block = 1 << 20, 64 << 10
	var sent atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/announced" {
			w.Header().Set("Content-Length", strconv.Itoa(5<<30))
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
			return
		}
		for i := 0; i < 5<<30; i += block {
			if _, err := w.Write(make([]byte, block)); err != nil {
				return
			}
			sent.Add(block)
		}
	}))
	t.Cleanup(s.Close)
	d := Downloader{Allow: []string{s.URL}, Idle: 10 * time.Second}
	if _, err := d.Get(t.Context(), s.URL+"/announced", limit); classOf(t, err).Code != "too_long" {
		t.Errorf("the announced one: %v", err)
	}
	got, err := d.Get(t.Context(), s.URL+"/counted", limit)
	if err != nil {
		t.Fatal(err)
	}
	n, err := io.Copy(io.Discard, got.Body)
	got.Body.Close()
	if e := classOf(t, err); e.Class != BadResult || e.Code != "too_long" || n != limit {
		t.Errorf("the counted one: %d bytes, %v", n, err)
	}
	if sent.Load() > 64*limit {
		t.Errorf("the vendor sent %d MiB before we hung up", sent.Load()>>20)
	}
}

func FuzzFormat(f *testing.F) {
	for _, s := range []string{"ID3", "\xFF\xFB", "RIFF....WAVE", "....ftyp", "\xFF\xD8\xFF", "\x89PNG\r\n\x1a\n", "RIFF....WEBP", "<html>", "#EXTM3U", ""} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, head []byte) {
		got := formatOf(head)
		for _, wanted := range []Format{MP3, WAV, MP4, JPEG, PNG, WebP} {
			err := fits(head, []Format{wanted})
			if (err == nil) != (got == wanted) {
				t.Errorf("%q is %q; as %q: %v", head, got, wanted, err)
			}
			if err != nil && (len(fmt.Sprint(err)) > 200 || strings.ContainsAny(err.Error(), "\r\n")) {
				t.Errorf("%q says %q", head, err)
			}
		}
	})
}
