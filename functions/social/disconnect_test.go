package social_test

import (
	"errors"
	"testing"

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
			if n := b.count(`SELECT COUNT(*) FROM social_accounts`); n != 0 {
				t.Errorf("%d accounts are left", n)
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
