package main

import (
	"bytes"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// event is a line of go test -json (go doc test2json).
type event struct {
	Action, Test, Output, FailedBuild string
	Elapsed                           float64
}

// testRun is what one test did.
type testRun struct {
	action string // run (it did not end), pass, fail, skip
	took   time.Duration
	output []string
}

// outcome is what one go test did.
type outcome struct {
	ok        bool // the package passed
	unbuilt   bool // it did not compile
	hung      bool // it was ended by -timeout
	tests     map[string]*testRun
	build     []string      // what the compiler said
	rest      []string      // output of no test
	complaint string        // what go wrote to standard error
	took      time.Duration // compiling included, waiting for a turn not
}

// read reads what go test -json wrote.
func read(out []byte, complaints string) outcome {
	o := outcome{tests: map[string]*testRun{}, complaint: strings.TrimSpace(complaints)}
	for line := range bytes.Lines(out) {
		var e event
		if json.Unmarshal(line, &e) != nil {
			o.rest = append(o.rest, string(bytes.TrimRight(line, "\n")))
			continue
		}
		o.take(e)
	}
	return o
}

func (o *outcome) take(e event) {
	text := strings.TrimRight(e.Output, "\n")
	if strings.HasPrefix(text, "panic: test timed out after ") {
		o.hung = true
	}
	switch {
	case e.Action == "build-output":
		o.build = append(o.build, text)
	case e.Action == "build-fail":
		o.unbuilt = true
	case e.Test == "" && e.Action == "output":
		o.rest = append(o.rest, text)
	case e.Test == "":
		o.unbuilt = o.unbuilt || e.FailedBuild != ""
		o.ok = o.ok || e.Action == "pass"
	default:
		r := o.tests[e.Test]
		if r == nil {
			r = &testRun{}
			o.tests[e.Test] = r
		}
		switch e.Action {
		case "output":
			r.output = append(r.output, text)
		case "run", "pass", "fail", "skip":
			r.action, r.took = e.Action, time.Duration(e.Elapsed*float64(time.Second))
		}
	}
}

var (
	said     = regexp.MustCompile(`^\s*[\w-]+_test\.go:\d+: `)
	chatter  = regexp.MustCompile(`^\s*(=== |--- |FAIL|ok |PASS|exit status|$)`)
	compiler = regexp.MustCompile(`^\S+\.go:\d+:\d+: `)
)

// reason is the first line that says why a run of test failed: what the test
// said itself, else a panic, else anything.
func (o outcome) reason(test string) string {
	lines := o.all(test)
	for _, want := range []func(string) bool{said.MatchString, compiler.MatchString, func(s string) bool { return strings.HasPrefix(s, "panic: ") },
		func(s string) bool { return !chatter.MatchString(s) }} {
		for _, l := range lines {
			if want(l) {
				return strings.TrimSpace(l)
			}
		}
	}
	return "it says nothing"
}

// all is everything that a run said which did not pass, test and its rows first.
func (o outcome) all(test string) []string {
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(o.tests)) {
		if name == test || strings.HasPrefix(name, test+"/") {
			lines = append(lines, o.tests[name].output...)
		}
	}
	lines = append(append(lines, o.build...), o.rest...)
	if o.complaint != "" {
		lines = append(lines, o.complaint)
	}
	return lines
}
