package servicebus_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"

	"castad/scripts/localcloud/servicebus"
	"castad/scripts/localcloud/servicebus/broker"
)

// BenchmarkSendReceiveComplete1KB sends, receives under peek-lock and completes
// b.N messages of 1 KB through the SDK: 16 senders, one receiver that takes 100
// at a time, 16 completers, all at once. It measures the emulator and the SDK
// on this machine; it says nothing about Service Bus.
func BenchmarkSendReceiveComplete1KB(b *testing.B) {
	b.Run("memory", func(b *testing.B) { benchmark(b, "") })
	b.Run("journal", func(b *testing.B) { benchmark(b, b.TempDir()) })
}

func benchmark(b *testing.B, dir string) {
	e, err := servicebus.Start(b.Context(), servicebus.Options{Queues: []broker.QueueConfig{{Name: "q"}}, Dir: dir})
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close()
	client, err := azservicebus.NewClientFromConnectionString(e.ConnectionString(), nil)
	if err != nil {
		b.Fatal(err)
	}
	defer client.Close(context.Background())
	sender, err := client.NewSender("q", nil)
	if err != nil {
		b.Fatal(err)
	}
	receiver, err := client.NewReceiverForQueue("q", nil)
	if err != nil {
		b.Fatal(err)
	}
	body := []byte(strings.Repeat("x", 1024))
	if err := sender.SendMessage(b.Context(), &azservicebus.Message{Body: body}, nil); err != nil { // opens the links
		b.Fatal(err)
	}
	total := b.N + 1
	received := make(chan *azservicebus.ReceivedMessage, 256)
	var left atomic.Int64
	left.Store(int64(b.N))
	b.ResetTimer()
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				if err := sender.SendMessage(b.Context(), &azservicebus.Message{Body: body}, nil); err != nil {
					b.Error(err)
					return
				}
			}
		})
		wg.Go(func() {
			for m := range received {
				if err := receiver.CompleteMessage(b.Context(), m, nil); err != nil {
					b.Error(err)
				}
			}
		})
	}
	for n := 0; n < total; {
		ms, err := receiver.ReceiveMessages(b.Context(), 100, nil)
		if err != nil {
			b.Fatal(err)
		}
		for _, m := range ms {
			received <- m
		}
		n += len(ms)
	}
	close(received)
	wg.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msg/s")
	q, _ := e.Broker().Queue("q")
	if got := q.Tally()[broker.Completed]; got != int64(total) {
		b.Fatal(fmt.Errorf("%d of %d completed", got, total))
	}
}
