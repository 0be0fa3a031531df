// Package servicebus sends to and drains Service Bus queues: a thin client over
// azservicebus that bounds every wait, classes every error, and works around
// what the SDK leaves to its caller.
//
// In production the Functions host receives; the product only sends (the relay)
// and drains dead-letter queues. Hence two verbs, Send and Drain.
//
// # What it promises
//
//   - Send returns nil only when the service has acknowledged every message. On
//     an error some may have been stored: send them again, receivers are
//     idempotent. A message that is too large is refused before any is sent.
//   - Drain completes a message only after fn returned nil for it.
//   - Nothing waits longer than its context. The SDK waits without a bound on a
//     $management request (its server-timeout asks the service, not the client)
//     and on its own mutexes, so calls into it are abandoned when ctx ends.
//
// # Workarounds, with their source in azservicebus v1.11.0
//
//   - The SDK keeps a link after an error that it calls fatal (a detach with
//     unauthorized-access, a deleted queue) and fails for ever: a sender is
//     dropped after any error and made anew (internal/amqpLinks.go RecoverIfNeeded).
//   - CompleteMessage ignores RetryOptions and after a cut connection retries for
//     about 40 s on a link that does not know the message any more: Drain settles
//     for 2 s, then once more by lock token through $management (messageSettler.go).
//   - A batch's envelope repeats its first message's annotations
//     (message_batch.go), so scheduled and immediate messages travel apart.
//
// Limits: 256 KB per message and batch in the Standard tier, as the service
// tells the link.
package servicebus

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"

	"castad/shared/fault"
)

// Setting is the setting that names the namespace, for sentences to operators.
const Setting = "CASTAD_SERVICEBUS"

// Config says where the namespace is: exactly one of ConnectionString and Namespace.
type Config struct {
	// ConnectionString is "Endpoint=sb://…;SharedAccessKeyName=…;SharedAccessKey=…".
	ConnectionString string
	// Namespace is "name.servicebus.windows.net"; Credential signs in to it.
	Namespace  string
	Credential azcore.TokenCredential
	// TLS changes how the service's certificate is checked; nil = the system's roots.
	TLS *tls.Config
	// CustomEndpoint is a host:port to connect to instead of the namespace's own
	// (a private link or a proxy); names in certificates and tokens stay.
	CustomEndpoint string
}

// Client talks to one namespace over one connection. It is safe for concurrent use.
type Client struct {
	sdk *azservicebus.Client

	mu      sync.Mutex
	closed  bool
	senders map[string]*azservicebus.Sender
}

// retries keeps a failing call short: whoever calls retries on its own schedule.
var retries = azservicebus.RetryOptions{MaxRetries: 2, RetryDelay: 200 * time.Millisecond, MaxRetryDelay: 2 * time.Second}

const (
	// defaultWait bounds a call whose context has no deadline.
	defaultWait = 30 * time.Second
	// grace is how long a call may take to notice that its context ended. It
	// then returns what it has, and for a receive that is locked messages.
	grace = 250 * time.Millisecond
)

// Open makes a Client. It does no I/O; wrong settings are a fault of kind
// Misconfigured whose text names the setting.
func Open(c Config) (*Client, error) {
	o := &azservicebus.ClientOptions{TLSConfig: c.TLS, CustomEndpoint: c.CustomEndpoint, ApplicationID: "castad", RetryOptions: retries}
	var sdk *azservicebus.Client
	var err error
	switch {
	case c.ConnectionString == "" && c.Namespace == "":
		err = errors.New("set " + Setting + " to a connection string, or " + Setting + "__FULLYQUALIFIEDNAMESPACE to name.servicebus.windows.net")
	case c.ConnectionString != "" && c.Namespace != "":
		err = errors.New("set either " + Setting + " or " + Setting + "__FULLYQUALIFIEDNAMESPACE, not both")
	case c.ConnectionString != "":
		if sdk, err = azservicebus.NewClientFromConnectionString(c.ConnectionString, o); err != nil {
			err = fmt.Errorf("%s is not a Service Bus connection string: %w", Setting, err)
		}
	case c.Credential == nil:
		err = errors.New(Setting + "__FULLYQUALIFIEDNAMESPACE is set, but there is no credential to sign in with")
	default:
		sdk, err = azservicebus.NewClient(c.Namespace, c.Credential, o)
	}
	if err != nil {
		return nil, fault.Wrap(err, fault.CodeMisconfigured)
	}
	return &Client{sdk: sdk, senders: map[string]*azservicebus.Sender{}}, nil
}

// Close closes the connection. Calls after it fail.
func (c *Client) Close(ctx context.Context) error {
	c.mu.Lock()
	c.closed = true
	c.senders = nil
	c.mu.Unlock()
	_, err := bounded(ctx, func(ctx context.Context) (struct{}, error) { return struct{}{}, c.sdk.Close(ctx) })
	if err != nil {
		return fmt.Errorf("close service bus: %w", classify(err))
	}
	return nil
}

// bounded runs an SDK call and stops waiting for it when ctx ends: some of the
// SDK's waits do not watch it. The call itself has the same ctx and ends soon after.
func bounded[T any](ctx context.Context, call func(context.Context) (T, error)) (T, error) {
	cancel := context.CancelFunc(func() {})
	if _, ok := ctx.Deadline(); !ok {
		ctx, cancel = context.WithTimeout(ctx, defaultWait)
	}
	type result struct {
		v   T
		err error
	}
	done := make(chan result, 1)
	go func() {
		defer cancel()
		v, err := call(ctx)
		done <- result{v, err}
	}()
	select {
	case r := <-done:
		return r.v, r.err
	case <-ctx.Done():
	}
	late := time.NewTimer(grace)
	defer late.Stop()
	select {
	case r := <-done:
		return r.v, r.err
	case <-late.C:
		var zero T
		return zero, ctx.Err()
	}
}

// classify gives an SDK error its kind. What is not known to be our fault is
// Unavailable: repeating a send or a drain does no harm.
func classify(err error) error {
	var sdk *azservicebus.Error
	var classed *fault.Error
	var auth interface {
		error
		NonRetriable()
	}
	switch {
	case err == nil:
		return nil
	case errors.As(err, &classed):
		return err
	case errors.Is(err, azservicebus.ErrMessageTooLarge):
		return fault.Wrap(err, fault.CodeTooLarge)
	case errors.As(err, &sdk) && (sdk.Code == azservicebus.CodeNotFound || sdk.Code == azservicebus.CodeUnauthorizedAccess):
		return fault.Wrap(err, fault.CodeMisconfigured)
	case errors.As(err, &auth): // azidentity: no credential, or a refused one
		return fault.Wrap(err, fault.CodeMisconfigured)
	}
	return fault.Wrap(err, fault.CodeUnavailable)
}
