package film

import (
	"encoding/json"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"castad/shared/studio/ffmpeg"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

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
