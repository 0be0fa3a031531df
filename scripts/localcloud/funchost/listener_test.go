package funchost

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
	"github.com/google/go-cmp/cmp"
)

// fakeReceiver is a Receiver with function fields.
type fakeReceiver struct {
	receive  func(context.Context, int) ([]*azservicebus.ReceivedMessage, error)
	renew    func(context.Context, *azservicebus.ReceivedMessage) error
	complete func(context.Context, *azservicebus.ReceivedMessage) error
	abandon  func(context.Context, *azservicebus.ReceivedMessage) error
}

func (f *fakeReceiver) ReceiveMessages(ctx context.Context, n int, _ *azservicebus.ReceiveMessagesOptions) ([]*azservicebus.ReceivedMessage, error) {
	return f.receive(ctx, n)
}

func (f *fakeReceiver) RenewMessageLock(ctx context.Context, m *azservicebus.ReceivedMessage, _ *azservicebus.RenewMessageLockOptions) error {
	return f.renew(ctx, m)
}

func (f *fakeReceiver) CompleteMessage(ctx context.Context, m *azservicebus.ReceivedMessage, _ *azservicebus.CompleteMessageOptions) error {
	return f.complete(ctx, m)
}

func (f *fakeReceiver) AbandonMessage(ctx context.Context, m *azservicebus.ReceivedMessage, _ *azservicebus.AbandonMessageOptions) error {
	return f.abandon(ctx, m)
}

func (f *fakeReceiver) Close(context.Context) error { return nil }

// fakeListener is a listener without a host process around it.
func fakeListener(r Receiver, limit time.Duration) *listener {
	h := New(&App{Settings: newSettings(nil), Config: Config{MaxLockRenewal: limit}}, Options{Log: func(Entry) {}})
	j := &job{host: h}
	j.ctx, j.cancel = context.WithCancelCause(context.Background())
	j.listening, j.quiet = context.WithCancel(j.ctx)
	return &listener{job: j, function: &Function{Name: "work", AutoComplete: true}, receiver: r}
}

func TestALockIsRenewedTenSecondsBeforeItsEndUntilTheLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var at []time.Duration
		r := &fakeReceiver{renew: func(_ context.Context, m *azservicebus.ReceivedMessage) error {
			at = append(at, time.Since(start))
			until := time.Now().Add(time.Minute)
			m.LockedUntil = &until
			return nil
		}}
		l := fakeListener(r, 3*time.Minute)
		until := start.Add(time.Minute)
		message := &azservicebus.ReceivedMessage{LockedUntil: &until}
		stop := l.keepLock(message)
		time.Sleep(10 * time.Minute)
		stop()
		want := []time.Duration{50 * time.Second, 100 * time.Second, 150 * time.Second}
		if diff := cmp.Diff(want, at); diff != "" {
			t.Errorf("renewals (-want +got):\n%s", diff)
		}
		if !message.LockedUntil.Equal(start.Add(time.Minute)) {
			t.Error("the message that the function holds was written to")
		}
	})
}

func TestRenewalStopsWhenTheLockIsLostAndGoesOnAfterATrouble(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		err  error
		want int
	}{
		"a lost lock":          {&azservicebus.Error{Code: azservicebus.CodeLockLost}, 1},
		"a trouble on the way": {errors.New("connection lost"), 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				calls := 0
				r := &fakeReceiver{renew: func(_ context.Context, m *azservicebus.ReceivedMessage) error {
					if calls++; calls == 3 {
						until := time.Now().Add(time.Hour)
						m.LockedUntil = &until
						return nil
					}
					return test.err
				}}
				until := time.Now().Add(time.Minute)
				stop := fakeListener(r, -1).keepLock(&azservicebus.ReceivedMessage{LockedUntil: &until})
				time.Sleep(2 * time.Minute)
				stop()
				if calls != test.want {
					t.Errorf("%d renewals, want %d", calls, test.want)
				}
			})
		})
	}
}

func TestSettlingFallsBackToTheLockToken(t *testing.T) {
	t.Parallel()
	lost := &azservicebus.Error{Code: azservicebus.CodeLockLost}
	for name, test := range map[string]struct {
		failure   error
		auto      bool
		cut       bool
		answers   []error // to the first and the second attempt; a nil context error means "hangs"
		wantVerbs []string
		want      FunctionStats
	}{
		"a success is completed":               {nil, true, false, []error{nil}, []string{"complete m"}, FunctionStats{Completed: 1}},
		"a failure is abandoned":               {errors.New("x"), true, false, []error{nil}, []string{"abandon m"}, FunctionStats{Abandoned: 1}},
		"a dead link is bypassed":              {nil, true, false, []error{context.DeadlineExceeded, nil}, []string{"complete m", "complete token"}, FunctionStats{Completed: 1}},
		"a failure over a dead link":           {errors.New("x"), true, false, []error{errors.New("eof"), nil}, []string{"abandon m", "abandon token"}, FunctionStats{Abandoned: 1}},
		"a lost lock is left alone":            {nil, true, false, []error{lost}, []string{"complete m"}, FunctionStats{}},
		"both ways failing counts nothing":     {nil, true, false, []error{errors.New("a"), errors.New("b")}, []string{"complete m", "complete token"}, FunctionStats{}},
		"without autoComplete nothing is done": {nil, false, false, nil, nil, FunctionStats{}},
		"a cut invocation settles nothing":     {errors.New("x"), true, true, nil, nil, FunctionStats{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var mu sync.Mutex
				var verbs []string
				verb := func(word string) func(context.Context, *azservicebus.ReceivedMessage) error {
					return func(ctx context.Context, m *azservicebus.ReceivedMessage) error {
						mu.Lock()
						defer mu.Unlock()
						what := " m"
						if m.MessageID == "" && m.LockToken == [16]byte{7} {
							what = " token"
						}
						verbs = append(verbs, word+what)
						err := test.answers[len(verbs)-1]
						if errors.Is(err, context.DeadlineExceeded) {
							<-ctx.Done() // the SDK tries on; only the context ends it
						}
						return err
					}
				}
				l := fakeListener(&fakeReceiver{complete: verb("complete"), abandon: verb("abandon")}, 0)
				l.function.AutoComplete = test.auto
				if test.cut {
					l.job.cancel(errStopped)
				}
				l.settle(&azservicebus.ReceivedMessage{MessageID: "m", LockToken: [16]byte{7}}, test.failure)
				if diff := cmp.Diff(test.wantVerbs, verbs); diff != "" {
					t.Errorf("settlement (-want +got):\n%s", diff)
				}
				if got := l.job.host.Stats().Functions["work"]; got != test.want {
					t.Errorf("stats %+v, want %+v", got, test.want)
				}
			})
		})
	}
}

func TestAFailingReceiverIsOpenedAgainWithAGrowingPause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := fakeListener(nil, 0)
		var at []time.Duration
		start := time.Now()
		l.job.host.opt.Dial = func(string) (Broker, error) {
			at = append(at, time.Since(start))
			if len(at) == 9 {
				l.job.quiet()
			}
			return nil, errors.New("no broker yet")
		}
		l.job.listenServiceBus(l.function)
		ms := time.Millisecond
		want := []time.Duration{0, 100 * ms, 300 * ms, 700 * ms, 1500 * ms, 3100 * ms, 6300 * ms, 11300 * ms, 16300 * ms}
		if diff := cmp.Diff(want, at); diff != "" {
			t.Errorf("attempts (-want +got):\n%s", diff)
		}
	})
}
