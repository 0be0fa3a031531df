package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"castad/shared/fault"
	"castad/shared/trigger"
)

const errorsPage = "../docs/errors.md"

// sighting is a test in which a code is looked for in what came out.
type sighting struct {
	file, test string
	rank       int
}

// sightings finds, for each code, the tests that look for it: they name its constant or its text
// anywhere but where an error is made. Whether they find it is what running them says.
type sightings struct {
	constants map[string]fault.Code // "CodeBusy"
	found     map[fault.Code][]sighting
	made      map[fault.Code]bool // by code that is no test
}

var inText = regexp.MustCompile(`\b[a-z]+\.[a-z_]+\b`)

func lookForCodes(t *testing.T) sightings {
	t.Helper()
	s := sightings{map[string]fault.Code{}, map[fault.Code][]sighting{}, map[fault.Code]bool{}}
	set := token.NewFileSet()
	files, err := filepath.Glob("../shared/fault/codes_*.go")
	must(t, err)
	for _, file := range files {
		tree, err := parser.ParseFile(set, file, nil, parser.SkipObjectResolution)
		must(t, err)
		s.declared(tree)
	}
	for _, root := range []string{".", "../shared", "../scripts"} {
		must(t, filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
			if d != nil && d.IsDir() && d.Name() == "node_modules" {
				return fs.SkipDir
			}
			if err != nil || d.IsDir() || !strings.HasSuffix(file, ".go") || strings.Contains(filepath.ToSlash(file), "shared/fault/") || file == "errors_test.go" {
				return err
			}
			tree, err := parser.ParseFile(set, file, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			if strings.Contains(filepath.ToSlash(file), "shared/openapi/") { // describes failures, triggers none
				return nil
			}
			if strings.HasSuffix(file, "_test.go") {
				s.tests(filepath.ToSlash(file), tree)
			} else {
				ast.Inspect(tree, func(n ast.Node) bool { s.product(n); return true })
			}
			return nil
		}))
	}
	return s
}

// declared reads the constants of one subject.
func (s sightings) declared(tree *ast.File) {
	ast.Inspect(tree, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok && len(v.Values) == 1 {
			if lit, ok := v.Values[0].(*ast.BasicLit); ok {
				text, _ := strconv.Unquote(lit.Value)
				s.constants[v.Names[0].Name] = fault.Code(text)
			}
		}
		return true
	})
}

func (s sightings) product(n ast.Node) {
	if e, ok := n.(*ast.SelectorExpr); ok {
		if x, ok := e.X.(*ast.Ident); ok && x.Name == "fault" && s.constants[e.Sel.Name] != "" {
			s.made[s.constants[e.Sel.Name]] = true
		}
	}
}

func (s sightings) tests(file string, tree *ast.File) {
	for _, d := range tree.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Recv != nil || !strings.HasPrefix(f.Name.Name, "Test") {
			continue
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				if makes(n) {
					return false
				}
			case *ast.SelectorExpr:
				if x, ok := n.X.(*ast.Ident); ok && x.Name == "fault" {
					s.see(s.constants[n.Sel.Name], file, f.Name.Name)
				}
			case *ast.BasicLit:
				s.text(n, file, f.Name.Name)
			}
			return true
		})
	}
}

// makes says that a call makes an error: that a code is in it proves nothing.
func makes(call *ast.CallExpr) bool {
	f, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	x, ok := f.X.(*ast.Ident)
	return ok && x.Name == "fault" && slices.Contains([]string{"New", "Newf", "Wrap"}, f.Sel.Name)
}

// text finds codes in a literal: alone, or within an answer.
func (s sightings) text(lit *ast.BasicLit, file, test string) {
	if lit.Kind != token.STRING {
		return
	}
	text, err := strconv.Unquote(lit.Value)
	if err != nil {
		return
	}
	for _, word := range inText.FindAllString(text, -1) {
		if _, ok := fault.Code(word).Entry(); ok {
			s.see(fault.Code(word), file, test)
		}
	}
}

// see notes a test; those of the whole app count most, then those of functions, modules, the rest.
func (s sightings) see(code fault.Code, file, test string) {
	if code == "" {
		return
	}
	name := strings.TrimPrefix(file, "../")
	if name == file {
		name = "functions/" + file
	}
	rank := 4
	switch parts := strings.Count(name, "/"); {
	case !strings.HasPrefix(name, "functions/"):
	default:
		rank = parts
	}
	one := sighting{name, test, rank}
	if !slices.Contains(s.found[code], one) {
		s.found[code] = append(s.found[code], one)
	}
}

// best is the test that is named in the page.
func (s sightings) best(code fault.Code) (sighting, bool) {
	all := slices.SortedFunc(slices.Values(s.found[code]), func(a, b sighting) int {
		if a.rank != b.rank {
			return a.rank - b.rank
		}
		return strings.Compare(a.file+a.test, b.file+b.test)
	})
	if len(all) == 0 {
		return sighting{}, false
	}
	return all[0], true
}

func TestEveryCodeIsOnThePageWithATestThatTriggersIt(t *testing.T) {
	t.Parallel()
	s := lookForCodes(t)
	var b bytes.Buffer
	p := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	p("# The errors\n\nGenerated from `shared/fault` and the tests (`go test ./functions -run EveryCode -update`). Every failure is a problem (RFC 9457) with one of")
	p("these codes; a run's end (`run.…`, and what vendors answered) is told in the ad's `fail` with the same words. %d codes.", len(fault.Codes()))
	subject := ""
	for _, code := range fault.Codes() {
		e, _ := code.Entry()
		test, ok := s.best(code)
		if !ok {
			t.Errorf("%s: no test looks for it", code)
		}
		if !s.made[code] && code != fault.CodeUnknown && code != fault.CodeRefused {
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
		p("| `%s` | %d | %s<br>%s | %s: %s<br>%s | %s | `%s` (%s) |", code, trigger.StatusOf(code), e.Ko, e.En, e.Side, e.NextKo, e.NextEn, again, test.test, test.file)
	}
	same(t, errorsPage, b.Bytes())
}
