package social_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"castad/functions/social"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/provider"
	"castad/shared/seal"
	"castad/shared/seal/sealtest"
)

const day = 24 * time.Hour

func TestATokenIsRenewedWhenLittleOfItIsLeft(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for name, row := range map[string]struct {
		long  bool
		after time.Duration
		asked int
	}{
		"a short one with six minutes left":  {false, 54 * time.Minute, 0},
		"a short one with four minutes left": {false, 56 * time.Minute, 1},
		"a short one that has ended":         {false, 2 * time.Hour, 1},
		"a long one with sixteen days left":  {true, 44 * day, 0},
		"a long one with fourteen days left": {true, 46 * day, 1},
		"a long one that has ended":          {true, 61 * day, 1},
	} {
		grant, want := b.short, "access-1"
		if row.long {
			grant, want = b.long, "long-1"
		}
		a, before := b.connect("youtube", name, grant(1)), b.channel.times()
		b.channel.answers(func(int, provider.Grant) (provider.Grant, error) { return grant(2), nil })
		b.later(row.after)
		if row.asked == 1 {
			want = want[:len(want)-1] + "2"
		}
		for range 3 {
			if got, asked := b.access(a), b.channel.times()-before; got != want || asked != row.asked {
				t.Errorf("%s: %q, want %q; asked %d times, want %d", name, got, want, asked, row.asked)
			}
		}
	}
}

func TestALongTokenIsNotRenewedOnItsFirstDay(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	g := b.long(1)
	g.Expires = b.now().Add(10 * day) // connected with ten days left: due, and too young
	a := b.connect("instagram", "1", g)
	b.channel.answers(func(int, provider.Grant) (provider.Grant, error) { return b.long(2), nil })
	b.later(23 * time.Hour)
	if got := b.access(a); got != "long-1" {
		t.Errorf("before a day has passed: %q", got)
	}
	b.later(time.Hour)
	if got := b.access(a); got != "long-2" {
		t.Errorf("after a day: %q", got)
	}
}

func TestTwentyCallersInTwoProcessesRenewOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	other := social.New(b.config)
	a := b.connect("youtube", "UC1", b.short(1))
	b.later(2 * time.Hour)
	spent := map[string]bool{}
	b.channel.answers(func(n int, g provider.Grant) (provider.Grant, error) { // a channel that takes each refresh token once
		if b.channel.mu.Lock(); spent[g.Refresh] {
			b.channel.mu.Unlock()
			return ended(n, g)
		}
		spent[g.Refresh] = true
		b.channel.mu.Unlock()
		next := b.short(n + 1)
		next.Refresh = fmt.Sprintf("refresh-%d", n)
		return next, nil
	})
	var wg sync.WaitGroup
	for n := range 20 {
		from := b.social
		if n%2 == 1 {
			from = other
		}
		wg.Go(func() {
			if _, token, err := from.Access(t.Context(), owner, "youtube", a.ID); err != nil || token != "access-2" {
				t.Errorf("%q, %v", token, err)
			}
		})
	}
	wg.Wait()
	if n := b.channel.times(); n != 1 || b.noticed() != 0 {
		t.Errorf("renewed %d times, %d notices", n, b.noticed())
	}
}

func TestAPermissionThatHasEndedIsAskedForAndToldOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.connect("youtube", "UC1", b.short(1))
	b.channel.answers(ended)
	b.later(2 * time.Hour)
	var wg sync.WaitGroup
	for range 12 {
		wg.Go(func() {
			if got := b.access(a); got != "social.reconnect_needed" {
				t.Errorf("access %q", got)
			}
		})
	}
	wg.Wait()
	b.later(day)
	if got := b.access(a); got != "social.reconnect_needed" {
		t.Errorf("access %q a day later", got)
	}
	if b.channel.times() != 1 || b.noticed() != 1 || b.shown(a.ID).State != social.ReconnectNeeded {
		t.Errorf("asked %d times, %d notices, %s", b.channel.times(), b.noticed(), b.shown(a.ID).State)
	}
	if err := b.social.Ready(t.Context(), owner, "youtube", a.ID); fault.CodeOf(err) != fault.CodeReconnect {
		t.Errorf("ready: %v", err)
	}
}

func TestATokenThatLivesIsUsedWhileTheChannelCannotRenewIt(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.connect("instagram", "1", b.long(1))
	b.channel.answers(down)
	b.later(50 * day)
	if got := b.access(a); got != "long-1" {
		t.Errorf("with ten days left: %q", got)
	}
	b.later(10 * day)
	if got := b.access(a); got != "vendor.unavailable" {
		t.Errorf("ended: %q", got)
	}
	if b.shown(a.ID).State != social.Connected {
		t.Error("an outage has disconnected the account")
	}
}

func TestAfterALostAnswerTheOldRefreshTokenRenewsAgain(t *testing.T) {
	t.Parallel()
	b, a := killed(t)
	var with string
	b.channel.answers(func(_ int, g provider.Grant) (provider.Grant, error) {
		with = g.Refresh
		return b.short(3), nil
	})
	if got := b.access(a); got != "access-3" || with != "refresh-0" || b.noticed() != 0 {
		t.Errorf("access %q, renewed with %q, %d notices", got, with, b.noticed())
	}
}

func TestAfterALostAnswerARotatedTokenAsksForTheOwnerOnce(t *testing.T) {
	t.Parallel()
	b, a := killed(t)
	b.channel.answers(ended) // the channel took back the old one with its lost answer
	for range 3 {
		if got := b.access(a); got != "social.reconnect_needed" {
			t.Errorf("access %q", got)
		}
	}
	if b.channel.times() != 1 || b.noticed() != 1 {
		t.Errorf("asked %d times, %d notices", b.channel.times(), b.noticed())
	}
	if again := b.connect("youtube", "UC1", b.short(5)); again.ID != a.ID || b.access(a) != "access-5" {
		t.Error("connecting again did not help")
	}
}

// The owner connects again while a renewal with the old grant is under way: its
// "invalid_grant" says nothing about the new one.
func TestARefusalOfAGrantThatNoLongerCountsEndsNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.connect("youtube", "UC1", b.short(1))
	b.later(2 * time.Hour)
	b.channel.answers(func(n int, g provider.Grant) (provider.Grant, error) {
		fresh := b.short(7)
		fresh.Refresh = "refresh-7"
		b.connect("youtube", "UC1", fresh)
		return ended(n, g)
	})
	if got := b.access(a); got != "access-7" || b.noticed() != 0 || b.shown(a.ID).State != social.Connected {
		t.Errorf("%q, %d notices, %s", got, b.noticed(), b.shown(a.ID).State)
	}
}

func TestARenewalThatBringsNoRefreshTokenKeepsTheOldOne(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.connect("youtube", "UC1", b.short(1))
	var with []string
	b.channel.answers(func(n int, g provider.Grant) (provider.Grant, error) {
		with = append(with, g.Refresh)
		return provider.Grant{Access: fmt.Sprintf("access-%d", n+1), Expires: b.now().Add(time.Hour)}, nil
	})
	for n := range 3 {
		b.later(2 * time.Hour)
		if got, want := b.access(a), fmt.Sprintf("access-%d", n+2); got != want || with[n] != "refresh-0" {
			t.Errorf("%q, want %q; renewed with %q", got, want, with)
		}
	}
	if got := b.shown(a.ID).Scopes; len(got) != 2 {
		t.Errorf("the scopes are %v", got)
	}
}

// While the other process may still be alive nobody spends the refresh token a
// second time; a token that lives is used meanwhile.
func TestWhileAnotherProcessRenewsALivingTokenIsUsed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.connect("youtube", "UC1", b.short(1))
	b.later(57 * time.Minute)
	b.must(func() error {
		_, ok, err := b.db.Primary().Lease(t.Context(), "token-refresh:"+a.ID.String(), "another", time.Minute)
		if err == nil && !ok {
			err = errors.New("no lease")
		}
		return err
	}())
	if got := b.access(a); got != "access-1" || b.channel.times() != 0 {
		t.Errorf("%q, asked %d times", got, b.channel.times())
	}
}

// wrapper is a key-encryption key that can be away.
type wrapper struct {
	seal.Wrapper
	away *bool
}

func (w wrapper) Wrap(ctx context.Context, k []byte) (string, []byte, error) {
	if *w.away {
		return "", nil, fault.New(fault.CodeUnavailable)
	}
	return w.Wrapper.Wrap(ctx, k)
}

// A renewal whose answer could not be kept would spend a rotating refresh token.
func TestTheChannelIsNotAskedWhenItsAnswerCouldNotBeKept(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ring, away := sealtest.Ring("a"), false
	s, err := seal.New(b.now, wrapper{ring, &away})
	b.must(err)
	b.config.Seal = s
	b.social = social.New(b.config)
	a := b.connect("youtube", "UC1", b.short(1))
	b.channel.answers(func(int, provider.Grant) (provider.Grant, error) { return b.short(2), nil })
	b.later(2 * time.Hour)
	away = true
	if got := b.access(a); got != "castad.unavailable" || b.channel.times() != 0 {
		t.Errorf("%q, asked %d times", got, b.channel.times())
	}
	away = false
	if got := b.access(a); got != "access-2" {
		t.Errorf("%q when the vault is back", got)
	}
}

func TestACiphertextFromAnotherRowHandsOutNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	mine, also := b.connect("youtube", "UC1", b.short(1)), b.connect("youtube", "UC2", b.short(2))
	theirs := b.connectFor(stranger, "youtube", "UC9", b.short(9))
	for name, from := range map[string]id.Account{"another account of the owner's": also.ID, "a stranger's": theirs.ID} {
		b.exec(`UPDATE social_accounts SET grant_sealed = (SELECT g FROM (SELECT grant_sealed AS g FROM social_accounts WHERE id = ?) AS x) WHERE id = ?`, from, mine.ID)
		if _, token, err := b.social.Access(t.Context(), owner, "youtube", mine.ID); err == nil || token != "" {
			t.Errorf("%s: %q", name, token)
		}
	}
}

// Two posts of one account meet the same rejected token: that is one rejection.
func TestATokenThatIsRejectedTwiceAtOnceIsRenewedAllTheSame(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.connect("youtube", "UC1", b.short(1))
	b.channel.answers(func(n int, _ provider.Grant) (provider.Grant, error) { return b.short(n + 1), nil })
	for range 2 {
		b.must(b.social.Reject(t.Context(), owner, a.ID, "access-1"))
		b.later(time.Second)
	}
	if got := b.access(a); got != "access-2" || b.noticed() != 0 {
		t.Errorf("%q, %d notices", got, b.noticed())
	}
}

// An account that ends while its renewal is under way stays so, and the timer does
// not come back to it for ever.
func TestARenewalDoesNotOutliveItsAccountsEnd(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.connect("instagram", "1", b.long(1))
	b.later(46 * day)
	b.channel.answers(func(int, provider.Grant) (provider.Grant, error) {
		b.must(b.social.Reject(t.Context(), owner, a.ID, "long-1"))
		return b.long(2), nil
	})
	if got := b.access(a); got != "social.reconnect_needed" {
		t.Errorf("access %q", got)
	}
	if n := b.count(`SELECT COUNT(*) FROM social_accounts WHERE renew_at IS NOT NULL`); n != 0 {
		t.Error("the timer will renew it")
	}
}

func TestARejectedTokenIsRenewedBeforeItsTime(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a, long := b.connect("youtube", "UC1", b.short(1)), b.connect("instagram", "1", b.long(1))
	b.channel.answers(func(n int, _ provider.Grant) (provider.Grant, error) { return b.short(n + 1), nil })
	b.must(b.social.Reject(t.Context(), owner, a.ID, "access-0")) // one that has been replaced already
	if got := b.access(a); got != "access-1" {
		t.Errorf("after an old one was rejected: %q", got)
	}
	b.must(b.social.Reject(t.Context(), owner, a.ID, "access-1"))
	if got := b.access(a); got != "access-2" || b.channel.times() != 1 {
		t.Errorf("%q, asked %d times", got, b.channel.times())
	}
	b.later(time.Hour)
	if got := b.access(a); got != "access-3" {
		t.Errorf("an hour later: %q", got)
	}
	b.must(b.social.Reject(t.Context(), owner, a.ID, "access-3")) // an hour after the other: another story
	if got := b.access(a); got != "access-4" || b.noticed() != 0 {
		t.Errorf("%q, %d notices", got, b.noticed())
	}
	b.must(b.social.Reject(t.Context(), owner, a.ID, "access-4")) // at once again: a new token is no help
	if got := b.access(a); got != "social.reconnect_needed" || b.noticed() != 1 {
		t.Errorf("%q, %d notices", got, b.noticed())
	}
	b.must(b.social.Reject(t.Context(), owner, long.ID, "long-1")) // nothing to renew with
	b.must(b.social.Reject(t.Context(), owner, long.ID, "long-1"))
	if got := b.access(long); got != "social.reconnect_needed" || b.noticed() != 2 {
		t.Errorf("%q, %d notices", got, b.noticed())
	}
}
