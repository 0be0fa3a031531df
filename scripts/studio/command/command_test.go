package command

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"castad/shared/studio/ffmpeg"
)

// start runs the program and returns its address and how to end it.
func start(t *testing.T, args ...string) (address string, end func() int) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	out, in := io.Pipe()
	var log bytes.Buffer
	code := make(chan int, 1)
	go func() {
		code <- Run(ctx, append([]string{"-addr", "127.0.0.1:0"}, args...), in, &log)
		in.Close()
	}()
	line, err := bufio.NewReader(out).ReadString('\n')
	address, ok := strings.CutPrefix(strings.TrimSpace(line), "studio ready on ")
	if err != nil || !ok {
		stop()
		t.Fatalf("printed %q, ended with %d: %s", line, <-code, log.String())
	}
	return address, func() int { stop(); return <-code }
}

func needPrograms(t *testing.T) {
	t.Helper()
	if err := ffmpeg.Installed(); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip("ffmpeg is not installed: ", err)
	}
}

func TestTheProgramMakesAnMP3(t *testing.T) {
	t.Parallel()
	needPrograms(t)
	dir := t.TempDir()
	address, end := start(t, "-dir", dir)
	call := func(method, path, body string, out any) {
		t.Helper()
		r, _ := http.NewRequestWithContext(t.Context(), method, address+path, strings.NewReader(body))
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if err := json.NewDecoder(resp.Body).Decode(out); err != nil {
			t.Fatal(err)
		}
	}
	var accepted struct{ Data struct{ TaskID string } }
	call("POST", "/api/v1/generate", `{"customMode":true,"instrumental":false,"model":"V5","title":"한빛","style":"k-pop 15 seconds","prompt":"[Hook]\n라라라 한빛칼국수"}`, &accepted)
	var info struct {
		Data struct {
			Status   string
			Response struct{ SunoData []struct{ AudioURL string } }
		}
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for range tick.C {
		call("GET", "/api/v1/generate/record-info?taskId="+accepted.Data.TaskID, "", &info)
		if info.Data.Status == "SUCCESS" {
			break
		}
		if strings.Contains(info.Data.Status, "FAILED") {
			t.Fatal(info.Data.Status)
		}
	}
	song := info.Data.Response.SunoData[0].AudioURL
	if !strings.HasPrefix(song, address) {
		t.Fatalf("the song is at %s, the studio at %s", song, address)
	}
	m, err := ffmpeg.Probe(t.Context(), filepath.Join(dir, "song", "songs", filepath.Base(song)))
	if err != nil {
		t.Fatal(err)
	}
	if a := m.Audio(); a == nil || a.Codec != "mp3" || m.Seconds < 14.9 || m.Seconds > 15.1 {
		t.Errorf("%+v", m)
	}
	// The film side is mounted and needs no key when the studio has none.
	var renders any
	call("GET", "/v1/renders", "", &renders)
	if _, ok := renders.([]any); !ok {
		t.Errorf("renders: %v", renders)
	}
	if code := end(); code != 0 {
		t.Errorf("ended with %d", code)
	}
}

func TestBadArgumentsAreExplained(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		args []string
		code int
		says string
	}{
		"help":                 {[]string{"-h"}, 0, "-public"},
		"an unknown flag":      {[]string{"-x"}, 2, "-x"},
		"an argument":          {[]string{"here"}, 2, "here"},
		"an address in no use": {[]string{"-addr", "256.0.0.1:1", "-dir", t.TempDir()}, 1, "listen"},
	} {
		var out, log bytes.Buffer
		if code := Run(t.Context(), row.args, &out, &log); code != row.code || !strings.Contains(log.String(), row.says) || out.Len() > 0 {
			t.Errorf("%s: code %d, stdout %q, stderr %q", name, code, out.String(), fmt.Sprint(log.String()))
		}
	}
}
