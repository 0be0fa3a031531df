package auth_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"castad/functions/auth"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/identity"

	"github.com/google/go-cmp/cmp"
)

func TestAUserIsAnIssuersSubjectAndNothingElse(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	one := b.signIn("9007199254740993", "한빛")
	if one.Role != identity.RoleOwner || one.Tenant == 0 || one.User == 0 {
		t.Errorf("a new user is %+v", one.Principal)
	}
	if two := b.signIn("9007199254740992", "한빛"); two.User == one.User || two.Tenant == one.Tenant {
		t.Error("two people of one nickname are one user")
	}
	elsewhere, err := b.auth.SignIn(t.Context(), auth.Person{Issuer: "https://other.example", Subject: "9007199254740993"})
	b.must(err)
	if elsewhere.User == one.User {
		t.Error("two issuers' people of one number are one user")
	}
	b.later(time.Hour)
	again := b.signIn("9007199254740993", "달빛")
	if again.User != one.User || again.Tenant != one.Tenant || again.Role != one.Role || again.Session == one.Session || again.Refresh == one.Refresh {
		t.Errorf("the second time %+v, the first time %+v", again.Principal, one.Principal)
	}
	b.signIn("9007199254740993", "") // not told this time
	got, err := b.auth.Show(t.Context(), one.Principal)
	if diff := cmp.Diff(auth.User{ID: one.User, Account: one.Tenant, Name: "달빛", Role: "owner", CreatedAt: monday, Sessions: 3}, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	for name, who := range map[string]identity.Principal{"another's account": {Tenant: elsewhere.Tenant, User: one.User}, "nobody": {Tenant: 1, User: 1}} {
		if _, err := b.auth.Show(t.Context(), who); fault.CodeOf(err) != fault.CodeSessionEnded {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhoSignsUpTwiceAtOnceIsOneUser(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var users sync.Map
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			s, err := b.auth.SignIn(t.Context(), auth.Person{Issuer: kakao, Subject: "5"})
			if err != nil {
				t.Error(err)
			}
			users.Store(s.User, true)
		})
	}
	all.Wait()
	n := 0
	users.Range(func(any, any) bool { n++; return true })
	if rows := b.count(`SELECT COUNT(*) FROM users`); n != 1 || rows != 1 {
		t.Errorf("%d users were given, %d are kept", n, rows)
	}
}

func TestAnAttemptIsGoodOnceInItsBrowserForTenMinutes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	begin := func(cookie string) auth.Attempt {
		a := auth.NewAttempt(cookie)
		b.must(b.auth.Begin(t.Context(), a, "/shop?tab=2"))
		return a
	}
	refused := func(what string, a auth.Attempt) {
		t.Helper()
		if next, err := b.auth.Spend(t.Context(), a); fault.CodeOf(err) != fault.CodeLoginState || next != "" {
			t.Errorf("%s: %q, %v", what, next, err)
		}
	}
	a, other := begin(""), begin("")
	refused("no state", auth.Attempt{Cookie: a.Cookie})
	refused("an unknown state", auth.Attempt{State: auth.NewAttempt("").State, Cookie: a.Cookie})
	refused("no cookie", auth.Attempt{State: a.State})
	refused("another browser", auth.Attempt{State: a.State, Cookie: other.Cookie})
	if next, err := b.auth.Spend(t.Context(), a); next != "/shop?tab=2" || err != nil { // none of that has spoilt it
		t.Errorf("%q, %v", next, err)
	}
	refused("used", a)
	tab := begin(other.Cookie)
	if tab.Cookie != other.Cookie || tab.State == other.State {
		t.Error("a second tab takes the first one's attempt away")
	}
	b.later(auth.AttemptLife)
	refused("expired", other)
	if n := b.count(`SELECT COUNT(*) FROM users`); n != 0 {
		t.Errorf("%d users", n)
	}
	b.later(time.Second)
	if _, err := b.auth.Purge(t.Context()); err != nil || b.count(`SELECT COUNT(*) FROM login_states`) != 0 {
		t.Errorf("attempts are left: %v", err)
	}
}

func TestParallelReturnsOfOneAttemptAreOneLogin(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := auth.NewAttempt("")
	b.must(b.auth.Begin(t.Context(), a, "/"))
	var mu sync.Mutex
	good := 0
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if _, err := b.auth.Spend(t.Context(), a); err == nil {
				mu.Lock()
				defer mu.Unlock()
				good++
			}
		})
	}
	all.Wait()
	if good != 1 {
		t.Errorf("%d of them were let through", good)
	}
}

func TestWhatTravelsTellsNothingOfTheCookie(t *testing.T) {
	t.Parallel()
	a := auth.NewAttempt("")
	b := auth.Attempt{State: a.State, Cookie: auth.NewAttempt("").Cookie}
	texts := []string{a.State, a.Cookie, a.Nonce(), a.Verifier(), a.Challenge(), b.Nonce(), b.Verifier(), b.Challenge()}
	for i, text := range texts {
		for _, other := range texts[:i] {
			if text == other || len(text) != 43 {
				t.Errorf("%q and %q", text, other)
			}
		}
	}
	if a.Nonce() != (auth.Attempt{State: a.State, Cookie: a.Cookie}).Nonce() {
		t.Error("the nonce is another after the way back")
	}
	for _, forged := range []string{"", "x", strings.Repeat("a", 44), a.Cookie + "\n", a.Cookie[:42]} {
		if auth.NewAttempt(forged).Cookie == forged {
			t.Errorf("the cookie %q is taken for ours", forged)
		}
	}
}

func TestAFailedSignInLeadsToWhereItBegan(t *testing.T) {
	t.Parallel()
	site := auth.Site{API: "https://api.example", App: "https://app.example/"}
	for next, want := range map[string]string{
		"/":                                 "https://app.example/?login_error=auth.bad_state",
		"/shop#top":                         "https://app.example/shop?login_error=auth.bad_state#top",
		"/shop?":                            "https://app.example/shop?login_error=auth.bad_state",
		"/shop?z=1&a=%2F&z=2":               "https://app.example/shop?z=1&a=%2F&z=2&login_error=auth.bad_state",
		"/shop?login_error=x&b=1#?a":        "https://app.example/shop?b=1&login_error=auth.bad_state#?a",
		"/@evil.example?x=//evil.example":   "https://app.example/@evil.example?x=//evil.example&login_error=auth.bad_state",
		"/shop?next=https://evil.example#x": "https://app.example/shop?next=https://evil.example&login_error=auth.bad_state#x",
	} {
		if got := site.Failed(next, fault.CodeLoginState); got != want {
			t.Errorf("%q leads to %q", next, got)
		}
	}
}

func TestANativeAppsTokenOpensOneSessionWithinTenMinutes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	who := auth.Person{Issuer: kakao, Subject: "1"}
	refused := func(what, nonce string, issued time.Time) {
		t.Helper()
		if _, err := b.auth.SignInOnce(t.Context(), who, nonce, issued); fault.CodeOf(err) != fault.CodeUnauthenticated {
			t.Errorf("%s: %v", what, err)
		}
	}
	b.exec(`ALTER TABLE refresh_tokens RENAME TO away`)
	if _, err := b.auth.SignInOnce(t.Context(), who, "nonce-1", b.now()); err == nil || fault.CodeOf(err) == fault.CodeUnauthenticated {
		t.Errorf("without sessions: %v", err)
	}
	b.exec(`ALTER TABLE away RENAME TO refresh_tokens`) // the token is still good
	if _, err := b.auth.SignInOnce(t.Context(), who, "nonce-1", b.now()); err != nil {
		t.Error(err)
	}
	refused("used", "nonce-1", b.now())
	refused("an old one", "nonce-2", b.now().Add(-auth.AttemptLife-time.Second))
	refused("one of the future", "nonce-3", b.now().Add(2*time.Minute))
	refused("one of no time", "nonce-4", time.Time{})
	issued := b.now()
	b.later(auth.AttemptLife)
	_, err := b.auth.Purge(t.Context())
	b.must(err)
	refused("used, when its attempt has ended", "nonce-1", issued)
}

func TestWhoEndsTheLinkMayComeBackForThirtyDays(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.signIn("1", "한빛")
	b.must(b.auth.Unlink(t.Context(), kakao, "unheard", false))
	b.must(b.auth.Unlink(t.Context(), "https://other.example", "1", false))
	if got := b.renew(s.Refresh); len(got) != 43 {
		t.Fatalf("another's unlinking ended the session: %q", got)
	}
	b.must(b.auth.Unlink(t.Context(), kakao, "1", false))
	if got := b.renew(s.Refresh); got != ended {
		t.Errorf("after the link's end: %q", got)
	}
	due := func() []auth.Leaver {
		t.Helper()
		all, err := b.auth.Due(t.Context(), 10)
		b.must(err)
		return all
	}
	want := auth.Leaver{User: s.User, Tenant: s.Tenant, Issuer: kakao, Subject: "1", EraseAt: monday.Add(auth.ComeBack)}
	if diff := cmp.Diff([]auth.Leaver{want}, due()); diff != "" {
		t.Errorf("due (-want +got):\n%s", diff)
	}
	b.must(b.auth.Later(t.Context(), want, want.EraseAt))
	b.later(auth.ComeBack - time.Second)
	if got := due(); len(got) != 0 {
		t.Errorf("due a second before: %+v", got)
	}
	if back := b.signIn("1", ""); back.User != s.User || back.Tenant != s.Tenant {
		t.Errorf("who comes back is %+v", back.Principal)
	}
	b.must(b.auth.Later(t.Context(), want, b.now())) // the eraser was at it
	b.later(time.Hour)
	if got := due(); len(got) != 0 {
		t.Errorf("who has come back is due: %+v", got)
	}
	b.must(b.auth.Unlink(t.Context(), kakao, "1", false))
	b.later(auth.ComeBack)
	want.EraseAt, want.Erasing = b.now(), true
	if diff := cmp.Diff([]auth.Leaver{want}, due()); diff != "" {
		t.Errorf("due in the end (-want +got):\n%s", diff)
	}
	if _, err := b.auth.SignIn(t.Context(), auth.Person{Issuer: kakao, Subject: "1"}); fault.CodeOf(err) != fault.CodeErasing {
		t.Errorf("who is being erased signs in: %v", err)
	}
}

func TestWhoIsErasedLeavesARowWithNothingPersonal(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s, gone := b.signIn("1", "한빛"), b.signIn("2", "달빛")
	begun, err := b.auth.Erase(t.Context(), s.Principal)
	if err != nil || !begun.Equal(monday) {
		t.Fatalf("%v, %v", begun, err)
	}
	b.must(b.auth.Unlink(t.Context(), kakao, "2", false))
	visited, err := b.auth.Due(t.Context(), 10)
	b.must(err)
	b.must(b.auth.Unlink(t.Context(), kakao, "2", true))
	for _, l := range visited { // the eraser was at it, and puts off who could have come back
		if !l.Erasing {
			b.must(b.auth.Later(t.Context(), l, l.EraseAt))
		}
	}
	if got := b.renew(s.Refresh); got != ended {
		t.Errorf("after the mark: %q", got)
	}
	if _, err := b.auth.Show(t.Context(), s.Principal); fault.CodeOf(err) != fault.CodeSessionEnded {
		t.Errorf("still shown: %v", err)
	}
	b.later(time.Minute)
	if again, err := b.auth.Erase(t.Context(), s.Principal); err != nil || !again.Equal(begun) {
		t.Errorf("marked again: %v, %v", again, err)
	}
	due, err := b.auth.Due(t.Context(), 10)
	if err != nil || len(due) != 2 {
		t.Fatalf("due: %+v, %v", due, err)
	}
	if done, err := b.auth.Erased(t.Context(), due[0]); done || err == nil {
		t.Errorf("erased while access tokens live: %v, %v", done, err)
	}
	b.later(auth.Settled)
	for _, l := range due {
		if done, err := b.auth.Erased(t.Context(), l); !done || err != nil {
			t.Errorf("%v, %v", done, err)
		}
	}
	if n := b.count(`SELECT COUNT(*) FROM users WHERE name <> '' OR issuer <> '' OR subject IN ('1', '2') OR state <> 'erased' OR due_at IS NOT NULL`); n != 0 {
		t.Errorf("%d users are left with something", n)
	}
	if n := b.count(`SELECT COUNT(*) FROM refresh_tokens`); n != 0 {
		t.Errorf("%d tokens are left", n)
	}
	if anew := b.signIn("1", "한빛"); anew.User == s.User || anew.Tenant == s.Tenant {
		t.Error("who signs up anew is the old user")
	}
	if _, err := b.auth.Erase(t.Context(), identity.Principal{Tenant: 1, User: gone.User}); fault.CodeOf(err) != fault.CodeNotFound {
		t.Errorf("another account's user: %v", err)
	}
	var none id.User
	if _, err := b.auth.Erase(t.Context(), identity.Principal{Tenant: s.Tenant, User: none}); fault.CodeOf(err) != fault.CodeNotFound {
		t.Errorf("nobody: %v", err)
	}
}
