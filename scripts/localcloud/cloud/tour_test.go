package cloud_test

import (
	"archive/zip"
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
	"time"

	"castad/scripts/localcloud/mariadb"
	"castad/shared/studio/ffmpeg"
)

const (
	// separator is what is printed between the answers of two blocks.
	separator = "\x1e"
	// walkTime bounds what takes less than a minute on two idle cores: two films and songs.
	walkTime = 5 * time.Minute
)

// The tour is run as a person would run it: make run's program says how to begin,
// and then the commands of docs/tour.md go to one shell, in a folder with the
// Makefile, the sample photos and the staged app. What they print has to be what the
// page says. The program is built without the race detector, under which the studio
// would compose for minutes.
func TestTheTourIsTrue(t *testing.T) {
	t.Parallel()
	need(t, mariadb.Installed())
	need(t, ffmpeg.Installed())
	for _, program := range []string{"bash", "curl", "jq", "make", "sed", "grep"} {
		if _, err := exec.LookPath(program); err != nil {
			need(t, errors.New(program+" is not installed: scripts/setup.sh test"))
		}
	}
	repository, err := filepath.Abs(root)
	must(t, err)
	page, err := os.ReadFile(filepath.Join(repository, "docs", "tour.md"))
	must(t, err)
	tour, err := blocks(string(page))
	must(t, err)
	if len(tour) < 10 {
		t.Fatalf("the page has %d blocks of commands", len(tour))
	}
	home := stand(t, repository)
	printed := walk(t, home, begin(t, repository, home), tour)
	for i, b := range tour {
		if !told(b.answer, printed[i]) {
			t.Errorf("after\n%sthe page says\n%sand it was\n%s", b.commands, b.answer, printed[i])
		}
	}
	film, err := os.ReadFile(filepath.Join(home, "build", "tour", "first.mp4"))
	if err != nil || len(film) < 100_000 || string(film[4:8]) != "ftyp" {
		t.Errorf("the film has %d bytes, begins with %.40q, %v", len(film), film, err)
	}
	export, err := zip.OpenReader(filepath.Join(home, "build", "tour", "ad.zip"))
	must(t, err)
	defer export.Close()
	for _, f := range export.File {
		if !strings.Contains(string(page), "`"+f.Name+"`") || f.UncompressedSize64 == 0 {
			t.Errorf("the export has %s with %d bytes; the page does not name it, or it is empty", f.Name, f.UncompressedSize64)
		}
	}
}

// stand makes the folder in which the tour is walked.
func stand(t *testing.T, repository string) (home string) {
	t.Helper()
	home = t.TempDir()
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
	must(t, os.WriteFile(filepath.Join(home, "go"), []byte("#!/bin/sh\n[ \"$1 $2\" = 'run ./scripts/token' ] && shift 2 && exec ./token \"$@\"\n"), 0o755))
	return home
}

// walk runs the first commands and then the page's, one block after another in one
// shell, and returns what each block has printed.
func walk(t *testing.T, home, first string, tour []block) (printed []string) {
	t.Helper()
	var script strings.Builder
	script.WriteString(first)
	for _, b := range tour {
		script.WriteString(b.commands + "printf '\\036'\n")
	}
	must(t, os.WriteFile(filepath.Join(home, "tour.sh"), []byte(script.String()), 0o600))
	ctx, cancel := context.WithTimeout(t.Context(), walkTime)
	defer cancel()
	bash := exec.CommandContext(ctx, "bash", "tour.sh")
	bash.Dir, bash.WaitDelay, bash.Env = home, 5*time.Second, append(os.Environ(), "GO=./go")
	var complaints strings.Builder
	bash.Stderr = &complaints
	out, err := bash.Output()
	printed = strings.Split(string(out), separator)
	if err != nil || complaints.Len() > 0 || len(printed) != len(tour)+1 {
		t.Fatalf("%v: %s\nit printed\n%s", err, &complaints, out)
	}
	return printed[:len(tour)]
}

// begin starts what make run starts, until the test ends, and returns the
// commands that it prints.
func begin(t *testing.T, repository, home string) string {
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
		began = began || strings.HasPrefix(lines.Text(), "docs/tour.md")
		if began && strings.HasPrefix(lines.Text(), "  ") {
			commands.WriteString(lines.Text() + "\n")
		}
	}
	if commands.Len() == 0 {
		t.Fatalf("it printed no tour: %s", &complaints)
	}
	return commands.String()
}
