package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"mime"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// contractExamples are answers that the generated client was given, by component: the
// document's examples.
const contractExamples = "testdata/examples.json"

// An example is what it is an example of, and an answer that somebody was given.
func TestTheExamplesOfTheContractFitAndAreReal(t *testing.T) {
	t.Parallel()
	c, err := committed()
	must(t, err)
	text, err := os.ReadFile(contractExamples)
	must(t, err)
	var given map[string]json.RawMessage
	must(t, json.Unmarshal(text, &given))
	for name, example := range c.examples {
		must(t, c.check(pointer("components", "schemas", name), example.Value))
		if given[name] == nil {
			t.Errorf("the example of %s is made up (go test ./functions -run 'GeneratedClient' -update, then -run Contract -update)", name)
		}
		delete(given, name)
	}
	for name := range given {
		t.Errorf("%s has an answer of %s, which is no answer", contractExamples, name)
	}
	if found := secret.Find(text); found != nil {
		t.Errorf("an example has %s, which is a secret, or another one in each run", found)
	}
}

// show keeps the answer as an example of its component if it says more than the one that
// is there, up to what somebody would read; needs seenMu.
func (w *watcher) show(o operation, got *recorder) {
	const most = 6 << 10
	var r content
	if got.status/100 != 2 || json.Unmarshal(o.Responses[strconv.Itoa(got.status)], &r) != nil {
		return
	}
	var schema struct {
		Ref string `json:"$ref"`
	}
	kind, _, _ := mime.ParseMediaType(got.Header().Get("Content-Type"))
	if _ = json.Unmarshal(r.Content[kind].Schema, &schema); kind != "application/json" || schema.Ref == "" {
		return
	}
	name, text := strings.TrimPrefix(schema.Ref, "#/components/schemas/"), got.text.String()
	text = elsewhere.Replace(local.ReplaceAllString(secret.ReplaceAllString(text, `$1…`), "$1"))
	if was := w.shown[name]; was == "" || len(text) <= most && len(text) > len(was) || len(was) > most && len(text) < len(was) {
		w.shown[name] = strings.TrimSpace(text)
	}
}

var (
	// secret is what an example must not show, or what is another one in each run.
	secret = regexp.MustCompile(`("(?:access_token|refresh_token|ticket|token)":"|[?&](?:state|code_challenge|nonce)=)[^"&…]+`)
	// local is a port of a test's server, elsewhere where it is, also as part of an address.
	local     = regexp.MustCompile(`(127\.0\.0\.1)(?::|%3A)\d+`)
	elsewhere = strings.NewReplacer("http://127.0.0.1", "https://castad.example", "http%3A%2F%2F127.0.0.1", "https%3A%2F%2Fcastad.example")
)

// writeExamples keeps what the client was given as the document's examples.
func (w *watcher) writeExamples() {
	w.seenMu.Lock()
	defer w.seenMu.Unlock()
	var text bytes.Buffer
	for i, name := range slices.Sorted(maps.Keys(w.shown)) {
		separator := "{\n"
		if i > 0 {
			separator = ",\n"
		}
		fmt.Fprintf(&text, "%s%q:%s", separator, name, w.shown[name])
	}
	text.WriteString("\n}\n")
	must(w.t, os.WriteFile(contractExamples, text.Bytes(), 0o600))
}
