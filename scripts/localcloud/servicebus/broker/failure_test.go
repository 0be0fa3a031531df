package broker

import (
	"errors"
	"testing"

	"castad/scripts/localcloud/servicebus/wire"
)

// A disk that fails must not be hidden: the operation that was not written is
// answered with the error, and so is everything after it.
func TestAFailedWriteStopsTheBroker(t *testing.T) {
	t.Parallel()
	b, err := Open(Options{Queues: []QueueConfig{{Name: "q"}}, Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	q, _ := b.Queue("q")
	send := func() error {
		lsn, err := q.Send([]*wire.Message{{}})
		if err == nil {
			err = b.Sync(lsn)
		}
		return err
	}
	if err := send(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-b.Failed():
		t.Error("it has failed before anything has")
	default:
	}
	if err := b.journal.file.Close(); err != nil { // every write now fails
		t.Fatal(err)
	}
	for range 2 {
		if err := send(); !errors.Is(err, ErrClosed) {
			t.Errorf("send: %v", err)
		}
	}
	select {
	case <-b.Failed():
	default:
		t.Error("nobody who waits for its failure is told")
	}
	if _, _, err := q.Receive(1, true); !errors.Is(err, ErrClosed) {
		t.Errorf("receive: %v", err)
	}
	if err := b.Close(); err == nil {
		t.Error("close hides that the journal failed")
	}
}
