package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestRunAnswersWithCodesAndSentences(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args []string
		code int
		want string
	}{
		"help":             {[]string{"-h"}, 0, "-functions"},
		"an unknown flag":  {[]string{"-what"}, 2, "-what"},
		"an argument":      {[]string{"what"}, 2, `unexpected argument "what"`},
		"no repository":    {[]string{"-root", t.TempDir()}, 1, "read host.json"},
		"a tree not there": {[]string{"-root", "../..", "-functions", "nowhere", "-out", t.TempDir()}, 1, "nothing staged"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr bytes.Buffer
			if code := run(t.Context(), test.args, &stdout, &stderr); code != test.code || !strings.Contains(stderr.String(), test.want) {
				t.Errorf("code %d, standard error %q; want %d and %q", code, stderr.String(), test.code, test.want)
			}
		})
	}
}
