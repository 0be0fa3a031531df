package pattern

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

func TestAPatternFindsWhatItsExpressionFinds(t *testing.T) {
	t.Parallel()
	const text, s = `(a+)(b)?`, "xaab ya z aab"
	p, re := New(text), regexp.MustCompile(text)
	for name, pair := range map[string][2]any{
		"String": {p.String(), re.String()}, "MatchString": {p.MatchString(s), re.MatchString(s)}, "FindIndex": {p.FindIndex([]byte(s)), re.FindIndex([]byte(s))},
		"FindString": {p.FindString(s), re.FindString(s)}, "FindStringIndex": {p.FindStringIndex(s), re.FindStringIndex(s)},
		"FindStringSubmatch": {p.FindStringSubmatch(s), re.FindStringSubmatch(s)}, "FindStringSubmatchIndex": {p.FindStringSubmatchIndex(s), re.FindStringSubmatchIndex(s)},
		"FindAllString": {p.FindAllString(s, 2), re.FindAllString(s, 2)}, "FindAllStringIndex": {p.FindAllStringIndex(s, -1), re.FindAllStringIndex(s, -1)},
		"FindAllStringSubmatch": {p.FindAllStringSubmatch(s, -1), re.FindAllStringSubmatch(s, -1)}, "FindAllStringSubmatchIndex": {p.FindAllStringSubmatchIndex(s, 1), re.FindAllStringSubmatchIndex(s, 1)},
		"ReplaceAllString": {p.ReplaceAllString(s, "<$1>"), re.ReplaceAllString(s, "<$1>")}, "ReplaceAllStringFunc": {p.ReplaceAllStringFunc(s, strings.ToUpper), re.ReplaceAllStringFunc(s, strings.ToUpper)},
		"Split": {p.Split(s, 2), re.Split(s, 2)},
	} {
		if got, want := fmt.Sprint(pair[0]), fmt.Sprint(pair[1]); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

func TestAPatternIsCompiledWhenItIsUsedAndIsAmongThoseThatWereMade(t *testing.T) {
	t.Parallel()
	broken := New("(")
	found := false
	for _, p := range Made() {
		found = found || p == broken
	}
	if !found {
		t.Error("a pattern that was made is not told")
	}
	defer func() {
		if recover() == nil {
			t.Error("what is no expression matches")
		}
	}()
	broken.MatchString("")
}
