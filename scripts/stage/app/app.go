// Package app assembles the app root that the Functions host loads.
//
// The host reads function.json only from direct children of the folder that
// holds host.json, and the name of that child is the function's name. The
// repository keeps functions in modules, so Build flattens:
//
//	functions/song/generate/function.json  →  build/app/song-generate/function.json
//	host.json                              →  build/app/host.json
//	./functions (package main)             →  build/app/handler   (static, linux/amd64, executable)
//
// Only function.json is copied: with exactly one other file in the folder the
// host takes that file for a script and looks for a language worker.
//
// Promises: everything is checked before anything is written, and all problems
// are reported at once; a failed compile leaves the previous app root as it was;
// files are replaced by rename, so a running host never reads half a file and a
// running handler keeps its binary; a local.settings.json in the app root stays;
// folders of functions that no longer exist are removed. Build refuses to write
// into a folder that is not an app root (it deletes folders there).
package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Binary is the handler's file name. It equals defaultExecutablePath in
// host.json letter by letter: deployment tools give the executable bit only to
// the zip entry with exactly that name.
const Binary = "handler"

// Options says what to stage and where. The zero value stages the repository
// in the working directory.
type Options struct {
	Root      string // folder of host.json and go.mod; "" means "."
	Out       string // app root to write; relative to Root; "" means "build/app"
	Functions string // tree of <module>/<function>/function.json; relative to Root; "" means "functions"
	Tags      string // build tags, separated by commas
	Package   string // package main of the handler as go build takes it; "" means "./" + Functions
	Go        string // go command; "" means "go" on PATH
}

// App is what was staged.
type App struct {
	Root      string   // absolute path of the app root
	Functions []string // function names, sorted
}

// Refused lists every reason why nothing was staged, one sentence each.
type Refused struct{ Problems []string }

func (r *Refused) Error() string {
	return fmt.Sprintf("nothing staged:\n  - %s", strings.Join(r.Problems, "\n  - "))
}

// Build stages the app. It returns a *Refused error when the tree breaks a rule
// of the host; other errors are from the file system or the compiler.
func Build(ctx context.Context, o Options) (App, error) {
	o, err := o.withDefaults()
	if err != nil {
		return App{}, err
	}
	hostJSON, err := os.ReadFile(filepath.Join(o.Root, "host.json"))
	if err != nil {
		return App{}, fmt.Errorf("read host.json: %w", err)
	}
	found, problems := discover(o.Functions)
	if !json.Valid(hostJSON) {
		problems = append(problems, "host.json is not valid JSON.")
	}
	if problem := checkOut(o); problem != "" {
		problems = append(problems, problem)
	}
	if len(problems) > 0 {
		return App{}, &Refused{problems}
	}
	if err := os.MkdirAll(o.Out, 0o755); err != nil {
		return App{}, fmt.Errorf("make app root: %w", err)
	}
	if err := compile(ctx, o); err != nil {
		return App{}, err
	}
	return App{o.Out, names(found)}, write(o, hostJSON, found)
}

func (o Options) withDefaults() (Options, error) {
	root, err := filepath.Abs(o.Root)
	if err != nil {
		return o, fmt.Errorf("resolve root %q: %w", o.Root, err)
	}
	o.Root = root
	if o.Functions == "" {
		o.Functions = "functions"
	}
	if o.Out == "" {
		o.Out = filepath.Join("build", "app")
	}
	o.Functions, o.Out = under(root, o.Functions), under(root, o.Out)
	if o.Package == "" {
		rel, err := filepath.Rel(root, o.Functions)
		if err != nil {
			return o, fmt.Errorf("resolve package of %q: %w", o.Functions, err)
		}
		o.Package = "./" + filepath.ToSlash(rel)
	}
	if o.Go == "" {
		o.Go = "go"
	}
	return o, nil
}

func under(root, path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(root, path)
}

// checkOut returns a sentence when Out must not be written: stale folders are
// deleted there, so it has to be recognisably ours or empty.
func checkOut(o Options) string {
	entries, err := os.ReadDir(o.Out)
	if errors.Is(err, os.ErrNotExist) {
		return ""
	}
	if err != nil {
		return fmt.Sprintf("The app root %s cannot be read: %v.", o.Out, err)
	}
	has := func(name string) bool {
		return slices.ContainsFunc(entries, func(e os.DirEntry) bool { return e.Name() == name })
	}
	switch {
	case has("go.mod") || o.Out == o.Root || o.Out == o.Functions:
		return fmt.Sprintf("The app root %s is a source folder; choose another with -out.", o.Out)
	case len(entries) > 0 && !has("host.json") && !onlyOurs(entries):
		return fmt.Sprintf("The folder %s holds files but no host.json, so it is not an app root; choose another with -out or empty it.", o.Out)
	}
	return ""
}

// onlyOurs says whether a folder without host.json holds nothing but what a
// user may put there first, or what an interrupted Build left.
func onlyOurs(entries []os.DirEntry) bool {
	for _, e := range entries {
		if e.Name() != "local.settings.json" && !strings.HasPrefix(e.Name(), "."+Binary+"-") && e.Name() != Binary {
			return false
		}
	}
	return true
}

// compile builds the handler beside its final place and renames it, so a
// running handler is not disturbed and a failed build changes nothing.
func compile(ctx context.Context, o Options) error {
	scratch, err := os.MkdirTemp(o.Out, "."+Binary+"-")
	if err != nil {
		return fmt.Errorf("make scratch folder: %w", err)
	}
	defer os.RemoveAll(scratch)
	built := filepath.Join(scratch, Binary)
	cmd := exec.CommandContext(ctx, o.Go, "build", "-trimpath", "-tags", o.Tags, "-o", built, o.Package)
	cmd.Dir = o.Root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64")
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("compile handler from %s: %w\n%s", o.Package, err, output)
	}
	// go build -o succeeds for a package that is not main and writes an archive
	// without the executable bit; the host would only say "permission denied".
	info, err := os.Stat(built)
	if err != nil {
		return fmt.Errorf("compile handler: %s is not package main, no binary was written: %w", o.Package, err)
	}
	if info.Mode().Perm()&0o111 == 0 {
		return fmt.Errorf("compile handler: %s is not package main", o.Package)
	}
	if err := os.Chmod(built, 0o755); err != nil {
		return fmt.Errorf("make handler executable: %w", err)
	}
	if err := os.Rename(built, filepath.Join(o.Out, Binary)); err != nil {
		return fmt.Errorf("place handler: %w", err)
	}
	return nil
}

// write places host.json and the function folders and removes stale ones.
func write(o Options, hostJSON []byte, found []function) error {
	for _, f := range found {
		dir := filepath.Join(o.Out, f.name)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return fmt.Errorf("make folder of %s: %w", f.name, err)
		}
		if err := replace(filepath.Join(dir, "function.json"), f.binding); err != nil {
			return err
		}
		if err := keepOnly(dir, "function.json"); err != nil {
			return err
		}
	}
	if err := replace(filepath.Join(o.Out, "host.json"), hostJSON); err != nil {
		return err
	}
	return removeStale(o.Out, names(found))
}

func removeStale(out string, keep []string) error {
	entries, err := os.ReadDir(out)
	if err != nil {
		return fmt.Errorf("list app root: %w", err)
	}
	for _, e := range entries {
		path := filepath.Join(out, e.Name())
		leftover := strings.HasPrefix(e.Name(), "."+Binary+"-") // of a Build that was killed
		if !e.IsDir() || slices.Contains(keep, e.Name()) {
			continue
		}
		if _, err := os.Stat(filepath.Join(path, "function.json")); err != nil && !leftover {
			continue
		}
		if err := os.RemoveAll(path); err != nil {
			return fmt.Errorf("remove stale folder %s: %w", e.Name(), err)
		}
	}
	return nil
}

// keepOnly removes every other file of a function's folder.
func keepOnly(dir, name string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("list %s: %w", dir, err)
	}
	for _, e := range entries {
		if e.Name() == name {
			continue
		}
		if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
			return fmt.Errorf("remove %s beside %s: %w", e.Name(), name, err)
		}
	}
	return nil
}

// replace writes a file by rename: readers see the old bytes or the new ones.
func replace(path string, content []byte) error {
	temporary := path + ".tmp"
	if err := os.WriteFile(temporary, content, 0o644); err != nil {
		return fmt.Errorf("write %s: %w", temporary, err)
	}
	if err := os.Rename(temporary, path); err != nil {
		return fmt.Errorf("replace %s: %w", path, err)
	}
	return nil
}
