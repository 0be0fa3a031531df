package social_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"castad/functions/social"
	"castad/shared/provider"
	"castad/shared/seal"
	"castad/shared/seal/sealtest"

	"github.com/google/go-cmp/cmp"
)

func TestResealingGoesOnWhereItWasStopped(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var all []social.Account
	for n := range 7 {
		all = append(all, b.connect("youtube", fmt.Sprint("UC", n), b.short(n)))
		b.later(time.Millisecond) // ids of one millisecond have no order
	}
	b.config.Seal = sealtest.Sealer(b.now, "b", "a")
	both := social.New(b.config)
	p, err := both.Reseal(t.Context(), 0, 3) // and then the process is killed
	if diff := cmp.Diff(social.Progress{Last: all[2].ID, Changed: 3}, p); diff != "" || err != nil {
		t.Fatalf("%v (-want +got):\n%s", err, diff)
	}
	for n, a := range all { // old and new rows are readable by both
		if _, token, err := both.Access(t.Context(), owner, "youtube", a.ID); err != nil || token != fmt.Sprint("access-", n) {
			t.Errorf("%d: %q %v", n, token, err)
		}
	}
	total := 0
	for p.Last = 0; ; {
		if p, err = both.Reseal(t.Context(), p.Last, 3); err != nil {
			t.Fatal(err)
		}
		if total += p.Changed; p.Last == 0 {
			break
		}
	}
	if total != 4 {
		t.Errorf("%d were resealed by the second run", total)
	}
	b.config.Seal = sealtest.Sealer(b.now, "b")
	b.social = social.New(b.config)
	for n, a := range all {
		if got := b.access(a); got != fmt.Sprint("access-", n) {
			t.Errorf("%d without the old key: %q", n, got)
		}
	}
}

func TestResealingLeavesAGrantAloneThatIsRenewedMeanwhile(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.connect("youtube", "UC1", b.short(1))
	ring, away := sealtest.Ring("b", "a"), false
	// While the row is resealed, an instance renews it with the keys of before.
	s, err := seal.New(b.now, meanwhile{wrapper{ring, &away}, func() {
		b.channel.answers(func(int, provider.Grant) (provider.Grant, error) { return b.short(2), nil })
		b.later(2 * time.Hour)
		if got := b.access(a); got != "access-2" {
			t.Errorf("renewed %q", got)
		}
	}})
	b.must(err)
	config := b.config
	config.Seal = s
	p, err := social.New(config).Reseal(t.Context(), 0, 10)
	if diff := cmp.Diff(social.Progress{Left: 1}, p); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if got := b.access(a); got != "access-2" {
		t.Errorf("the renewed token is %q", got)
	}
}

// meanwhile does something while a data key is wrapped.
type meanwhile struct {
	seal.Wrapper
	do func()
}

func (m meanwhile) Wrap(ctx context.Context, k []byte) (string, []byte, error) {
	m.do()
	return m.Wrapper.Wrap(ctx, k)
}
