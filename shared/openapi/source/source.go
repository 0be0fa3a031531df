// Package source reads Go code for package openapi: comments, constants, and which fault
// codes a function can reach.
//
// A code is reached when the function, or something that it may call, names it other than
// to compare with it. Calls through the product's interfaces are taken to reach every type
// that fits, so the list may be longer than the truth, never shorter, with one exception:
// functions that are kept in fields are found where they are named. What package trigger
// answers by itself is not in here.
package source

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"net/http"
	"path"
	"slices"
	"sort"
	"strings"

	"castad/shared/fault"
	"castad/shared/openapi"

	"golang.org/x/tools/go/packages"
)

const module = "castad/"

// Read loads the packages of the product below root and describes the functions with these names.
func Read(root string, functions []string) (openapi.Source, error) {
	set := token.NewFileSet()
	loaded, err := packages.Load(&packages.Config{Dir: root, Fset: set, Mode: packages.NeedName | packages.NeedSyntax | packages.NeedTypes | packages.NeedTypesInfo | packages.NeedImports | packages.NeedExportFile}, "./functions/...", "./shared/...")
	if err != nil {
		return openapi.Source{}, fmt.Errorf("load the product: %w", err)
	}
	r := &reader{set: set, graph: newGraph(), out: openapi.Source{Types: map[string]string{}, Fields: map[string]string{}, Enums: map[string][]string{}, Modules: map[string]string{},
		Functions: map[string]openapi.Behaviour{}}}
	byPath := map[string]*packages.Package{}
	for _, p := range loaded {
		if len(p.Errors) > 0 {
			return openapi.Source{}, fmt.Errorf("load %s: %w", p.PkgPath, p.Errors[0])
		}
		if strings.HasSuffix(p.PkgPath, "test") {
			continue // stand-ins
		}
		byPath[p.PkgPath] = p
		r.comments(p)
		if dir, name := path.Split(p.PkgPath); dir == module+"functions/" {
			r.out.Modules[name], _, _ = strings.Cut(packageDoc(p), "\n\n")
		}
		r.graph.add(p)
	}
	r.graph.resolve()
	for _, name := range functions {
		parts := strings.SplitN(name, "-", 2)
		p := byPath[path.Join(module, "functions", parts[0], parts[len(parts)-1])]
		if p == nil {
			return openapi.Source{}, fmt.Errorf("function %s has no package", name)
		}
		r.out.Functions[name] = r.behaviour(p)
	}
	return r.out, nil
}

type reader struct {
	set   *token.FileSet
	graph *graph
	out   openapi.Source
}

// behaviour is what a function's package says and reaches.
func (r *reader) behaviour(p *packages.Package) openapi.Behaviour {
	b := openapi.Behaviour{Doc: packageDoc(p)}
	var starts []string
	for _, o := range p.TypesInfo.Uses {
		if o.Pkg() == nil || o.Pkg().Path() != module+"shared/trigger" {
			continue
		}
		switch o.Name() {
		case "Tagged":
			b.Tags = true
		case "Made":
			b.Sometimes = http.StatusCreated
		case "MadeAt":
			b.Sometimes, b.Located = http.StatusCreated, true
		case "Instead":
			b.Redirects = true
		case "Cookie":
			b.Cookies = true
		}
	}
	for _, n := range p.Types.Scope().Names() {
		if n == "New" {
			starts = append(starts, p.PkgPath+".New")
		}
	}
	b.Codes = r.graph.codes(starts)
	for _, f := range p.Syntax {
		statuses(p, f, &b)
	}
	return b
}

// statuses finds which ones the code writes: as part of a Reply it is always that one,
// set afterwards it is sometimes.
func statuses(p *packages.Package, f *ast.File, b *openapi.Behaviour) {
	value := func(e ast.Expr) int {
		if v := p.TypesInfo.Types[e].Value; v != nil && v.Kind() == constant.Int {
			n, _ := constant.Int64Val(v)
			return int(n)
		}
		return 0
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.KeyValueExpr:
			if key, ok := n.Key.(*ast.Ident); ok && isStatus(p.TypesInfo.Uses[key]) {
				b.Always = value(n.Value)
			}
		case *ast.AssignStmt:
			if to, ok := n.Lhs[0].(*ast.SelectorExpr); ok && len(n.Rhs) == 1 && isStatus(p.TypesInfo.Uses[to.Sel]) {
				b.Sometimes = value(n.Rhs[0])
			}
		}
		return true
	})
}

// isStatus says that o is the field of trigger.Reply.
func isStatus(o types.Object) bool {
	return o != nil && o.Name() == "Status" && o.Pkg() != nil && o.Pkg().Path() == module+"shared/trigger"
}

func packageDoc(p *packages.Package) string {
	for _, f := range p.Syntax {
		if f.Doc != nil {
			return strings.TrimSpace(f.Doc.Text())
		}
	}
	return ""
}

// comments reads the documentation of a package's types and the constants of its string types.
func (r *reader) comments(p *packages.Package) {
	for _, f := range p.Syntax {
		for _, d := range f.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, s := range g.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					key := p.PkgPath + "." + s.Name.Name
					r.say(r.out.Types, key, s.Doc, nil)
					if len(g.Specs) == 1 {
						r.say(r.out.Types, key, g.Doc, nil)
					}
					if t, ok := s.Type.(*ast.StructType); ok {
						r.fields(key, t)
					}
				case *ast.ValueSpec:
					if g.Tok == token.CONST {
						r.constants(p, s)
					}
				}
			}
		}
	}
}

func (r *reader) fields(key string, t *ast.StructType) {
	for _, f := range t.Fields.List {
		for _, n := range f.Names {
			r.say(r.out.Fields, key+"."+n.Name, f.Doc, f.Comment)
		}
	}
}

// say keeps the first of the comments that is there, as one line a paragraph.
func (r *reader) say(into map[string]string, key string, comments ...*ast.CommentGroup) {
	for _, c := range comments {
		if text := strings.TrimSpace(c.Text()); text != "" && into[key] == "" {
			into[key] = strings.ReplaceAll(text, "\n", " ")
		}
	}
}

func (r *reader) constants(p *packages.Package, s *ast.ValueSpec) {
	for _, n := range s.Names {
		c, ok := p.TypesInfo.Defs[n].(*types.Const)
		if !ok || !c.Exported() || c.Val().Kind() != constant.String {
			continue
		}
		named, ok := c.Type().(*types.Named)
		if !ok || named.Obj().Pkg() == nil || constant.StringVal(c.Val()) == "" {
			continue
		}
		key := named.Obj().Pkg().Path() + "." + named.Obj().Name()
		r.out.Enums[key] = append(r.out.Enums[key], constant.StringVal(c.Val()))
		if key == module+"shared/fault.Code" {
			sort.Strings(r.out.Enums[key])
		}
	}
}

func isCode(o types.Object) (fault.Code, bool) {
	c, ok := o.(*types.Const)
	if !ok || c.Type().String() != module+"shared/fault.Code" || constant.StringVal(c.Val()) == "" {
		return "", false
	}
	return fault.Code(constant.StringVal(c.Val())), true
}

func sorted(codes map[fault.Code]bool) []fault.Code {
	var all []fault.Code
	for c := range codes {
		all = append(all, c)
	}
	slices.Sort(all)
	return all
}
