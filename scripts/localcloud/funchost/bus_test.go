package funchost

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
	"github.com/google/go-cmp/cmp"

	"castad/scripts/localcloud/servicebus"
	"castad/scripts/localcloud/servicebus/broker"
)

// bus is an emulator with the queue "work" and a client of it.
type bus struct {
	*servicebus.Emulator
	client *azservicebus.Client
	sender *azservicebus.Sender
}

func startBus(t *testing.T, queue broker.QueueConfig) *bus {
	t.Helper()
	queue.Name = "work"
	e, err := servicebus.Start(context.Background(), servicebus.Options{Queues: []broker.QueueConfig{queue}})
	if err != nil {
		t.Fatal(err)
	}
	client, err := azservicebus.NewClientFromConnectionString(e.ConnectionString(), nil)
	if err != nil {
		t.Fatal(err)
	}
	sender, err := client.NewSender("work", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		_ = client.Close(ctx)
		if err := e.Close(); err != nil {
			t.Errorf("close the emulator: %v", err)
		}
	})
	return &bus{e, client, sender}
}

func (b *bus) send(t *testing.T, tasks ...map[string]any) {
	t.Helper()
	for _, task := range tasks {
		body, err := json.Marshal(task)
		if err != nil {
			t.Fatal(err)
		}
		id := fmt.Sprint(task["ID"])
		if err := b.sender.SendMessage(t.Context(), &azservicebus.Message{Body: body, MessageID: &id}, nil); err != nil {
			t.Fatal(err)
		}
	}
}

// host runs a host whose function work listens to the bus.
func (b *bus) host(t *testing.T, s site, options Options) *running {
	t.Helper()
	s.t = t
	s.env = append(s.env, "BUS="+b.ConnectionString())
	if s.functions == nil {
		s.functions = map[string]string{"work": queueBinding}
	}
	options.Dial = DialServiceBus
	return runHost(t, s.load(), options).up(t)
}

func work(r *running) FunctionStats { return r.Stats().Functions["work"] }

// deliveries are the DeliveryCount values that the handler saw for a message.
func deliveries(t *testing.T, app *App, id string) []string {
	t.Helper()
	var counts []string
	for _, call := range journal(t, app, "invoke") {
		var body struct {
			Metadata struct{ DeliveryCount string }
		}
		if err := json.Unmarshal(call.Body, &body); err != nil {
			t.Fatal(err)
		}
		if call.ID == id {
			counts = append(counts, body.Metadata.DeliveryCount)
		}
	}
	return counts
}

func TestAMessageReachesTheHandlerAndIsCompleted(t *testing.T) {
	t.Parallel()
	b := startBus(t, broker.QueueConfig{})
	r := b.host(t, site{}, Options{})
	b.send(t, map[string]any{"ID": "밥", "Do": "ok", "Log": "told by the handler"})
	eventually(t, "the message is settled", func() bool { return work(r).Completed == 1 })
	calls := journal(t, r.app, "invoke")
	if len(calls) != 1 || calls[0].Function != "work" || calls[0].ID != "밥" {
		t.Fatalf("calls %+v", calls)
	}
	for name, want := range map[string]string{"Content-Type": "application/json; charset=utf-8", "User-Agent": "Azure-Functions-Host/" + version, "X-Azure-Functions-Hostversion": version} {
		if calls[0].Headers[name] != want {
			t.Errorf("header %s = %q, want %q", name, calls[0].Headers[name], want)
		}
	}
	var body struct {
		Data     struct{ Job []byte }
		Metadata struct {
			MessageID string `json:"MessageId"`
			LockToken string
			Client    struct{ FullyQualifiedNamespace string }
			Sys       struct{ MethodName string }
		}
	}
	if err := json.Unmarshal(calls[0].Body, &body); err != nil {
		t.Fatal(err)
	}
	if want := `{"Do":"ok","ID":"밥","Log":"told by the handler"}`; string(body.Data.Job) != want {
		t.Errorf("body %q, want %q", body.Data.Job, want)
	}
	m := body.Metadata
	if m.MessageID != `"밥"` || len(m.LockToken) != 38 || m.Sys.MethodName != "work" || !strings.HasPrefix(b.Addr(), strings.Split(m.Client.FullyQualifiedNamespace, ":")[0]) {
		t.Errorf("metadata %+v", m)
	}
	if logged := r.logs.find("told by the handler"); len(logged) != 1 || logged[0].Category != "Function.work.User" {
		t.Errorf("Logs were logged as %+v", logged)
	}
}

func TestAFailureIsAbandonedAtOnceUntilTheBrokerGivesUp(t *testing.T) {
	t.Parallel()
	for name, do := range map[string]string{"a status of 500": "fail", "a wrong content type": "text"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := startBus(t, broker.QueueConfig{MaxDeliveryCount: 3, LockDuration: time.Minute})
			r := b.host(t, site{}, Options{})
			b.send(t, map[string]any{"ID": "bad", "Do": do, "Log": "must be dropped"})
			eventually(t, "it was delivered three times", func() bool { return work(r).Abandoned == 3 })
			if diff := cmp.Diff([]string{"1", "2", "3"}, deliveries(t, r.app, "bad")); diff != "" {
				t.Errorf("DeliveryCount (-want +got):\n%s", diff)
			}
			dead, err := b.client.NewReceiverForQueue("work", &azservicebus.ReceiverOptions{SubQueue: azservicebus.SubQueueDeadLetter})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			messages, err := dead.ReceiveMessages(ctx, 1, nil)
			if err != nil || len(messages) != 1 || messages[0].MessageID != "bad" {
				t.Errorf("dead letters: %v, %v", messages, err)
			}
			if len(r.logs.find("must be dropped")) > 0 {
				t.Error("the Logs of a failure were kept")
			}
		})
	}
}

func TestAnEmptyAnswerHangsUntilTheHandlerIsKilled(t *testing.T) {
	t.Parallel()
	for _, do := range []string{"empty", "null"} {
		t.Run(do, func(t *testing.T) {
			t.Parallel()
			b := startBus(t, broker.QueueConfig{MaxDeliveryCount: 1})
			r := b.host(t, site{}, Options{FunctionTimeout: 500 * time.Millisecond})
			pid := r.Stats().PID
			b.send(t, map[string]any{"ID": "hang", "Do": do})
			eventually(t, "the message is given back", func() bool { return work(r).Abandoned == 1 })
			eventually(t, "another handler runs", func() bool { s := r.Stats(); return s.PID != 0 && s.PID != pid })
			if s := r.Stats(); s.Timeouts != 1 || s.Restarts != 1 || s.Crashes != 0 || s.Functions["work"].Failures != 1 {
				t.Errorf("stats %+v", s)
			}
		})
	}
}

func TestConcurrencyIsLimitedPerFunction(t *testing.T) {
	t.Parallel()
	b := startBus(t, broker.QueueConfig{})
	r := b.host(t, site{rest: `,"extensions":{"serviceBus":{"maxConcurrentCalls":2}}`}, Options{})
	const n = 10
	for i := range n {
		b.send(t, map[string]any{"ID": fmt.Sprint(i), "Pause": "50ms"})
	}
	eventually(t, "all are done", func() bool { return work(r).Completed == n })
	now, most := 0, 0
	for _, e := range journal(t, r.app, "") {
		switch e.Event {
		case "invoke":
			now++
			most = max(most, now)
		case "invoked":
			now--
		}
	}
	if most != 2 {
		t.Errorf("%d invocations ran at once, want 2", most)
	}
}

func TestLocksAreRenewedWhileTheFunctionRuns(t *testing.T) {
	t.Parallel()
	b := startBus(t, broker.QueueConfig{LockDuration: time.Second})
	r := b.host(t, site{}, Options{})
	b.send(t, map[string]any{"ID": "long", "Pause": "2500ms"})
	eventually(t, "it is done", func() bool { return work(r).Completed == 1 })
	if got := deliveries(t, r.app, "long"); len(got) != 1 {
		t.Errorf("delivered %d times", len(got))
	}
}

func TestWithoutRenewalALongJobIsDeliveredAgainWhileItRuns(t *testing.T) {
	t.Parallel()
	b := startBus(t, broker.QueueConfig{LockDuration: 500 * time.Millisecond, MaxDeliveryCount: 2})
	r := b.host(t, site{rest: `,"extensions":{"serviceBus":{"maxAutoLockRenewalDuration":"00:00:00"}}`}, Options{})
	b.send(t, map[string]any{"ID": "long", "Pause": "1200ms"})
	eventually(t, "it was delivered again", func() bool { return len(deliveries(t, r.app, "long")) == 2 })
	if done := journal(t, r.app, "invoked"); len(done) > 0 {
		t.Error("the second delivery waited for the first run")
	}
	eventually(t, "both runs ended", func() bool { return len(journal(t, r.app, "invoked")) == 2 })
	eventually(t, "the loss was reported", func() bool { return len(r.logs.find("could not be settled")) > 0 })
}

func TestACutConnectionIsSettledByLockToken(t *testing.T) {
	t.Parallel()
	b := startBus(t, broker.QueueConfig{LockDuration: time.Minute})
	r := b.host(t, site{}, Options{})
	b.send(t, map[string]any{"ID": "cut", "Pause": "300ms"})
	eventually(t, "it runs", func() bool { return len(journal(t, r.app, "invoke")) == 1 })
	b.Cut()
	eventually(t, "it is settled", func() bool { return work(r).Completed == 1 })
	b.send(t, map[string]any{"ID": "after"})
	eventually(t, "the next one is done", func() bool { return work(r).Completed == 2 })
	if got := deliveries(t, r.app, "cut"); len(got) != 1 {
		t.Errorf("delivered %d times", len(got))
	}
}

func TestFaultsOnMessages(t *testing.T) {
	t.Parallel()
	t.Run("a duplicate runs beside the first delivery", func(t *testing.T) {
		t.Parallel()
		b := startBus(t, broker.QueueConfig{})
		r := b.host(t, site{}, Options{Faults: Faults{Duplicate: 1}})
		b.send(t, map[string]any{"ID": "twice", "Pause": "200ms"})
		eventually(t, "it is done", func() bool { return work(r).Completed == 1 && len(journal(t, r.app, "invoked")) == 2 })
		got := deliveries(t, r.app, "twice")
		if len(got) != 2 || got[0] == got[1] {
			t.Errorf("deliveries %v, want 1 and 2", got)
		}
	})
	t.Run("a lost lock brings the message again", func(t *testing.T) {
		t.Parallel()
		b := startBus(t, broker.QueueConfig{LockDuration: 300 * time.Millisecond, MaxDeliveryCount: 2})
		r := b.host(t, site{}, Options{Faults: Faults{LoseLock: 1}})
		b.send(t, map[string]any{"ID": "lost"})
		eventually(t, "it came again", func() bool { return len(deliveries(t, r.app, "lost")) == 2 })
		if w := work(r); w.Completed+w.Abandoned > 0 {
			t.Errorf("it was settled: %+v", w)
		}
	})
}

func TestABatchIsSettledAsAWhole(t *testing.T) {
	t.Parallel()
	b := startBus(t, broker.QueueConfig{MaxDeliveryCount: 5})
	batch, err := b.sender.NewMessageBatch(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if err := batch.AddMessage(&azservicebus.Message{Body: []byte(`"x"`)}, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.sender.SendMessageBatch(t.Context(), batch, nil); err != nil {
		t.Fatal(err)
	}
	r := b.host(t, site{functions: map[string]string{"work": strings.Replace(queueBinding, `"dataType"`, `"cardinality":"many","dataType"`, 1)}}, Options{})
	eventually(t, "all are done", func() bool { return work(r).Completed == 5 })
	total := 0
	for _, call := range journal(t, r.app, "invoke") {
		var body struct {
			Data     struct{ Job string }
			Metadata struct{ DeliveryCountArray string }
		}
		var jobs [][]byte
		if err := json.Unmarshal(call.Body, &body); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(body.Data.Job), &jobs); err != nil || !strings.HasPrefix(body.Metadata.DeliveryCountArray, "[1") {
			t.Errorf("batch %s: %v", call.Body, err)
		}
		total += len(jobs)
	}
	if total != 5 || work(r).Invocations >= 5 {
		t.Errorf("%d messages in %d invocations", total, work(r).Invocations)
	}
}

func TestADrainedHostReceivesNothingMore(t *testing.T) {
	t.Parallel()
	b := startBus(t, broker.QueueConfig{})
	r := b.host(t, site{}, Options{})
	b.send(t, map[string]any{"ID": "before", "Pause": "500ms"})
	eventually(t, "the first runs", func() bool { return len(journal(t, r.app, "invoke")) == 1 })
	r.Drain()
	b.send(t, map[string]any{"ID": "after"})
	eventually(t, "the first is settled all the same", func() bool { return work(r).Completed == 1 })
	if got := deliveries(t, r.app, "after"); len(got) > 0 {
		t.Error("a drained host received a message")
	}
	r.Restart()
	eventually(t, "a resumed host receives it", func() bool { return work(r).Completed == 2 })
}

func TestEveryMessageIsDoneAlthoughHandlersAreKilled(t *testing.T) {
	t.Parallel()
	b := startBus(t, broker.QueueConfig{LockDuration: 5 * time.Second, MaxDeliveryCount: 20})
	chaos := NewChaos(42, 4)
	chaos.Spread, chaos.Delay = 10, 20*time.Millisecond
	app := site{t: t, functions: map[string]string{"work": queueBinding, "web": webBinding}, env: []string{"BUS=" + b.ConnectionString()}}.load()
	logs := &records{}
	s := supervise(t, app, 2, Options{Log: logs.add, Faults: Faults{Chaos: chaos, Duplicate: 0.1}, RestartDelay: 20 * time.Millisecond})
	const n = 60
	for i := range n {
		b.send(t, map[string]any{"ID": fmt.Sprint(i), "Pause": "10ms"})
	}
	finished := func() int {
		ids := map[string]bool{}
		for _, e := range journal(t, app, "invoked") {
			ids[e.ID] = true
		}
		return len(ids)
	}
	eventually(t, "all were done and all kills happened", func() bool {
		if finished() == n && chaos.Left() > 0 {
			b.send(t, map[string]any{"ID": "0", "Pause": "10ms"}) // kills need invocations
		}
		// A handler may be killed before it writes its first line: the host's records count.
		return finished() == n && chaos.Left() == 0 && len(logs.find("chaos: SIGKILL")) == 4 && len(logs.find("started the handler")) == 2+4
	})
	eventually(t, "the instances answer", func() bool { return len(s.Hosts()) == 2 })
}
