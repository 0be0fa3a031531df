package trigger

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/identity"
)

// operators is a host with one function for operators, and what its callers have.
type operators struct {
	*bench
	admin, owners string // tokens for the audience of operators
	late          string // the same, over
	called        int
	by            identity.Actor
	asked         []identity.Principal
	says          error // the database
	keys          identity.Keys
}

var operator = identity.Principal{Tenant: 7, User: 9, Role: identity.RoleAdmin}

func forOperators(t *testing.T, with ...func(*Options)) *operators {
	t.Helper()
	b := &operators{}
	keys, err := identity.NewKeys(key(t, "tokens"))
	if err != nil {
		t.Fatal(err)
	}
	b.keys = keys
	verifier, err := identity.NewVerifier(keys, identity.DefaultIssuer, "castad-admin", time.Now)
	if err != nil {
		t.Fatal(err)
	}
	b.bench = set(t, func(o *Options) {
		o.Operators = verifier
		o.Operator = func(_ context.Context, who identity.Principal) error {
			b.asked = append(b.asked, who)
			return b.says
		}
		for _, change := range with {
			change(o)
		}
	}, Admin("admin-runs", httpJSON("v1/admin/runs", "get"), one, func(_ context.Context, by identity.Actor, _ struct{}) (struct{}, error) {
		b.called++
		b.by = by
		return struct{}{}, nil
	}), HTTP("ad-list", httpJSON("v1/ads", "get"), one, func(context.Context, identity.Principal, struct{}) (struct{}, error) {
		b.called++
		return struct{}{}, nil
	}))
	hourAgo := func() time.Time { return time.Now().Add(-time.Hour) }
	b.admin, b.owners, b.late = b.mint(t, "castad-admin", operator), b.mint(t, "castad-admin", owner), b.mint(t, "castad-admin", operator, hourAgo)
	return b
}

// mint makes a token for an audience, now or by another clock.
func (b *operators) mint(t *testing.T, audience string, who identity.Principal, by ...func() time.Time) string {
	t.Helper()
	issuer, err := identity.NewIssuer(b.keys, identity.DefaultIssuer, audience, append(by, time.Now)[0])
	if err != nil {
		t.Fatal(err)
	}
	token, err := issuer.Issue(who, 5*time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

var one = Budget{Time: 5 * time.Second, Connections: 1}

func (b *operators) get(t *testing.T, path, token string) (int, string) {
	t.Helper()
	var header []string
	if token != "" {
		header = []string{"Authorization", "Bearer " + token}
	}
	w := b.ask("GET", path, "", header...)
	if w.Code/100 == 2 {
		return w.Code, ""
	}
	return w.Code, problemOf(t, w).Code
}

// A token is good without anybody being asked, but not longer than its session.
func TestATokenOpensNothingOnceItsSessionHasEnded(t *testing.T) {
	t.Parallel()
	ended := map[id.Session]bool{}
	b := forOperators(t, func(o *Options) { o.Ended = func(s id.Session) bool { return ended[s] } })
	who, also := owner, operator
	who.Session, also.Session = 5, 6
	doors := map[string]string{"/api/v1/ads": b.mint(t, identity.DefaultAudience, who), "/api/v1/admin/runs": b.mint(t, "castad-admin", also)}
	for path, token := range doors {
		if status, code := b.get(t, path, token); status != http.StatusNoContent {
			t.Errorf("%s: %d %s", path, status, code)
		}
	}
	ended[5], ended[6] = true, true
	for path, token := range doors {
		if status, code := b.get(t, path, token); status != http.StatusUnauthorized || code != string(fault.CodeSessionEnded) {
			t.Errorf("%s after the session's end: %d %s", path, status, code)
		}
	}
	if status, code := b.get(t, "/api/v1/ads", b.mint(t, identity.DefaultAudience, owner)); status != http.StatusNoContent {
		t.Errorf("a developer's token, which is of no session: %d %s", status, code)
	}
	if b.called != 3 {
		t.Errorf("%d calls", b.called)
	}
}

// Row 10 of the security anchors.
func TestAFunctionForOperatorsTakesOperatorsTokensOnly(t *testing.T) {
	t.Parallel()
	b := forOperators(t)
	for name, row := range map[string]struct {
		path, token string
		status      int
		code        fault.Code
	}{
		"an operator's token":                          {"/api/v1/admin/runs", b.admin, http.StatusNoContent, ""},
		"an owner's ordinary token":                    {"/api/v1/admin/runs", b.token, http.StatusForbidden, fault.CodeDenied},
		"a token of operators that says owner":         {"/api/v1/admin/runs", b.owners, http.StatusForbidden, fault.CodeDenied},
		"an operator's token that is over":             {"/api/v1/admin/runs", b.late, http.StatusUnauthorized, fault.CodeTokenExpired},
		"nothing":                                      {"/api/v1/admin/runs", "", http.StatusUnauthorized, fault.CodeUnauthenticated},
		"rubble":                                       {"/api/v1/admin/runs", "x.y.z", http.StatusUnauthorized, fault.CodeUnauthenticated},
		"an operator's token on an ordinary function":  {"/api/v1/ads", b.admin, http.StatusUnauthorized, fault.CodeUnauthenticated},
		"an owner's ordinary token where it is due":    {"/api/v1/ads", b.token, http.StatusNoContent, ""},
		"an operator's token cut short by a character": {"/api/v1/admin/runs", b.admin[:len(b.admin)-1], http.StatusUnauthorized, fault.CodeUnauthenticated},
	} {
		before := b.called
		status, code := b.get(t, row.path, row.token)
		if status != row.status || code != string(row.code) {
			t.Errorf("%s: %d %s, want %d %s", name, status, code, row.status, row.code)
		}
		if called := b.called > before; called != (row.status == http.StatusNoContent) {
			t.Errorf("%s: called %v", name, called)
		}
	}
}

func TestTheDatabaseIsAskedOnEveryRequestWhetherTheCallerIsAnOperator(t *testing.T) {
	t.Parallel()
	b := forOperators(t)
	for range 3 {
		if status, code := b.get(t, "/api/v1/admin/runs", b.admin); status != http.StatusNoContent {
			t.Fatalf("%d %s", status, code)
		}
	}
	if len(b.asked) != 3 || b.asked[2] != operator {
		t.Errorf("asked %v", b.asked)
	}
	b.says = fault.New(fault.CodeDenied) // the role was taken away
	if status, code := b.get(t, "/api/v1/admin/runs", b.admin); status != http.StatusForbidden || code != string(fault.CodeDenied) {
		t.Errorf("%d %s", status, code)
	}
	if b.called != 3 || b.by.User != operator.User || !isUUID(b.by.Request) {
		t.Errorf("called %d times, by %v", b.called, b.by)
	}
}

// Row 24: what cannot be found out keeps the door shut.
func TestAnOperatorWhoCannotBeLookedUpStaysOutside(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		says   error
		status int
	}{{fault.New(fault.CodeUnavailable), http.StatusServiceUnavailable}, {fault.New(fault.CodeBusy), http.StatusServiceUnavailable},
		{errors.New("dial tcp: no route"), http.StatusInternalServerError}, {context.DeadlineExceeded, http.StatusGatewayTimeout}} {
		b := forOperators(t)
		b.says = row.says
		if status, code := b.get(t, "/api/v1/admin/runs", b.admin); status != row.status || b.called != 0 {
			t.Errorf("%v: %d %s, called %d", row.says, status, code, b.called)
		}
	}
}

func TestAFunctionForOperatorsNeedsWhatItIsKnownBy(t *testing.T) {
	t.Parallel()
	fn := func(context.Context, identity.Actor, struct{}) (struct{}, error) { return struct{}{}, nil }
	if f := Admin("admin-runs", httpJSON("v1/admin/runs", "get"), quick, fn); f.Err() == nil {
		t.Error("it has no connection and looks nobody up")
	}
	f := Admin("admin-runs", httpJSON("v1/admin/runs", "get"), one, fn)
	if f.Err() != nil || !f.Admin() || f.Public() {
		t.Fatalf("%v, admin %v, public %v", f.Err(), f.Admin(), f.Public())
	}
	full := forOperators(t).o
	for name, take := range map[string]func(*Options){
		"no verifier": func(o *Options) { o.Operators = nil },
		"no database": func(o *Options) { o.Operator = nil },
		"no tokens":   func(o *Options) { o.Tokens = nil },
	} {
		o := full
		take(&o)
		if _, err := New(o, f); err == nil {
			t.Errorf("%s: it is served", name)
		}
	}
}
