package studio

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"
)

func TestRendersAreMounted(t *testing.T) {
	t.Parallel()
	c := open(t, Config{Renders: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.URL.Path) })})
	for _, path := range []string{"/v1/renders", "/v2/renders/abc", "/files/renders/a.mp4", "/ledger/renders"} {
		resp, err := c.server.Client().Get(c.server.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if string(b) != path {
			t.Errorf("%s answered %q", path, b)
		}
	}
}

func TestNewRefusesWhatItCannotServe(t *testing.T) {
	t.Parallel()
	good := Config{Dir: t.TempDir(), Public: "http://127.0.0.1:1", Encode: copyEncoder}
	for name, change := range map[string]func(*Config){
		"a relative folder": func(c *Config) { c.Dir = "x" }, "no public address": func(c *Config) { c.Public = "" }, "no encoder": func(c *Config) { c.Encode = nil },
	} {
		c := good
		change(&c)
		if _, err := New(c); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	dir := t.TempDir()
	if _, err := loadTasks(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(taskDir(dir), "x.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New(Config{Dir: dir, Public: good.Public, Encode: copyEncoder}); err == nil {
		t.Error("a broken task was passed over")
	}
}
