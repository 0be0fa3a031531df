package route

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMatchFollowsTheTemplate(t *testing.T) {
	t.Parallel()
	none := map[string]string{}
	tests := map[string]struct {
		template, path string
		want           map[string]string // nil: no match
	}{
		"a literal":                                {"v1/ads", "v1/ads", none},
		"a literal in another case":                {"v1/Ads", "V1/aDS", none},
		"a trailing slash":                         {"v1/ads", "v1/ads/", none},
		"a path that goes on":                      {"v1/ads", "v1/ads/7", nil},
		"a path that stops early":                  {"v1/ads/{id}", "v1/ads", nil},
		"a parameter":                              {"v1/ads/{id}", "v1/ads/ad_7", map[string]string{"id": "ad_7"}},
		"a parameter is decoded":                   {"q/{text}", "q/%EB%B0%A5%20a", map[string]string{"text": "밥 a"}},
		"an encoded slash stays encoded":           {"q/{text}", "q/a%2Fb%20c", map[string]string{"text": "a%2Fb c"}},
		"an optional parameter, given":             {"x/{id?}", "x/7", map[string]string{"id": "7"}},
		"an optional parameter, absent":            {"x/{id?}", "x", map[string]string{"id": ""}},
		"a rest of several segments":               {"auth/{*path}", "auth/kakao/start", map[string]string{"path": "kakao/start"}},
		"a rest of nothing":                        {"auth/{*path}", "auth", map[string]string{"path": ""}},
		"a double star":                            {"auth/{**path}", "auth/a/b", map[string]string{"path": "a/b"}},
		"an empty segment is no value":             {"a/{b}/c", "a//c", nil},
		"a default, absent":                        {"x/{id=latest}", "x", map[string]string{"id": "latest"}},
		"int takes a number":                       {"x/{n:int}", "x/-12", map[string]string{"n": "-12"}},
		"int refuses a word":                       {"x/{n:int}", "x/twelve", nil},
		"int refuses 33 bits":                      {"x/{n:int}", "x/4294967296", nil},
		"long takes 33 bits":                       {"x/{n:long}", "x/4294967296", map[string]string{"n": "4294967296"}},
		"bool":                                     {"x/{n:bool}", "x/TRUE", map[string]string{"n": "TRUE"}},
		"guid":                                     {"x/{n:guid}", "x/6F9619FF-8B86-D011-B42D-00C04FC964FF", map[string]string{"n": "6F9619FF-8B86-D011-B42D-00C04FC964FF"}},
		"guid refuses a word":                      {"x/{n:guid}", "x/guid", nil},
		"alpha refuses digits":                     {"x/{n:alpha}", "x/a1", nil},
		"length counts UTF-16 units":               {"x/{n:length(2)}", "x/%F0%9F%8D%9C", map[string]string{"n": "🍜"}},
		"two constraints must both hold":           {"x/{n:int:range(1,9)}", "x/10", nil},
		"min":                                      {"x/{n:min(3)}", "x/3", map[string]string{"n": "3"}},
		"max":                                      {"x/{n:max(3)}", "x/4", nil},
		"minlength":                                {"x/{n:minlength(3)}", "x/ab", nil},
		"maxlength":                                {"x/{n:maxlength(3)}", "x/abcd", nil},
		"datetime":                                 {"x/{n:datetime}", "x/2026-11-21", map[string]string{"n": "2026-11-21"}},
		"double":                                   {"x/{n:double}", "x/1.5", map[string]string{"n": "1.5"}},
		"a regex with braces, colon, mark":         {`x/{n:regex(^a{{2}}:?$)}`, "x/AA", map[string]string{"n": "AA"}},
		"an optional with a constraint, absent":    {"x/{n:int?}", "x", map[string]string{"n": ""}},
		"an optional with a constraint, not a fit": {"x/{n:int?}", "x/a", nil},
		"a rest with a constraint":                 {"x/{*n:minlength(3)}", "x/a", nil},
		"the empty template":                       {"", "", none},
		"the empty template takes nothing else":    {"", "x", nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			template, err := Parse(test.template)
			if err != nil {
				t.Fatal(err)
			}
			got, matched := template.Match(test.path)
			if matched != (test.want != nil) {
				t.Fatalf("Match(%q) of %q = %v", test.path, test.template, matched)
			}
			if diff := cmp.Diff(test.want, got); matched && diff != "" {
				t.Errorf("parameters (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseRefusesWhatTheHostRefusesOrThePackageDoesNotModel(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a//b":              "has an empty segment",
		"a/{b":              "does not close a brace",
		"a/b}":              "closes a brace",
		"a/{}":              "without a proper name",
		"{*rest}/b":         "has {*rest} before its end",
		"{a?}/b":            "before its end",
		"{a}/{A}":           "names {A} twice",
		"{a}.{b}":           "mixes text and parameters",
		"v{n}":              "mixes text and parameters",
		"{a:what}":          `uses the constraint "what"`,
		"{a:range(1)}":      "which the host does not know",
		"{a:min(x)}":        "has a wrong argument",
		"{a:regex(()}":      "does not close the parentheses",
		`{a:regex([)}`:      "has a regular expression",
		"{a:int(1)}":        "which the host does not know",
		"{a?b}":             `has "?b" after`,
		"x/{a:length(1,2,3": "does not close a brace",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			if _, err := Parse(text); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("Parse(%q) = %v, want %q", text, err, want)
			}
		})
	}
}

func TestCompareTriesTheMoreSpecificTemplateFirst(t *testing.T) {
	t.Parallel()
	want := []string{"v1/ads/quote", "v1/ads/{id:int}", "v1/ads/{id}/events", "v1/ads/{id}", "v1/ads", "v1/{*rest:minlength(2)}", "v1/{*rest}", "{*all}"}
	var templates []Template
	for _, text := range want {
		template, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		templates = append(templates, template)
	}
	slices.Reverse(templates)
	slices.SortFunc(templates, Compare)
	var got []string
	for _, template := range templates {
		got = append(got, template.String())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
	if !Same(templates[0], Template{text: "/V1/ads/QUOTE/"}) {
		t.Error("case and slashes make two routes different")
	}
}
