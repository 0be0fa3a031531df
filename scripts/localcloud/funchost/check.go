package funchost

import (
	"debug/elf"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// longestTimeout is functionTimeout's maximum on the smallest plan.
const longestTimeout = 10 * time.Minute

// Check examines a staged app root for what the host would refuse and for what
// it would silently accept to the product's harm. Every problem is a sentence;
// none means conformance. Settings are not resolved, so it runs anywhere.
func Check(root string) []string {
	app, problems := read(root, nil)
	if app == nil {
		return problems
	}
	problems = append(problems, app.checkConfig()...)
	for _, f := range app.Functions {
		problems = append(problems, app.checkFunction(f)...)
	}
	problems = append(problems, app.checkFolders()...)
	problems = append(problems, checkBinary(app.Root, app.Config.Executable)...)
	return problems
}

func (a *App) checkConfig() []string {
	c := a.Config
	var problems []string
	wrong := func(bad bool, sentence string) {
		if bad {
			problems = append(problems, "host.json: "+sentence)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(c.tree)) {
		known := slices.ContainsFunc(knownKeys, func(k string) bool { return strings.EqualFold(k, key) })
		wrong(!known, fmt.Sprintf("the root key %q is not one the host knows.", key))
	}
	for _, path := range []string{"functionTimeout", "extensionBundle:version", "extensions:http:routePrefix",
		"extensions:serviceBus:prefetchCount", "extensions:serviceBus:autoCompleteMessages",
		"extensions:serviceBus:maxConcurrentCalls", "extensions:serviceBus:maxAutoLockRenewalDuration"} {
		_, found := (&configReader{tree: c.tree}).find(path)
		wrong(!found, dotted(path)+" must be set: its default depends on the plan, the version or the number of cores.")
	}
	wrong(!c.Proxying, "customHandler.enableProxyingHttpRequest must be true: otherwise nothing streams.")
	wrong(!c.Forwarding, "customHandler.enableForwardingHttpRequest must be true: it is what hosts do that do not know proxying.")
	wrong(c.RoutePrefix == "", "extensions.http.routePrefix must not be empty: a stranger could then POST to the path of a worker.")
	wrong(c.FunctionTimeout < 0 || c.FunctionTimeout > longestTimeout, fmt.Sprintf("functionTimeout must be at most %v, the maximum of the smallest plan.", longestTimeout))
	wrong(c.MaxLockRenewal >= 0 && (c.FunctionTimeout < 0 || c.FunctionTimeout > c.MaxLockRenewal), "functionTimeout must not exceed maxAutoLockRenewalDuration: a message would be delivered again while its first run goes on.")
	wrong(c.PrefetchCount != 0, "prefetchCount must be 0: prefetched messages lose their locks while they wait.")
	wrong(!c.AutoComplete, "autoCompleteMessages must be true: a custom handler cannot settle.")
	wrong(c.InitializationTimeout > 30*time.Second, "initializationTimeout must be at most 30 s, which some plans enforce.")
	wrong(c.Port != 0, "customHandler.port must not be set: two instances on one machine would clash.")
	wrong(strings.HasPrefix(c.Executable, "./") || strings.Contains(c.Executable, "%"), fmt.Sprintf("defaultExecutablePath %q must equal the file's name in the package letter by letter, or deployment loses its executable bit.", c.Executable))
	return problems
}

func (a *App) checkFunction(f Function) []string {
	var problems []string
	wrong := func(bad bool, sentence string) {
		if bad {
			problems = append(problems, fmt.Sprintf("The function %s: %s", f.Name, sentence))
		}
	}
	switch f.Kind {
	case HTTP:
		wrong(!f.InAndOut, "an HTTP function needs exactly one input (httpTrigger) and one output (http), or the host switches it to the JSON mode.")
		wrong(f.Output == "$return", "the http output must have a name, not $return.")
		for _, method := range f.Methods {
			wrong(!methodKnown(method), fmt.Sprintf("%q is not an HTTP method.", method))
		}
		wrong(len(f.Methods) == 0, "methods must be listed: without them every method is taken.")
	case ServiceBus:
		wrong(f.DataType != "binary", "dataType must be \"binary\": a text body is encoded twice and can forge the message's metadata.")
		wrong(f.Many, "cardinality must be one: a batch's locks are not renewed and it is settled as a whole.")
		wrong(!f.AutoComplete, "autoCompleteMessages must be true: a custom handler cannot settle.")
	}
	return problems
}

// checkFolders finds what does not belong into a package.
func (a *App) checkFolders() []string {
	var problems []string
	for _, f := range a.Functions {
		entries, err := os.ReadDir(filepath.Join(a.Root, f.Name))
		if err != nil {
			problems = append(problems, fmt.Sprintf("The function %s: its folder cannot be listed: %v.", f.Name, err))
		}
		for _, e := range entries {
			if e.Name() != "function.json" {
				problems = append(problems, fmt.Sprintf("The function %s: the file %s does not belong beside function.json; the host may take it for a script.", f.Name, e.Name()))
			}
		}
	}
	entries, err := os.ReadDir(a.Root)
	if err != nil {
		return append(problems, fmt.Sprintf("The app root cannot be listed: %v.", err))
	}
	for _, e := range entries {
		if e.Type()&os.ModeSymlink != 0 {
			problems = append(problems, fmt.Sprintf("%s is a symbolic link; a package does not follow links.", e.Name()))
		}
	}
	return problems
}

// checkBinary looks at the handler: executable for everybody, and a static
// linux/amd64 program.
func checkBinary(root, name string) []string {
	if name == "" {
		return nil // reported with host.json
	}
	path := filepath.Join(root, name)
	info, err := os.Lstat(path)
	if errors.Is(err, os.ErrNotExist) {
		return []string{fmt.Sprintf("The handler %s is not in the app root.", name)}
	}
	if err != nil || !info.Mode().IsRegular() {
		return []string{fmt.Sprintf("The handler %s is not a regular file.", name)}
	}
	var problems []string
	if info.Mode().Perm()&0o111 != 0o111 {
		problems = append(problems, fmt.Sprintf("The handler %s is not executable for everybody: its mode is %v.", name, info.Mode().Perm()))
	}
	program, err := elf.Open(path)
	if err != nil {
		return append(problems, fmt.Sprintf("The handler %s is not an ELF program: %v.", name, err))
	}
	defer program.Close()
	if program.Machine != elf.EM_X86_64 || program.Class != elf.ELFCLASS64 || program.OSABI != elf.ELFOSABI_NONE && program.OSABI != elf.ELFOSABI_LINUX {
		problems = append(problems, fmt.Sprintf("The handler %s is built for %v, not for linux/amd64.", name, program.Machine))
	}
	if program.Type != elf.ET_EXEC && program.Type != elf.ET_DYN {
		problems = append(problems, fmt.Sprintf("The handler %s is no program but %v.", name, program.Type))
	}
	libraries, _ := program.ImportedLibraries() // an error means there is no dynamic section
	dynamic := slices.ContainsFunc(program.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP })
	if dynamic || len(libraries) > 0 {
		problems = append(problems, fmt.Sprintf("The handler %s is linked dynamically; build it with CGO_ENABLED=0.", name))
	}
	return problems
}
