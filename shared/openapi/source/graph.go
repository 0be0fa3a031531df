package source

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"castad/shared/fault"

	"golang.org/x/tools/go/packages"
)

// graph is who may call whom, by full name. Package-level variables are nodes, too: a
// table of codes is reached by who reads it.
type graph struct {
	nodes map[string]*node
	named []*types.Named
	asked map[string]*types.Func // methods of interfaces that are called
}

type node struct {
	codes map[fault.Code]bool
	next  map[string]bool
}

func newGraph() *graph {
	return &graph{nodes: map[string]*node{}, asked: map[string]*types.Func{}}
}

func (g *graph) node(name string) *node {
	n := g.nodes[name]
	if n == nil {
		n = &node{codes: map[fault.Code]bool{}, next: map[string]bool{}}
		g.nodes[name] = n
	}
	return n
}

// ground are the packages whose insides are not followed: what they can answer for every
// function is said once for all (package openapi), or nothing.
func ground(path string) bool {
	return path == module+"shared/fault" || path == module+"shared/trigger" || path == module+"shared/telemetry"
}

func (g *graph) add(p *packages.Package) {
	scope := p.Types.Scope()
	for _, n := range scope.Names() {
		if t, ok := scope.Lookup(n).(*types.TypeName); ok && !t.IsAlias() {
			if named, ok := t.Type().(*types.Named); ok && named.TypeParams().Len() == 0 {
				g.named = append(g.named, named)
			}
		}
	}
	if ground(p.PkgPath) {
		return
	}
	for _, f := range p.Syntax {
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if fn, ok := p.TypesInfo.Defs[d.Name].(*types.Func); ok && d.Body != nil {
					g.body(p, g.node(fn.FullName()), d.Body)
				}
			case *ast.GenDecl:
				if d.Tok != token.VAR {
					continue
				}
				for _, s := range d.Specs {
					v := s.(*ast.ValueSpec)
					for _, n := range v.Names {
						for _, value := range v.Values {
							g.body(p, g.node(p.PkgPath+"."+n.Name), value)
						}
					}
				}
			}
		}
	}
}

// body notes what a piece of code names.
func (g *graph) body(p *packages.Package, n *node, code ast.Node) {
	ast.Inspect(code, func(at ast.Node) bool {
		switch at := at.(type) {
		case *ast.BinaryExpr:
			if at.Op == token.EQL || at.Op == token.NEQ { // a comparison is no answer
				g.operand(p, n, at.X)
				g.operand(p, n, at.Y)
				return false
			}
		case *ast.CaseClause:
			for _, e := range at.List {
				g.operand(p, n, e)
			}
			for _, s := range at.Body {
				g.body(p, n, s)
			}
			return false
		case *ast.CompositeLit:
			g.errorType(p, n, at)
		case *ast.Ident:
			g.use(n, p.TypesInfo.Uses[at])
		}
		return true
	})
}

// operand is an expression that is compared: a code in it is not given to anybody.
func (g *graph) operand(p *packages.Package, n *node, e ast.Expr) {
	switch e := e.(type) {
	case *ast.Ident:
		if _, ok := isCode(p.TypesInfo.Uses[e]); ok {
			return
		}
	case *ast.SelectorExpr:
		if _, ok := isCode(p.TypesInfo.Uses[e.Sel]); ok {
			return
		}
	}
	g.body(p, n, e)
}

// errorType: who makes an error that knows its code reaches that code.
func (g *graph) errorType(p *packages.Package, n *node, lit *ast.CompositeLit) {
	t := p.TypesInfo.TypeOf(lit)
	if ptr, ok := t.(*types.Pointer); ok {
		t = ptr.Elem()
	}
	if named, ok := t.(*types.Named); ok {
		if m, _, _ := types.LookupFieldOrMethod(types.NewPointer(named), true, named.Obj().Pkg(), "FaultCode"); m != nil {
			if fn, ok := m.(*types.Func); ok {
				n.next[fn.FullName()] = true
			}
		}
	}
}

func (g *graph) use(n *node, o types.Object) {
	if o == nil || o.Pkg() == nil || !strings.HasPrefix(o.Pkg().Path(), module) {
		return
	}
	if c, ok := isCode(o); ok {
		n.codes[c] = true
		return
	}
	switch o := o.(type) {
	case *types.Func:
		o = o.Origin()
		n.next[o.FullName()] = true
		if r := o.Signature().Recv(); r != nil && types.IsInterface(r.Type()) {
			g.asked[o.FullName()] = o
		}
	case *types.Var:
		if o.Parent() == o.Pkg().Scope() {
			n.next[o.Pkg().Path()+"."+o.Name()] = true
		}
	}
}

// resolve leads calls of interface methods to every type that fits.
func (g *graph) resolve() {
	for name, m := range g.asked {
		face, ok := m.Signature().Recv().Type().Underlying().(*types.Interface)
		if !ok {
			continue
		}
		for _, t := range g.named {
			ptr := types.NewPointer(t)
			if types.IsInterface(t) || !types.Implements(ptr, face) {
				continue
			}
			if found, _, _ := types.LookupFieldOrMethod(ptr, true, m.Pkg(), m.Name()); found != nil {
				if fn, ok := found.(*types.Func); ok {
					g.node(name).next[fn.Origin().FullName()] = true
				}
			}
		}
	}
}

// codes are all that can be reached from the given nodes.
func (g *graph) codes(from []string) []fault.Code {
	found, seen := map[fault.Code]bool{}, map[string]bool{}
	for len(from) > 0 {
		name := from[len(from)-1]
		from = from[:len(from)-1]
		n := g.nodes[name]
		if seen[name] || n == nil {
			continue
		}
		seen[name] = true
		for c := range n.codes {
			found[c] = true
		}
		for next := range n.next {
			from = append(from, next)
		}
	}
	return sorted(found)
}
