package film

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// children are the command lines of this process's children that name the folder.
func children(t *testing.T, folder string) (lines []string) {
	t.Helper()
	list, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil || len(list) == 0 {
		need(t, errors.New("no /proc to look for processes in"))
	}
	for _, stat := range list {
		line, err := os.ReadFile(filepath.Join(filepath.Dir(stat), "cmdline"))
		if err == nil && bytes.Contains(line, []byte(folder)) {
			lines = append(lines, strings.ReplaceAll(string(line), "\x00", " "))
		}
	}
	return lines
}

func TestACancelledRenderLeavesNoProcessAndNoFile(t *testing.T) {
	t.Parallel()
	o := newOrigin(t)
	b := start(t, nil)
	r := b.order(strings.Replace(small(o.URL+"/photo.jpg", ""), `"duration":1.2`, `"duration":170`, 1))
	work := filepath.Join(b.config.Dir, "work", r.ID)
	b.until("encoding", func() bool {
		st, err := os.Stat(filepath.Join(work, "film.mp4"))
		return err == nil && st.Size() >= 0 && len(children(t, work)) > 0
	})
	b.call("DELETE", "/v2/renders/"+r.ID, "", http.StatusOK, &r)
	if r.Status != statusCancelled {
		t.Errorf("cancelled to %s", r.Status)
	}
	b.until("the process is gone", func() bool { return len(children(t, work)) == 0 })
	b.until("the folder is gone", func() bool { _, err := os.Stat(work); return os.IsNotExist(err) })
	if left, _ := filepath.Glob(filepath.Join(b.config.Dir, "files", "*")); len(left) > 0 {
		t.Errorf("files are left: %v", left)
	}
}

func TestARenderThatIsCancelledWhileItEncodesReturnsAtOnce(t *testing.T) {
	t.Parallel()
	f, err := LoadFonts(FontFolder)
	if err != nil {
		need(t, err)
	}
	dir := t.TempDir()
	s, files := local(t, `{`+frame+`,"duration":170,"elements":[{"type":"shape","fill_color":"#fff","animations":[{"type":"slide","direction":"up","duration":170}]}]}`)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error, 1)
	go func() { _, err := render(ctx, s, f, dir, files); done <- err }()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for len(children(t, dir)) == 0 {
		select {
		case err := <-done:
			t.Fatalf("ended before it was cancelled: %v", err)
		case <-tick.C:
		}
	}
	cancel()
	if err := <-done; err == nil {
		t.Error("no error")
	}
	if left := children(t, dir); len(left) > 0 {
		t.Errorf("still running: %v", left)
	}
	if _, err := os.Stat(filepath.Join(dir, "film.mp4")); !os.IsNotExist(err) {
		t.Errorf("the film is left: %v", err)
	}
}

func TestTwoRendersAtOnceBothFinish(t *testing.T) {
	t.Parallel()
	f, err := LoadFonts(FontFolder)
	if err != nil {
		need(t, err)
	}
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			s, _ := local(t, small("photo", ""))
			path := filepath.Join(t.TempDir(), "photo.jpg")
			if err := os.WriteFile(path, gradient(t), 0o600); err != nil {
				t.Error(err)
				return
			}
			if _, err := render(t.Context(), s, f, t.TempDir(), map[string]source{"photo": {path: path}}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}
