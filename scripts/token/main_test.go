package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"castad/shared/id"
	"castad/shared/identity"
)

const keys = "dev:Y2FzdGFkLWRldmVsb3BtZW50LW9ubHktdG9rZW4tMDE="

func environment(m map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) { v, ok := m[name]; return v, ok }
}

func TestItPrintsATokenThatVerifies(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "local.settings.json")
	if err := os.WriteFile(file, []byte(`{"Values":{"CASTAD_STAGE":"local","CASTAD_TOKEN_KEYS":"`+keys+`"}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	tenant := id.Tenant(77)
	for name, row := range map[string]struct {
		args []string
		env  map[string]string
		want identity.Principal
	}{
		"with the keys of the environment": {[]string{"-settings", file + ".not"}, map[string]string{"CASTAD_TOKEN_KEYS": keys},
			identity.Principal{Tenant: 1, User: 1, Role: "owner"}},
		"with the keys of the settings file": {[]string{"-settings", file}, nil, identity.Principal{Tenant: 1, User: 1, Role: "owner"}},
		"for somebody else": {[]string{"-settings", file, "-tenant", tenant.String(), "-role", "admin", "-ttl", "1m"}, nil,
			identity.Principal{Tenant: 77, User: 1, Role: "admin"}},
	} {
		var out bytes.Buffer
		if err := run(row.args, environment(row.env), &out, io.Discard, time.Now); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		ring, err := identity.ParseKeys(keys)
		if err != nil {
			t.Fatal(err)
		}
		v, err := identity.NewVerifier(ring, identity.DefaultIssuer, identity.DefaultAudience, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		if who, err := v.Verify(strings.TrimSpace(out.String())); err != nil || who != row.want {
			t.Errorf("%s: got %+v %v", name, who, err)
		}
	}
}

func TestATokenForTheAdminRoutesHasTheirAudience(t *testing.T) {
	t.Parallel()
	ring, err := identity.ParseKeys(keys)
	if err != nil {
		t.Fatal(err)
	}
	for audience, env := range map[string]map[string]string{"castad-admin": {"CASTAD_TOKEN_KEYS": keys}, "desk": {"CASTAD_TOKEN_KEYS": keys, "CASTAD_ADMIN_AUDIENCE": "desk"}} {
		var out bytes.Buffer
		if err := run([]string{"-admin"}, environment(env), io.Discard, io.Discard, time.Now); err == nil {
			t.Error("a token for an operator who is nobody: every route would refuse it")
		}
		if err := run([]string{"-admin", "-user", id.User(7).String(), "-tenant", id.Tenant(7).String(), "-settings", filepath.Join(t.TempDir(), "none")}, environment(env), &out, io.Discard, time.Now); err != nil {
			t.Fatal(err)
		}
		v, err := identity.NewVerifier(ring, identity.DefaultIssuer, audience, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		if who, err := v.Verify(strings.TrimSpace(out.String())); err != nil || who.Role != identity.RoleAdmin {
			t.Errorf("%s: %+v %v", audience, who, err)
		}
	}
}

func TestItRefuses(t *testing.T) {
	t.Parallel()
	bad := filepath.Join(t.TempDir(), "local.settings.json")
	if err := os.WriteFile(bad, []byte(`CASTAD_TOKEN_KEYS=x`), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, row := range map[string]struct {
		args []string
		env  map[string]string
		says string
	}{
		"a deployment's stage":      {nil, map[string]string{"CASTAD_TOKEN_KEYS": keys, "CASTAD_STAGE": "s1"}, "stage local only"},
		"a machine without keys":    {nil, nil, "neither in the environment nor in"},
		"keys that are none":        {nil, map[string]string{"CASTAD_TOKEN_KEYS": "hunter2"}, "CASTAD_TOKEN_KEYS: key 1 is not of the form"},
		"more than a day":           {[]string{"-ttl", "25h"}, map[string]string{"CASTAD_TOKEN_KEYS": keys}, "24h"},
		"a user that is an account": {[]string{"-user", id.Tenant(1).String()}, map[string]string{"CASTAD_TOKEN_KEYS": keys}, "user_"},
		"a role that is none":       {[]string{"-role", "root"}, map[string]string{"CASTAD_TOKEN_KEYS": keys}, "unknown role"},
		"a word that is no flag":    {[]string{"root"}, map[string]string{"CASTAD_TOKEN_KEYS": keys}, "only flags"},
		"a settings file of rubble": {[]string{"-settings", bad}, nil, "not the JSON"},
	} {
		var out bytes.Buffer
		args := append([]string{"-settings", filepath.Join(t.TempDir(), "none")}, row.args...)
		err := run(args, environment(row.env), &out, io.Discard, time.Now)
		if err == nil || !strings.Contains(err.Error(), row.says) || out.Len() > 0 {
			t.Errorf("%s: got %v and %q, want it to say %q", name, err, out.String(), row.says)
		}
	}
}
