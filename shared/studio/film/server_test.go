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
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"castad/shared/studio/ffmpeg"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

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

func wav(seconds int, level float64) []byte {
	n := seconds * 44100
	b := []byte("RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x44\xac\x00\x00\x88\x58\x01\x00\x02\x00\x10\x00data")
	binary.LittleEndian.PutUint32(b[4:], uint32(36+2*n))
	b = binary.LittleEndian.AppendUint32(b, uint32(2*n))
	for i := range n {
		v := level * 32767 * math.Sin(float64(i)*440*2*math.Pi/44100) * (0.6 + 0.4*math.Sin(float64(i)/9000))
		b = binary.LittleEndian.AppendUint16(b, uint16(int16(v)))
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

func TestAFilmFromOrderToFile(t *testing.T) {
	t.Parallel()
	o := newOrigin(t)
	o.fails.Store(2)
	b := start(t, nil)
	r := b.order(fmt.Sprintf(`{"output_format":"mp4","width":360,"height":640,"frame_rate":15,"snapshot_time":2.5,"metadata":"run_x.3.1","webhook_url":"%[1]s/hook",
		"fill_color":"#ff00ff","elements":[
		{"type":"image","track":1,"time":0,"duration":1.5,"source":"%[1]s/photo.jpg","animations":[{"type":"scale","start_scale":"100%%","end_scale":"130%%"}]},
		{"type":"image","track":1,"time":1.5,"duration":1.5,"source":"%[1]s/photo.jpg?2","animations":[{"type":"fade","time":"start","duration":0.4,"transition":true},
			{"type":"pan","start_x":"0%%","end_x":"100%%","start_scale":"100%%","end_scale":"110%%"}]},
		{"type":"shape","y":"88%%","width":"60%%","height":"8%%","fill_color":"#ffd95a"},
		{"type":"text","text":"{얼큰} 칼국수 \\N","y":"70%%","width":"90%%","font_size":28,"x_alignment":"50%%","fill_color":"#ffffff","transcript_effect":"karaoke"},
		{"type":"text","text":"AI로 생성","x":"50%%","y":"12%%","font_size":24,"background_color":"#ffd95a","background_x_padding":"150%%","background_y_padding":"60%%"},
		{"type":"audio","source":"%[1]s/song.wav","audio_fade_out":0.5,"duration":3}]}`, o.URL))
	if r.Status != statusPlanned || r.URL != "http://studio.test/files/renders/"+r.ID+".mp4" || r.SnapshotURL != "http://studio.test/files/renders/"+r.ID+".jpg" ||
		r.Metadata == nil || *r.Metadata != "run_x.3.1" || r.Duration != nil {
		t.Errorf("accepted as %+v", r)
	}
	r = b.ended(r.ID)
	if r.Status != statusSucceeded || *r.Duration != 3 || r.Width != 360 || r.Height != 640 || r.FrameRate != 15 || *r.FileSize < 5000 {
		t.Fatalf("ended as %+v", r)
	}
	mp4 := filepath.Join(t.TempDir(), "film.mp4")
	b.download("/files/renders/"+r.ID+".mp4", mp4, *r.FileSize)
	m, err := ffmpeg.Probe(t.Context(), mp4)
	if err != nil {
		t.Fatal(err)
	}
	if v, a := m.Video(), m.Audio(); v.Profile != "High" || v.PixFmt != "yuv420p" || v.Frames != 45 || a == nil || math.Abs(a.Seconds-v.Seconds) > 0.05 {
		t.Errorf("probed as %+v", m)
	}
	for _, at := range []time.Duration{0, 1400 * time.Millisecond, 1700 * time.Millisecond, 2900 * time.Millisecond} {
		b.fullFrame(mp4, at)
	}
	b.loudness(mp4)
	b.until("webhook", func() bool { o.mu.Lock(); defer o.mu.Unlock(); return len(o.hooks) > 0 })
	o.mu.Lock()
	defer o.mu.Unlock()
	if h := o.hooks[0]; h.ID != r.ID || h.Status != statusSucceeded || *h.Metadata != "run_x.3.1" {
		t.Errorf("webhook got %+v", h)
	}
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

// download checks length, type and ranges of a file.
func (b *bench) download(path, to string, size int64) {
	b.Helper()
	res, err := http.Get(b.http.URL + path)
	if err != nil {
		b.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil || int64(len(data)) != size || res.Header.Get("Content-Type") != "video/mp4" || res.Header.Get("X-Content-Type-Options") != "nosniff" {
		b.Fatalf("file: %d of %d bytes, %v, %v", len(data), size, res.Header, err)
	}
	if err := os.WriteFile(to, data, 0o600); err != nil {
		b.Fatal(err)
	}
	req, _ := http.NewRequest("GET", b.http.URL+path, nil)
	req.Header.Set("Range", "bytes=4-7")
	part, err := http.DefaultClient.Do(req)
	if err != nil {
		b.Fatal(err)
	}
	defer part.Body.Close()
	if got, _ := io.ReadAll(part.Body); part.StatusCode != http.StatusPartialContent || string(got) != "ftyp" {
		b.Errorf("range: %d %q", part.StatusCode, got)
	}
}

// fullFrame looks at one frame: the photo reaches all corners (the background
// is magenta), and what libass paints has the colour that the compositor paints.
func (b *bench) fullFrame(mp4 string, at time.Duration) {
	b.Helper()
	jpg := filepath.Join(filepath.Dir(mp4), fmt.Sprintf("%d.jpg", at))
	if err := ffmpeg.Frame(b.Context(), mp4, at, jpg); err != nil {
		b.Fatal(err)
	}
	f, err := os.Open(jpg)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	img, err := jpeg.Decode(f)
	if err != nil {
		b.Fatal(err)
	}
	rgb := func(x, y int) [3]int {
		r, g, b, _ := img.At(x, y).RGBA()
		return [3]int{int(r >> 8), int(g >> 8), int(b >> 8)}
	}
	for _, p := range []image.Point{{1, 1}, {358, 1}, {1, 638}, {358, 638}, {1, 320}, {358, 320}} {
		if c := rgb(p.X, p.Y); c[1] < 40 || c[0] < 140 {
			b.Errorf("at %v the corner %v shows the background: %v", at, p, c)
		}
	}
	libass, compositor := rgb(180-70, 77), rgb(180, 563) // the label's box beside its letters, the shape
	for i := range 3 {
		if d := libass[i] - compositor[i]; d < -9 || d > 9 {
			b.Errorf("at %v libass paints %v and the compositor %v", at, libass, compositor)
			break
		}
	}
}

// loudness measures the finished film.
func (b *bench) loudness(mp4 string) {
	b.Helper()
	dir := filepath.Dir(mp4)
	report, err := ffmpeg.Run(b.Context(), ffmpeg.Spec{Dir: dir, Loglevel: "info", Inputs: []ffmpeg.Input{{Path: mp4}}, Graph: "[0:a]loudnorm=print_format=json[a]",
		Outputs: []ffmpeg.Output{{Path: filepath.Join(dir, "l.wav"), Format: "wav", Options: []string{"-map", "[a]"}}}})
	if err != nil {
		b.Fatal(err)
	}
	var m struct {
		I  float64 `json:"input_i,string"`
		TP float64 `json:"input_tp,string"`
	}
	if err := json.Unmarshal([]byte(report[strings.LastIndexByte(report, '{'):strings.LastIndexByte(report, '}')+1]), &m); err != nil {
		b.Fatal(err)
	}
	if math.Abs(m.I-targetLUFS) > 1 || m.TP > -1 {
		b.Errorf("loudness %v LUFS, peak %v dBTP", m.I, m.TP)
	}
}

func TestRendersThatFailSayWhy(t *testing.T) {
	t.Parallel()
	o := newOrigin(t)
	b := start(t, nil)
	black := `{"output_format":"mp4","width":180,"height":320,"frame_rate":10,"duration":1,"elements":[{"type":"shape","fill_color":"#000"}]}`
	sound := func(path string) string {
		return fmt.Sprintf(`{"output_format":"mp4","width":180,"height":320,"frame_rate":10,"duration":1,"elements":[{"type":"image","source":"%[1]s/photo.jpg"},{"type":"audio","source":"%[1]s%[2]s"}]}`, o.URL, path)
	}
	for name, row := range map[string]struct{ body, want string }{
		"a photo that is not there":        {small(o.URL+"/none.jpg", ""), "elements[0].source: cannot be fetched: its server answered 404"},
		"a photo that is a playlist":       {small(o.URL+"/list.m3u8", ""), "elements[0].source: is not a JPEG, PNG or WebP picture"},
		"a photo that is empty":            {small(o.URL+"/empty", ""), "is empty"},
		"a photo that is too large":        {small(o.URL+"/large", ""), "is larger than 25 MB"},
		"a redirect to the cloud's own":    {small(o.URL+"/away", ""), "is not allowed"},
		"a redirect to a file":             {small(o.URL+"/file", ""), "is not an http or https address"},
		"a redirect without end":           {small(o.URL+"/loop", ""), "redirects more than 3 times"},
		"a server that does not answer":    {small("http://127.0.0.1:1/x.jpg", ""), "cannot be reached"},
		"a song that is a photo":           {sound("/photo.jpg?"), "elements[1].source: is not an MP3, WAV"},
		"a song that is a playlist":        {sound("/list.m3u8"), "elements[1].source: is not an MP3, WAV"},
		"a song without sound":             {sound("/silence.wav"), "The soundtrack is silent."},
		"a film that shows nothing at all": {black, "black"},
	} {
		t.Run(name, func(t *testing.T) {
			r := (&bench{T: t, server: b.server, http: b.http}).order(row.body)
			if r = b.ended(r.ID); r.Status != statusFailed || !strings.Contains(r.ErrorMessage, row.want) {
				t.Errorf("ended %s: %q, want %q", r.Status, r.ErrorMessage, row.want)
			}
			b.call("GET", "/files/renders/"+r.ID+".mp4", "", http.StatusNotFound, nil)
		})
	}
	if left, _ := filepath.Glob(filepath.Join(b.config.Dir, "work", "*")); len(left) > 0 {
		t.Errorf("work folders are left: %v", left)
	}
}

func TestBadRequests(t *testing.T) {
	t.Parallel()
	b := start(t, func(c *Config) {
		now := time.Now()
		c.Clock = func() time.Time { now = now.Add(time.Minute); return now } // never over the rate
	})
	long := strings.Repeat("x", 5000)
	for name, row := range map[string]struct{ path, body, hint string }{
		"no JSON":                  {"/v2/renders", `{`, "one JSON object"},
		"a list":                   {"/v2/renders", `[]`, "one JSON object"},
		"two objects":              {"/v2/renders", `{}{}`, "one JSON object"},
		"a template":               {"/v2/renders", `{"template_id":"a"}`, "template_id is not supported yet"},
		"modifications":            {"/v2/renders", `{"modifications":{"a":"b"}}`, "not supported yet"},
		"version 1 without source": {"/v1/renders", small("http://127.0.0.1/a", ""), "source is needed"},
		"version 2 with source":    {"/v2/renders", `{"source":{}}`, "top level"},
		"an unknown field":         {"/v2/renders", small("http://127.0.0.1/a", `,"sparkle":1`), "sparkle"},
		"a foreign scheme":         {"/v2/renders", small("file:///etc/passwd", ""), "elements[0].source"},
		"plain http elsewhere":     {"/v2/renders", small("http://example.com/a.jpg", ""), "elements[0].source"},
		"a name in the address":    {"/v2/renders", small("https://a:b@example.com/a.jpg", ""), "elements[0].source"},
		"an odd webhook":           {"/v2/renders", small("http://127.0.0.1/a", `,"webhook_url":"http://example.com/"`), "webhook_url"},
		"long metadata":            {"/v2/renders", small("http://127.0.0.1/a", `,"metadata":"`+long+`"`), "metadata"},
		"a body of 3 MB":           {"/v2/renders", `{"a":"` + strings.Repeat("x", 3<<20) + `"}`, "larger than"},
	} {
		t.Run(name, func(t *testing.T) {
			var e struct {
				Hint          string `json:"hint"`
				Documentation string `json:"documentation_url"`
			}
			b.call("POST", row.path, row.body, http.StatusBadRequest, &e)
			if !strings.Contains(e.Hint, row.hint) || e.Documentation == "" {
				t.Errorf("answered %+v, want %q", e, row.hint)
			}
		})
	}
	var dry struct {
		Valid    bool      `json:"valid"`
		Errors   []Problem `json:"errors"`
		Warnings []Problem `json:"warnings"`
	}
	b.call("POST", "/v2/renders", small("http://127.0.0.1/a", `,"dry_run":true`), http.StatusOK, &dry)
	if !dry.Valid || dry.Errors == nil || dry.Warnings == nil {
		t.Errorf("a good script: %+v", dry)
	}
	b.call("POST", "/v2/renders", small("http://127.0.0.1/a", `,"dry_run":true,"sparkle":1`), http.StatusOK, &dry)
	if dry.Valid || len(dry.Errors) != 1 || dry.Errors[0].Path != "sparkle" {
		t.Errorf("a bad script: %+v", dry)
	}
	var ledger []json.RawMessage
	b.call("GET", "/ledger/renders", "", http.StatusOK, &ledger)
	if len(ledger) != 0 {
		t.Errorf("the ledger holds %s", ledger)
	}
}

func TestKeysRatesAndLimits(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var mu sync.Mutex
	b := start(t, func(c *Config) {
		c.DailySeconds = 3
		c.Clock = func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	})
	for _, given := range []string{"", "Bearer ", "Bearer wrong", "Bearer " + key + "x", key} {
		req, _ := http.NewRequest("GET", b.http.URL+"/ledger/renders", nil)
		req.Header.Set("Authorization", given)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusUnauthorized {
			t.Errorf("%q: %d", given, res.StatusCode)
		}
	}
	body := small("http://127.0.0.1:1/a.jpg", `,"metadata":"m"`)
	b.order(body)
	var v1 []wireRender
	b.call("POST", "/v1/renders", `{"source":`+body[:strings.LastIndex(body, `,"metadata"`)]+`},"metadata":"m1","render_scale":0.5}`, http.StatusAccepted, &v1)
	if len(v1) != 1 || v1[0].Width != 90 || *v1[0].Metadata != "m1" {
		t.Errorf("version 1 answered %+v", v1)
	}
	b.call("POST", "/v2/renders", body, http.StatusPaymentRequired, nil) // 1.2 + 1.2 + 1.2 > 3
	for range rateRequests - 3 {
		b.call("POST", "/v2/renders", `{}`, http.StatusBadRequest, nil)
	}
	if h := b.call("POST", "/v2/renders", body, http.StatusTooManyRequests, nil); h.Get("Retry-After") != "10" {
		t.Errorf("429 without Retry-After: %v", h)
	}
	mu.Lock()
	now = now.Add(25 * time.Hour)
	mu.Unlock()
	b.order(body)
	b.call("GET", "/v1/renders", "", http.StatusOK, &v1)
	if len(v1) != 3 {
		t.Errorf("the list has %d renders", len(v1))
	}
	for _, path := range []string{"/v2/renders/none", "/files/renders/none.mp4", "/files/renders/..%2f..%2fetc%2fpasswd", "/v3/x"} {
		b.call("GET", path, "", http.StatusNotFound, nil)
	}
	b.call("DELETE", "/v2/renders/none", "", http.StatusNotFound, nil)
}

func TestAClosedServerGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	o := newOrigin(t)
	b := start(t, nil)
	stuck := b.order(small(o.URL+"/slow.jpg", `,"metadata":"stuck","webhook_url":"`+o.URL+`/hook"`))
	next := b.order(small(o.URL+"/photo.jpg", `,"metadata":"next"`))
	b.until("waiting", func() bool {
		var r wireRender
		b.call("GET", "/v2/renders/"+stuck.ID, "", http.StatusOK, &r)
		return r.Status == statusWaiting
	})
	b.close()
	// What a killed program leaves: half a record beside the whole one, a work folder.
	if err := os.WriteFile(filepath.Join(b.config.Dir, "jobs", next.ID+".json.tmp"), []byte(`{"id":`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(b.config.Dir, "work", stuck.ID), 0o700); err != nil {
		t.Fatal(err)
	}
	close(o.slow)
	b.open()
	for _, id := range []string{stuck.ID, next.ID} {
		if r := b.ended(id); r.Status != statusSucceeded {
			t.Errorf("render ended %s: %s", r.Status, r.ErrorMessage)
		}
	}
	b.until("webhook", func() bool { o.mu.Lock(); defer o.mu.Unlock(); return len(o.hooks) == 1 })
	b.close()
	b.open()
	if r := b.ended(next.ID); r.Status != statusSucceeded || *r.Metadata != "next" {
		t.Errorf("after another restart: %+v", r)
	}
	var ledger []struct{ ID, Metadata, Status string }
	b.call("GET", "/ledger/renders", "", http.StatusOK, &ledger)
	if len(ledger) != 2 || ledger[0].ID != stuck.ID || ledger[0].Metadata != "stuck" || ledger[1].Status != statusSucceeded {
		t.Errorf("ledger %+v", ledger)
	}
}

func TestARenderThatKillsTheProgramIsGivenUp(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	b.close()
	j := &job{ID: newID(), Status: statusPlanned, Script: json.RawMessage(small("http://127.0.0.1:1/a.jpg", "")), Created: time.Now(), Starts: maxStarts}
	if err := b.server.store.save(j); err != nil {
		t.Fatal(err)
	}
	b.open()
	if r := b.ended(j.ID); r.Status != statusFailed || !strings.Contains(r.ErrorMessage, "given up") {
		t.Errorf("ended %s: %s", r.Status, r.ErrorMessage)
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	o := newOrigin(t)
	b := start(t, nil)
	running := b.order(small(o.URL+"/slow.jpg", ""))
	waiting := b.order(small(o.URL+"/photo.jpg", ""))
	for _, id := range []string{waiting.ID, running.ID} {
		var r wireRender
		b.call("DELETE", "/v2/renders/"+id, "", http.StatusOK, &r)
		if r.Status != statusCancelled {
			t.Errorf("cancelled to %s", r.Status)
		}
	}
	done := b.order(small(o.URL+"/photo.jpg", ""))
	if r := b.ended(done.ID); r.Status != statusSucceeded {
		t.Fatalf("the worker is stuck: %+v", r)
	}
	var r wireRender
	if b.call("DELETE", "/v2/renders/"+done.ID, "", http.StatusOK, &r); r.Status != statusSucceeded {
		t.Errorf("a finished render became %s", r.Status)
	}
	b.close()
	b.open()
	if r := b.ended(running.ID); r.Status != statusCancelled {
		t.Errorf("after a restart it is %s", r.Status)
	}
}

func TestOldFilmsAreRemoved(t *testing.T) {
	t.Parallel()
	o := newOrigin(t)
	var later atomic.Bool
	b := start(t, func(c *Config) {
		c.Clock = func() time.Time {
			if later.Load() {
				return time.Now().Add(31 * 24 * time.Hour)
			}
			return time.Now()
		}
	})
	r := b.ended(b.order(small(o.URL+"/photo.jpg", "")).ID)
	b.call("GET", "/files/renders/"+r.ID+".jpg", "", http.StatusOK, nil)
	later.Store(true)
	b.close()
	b.open()
	b.until("removal", func() bool {
		left, _ := filepath.Glob(filepath.Join(b.config.Dir, "*", r.ID+"*"))
		return len(left) == 0
	})
}

func TestAddressesThatMayBeDialled(t *testing.T) {
	t.Parallel()
	for ip, want := range map[string]bool{"93.184.216.34": true, "2606:2800:220:1:248:1893:25c8:1946": true, "127.0.0.1": false, "::1": false, "::ffff:127.0.0.1": false,
		"10.1.2.3": false, "172.16.0.1": false, "192.168.1.1": false, "169.254.169.254": false, "168.63.129.16": false, "100.100.1.1": false, "0.0.0.0": false,
		"fe80::1": false, "fd00::1": false, "64:ff9b::7f00:1": false, "224.0.0.1": false, "255.255.255.255": false, "2002:7f00:1::": false} {
		if got := allowedIP(mustAddr(ip), nil); got != want {
			t.Errorf("%s: %v", ip, got)
		}
	}
	if !allowedIP(mustAddr("127.0.0.1"), Loopback()) || allowedIP(mustAddr("10.0.0.1"), Loopback()) {
		t.Error("the local networks are wrong")
	}
}

func TestTheServerRefusesToStartWithoutWhatItNeeds(t *testing.T) {
	t.Parallel()
	good := Config{Dir: t.TempDir(), Public: "http://127.0.0.1:1", Key: "k"}
	for name, change := range map[string]func(*Config){
		"no key":            func(c *Config) { c.Key = "" },
		"no public address": func(c *Config) { c.Public = "" },
		"a relative folder": func(c *Config) { c.Dir = "films" },
		"no fonts":          func(c *Config) { c.Fonts = t.TempDir() },
	} {
		c := good
		change(&c)
		if s, err := NewServer(c); err == nil {
			s.Close()
			t.Errorf("%s: it started", name)
		}
	}
	c := good
	if err := os.MkdirAll(filepath.Join(c.Dir, "jobs"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(c.Dir, "jobs", newID()+".json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err := NewServer(c); err == nil {
		s.Close()
		t.Error("a broken record was skipped")
	}
}
