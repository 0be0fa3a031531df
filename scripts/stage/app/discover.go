package app

import (
	"encoding/json"
	"fmt"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// function is one function.json of the tree.
type function struct {
	name    string // folder name in the app root: <module>-<function>
	path    string // slash path of function.json below the tree
	binding []byte
}

// part is one folder name. It becomes a piece of a queue name, a metric label
// and a Go package, so it is narrower than the host's own rule.
var part = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// longest is the host's limit for a function name.
const longest = 128

// discover finds the functions below tree, sorted by name, and every reason not
// to stage them.
func discover(tree string) ([]function, []string) {
	var found []function
	var problems []string
	owner := map[string]string{}
	err := filepath.WalkDir(tree, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && path != tree && (entry.Name() == "testdata" || entry.Name() == "vendor" || strings.HasPrefix(entry.Name(), ".")) {
			return filepath.SkipDir
		}
		if entry.Name() != "function.json" {
			return nil
		}
		rel, err := filepath.Rel(tree, path)
		if err != nil {
			return err
		}
		f, wrong := read(path, filepath.ToSlash(rel))
		problems = append(problems, wrong...)
		if len(wrong) > 0 {
			return nil
		}
		if other, taken := owner[f.name]; taken {
			problems = append(problems, fmt.Sprintf("%s and %s both become the function %s.", other, f.path, f.name))
			return nil
		}
		owner[f.name] = f.path
		found = append(found, f)
		return nil
	})
	if err != nil {
		return nil, append(problems, fmt.Sprintf("The functions cannot be listed: %v.", err))
	}
	if len(found) == 0 && len(problems) == 0 {
		problems = append(problems, fmt.Sprintf("There is no <module>/<function>/function.json below %s, so the host would load nothing.", tree))
	}
	slices.SortFunc(found, func(a, b function) int { return strings.Compare(a.name, b.name) })
	return found, problems
}

// read checks one function.json and its place in the tree.
func read(path, rel string) (function, []string) {
	parts := strings.Split(rel, "/")
	if len(parts) != 3 {
		return function{}, []string{fmt.Sprintf("%s must be <module>/<function>/function.json: exactly two folders below the tree.", rel)}
	}
	var problems []string
	for _, p := range parts[:2] {
		switch {
		case !part.MatchString(p):
			problems = append(problems, fmt.Sprintf("%s: the folder name %q must be lower-case letters and digits, start with a letter, and may join words with single hyphens.", rel, p))
		case token.IsKeyword(p):
			problems = append(problems, fmt.Sprintf("%s: the folder name %q is a Go keyword and cannot be a package.", rel, p))
		}
	}
	name := parts[0] + "-" + parts[1]
	if len(name) > longest {
		problems = append(problems, fmt.Sprintf("%s: the function name %s has %d characters; the host allows %d.", rel, name, len(name), longest))
	}
	binding, err := os.ReadFile(path)
	if err != nil {
		return function{}, append(problems, fmt.Sprintf("%s cannot be read: %v.", rel, err))
	}
	problems = append(problems, checkBinding(rel, name, binding)...)
	return function{name, rel, binding}, problems
}

// checkBinding finds what would make the host drop the function without a word
// at deployment time.
func checkBinding(rel, name string, binding []byte) []string {
	var content struct {
		Bindings []struct {
			Type  string  `json:"type"`
			Route *string `json:"route"`
		} `json:"bindings"`
	}
	if err := json.Unmarshal(binding, &content); err != nil {
		return []string{fmt.Sprintf("%s is not a valid function.json: %v.", rel, err)}
	}
	if len(content.Bindings) == 0 {
		return []string{fmt.Sprintf("%s declares no bindings.", rel)}
	}
	var problems []string
	for _, b := range content.Bindings {
		if !strings.EqualFold(b.Type, "httpTrigger") {
			continue
		}
		route := name
		if b.Route != nil && *b.Route != "" {
			route = *b.Route
		}
		for _, reserved := range []string{"admin", "runtime"} {
			if strings.HasPrefix(strings.ToLower(strings.TrimPrefix(route, "/")), reserved) {
				problems = append(problems, fmt.Sprintf("%s: the route %q starts with %q, which the host keeps for itself; put a version in front, such as \"v1/%s\".", rel, route, reserved, route))
			}
		}
	}
	return problems
}

func names(found []function) []string {
	list := make([]string, len(found))
	for i, f := range found {
		list[i] = f.name
	}
	return list
}
