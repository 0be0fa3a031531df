package servicebus_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	emulator "castad/scripts/localcloud/servicebus"
	"castad/scripts/localcloud/servicebus/broker"
	"castad/scripts/localcloud/servicebus/server"
	"castad/shared/fault"
	"castad/shared/servicebus"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start(t *testing.T, o emulator.Options) (*emulator.Emulator, *broker.Queue) {
	t.Helper()
	if o.Queues == nil {
		o.Queues = []broker.QueueConfig{{Name: "q"}}
	}
	o.Ledger = true
	e, err := emulator.Start(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	q, _ := e.Broker().Queue("q")
	return e, q
}

func open(t *testing.T, c servicebus.Config) *servicebus.Client {
	t.Helper()
	client, err := servicebus.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = client.Close(ctx)
	})
	return client
}

func pair(t *testing.T, o emulator.Options) (*servicebus.Client, *emulator.Emulator, *broker.Queue) {
	t.Helper()
	e, q := start(t, o)
	return open(t, servicebus.Config{ConnectionString: e.ConnectionString()}), e, q
}

func batchOf(n, size int) []servicebus.Message {
	msgs := make([]servicebus.Message, n)
	for i := range msgs {
		msgs[i] = servicebus.Message{ID: fmt.Sprintf("m-%03d", i), Body: []byte(strings.Repeat("x", size))}
	}
	return msgs
}

func TestOpenNamesTheSettingThatIsWrong(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]servicebus.Config{
		"nothing is set":          {},
		"both are set":            {ConnectionString: "x", Namespace: "y"},
		"not a connection string": {ConnectionString: "no"},
		"no credential":           {Namespace: "ns.servicebus.windows.net"},
	} {
		_, err := servicebus.Open(c)
		if fault.KindOf(err) != fault.Misconfigured || !strings.Contains(err.Error(), "CASTAD_SERVICEBUS") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhatIsSentIsDrained(t *testing.T) {
	t.Parallel()
	client, _, _ := pair(t, emulator.Options{})
	sent := servicebus.Message{ID: "a", Body: []byte("body"), Subject: "s", Properties: map[string]any{"n": int64(3), "run": "run_1"}}
	if err := client.Send(t.Context(), "q", []servicebus.Message{sent}); err != nil {
		t.Fatal(err)
	}
	var got []servicebus.Received
	n, err := client.Drain(t.Context(), "q", false, 10, func(_ context.Context, r servicebus.Received) error {
		got = append(got, r)
		return nil
	})
	if err != nil || n != 1 || len(got) != 1 {
		t.Fatalf("drained %d, %v: %+v", n, err, got)
	}
	r := got[0]
	if r.ID != "a" || string(r.Body) != "body" || r.DeliveryCount != 1 || r.SequenceNumber != 1 || time.Since(r.EnqueuedAt) > time.Minute {
		t.Errorf("received %+v", r)
	}
	if diff := cmp.Diff(sent.Properties, r.Properties); diff != "" {
		t.Errorf("properties (-sent +received):\n%s", diff)
	}
	if n, err := client.Drain(t.Context(), "q", false, 10, nil); n != 0 || err != nil {
		t.Errorf("the queue should be empty: %d, %v", n, err)
	}
}

func TestSendSplitsBySizeAndKeepsOrder(t *testing.T) {
	t.Parallel()
	client, _, q := pair(t, emulator.Options{})
	msgs := batchOf(60, 20<<10) // five batches of 256 KiB
	if err := client.Send(t.Context(), "q", msgs); err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for _, m := range msgs {
		want = append(want, m.ID)
	}
	for _, e := range q.Events() {
		if e.Kind == broker.Enqueued {
			got = append(got, e.ID)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("stored (-sent +stored):\n%s", diff)
	}
}

func TestSendHoldsBackWhatIsNotDue(t *testing.T) {
	t.Parallel()
	client, _, q := pair(t, emulator.Options{})
	msgs := batchOf(4, 10)
	msgs[1].NotBefore = time.Now().Add(time.Hour)
	msgs[2].NotBefore = time.Now().Add(-time.Hour)
	msgs[3].NotBefore = time.Now().Add(2 * time.Hour)
	if err := client.Send(t.Context(), "q", msgs); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(broker.Counts{Active: 2, Scheduled: 2}, q.Counts()); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
}

func TestSendErrorsHaveTheirKind(t *testing.T) {
	t.Parallel()
	client, e, q := pair(t, emulator.Options{})
	tooLarge := batchOf(3, 10)
	tooLarge[2].Body = make([]byte, 300<<10)
	if err := client.Send(t.Context(), "q", tooLarge); fault.KindOf(err) != fault.Invalid || fault.CodeOf(err) != fault.CodeTooLarge {
		t.Errorf("too large: %v", err)
	}
	odd := batchOf(1, 10)
	odd[0].Properties = map[string]any{"f": struct{}{}}
	if err := client.Send(t.Context(), "q", odd); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a property that AMQP cannot carry: %v", err)
	}
	if c := q.Counts(); c.Active != 0 {
		t.Errorf("%d messages of a refused call were sent", c.Active)
	}
	if err := client.Send(t.Context(), "absent", batchOf(1, 10)); fault.KindOf(err) != fault.Misconfigured {
		t.Errorf("unknown queue: %v", err)
	}
	wrongKey := open(t, servicebus.Config{ConnectionString: strings.Replace(e.ConnectionString(), emulator.DefaultKey, "bm8=", 1)})
	if err := wrongKey.Send(t.Context(), "q", batchOf(1, 10)); fault.KindOf(err) != fault.Misconfigured {
		t.Errorf("wrong key: %v", err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if err := client.Send(t.Context(), "q", batchOf(1, 10)); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("service gone: %v", err)
	}
	if err := client.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := client.Send(t.Context(), "q", batchOf(1, 10)); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("client closed: %v", err)
	}
}

func TestSendRecovers(t *testing.T) {
	t.Parallel()
	for name, hurt := range map[string]func(*emulator.Emulator){
		"from a cut connection":                   func(e *emulator.Emulator) { e.Cut() },
		"from a forced detach":                    func(e *emulator.Emulator) { e.Detach("q", server.DetachForced) },
		"from a detach that the SDK thinks fatal": func(e *emulator.Emulator) { e.Detach("q", "amqp:unauthorized-access") },
		"from a busy service":                     func(e *emulator.Emulator) { e.Faults().Busy(1) },
		"from a lost answer, by sending twice":    func(e *emulator.Emulator) { e.Faults().LoseAnswers(1) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, e, q := pair(t, emulator.Options{})
			send := func(id string) error {
				return client.Send(t.Context(), "q", []servicebus.Message{{ID: id, Body: []byte("x")}})
			}
			if err := send("before"); err != nil {
				t.Fatal(err)
			}
			hurt(e)
			err := send("after")
			for range 2 { // what the relay does: send again
				if err == nil {
					break
				}
				err = send("after")
			}
			if err != nil {
				t.Fatal(err)
			}
			if ids := broker.IDs(q.Events(), broker.Enqueued); ids["before"] != 1 || ids["after"] == 0 {
				t.Errorf("stored %v", ids)
			}
		})
	}
}

func TestWaitsEndWithTheContext(t *testing.T) {
	t.Parallel()
	client, e, _ := pair(t, emulator.Options{})
	if err := client.Send(t.Context(), "q", batchOf(1, 10)); err != nil {
		t.Fatal(err)
	}
	e.Faults().Delay(time.Minute)
	for name, call := range map[string]func(context.Context) error{
		"send":  func(ctx context.Context) error { return client.Send(ctx, "q", batchOf(1, 10)) },
		"drain": func(ctx context.Context) error { _, err := client.Drain(ctx, "q", false, 1, nil); return err },
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		err := call(ctx)
		cancel()
		if fault.KindOf(err) != fault.Unavailable || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDrainAbandonsWhatFailsAndGoesOn(t *testing.T) {
	t.Parallel()
	client, _, q := pair(t, emulator.Options{})
	if err := client.Send(t.Context(), "q", batchOf(70, 10)); err != nil {
		t.Fatal(err)
	}
	bad := errors.New("no such run")
	calls := map[string]int{}
	n, err := client.Drain(t.Context(), "q", false, 1000, func(_ context.Context, r servicebus.Received) error {
		calls[r.ID]++
		if r.ID == "m-007" || r.ID == "m-040" {
			return bad
		}
		return nil
	})
	if n != 68 || !errors.Is(err, bad) || !strings.Contains(err.Error(), "m-040") {
		t.Fatalf("drained %d: %v", n, err)
	}
	for id, k := range calls {
		if k != 1 {
			t.Errorf("%s was handed out %d times", id, k)
		}
	}
	if c := q.Counts(); c.Active != 2 || c.Locked != 0 {
		t.Errorf("left %+v, want two available messages", c)
	}
	if tally := q.Tally(); tally[broker.Abandoned] != 2 || tally[broker.LockExpired] != 0 {
		t.Errorf("tally %v", tally)
	}
}

func TestDrainStopsAtMax(t *testing.T) {
	t.Parallel()
	client, _, q := pair(t, emulator.Options{})
	if err := client.Send(t.Context(), "q", batchOf(10, 10)); err != nil {
		t.Fatal(err)
	}
	n, err := client.Drain(t.Context(), "q", false, 4, func(context.Context, servicebus.Received) error { return nil })
	if n != 4 || err != nil {
		t.Fatalf("drained %d: %v", n, err)
	}
	if c := q.Counts(); c.Active != 6 || c.Locked != 0 {
		t.Errorf("left %+v", c)
	}
}

func TestDrainReadsDeadLetters(t *testing.T) {
	t.Parallel()
	client, _, q := pair(t, emulator.Options{Queues: []broker.QueueConfig{{Name: "q", MaxDeliveryCount: 1}}})
	if err := client.Send(t.Context(), "q", batchOf(2, 10)); err != nil {
		t.Fatal(err)
	}
	fail := func(context.Context, servicebus.Received) error { return errors.New("no") }
	if n, err := client.Drain(t.Context(), "q", false, 2, fail); n != 0 || err == nil {
		t.Fatalf("drained %d: %v", n, err)
	}
	if c := q.Counts(); c.Dead != 2 {
		t.Fatalf("counts %+v", c)
	}
	var got []servicebus.Received
	n, err := client.Drain(t.Context(), "q", true, 10, func(_ context.Context, r servicebus.Received) error {
		got = append(got, r)
		return nil
	})
	if n != 2 || err != nil || got[0].DeadLetterReason != "MaxDeliveryCountExceeded" || got[0].DeadLetterDescription == "" {
		t.Fatalf("drained %d, %v: %+v", n, err, got)
	}
}

func TestDrainSettlesAfterACutConnection(t *testing.T) {
	t.Parallel()
	client, e, q := pair(t, emulator.Options{})
	if err := client.Send(t.Context(), "q", batchOf(1, 10)); err != nil {
		t.Fatal(err)
	}
	n, err := client.Drain(t.Context(), "q", false, 1, func(context.Context, servicebus.Received) error {
		e.Cut()
		return nil
	})
	if n != 1 || err != nil {
		t.Fatalf("drained %d: %v", n, err)
	}
	if tally := q.Tally(); tally[broker.Completed] != 1 || tally[broker.Delivered] != 1 {
		t.Errorf("tally %v, want one delivery and one completion", tally)
	}
}

func TestDrainGivesBackWhatItDidNotReach(t *testing.T) {
	t.Parallel()
	client, _, q := pair(t, emulator.Options{})
	if err := client.Send(t.Context(), "q", batchOf(5, 10)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	n, err := client.Drain(ctx, "q", false, 5, func(context.Context, servicebus.Received) error {
		cancel()
		return nil
	})
	if n != 1 || !errors.Is(err, context.Canceled) {
		t.Fatalf("drained %d: %v", n, err)
	}
	if c := q.Counts(); c.Active != 4 || c.Locked != 0 {
		t.Errorf("left %+v, want four available messages", c)
	}
}

type credential struct{ token string }

func (c credential) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: c.token, ExpiresOn: time.Now().Add(time.Hour)}, nil
}

func TestANamespaceIsReachedByTLSAndACredential(t *testing.T) {
	t.Parallel()
	const host = "castad.servicebus.windows.net"
	cert, roots := certificate(t, host)
	e, _ := start(t, emulator.Options{TLS: &tls.Config{Certificates: []tls.Certificate{cert}},
		VerifyJWT: func(token, audience string) (time.Time, error) {
			if token != "good" || !strings.HasPrefix(audience, "amqps://"+host+"/q") {
				return time.Time{}, fmt.Errorf("token %q for %q", token, audience)
			}
			return time.Now().Add(time.Hour), nil
		}})
	c := servicebus.Config{Namespace: host, Credential: credential{"good"}, TLS: &tls.Config{RootCAs: roots}, CustomEndpoint: e.Addr()}
	if err := open(t, c).Send(t.Context(), "q", batchOf(1, 10)); err != nil {
		t.Fatal(err)
	}
	c.Credential = credential{"bad"}
	if err := open(t, c).Send(t.Context(), "q", batchOf(1, 10)); fault.KindOf(err) != fault.Misconfigured {
		t.Errorf("a refused token: %v", err)
	}
	c.TLS = nil
	if err := open(t, c).Send(t.Context(), "q", batchOf(1, 10)); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("an unknown certificate: %v", err)
	}
}

func certificate(t *testing.T, host string) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: host}, DNSNames: []string{host},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}
