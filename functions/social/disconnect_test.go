package social_test

import (
	"errors"
	"testing"
	"time"

	"castad/functions/social"
	"castad/shared/fault"
	"castad/shared/provider"
)

func TestAnotherTenantsAccountIsNotThere(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	theirs := b.connectFor(stranger, "youtube", "UC9", b.short(9))
	_, token, err := b.social.Access(t.Context(), owner, "youtube", theirs.ID)
	_, err2 := b.social.Disconnect(t.Context(), owner, theirs.ID)
	for what, err := range map[string]error{"access": err, "disconnect": err2, "ready": b.social.Ready(t.Context(), owner, "youtube", theirs.ID),
		"reject": b.social.Reject(t.Context(), owner, theirs.ID, "access-9"), "another channel": b.social.Ready(t.Context(), stranger, "instagram", theirs.ID)} {
		if fault.KindOf(err) != fault.NotFound {
			t.Errorf("%s: %v", what, err)
		}
	}
	if token != "" || b.count(`SELECT COUNT(*) FROM social_accounts`) != 1 {
		t.Errorf("token %q", token)
	}
}

func TestDisconnectingDeletesTheTokensWhetherTheChannelAgreesOrNot(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		says    error
		revoked bool
	}{"it agrees": {nil, true}, "it does not answer": {errors.New("no answer"), false}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			a := b.connect("youtube", "UC1", b.short(1))
			var withdrawn string
			b.channel.revoke = func(g provider.Grant) error { withdrawn = g.Refresh; return row.says }
			revoked, err := b.social.Disconnect(t.Context(), owner, a.ID)
			if err != nil || revoked != row.revoked || withdrawn != "refresh-0" {
				t.Errorf("revoked %v, %v; withdrawn %q", revoked, err, withdrawn)
			}
			if n := b.count(`SELECT COUNT(*) FROM social_accounts WHERE LENGTH(grant_sealed) + LENGTH(name) + LENGTH(url) + LENGTH(scopes) > 0 OR renew_at IS NOT NULL`); n != 0 {
				t.Error("something of the account is left")
			}
			if all, err := b.social.List(t.Context(), owner); err != nil || len(all) != 0 {
				t.Errorf("listed %+v, %v", all, err)
			}
			if _, err := b.social.Reseal(t.Context(), 0, 10); err != nil {
				t.Errorf("nothing is left to reseal: %v", err)
			}
			if got := b.access(a); got != "resource.not_found" {
				t.Errorf("access %q", got)
			}
		})
	}
}

// Google ends everything that an account has allowed an app, whichever token is
// revoked: the other shop with the same channel would be cut off.
func TestDisconnectingLeavesAnotherShopsConnectionAlone(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	mine, theirs := b.connect("youtube", "UC1", b.short(1)), b.connectFor(stranger, "youtube", "UC1", b.short(2))
	withdrawn := 0
	b.channel.revoke = func(provider.Grant) error { withdrawn++; return nil }
	if revoked, err := b.social.Disconnect(t.Context(), owner, mine.ID); revoked || err != nil || withdrawn != 0 {
		t.Errorf("revoked %v, %v, %d times", revoked, err, withdrawn)
	}
	if _, token, err := b.social.Access(t.Context(), stranger, "youtube", theirs.ID); token != "access-2" || err != nil {
		t.Errorf("the other's token: %q, %v", token, err)
	}
	if revoked, err := b.social.Disconnect(t.Context(), stranger, theirs.ID); !revoked || err != nil || withdrawn != 1 {
		t.Errorf("the last one: revoked %v, %v, %d times", revoked, err, withdrawn)
	}
}

// Orders and posts name an account by its id: one that is taken back and given again
// is the same account, with the new grant only.
func TestAnAccountThatIsConnectedAgainIsTheSameOne(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.connect("youtube", "UC1", b.short(1))
	other := b.connectFor(stranger, "youtube", "UC1", b.short(2))
	if _, err := b.social.Disconnect(t.Context(), owner, a.ID); err != nil {
		t.Fatal(err)
	}
	fresh := b.short(3)
	fresh.Refresh = "" // the channel gives none anew: the one that was withdrawn must not come back
	again := b.connect("youtube", "UC1", fresh)
	if again.ID != a.ID || again.ID == other.ID || again.State != social.Connected || again.Name == "" {
		t.Errorf("connected again: %+v, before %v", again, a.ID)
	}
	if got := b.access(again); got != "access-3" {
		t.Errorf("access %q", got)
	}
	b.channel.revoke = func(g provider.Grant) error {
		if g.Refresh != "" || g.Access != "access-3" {
			t.Errorf("the grant that was taken back is still there: %+v", g)
		}
		return nil
	}
	if _, err := b.social.Disconnect(t.Context(), stranger, other.ID); err != nil {
		t.Fatal(err)
	}
	if revoked, err := b.social.Disconnect(t.Context(), owner, again.ID); !revoked || err != nil { // the stranger's is disconnected, not shared
		t.Errorf("revoked %v, %v", revoked, err)
	}
}

// While the channel is asked, its owner may connect the account again, or another process
// may renew its token: what was granted anew is kept, and what was only renewed goes too.
func TestAnAccountThatChangesWhileItIsDisconnected(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		meanwhile func(b *bench, a social.Account)
		code      fault.Code
		access    string
	}{
		"it is connected again": {func(b *bench, _ social.Account) {
			anew := b.short(5)
			anew.Refresh = "refresh-5"
			b.connect("youtube", "UC1", anew)
		}, fault.CodeConflict, "access-5"},
		"it is connected again, and the channel takes that back, too": {func(b *bench, _ social.Account) {
			anew := b.short(5)
			anew.Refresh = "refresh-5"
			b.connect("youtube", "UC1", anew)
			b.channel.answers(ended)
		}, fault.CodeConflict, "social.reconnect_needed"},
		"its token is renewed": {func(b *bench, a social.Account) {
			b.channel.answers(func(int, provider.Grant) (provider.Grant, error) { return b.short(6), nil })
			b.later(2 * time.Hour)
			if got := b.access(a); got != "access-6" {
				b.t.Errorf("renewed: %q", got)
			}
		}, "", "resource.not_found"},
		"it is disconnected": {func(b *bench, a social.Account) {
			b.channel.revoke = nil
			if _, err := b.social.Disconnect(b.t.Context(), owner, a.ID); err != nil {
				b.t.Error(err)
			}
		}, "", "resource.not_found"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			a := b.connect("youtube", "UC1", b.short(1))
			b.channel.revoke = func(provider.Grant) error { row.meanwhile(b, a); return nil }
			if _, err := b.social.Disconnect(t.Context(), owner, a.ID); (err != nil) != (row.code != "") || err != nil && fault.CodeOf(err) != row.code {
				t.Errorf("disconnected: %v", err)
			}
			if got := b.access(a); got != row.access {
				t.Errorf("access %q, want %q", got, row.access)
			}
		})
	}
}
