package servicebus

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"

	"castad/shared/fault"
)

// Received is a message that Drain hands out.
type Received struct {
	ID            string
	Body          []byte
	DeliveryCount int // 1 = first delivery
	EnqueuedAt    time.Time
	// SequenceNumber is unique in its queue and its dead-letter queue together.
	SequenceNumber int64
	// DeadLetterReason and DeadLetterDescription are set in dead-letter queues.
	DeadLetterReason, DeadLetterDescription string
	Properties                              map[string]any
}

const (
	// takeAtOnce bounds how many messages are locked while fn works on one of
	// them: a lock lasts a minute by default.
	takeAtOnce = 32
	// emptyWait is how long Drain waits for a message before it calls the queue empty.
	emptyWait = time.Second
	// settleWait is how long the link may take to settle, tokenWait $management.
	settleWait = 2 * time.Second
	tokenWait  = 3 * time.Second
)

// Drain receives what is in the queue now (with dead: in its dead-letter
// queue), at most max messages, and calls fn for each, one at a time: nil
// completes the message, an error abandons it, once Drain is through, so that
// one failing message is not handed out twice. n counts the completed ones.
//
// err joins what fn returned with what kept Drain from going on: a fault of
// kind Misconfigured or Unavailable. A message whose completion failed will
// come again. Drain settles what fn has done even when ctx ends meanwhile,
// which can take up to five seconds more.
func (c *Client) Drain(ctx context.Context, queue string, dead bool, max int, fn func(context.Context, Received) error) (n int, err error) {
	d := &drain{c: c, queue: queue, fn: fn, max: max}
	if dead {
		d.sub = azservicebus.SubQueueDeadLetter
	}
	if d.r, err = d.receiver(); err != nil {
		return 0, fmt.Errorf("drain queue %s: %w", queue, classify(err))
	}
	err = d.run(ctx)
	d.close(ctx, d.r)
	if err != nil {
		d.errs = append(d.errs, classify(err))
	}
	d.abandon(ctx)
	if d.spare != nil {
		d.close(ctx, d.spare)
	}
	if err := errors.Join(d.errs...); err != nil {
		return d.n, fmt.Errorf("drain queue %s: %w", queue, err)
	}
	return d.n, nil
}

type drain struct {
	c      *Client
	queue  string
	sub    azservicebus.SubQueue
	fn     func(context.Context, Received) error
	max    int
	r      *azservicebus.Receiver
	spare  *azservicebus.Receiver // settles by token; never receives
	n      int
	failed []*azservicebus.ReceivedMessage
	errs   []error
}

func (d *drain) receiver() (*azservicebus.Receiver, error) {
	return d.c.sdk.NewReceiverForQueue(d.queue, &azservicebus.ReceiverOptions{SubQueue: d.sub})
}

func (d *drain) run(ctx context.Context) error {
	// Peeking opens the link, and sees at once that an empty queue is empty:
	// receiving would leave credit behind that locks the next message for nobody.
	there, err := bounded(ctx, func(ctx context.Context) ([]*azservicebus.ReceivedMessage, error) {
		return d.r.PeekMessages(ctx, 1, nil)
	})
	if err != nil || len(there) == 0 {
		return err
	}
	for d.n+len(d.failed) < d.max {
		got, err := d.receive(ctx, min(d.max-d.n-len(d.failed), takeAtOnce))
		if err != nil || len(got) == 0 {
			return err
		}
		for i, m := range got {
			if err := ctx.Err(); err != nil {
				d.failed = append(d.failed, got[i:]...)
				return err
			}
			if err := d.one(ctx, m); err != nil {
				d.failed = append(d.failed, got[i+1:]...)
				return err
			}
		}
	}
	return nil
}

// receive returns nothing when the queue stays empty for emptyWait.
func (d *drain) receive(ctx context.Context, n int) ([]*azservicebus.ReceivedMessage, error) {
	short, cancel := context.WithTimeout(ctx, emptyWait)
	defer cancel()
	got, err := bounded(short, func(ctx context.Context) ([]*azservicebus.ReceivedMessage, error) {
		return d.r.ReceiveMessages(ctx, n, nil)
	})
	if err != nil && short.Err() != nil && ctx.Err() == nil {
		return nil, nil
	}
	return got, err
}

// one hands m to fn and completes it. A lost lock ends nothing: the message comes again.
func (d *drain) one(ctx context.Context, m *azservicebus.ReceivedMessage) error {
	if err := d.fn(ctx, received(m)); err != nil {
		d.failed = append(d.failed, m)
		d.errs = append(d.errs, fmt.Errorf("message %s: %w", m.MessageID, err))
		return nil
	}
	err := d.complete(ctx, m)
	switch {
	case err == nil:
		d.n++
		return nil
	case lockLost(err):
		d.errs = append(d.errs, fmt.Errorf("complete message %s: %w", m.MessageID, fault.Wrap(err, fault.CodeUnavailable)))
		return nil
	}
	return fmt.Errorf("complete message %s: %w", m.MessageID, err)
}

// complete tries the link for a short time, then the lock token through
// $management: after a cut connection only the second knows the message. fn's
// work is done and is to be recorded, so neither ends with the caller's context.
func (d *drain) complete(ctx context.Context, m *azservicebus.ReceivedMessage) error {
	ctx = context.WithoutCancel(ctx)
	err := within(ctx, settleWait, func(ctx context.Context) error { return d.r.CompleteMessage(ctx, m, nil) })
	if err == nil || lockLost(err) {
		return err
	}
	again := d.byToken(ctx, m, func(ctx context.Context, r *azservicebus.Receiver, m *azservicebus.ReceivedMessage) error {
		return r.CompleteMessage(ctx, m, nil)
	})
	if again == nil {
		return nil
	}
	return errors.Join(again, err)
}

// abandon gives back what was not completed; when that fails the locks' end
// does it. The receiving link is closed by now: with credit left it would be
// handed the same messages again, for nobody.
func (d *drain) abandon(ctx context.Context) {
	ctx = context.WithoutCancel(ctx)
	for _, m := range d.failed {
		err := d.byToken(ctx, m, func(ctx context.Context, r *azservicebus.Receiver, m *azservicebus.ReceivedMessage) error {
			return r.AbandonMessage(ctx, m, nil)
		})
		if err != nil && !lockLost(err) {
			d.errs = append(d.errs, fmt.Errorf("abandon message %s: %w", m.MessageID, classify(err)))
			return // the others would wait as long for the same broken connection
		}
	}
}

// byToken settles through $management of a second receiver. The peek makes it
// mend a broken connection first: settling itself would sleep 4 s before it does.
func (d *drain) byToken(ctx context.Context, m *azservicebus.ReceivedMessage,
	verb func(context.Context, *azservicebus.Receiver, *azservicebus.ReceivedMessage) error) error {
	first := d.spare == nil
	if first {
		r, err := d.receiver()
		if err != nil {
			return err
		}
		d.spare = r
	}
	r := d.spare
	return within(ctx, tokenWait, func(ctx context.Context) error {
		if first {
			if _, err := r.PeekMessages(ctx, 1, nil); err != nil {
				return err
			}
		}
		return verb(ctx, r, &azservicebus.ReceivedMessage{LockToken: m.LockToken})
	})
}

func (d *drain) close(ctx context.Context, r *azservicebus.Receiver) {
	_ = within(context.WithoutCancel(ctx), settleWait, r.Close) // it holds nothing any more
}

func within(ctx context.Context, wait time.Duration, call func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	_, err := bounded(ctx, func(ctx context.Context) (struct{}, error) { return struct{}{}, call(ctx) })
	return err
}

func lockLost(err error) bool {
	var e *azservicebus.Error
	return errors.As(err, &e) && e.Code == azservicebus.CodeLockLost
}

func received(m *azservicebus.ReceivedMessage) Received {
	r := Received{ID: m.MessageID, Body: m.Body, DeliveryCount: int(m.DeliveryCount), Properties: m.ApplicationProperties}
	if m.Body == nil && m.RawAMQPMessage != nil { // the SDK fills Body only from a single data section
		r.Body = bytes.Join(m.RawAMQPMessage.Body.Data, nil)
	}
	if m.EnqueuedTime != nil {
		r.EnqueuedAt = *m.EnqueuedTime
	}
	if m.SequenceNumber != nil {
		r.SequenceNumber = *m.SequenceNumber
	}
	if m.DeadLetterReason != nil {
		r.DeadLetterReason = *m.DeadLetterReason
	}
	if m.DeadLetterErrorDescription != nil {
		r.DeadLetterDescription = *m.DeadLetterErrorDescription
	}
	return r
}
