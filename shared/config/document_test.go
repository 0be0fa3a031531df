package config

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write docs/settings.md and local.settings.sample.json")

const (
	document = "../../docs/settings.md"
	sample   = "../../local.settings.sample.json"
)

// markdown is docs/settings.md.
func markdown() string {
	var b strings.Builder
	b.WriteString(`# Settings

Every setting of CastAD. It is an app setting in Azure and a value in
` + "`local.settings.json`" + ` on a developer's machine; an empty one counts as not set.
The same values without comments, ready to copy: ` + "`local.settings.sample.json`" + `.

This page is made from ` + "`shared/config`" + ` (` + "`go test ./shared/config -update`" + `).
Secrets are marked; they are never printed, logged or answered.

| setting | default | what it is |
| --- | --- | --- |
`)
	for f := range settings() {
		value := f.Tag.Get("default")
		switch {
		case value != "":
			value = "`" + value + "`"
		case f.Tag.Get("by") == "host":
			value = "set by the host"
		default:
			value = "–"
		}
		desc := f.Tag.Get("desc")
		if one := f.Tag.Get("one"); one != "" {
			desc += " One of `" + strings.ReplaceAll(one, ",", "`, `") + "`."
		}
		if f.Type == reflect.TypeFor[Secret]() {
			desc += " **Secret.**"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", f.Tag.Get("envconfig"), value, desc)
	}
	return b.String()
}

// sampleJSON is local.settings.sample.json.
func sampleJSON(t *testing.T) []byte {
	t.Helper()
	type pair struct{ name, value string }
	pairs := []pair{
		{"FUNCTIONS_WORKER_RUNTIME", "custom"},
		{"AzureWebJobsStorage", "UseDevelopmentStorage=true"},
		{"AzureFunctionsJobHost__sequentialRestart", "true"},
	}
	for f := range settings() {
		if f.Tag.Get("by") == "host" {
			continue
		}
		value, ok := f.Tag.Lookup("sample")
		if !ok {
			value = f.Tag.Get("default")
		}
		pairs = append(pairs, pair{f.Tag.Get("envconfig"), value})
	}
	var b bytes.Buffer
	b.WriteString("{\n  \"IsEncrypted\": false,\n  \"Values\": {\n")
	for i, p := range pairs {
		name, _ := json.Marshal(p.name)
		value, err := json.Marshal(p.value)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "    %s: %s", name, value)
		if i < len(pairs)-1 {
			b.WriteString(",")
		}
		b.WriteString("\n")
	}
	b.WriteString("  }\n}\n")
	return b.Bytes()
}

func TestDocumentAndSampleAreMadeFromTheStruct(t *testing.T) {
	t.Parallel()
	for path, want := range map[string][]byte{document: []byte(markdown()), sample: sampleJSON(t)} {
		if *update {
			if err := os.WriteFile(path, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s differs from the struct; run go test ./shared/config -update (-want +got):\n%s", path, diff)
		}
	}
}

func TestEverySettingIsDescribedAndNamedAsTheRestIs(t *testing.T) {
	t.Parallel()
	for f := range settings() {
		name := f.Tag.Get("envconfig")
		if name != strings.ToUpper(name) || !strings.HasPrefix(name, "CASTAD_") && f.Tag.Get("by") != "host" {
			t.Errorf("%s is called %q", f.Name, name)
		}
		if desc := f.Tag.Get("desc"); !strings.HasSuffix(desc, ".") && !strings.HasSuffix(desc, ").") {
			t.Errorf("%s: the description %q is not a sentence", name, desc)
		}
		secret := f.Type == reflect.TypeFor[Secret]()
		if looks := strings.HasSuffix(name, "_KEY") || strings.HasSuffix(name, "_KEYS") || strings.HasSuffix(name, "_DSN"); looks && !secret {
			t.Errorf("%s holds a secret, but its type is %v", name, f.Type)
		}
	}
}
