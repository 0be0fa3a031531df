package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"castad/shared/fault"
	"castad/shared/trigger"
)

const (
	errorsPage = "../docs/errors.md"
	// triggersFile says which test is answered each code by the whole app over HTTP.
	triggersFile = "testdata/triggers.golden"
	// refusalsFile says which codes each operation has answered; each run with -update adds to it.
	refusalsFile = "testdata/refusals.golden"
)

// answers are the codes that the tests of this process were answered: as a problem, or
// within what became of an ad, a post or a run.
type answers struct {
	mu      sync.Mutex
	seen    map[string]map[fault.Code]bool // by test
	refused map[string]map[fault.Code]bool // by operation
}

var answered = &answers{seen: map[string]map[fault.Code]bool{}, refused: map[string]map[fault.Code]bool{}}

var inAnswer = regexp.MustCompile(`(?:"code":"|(?:login|connect)_error=)([a-z]+\.[a-z_]+)`)

// note keeps the codes of an answer to a test, and those with which it sends a browser on.
func (a *answers) note(test, location string, body []byte) {
	test, _, _ = strings.Cut(test, "/")
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.seen[test] == nil {
		a.seen[test] = map[fault.Code]bool{}
	}
	for _, m := range inAnswer.FindAllStringSubmatch(location+" "+string(body), -1) {
		a.seen[test][fault.Code(m[1])] = true
	}
}

// refuse keeps that an operation has answered a problem.
func (a *answers) refuse(operation string, problem []byte) {
	m := inAnswer.FindSubmatch(problem)
	if m == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.refused[operation] == nil {
		a.refused[operation] = map[fault.Code]bool{}
	}
	a.refused[operation][fault.Code(m[1])] = true
}

// kept says which tests have run and were not answered what the page says of them. After a
// whole run each of them must have run; with -update it writes what was seen instead.
func (a *answers) kept() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	triggers, err := readTriggers()
	if err != nil {
		return err
	}
	whole := !slices.ContainsFunc([]string{"run", "skip", "list", "fuzz"}, func(name string) bool { return flag.Lookup("test."+name).Value.String() != "" })
	if *update {
		if err := a.writeRefusals(); err != nil {
			return err
		}
		if whole {
			return a.write(triggers)
		}
	}
	var all []error
	for _, code := range fault.Codes() {
		test := triggers[code]
		if seen, ran := a.seen[test]; (ran || whole) && test != "" && !seen[code] {
			all = append(all, fmt.Errorf("%s: %s was not answered it, although %s says so (go test ./functions -update writes it)", code, test, triggersFile))
		}
	}
	return errors.Join(all...)
}

// write keeps the tests that the file names where they were answered their code, and takes
// the first one by name elsewhere.
func (a *answers) write(triggers map[fault.Code]string) error {
	var b strings.Builder
	for _, code := range fault.Codes() {
		test := triggers[code]
		if !a.seen[test][code] {
			test = ""
			for _, t := range slices.Sorted(maps.Keys(a.seen)) {
				if a.seen[t][code] && test == "" {
					test = t
				}
			}
		}
		if test != "" {
			fmt.Fprintf(&b, "%s %s\n", code, test)
		}
	}
	return os.WriteFile(triggersFile, []byte(b.String()), 0o644)
}

// writeRefusals adds what this run has seen to the file. What code cannot answer any more
// the contract's test finds.
func (a *answers) writeRefusals() error {
	all, err := readRefusals()
	if err != nil {
		return err
	}
	for operation, codes := range a.refused {
		all[operation] = slices.Compact(slices.Sorted(slices.Values(slices.AppendSeq(all[operation], maps.Keys(codes)))))
	}
	var b strings.Builder
	for _, operation := range slices.Sorted(maps.Keys(all)) {
		fmt.Fprint(&b, operation)
		for _, code := range all[operation] {
			fmt.Fprint(&b, " ", code)
		}
		fmt.Fprintln(&b)
	}
	return os.WriteFile(refusalsFile, []byte(b.String()), 0o600)
}

func readRefusals() (map[string][]fault.Code, error) {
	text, err := os.ReadFile(refusalsFile)
	if err != nil {
		return nil, err
	}
	all := map[string][]fault.Code{}
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		for _, code := range words[1:] {
			all[words[0]] = append(all[words[0]], fault.Code(code))
		}
	}
	return all, nil
}

func readTriggers() (map[fault.Code]string, error) {
	text, err := os.ReadFile(triggersFile)
	if err != nil {
		return nil, err
	}
	all := map[fault.Code]string{}
	for line := range strings.Lines(string(text)) {
		code, test, _ := strings.Cut(strings.TrimSpace(line), " ")
		all[fault.Code(code)] = test
	}
	return all, nil
}

// inFault are where codes are named and not said: the catalogue, and what describes it.
var inFault = regexp.MustCompile(`shared/(fault|openapi)/`)

// said finds the codes that code which is no test names.
func said(t *testing.T) map[fault.Code]bool {
	t.Helper()
	constants, all := map[string]fault.Code{}, map[fault.Code]bool{}
	files, err := filepath.Glob("../shared/fault/codes_*.go")
	must(t, err)
	for _, file := range files {
		inspect(t, file, func(n ast.Node) {
			if v, ok := n.(*ast.ValueSpec); ok && len(v.Values) == 1 {
				if lit, ok := v.Values[0].(*ast.BasicLit); ok {
					text, _ := strconv.Unquote(lit.Value)
					constants[v.Names[0].Name] = fault.Code(text)
				}
			}
		})
	}
	for _, root := range []string{".", "../shared", "../scripts"} {
		must(t, filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
			if d != nil && d.IsDir() && d.Name() == "node_modules" {
				return fs.SkipDir
			}
			if err != nil || d.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") || inFault.MatchString(filepath.ToSlash(file)) {
				return err
			}
			inspect(t, file, func(n ast.Node) {
				if e, ok := n.(*ast.SelectorExpr); ok {
					if x, ok := e.X.(*ast.Ident); ok && x.Name == "fault" {
						all[constants[e.Sel.Name]] = true
					}
				}
			})
			return nil
		}))
	}
	return all
}

func inspect(t *testing.T, file string, see func(ast.Node)) {
	t.Helper()
	tree, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	must(t, err)
	ast.Inspect(tree, func(n ast.Node) bool { see(n); return true })
}

// places are the files of the tests of the whole app.
func places(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("*_test.go")
	must(t, err)
	all := map[string]string{}
	for _, file := range files {
		inspect(t, file, func(n ast.Node) {
			if f, ok := n.(*ast.FuncDecl); ok && f.Recv == nil {
				all[f.Name.Name] = file
			}
		})
	}
	return all
}

func TestEveryCodeIsOnThePageWithATestThatTriggersIt(t *testing.T) {
	t.Parallel()
	made, files := said(t), places(t)
	triggers, err := readTriggers()
	must(t, err)
	var b bytes.Buffer
	p := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	p("# The errors\n\nGenerated from `shared/fault` and testdata/triggers.golden, which a run of all tests of `functions` writes and holds itself to: the test that is named was answered")
	p("the code by the whole app over HTTP (`go test ./functions -update`, then `-run EveryCode -update`). Every failure is a problem (RFC 9457) with one of")
	p("these codes; a run's end (`run.…`, and what vendors answered) is told in the ad's `fail` with the same words. %d codes.", len(fault.Codes()))
	subject := ""
	for _, code := range fault.Codes() {
		e, _ := code.Entry()
		test := triggers[code]
		if files[test] == "" {
			t.Errorf("%s: %s names no test that is answered it over HTTP", code, triggersFile)
		}
		if !made[code] && code != fault.CodeUnknown && code != fault.CodeRefused {
			t.Errorf("%s: nothing in the product says it", code)
		}
		if now, _, _ := strings.Cut(string(code), "."); now != subject {
			subject = now
			p("\n## %s\n\n| code | status | what it says | side, next | again | test |\n| --- | --- | --- | --- | --- | --- |", subject)
		}
		again := "no"
		if e.Retryable {
			again = "yes"
		}
		p("| `%s` | %d | %s<br>%s | %s: %s<br>%s | %s | `%s` (functions/%s) |", code, trigger.StatusOf(code), e.Ko, e.En, e.Side, e.NextKo, e.NextEn, again, test, files[test])
	}
	same(t, errorsPage, b.Bytes())
}
