package main

import (
	"encoding/json"
	"os"
	"slices"
	"sync"
	"testing"

	"castad/shared/openapi"
	"castad/shared/openapi/source"
	"castad/shared/trigger"

	"github.com/google/go-cmp/cmp"
)

const (
	contractFile = "contract/show/openapi.json"
	contractPage = "../docs/api.md"
)

// described is the document of the functions as they are, made once for all tests.
var described = sync.OnceValues(func() (openapi.Document, error) {
	var names []string
	for _, f := range registry(parts{}) {
		if f.Kind() == trigger.KindHTTP {
			names = append(names, f.Name())
		}
	}
	from, err := source.Read("..", names)
	if err != nil {
		return openapi.Document{}, err
	}
	text, err := os.ReadFile(contractExamples)
	if err != nil {
		return openapi.Document{}, err
	}
	given := openapi.Given{}
	if err := json.Unmarshal(text, &given.Answers); err != nil {
		return openapi.Document{}, err
	}
	if given.Refusals, err = readRefusals(); err != nil {
		return openapi.Document{}, err
	}
	return openapi.New(registry(parts{}), from, extras, given)
})

func TestTheContractIsWhatTheFunctionsAre(t *testing.T) {
	t.Parallel()
	d, err := described()
	must(t, err)
	document, err := d.JSON()
	must(t, err)
	same(t, contractFile, document)
	same(t, contractPage, d.Page())
	for id, codes := range d.Strange() {
		t.Errorf("%s: %s has %v, which its code cannot reach", refusalsFile, id, codes)
	}
	for name := range extras {
		if !slices.ContainsFunc(d.Operations, func(o openapi.Operation) bool { return o.Function == name }) {
			t.Errorf("extras speak of %s, which is no function", name)
		}
	}
}

// same compares a generated file with what is committed; -update writes it.
func same(t *testing.T, file string, made []byte) {
	t.Helper()
	if *update {
		must(t, os.WriteFile(file, made, 0o644))
	}
	kept, err := os.ReadFile(file)
	must(t, err)
	if diff := cmp.Diff(string(kept), string(made)); diff != "" {
		t.Errorf("%s (-committed +made; go test ./functions -run Contract -update writes it):\n%s", file, diff)
	}
}

// What the document says of every list's limit is so.
func TestTheListsOfTheContractAreBounded(t *testing.T) {
	t.Parallel()
	d, err := described()
	must(t, err)
	b := newBench(t)
	lists := 0
	for _, o := range d.Operations {
		limited := slices.ContainsFunc(o.Parameters, func(p openapi.Parameter) bool { return p.In == "query" && p.Name == "limit" })
		if !limited || !slices.Contains(o.Security, "bearer") {
			continue
		}
		lists++
		for limit, want := range map[string]int{"1": 200, "100": 200, "101": 400, "-1": 400, "x": 400} {
			if got := b.send(o.Method, o.Path+"?limit="+limit, b.token, nil, nil); got.status != want {
				t.Errorf("%s %s?limit=%s: %d %s", o.Method, o.Path, limit, got.status, got.body)
			}
		}
	}
	if lists == 0 {
		t.Error("there are no lists")
	}
}
