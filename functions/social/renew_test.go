package social_test

import (
	"testing"
	"time"

	"castad/functions/social"
	"castad/shared/fault"
	"castad/shared/provider"
)

func TestTheTimerRenewsWhatWouldEndUnused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	long, short := b.connect("instagram", "1", b.long(1)), b.connect("youtube", "UC1", b.short(1))
	b.channel.answers(func(n int, g provider.Grant) (provider.Grant, error) {
		if g.Refresh == "" {
			return b.long(n + 1), nil
		}
		return b.short(n + 1), nil
	})
	run := func(at string, want int) {
		t.Helper()
		if renewed, failed, err := b.social.Renew(t.Context()); renewed != want || failed != 0 || err != nil {
			t.Errorf("%s: %d renewed, %d failed, %v", at, renewed, failed, err)
		}
	}
	b.later(44 * day)
	run("day 44", 0)
	b.later(day)
	run("day 45", 1)
	run("day 45 again", 0)
	if got := b.access(long); got != "long-2" {
		t.Errorf("the long one is %q", got)
	}
	b.later(45 * day)
	run("day 90", 2)
	if got := b.access(short); got != "access-3" && got != "access-4" {
		t.Errorf("the short one is %q", got)
	}
}

func TestARenewalThatFailsKeepsNobodyElseAndWaits(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	stuck, gone, fine := b.connect("instagram", "1", b.long(1)), b.connect("instagram", "2", b.long(2)), b.connect("instagram", "3", b.long(3))
	b.later(46 * day)
	b.channel.answers(func(n int, g provider.Grant) (provider.Grant, error) {
		switch g.Access {
		case "long-1":
			return down(n, g)
		case "long-2":
			return ended(n, g)
		}
		return b.long(33), nil
	})
	if renewed, failed, err := b.social.Renew(t.Context()); renewed != 1 || failed != 2 || fault.KindOf(err) != fault.Unavailable {
		t.Errorf("%d renewed, %d failed, %v", renewed, failed, err)
	}
	if renewed, failed, err := b.social.Renew(t.Context()); renewed+failed != 0 || err != nil {
		t.Errorf("at once again: %d renewed, %d failed, %v", renewed, failed, err)
	}
	if b.access(fine) != "long-33" || b.shown(gone.ID).State != social.ReconnectNeeded || b.shown(stuck.ID).State != social.Connected || b.noticed() != 1 {
		t.Errorf("%v %v, %d notices", b.shown(gone.ID), b.shown(stuck.ID), b.noticed())
	}
	b.channel.answers(func(int, provider.Grant) (provider.Grant, error) { return b.long(11), nil })
	b.later(6 * time.Hour)
	if renewed, _, err := b.social.Renew(t.Context()); renewed != 1 || err != nil {
		t.Errorf("six hours later: %d renewed, %v", renewed, err)
	}
}
