package openai

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"castad/shared/claim"
)

func TestParse(t *testing.T) {
	t.Parallel()
	want := claim.Lyric{Title: "노래", Lines: []claim.Line{{Section: "hook", Text: "가자 가자", Facts: []string{"f1"}}}}
	plain := `{"title":"노래","lines":[{"section":"hook","text":"가자 가자","facts":["f1"]}]}`
	for name, text := range map[string]string{
		"the schema's form":              plain,
		"a code fence":                   "```json\n" + plain + "\n```",
		"prose with braces":              "Here {you} go: " + plain + " {bye}",
		"an object around it":            `{"lyric":` + plain + `}`,
		"thoughts with a draft":          `<think>{"title":"초안","lines":[{"section":"hook","text":"x","facts":[]}]}</think>` + plain,
		"sections in other words":        strings.Replace(plain, `"hook"`, `"Chorus "`, 1),
		"line breaks in a line":          strings.Replace(plain, "가자 가자", ` 가자\n\t가자 `, 1),
		"an empty fact id":               strings.Replace(plain, `["f1"]`, `[" f1 ",""]`, 1),
		"a broken object before it":      `{"title": oops ` + plain,
		"an object with bad lines first": `{"title":"a","lines":[]} ` + plain,
	} {
		got, err := parse(text)
		if err != nil || !cmp.Equal(got, want) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	for name, text := range map[string]string{
		"nothing":                "",
		"prose":                  "Roses are red.",
		"no lines":               `{"title":"노래","lines":[]}`,
		"no title":               strings.Replace(plain, "노래", " ", 1),
		"an empty line":          strings.Replace(plain, "가자 가자", "\\n", 1),
		"a section of its own":   strings.Replace(plain, "hook", "bridge of sighs", 1),
		"a cut answer":           plain[:len(plain)-5],
		"a line without an end":  strings.Replace(plain, "가자 가자", strings.Repeat("가", 301), 1),
		"lines without an end":   `{"title":"t","lines":[` + strings.Repeat(`{"text":"a"},`, 200) + `{"text":"a"}]}`,
		"many braces":            strings.Repeat("{", 100_000),
		"more than a lyric":      strings.Repeat(" ", maxContent) + plain,
		"facts that are objects": strings.Replace(plain, `["f1"]`, `[{"id":"f1"}]`, 1),
	} {
		if got, err := parse(text); !errors.Is(err, errNoLyric) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if got, err := parse(`{"title":"t","lines":[{"text":"a"}]}`); err != nil || got.Lines[0].Section != "verse" || got.Lines[0].Facts == nil {
		t.Errorf("a line without section and facts: %+v, %v", got, err)
	}
}

func TestTheSchemaIsStrict(t *testing.T) {
	t.Parallel()
	var n map[string]any
	if err := json.Unmarshal([]byte(schema), &n); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(claim.Lyric{Title: "t", Lines: []claim.Line{{Section: "hook", Text: "x", Facts: []string{}}}})
	if err != nil {
		t.Fatal(err)
	}
	var l map[string]any
	if err := json.Unmarshal(text, &l); err != nil {
		t.Fatal(err)
	}
	for k := range l {
		if _, ok := n["properties"].(map[string]any)[k]; !ok {
			t.Errorf("claim.Lyric has %q, the schema has not", k)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(`{"title":"노래","lines":[{"section":"hook","text":"가자","facts":["f1"]}]}`)
	f.Add("<think>{</think>```json\n{\"lines\":[{}]}```")
	f.Add(`{"title":1,"lines":{}}{"lines":null}`)
	f.Fuzz(func(t *testing.T, text string) {
		l, err := parse(text)
		if err != nil {
			if !errors.Is(err, errNoLyric) {
				t.Errorf("%v", err)
			}
			return
		}
		if l.Title == "" || len(l.Lines) == 0 || len(l.Lines) > maxLines {
			t.Errorf("%+v", l)
		}
		for _, line := range l.Lines {
			if line.Text == "" || line.Facts == nil || !utf8.ValidString(line.Text) || strings.ContainsAny(line.Text, "\n\r\x00") {
				t.Errorf("%+v", line)
			}
		}
	})
}
