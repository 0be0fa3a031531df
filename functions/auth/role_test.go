package auth_test

import (
	"testing"

	"castad/functions/auth"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/identity"
	"castad/shared/store/storetest"
)

// The token's word is not enough: what counts is what the table says now.
func TestWhoIsNoOperatorNowIsRefused(t *testing.T) {
	t.Parallel()
	w := storetest.Proxy(t)
	b := newBench(t, storetest.Through(w))
	roles := auth.NewRoles(b.db.Primary())
	s, other := b.signIn("1", "한빛"), b.signIn("2", "달빛")
	asks := func(what string, tenant id.Tenant, user id.User, want fault.Code) {
		t.Helper()
		err := roles.Operator(t.Context(), tenant, user)
		if want == "" && err != nil || want != "" && fault.CodeOf(err) != want {
			t.Errorf("%s: %v, want %q", what, err, want)
		}
	}
	asks("an owner", s.Tenant, s.User, fault.CodeDenied)
	b.exec(`UPDATE users SET role = ? WHERE id = ?`, identity.RoleAdmin, s.User)
	asks("an operator", s.Tenant, s.User, "")
	asks("an operator's id in another account", other.Tenant, s.User, fault.CodeDenied)
	asks("nobody", 1, 1, fault.CodeDenied)
	b.exec(`UPDATE users SET erase_at = ? WHERE id = ?`, b.now(), s.User)
	asks("an operator who is leaving", s.Tenant, s.User, fault.CodeDenied)
	b.exec(`UPDATE users SET erase_at = NULL WHERE id = ?`, s.User)
	asks("an operator who has stayed", s.Tenant, s.User, "")
	w.Refuse(true)
	w.Break()
	if err := roles.Operator(t.Context(), s.Tenant, s.User); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("who cannot be looked up: %v", err)
	}
}
