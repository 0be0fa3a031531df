package servicebus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"

	"castad/shared/fault"
)

// Message is a message to send.
type Message struct {
	// ID is the MessageID; duplicate detection drops a second message with the
	// same one, so it must be fresh for every message.
	ID   string
	Body []byte
	// NotBefore is when receivers may see it; zero or past = now.
	NotBefore time.Time
	Subject   string
	// Properties are application properties: strings, numbers, booleans, times.
	Properties map[string]any
}

// Send sends msgs to a queue in as few batches as their size allows, in order
// among those of one kind (immediate, scheduled). It returns nil when the
// service has stored all of them. Faults: Invalid for a message that is too
// large (nothing was sent), Misconfigured for an unknown queue or a refused
// credential, Unavailable for everything else.
func (c *Client) Send(ctx context.Context, queue string, msgs []Message) error {
	if len(msgs) == 0 {
		return nil
	}
	_, err := bounded(ctx, func(ctx context.Context) (struct{}, error) { return struct{}{}, c.send(ctx, queue, msgs) })
	if err != nil {
		return fmt.Errorf("send %d messages to queue %s: %w", len(msgs), queue, classify(err))
	}
	return nil
}

func (c *Client) send(ctx context.Context, queue string, msgs []Message) error {
	s, err := c.sender(queue)
	if err != nil {
		return err
	}
	batches, err := batch(ctx, s, msgs, time.Now())
	for _, b := range batches {
		if err != nil {
			break
		}
		err = s.SendMessageBatch(ctx, b, nil)
	}
	if err != nil && fault.KindOf(classify(err)) != fault.Invalid {
		c.drop(queue, s)
	}
	return err
}

// sender returns the queue's sender. Making one does no I/O.
func (c *Client) sender(queue string) (*azservicebus.Sender, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, errors.New("the client is closed")
	}
	if s := c.senders[queue]; s != nil {
		return s, nil
	}
	s, err := c.sdk.NewSender(queue, nil)
	if err != nil {
		return nil, err
	}
	c.senders[queue] = s
	return s, nil
}

// drop forgets a sender whose link may be dead and closes it behind the
// caller's back: closing can take as long as the connection is stuck.
func (c *Client) drop(queue string, s *azservicebus.Sender) {
	c.mu.Lock()
	if c.senders[queue] == s {
		delete(c.senders, queue)
	}
	c.mu.Unlock()
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = s.Close(ctx) // the link is gone either way
	}()
}

// batch packs msgs before anything is sent, so that a message that is too
// large stops all of them.
func batch(ctx context.Context, s *azservicebus.Sender, msgs []Message, now time.Time) ([]*azservicebus.MessageBatch, error) {
	var all []*azservicebus.MessageBatch
	for _, scheduled := range []bool{false, true} {
		var b *azservicebus.MessageBatch
		for i := range msgs {
			m := &msgs[i]
			if m.NotBefore.After(now) != scheduled {
				continue
			}
			out := m.outgoing(scheduled)
			if b != nil {
				err := b.AddMessage(out, nil)
				if err == nil {
					continue
				}
				if !errors.Is(err, azservicebus.ErrMessageTooLarge) {
					return nil, invalid(m, err)
				}
			}
			var err error
			if b, err = s.NewMessageBatch(ctx, nil); err != nil {
				return nil, err
			}
			if err := b.AddMessage(out, nil); err != nil {
				return nil, invalid(m, err)
			}
			all = append(all, b)
		}
	}
	return all, nil
}

// invalid blames the message: it cannot be encoded, or not within the limit.
func invalid(m *Message, err error) error {
	if errors.Is(err, azservicebus.ErrMessageTooLarge) {
		return fmt.Errorf("message %s of %d bytes: %w", m.ID, len(m.Body), err)
	}
	return fmt.Errorf("encode message %s: %w", m.ID, fault.Wrap(err, fault.CodeBadValue))
}

func (m *Message) outgoing(scheduled bool) *azservicebus.Message {
	out := &azservicebus.Message{Body: m.Body, ApplicationProperties: m.Properties}
	if m.ID != "" {
		out.MessageID = &m.ID
	}
	if m.Subject != "" {
		out.Subject = &m.Subject
	}
	if scheduled {
		at := m.NotBefore.UTC()
		out.ScheduledEnqueueTime = &at
	}
	return out
}
