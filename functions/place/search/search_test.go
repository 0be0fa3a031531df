package search

import (
	"context"
	"testing"

	"castad/shared/fault"
	"castad/shared/provider"
)

// finder answers as it is told and counts.
type finder struct {
	hits  []provider.PlaceHit
	err   error
	asked int
}

func (f *finder) Local(context.Context, string) ([]provider.PlaceHit, error) {
	f.asked++
	return f.hits, f.err
}

func TestSearchesAreAskedInOrderUntilOneFindsSomething(t *testing.T) {
	t.Parallel()
	first, second := []provider.PlaceHit{{Name: "first"}}, []provider.PlaceHit{{Name: "second"}}
	down, busy := fault.New(fault.CodeVendorDown), fault.New(fault.CodeVendorBusy)
	for name, c := range map[string]struct {
		a, b  finder
		found string
		code  fault.Code
		asked [2]int
	}{
		"the first finds":              {finder{hits: first}, finder{hits: second}, "first", "", [2]int{1, 0}},
		"the first finds nothing":      {finder{}, finder{hits: second}, "second", "", [2]int{1, 1}},
		"the first is down":            {finder{err: down}, finder{hits: second}, "second", "", [2]int{1, 1}},
		"none finds":                   {finder{}, finder{}, "", "", [2]int{1, 1}},
		"one finds nothing, one fails": {finder{}, finder{err: busy}, "", "", [2]int{1, 1}},
		"all fail":                     {finder{err: down}, finder{err: busy}, "", fault.CodeVendorBusy, [2]int{1, 1}},
	} {
		got, err := find(t.Context(), []Finder{&c.a, &c.b}, "x")
		if len(got) == 1 != (c.found != "") || len(got) == 1 && got[0].Name != c.found || (err != nil) != (c.code != "") || c.code != "" && fault.CodeOf(err) != c.code || c.asked != [2]int{c.a.asked, c.b.asked} {
			t.Errorf("%s: %+v, %v, asked %d and %d", name, got, err, c.a.asked, c.b.asked)
		}
	}
	if _, err := find(t.Context(), nil, "x"); fault.CodeOf(err) != fault.CodeVendorSettings {
		t.Errorf("no search: %v", err)
	}
}
