package place_test

import (
	"fmt"
	"strings"
	"testing"

	"castad/functions/place"
	"castad/shared/fault"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestDetailsThatCouldNotBeSungShownOrBelievedAreRefused(t *testing.T) {
	t.Parallel()
	items := func(n int) []place.Item {
		out := make([]place.Item, n)
		for i := range out {
			out[i].Name = "국수"
		}
		return out
	}
	for name, c := range map[string]struct {
		d     place.Details
		field string
		code  fault.Code
	}{
		"only a name":                    {place.Details{Name: "a"}, "", ""},
		"twenty dishes":                  {place.Details{Name: "a", Menu: items(20)}, "", ""},
		"the dearest dish":               {place.Details{Name: "a", Menu: []place.Item{{Name: "b", Won: 100_000_000}}}, "", ""},
		"a phone copied from a phone":    {place.Details{Name: "a", Phone: "\u202a02-123-4567\u202c"}, "", ""},
		"no name":                        {place.Details{Area: "a"}, "name", fault.CodeMissingField},
		"a name of spaces":               {place.Details{Name: " \u3000 "}, "name", fault.CodeMissingField},
		"a name of two lines":            {place.Details{Name: "a\nb"}, "name", fault.CodeBadValue},
		"a story with a bell":            {place.Details{Name: "a", Story: "\a"}, "story", fault.CodeBadValue},
		"an offer with a line separator": {place.Details{Name: "a", Offer: "b\u2028c"}, "offer", fault.CodeBadValue},
		"the first of two bad fields":    {place.Details{Name: "a", Offer: "\x00", Area: "\x00"}, "area", fault.CodeBadValue},
		"twenty-one dishes":              {place.Details{Name: "a", Menu: items(21)}, "menu", fault.CodeBadValue},
		"a dish without a name":          {place.Details{Name: "a", Menu: []place.Item{{Name: "b"}, {Name: " ", Won: 1}}}, "menu[1].name", fault.CodeMissingField},
		"a dish of two lines":            {place.Details{Name: "a", Menu: []place.Item{{Name: "b\n[Verse]"}}}, "menu[0].name", fault.CodeBadValue},
		"a dish that pays the guest":     {place.Details{Name: "a", Menu: []place.Item{{Name: "b", Won: -1}}}, "menu[0].won", fault.CodeBadValue},
		"a dish that nobody can pay":     {place.Details{Name: "a", Menu: []place.Item{{Name: "b", Won: 100_000_001}}}, "menu[0].won", fault.CodeBadValue},
		"eleven words of praise":         {place.Details{Name: "a", Praise: strings.Split(strings.Repeat("b ", 11)+"b", " ")}, "praise", fault.CodeBadValue},
		"praise of nothing":              {place.Details{Name: "a", Praise: []string{"b", ""}}, "praise[1]", fault.CodeBadValue},
		"praise without an end":          {place.Details{Name: "a", Praise: []string{strings.Repeat("좋", 121)}}, "praise[0]", fault.CodeBadValue},
		"praise of two lines":            {place.Details{Name: "a", Praise: []string{"b\tc"}}, "praise[0]", fault.CodeBadValue},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for range 5 { // the answer does not depend on chance
				err := c.d.Validate()
				if c.code == "" {
					if err != nil {
						t.Fatal(err)
					}
					continue
				}
				if fault.CodeOf(err) != c.code || fault.FieldOf(err) != c.field {
					t.Fatalf("%v, want %s in %s", err, c.code, c.field)
				}
			}
		})
	}
}

// The same details always get the same numbers, without gaps, and more details
// at the end renumber nothing before them.
func TestFactsAreNumberedInAFixedOrder(t *testing.T) {
	t.Parallel()
	text := rapid.StringMatching(`[ a-c]{0,3}`)
	rapid.Check(t, func(r *rapid.T) {
		d := place.Details{Name: "n", Category: text.Draw(r, "category"), Area: text.Draw(r, "area"), Phone: text.Draw(r, "phone"), Story: text.Draw(r, "story")}
		for range rapid.IntRange(0, 4).Draw(r, "dishes") {
			d.Menu = append(d.Menu, place.Item{Name: text.Draw(r, "dish"), Won: rapid.IntRange(0, 9).Draw(r, "won")})
		}
		facts := d.Facts()
		if diff := cmp.Diff(facts, d.Facts()); diff != "" {
			r.Fatalf("numbered differently (-first +second):\n%s", diff)
		}
		for i, f := range facts {
			if f.ID != fmt.Sprintf("f%d", i+1) || strings.TrimSpace(f.Text) != f.Text || f.Text == "" {
				r.Fatalf("fact %d is %+v", i+1, f)
			}
		}
		d.Offer = "more"
		if more := d.Facts(); !cmp.Equal(facts, more[:len(facts)]) || len(more) != len(facts)+1 {
			r.Fatalf("an offer at the end renumbers: %+v", more)
		}
	})
}
