package outbox_test

import (
	"bytes"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"unicode/utf8"

	"castad/shared/fault"
	"castad/shared/outbox"

	"github.com/google/go-cmp/cmp"
)

func (b *bench) bury(queue, id, reason string, body []byte) {
	b.t.Helper()
	if err := b.outbox.Bury(b.t.Context(), queue, id, reason, body); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) dead() []outbox.DeadLetter {
	b.t.Helper()
	letters, err := b.outbox.Dead(b.t.Context(), 100)
	if err != nil {
		b.t.Fatal(err)
	}
	return letters
}

func TestALetterIsBuriedOnceWhateverItSays(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.bury("q", "a", "first", []byte("1"))
	b.bury("q", "a", "second", []byte("2"))
	b.bury("r", "a", strings.Repeat("긴 이유 ", 100), []byte{0, 0xff})
	b.bury("q", "", "no id", []byte("x"))
	b.bury("q", "", "no id either", []byte("y"))
	b.bury("q", "", "the first again", []byte("x"))
	b.bury("q", "b\xff", "not \xff text 😀", nil)
	got := map[string]string{}
	for _, d := range b.dead() {
		got[d.Queue+"/"+d.MessageID] = d.Reason
		if d.Redriven || !d.SeenAt.Equal(b.clock.now()) || !utf8.ValidString(d.Reason) {
			t.Errorf("letter %+v", d)
		}
		if d.Queue == "r" && (!bytes.Equal(d.Body, []byte{0, 0xff}) || len([]rune(d.Reason)) != 200) {
			t.Errorf("letter %+v", d)
		}
	}
	delete(got, "r/a")
	if diff := cmp.Diff(map[string]string{"q/a": "first", "q/b?": "not ? text 😀",
		"q/" + outbox.Fingerprint([]byte("x")): "no id", "q/" + outbox.Fingerprint([]byte("y")): "no id either"}, got); diff != "" {
		t.Errorf("letters (-want +got):\n%s", diff)
	}
}

func TestARedrivenLetterGoesOutOnceAsANewMessage(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.put(quick, b.clock.now(), 7)
	b.relay()
	was := b.broker.all()[0]
	b.bury(was.Queue, was.ID, "MaxDeliveryCountExceeded", was.Sealed)
	letter := b.dead()[0].ID
	var wg sync.WaitGroup
	var sent atomic.Int64
	for range 8 {
		wg.Go(func() {
			switch err := b.outbox.Redrive(t.Context(), letter); {
			case err == nil:
				sent.Add(1)
			case fault.KindOf(err) != fault.Done:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := b.relay(); n != 1 || sent.Load() != 1 {
		t.Errorf("%d messages after redriving, %d are told of", n, sent.Load())
	}
	again := b.broker.all()[1]
	if again.ID == was.ID || again.Body != was.Body || again.Queue != was.Queue {
		t.Errorf("%+v was redriven as %+v", was, again)
	}
	if !b.dead()[0].Redriven {
		t.Error("the letter does not say that it was redriven")
	}
}

func TestALetterThatNobodySignedIsNotRedriven(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.bury(string(quick), "forged", "", []byte(`{"run":"run_0000000000000","step":1}`))
	b.bury(string(slow), "moved", "", []byte("signed lyric-write 00 0 {}")) // signed, but for another queue
	for _, d := range b.dead() {
		if err := b.outbox.Redrive(t.Context(), d.ID); fault.KindOf(err) != fault.Refused {
			t.Errorf("letter %s: %v", d.MessageID, err)
		}
	}
	if err := b.outbox.Redrive(t.Context(), 1<<40); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a letter that is not there: %v", err)
	}
	if n := b.count(`SELECT COUNT(*) FROM outbox`); n != 0 {
		t.Errorf("%d messages were written", n)
	}
	for _, d := range b.dead() {
		if d.Redriven {
			t.Errorf("letter %s is marked as redriven", d.MessageID)
		}
	}
}
