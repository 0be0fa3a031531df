package main

import (
	"bytes"
	"errors"
	"flag"
	"strings"
	"testing"

	"castad/shared/store/storetest"
)

func TestMigrateSaysWhatItDid(t *testing.T) {
	t.Parallel()
	dsn := storetest.DSN(t, storetest.Open(t, storetest.Bare()))
	env := func(name string) string {
		if name == "CASTAD_MYSQL_DSN" {
			return dsn
		}
		return ""
	}
	call := func(args ...string) (string, error) {
		var out bytes.Buffer
		err := run(t.Context(), args, env, &out, &out)
		return out.String(), err
	}
	if out, err := call("-check"); !errors.Is(err, errBehind) || out != "" {
		t.Errorf("-check of an empty database: %q, %v", out, err)
	}
	if out, err := call(); err != nil || !strings.HasPrefix(out, "applied 0001_store.sql\n") {
		t.Errorf("the first time: %q, %v", out, err)
	}
	for _, args := range [][]string{nil, {"-check"}, {"-dsn", dsn}} {
		if out, err := call(args...); err != nil || out != "the database is up to date\n" {
			t.Errorf("then %v: %q, %v", args, out, err)
		}
	}
	if _, err := call("-stage", "s2"); err == nil || !strings.Contains(err.Error(), "TLS") {
		t.Errorf("a server without TLS in stage s2: %v", err)
	}
	if _, err := call("-stage", "prod"); err == nil || !strings.Contains(err.Error(), `no connection budget for stage "prod"`) {
		t.Errorf("an unknown stage: %v", err)
	}
	if _, err := call("now"); err == nil || err.Error() != `unexpected argument "now"` {
		t.Errorf("an argument: %v", err)
	}
	if out, err := call("-h"); !errors.Is(err, flag.ErrHelp) || !strings.Contains(out, "-check") {
		t.Errorf("-h: %q, %v", out, err)
	}
}

func TestWithoutADSNMigrateSaysWhichSettingIsMissing(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	err := run(t.Context(), nil, func(string) string { return "" }, &out, &out)
	if err == nil || !strings.Contains(err.Error(), "CASTAD_MYSQL_DSN is empty") {
		t.Error(err)
	}
}
