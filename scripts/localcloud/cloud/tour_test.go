package cloud_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"castad/scripts/localcloud/cloud"
)

// The tour is run as a person would run it: its lines, in a shell, in a folder
// with the Makefile, the sample photos and the app that make run has staged.
func TestTheTourEndsWithAFilm(t *testing.T) {
	t.Parallel()
	for _, program := range []string{"sh", "curl", "make", "sed", "tee"} {
		if _, err := exec.LookPath(program); err != nil {
			need(t, errors.New(program+" is not installed: scripts/setup.sh test"))
		}
	}
	home := t.TempDir()
	repository, err := filepath.Abs(root)
	must(t, err)
	for _, name := range []string{"Makefile", "docs"} {
		must(t, os.Symlink(filepath.Join(repository, name), filepath.Join(home, name)))
	}
	// make token runs "go run ./scripts/token"; the program itself is put in
	// go's place, because there is no module in this folder.
	build := exec.Command("go", "build", "-o", filepath.Join(home, "token"), "./scripts/token")
	build.Dir = repository
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	must(t, os.WriteFile(filepath.Join(home, "go"), []byte("#!/bin/sh\n[ \"$*\" = 'run ./scripts/token' ] && exec ./token\n"), 0o755))

	c := start(t, cloud.Options{Dir: filepath.Join(home, ".data"), App: filepath.Join(home, "build", "app")})
	var script strings.Builder
	for line := range strings.Lines(cloud.Tour(c.URL())) {
		if strings.HasPrefix(line, "  ") {
			script.WriteString(line)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	sh := exec.CommandContext(ctx, "sh", "-eu")
	sh.Dir, sh.Stdin = home, strings.NewReader(script.String())
	sh.Env = append(os.Environ(), "GO=./go")
	out, err := sh.CombinedOutput()
	if err != nil {
		t.Fatalf("%v:\n%s", err, out)
	}
	if s := string(out); !strings.Contains(s, "event: end") || !strings.Contains(s, `"state":"succeeded"`) {
		t.Errorf("the tour wrote:\n%s", out)
	}
	film, err := os.ReadFile(filepath.Join(home, "build", "ad.mp4"))
	if err != nil || len(film) < 100_000 || string(film[4:8]) != "ftyp" {
		t.Errorf("the film has %d bytes, begins with %.40q, %v; the tour wrote:\n%s", len(film), film, err, out)
	}
}
