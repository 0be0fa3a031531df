package place_test

import (
	"fmt"
	"strings"
	"testing"

	"castad/functions/place"
	"castad/shared/claim"
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
		"a Hanja name with emoji":        {place.Details{Name: "韓一館 🍜✨", Area: "鍾路"}, "", ""},
		"a name of two syllables":        {place.Details{Name: "온유", Menu: []place.Item{}}, "", ""},
		"a name of forty syllables":      {place.Details{Name: strings.Repeat("한", 40)}, "", ""},
		"a page and two colours":         {place.Details{Name: "a", Link: " https://a.example/x?y=1#z ", Colors: []string{"#A0b1c2", "#000000"}}, "", ""},
		"three colours":                  {place.Details{Name: "a", Colors: []string{"#000000", "#111111", "#222222"}}, "", ""},
		"four colours":                   {place.Details{Name: "a", Colors: []string{"#000000", "#111111", "#222222", "#333333"}}, "colors", fault.CodeBadValue},
		"a colour without its sign":      {place.Details{Name: "a", Colors: []string{"#000000", "aabbcc"}}, "colors[1]", fault.CodeBadColor},
		"a colour of three digits":       {place.Details{Name: "a", Colors: []string{"#abc"}}, "colors[0]", fault.CodeBadColor},
		"a colour by name":               {place.Details{Name: "a", Colors: []string{"red"}}, "colors[0]", fault.CodeBadColor},
		"a colour of two lines":          {place.Details{Name: "a", Colors: []string{"#aabbcc\n"}}, "colors[0]", fault.CodeBadColor},
		"no colour":                      {place.Details{Name: "a", Colors: []string{""}}, "colors[0]", fault.CodeBadColor},
		"a link of two lines":            {place.Details{Name: "a", Link: "https://a.example/\nx"}, "link", fault.CodeBadValue},
		"a link that is a script":        {place.Details{Name: "a", Link: "javascript:alert(1)"}, "link", fault.CodeBadLink},
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

func TestOnlyPublicWebAddressesAreLinks(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"https://a.example", "http://a.example/", "HTTPS://A.Example/메뉴?q=국수#1", "https://한글.kr/길", "https://xn--bj0bj06e.kr", "https://a.example:8443/x",
		"https://a.example./", "https://instagram.com/hanbit_official/", "https://naver.me/xYz12", "https://a.example/" + strings.Repeat("x", 182)} {
		if err := (place.Details{Name: "a", Link: good}).Validate(); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for why, bad := range map[string]string{
		"no scheme":             "a.example/x",
		"no scheme but slashes": "//a.example/x",
		"another scheme":        "ftp://a.example/",
		"data":                  "data:text/html,x",
		"no host":               "https:///x",
		"opaque":                "https:a.example",
		"a user":                "https://me@a.example/",
		"a password":            "https://me:secret@a.example/",
		"a host that hides":     "https://a.example\\@b.example/",
		"a host without a dot":  "https://intranet/",
		"this machine":          "http://localhost/",
		"this machine, dotted":  "http://localhost./",
		"this machine's names":  "http://a.localhost/",
		"a printer":             "http://printer.local/",
		"an IPv4 address":       "http://127.0.0.1/",
		"a short IPv4 address":  "http://127.1/",
		"a hexadecimal address": "http://1.0x7f/",
		"an IPv6 address":       "http://[::1]:80/",
		"empty labels":          "https://a..example/",
		"a hyphen in front":     "https://-a.example/",
		"an underscore":         "https://a_b.example/",
		"port 0":                "https://a.example:0/",
		"a port too many":       "https://a.example:65536/",
		"no port after all":     "https://a.example:/",
		"a space":               "https://a.example/a b",
		"an invisible letter":   "https://a.exam\u200bple/",
		"a turned text":         "https://a.example/\u202ex",
		"markup":                "https://a.example/<b>",
		"a bad escape":          "https://a.example/%zz",
		"too long":              "https://a.example/" + strings.Repeat("x", 183),
	} {
		err := (place.Details{Name: "a", Link: bad}).Validate()
		if fault.CodeOf(err) != fault.CodeBadLink || fault.FieldOf(err) != "link" || fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s (%q): %v", why, bad, err)
		}
	}
}

func TestALinkAndColoursAreTheLastFacts(t *testing.T) {
	t.Parallel()
	got := place.Details{Name: "a", Link: " https://a.example/ ", Colors: []string{"#AABBCC", "#001122"}}.Facts()
	want := []claim.Fact{{ID: "f1", Kind: claim.Name, Text: "a", Source: "owner"}, {ID: "f2", Kind: claim.Link, Text: "https://a.example/", Source: "owner"},
		{ID: "f3", Kind: claim.Color, Text: "#aabbcc", Source: "owner"}, {ID: "f4", Kind: claim.Color, Text: "#001122", Source: "owner"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
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
