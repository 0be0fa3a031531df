package film

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"castad/shared/studio/ffmpeg"
)

const key = "studio-key"

// origin serves what scripts name, counts webhooks, and misbehaves on demand.
type origin struct {
	*httptest.Server
	mu    sync.Mutex
	hooks []wireRender
	fails atomic.Int32 // how many webhooks are still answered 500
	slow  chan struct{}
}

func newOrigin(t *testing.T) *origin {
	t.Helper()
	o := &origin{slow: make(chan struct{})}
	photo, tone, silence := gradient(t), wav(3, 0.3), wav(3, 0)
	mux := http.NewServeMux()
	body := func(path string, data []byte) {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(data) })
	}
	body("/photo.jpg", photo)
	body("/song.wav", tone)
	body("/silence.wav", silence)
	body("/list.m3u8", []byte("#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n"))
	body("/empty", nil)
	body("/large", make([]byte, maxPhotoBytes+1))
	mux.HandleFunc("GET /away", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://169.254.169.254/latest", http.StatusFound)
	})
	mux.HandleFunc("GET /file", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "file:///etc/passwd")
		w.WriteHeader(http.StatusFound)
	})
	mux.HandleFunc("GET /loop", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/loop", http.StatusFound) })
	mux.HandleFunc("GET /slow.jpg", func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-o.slow:
			_, _ = w.Write(photo)
		case <-r.Context().Done():
		}
	})
	mux.HandleFunc("POST /hook", func(w http.ResponseWriter, r *http.Request) {
		if o.fails.Add(-1) >= 0 {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		var got wireRender
		if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
			t.Error(err)
		}
		o.mu.Lock()
		defer o.mu.Unlock()
		o.hooks = append(o.hooks, got)
	})
	o.Server = httptest.NewServer(mux)
	t.Cleanup(o.Close)
	return o
}

// gradient is a photo whose every pixel is bright, so that bars would show.
func gradient(t *testing.T) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 300, 200))
	for y := range 200 {
		for x := range 300 {
			img.Set(x, y, color.RGBA{200, uint8(60 + x/2), uint8(60 + y/2), 255})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// wav is a tone that swells, level loud.
func wav(seconds int, level float64) []byte {
	pcm := make([]int16, seconds*soundRate)
	for i := range pcm {
		pcm[i] = int16(level * 32767 * math.Sin(float64(i)*440*2*math.Pi/soundRate) * (0.6 + 0.4*math.Sin(float64(i)/9000)))
	}
	return mono(pcm)
}

// mono is a WAV file of one channel.
func mono(pcm []int16) []byte {
	b := []byte("RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x44\xac\x00\x00\x88\x58\x01\x00\x02\x00\x10\x00data")
	binary.LittleEndian.PutUint32(b[4:], uint32(36+2*len(pcm)))
	b = binary.LittleEndian.AppendUint32(b, uint32(2*len(pcm)))
	for _, v := range pcm {
		b = binary.LittleEndian.AppendUint16(b, uint16(v))
	}
	return b
}

// bench is a running server and its client.
type bench struct {
	*testing.T
	server *Server
	config Config
	http   *httptest.Server
}

func start(t *testing.T, change func(*Config)) *bench {
	t.Helper()
	need(t, ffmpeg.Installed())
	if _, err := os.Stat(FontFolder); err != nil {
		need(t, err)
	}
	b := &bench{T: t, config: Config{Dir: t.TempDir(), Public: "http://studio.test/", Key: key, FetchAllow: AllowLocal, FetchNetworks: Loopback(),
		RetryDelay: time.Millisecond, Log: slog.New(slog.DiscardHandler)}}
	if change != nil {
		change(&b.config)
	}
	b.open()
	t.Cleanup(func() { b.close() })
	return b
}

func (b *bench) open() {
	b.Helper()
	s, err := NewServer(b.config)
	if err != nil {
		b.Fatal(err)
	}
	b.server, b.http = s, httptest.NewServer(s.Handler())
}

func (b *bench) close() {
	b.http.Close()
	if err := b.server.Close(); err != nil {
		b.Error(err)
	}
}

// call sends a request and decodes the answer into out.
func (b *bench) call(method, path, body string, status int, out any) http.Header {
	b.Helper()
	req, err := http.NewRequestWithContext(b.Context(), method, b.http.URL+path, strings.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+key)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		b.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != status {
		b.Fatalf("%s %s: %d %s (%v), want %d", method, path, res.StatusCode, data, err, status)
	}
	if out != nil {
		if err := json.Unmarshal(data, out); err != nil {
			b.Fatalf("%s %s: %s: %v", method, path, data, err)
		}
	}
	return res.Header
}

// ended polls until a render has ended.
func (b *bench) ended(id string) (r wireRender) {
	b.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		b.call("GET", "/v2/renders/"+id, "", http.StatusOK, &r)
		switch r.Status {
		case statusSucceeded, statusFailed, statusCancelled:
			return r
		}
		select {
		case <-tick.C:
		case <-b.Context().Done():
			b.Fatalf("render stays %s", r.Status)
		}
	}
}

func (b *bench) order(body string) wireRender {
	b.Helper()
	var r wireRender
	b.call("POST", "/v2/renders", body, http.StatusAccepted, &r)
	return r
}

// small is a script of 1.2 seconds whose one photo is at the given address.
func small(photo, more string) string {
	return fmt.Sprintf(`{"output_format":"mp4","width":180,"height":320,"frame_rate":10,"duration":1.2,"elements":[{"type":"image","source":%q,
		"animations":[{"type":"scale","start_scale":"100%%","end_scale":"120%%"}]}]%s}`, photo, more)
}

func (b *bench) until(what string, ok func() bool) {
	b.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-b.Context().Done():
			b.Fatal("never happened: " + what)
		}
	}
}
