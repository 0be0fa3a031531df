package main

import (
	_ "embed"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"castad/shared/config"

	"github.com/google/go-cmp/cmp"
)

//go:embed testdata/browser/page.html
var webClient []byte

// chromium returns the browser's program. Without its 350 MB the test is skipped by `make test`;
// `make browser`, which CI runs as well, installs them and makes their absence an error.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("CASTAD_BROWSER") != "" {
		t.Fatal("there is no Chromium: scripts/setup.sh browser")
	}
	t.Skip("there is no Chromium: make browser")
	return ""
}

// site is a page's own server; what the page tells it comes out of the channel.
func site(t *testing.T, settings func() map[string]any) (origin string, outcome chan map[string]any) {
	t.Helper()
	outcome = make(chan map[string]any, 1)
	photos, err := filepath.Glob("../docs/sample/photos/*.jpg")
	must(t, err)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /page", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(webClient)
	})
	mux.HandleFunc("GET /photo.jpg", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, photos[0]) })
	mux.HandleFunc("GET /config.json", func(w http.ResponseWriter, _ *http.Request) { _ = json.NewEncoder(w).Encode(settings()) })
	mux.HandleFunc("POST /outcome", func(_ http.ResponseWriter, r *http.Request) {
		var out map[string]any
		_ = json.NewDecoder(r.Body).Decode(&out)
		outcome <- out
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL, outcome
}

// browse opens an address in a browser of its own until the test ends.
func browse(t *testing.T, program, address string) {
	t.Helper()
	profile := t.TempDir()
	run := exec.Command(program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
		"--no-first-run", "--user-data-dir="+profile, address) // #nosec G204 -- a browser that was looked for, and our own address
	run.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	must(t, run.Start())
	t.Cleanup(func() {
		_ = syscall.Kill(-run.Process.Pid, syscall.SIGKILL)
		_ = run.Wait()
	})
}

// Rows 20 and 21 of the security anchors, as a browser sees them: it signs in by Kakao's
// page, a page at the listed origin works with what that left, and one at another origin,
// in the same browser and with a stolen token, can neither read nor act.
func TestABrowserLetsOnlyAListedOriginWork(t *testing.T) {
	t.Parallel()
	program := chromium(t)
	var b *bench
	var foreign string
	home, worked := site(t, func() map[string]any {
		return map[string]any{"api": b.url + "/api/v1", "foreign": foreign, "mine": true}
	})
	foreign, attacked := site(t, func() map[string]any { return map[string]any{"api": b.url + "/api/v1", "mine": false} })
	k := startKakao(t)
	b = newBench(t, withKakao(k), func(c *config.Config) { c.Origins, c.AppURL = []string{home}, home })
	browse(t, program, b.url+"/api/v1/auth/kakao/start?next=/page")
	for _, row := range []struct {
		name string
		from chan map[string]any
		want map[string]any
	}{
		{"the page of a listed origin", worked, map[string]any{"renewed": 200.0, "made": 201.0, "told": []any{"ETag", "Location", "RateLimit", "RateLimit-Policy", "X-Request-Id"},
			"photo": 201.0, "changed": 200.0, "unchanged": 304.0, "refused": []any{400.0, "request.bad_value"}, "heard": true}},
		{"a stranger's page", attacked, map[string]any{"renewed": "TypeError", "read": "TypeError", "made": "TypeError", "open": "TypeError", "blind": "TypeError", "heard": "nothing"}},
	} {
		select {
		case got := <-row.from:
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", row.name, diff)
			}
		case <-time.After(time.Minute):
			t.Fatalf("%s does not say what came of it", row.name)
		}
	}
	if n := b.count(`SELECT COUNT(*) FROM refresh_tokens`); n != 2 {
		t.Errorf("%d refresh tokens: that of the sign-in, and the one that the listed page renewed it to", n)
	}
	if n := b.rows()["places"]; n != 1 {
		t.Errorf("%d places", n)
	}
}
