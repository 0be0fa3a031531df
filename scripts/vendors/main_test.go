package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"castad/functions/admin"

	"castad/shared/guard"
	"castad/shared/provider"
	"castad/shared/store/storetest"

	"github.com/google/go-cmp/cmp"
)

func TestAnOperatorPausesAVendorAndSeesIt(t *testing.T) {
	t.Parallel()
	rules, err := guard.ParseRules([]string{"suno:generate=100/day@Asia/Seoul"})
	if err != nil {
		t.Fatal(err)
	}
	db := storetest.Open(t)
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	desk := guard.New(guard.Config{DB: db.Primary(), Rules: rules, Process: "desk", Now: clock})
	app := guard.New(guard.Config{DB: db.Primary(), Rules: rules, Process: "app", Now: clock})
	log := admin.New(admin.Config{DB: db, Now: clock})
	say := func(words ...string) string {
		t.Helper()
		var out bytes.Buffer
		if err := act(t.Context(), desk, log, words, &out); err != nil {
			t.Fatal(err)
		}
		now = now.Add(time.Second)
		return out.String()
	}
	generate := provider.Attempt{Vendor: "suno", Op: "generate", Paid: true}
	pass, err := app.Allow(t.Context(), generate)
	if err != nil {
		t.Fatal(err)
	}
	pass(provider.Outcome{Verdict: provider.Healthy})
	if err := app.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"suno    generate   closed", "1          0", "suno:generate=100/day@Asia/Seoul  99"} {
		if got := say(); !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
	if got := say("open", "suno", "*"); !strings.Contains(got, "held open") {
		t.Errorf("%s", got)
	}
	var e *provider.Error
	if _, err := app.Allow(t.Context(), generate); !errors.As(err, &e) || e.Code != "paused" {
		t.Errorf("%v", err)
	}
	say("close", "suno", "*")
	if _, err := app.Allow(t.Context(), generate); err != nil {
		t.Error(err)
	}
	say("auto", "suno", "*")
	if _, err := app.Allow(t.Context(), generate); err != nil {
		t.Error(err)
	}
	for _, bad := range [][]string{{"open"}, {"ajar", "suno", "*"}, {"open", "suno"}, {"open", "Suno", "*"}, {"open", "suno", "a b"}, {"open", "sunoo", "*"}, {"open", "suno", "genrate"}} {
		err := act(t.Context(), desk, log, bad, new(bytes.Buffer))
		if err == nil || len(bad) == 3 && bad[0] == "open" && !strings.Contains(err.Error(), "there are ") {
			t.Errorf("%v: %v", bad, err)
		}
	}
	say("open", "youtube", "insert")                                                // which nobody has asked for yet
	if err := desk.Force(t.Context(), "sunoo", "*", guard.ForcedOpen); err != nil { // held when every name was taken
		t.Fatal(err)
	}
	say("auto", "sunoo", "*")
	if err := act(t.Context(), desk, log, []string{"auto", "sunoo", "*"}, new(bytes.Buffer)); err == nil {
		t.Error("let go is what nobody holds")
	}
	entries, err := log.Audit(t.Context(), "suno *", 0, 10)
	var done []string
	for _, e := range entries {
		done = append(done, e.Action+" "+e.Outcome+" by "+e.Request)
	}
	want := []string{"vendor.auto done by scripts/vendors", "vendor.close done by scripts/vendors", "vendor.open done by scripts/vendors"}
	if diff := cmp.Diff(want, done); diff != "" || err != nil {
		t.Errorf("the audit log (-want +got): %v\n%s", err, diff)
	}
}
