package funchost

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// defaultBodyLimit is the host's limit for a request body, in bytes.
const defaultBodyLimit = 104857600

// App is an assembled app root, read and found good.
type App struct {
	Root      string // absolute
	Config    Config
	Functions []Function // sorted by name; disabled ones included
	Settings  *Settings
	BodyLimit int64 // bytes

	executable string // absolute path, or found on PATH
}

// Refusal is why the host would not load an app root: one sentence per problem.
type Refusal struct {
	Root     string
	Problems []string
}

func (r *Refusal) Error() string {
	return fmt.Sprintf("the app root %s cannot be loaded:\n  - %s", r.Root, strings.Join(r.Problems, "\n  - "))
}

// Load reads an app root: host.json, <function>/function.json, the Values of
// local.settings.json (which never override env) and the handler. env holds the
// app settings as NAME=value. The error is a *Refusal.
func Load(root string, env []string) (*App, error) {
	settings := newSettings(env)
	app, problems := read(root, settings)
	if len(problems) > 0 {
		return nil, &Refusal{root, problems}
	}
	return app, nil
}

// read reads an app root; with settings nil nothing is resolved and no local
// settings are merged.
func read(root string, settings *Settings) (*App, []string) {
	absolute, err := filepath.Abs(root)
	if err != nil {
		return nil, []string{fmt.Sprintf("The path %s cannot be resolved: %v.", root, err)}
	}
	app := &App{Root: absolute, Settings: settings, BodyLimit: defaultBodyLimit}
	text, err := os.ReadFile(filepath.Join(absolute, "host.json"))
	if err != nil {
		return nil, []string{fmt.Sprintf("host.json cannot be read: %v.", err)}
	}
	var problems []string
	forConfig := settings
	if settings == nil {
		forConfig = newSettings(nil)
	} else {
		problems = append(problems, settings.mergeLocal(absolute)...)
	}
	config, wrong := readConfig(text, forConfig, runtime.NumCPU())
	app.Config = config
	problems = append(problems, wrong...)
	problems = append(problems, app.readFunctions()...)
	problems = append(problems, app.conflicts()...)
	if settings != nil {
		problems = append(problems, app.readLimits()...)
		problems = append(problems, app.findExecutable()...)
	}
	return app, problems
}

// readFunctions enumerates the direct children only: a function.json further
// down does not exist for the host.
func (a *App) readFunctions() []string {
	entries, err := os.ReadDir(a.Root)
	if err != nil {
		return []string{fmt.Sprintf("The app root cannot be listed: %v.", err)}
	}
	var problems []string
	for _, entry := range entries {
		text, err := os.ReadFile(filepath.Join(a.Root, entry.Name(), "function.json"))
		if errors.Is(err, os.ErrNotExist) || !entry.IsDir() {
			continue
		}
		if err != nil {
			problems = append(problems, fmt.Sprintf("The function %s: function.json cannot be read: %v.", entry.Name(), err))
			continue
		}
		if len(a.Config.Functions) > 0 && !slices.Contains(a.Config.Functions, entry.Name()) {
			continue
		}
		r := &functionReader{settings: a.Settings, config: a.Config, name: entry.Name()}
		a.Functions = append(a.Functions, r.read(text))
		problems = append(problems, r.problems...)
	}
	if len(a.Functions) == 0 && len(problems) == 0 {
		problems = append(problems, "No functions found: the host reads function.json only from direct child folders of the folder that holds host.json.")
	}
	if len(a.Functions) > 0 && a.Config.HasRoutes {
		problems = append(problems, "host.json: customHandler.http.routes cannot be used together with function.json files.")
	}
	slices.SortFunc(a.Functions, func(x, y Function) int { return cmp.Compare(x.Name, y.Name) })
	return problems
}

// conflicts finds names that differ only in case and routes declared twice. The
// host drops one function and goes on; the stand-in refuses the app, since a
// dropped function is never wanted.
func (a *App) conflicts() []string {
	var problems []string
	for i, f := range a.Functions {
		for _, other := range a.Functions[:i] {
			switch {
			case strings.EqualFold(f.Name, other.Name):
				problems = append(problems, fmt.Sprintf("The functions %s and %s differ only in case.", other.Name, f.Name))
			case f.Kind == HTTP && other.Kind == HTTP && f.overlaps(other):
				problems = append(problems, fmt.Sprintf("The functions %s and %s have the same route %q and share methods.", other.Name, f.Name, f.Route))
			}
		}
	}
	return problems
}

func (a *App) readLimits() []string {
	text, ok := a.Settings.Lookup("FUNCTIONS_REQUEST_BODY_SIZE_LIMIT")
	if !ok {
		return nil
	}
	limit, err := strconv.ParseInt(text, 10, 64)
	if err != nil || limit < 0 {
		return []string{fmt.Sprintf("The setting FUNCTIONS_REQUEST_BODY_SIZE_LIMIT must be a number of bytes, not %q.", text)}
	}
	a.BodyLimit = limit
	return nil
}

// findExecutable makes a relative path absolute when the file exists below the
// root, and takes it for a command on PATH otherwise.
func (a *App) findExecutable() []string {
	name := a.Settings.expand(a.Config.Executable)
	if name == "" {
		return nil // reported with host.json
	}
	path := name
	if !filepath.IsAbs(path) {
		path = filepath.Join(a.Root, name)
	}
	info, err := os.Stat(path)
	switch {
	case err == nil && !info.Mode().IsRegular():
		return []string{fmt.Sprintf("The handler %s is not a file.", path)}
	case err == nil && info.Mode().Perm()&0o111 == 0:
		return []string{fmt.Sprintf("The handler %s is not executable: permission denied.", path)}
	case err == nil:
		a.executable = path
		return nil
	}
	if found, lookErr := exec.LookPath(name); lookErr == nil && !filepath.IsAbs(name) {
		a.executable = found
		return nil
	}
	return []string{fmt.Sprintf("The handler %s exists neither in the app root nor on PATH.", name)}
}
