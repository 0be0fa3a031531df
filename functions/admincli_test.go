package main

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"castad/functions/admin"
	"castad/shared/config"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/identity"
	"castad/shared/store/storetest"
)

func TestTheHandlerSaysWhatItTakes(t *testing.T) {
	t.Parallel()
	for arg, want := range map[string]int{"-h": 0, "-no": 2, "grant": 2, "admin -h": 0, "admin": 1} {
		var out, complaints strings.Builder
		if code := run(strings.Fields(arg), &out, &complaints); code != want || !strings.Contains(complaints.String(), "handler admin grant USER") || out.Len() > 0 {
			t.Errorf("%s: exit status %d, %s", arg, code, &complaints)
		}
	}
}

func TestTheFirstOperatorIsMadeAtTheCommandLine(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	who := b.user("3141592653", identity.RoleOwner)
	token := b.admin(identity.Principal{Tenant: who.Tenant, User: who.User, Role: identity.RoleAdmin})
	c := config.Config{Stage: config.Local, HostKind: config.Reference, MySQLDSN: config.NewSecret(storetest.DSN(t, b.db))}
	say := func(words ...string) string {
		t.Helper()
		var out bytes.Buffer
		if err := operateOn(c, words, &out); err != nil {
			t.Fatalf("%v: %v", words, err)
		}
		return out.String()
	}
	may := func(want int, when string) {
		t.Helper()
		if status, _ := b.as(token, "GET", "/admin/runs", nil, nil); status != want {
			t.Errorf("%s: %d", when, status)
		}
	}
	may(http.StatusForbidden, "before")
	if got := say("grant", "kakao:3141592653"); got != who.User.String()+" is admin now\n" {
		t.Errorf("it says %q", got)
	}
	may(http.StatusOK, "when granted")
	say("grant", who.User.String())
	if done, same := b.audited("user.role"), b.logged("user.role", admin.Unchanged); done != "1" || same != "1" {
		t.Errorf("%s grants and %s that changed nothing are in the log", done, same)
	}
	say("revoke", who.User.String())
	may(http.StatusForbidden, "when revoked")
	if got := say("verify-audit"); !strings.HasPrefix(got, "the audit log is whole: 3 rows") {
		t.Errorf("it says %q", got)
	}
	for _, bad := range [][]string{nil, {"grant"}, {"grant", ""}, {"grant", "kakao:1"}, {"grant", id.User(77).String()}, {"grant", who.Tenant.String()}, {"crown", who.User.String()}, {"verify-audit", "now"}} {
		if err := operateOn(c, bad, new(bytes.Buffer)); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
	_, err := b.db.Primary().Exec(t.Context(), `UPDATE audit_log SET actor = 7 WHERE seq = 1`)
	must(t, err)
	if err := operateOn(c, []string{"verify-audit"}, new(bytes.Buffer)); fault.CodeOf(err) != fault.CodeAuditBroken || !strings.Contains(err.Error(), "row 1 has been changed") {
		t.Errorf("%v", err)
	}
	if err := operateOn(config.Config{Stage: config.Local, HostKind: config.Reference}, []string{"verify-audit"}, new(bytes.Buffer)); err == nil {
		t.Error("it works without a database")
	}
}

// A user who is leaving is no operator, and cannot be made one.
func TestWhoIsLeavingIsNoOperator(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	who := b.user("leaving", identity.RoleAdmin)
	_, err := b.db.Primary().Exec(t.Context(), `UPDATE users SET erase_at = ? WHERE id = ?`, time.Now().UTC(), who.User)
	must(t, err)
	c := config.Config{Stage: config.Local, HostKind: config.Reference, MySQLDSN: config.NewSecret(storetest.DSN(t, b.db))}
	if err := operateOn(c, []string{"grant", who.User.String()}, new(bytes.Buffer)); fault.CodeOf(err) != fault.CodeNotFound {
		t.Errorf("%v", err)
	}
	if n := b.audited("user.role"); n != "0" {
		t.Errorf("%s rows for what did not happen", n)
	}
}
