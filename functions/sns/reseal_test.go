package sns_test

import (
	"context"
	"testing"
	"time"

	"castad/functions/sns"
	"castad/shared/fault"
	"castad/shared/message"
	"castad/shared/seal"
	"castad/shared/seal/sealtest"
)

// A failed post keeps what its channel remembers for as long as its owner may
// retry it, which no deadline ends: the key of before must not be needed for it.
func TestAFailedPostIsRetriedAfterTheKeyOfBeforeIsGone(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.submit(1, func(n *sns.Notes) (string, error) { b.keep(n, "session 1"); return "", fault.New(fault.CodeRefused) })
	b.submit(2, func(n *sns.Notes) (string, error) {
		b.keep(n, "container 1")
		return "", message.NotYet{After: time.Minute}
	})
	both := sealtest.Sealer(b.now, "u", "t") // the bench seals with t
	p, err := sns.Reseal(t.Context(), b.db, both, 0, 1)
	if err != nil || p.Changed != 1 || p.Left != 0 || p.Last == 0 {
		t.Fatalf("the first: %+v, %v", p, err)
	}
	for range 2 { // the last one, and that there are no more
		if p, err = sns.Reseal(t.Context(), b.db, both, p.Last, 1); err != nil || p.Left != 0 {
			t.Fatalf("the others: %+v, %v", p, err)
		}
	}
	if again, err := sns.Reseal(t.Context(), b.db, both, 0, 10); p.Last != 0 || err != nil || again != (sns.Progress{}) {
		t.Errorf("ended at %+v, and then found %+v, %v", p, again, err)
	}
	b.posts = sns.New(b.db, b.eng, sealtest.Sealer(b.now, "u"), b.now)
	b.pass(2 * time.Minute)
	b.submit(2, func(n *sns.Notes) (string, error) {
		if string(n.Last()) != "container 1" {
			t.Errorf("the round goes on from %q", n.Last())
		}
		return "", fault.New(fault.CodeRefused)
	})
	if err := b.eng.Retry(t.Context(), 7, b.run, ""); err != nil {
		t.Fatal(err)
	}
	b.submit(1, func(n *sns.Notes) (string, error) {
		if string(n.Last()) != "session 1" {
			t.Errorf("the retry goes on from %q", n.Last())
		}
		return "video-1", nil
	})
	b.want("retried", "waiting", "youtube publishing - ", "instagram failed - ")
}

// meanwhile does something between the reading of the old value and the writing of the new.
type meanwhile struct {
	*seal.Sealer
	f func()
}

func (m meanwhile) Reseal(ctx context.Context, l seal.Label, sealed []byte) ([]byte, bool, error) {
	m.f()
	return m.Sealer.Reseal(ctx, l, sealed)
}

// What a channel keeps while the notes are being resealed is newer and stays.
func TestNewerNotesAreNotResealedAway(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.submit(1, func(n *sns.Notes) (string, error) {
		b.keep(n, "8 MiB")
		p, err := sns.Reseal(t.Context(), b.db, meanwhile{sealtest.Sealer(b.now, "u", "t"), func() { b.keep(n, "16 MiB") }}, 0, 10)
		if err != nil || p != (sns.Progress{Left: 1}) {
			t.Errorf("%+v, %v", p, err)
		}
		return "", message.NotYet{After: time.Minute}
	})
	b.pass(2 * time.Minute)
	b.submit(1, func(n *sns.Notes) (string, error) {
		if string(n.Last()) != "16 MiB" {
			t.Errorf("goes on from %q", n.Last())
		}
		return "video-1", nil
	})
}
