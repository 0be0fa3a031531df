package auth_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"castad/functions/auth"
	"castad/shared/fault"
	"castad/shared/identity"
	"castad/shared/seal"
	"castad/shared/seal/sealtest"
	"castad/shared/store"
	"castad/shared/store/storetest"
)

func TestARefreshTokenIsSpentForOneChildThatItBringsForTenSeconds(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	first := b.signIn("1", "한빛").Refresh
	child := b.renew(first)
	if len(child) != 43 || child == first {
		t.Fatalf("the child is %q", child)
	}
	b.later(auth.Grace - time.Microsecond)
	if again := b.renew(first); again != child {
		t.Errorf("within the grace: %q", again)
	}
	if n := b.count(`SELECT COUNT(*) FROM refresh_tokens`); n != 2 {
		t.Errorf("%d tokens are kept", n)
	}
	b.later(time.Microsecond)
	if got := b.renew(first); got != ended {
		t.Errorf("after the grace: %q", got)
	}
	if got := b.renew(child); got != ended {
		t.Errorf("the child of a stolen token: %q", got)
	}
	if b.noticed() != 1 {
		t.Errorf("%d notices", b.noticed())
	}
	if b.renew(first); b.noticed() != 1 {
		t.Error("the thief's second try is another notice")
	}
}

// I18: whatever many tabs, devices and repetitions do, a token has one child.
func TestTwentyParallelRenewalsGetTheSameChild(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	stores := []*auth.Store{b.auth, auth.New(b.config), auth.New(b.config)} // several instances
	first := b.signIn("1", "").Refresh
	var children sync.Map
	var all sync.WaitGroup
	for n := range 20 {
		all.Go(func() {
			s, err := stores[n%3].Renew(t.Context(), first, auth.ForAPI)
			if err != nil {
				t.Errorf("renewal %d: %v", n, err)
			}
			children.Store(s.Refresh, true)
		})
	}
	all.Wait()
	different := 0
	children.Range(func(child, _ any) bool {
		if different++; child == "" || child == first {
			t.Errorf("a child is %q", child)
		}
		return true
	})
	if rows := b.count(`SELECT COUNT(*) FROM refresh_tokens WHERE parent_hash IS NOT NULL`); different != 1 || rows != 1 {
		t.Errorf("%d children were given, %d are kept", different, rows)
	}
}

func TestASessionEndsUnusedAndAtItsEndWhateverHappens(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	idle := b.signIn("1", "").Refresh
	b.later(auth.IdleLife)
	if got := b.renew(idle); got != ended {
		t.Errorf("after fourteen days unused: %q", got)
	}
	if b.noticed() != 0 {
		t.Error("an unused token is taken for a stolen one")
	}
	s, begun := b.signIn("1", ""), b.now()
	for b.now().Before(begun.Add(auth.SessionLife - 10*24*time.Hour)) {
		b.later(10 * 24 * time.Hour)
		next, err := b.auth.Renew(t.Context(), s.Refresh, auth.ForAPI)
		b.must(err)
		s = next
	}
	if s.Life != 10*24*time.Hour {
		t.Errorf("ten days before its end a token lives %v", s.Life)
	}
	b.later(10 * 24 * time.Hour)
	if got := b.renew(s.Refresh); got != ended {
		t.Errorf("after thirty days: %q", got)
	}
}

func TestADumpOfTheDatabaseOpensNoSession(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	first := b.signIn("1", "").Refresh
	child := b.renew(first)
	type row struct{ hash, sealed []byte }
	rows, err := store.All(t.Context(), b.db.Primary(), `SELECT token_hash, COALESCE(child_sealed, '') FROM refresh_tokens LIMIT 10`,
		func(r *row) []any { return []any{&r.hash, &r.sealed} })
	b.must(err)
	for _, r := range rows {
		for _, secret := range []string{first, child} {
			if bytes.Contains(r.sealed, []byte(secret)) || bytes.Contains(r.hash, []byte(secret)) {
				t.Error("a token is kept as it is")
			}
		}
		for _, token := range []string{string(r.hash), base64.RawURLEncoding.EncodeToString(r.hash)} {
			if got := b.renew(token); got != ended {
				t.Errorf("a hash opens a session: %q", got)
			}
		}
	}
	c := b.config
	c.Seal = sealtest.Sealer(b.now, "b") // whoever has the rows has no key
	if _, err := auth.New(c).Renew(t.Context(), first, auth.ForAPI); err == nil {
		t.Error("the sealed child opens with another key")
	}
	b.later(auth.Grace)
	if _, err := b.auth.Purge(t.Context()); err != nil {
		t.Error(err)
	}
	if n := b.count(`SELECT COUNT(*) FROM refresh_tokens WHERE child_sealed IS NOT NULL OR child_until IS NOT NULL`); n != 0 {
		t.Errorf("%d sealed children are left after the grace", n)
	}
	if got := b.renew(child); len(got) != 43 {
		t.Errorf("the child after the purge: %q", got)
	}
}

func TestOnlyWhoIsAnOperatorNowGetsAnOperatorsToken(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.signIn("1", "")
	if _, err := b.auth.Renew(t.Context(), s.Refresh, auth.ForAdmin); fault.CodeOf(err) != fault.CodeDenied {
		t.Errorf("an owner asks for an operator's token: %v", err)
	}
	b.exec(`UPDATE users SET role = ? WHERE id = ?`, identity.RoleAdmin, s.User)
	next, err := b.auth.Renew(t.Context(), s.Refresh, auth.ForAdmin) // the refusal has not spent it
	b.must(err)
	got, err := b.auth.Issue(next, auth.ForAdmin)
	if want := fmt.Sprintf("admin %v admin 5m0s", s.User); got.AccessToken != want || got.ExpiresIn != 300 || err != nil {
		t.Errorf("got %+v, %v", got, err)
	}
	b.exec(`UPDATE users SET role = ? WHERE id = ?`, identity.RoleOwner, s.User)
	if _, err := b.auth.Renew(t.Context(), next.Refresh, auth.ForAdmin); fault.CodeOf(err) != fault.CodeDenied {
		t.Errorf("who is an operator no more: %v", err)
	}
}

func TestLeavingEndsOneSessionOrAll(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	one, two, strangers := b.signIn("1", ""), b.signIn("1", ""), b.signIn("2", "")
	leave := func(s auth.Session, refresh string, everywhere bool) int {
		t.Helper()
		n, err := b.auth.Leave(t.Context(), s.Principal, refresh, everywhere)
		b.must(err)
		return n
	}
	if n := leave(strangers, one.Refresh, false); n != 0 {
		t.Errorf("a stranger ended %d sessions", n)
	}
	if n := leave(one, "rubble", false); n != 0 {
		t.Errorf("rubble ended %d sessions", n)
	}
	child := b.renew(one.Refresh)
	if n := leave(one, one.Refresh, false); n != 1 { // also by the token that is spent
		t.Errorf("leaving ended %d sessions", n)
	}
	for name, token := range map[string]string{"the child": child, "the spent token in its grace": one.Refresh} {
		if got := b.renew(token); got != ended {
			t.Errorf("%s after leaving: %q", name, got)
		}
	}
	two.Refresh = b.renew(two.Refresh)
	if len(two.Refresh) != 43 {
		t.Error("the other session ended, too")
	}
	three := b.signIn("1", "")
	if n := leave(one, "", true); n != 2 {
		t.Errorf("leaving everywhere ended %d sessions", n)
	}
	for _, s := range []auth.Session{two, three} {
		if got := b.renew(s.Refresh); got != ended {
			t.Errorf("after leaving everywhere: %q", got)
		}
	}
	if got := b.renew(strangers.Refresh); len(got) != 43 {
		t.Errorf("a stranger's session: %q", got)
	}
	if n := leave(auth.Session{Principal: identity.Principal{Tenant: 1, User: 1, Role: "owner"}}, "", true); n != 0 {
		t.Errorf("who is no user ended %d sessions", n)
	}
}

func TestWhoIsBeingErasedRenewsNothingEvenWithATokenThatLives(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, state := range []string{auth.Unlinked, auth.Erasing, auth.Erased} {
		s := b.signIn("1", "")
		b.exec(`UPDATE users SET state = ?`, state)
		if got := b.renew(s.Refresh); got != ended {
			t.Errorf("%s: %q", state, got)
		}
		b.exec(`UPDATE users SET state = ?`, auth.Active)
	}
}

// A renewal that is under way while all sessions end must not leave a child behind.
func TestNoRenewalSlipsPastTheEndOfAllSessions(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for range 10 {
		s := b.signIn("1", "")
		var got string
		var all sync.WaitGroup
		all.Go(func() { got = b.renew(s.Refresh) })
		all.Go(func() {
			if _, err := b.auth.Leave(t.Context(), s.Principal, "", true); err != nil {
				t.Error(err)
			}
		})
		all.Wait()
		if n := b.count(`SELECT COUNT(*) FROM refresh_tokens WHERE state = 'live'`); n != 0 {
			t.Fatalf("%d tokens live on, the renewal got %q", n, got)
		}
	}
}

// vault is a key-encryption key that is away.
type vault struct{ err error }

func (v vault) Wrap(context.Context, []byte) (string, []byte, error)           { return "", nil, v.err }
func (v vault) Unwrap(context.Context, string, []byte) (key []byte, err error) { return nil, v.err }
func (v vault) Knows(string) bool                                              { return true }

func TestWithoutAKeyOrADatabaseNobodyGetsAToken(t *testing.T) {
	t.Parallel()
	w := storetest.Proxy(t)
	b := newBench(t, storetest.Through(w))
	s := b.signIn("1", "")
	away, err := seal.New(b.now, vault{fault.Newf(fault.CodeUnavailable, "the vault is away")})
	b.must(err)
	c := b.config
	c.Seal = away
	if got, err := auth.New(c).Renew(t.Context(), s.Refresh, auth.ForAPI); fault.KindOf(err) != fault.Unavailable || got.Refresh != "" {
		t.Errorf("without a key: %+v, %v", got, err)
	}
	if n := b.count(`SELECT COUNT(*) FROM refresh_tokens WHERE state = 'spent'`); n != 0 {
		t.Error("the token was spent, and its child is lost")
	}
	w.Refuse(true)
	w.Break()
	if got, err := b.auth.Renew(t.Context(), s.Refresh, auth.ForAPI); fault.KindOf(err) != fault.Unavailable || got.Refresh != "" {
		t.Errorf("without a database: %+v, %v", got, err)
	}
	if got, err := b.auth.SignIn(t.Context(), auth.Person{Issuer: kakao, Subject: "1"}); fault.KindOf(err) != fault.Unavailable || got.Refresh != "" {
		t.Errorf("signing in without a database: %+v, %v", got, err)
	}
	w.Refuse(false)
	if got := b.renew(s.Refresh); len(got) != 43 {
		t.Errorf("afterwards: %q", got)
	}
}

// renewAndHang is the process that is killed: this test's binary on the database dsn.
func renewAndHang(dsn string) {
	err := func() error {
		now := func() time.Time { return monday }
		db, err := store.Open(store.Config{DSN: dsn, Stage: "local", Host: "reference"})
		if err != nil {
			return err
		}
		s := auth.New(auth.Config{DB: db.Primary(), Seal: sealtest.Sealer(now, "a"), Now: now})
		if _, err := s.Renew(context.Background(), os.Getenv("CASTAD_TEST_TOKEN"), auth.ForAPI); err != nil {
			return err
		}
		fmt.Println("renewed")
		select {}
	}()
	fmt.Println(errors.Unwrap(err))
	os.Exit(1)
}

// U7: the child is committed and its answer is never sent.
func TestTheChildOfAProcessThatWasKilledBeforeItsAnswerIsBroughtAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	first := b.signIn("1", "").Refresh
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = []string{"CASTAD_TEST_RENEW=" + storetest.DSN(t, b.db), "CASTAD_TEST_TOKEN=" + first}
	out, err := cmd.StdoutPipe()
	b.must(err)
	b.must(cmd.Start())
	said := bufio.NewScanner(out)
	if said.Scan(); said.Text() != "renewed" {
		t.Errorf("the other process said %q", said.Text())
	}
	b.must(cmd.Process.Kill())
	_ = cmd.Wait() // it was killed
	b.later(auth.Grace / 2)
	child := b.renew(first)
	if len(child) != 43 || b.count(`SELECT COUNT(*) FROM refresh_tokens`) != 2 {
		t.Fatalf("the second try got %q", child)
	}
	if again := b.renew(first); again != child {
		t.Errorf("the third try got another child")
	}
	b.later(auth.Grace)
	if grandchild := b.renew(child); len(grandchild) != 43 || strings.Contains(grandchild, child) {
		t.Errorf("the child is good for %q", grandchild)
	}
}
