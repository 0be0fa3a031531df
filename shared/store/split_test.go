package store

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAScriptIsCutAtTheSemicolonsThatEndStatements(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		script string
		want   []string
	}{
		"nothing":                         {" \n-- nothing\n/* at; all */ # ;\n", nil},
		"the last needs no semicolon":     {"A; B", []string{"A", "B"}},
		"empty statements are left out":   {";;A;;", []string{"A"}},
		"in single quotes":                {"A 'x;''y\\';z'; B", []string{"A 'x;''y\\';z'", "B"}},
		"in double quotes":                {`A "x;""y\";z"; B`, []string{`A "x;""y\";z"`, "B"}},
		"in backticks, without backslash": {"A `x;\\`; B `y``;`", []string{"A `x;\\`", "B `y``;`"}},
		"in a dash comment":               {"A -- it's; not\n1; B", []string{"A -- it's; not\n1", "B"}},
		"dashes without a space are math": {"A 5--3; B", []string{"A 5--3", "B"}},
		"in a hash comment":               {"A # it's; not\n1; B", []string{"A # it's; not\n1", "B"}},
		"in a block comment":              {"A /* it's; \n not */ 1; B", []string{"A /* it's; \n not */ 1", "B"}},
		"comments in front are left out":  {"-- x\nA; /* y */ B", []string{"A", "B"}},
		"Hangul and emoji":                {"A '을지로;🍜'; B", []string{"A '을지로;🍜'", "B"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all, err := Split(test.script)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range all {
				got = append(got, s.SQL)
			}
			if d := cmp.Diff(test.want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

func TestAScriptThatCannotBeCutIsRefusedWithItsLine(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]string{
		"A;\nB 'x":           "line 2: quote ' is not closed",
		"A;\n\n`x":           "line 3: quote ` is not closed",
		"A /* x":             "line 1: comment /* without */",
		"A;\nDELIMITER //\n": "line 2: DELIMITER is a command of the client, not of the server",
		"A 'x\\'":            "line 1: quote ' is not closed",
		"SELECT \"it's":      "line 1: quote \" is not closed",
	} {
		if _, err := Split(script); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", script, err, want)
		}
	}
}

func TestATablesOwnerStandsOnTheLineBefore(t *testing.T) {
	t.Parallel()
	all, err := Split("-- owner: song\nCREATE TABLE songs (id INT);\n-- owner: late\n\nCREATE TABLE IF NOT EXISTS `takes` (id INT);\n-- why\n-- owner: lyric\ncreate table lyrics (id INT);\nALTER TABLE songs ADD x INT;")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range all {
		got = append(got, s.Creates+" "+s.Owner+" "+s.verb)
	}
	if d := cmp.Diff([]string{"songs song CREATE", "takes  CREATE", "lyrics lyric CREATE", "  ALTER"}, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if all[3].Line != 9 {
		t.Errorf("the last statement is on line %d", all[3].Line)
	}
}

func FuzzSplit(f *testing.F) {
	for _, s := range []string{"A;B", "A 'x;' \"y\" `z` -- c\n;B/*;*/", "#", "--", "/*!40101 SET x*/;", "'", "\x80;\x00;"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, script string) {
		all, err := Split(script)
		if err != nil {
			return
		}
		for _, s := range all {
			if !strings.Contains(script, s.SQL) || s.SQL == "" {
				t.Fatalf("%q is no part of the script", s.SQL)
			}
			again, err := Split(s.SQL)
			if err != nil || len(again) != 1 || again[0].SQL != s.SQL {
				t.Fatalf("%q splits again into %v, %v", s.SQL, again, err)
			}
		}
	})
}
