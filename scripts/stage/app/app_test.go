package app

import (
	"context"
	"debug/elf"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	queueBinding = `{"bindings":[{"type":"serviceBusTrigger","direction":"in","name":"job","queueName":"song-generate","connection":"BUS","dataType":"binary"}]}`
	httpBinding  = `{"bindings":[{"type":"httpTrigger","direction":"in","name":"req","route":"v1/ads"},{"type":"http","direction":"out","name":"res"}]}`
)

// repository writes a small module with two functions; extra overrides files
// by path, and an empty content removes one.
func repository(t *testing.T, extra map[string]string) string {
	t.Helper()
	files := map[string]string{
		"go.mod":                                "module tiny\n\ngo 1.26.0\n",
		"host.json":                             `{"version":"2.0"}`,
		"functions/main.go":                     "package main\n\nfunc main() { println(\"one\") }\n",
		"functions/song/generate/function.json": queueBinding,
		"functions/song/generate/generate.go":   "package generate\n",
		"functions/ad/request/function.json":    httpBinding,
		"functions/ad/testdata/function.json":   "not for staging",
	}
	maps.Copy(files, extra)
	root := t.TempDir()
	for name, content := range files {
		if content != "" {
			place(t, filepath.Join(root, name), content)
		}
	}
	return root
}

func place(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// tree lists the files below root as slash paths.
func tree(t *testing.T, root string) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			rel, _ := filepath.Rel(root, path)
			files = append(files, filepath.ToSlash(rel))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(files)
	return files
}

func TestBuildAssemblesAnAppRootTheHostCanLoad(t *testing.T) {
	t.Parallel()
	root := repository(t, nil)
	got, err := Build(t.Context(), Options{Root: root})
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(root, "build", "app")
	if diff := cmp.Diff(App{Root: out, Functions: []string{"ad-request", "song-generate"}}, got); diff != "" {
		t.Errorf("staged (-want +got):\n%s", diff)
	}
	want := []string{"ad-request/function.json", "handler", "host.json", "song-generate/function.json"}
	if diff := cmp.Diff(want, tree(t, out)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	binding, err := os.ReadFile(filepath.Join(out, "song-generate", "function.json"))
	if err != nil || string(binding) != queueBinding {
		t.Errorf("song-generate/function.json = %q, %v", binding, err)
	}
	info, err := os.Stat(filepath.Join(out, Binary))
	if err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("handler has mode %v, %v; want 0755", info.Mode(), err)
	}
	binary, err := elf.Open(filepath.Join(out, Binary))
	if err != nil {
		t.Fatal(err)
	}
	defer binary.Close()
	if binary.Machine != elf.EM_X86_64 {
		t.Errorf("handler is for %v", binary.Machine)
	}
	for _, p := range binary.Progs {
		if p.Type == elf.PT_INTERP {
			t.Error("handler is linked dynamically")
		}
	}
}

func TestBuildAgainRemovesWhatIsStaleAndKeepsLocalSettings(t *testing.T) {
	t.Parallel()
	root := repository(t, nil)
	out := filepath.Join(root, "out")
	place(t, filepath.Join(out, "local.settings.json"), "{}")
	if _, err := Build(t.Context(), Options{Root: root, Out: "out"}); err != nil {
		t.Fatal(err)
	}
	place(t, filepath.Join(out, "song-generate", "run.py"), "stray")
	place(t, filepath.Join(out, "notes", "mine.txt"), "not a function")
	place(t, filepath.Join(out, ".handler-killed", "handler"), "half a binary")
	if err := os.RemoveAll(filepath.Join(root, "functions", "ad", "request")); err != nil {
		t.Fatal(err)
	}
	if _, err := Build(t.Context(), Options{Root: root, Out: "out"}); err != nil {
		t.Fatal(err)
	}
	want := []string{"handler", "host.json", "local.settings.json", "notes/mine.txt", "song-generate/function.json"}
	if diff := cmp.Diff(want, tree(t, out)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestBuildThatFailsLeavesThePreviousAppRoot(t *testing.T) {
	t.Parallel()
	root := repository(t, nil)
	if _, err := Build(t.Context(), Options{Root: root}); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(root, "build", "app")
	before, err := os.ReadFile(filepath.Join(out, Binary))
	if err != nil {
		t.Fatal(err)
	}
	for name, source := range map[string]string{
		"a compile error":       "package main\n\nfunc main() { undefined() }\n",
		"a package not main":    "package functions\n",
		"a main without a main": "package main\n",
	} {
		place(t, filepath.Join(root, "functions", "main.go"), source)
		if _, err := Build(t.Context(), Options{Root: root}); err == nil || !strings.Contains(err.Error(), "compile handler") {
			t.Errorf("%s: Build answered %v", name, err)
		}
	}
	after, err := os.ReadFile(filepath.Join(out, Binary))
	if err != nil || string(after) != string(before) {
		t.Errorf("the previous handler was touched: %v", err)
	}
	want := []string{"ad-request/function.json", "handler", "host.json", "song-generate/function.json"}
	if diff := cmp.Diff(want, tree(t, out)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestBuildRefusesWithASentence(t *testing.T) {
	t.Parallel()
	none := map[string]string{"functions/song/generate/function.json": "", "functions/ad/request/function.json": ""}
	tests := map[string]struct {
		files map[string]string
		out   string
		want  string
	}{
		"an upper-case folder":          {map[string]string{"functions/song/Again/function.json": queueBinding}, "", `the folder name "Again" must be lower-case`},
		"an underscore in a folder":     {map[string]string{"functions/song/do_it/function.json": queueBinding}, "", `"do_it" must be lower-case`},
		"a Go keyword":                  {map[string]string{"functions/song/select/function.json": queueBinding}, "", `"select" is a Go keyword`},
		"a function too shallow":        {map[string]string{"functions/song/function.json": queueBinding}, "", "exactly two folders"},
		"a function too deep":           {map[string]string{"functions/song/a/b/function.json": queueBinding}, "", "exactly two folders"},
		"two functions of one name":     {map[string]string{"functions/a/b-c/function.json": queueBinding, "functions/a-b/c/function.json": queueBinding}, "", "both become the function a-b-c"},
		"a name that is too long":       {map[string]string{"functions/a/" + strings.Repeat("b", 127) + "/function.json": queueBinding}, "", "has 129 characters; the host allows 128"},
		"a reserved route":              {map[string]string{"functions/x/y/function.json": strings.ReplaceAll(httpBinding, "v1/ads", "administrators")}, "", `the route "administrators" starts with "admin"`},
		"a reserved name with no route": {map[string]string{"functions/admin/runs/function.json": strings.ReplaceAll(httpBinding, `,"route":"v1/ads"`, "")}, "", `the route "admin-runs" starts with "admin"`},
		"a broken function.json":        {map[string]string{"functions/x/y/function.json": "{"}, "", "x/y/function.json is not a valid function.json"},
		"a function without bindings":   {map[string]string{"functions/x/y/function.json": "{}"}, "", "x/y/function.json declares no bindings"},
		"a broken host.json":            {map[string]string{"host.json": "{"}, "", "host.json is not valid JSON"},
		"no function at all":            {none, "", "the host would load nothing"},
		"the repository as target":      {nil, ".", "is a source folder"},
		"a foreign folder as target":    {map[string]string{"precious/song-old/function.json": queueBinding}, "precious", "it is not an app root"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := repository(t, test.files)
			before := tree(t, root)
			_, err := Build(t.Context(), Options{Root: root, Out: test.out})
			var refused *Refused
			if !errors.As(err, &refused) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Build answered %v; want a refusal with %q", err, test.want)
			}
			if diff := cmp.Diff(before, tree(t, root)); diff != "" {
				t.Errorf("a refused build wrote files (-before +after):\n%s", diff)
			}
		})
	}
}

func TestBuildReportsEveryProblemAtOnce(t *testing.T) {
	t.Parallel()
	root := repository(t, map[string]string{"functions/song/Again/function.json": queueBinding, "host.json": "{", "functions/x/y/function.json": "{"})
	_, err := Build(t.Context(), Options{Root: root})
	var refused *Refused
	if !errors.As(err, &refused) || len(refused.Problems) != 3 {
		t.Errorf("Build answered %v; want three problems", err)
	}
}

func TestBuildStopsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Build(ctx, Options{Root: repository(t, nil)}); err == nil {
		t.Error("Build with a cancelled context succeeded")
	}
}
