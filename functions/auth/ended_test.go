package auth_test

import (
	"log/slog"
	"testing"
	"time"

	"castad/functions/auth"
	"castad/shared/identity"
	"castad/shared/store/storetest"
)

// Whatever ends a session ends its access tokens, on an instance that has no part in it,
// and no others.
func TestAnAccessTokenEndsWithItsSession(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(b *bench, s auth.Session) error{
		"left": func(b *bench, s auth.Session) error {
			_, err := b.auth.Leave(b.t.Context(), s.Principal, s.Refresh, false)
			return err
		},
		"left everywhere": func(b *bench, s auth.Session) error {
			_, err := b.auth.Leave(b.t.Context(), s.Principal, "", true)
			return err
		},
		"a stolen refresh token": func(b *bench, s auth.Session) error {
			b.renew(s.Refresh)
			b.later(auth.Grace)
			b.renew(s.Refresh)
			return nil
		},
		"the link at Kakao has ended": func(b *bench, _ auth.Session) error { return b.auth.Unlink(b.t.Context(), kakao, "1", false) },
		"being erased": func(b *bench, s auth.Session) error {
			_, err := b.auth.Erase(b.t.Context(), s.Principal)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			other := auth.NewEnded(b.db.Primary(), b.now, time.Hour, slog.New(slog.DiscardHandler))
			one, two, strangers := b.signIn("1", ""), b.signIn("1", ""), b.signIn("2", "")
			if one.Session == 0 || one.Session == two.Session {
				t.Fatalf("the tokens are of the sessions %v and %v", one.Session, two.Session)
			}
			next, err := b.auth.Renew(t.Context(), one.Refresh, auth.ForAPI)
			b.must(err)
			if next.Session != one.Session {
				t.Errorf("renewed, the token is of %v instead of %v", next.Session, one.Session)
			}
			b.must(other.Look(t.Context()))
			if other.Has(one.Session) || other.Has(two.Session) {
				t.Error("a session ended by itself")
			}
			one.Refresh = next.Refresh
			b.must(end(b, one))
			b.must(other.Look(t.Context()))
			everywhere := name != "left" && name != "a stolen refresh token"
			if !other.Has(one.Session) || other.Has(two.Session) != everywhere || other.Has(strangers.Session) || other.Has(0) {
				t.Errorf("ended: %v, the other session %v, a stranger's %v", other.Has(one.Session), other.Has(two.Session), other.Has(strangers.Session))
			}
			if three := b.signIn("3", ""); other.Has(three.Session) {
				t.Error("a session that began afterwards has ended")
			}
		})
	}
}

func TestAnEndedSessionIsRememberedAsLongAsATokenOfItMayLive(t *testing.T) {
	t.Parallel()
	wire := storetest.Proxy(t)
	b := newBench(t, storetest.Through(wire))
	e := auth.NewEnded(b.db.Primary(), b.now, time.Hour, slog.New(slog.DiscardHandler))
	s := b.signIn("1", "")
	_, err := b.auth.Leave(t.Context(), s.Principal, "", true)
	b.must(err)
	b.later(auth.AccessLife + identity.Leeway)
	_, err = b.auth.Purge(t.Context())
	b.must(err)
	b.must(e.Look(t.Context()))
	if !e.Has(s.Session) {
		t.Error("it is forgotten while a token may live")
	}
	wire.Refuse(true)
	wire.Break()
	if err := e.Look(t.Context()); err == nil || !e.Has(s.Session) {
		t.Errorf("it is forgotten because the database is away: %v", err)
	}
	wire.Refuse(false)
	b.later(auth.Settled)
	_, err = b.auth.Purge(t.Context())
	b.must(err)
	b.must(e.Look(t.Context()))
	if n := b.count(`SELECT COUNT(*) FROM ended_sessions`); n != 0 || e.Has(s.Session) {
		t.Errorf("%d are kept for ever", n)
	}
}
