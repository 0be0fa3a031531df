package cloud_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// block is a part of a page: commands (```sh), and what they print (the ```json or
// ```text that comes next); answer is "" when they print nothing.
type block struct{ commands, answer string }

var fences = regexp.MustCompile("(?ms)^```([a-z]+)\n(.*?)^```$")

// blocks reads a page. Whatever is fenced has to be one or the other.
func blocks(page string) ([]block, error) {
	var all []block
	for _, m := range fences.FindAllStringSubmatch(page, -1) {
		switch language, text := m[1], m[2]; {
		case language == "sh":
			all = append(all, block{commands: text})
		case (language == "json" || language == "text") && len(all) > 0 && all[len(all)-1].answer == "":
			all[len(all)-1].answer = text
		default:
			return nil, fmt.Errorf("a block of %s follows no commands: %q", language, text)
		}
	}
	return all, nil
}

// told says whether commands have printed what the page says, where "…" stands for
// something within a line and within quotes.
func told(page, printed string) bool {
	parts := strings.Split(page, "…")
	for i := range parts {
		parts[i] = regexp.QuoteMeta(parts[i])
	}
	return regexp.MustCompile(`\A` + strings.Join(parts, `[^"\n]+`) + `\z`).MatchString(printed)
}

func TestAnAnswerIsComparedButForWhatIsAnotherEachTime(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		page, printed string
		want          bool
	}{
		{"", "", true},
		{"", "surprise\n", false},
		{"200\n", "200\n", true},
		{"200\n", "2000\n", false},
		{"200\n", "200\n404\n", false},
		{`{"id":"ad_…"}`, `{"id":"ad_0ap87t85sbmfw"}`, true},
		{`{"id":"ad_…"}`, `{"id":"ad_"}`, false},
		{`{"id":"ad_…"}`, `{"id":"ad_1","state":"failed"}`, false},
		{`{"id":"ad_…","n":…}`, `{"id":"ad_1","n":7}`, true},
		{"a…\nb\n", "a1\n2\nb\n", false},
		{"a.c\n", "abc\n", false},
	} {
		if got := told(row.page, row.printed); got != row.want {
			t.Errorf("%q, printed %q: %v", row.page, row.printed, got)
		}
	}
}

func TestAPageIsReadIntoCommandsAndTheirAnswers(t *testing.T) {
	t.Parallel()
	got, err := blocks("# A\n```sh\nx=1\n```\nwords\n```sh\necho $x\n```\nwords\n```text\n1\n```\n")
	if diff := cmp.Diff([]block{{"x=1\n", ""}, {"echo $x\n", "1\n"}}, got, cmp.AllowUnexported(block{})); diff != "" || err != nil {
		t.Errorf("%v: (-want +got):\n%s", err, diff)
	}
	for _, page := range []string{"```text\n1\n```\n", "```sh\nx\n```\n```text\n1\n```\n```json\n2\n```\n", "```bash\nx\n```\n"} {
		if got, err := blocks(page); err == nil {
			t.Errorf("%q is read as %v", page, got)
		}
	}
}
