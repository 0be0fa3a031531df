package webapp_test

import (
	"strings"
	"testing"

	"castad/shared/fault"
	"castad/shared/webapp"
)

func TestNextIsAPathOfTheAppAndNoOtherSite(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"/", "/shop", "/shop?tab=2&x=https://evil.example", "/가게", "/%EA%B0%80", "/a/@evil", "/shop#top"} {
		if err := webapp.Check(good); err != nil || !webapp.Local(good) {
			t.Errorf("%q is refused: %v", good, err)
		}
	}
	for _, bad := range []string{"", "shop", "//evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example", "https://evil.example", "https:evil.example",
		"javascript:alert(1)", "///evil.example", "/..//evil.example", "/a/../../b", "/%2e%2e/b", "/./a", "/\r\nSet-Cookie: a=b", "/%0d%0aSet-Cookie:a", "/%5cevil", "@evil.example", ".evil.example",
		"/" + strings.Repeat("a", 500), "/%zz", " /x", "/x y", "/\x00"} {
		if err := webapp.Check(bad); fault.CodeOf(err) != fault.CodeBadValue || webapp.Local(bad) {
			t.Errorf("%q is let through: %v", bad, err)
		}
	}
}

func TestWhatIsToldIsAddedAndNothingElse(t *testing.T) {
	t.Parallel()
	for next, want := range map[string]string{
		"/":                                 "/?now=a.b",
		"/shop#top":                         "/shop?now=a.b#top",
		"/shop?":                            "/shop?now=a.b",
		"/shop?z=1&a=%2F&z=2":               "/shop?z=1&a=%2F&z=2&now=a.b",
		"/shop?now=x&before=y&b=1&now#?a":   "/shop?b=1&now=a.b#?a",
		"/@evil.example?x=//evil.example":   "/@evil.example?x=//evil.example&now=a.b",
		"/shop?next=https://evil.example#x": "/shop?next=https://evil.example&now=a.b#x",
	} {
		if got := webapp.Telling("https://app.example/", next, "now", "a.b", "before"); !webapp.Local(next) || got != "https://app.example"+want {
			t.Errorf("%q leads to %q", next, got)
		}
	}
}
