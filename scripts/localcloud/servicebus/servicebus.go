// Package servicebus is a Service Bus emulator for laptops and tests: real
// AMQP 1.0 on a TCP port, so that the unmodified azservicebus SDK talks to it
// and only the connection string differs from production.
//
//	e, err := servicebus.Start(ctx, servicebus.Options{Queues: []broker.QueueConfig{{Name: "song-generate"}}})
//	client, err := azservicebus.NewClientFromConnectionString(e.ConnectionString(), nil)
//
// It is an emulator. What it does not do, and where it differs from the real
// service, is listed in README.md beside this file; its speed and durability
// say nothing about Service Bus. The probe in probe_test.go is its contract:
// the same steps run against a real namespace when
// SERVICEBUS_CONNECTION_STRING is set.
//
// wire is the protocol's encoding, broker the queues, server the network.
package servicebus

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"castad/scripts/localcloud/servicebus/broker"
	"castad/scripts/localcloud/servicebus/server"
)

// DefaultKeyName and DefaultKey are the shared access key when Options name
// none; Microsoft's emulator uses the same key name. Not a secret.
const (
	DefaultKeyName = "RootManageSharedAccessKey"
	DefaultKey     = "SAS_KEY_VALUE"
)

// Options configure an Emulator. The zero value listens on a free port of
// 127.0.0.1, keeps everything in memory and has no queues.
type Options struct {
	Addr   string // default "127.0.0.1:0"
	Queues []broker.QueueConfig
	// Config is a file with Microsoft's Config.json schema whose queues are added.
	Config string
	// Dir is the journal's directory; "" keeps messages in memory only.
	Dir string
	// CompactAt is the journal size in bytes that starts a compaction; default 64 MiB.
	CompactAt int64
	// Control is the address of the HTTP control endpoint; "" = none.
	Control string

	KeyName, Key string
	// VerifyJWT checks tokens of TokenCredential clients; nil refuses them.
	VerifyJWT func(token, audience string) (expires time.Time, err error)
	// TLS makes the listener speak TLS, as the real service always does.
	TLS *tls.Config

	MaxMessageSize int          // bytes; default 256 KiB
	Clock          broker.Clock // of the queues; default the machine's
	Ledger         bool         // keep broker.Events (unbounded: for tests)
	Logger         *slog.Logger
}

// Emulator is a running emulator.
type Emulator struct {
	o       Options
	broker  *broker.Broker
	server  *server.Server
	addr    string
	control *http.Server
	ctlAddr string
	cancel  func() bool
	wg      sync.WaitGroup
	once    sync.Once
	err     error
}

// Start starts an emulator. It runs until Close or until ctx ends.
func Start(ctx context.Context, o Options) (*Emulator, error) {
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	if o.KeyName == "" {
		o.KeyName, o.Key = DefaultKeyName, DefaultKey
	}
	queues := o.Queues
	if o.Config != "" {
		more, err := LoadConfig(o.Config)
		if err != nil {
			return nil, err
		}
		queues = append(queues[:len(queues):len(queues)], more...)
	}
	b, err := broker.Open(broker.Options{Queues: queues, Clock: o.Clock, Dir: o.Dir, Ledger: o.Ledger, CompactAt: o.CompactAt})
	if err != nil {
		return nil, err
	}
	e := &Emulator{o: o, broker: b, server: server.New(b, server.Options{KeyName: o.KeyName, Key: o.Key, VerifyJWT: o.VerifyJWT,
		MaxMessageSize: o.MaxMessageSize, Logger: o.Logger})}
	if err := e.listen(ctx); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	e.cancel = context.AfterFunc(ctx, e.shutdown)
	return e, nil
}

func (e *Emulator) listen(ctx context.Context) error {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", e.o.Addr)
	if err != nil {
		return fmt.Errorf("listen for AMQP: %w", err)
	}
	e.addr = ln.Addr().String()
	if e.o.TLS != nil {
		ln = tls.NewListener(ln, e.o.TLS)
	}
	e.wg.Go(func() { e.report("AMQP listener", e.server.Serve(ln)) })
	if e.o.Control == "" {
		return nil
	}
	ctl, err := lc.Listen(ctx, "tcp", e.o.Control)
	if err != nil {
		return fmt.Errorf("listen for control: %w", err)
	}
	e.ctlAddr = ctl.Addr().String()
	e.control = &http.Server{Handler: e.controls(), ReadHeaderTimeout: 5 * time.Second}
	e.wg.Go(func() {
		if err := e.control.Serve(ctl); !errors.Is(err, http.ErrServerClosed) {
			e.report("control listener", err)
		}
	})
	return nil
}

func (e *Emulator) report(what string, err error) {
	if err != nil && e.o.Logger != nil {
		e.o.Logger.Error(what+" ended", "error", err)
	}
}

// Addr is the host:port that it listens on.
func (e *Emulator) Addr() string { return e.addr }

// ControlAddr is the host:port of the control endpoint, "" without one.
func (e *Emulator) ControlAddr() string { return e.ctlAddr }

// ConnectionString is what azservicebus and the Functions host take.
func (e *Emulator) ConnectionString() string {
	s := "Endpoint=sb://" + e.addr + ";SharedAccessKeyName=" + e.o.KeyName + ";SharedAccessKey=" + e.o.Key
	if e.o.TLS == nil {
		s += ";UseDevelopmentEmulator=true"
	}
	return s
}

// Broker is the emulator's queues, for tests that look inside.
func (e *Emulator) Broker() *broker.Broker { return e.broker }

// Faults makes the emulator misbehave.
func (e *Emulator) Faults() *server.Faults { return &e.server.Faults }

// Cut closes all connections and returns how many there were.
func (e *Emulator) Cut() int { return e.server.Cut() }

// Detach detaches the links of a queue ("" = all) with a condition such as
// server.DetachForced and returns how many there were.
func (e *Emulator) Detach(queue, condition string) int { return e.server.Detach(queue, condition) }

// Purge drops all messages, scheduled ones included, of one queue or, with "",
// of all; with dead also the dead-letter queues'. It returns how many.
func (e *Emulator) Purge(queue string, dead bool) (int, error) {
	queues := e.broker.Queues()
	if queue != "" {
		q, ok := e.broker.Queue(queue)
		if !ok {
			return 0, fmt.Errorf("purge: there is no queue %q", queue)
		}
		queues = []*broker.Queue{q}
	}
	n := 0
	for _, q := range queues {
		dropped, lsn, err := q.Purge(dead)
		if err == nil {
			err = e.broker.Sync(lsn)
		}
		if n += dropped; err != nil {
			return n, fmt.Errorf("purge %s: %w", q.Path(), err)
		}
	}
	return n, nil
}

// Close stops the emulator; what was answered is on disk when it has a directory.
func (e *Emulator) Close() error {
	if e.cancel != nil {
		e.cancel()
	}
	e.shutdown()
	return e.err
}

func (e *Emulator) shutdown() {
	e.once.Do(func() {
		if e.control != nil {
			e.err = e.control.Close()
		}
		e.err = errors.Join(e.err, e.server.Close(), e.broker.Close())
		e.wg.Wait()
	})
}
