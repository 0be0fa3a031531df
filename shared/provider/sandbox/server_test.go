package sandbox_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"castad/shared/fault"
	"castad/shared/provider"
	"castad/shared/provider/providertest"
	"castad/shared/provider/sandbox/sandboxtest"
)

// The server does not trust its client: the same rules hold for what is sent by hand.
func TestTheServerRefusesByItself(t *testing.T) {
	t.Parallel()
	s, _ := start(t, sandboxtest.Options{})
	good := map[string]any{"title": "t", "caption": "c", "marker": "m", "ai_generated": true, "bytes": 10, "sha256": strings.Repeat("ab", 32)}
	for _, row := range []struct {
		path, key string
		value     any
		code      string
	}{
		{"/youtube/a/uploads", "ai_generated", false, "undisclosed"}, {"/instagram/a/media", "ai_generated", nil, "undisclosed"},
		{"/youtube/a/uploads", "title", strings.Repeat("가", 101), "title"}, {"/youtube/a/uploads", "title", "<b>", "title"},
		{"/youtube/a/uploads", "caption", strings.Repeat("가", 1667), "caption"}, {"/youtube/a/uploads", "tags", []string{strings.Repeat("가", 501)}, "tags"},
		{"/instagram/a/media", "caption", strings.Repeat("가", 2201), "caption"}, {"/instagram/a/media", "caption", strings.Repeat("#a ", 31), "tags"},
		{"/instagram/a/media", "marker", "", "malformed"}, {"/youtube/a/uploads", "sha256", "zz", "malformed"}, {"/youtube/a/uploads", "bytes", 0, "malformed"},
	} {
		body := map[string]any{}
		for k, v := range good {
			body[k] = v
		}
		body[row.key] = row.value
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.Post(s.URL+row.path, "application/json", bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		var out struct{ Error struct{ Code string } }
		err = json.NewDecoder(res.Body).Decode(&out)
		res.Body.Close()
		if err != nil || res.StatusCode != 422 || out.Error.Code != row.code {
			t.Errorf("%s %s=%v: %d %q %v", row.path, row.key, row.value, res.StatusCode, out.Error.Code, err)
		}
	}
	if n := len(s.Posts()); n != 0 {
		t.Errorf("%d posts", n)
	}
}

func TestPostsSurviveARestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, c := start(t, sandboxtest.Options{Dir: dir})
	for _, channel := range channels {
		if _, err := c.Publish(t.Context(), postOf(channel, film(1000))); err != nil {
			t.Fatal(err)
		}
	}
	s.Next(providertest.Fault{Kind: providertest.DropBefore, Op: "publish"}) // leaves an upload behind
	if _, err := c.Publish(t.Context(), postOf("instagram", film(1000))); err == nil {
		t.Fatal("the fault did nothing")
	}
	if err := os.WriteFile(filepath.Join(dir, "uploads", "torn"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	again, c := start(t, sandboxtest.Options{Dir: dir})
	if diff := cmp.Diff(s.Posts(), again.Posts()); diff != "" || len(again.Posts()) != 2 {
		t.Errorf("%d posts %s", len(again.Posts()), diff)
	}
	if found, err := c.Find(t.Context(), provider.Sought{Channel: "youtube", Account: "acc 1", Marker: "run_x.4.1"}); err != nil || found.ID != s.Posts()[0].ID {
		t.Errorf("%+v %v", found, err)
	}
	var ledger struct{ Items []sandboxtest.Post }
	if err := json.Unmarshal([]byte(get(t, again.URL+"/ledger")), &ledger); err != nil || len(ledger.Items) != 2 || ledger.Items[0].SHA256 == "" {
		t.Errorf("%+v %v", ledger, err)
	}
}

func TestRun(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{"no folder": nil, "a public address": {"-dir", t.TempDir(), "-addr", "0.0.0.0:0"},
		"no port": {"-dir", t.TempDir(), "-addr", "127.0.0.1"}, "another argument": {"-dir", t.TempDir(), "x"}, "an unknown flag": {"-x"}} {
		var out, errs bytes.Buffer
		if code := sandboxtest.Run(t.Context(), args, &out, &errs); code != 2 || errs.Len() == 0 || out.Len() != 0 {
			t.Errorf("%s: code %d, %q", name, code, errs.String())
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	ready, errs, code := make(lines, 4), make(lines, 4), make(chan int, 1)
	dir := t.TempDir()
	go func() {
		code <- sandboxtest.Run(ctx, []string{"-dir", dir, "-key", "k", "-processing", "0s"}, ready, errs)
	}()
	var line string
	select {
	case line = <-ready:
	case e := <-errs:
		t.Fatal(e)
	}
	url, ok := strings.CutPrefix(strings.TrimSpace(line), "channels ready on ")
	if !ok {
		t.Fatalf("%q", line)
	}
	if p, err := client(t, url, "k").Publish(t.Context(), postOf("youtube", film(1000))); err != nil || p.State != provider.Published {
		t.Errorf("%+v %v", p, err)
	}
	if _, err := client(t, url, "wrong").Publish(t.Context(), postOf("youtube", film(1000))); fault.KindOf(err) != fault.Misconfigured {
		t.Errorf("a wrong key: %v", err)
	}
	cancel()
	if c := <-code; c != 0 {
		t.Errorf("exit code %d", c)
	}
}
