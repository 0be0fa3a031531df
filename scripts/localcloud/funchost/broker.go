package funchost

import (
	"context"
	"fmt"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
)

// Receiver is the part of *azservicebus.Receiver that a trigger uses.
type Receiver interface {
	ReceiveMessages(ctx context.Context, max int, options *azservicebus.ReceiveMessagesOptions) ([]*azservicebus.ReceivedMessage, error)
	RenewMessageLock(ctx context.Context, m *azservicebus.ReceivedMessage, options *azservicebus.RenewMessageLockOptions) error
	CompleteMessage(ctx context.Context, m *azservicebus.ReceivedMessage, options *azservicebus.CompleteMessageOptions) error
	AbandonMessage(ctx context.Context, m *azservicebus.ReceivedMessage, options *azservicebus.AbandonMessageOptions) error
	Close(ctx context.Context) error
}

// Broker opens receivers on one namespace.
type Broker interface {
	// Receiver opens a peek-lock receiver on the function's queue or subscription.
	Receiver(f *Function) (Receiver, error)
	Close(ctx context.Context) error
}

// Dialer makes a Broker from a connection string. It need not connect yet.
type Dialer func(connectionString string) (Broker, error)

// DialServiceBus is the Dialer over azservicebus.
func DialServiceBus(connectionString string) (Broker, error) {
	client, err := azservicebus.NewClientFromConnectionString(connectionString, nil)
	if err != nil {
		return nil, fmt.Errorf("make Service Bus client: %w", err)
	}
	return serviceBusBroker{client}, nil
}

type serviceBusBroker struct{ client *azservicebus.Client }

func (b serviceBusBroker) Receiver(f *Function) (Receiver, error) {
	if f.Queue != "" {
		return b.client.NewReceiverForQueue(f.Queue, nil)
	}
	return b.client.NewReceiverForSubscription(f.Topic, f.Subscription, nil)
}

func (b serviceBusBroker) Close(ctx context.Context) error { return b.client.Close(ctx) }

// namespaceOf is the host name in a connection string, for the opaque Client
// object of the metadata.
func namespaceOf(connectionString string) string {
	for part := range strings.SplitSeq(connectionString, ";") {
		if name, value, ok := strings.Cut(part, "="); ok && strings.EqualFold(strings.TrimSpace(name), "Endpoint") {
			return strings.Trim(strings.TrimPrefix(value, "sb:"), "/")
		}
	}
	return ""
}
