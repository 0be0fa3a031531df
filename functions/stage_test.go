package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"castad/scripts/localcloud/funchost"
	stage "castad/scripts/stage/app"

	"github.com/google/go-cmp/cmp"
)

// shared is the app of this repository as make stage builds it, for all tests
// and benchmarks of this process.
var shared struct {
	sync.Mutex
	root string
	app  stage.App
}

// TestMain removes it, and asks whether the tests have triggered what the errors' page says.
// Most of these tests wait, for polls, leases and vendors that hang: more of them than
// processors run at once, unless -parallel says how many.
func TestMain(m *testing.M) {
	flag.Parse()
	told := false
	flag.Visit(func(f *flag.Flag) { told = told || f.Name == "test.parallel" })
	if !told {
		_ = flag.Set("test.parallel", strconv.Itoa(3*runtime.GOMAXPROCS(0))) // it is there and takes a number
	}
	code := m.Run()
	if err := answered.kept(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	if shared.root != "" {
		_ = os.RemoveAll(shared.root)
	}
	os.Exit(code)
}

// staged builds the app once.
func staged(t testing.TB) stage.App {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.root == "" {
		root, err := os.MkdirTemp("", "castad-staged-")
		if err != nil {
			t.Fatal(err)
		}
		shared.root = root
	}
	if shared.app.Root == "" {
		built, err := stage.Build(context.Background(), stage.Options{Root: "..", Out: shared.root})
		if err != nil {
			t.Fatal(err)
		}
		shared.app = built
	}
	return shared.app
}

// sample are the Values of local.settings.sample.json.
func sample(t testing.TB) map[string]string {
	t.Helper()
	raw, err := os.ReadFile("../local.settings.sample.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Values map[string]string }
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	return file.Values
}

// copied is a copy of the staged app that a test may break; the handler is a link.
func copied(t *testing.T) string {
	t.Helper()
	from, to := staged(t).Root, t.TempDir()
	files, err := filepath.Glob(filepath.Join(from, "*", "function.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(files, filepath.Join(from, "host.json")) {
		rel, err := filepath.Rel(from, file)
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Dir(filepath.Join(to, rel)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(to, rel), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Link(filepath.Join(from, stage.Binary), filepath.Join(to, stage.Binary)); err != nil {
		t.Fatal(err)
	}
	return to
}

func TestTheStagedAppIsWhatAHostLoads(t *testing.T) {
	t.Parallel()
	built := staged(t)
	if problems := funchost.Check(built.Root); len(problems) > 0 {
		t.Errorf("the check finds:\n%s", strings.Join(problems, "\n"))
	}
	var want []string
	for _, f := range registry(parts{}) {
		want = append(want, f.Name())
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, built.Functions); diff != "" {
		t.Errorf("staged functions (-registry +staged):\n%s", diff)
	}
	var env []string
	for name, value := range sample(t) {
		env = append(env, name+"="+value)
	}
	loaded, err := funchost.Load(built.Root, env)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, f := range loaded.Functions {
		got[f.Name] = string(f.Kind) + " " + f.Route.String() + f.Queue + f.Expression
	}
	declared := map[string]string{}
	for _, f := range registry(parts{}) {
		switch f.Kind() {
		case "queue":
			declared[f.Name()] = string(funchost.ServiceBus) + " " + f.Queue()
		case "timer":
			declared[f.Name()] = string(funchost.Timer) + " " + sample(t)[strings.Trim(f.Schedule(), "%")]
		default:
			declared[f.Name()] = string(funchost.HTTP) + " " + f.Route()
		}
	}
	if diff := cmp.Diff(declared, got); diff != "" {
		t.Errorf("what the host calls (-registry +host):\n%s", diff)
	}
}

// The same settings without one of them do not load, so the ones above are read.
func TestTheStagedAppNeedsItsSettings(t *testing.T) {
	t.Parallel()
	for _, missing := range []string{"CASTAD_SWEEP_SCHEDULE", "CASTAD_SERVICEBUS"} {
		var env []string
		for name, value := range sample(t) {
			if name != missing {
				env = append(env, name+"="+value)
			}
		}
		if _, err := funchost.Load(staged(t).Root, env); err == nil || !strings.Contains(err.Error(), missing) {
			t.Errorf("without %s: %v", missing, err)
		}
	}
}

func TestTheCheckSeesABrokenApp(t *testing.T) {
	t.Parallel()
	edit := func(file, old, new string) func(t *testing.T, root string) {
		return func(t *testing.T, root string) {
			text, err := os.ReadFile(filepath.Join(root, file))
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(text), old) {
				t.Fatalf("%s has no %q", file, old)
			}
			if err := os.WriteFile(filepath.Join(root, file), []byte(strings.Replace(string(text), old, new, 1)), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, c := range map[string]struct {
		breaks func(t *testing.T, root string)
		says   string
	}{
		"a folder that the host has another name for": {func(t *testing.T, root string) {
			if err := os.Rename(filepath.Join(root, "song-generate"), filepath.Join(root, "song_générate")); err != nil {
				t.Fatal(err)
			}
		}, "song_générate"},
		"a reserved route":                {edit("ad-show/function.json", `"v1/ads/{id}"`, `"admin/ads/{id}"`), "admin"},
		"a text message":                  {edit("song-generate/function.json", `"binary"`, `"string"`), "The function song-generate: dataType must be"},
		"an HTTP function without output": {edit("ad-show/function.json", `"direction": "out"`, `"direction": "in"`), "ad-show"},
		"a function deeper in the package": {func(t *testing.T, root string) {
			must(t, os.WriteFile(filepath.Join(root, "ad-show", "ad.go"), nil, 0o644))
		}, "does not belong beside function.json"},
		"a handler of another name": {edit("host.json", `"handler"`, `"castad"`), "castad"},
		"a handler that nobody may run": {func(t *testing.T, root string) {
			must(t, os.Remove(filepath.Join(root, stage.Binary)))
			must(t, os.WriteFile(filepath.Join(root, stage.Binary), []byte("#!/bin/sh\n"), 0o644))
		}, "not executable for everybody"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := copied(t)
			c.breaks(t, root)
			if all := strings.Join(funchost.Check(root), "\n"); !strings.Contains(all, c.says) {
				t.Errorf("the check says %q, not %q", all, c.says)
			}
		})
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
