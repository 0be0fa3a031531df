package funchost

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"

	"castad/scripts/localcloud/funchost/envelope"
)

// The times of a Service Bus trigger.
const (
	// settleQuickly bounds the first attempt to settle. After a cut connection
	// the SDK would try on the dead link for 40 s, while settling by lock token
	// goes over a fresh one.
	settleQuickly = 3 * time.Second
	// settleByToken bounds the second attempt.
	settleByToken = 10 * time.Second
	// renewWithin bounds one renewal; the SDK itself does not.
	renewWithin = 10 * time.Second
	// renewBuffer is how long before its end a lock is renewed at the latest.
	renewBuffer = 10 * time.Second
	// closeWithin bounds the closing of a link.
	closeWithin = 2 * time.Second
)

// reopenAfter is the pause after a receiver failed, growing to the second value.
var reopenAfter = [2]time.Duration{100 * time.Millisecond, 5 * time.Second}

// listenServiceBus receives for one function until the job stops listening, and
// returns when the last of its invocations has ended.
func (j *job) listenServiceBus(f *Function) {
	pause := reopenAfter[0]
	for {
		began := time.Now()
		err := j.receiveUntilError(f)
		if j.listening.Err() != nil {
			return
		}
		j.host.log(Error, CategoryHost, "", fmt.Sprintf("receive for %s from %s: %v", f.Name, f.Entity(), err))
		if time.Since(began) > time.Minute {
			pause = reopenAfter[0]
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-j.listening.Done():
			timer.Stop()
			return
		}
		pause = min(2*pause, reopenAfter[1])
	}
}

// receiveUntilError opens a client of its own, as each listener's processor has
// its own links, and dispatches what it receives.
func (j *job) receiveUntilError(f *Function) error {
	broker, err := j.host.opt.Dial(f.ConnectionString)
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), closeWithin)
		defer cancel()
		_ = broker.Close(ctx) // the peer notices a lost connection by itself
	}()
	receiver, err := broker.Receiver(f)
	if err != nil {
		return fmt.Errorf("open receiver: %w", err)
	}
	l := &listener{job: j, function: f, receiver: receiver}
	defer l.running.Wait() // settle everything before the link goes
	if f.Many {
		return l.receiveBatches(j.host.app.Config.MaxBatchSize)
	}
	return l.receiveSingly(j.host.app.Config.MaxConcurrentCalls)
}

// listener dispatches the messages of one receiver.
type listener struct {
	job      *job
	function *Function
	receiver Receiver
	running  sync.WaitGroup
}

// receiveSingly keeps up to limit invocations running. It asks for as many
// messages as there are free places, so none waits with its lock ticking.
func (l *listener) receiveSingly(limit int) error {
	ctx := l.job.listening
	places := make(chan struct{}, limit)
	for {
		select {
		case places <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
		free := 1
	more:
		for free < limit {
			select {
			case places <- struct{}{}:
				free++
			default:
				break more
			}
		}
		messages, err := l.receiver.ReceiveMessages(ctx, free, nil)
		for range free - len(messages) {
			<-places
		}
		for _, m := range messages {
			l.running.Go(func() {
				defer func() { <-places }()
				l.run(m)
			})
		}
		if err != nil {
			return err
		}
	}
}

// receiveBatches runs one batch at a time, without renewal: as the extension.
func (l *listener) receiveBatches(size int) error {
	for {
		messages, err := l.receiver.ReceiveMessages(l.job.listening, size, nil)
		if len(messages) > 0 {
			failure := l.invoke(messages...)
			for _, m := range messages {
				l.settle(m, failure)
			}
		}
		if err != nil {
			return err
		}
	}
}

// run invokes the function with one message, keeps the lock meanwhile, and
// settles.
func (l *listener) run(m *azservicebus.ReceivedMessage) {
	faults := l.job.host.opt.Faults
	if chance(faults.LoseLock) {
		l.log(Warning, m, "fault: the lock is neither renewed nor settled")
		_ = l.invoke(m) // reported by invoke; the broker will deliver again
		return
	}
	if chance(faults.Duplicate) {
		again := *m
		again.DeliveryCount++
		l.log(Warning, m, "fault: delivered a second time")
		l.running.Go(func() { _ = l.invoke(&again) }) // the first delivery settles
	}
	stop := l.keepLock(m)
	failure := l.invoke(m)
	stop()
	l.settle(m, failure)
}

func (l *listener) invoke(messages ...*azservicebus.ReceivedMessage) error {
	f := l.function
	binding := envelope.ServiceBus{Binding: f.Binding, DataType: f.DataType, Many: f.Many, Namespace: namespaceOf(f.ConnectionString)}
	return l.job.invoke(l.job.ctx, f, func(sys envelope.Sys) (envelope.Invocation, error) { return binding.Encode(sys, messages...) })
}

// keepLock renews the lock in the background until the returned function is
// called, or until maxAutoLockRenewalDuration has passed.
func (l *listener) keepLock(m *azservicebus.ReceivedMessage) (stop func()) {
	limit := l.job.host.app.Config.MaxLockRenewal
	if limit == 0 || m.LockedUntil == nil {
		return func() {}
	}
	if limit < 0 {
		limit = 100 * 365 * 24 * time.Hour // infinite
	}
	ctx, cancel := context.WithTimeout(l.job.ctx, limit)
	done := make(chan struct{})
	go func() {
		defer close(done)
		l.renew(ctx, m)
	}()
	return func() {
		cancel()
		<-done
	}
}

func (l *listener) renew(ctx context.Context, m *azservicebus.ReceivedMessage) {
	held := *m // the SDK writes LockedUntil, which the invocation reads
	for {
		timer := time.NewTimer(renewIn(time.Until(*held.LockedUntil)))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
		attempt, cancel := context.WithTimeout(ctx, renewWithin)
		before := *held.LockedUntil
		err := l.receiver.RenewMessageLock(attempt, &held, nil)
		cancel()
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && (lockLost(err) || time.Now().After(before)):
			l.log(Warning, m, fmt.Sprintf("the lock is lost while the function runs: %v", err))
			return
		case err != nil:
			l.log(Warning, m, fmt.Sprintf("renew the lock: %v", err))
		}
	}
}

// renewIn is the SDK processor's rule: before the end, by half of what is left,
// at most renewBuffer.
func renewIn(left time.Duration) time.Duration {
	if left < 400*time.Millisecond {
		return max(left/2, 20*time.Millisecond)
	}
	return left - min(left/2, renewBuffer)
}

func lockLost(err error) bool {
	var coded *azservicebus.Error
	return errors.As(err, &coded) && coded.Code == azservicebus.CodeLockLost
}

// settle completes or abandons a message: quickly, and then once more by lock
// token. An invocation that was cut by the host's end settles nothing, since the
// real host is gone by then: the lock lapses.
func (l *listener) settle(m *azservicebus.ReceivedMessage, failure error) {
	if l.job.ctx.Err() != nil {
		return
	}
	if failure == nil && !l.function.AutoComplete {
		return
	}
	verb := func(ctx context.Context, m *azservicebus.ReceivedMessage) error {
		if failure != nil {
			return l.receiver.AbandonMessage(ctx, m, nil)
		}
		return l.receiver.CompleteMessage(ctx, m, nil)
	}
	err := within(settleQuickly, m, verb)
	if err != nil && !lockLost(err) {
		err = within(settleByToken, &azservicebus.ReceivedMessage{LockToken: m.LockToken}, verb)
	}
	switch {
	case err != nil:
		l.log(Warning, m, fmt.Sprintf("the message could not be settled and will be delivered again: %v", err))
	case failure != nil:
		l.job.host.noteFunction(l.function.Name, func(s *FunctionStats) { s.Abandoned++ })
	default:
		l.job.host.noteFunction(l.function.Name, func(s *FunctionStats) { s.Completed++ })
	}
}

func within(limit time.Duration, m *azservicebus.ReceivedMessage, verb func(context.Context, *azservicebus.ReceivedMessage) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	return verb(ctx, m)
}

func (l *listener) log(level Level, m *azservicebus.ReceivedMessage, text string) {
	l.job.host.log(level, CategoryHost, "", fmt.Sprintf("%s, message %q, delivery %d: %s", l.function.Name, m.MessageID, m.DeliveryCount, text))
}
