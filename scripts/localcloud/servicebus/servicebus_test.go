package servicebus_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"castad/scripts/localcloud/servicebus"
	"castad/scripts/localcloud/servicebus/broker"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start(t *testing.T, o servicebus.Options) (*servicebus.Emulator, *broker.Queue) {
	t.Helper()
	o.Ledger = true
	e, err := servicebus.Start(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	q, _ := e.Broker().Queue("q")
	return e, q
}

var oneQueue = []broker.QueueConfig{{Name: "q"}}

// The connection is cut eight times while 3,000 messages flow.
func TestCutConnectionsLoseNothing(t *testing.T) {
	t.Parallel()
	const total, cuts = 3000, 8
	e, q := start(t, servicebus.Options{Dir: t.TempDir(), Queues: []broker.QueueConfig{{Name: "q", LockDuration: 3 * time.Second, MaxDeliveryCount: 100}}})
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var senders, receivers sync.WaitGroup
	finished := make(chan struct{})
	for g := range 4 {
		p := newProbe(t, e.ConnectionString(), "")
		sender := p.open("q")
		receiver, err := p.client.NewReceiverForQueue("q", nil)
		if err != nil {
			t.Fatal(err)
		}
		senders.Go(func() {
			for i := range total / 4 {
				m := &azservicebus.Message{MessageID: to.Ptr(fmt.Sprintf("%d-%d", g, i)), Body: []byte("x")}
				for sender.SendMessage(ctx, m, nil) != nil {
					if ctx.Err() != nil {
						return
					}
				}
			}
		})
		receivers.Go(func() {
			for ctx.Err() == nil {
				select {
				case <-finished:
					return
				default:
				}
				short, stop := context.WithTimeout(ctx, time.Second)
				got, _ := receiver.ReceiveMessages(short, 20, nil) // a cut: receive again
				stop()
				for _, m := range got {
					short, stop := context.WithTimeout(ctx, 500*time.Millisecond)
					err := receiver.CompleteMessage(short, m, nil)
					stop()
					if err != nil {
						break // their locks run out and they come again
					}
				}
			}
		})
	}
	for n := range cuts {
		for q.Tally()[broker.Completed] < int64((n+1)*total/(cuts+2)) && ctx.Err() == nil {
			time.Sleep(5 * time.Millisecond)
		}
		e.Cut()
	}
	senders.Wait()
	for q.Counts().Active > 0 && ctx.Err() == nil {
		time.Sleep(20 * time.Millisecond)
	}
	close(finished)
	receivers.Wait()
	if ctx.Err() != nil {
		t.Fatalf("not finished: %v, %+v", q.Tally(), q.Counts())
	}
	completed := broker.IDs(q.Events(), broker.Completed)
	for g := range 4 {
		for i := range total / 4 {
			if id := fmt.Sprintf("%d-%d", g, i); completed[id] == 0 {
				t.Errorf("%s was lost", id)
			}
		}
	}
	if c := q.Counts(); c.Dead != 0 {
		t.Errorf("left %+v", c)
	}
	t.Logf("%d sent twice because an answer was lost", q.Tally()[broker.Enqueued]-total)
}

func TestAnEmulatorContinuesWhereItStopped(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	e, _ := start(t, servicebus.Options{Dir: dir, Queues: oneQueue})
	p := newProbe(t, e.ConnectionString(), "q")
	p.put(azservicebus.Message{MessageID: to.Ptr("kept"), ApplicationProperties: map[string]any{"n": int64(1)}})
	gone := p.put(azservicebus.Message{})
	kept := p.one(p.recv, "kept")
	p.done(p.recv, p.one(p.recv, gone))
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	e, _ = start(t, servicebus.Options{Dir: dir, Queues: oneQueue})
	p = connect(t, e, "q")
	m := p.one(p.recv, "kept")
	if m.ApplicationProperties["n"] != int64(1) || *m.SequenceNumber != *kept.SequenceNumber || !m.EnqueuedTime.Equal(*kept.EnqueuedTime) {
		t.Errorf("came back as %+v", m)
	}
	p.done(p.recv, m)
	p.none(p.recv)
}

// connect is newProbe without emptying the queue first.
func connect(t *testing.T, e *servicebus.Emulator, queue string) *probe {
	t.Helper()
	p := newProbe(t, e.ConnectionString(), "")
	p.queue = queue
	p.send, p.recv = p.open(queue), p.receiver(nil)
	return p
}

func TestAClockCanBeMovedUnderTheSDK(t *testing.T) {
	t.Parallel()
	clock := broker.NewManualClock(time.Now())
	e, _ := start(t, servicebus.Options{Queues: oneQueue, Clock: clock})
	p := connect(t, e, "q")
	id := p.put(azservicebus.Message{ScheduledEnqueueTime: to.Ptr(clock.Now().Add(24 * time.Hour))})
	go clock.Advance(24 * time.Hour) // while the receiver waits
	p.done(p.recv, p.one(p.recv, id))
}

func TestInjectedFaultsAreWhatTheSDKSees(t *testing.T) {
	t.Parallel()
	e, q := start(t, servicebus.Options{Queues: oneQueue})
	p := connect(t, e, "q")
	e.Faults().Busy(1)
	p.put(azservicebus.Message{MessageID: to.Ptr("busy")}) // the SDK tries again
	if got := q.Tally()[broker.Enqueued]; got != 1 {
		t.Errorf("%d stored", got)
	}
	e.Faults().LoseAnswers(1)
	p.put(azservicebus.Message{MessageID: to.Ptr("lost")})
	if ids := broker.IDs(q.Events(), broker.Enqueued); ids["lost"] != 2 {
		t.Errorf("a send whose answer was lost was stored %d times, want 2", ids["lost"])
	}
	e.Faults().Delay(300 * time.Millisecond)
	before := time.Now()
	p.put(azservicebus.Message{})
	if d := time.Since(before); d < 300*time.Millisecond {
		t.Errorf("a delayed answer came after %s", d)
	}
	e.Faults().Delay(3 * time.Second)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second) // leaves the service a server-timeout of 1 s
	defer cancel()
	if _, err := p.recv.PeekMessages(ctx, 1, nil); err == nil {
		t.Error("a request went past its server-timeout")
	}
	e.Faults().Delay(0)
}

func TestControlEndpoint(t *testing.T) {
	t.Parallel()
	e, q := start(t, servicebus.Options{Queues: append(oneQueue, broker.QueueConfig{Name: "r"}), Control: "127.0.0.1:0"})
	p := connect(t, e, "q")
	p.put(azservicebus.Message{})
	p.put(azservicebus.Message{ScheduledEnqueueTime: to.Ptr(time.Now().Add(time.Hour))})
	call := func(method, path string, header ...string) (int, map[string]any) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, "http://"+e.ControlAddr()+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range header {
			req.Header.Set(h, "x")
		}
		req.Close = true
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var body map[string]any
		if data, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusMethodNotAllowed {
			if err := json.Unmarshal(data, &body); err != nil {
				t.Fatalf("%s: %v", data, err)
			}
		}
		return resp.StatusCode, body
	}
	_, got := call("GET", "/queues")
	zero := map[string]any{"active": 0., "locked": 0., "deferred": 0., "scheduled": 0., "dead": 0.}
	want := map[string]any{"queues": map[string]any{"r": zero, "q": map[string]any{"active": 1., "locked": 0., "deferred": 0., "scheduled": 1., "dead": 0.}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("GET /queues (-want +got):\n%s", diff)
	}
	if status, _ := call("POST", "/purge?queue=q", "Origin"); status != http.StatusForbidden {
		t.Errorf("a request from a web page: %d", status)
	}
	if status, _ := call("GET", "/purge"); status != http.StatusMethodNotAllowed {
		t.Errorf("GET /purge: %d", status)
	}
	if status, body := call("POST", "/purge?queue=absent"); status != http.StatusNotFound || body["error"] == "" {
		t.Errorf("purging an unknown queue: %d %v", status, body)
	}
	if status, body := call("POST", "/purge?queue=q"); status != http.StatusOK || body["purged"] != 2. {
		t.Errorf("purge: %d %v", status, body)
	}
	if c := q.Counts(); c != (broker.Counts{}) {
		t.Errorf("left %+v", c)
	}
	if status, body := call("POST", "/cut"); status != http.StatusOK || body["connections"] != 1. {
		t.Errorf("cut: %d %v", status, body)
	}
	p.put(azservicebus.Message{})
	if status, body := call("POST", "/purge"); status != http.StatusOK || body["purged"] != 1. {
		t.Errorf("purge all: %d %v", status, body)
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	write := func(t *testing.T, text string) string {
		t.Helper()
		name := filepath.Join(t.TempDir(), "Config.json")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	queue := func(props string) string {
		return `{"UserConfig":{"Namespaces":[{"Name":"n","Queues":[{"Name":"q","Properties":{` + props + `}}]}]}}`
	}
	got, err := servicebus.LoadConfig(write(t, queue(`"LockDuration":"PT1M30S","MaxDeliveryCount":3,"DefaultMessageTimeToLive":"P10675199DT2H48M5.4775807S",
		"DeadLetteringOnMessageExpiration":true,"RequiresDuplicateDetection":true,"DuplicateDetectionHistoryTimeWindow":"P1DT1H","ForwardTo":"","RequiresSession":false`)))
	want := []broker.QueueConfig{{Name: "q", LockDuration: 90 * time.Second, MaxDeliveryCount: 3, DefaultTTL: 106751 * 24 * time.Hour,
		DeadLetterOnExpiration: true, DuplicateWindow: 25 * time.Hour}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	for name, c := range map[string]struct{ text, says string }{
		"a file that is not JSON":   {`{`, "EOF"},
		"a misspelt property":       {queue(`"LockDuratoin":"PT1M"`), "LockDuratoin"},
		"two documents":             {queue("") + "{}", "follows"},
		"no queues":                 {`{"UserConfig":{}}`, "no queues"},
		"sessions":                  {queue(`"RequiresSession":true`), "sessions"},
		"forwarding":                {queue(`"ForwardTo":"x"`), "forward"},
		"topics":                    {`{"UserConfig":{"Namespaces":[{"Topics":[{}]}]}}`, "topics"},
		"a lock that is too long":   {queue(`"LockDuration":"PT6M"`), "LockDuration"},
		"a duration without a unit": {queue(`"LockDuration":"60"`), "ISO 8601"},
		"an empty time part":        {queue(`"LockDuration":"P1DT"`), "ISO 8601"},
		"too many deliveries":       {queue(`"MaxDeliveryCount":2001`), "MaxDeliveryCount"},
	} {
		name2 := write(t, c.text)
		if _, err := servicebus.LoadConfig(name2); err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), name2) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := servicebus.Start(t.Context(), servicebus.Options{Config: "testdata/absent.json"}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
}

// lines is what Run prints, as it prints it.
type lines chan string

func (l lines) Write(b []byte) (int, error) {
	l <- string(b)
	return len(b), nil
}

func TestCommand(t *testing.T) {
	t.Parallel()
	var errs bytes.Buffer
	for name, c := range map[string]struct {
		args   []string
		status int
		says   string
	}{
		"help":                {[]string{"-h"}, 0, "usage: servicebus"},
		"no config":           {nil, 2, "usage: servicebus"},
		"an unknown flag":     {[]string{"-x"}, 2, "-x"},
		"a stray argument":    {[]string{"-config", "testdata/probe.json", "x"}, 2, "usage: servicebus"},
		"an unusable address": {[]string{"-config", "testdata/probe.json", "-addr", "256.0.0.1:1"}, 1, "listen for AMQP"},
	} {
		errs.Reset()
		if got := servicebus.Run(t.Context(), c.args, io.Discard, &errs); got != c.status || !strings.Contains(errs.String(), c.says) {
			t.Errorf("%s: status %d, %s", name, got, errs.String())
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	out := make(lines, 4)
	ended := make(chan int, 1)
	go func() {
		ended <- servicebus.Run(ctx, []string{"-config", "testdata/probe.json", "-addr", "127.0.0.1:0", "-dir", t.TempDir()}, out, io.Discard)
	}()
	addr, ok := strings.CutPrefix(strings.TrimSuffix(<-out, "\n"), "servicebus ready on ")
	if !ok {
		t.Fatalf("first line: %q", addr)
	}
	conn := "Endpoint=sb://" + addr + ";SharedAccessKeyName=" + servicebus.DefaultKeyName + ";SharedAccessKey=" + servicebus.DefaultKey + ";UseDevelopmentEmulator=true"
	p := newProbe(t, conn, "")
	if err := p.open("probe-plain").SendMessage(t.Context(), &azservicebus.Message{Body: []byte("x")}, nil); err != nil {
		t.Error(err)
	}
	cancel()
	if status := <-ended; status != 0 {
		t.Errorf("stopped with status %d", status)
	}
}
