package broker

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

const defaultCompactAt = 64 << 20

// openJournal restores the state that dir holds and starts writing to it.
func (b *Broker) openJournal(dir string, compactAt int64) (err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	unlockDir, err := lockDir(filepath.Join(dir, "LOCK"))
	if err != nil {
		return fmt.Errorf("another process uses it: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, unlockDir())
		}
	}()
	if compactAt <= 0 {
		compactAt = defaultCompactAt
	}
	j := &journal{dir: dir, compactAt: compactAt, unlockDir: unlockDir, kick: make(chan struct{}, 1), failed: make(chan struct{}),
		stop: make(chan struct{}), done: make(chan struct{}), lock: b.lockAll, snapshot: b.state}
	if err := b.restore(j); err != nil {
		return err
	}
	b.journal = j
	go j.run()
	return nil
}

// restore reads the newest generation and leaves j ready to append to it.
func (b *Broker) restore(j *journal) error {
	gens, err := generations(j.dir)
	if err != nil {
		return err
	}
	r := &replay{b: b, orphans: map[string]map[int64]bool{}}
	if n := len(gens); n > 0 {
		j.gen = gens[n-1]
		if err := r.snapshot(j); err != nil {
			return err
		}
	}
	if err := r.journal(j); err != nil {
		return err
	}
	for path, left := range r.orphans {
		if len(left) > 0 {
			return fmt.Errorf("it holds %d messages of queue %s, which is not configured", len(left), path)
		}
	}
	j.durable = j.lsn
	return removeStrays(j.dir, j.gen)
}

func (r *replay) snapshot(j *journal) error {
	data, err := os.ReadFile(snapshotPath(j.dir, j.gen))
	if err != nil {
		return err
	}
	n, err := readGroups(data, func(lsn LSN, payload []byte) error {
		j.lsn = lsn
		return r.group(payload)
	})
	if err == nil && (n < len(data) || !r.ended) {
		err = errors.New("incomplete")
	}
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(snapshotPath(j.dir, j.gen)), err)
	}
	j.baseline = int64(len(data))
	return nil
}

func (r *replay) journal(j *journal) error {
	name := journalPath(j.dir, j.gen)
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	if err := r.replayFile(j, f); err != nil {
		return errors.Join(fmt.Errorf("%s: %w", filepath.Base(name), err), f.Close())
	}
	j.file = f
	return syncDir(j.dir)
}

func (r *replay) replayFile(j *journal, f *os.File) error {
	data, err := os.ReadFile(f.Name())
	if err != nil {
		return err
	}
	n, err := readGroups(data, func(lsn LSN, payload []byte) error {
		if lsn <= j.lsn {
			return fmt.Errorf("group %d follows group %d", lsn, j.lsn)
		}
		j.lsn = lsn
		return r.group(payload)
	})
	if err != nil {
		return err
	}
	if n < len(data) { // the torn last group, which nobody was told of
		if err := errors.Join(f.Truncate(int64(n)), f.Sync()); err != nil {
			return err
		}
	}
	j.size = int64(n)
	_, err = f.Seek(int64(n), 0)
	return err
}

// generations returns the numbers of the complete snapshots in dir, ascending.
func generations(dir string) ([]uint64, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var gens []uint64
	for _, e := range entries {
		if num, ok := strings.CutPrefix(e.Name(), "snapshot-"); ok && !strings.HasSuffix(num, ".tmp") {
			n, err := strconv.ParseUint(num, 10, 64)
			if err != nil {
				return nil, fmt.Errorf("stray file %s", e.Name())
			}
			gens = append(gens, n)
		}
	}
	slices.Sort(gens)
	return gens, nil
}

// removeStrays deletes what a compaction that was cut short left behind: the
// previous generation, or the beginnings of the next.
func removeStrays(dir string, gen uint64) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	keep := []string{filepath.Base(journalPath(dir, gen)), filepath.Base(snapshotPath(dir, gen))}
	for _, e := range entries {
		ours := strings.HasPrefix(e.Name(), "snapshot-") || strings.HasPrefix(e.Name(), "journal-")
		if ours && !slices.Contains(keep, e.Name()) {
			err = errors.Join(err, os.Remove(filepath.Join(dir, e.Name())))
		}
	}
	return err
}

// lockAll stops every queue. Queues are locked by name; nothing else holds two.
func (b *Broker) lockAll() (unlock func()) {
	for _, q := range b.mains {
		q.mu.Lock()
	}
	return func() {
		for _, q := range b.mains {
			q.mu.Unlock()
		}
	}
}

// state encodes everything as records. The caller holds every queue.
func (b *Broker) state() []byte {
	var out []byte
	for _, q := range b.mains {
		out = (&tx{j: b.journal, buf: out}).lastOf(q)
		for _, s := range q.seenOrder {
			out = appendSeen(out, q, s.id, s.until)
		}
		for _, one := range []*Queue{q, q.dead} {
			one.all.from(0, func(e *entry) bool {
				out = appendPut(out, one, e)
				return true
			})
		}
	}
	return out
}

func (t *tx) lastOf(q *Queue) []byte {
	t.last(q)
	return t.buf
}
