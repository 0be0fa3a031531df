package cloud_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"castad/scripts/localcloud/mariadb"
	"castad/shared/studio/ffmpeg"
)

// The tour is run as a person would run it: make run's program prints it, and
// its lines go to a shell in a folder with the Makefile, the sample photos and
// the staged app. The program is built without the race detector, under which
// the studio would compose for minutes.
func TestTheTourEndsWithAFilm(t *testing.T) {
	t.Parallel()
	need(t, mariadb.Installed())
	need(t, ffmpeg.Installed())
	for _, program := range []string{"sh", "curl", "make", "sed", "tee"} {
		if _, err := exec.LookPath(program); err != nil {
			need(t, errors.New(program+" is not installed: scripts/setup.sh test"))
		}
	}
	repository, err := filepath.Abs(root)
	must(t, err)
	home := t.TempDir()
	for _, name := range []string{"Makefile", "docs"} {
		must(t, os.Symlink(filepath.Join(repository, name), filepath.Join(home, name)))
	}
	build := exec.Command("go", "build", "-o", home, "./scripts/token", "./scripts/localcloud")
	build.Dir, build.Env = repository, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	// make token runs "go run ./scripts/token"; the program itself is put in
	// go's place, because there is no module in this folder.
	must(t, os.WriteFile(filepath.Join(home, "go"), []byte("#!/bin/sh\n[ \"$*\" = 'run ./scripts/token' ] && exec ./token\n"), 0o755))

	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	sh := exec.CommandContext(ctx, "sh", "-eu")
	sh.Dir, sh.Stdin = home, strings.NewReader(tour(t, repository, home))
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

// tour starts what make run starts, until the test ends, and returns the
// commands that it prints.
func tour(t *testing.T, repository, home string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	addr := l.Addr().String()
	must(t, l.Close())
	run := exec.Command(filepath.Join(home, "localcloud"), "-addr", addr, "-dir", filepath.Join(home, ".data"), "-app", filepath.Join(home, "build", "app"), "-tour")
	run.Dir = repository
	printed, err := run.StdoutPipe()
	must(t, err)
	var complaints strings.Builder
	run.Stderr = &complaints
	must(t, run.Start())
	t.Cleanup(func() {
		_ = run.Process.Signal(syscall.SIGTERM)
		_, _ = io.Copy(io.Discard, printed)
		if err := run.Wait(); err != nil || complaints.Len() > 0 {
			t.Errorf("after SIGTERM: %v: %s", err, &complaints)
		}
	})
	var commands strings.Builder
	began := false
	for lines := bufio.NewScanner(printed); lines.Scan() && !strings.HasPrefix(lines.Text(), "Ctrl-C"); {
		began = began || strings.HasPrefix(lines.Text(), "A tour")
		if began && strings.HasPrefix(lines.Text(), "  ") {
			commands.WriteString(lines.Text() + "\n")
		}
	}
	if commands.Len() == 0 {
		t.Fatalf("it printed no tour: %s", &complaints)
	}
	return commands.String()
}
