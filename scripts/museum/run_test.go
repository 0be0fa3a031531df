package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"castad/scripts/museum/card"
)

// fixture writes a module of one package, hall, whose tests do what their names
// say. mark is what TestLeavesAProcess calls the process that it leaves.
func fixture(t *testing.T, mark string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module museum.example\n\ngo 1.26\n",
		"hall/hall.go": `package hall

func Answer() int { return 42 }

func Wait() {}
`,
		"hall/hall_test.go": `package hall

import (
	"os/exec"
	"syscall"
	"testing"
)

func TestAnswer(t *testing.T) {
	if Answer() != 42 {
		t.Errorf("the answer is %d", Answer())
	}
}

func TestBlind(t *testing.T) {}

func TestFails(t *testing.T) { t.Error("it has never worked") }

func TestSkipped(t *testing.T) { t.Skip("not today") }

func TestWaits(t *testing.T) { Wait() }

func TestRows(t *testing.T) {
	t.Run("a row", TestAnswer)
	t.Run("another", TestBlind)
}

func TestLeavesAProcess(t *testing.T) {
	cmd := exec.Command("sleep", "` + mark + `")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	TestAnswer(t)
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

func open(t *testing.T, dir string, limit time.Duration) *workshop {
	t.Helper()
	w, err := newWorkshop(dir, limit, 2)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		w.close()
		if _, err := os.Stat(w.tmp); err == nil {
			t.Errorf("%s is left", w.tmp)
		}
	})
	return w
}

// table of results: each line that begins a card ends with its verdict.
func verdictOf(t *testing.T, table, id string) string {
	t.Helper()
	for line := range strings.Lines(table) {
		if f := strings.Fields(line); len(f) > 0 && f[0] == id {
			return strings.TrimSpace(line)
		}
	}
	t.Errorf("no line for %s in\n%s", id, table)
	return ""
}

func named(id, test string, m card.Mutant) card.Card {
	return with(func(c *card.Card) { c.ID, c.Test, c.Mutant = id, test, m })
}

func TestEachCardsTestIsRunAndJudged(t *testing.T) {
	t.Parallel()
	w := open(t, fixture(t, "0"), time.Minute)
	verdicts := map[string]string{"a-pass": "pass", "a-row": "pass", "a-blind": "pass", "a-fail": "FAIL", "a-skip": "SKIPPED", "a-gone": "NOT RUN",
		"a-row-gone": "NOT RUN", "a-package-gone": "NO BUILD"}
	cards := []card.Card{named("a-pass", "TestAnswer", good.Mutant), named("a-row", "TestRows/a row", good.Mutant), named("a-blind", "TestBlind", good.Mutant),
		named("a-fail", "TestFails", good.Mutant), named("a-skip", "TestSkipped", good.Mutant), named("a-gone", "TestGone", good.Mutant),
		named("a-row-gone", "TestRows/gone", good.Mutant), with(func(c *card.Card) { c.ID, c.Package = "a-package-gone", "./gone" })}
	var out bytes.Buffer
	err := w.visit(t.Context(), cards, 130, &out)
	if err == nil || err.Error() != "5 of 8 cards whose test does not pass" {
		t.Errorf("the run ends with %v", err)
	}
	for id, want := range verdicts {
		if got := verdictOf(t, out.String(), id); !strings.Contains(got, "  "+want) {
			t.Errorf("%s: %q, want %s", id, got, want)
		}
	}
	for _, said := range []string{"a-fail: FAIL: hall_test.go:17: it has never worked", "a-gone: NOT RUN: no test of this name ran", "not today",
		"go test -count=1 -run '^TestRows$/^gone$' ./hall", "8 cards: 3 pass, 5 do not. 2 packages in "} {
		if !strings.Contains(out.String(), said) {
			t.Errorf("%q is not said:\n%s", said, out.String())
		}
	}
	for line := range strings.Lines(out.String()) {
		if columns(strings.TrimRight(line, "\n")) > 130 && !strings.HasPrefix(line, "  |") {
			t.Errorf("a line of %d columns: %s", columns(line), line)
		}
	}
	if err := w.visit(t.Context(), cards[:3], 130, &out); err != nil {
		t.Errorf("cards that pass: %v", err)
	}
}

func TestOnlyAMutantThatItsTestSeesIsRed(t *testing.T) {
	t.Parallel()
	dir := fixture(t, "0")
	w := open(t, dir, 3*time.Second)
	less := good.Mutant
	panics := card.Mutant{File: "hall/hall.go", Old: "func Wait() {}", New: `func Wait() { panic("gone") }`}
	broken := card.Mutant{File: "hall/hall.go", Old: "return 42", New: "return true"}
	none := card.Mutant{File: "hall/hall.go", Old: "return 43", New: "return 44"}
	spins := card.Mutant{File: "hall/hall.go", Old: "func Wait() {}", New: "func Wait() { for {} }"}
	var out bytes.Buffer
	err := w.mutants(t.Context(), []card.Card{named("a-red", "TestAnswer", less), named("a-row", "TestRows/a row", less), named("a-spin", "TestWaits", spins),
		named("a-panic", "TestWaits", panics), named("a-blind", "TestBlind", less), named("a-blind-row", "TestRows/another", less), named("a-broken", "TestAnswer", broken),
		named("a-none", "TestAnswer", none), named("a-fail", "TestFails", less)}, 130, &out)
	if err == nil || err.Error() != "5 of 9 cards whose mutant does not turn its test red" {
		t.Errorf("the run ends with %v", err)
	}
	for id, want := range map[string][2]string{
		"a-red": {"hall_test.go:11: the answer is 41", "red"}, "a-row": {"the answer is 41", "red"}, "a-spin": {"does not end", "hung"},
		"a-panic": {"panic: gone", "red"}, "a-blind": {"the test does not notice", "GREEN"}, "a-blind-row": {"the test does not notice", "GREEN"},
		"a-broken": {"hall/hall.go:3:28: cannot use true", "NO BUILD"}, "a-none": {"is 0 times", "NO MUTANT"},
		"a-fail": {"without the mutant: hall_test.go:17", "FAIL"},
	} {
		got := verdictOf(t, out.String(), id)
		if why, _, judged := strings.Cut(got, "  "+want[1]); !judged || !strings.Contains(why, want[0]) {
			t.Errorf("%s: %q, want %q\n%s", id, got, want, out.String())
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, "hall/hall.go"))
	if err != nil || !strings.Contains(string(text), "return 42") {
		t.Errorf("the tree was changed: %v\n%s", err, text)
	}
}

func TestAMutantLeavesNoProcessBehind(t *testing.T) {
	t.Parallel()
	mark := fmt.Sprintf("600.%d", os.Getpid())
	w := open(t, fixture(t, mark), time.Minute)
	c := named("a-leaver", "TestLeavesAProcess", good.Mutant)
	var out bytes.Buffer
	if err := w.mutants(t.Context(), []card.Card{c}, 130, &out); err != nil {
		t.Errorf("%v:\n%s", err, out.String())
	}
	running, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil || len(running) == 0 {
		t.Fatalf("no /proc to look for processes in: %v", err)
	}
	for _, file := range running {
		if line, err := os.ReadFile(file); err == nil && strings.Contains(string(line), "sleep\x00"+mark) {
			t.Errorf("%s is left", file)
		}
	}
}

func TestTheCommandRefusesWhatItCannotDo(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{
		"a pattern that is none":     {"-card", "("},
		"a pattern that matches no":  {"-card", "^no such card$"},
		"a beginning that is nobody": {"-from", "nobody"},
		"an argument":                {"suno"},
		"too narrow a table":         {"-width", "20"},
		"no worker":                  {"-p", "0"},
		"an unknown flag":            {"-what"},
	} {
		var out, complaints bytes.Buffer
		if code := run(t.Context(), args, &out, &complaints); code != 2 || complaints.Len() == 0 || out.Len() > 0 {
			t.Errorf("%s: exit status %d, %q, %q", name, code, out.String(), complaints.String())
		}
	}
	var out, complaints bytes.Buffer
	if code := run(t.Context(), []string{"-root", t.TempDir()}, &out, &complaints); code != 1 || !strings.Contains(complaints.String(), "find the repository") {
		t.Errorf("not a repository: exit status %d, %q", code, complaints.String())
	}
}
