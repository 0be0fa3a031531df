package broker_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"castad/scripts/localcloud/servicebus/broker"
	"castad/scripts/localcloud/servicebus/wire"
)

// TestKilledProcess really kills: what a child was told is safe is there afterwards.
func TestKilledProcess(t *testing.T) {
	t.Parallel()
	if dir := os.Getenv("BROKER_TEST_CHILD"); dir != "" {
		child(t, dir)
		return
	}
	dir := t.TempDir()
	told := map[string]bool{}
	for round := range 3 {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilledProcess$")
		cmd.Env = append(os.Environ(), "BROKER_TEST_CHILD="+dir, fmt.Sprint("BROKER_TEST_ROUND=", round))
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := 0; lines.Scan(); n++ {
			if id, ok := strings.CutPrefix(lines.Text(), "safe "); ok {
				told[id] = true
			}
			if n == 300+round*77 {
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := cmd.Wait(); err == nil {
			t.Fatal("the child ended by itself")
		}
	}
	_, q := reopen(t, dir, broker.System, 0)
	there := map[string]bool{}
	for _, d := range q.Peek(0, 1<<30) {
		there[d.Message.ID] = true
	}
	for id := range told {
		if !there[id] {
			t.Errorf("%s was answered and is lost", id)
		}
	}
	if len(told) < 900 {
		t.Errorf("only %d were answered", len(told))
	}
}

func child(t *testing.T, dir string) {
	b, q := reopen(t, dir, broker.System, 20000)
	var mu sync.Mutex
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 1 << 20 {
				id := fmt.Sprintf("%s-%d-%d", os.Getenv("BROKER_TEST_ROUND"), g, i)
				lsn, err := q.Send([]*wire.Message{message(t, id)})
				if err != nil || b.Sync(lsn) != nil {
					return
				}
				mu.Lock()
				fmt.Println("safe", id)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
}
