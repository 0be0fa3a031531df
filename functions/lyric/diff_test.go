package lyric

import (
	"testing"

	"castad/shared/claim"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func lines(texts []string) []claim.Line {
	out := make([]claim.Line, 0, len(texts))
	for _, t := range texts {
		out = append(out, claim.Line{Text: t})
	}
	return out
}

func TestADifferenceIsShort(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		from, to []string
		want     []Change
	}{
		"nothing":           {[]string{"a", "b"}, []string{"a", "b"}, nil},
		"one line":          {[]string{"a", "b", "c"}, []string{"a", "x", "c"}, []Change{{"keep", "a"}, {"drop", "b"}, {"add", "x"}, {"keep", "c"}}},
		"a line more":       {[]string{"a", "c"}, []string{"a", "b", "c"}, []Change{{"keep", "a"}, {"add", "b"}, {"keep", "c"}}},
		"a line moved":      {[]string{"a", "b", "c"}, []string{"b", "c", "a"}, []Change{{"drop", "a"}, {"keep", "b"}, {"keep", "c"}, {"add", "a"}}},
		"from nothing":      {nil, []string{"a"}, []Change{{"add", "a"}}},
		"a repeated chorus": {[]string{"a", "h", "b", "h"}, []string{"a", "h", "h"}, []Change{{"keep", "a"}, {"keep", "h"}, {"drop", "b"}, {"keep", "h"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, diff(lines(c.from), lines(c.to))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// A difference has both texts in it: what is kept or dropped is the one, what is
// kept or added the other.
func TestADifferenceLeadsFromOneToTheOther(t *testing.T) {
	t.Parallel()
	some := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", "d"}), 0, 12)
	rapid.Check(t, func(r *rapid.T) {
		from, to := some.Draw(r, "from"), some.Draw(r, "to")
		got := diff(lines(from), lines(to))
		if got == nil {
			if !cmp.Equal(from, to) {
				r.Fatalf("no difference between %v and %v", from, to)
			}
			return
		}
		var a, b []string
		for _, c := range got {
			if c.Op != "add" {
				a = append(a, c.Text)
			}
			if c.Op != "drop" {
				b = append(b, c.Text)
			}
		}
		if !cmp.Equal(append([]string{}, from...), append([]string{}, a...)) || !cmp.Equal(append([]string{}, to...), append([]string{}, b...)) {
			r.Fatalf("from %v to %v: %v", from, to, got)
		}
	})
}
