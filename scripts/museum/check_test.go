package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"castad/scripts/museum/card"
)

var (
	idForm   = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)+$`)
	testForm = regexp.MustCompile(`^(Test|Fuzz)[A-Z][A-Za-z0-9_]*(/.+)?$`)
)

// untold says which cards do not tell where their failure was seen, or what it is.
func untold(cards []card.Card) []string {
	var all []string
	for _, c := range cards {
		if _, err := c.Sources(); err != nil {
			all = append(all, fmt.Sprintf("%s: %v", c.ID, err))
		}
		if strings.TrimSpace(c.Vendor) == "" {
			all = append(all, c.ID+": it does not say what the vendor does")
		}
	}
	return all
}

// problems says what is wrong with the cards' words: ids, tests and mutants that
// point at nothing in the tree at root.
func problems(root string, cards []card.Card) []string {
	var all []string
	seen, tests := map[string]bool{}, map[string]map[string]bool{}
	for _, c := range cards {
		say := func(format string, args ...any) {
			all = append(all, fmt.Sprintf("%s: %s", c.ID, fmt.Sprintf(format, args...)))
		}
		if !idForm.MatchString(c.ID) {
			say("id %q is not words-with-hyphens", c.ID)
		}
		if seen[c.ID] {
			say("two cards have this id")
		}
		seen[c.ID] = true
		if strings.TrimSpace(c.Must) == "" {
			say("it does not say what CastAD must do")
		}
		if err := checkMutant(root, c.Mutant); err != nil {
			say("%v", err)
		}
		if tests[c.Package] == nil {
			names, err := testsOf(filepath.Join(root, c.Package))
			if err != nil {
				say("%v", err)
			}
			tests[c.Package] = names
		}
		name, _, _ := strings.Cut(c.Test, "/")
		switch {
		case !strings.HasPrefix(c.Package, "./") || path.Clean(c.Package) != strings.TrimPrefix(c.Package, "./"):
			say("package %q is not ./ and a clean path", c.Package)
		case !testForm.MatchString(c.Test):
			say("test %q is no test's name", c.Test)
		case !tests[c.Package][name]:
			say("%s has no test %s", c.Package, name)
		}
	}
	return all
}

// checkMutant says why m cannot be applied, or takes nothing of the product away.
func checkMutant(root string, m card.Mutant) error {
	if strings.HasSuffix(m.File, "_test.go") || strings.HasSuffix(path.Dir(m.File), "test") || path.Clean(m.File) != m.File || strings.HasPrefix(m.File, ".") {
		return fmt.Errorf("mutant's file %q is not one of the product", m.File)
	}
	text, err := mutate(root, m)
	if err != nil {
		return err
	}
	if m.Old == m.New {
		return fmt.Errorf("the mutant of %s changes nothing", m.File)
	}
	if strings.HasSuffix(m.File, ".go") {
		if _, err := parser.ParseFile(token.NewFileSet(), m.File, text, parser.SkipObjectResolution); err != nil {
			return fmt.Errorf("the mutant is no Go: %w", err)
		}
	}
	return nil
}

// testsOf returns the names of the test functions of the package in dir.
func testsOf(dir string) (map[string]bool, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for _, file := range files {
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, fmt.Errorf("read tests: %w", err)
		}
		for _, d := range tree.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && testForm.MatchString(f.Name.Name) {
				names[f.Name.Name] = true
			}
		}
	}
	return names, nil
}

// stale says how a page at root differs from what the cards say, which is want
// unless err says why there is no page; "" when it does not differ.
func stale(root, file, want string, err error) string {
	if err != nil {
		return err.Error()
	}
	got, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		return fmt.Sprintf("read page: %v", err)
	}
	if string(got) != want {
		return file + " is out of date: go run ./scripts/museum -doc"
	}
	return ""
}
