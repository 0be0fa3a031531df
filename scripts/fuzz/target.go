package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os/exec"
	"path/filepath"
	"strings"
)

// target is one fuzz target.
type target struct {
	pkg  string // as go test takes it: ./shared/media
	name string
}

func (t target) String() string { return t.pkg + "." + t.name }

// targets finds the fuzz targets of the packages, in go list's order and then in
// that of the files.
func targets(ctx context.Context, root string, packages []string) ([]target, error) {
	cmd := exec.CommandContext(ctx, "go", append([]string{"list", "-json=Dir,TestGoFiles,XTestGoFiles"}, packages...)...)
	cmd.Dir = root
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("list packages: %w: %s", err, bytes.TrimSpace(complaints.Bytes()))
	}
	base, err := filepath.Abs(root)
	if err != nil {
		return nil, fmt.Errorf("find the repository: %w", err)
	}
	var all []target
	for in := json.NewDecoder(bytes.NewReader(out)); in.More(); {
		var p struct {
			Dir                       string
			TestGoFiles, XTestGoFiles []string
		}
		if err := in.Decode(&p); err != nil {
			return nil, fmt.Errorf("read go list: %w", err)
		}
		below, err := filepath.Rel(base, p.Dir)
		if err != nil {
			return nil, fmt.Errorf("place package: %w", err)
		}
		for _, file := range append(p.TestGoFiles, p.XTestGoFiles...) {
			names, err := inFile(filepath.Join(p.Dir, file))
			if err != nil {
				return nil, err
			}
			for _, n := range names {
				all = append(all, target{"./" + filepath.ToSlash(below), n})
			}
		}
	}
	return all, nil
}

// inFile names the functions of a file that go test -fuzz would take.
func inFile(path string) ([]string, error) {
	tree, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		return nil, fmt.Errorf("read tests: %w", err)
	}
	var names []string
	for _, d := range tree.Decls {
		f, ok := d.(*ast.FuncDecl)
		if ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Fuzz") && len(f.Type.Params.List) == 1 &&
			types.ExprString(f.Type.Params.List[0].Type) == "*testing.F" {
			names = append(names, f.Name.Name)
		}
	}
	return names, nil
}
