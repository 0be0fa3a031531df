package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// fixture writes a module of a target that holds, one that crashes at once, and
// what only looks like targets.
func fixture(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":      "module fuzz.example\n\ngo 1.26\n",
		"hall/doc.go": "package hall\n",
		"hall/a_test.go": `package hall

import "testing"

type room struct{}

func (room) FuzzOfARoom(*testing.F) {}

func FuzzyTest(t *testing.T) {}

func FuzzHolds(f *testing.F) {
	f.Add("seed")
	f.Fuzz(func(*testing.T, string) {})
}
`,
		"hall/b_test.go": `package hall_test

import "testing"

func FuzzCrashes(f *testing.F) {
	f.Add(1)
	f.Fuzz(func(t *testing.T, n int) {
		if n != 1 {
			t.Error("not the seed")
		}
	})
}
`,
	} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestTargetsAreFoundInTheTestFiles(t *testing.T) {
	t.Parallel()
	got, err := targets(t.Context(), fixture(t), []string{"./..."})
	if err != nil {
		t.Fatal(err)
	}
	want := []target{{"./hall", "FuzzHolds"}, {"./hall", "FuzzCrashes"}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(target{})); diff != "" {
		t.Errorf("targets (-want +got):\n%s", diff)
	}
	if _, err := targets(t.Context(), fixture(t), []string{"./gone"}); err == nil {
		t.Error("a package that is not there has targets")
	}
}

func TestACrashIsShownAndFailsTheRun(t *testing.T) {
	t.Parallel()
	dir := fixture(t)
	var out, complaints bytes.Buffer
	if code := run(t.Context(), []string{"-root", dir, "-time", "50x"}, &out, &complaints); code != 1 || complaints.String() != "fuzz: 1 of 2 targets are not ok\n" {
		t.Errorf("exit status %d, %q", code, complaints.String())
	}
	if !regexp.MustCompile(`(?m)^\./hall\.FuzzHolds +[1-9]\d* +\d+ +[0-9.]+  ok$`).MatchString(out.String()) ||
		!regexp.MustCompile(`(?m)^\./hall\.FuzzCrashes .*CRASH: testdata/fuzz/FuzzCrashes/[0-9a-f]+$`).MatchString(out.String()) ||
		!strings.Contains(out.String(), "not the seed") || !strings.Contains(out.String(), "2 targets, 50x each: 1 ok, 1 not.") {
		t.Errorf("the table says\n%s", out.String())
	}
	if kept, err := filepath.Glob(filepath.Join(dir, "hall/testdata/fuzz/FuzzCrashes/*")); err != nil || len(kept) != 1 {
		t.Errorf("kept inputs: %v, %v", kept, err)
	}
	out.Reset()
	if code := run(t.Context(), []string{"-root", dir, "-time", "50x", "-target", "Holds$"}, &out, &complaints); code != 0 {
		t.Errorf("without the one that crashes: exit status %d\n%s", code, out.String())
	}
}

func TestWhatGoSaysIsUnderstood(t *testing.T) {
	t.Parallel()
	const ran = "fuzz: elapsed: 0s, gathering baseline coverage: 0/8 completed\nfuzz: elapsed: 3s, execs: 100 (33/sec), new interesting: 4 (total: 12)\n" +
		"fuzz: elapsed: 6s, execs: 325017 (108336/sec), new interesting: 11 (total: 19)\n"
	exit := error(&exec.ExitError{})
	for name, c := range map[string]struct {
		text string
		err  error
		want string // word, executions, new interesting
	}{
		"a run without a crash":            {ran + "PASS\n", nil, "ok 325017 11"},
		"a run that did nothing":           {"fuzz: elapsed: 0s, gathering baseline coverage: 0/8 completed\nPASS\n", nil, "DID NOT RUN 0 0"},
		"no target of this name":           {"testing: warning: no fuzz tests to fuzz\nPASS\n", nil, "DID NOT RUN 0 0"},
		"a crash":                          {ran + "--- FAIL: FuzzX\n    Failing input written to testdata/fuzz/FuzzX/0a\n", exit, "CRASH: testdata/fuzz/FuzzX/0a 325017 11"},
		"its time was over in an input":    {ran + "--- FAIL: FuzzX (6.02s)\n    context deadline exceeded\nFAIL\n", exit, "ok 325017 11"},
		"a seed that fails":                {"--- FAIL: FuzzX/seed#0\n    context deadline exceeded\n", exit, "FAILED: <nil> 0 0"},
		"an input that hangs":              {ran + "panic: deadlocked!\ncontext deadline exceeded", exit, "FAILED: <nil> 325017 11"},
		"a go that cannot be run":          {"", errors.New("no go"), "FAILED: no go 0 0"},
		"a program that does not compile":  {"./x.go:1:1: syntax error\n", exit, "FAILED: <nil> 0 0"},
		"a crash in the last input of all": {ran + "context deadline exceeded\nFailing input written to testdata/fuzz/FuzzX/0b\n", exit, "CRASH: testdata/fuzz/FuzzX/0b 325017 11"},
	} {
		r := judge(c.text, c.err)
		if got := r.word + " " + r.runs + " " + r.fresh; got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		if (r.word == "ok") != (r.output == nil) {
			t.Errorf("%s: output %q", name, r.output)
		}
	}
}

func TestTheCommandRefusesWhatItCannotDo(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{
		"a pattern that is none": {"-target", "("},
		"no time":                {"-time", "0s"},
		"a time that is none":    {"-time", "soon"},
		"no runs":                {"-time", "0x"},
		"no process":             {"-parallel", "0"},
		"an unknown flag":        {"-what"},
	} {
		var out, complaints bytes.Buffer
		if code := run(t.Context(), args, &out, &complaints); code != 2 || complaints.Len() == 0 || out.Len() > 0 {
			t.Errorf("%s: exit status %d, %q, %q", name, code, out.String(), complaints.String())
		}
	}
	var out, complaints bytes.Buffer
	if code := run(t.Context(), []string{"-root", fixture(t), "-target", "^nothing$"}, &out, &complaints); code != 1 || !strings.Contains(complaints.String(), "none of 2 targets") {
		t.Errorf("no target: exit status %d, %q", code, complaints.String())
	}
}
