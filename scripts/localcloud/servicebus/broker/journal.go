package broker

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"os"
	"path/filepath"
	"sync"
)

// A journal directory holds generation N: snapshot-N (absent for the first)
// and journal-N, which continues it. Both are groups: what one write and one
// sync put on disk, with one checksum.
//
//	magic "CSBJ" · lsn uint64 · length uint32 · crc32c of lsn, length, payload · payload
//
// Only the last group of journal-N can be torn, because a group is written
// after the one before it was synced. Replay drops it: nobody was told that it
// happened. A broken group with a whole one behind it is damage and refused.
const (
	groupMagic = "CSBJ"
	groupHead  = len(groupMagic) + 8 + 4 + 4
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

type journal struct {
	dir       string
	compactAt int64
	snapshot  func() []byte // the broker's whole state; called with the broker locked
	lock      func() (unlock func())
	unlockDir func() error

	mu      sync.Mutex
	pending []byte
	lsn     LSN // of the newest record
	durable LSN
	waiting []waiter // by lsn
	err     error    // why the journal writes no more

	kick   chan struct{}
	stop   chan struct{}
	done   chan struct{}
	failed chan struct{} // closed when err is set

	// owned by the writer goroutine
	file     *os.File
	gen      uint64
	size     int64
	baseline int64 // the size of the last snapshot
	spare    []byte
}

type waiter struct {
	lsn LSN
	fn  func(error)
}

func (j *journal) append(records []byte) LSN {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(records) == 0 {
		return j.lsn
	}
	j.lsn++
	j.pending = append(j.pending, records...)
	select {
	case j.kick <- struct{}{}:
	default:
	}
	return j.lsn
}

func (j *journal) onDurable(lsn LSN, fn func(error)) {
	j.mu.Lock()
	err := j.err
	switch {
	case lsn <= j.durable:
		err = nil
	case err == nil:
		j.waiting = append(j.waiting, waiter{lsn, fn})
		j.mu.Unlock()
		return
	}
	j.mu.Unlock()
	fn(err)
}

func (j *journal) failure() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.err
}

// run writes groups until stop.
func (j *journal) run() {
	defer close(j.done)
	for {
		select {
		case <-j.kick:
			j.flush()
			if j.size > j.compactAt && j.size > 2*j.baseline {
				j.compact()
			}
		case <-j.stop:
			j.flush()
			return
		}
	}
}

// flush writes what is pending as one group.
func (j *journal) flush() {
	j.mu.Lock()
	payload, lsn, err := j.pending, j.lsn, j.err
	j.pending = j.spare[:0]
	j.mu.Unlock()
	j.spare = payload[:0]
	if err == nil && len(payload) > 0 {
		err = j.write(j.file, lsn, payload)
		j.size += int64(groupHead + len(payload))
	}
	j.settle(lsn, err)
}

func (j *journal) write(f *os.File, lsn LSN, payload []byte) error {
	if _, err := f.Write(appendGroup(nil, lsn, payload)); err != nil {
		return fmt.Errorf("write journal: %w", err)
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("sync journal: %w", err)
	}
	return nil
}

func appendGroup(b []byte, lsn LSN, payload []byte) []byte {
	b = append(b, groupMagic...)
	at := len(b)
	b = binary.BigEndian.AppendUint64(b, uint64(lsn))
	b = binary.BigEndian.AppendUint32(b, uint32(len(payload)))
	sum := crc32.Update(crc32.Checksum(b[at:], castagnoli), castagnoli, payload)
	b = binary.BigEndian.AppendUint32(b, sum)
	return append(b, payload...)
}

// settle tells those who wait for lsn how it went.
func (j *journal) settle(lsn LSN, err error) {
	j.mu.Lock()
	if err != nil {
		if j.err == nil && !errors.Is(err, ErrClosed) {
			close(j.failed)
		}
		j.err = fmt.Errorf("%w: %w", ErrClosed, err)
		err = j.err
		lsn = j.lsn
	} else {
		j.durable = lsn
	}
	n := 0
	for n < len(j.waiting) && j.waiting[n].lsn <= lsn {
		n++
	}
	ready := append([]waiter(nil), j.waiting[:n]...)
	j.waiting = append(j.waiting[:0], j.waiting[n:]...)
	j.mu.Unlock()
	for _, w := range ready {
		w.fn(err)
	}
}

func (j *journal) close() error {
	close(j.stop)
	<-j.done
	err := j.failure()
	j.settle(0, ErrClosed)
	return errors.Join(err, j.file.Close(), j.unlockDir())
}

// compact starts the next generation: a snapshot of everything, which covers
// the pending records too, and an empty journal. The old generation is deleted
// only when the new one is complete on disk.
func (j *journal) compact() {
	unlock := j.lock()
	state := j.snapshot()
	j.mu.Lock()
	lsn, err := j.lsn, j.err
	j.pending = j.pending[:0]
	j.mu.Unlock()
	unlock()
	if err == nil {
		err = j.advance(lsn, state)
	}
	j.settle(lsn, err)
}

func (j *journal) advance(lsn LSN, state []byte) error {
	if len(state) >= math.MaxUint32 {
		return fmt.Errorf("the queues hold %d bytes, more than one snapshot can", len(state))
	}
	next := j.gen + 1
	if err := writeSnapshot(j.dir, next, lsn, state); err != nil {
		return fmt.Errorf("write snapshot: %w", err)
	}
	f, err := os.OpenFile(journalPath(j.dir, next), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("start journal: %w", err)
	}
	if err := syncDir(j.dir); err != nil {
		return errors.Join(err, f.Close())
	}
	old, oldGen := j.file, j.gen
	j.file, j.gen, j.size, j.baseline = f, next, 0, int64(len(state))
	return errors.Join(old.Close(), removeGeneration(j.dir, oldGen))
}

func writeSnapshot(dir string, gen uint64, lsn LSN, state []byte) error {
	tmp := snapshotPath(dir, gen) + ".tmp"
	f, err := os.OpenFile(tmp, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(appendGroup(nil, lsn, append(state, recEnd)))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(tmp, snapshotPath(dir, gen)); err != nil {
		return err
	}
	return syncDir(dir)
}

func journalPath(dir string, gen uint64) string {
	return filepath.Join(dir, fmt.Sprintf("journal-%012d", gen))
}

func snapshotPath(dir string, gen uint64) string {
	return filepath.Join(dir, fmt.Sprintf("snapshot-%012d", gen))
}

func removeGeneration(dir string, gen uint64) error {
	err := os.Remove(journalPath(dir, gen))
	if serr := os.Remove(snapshotPath(dir, gen)); !errors.Is(serr, os.ErrNotExist) {
		err = errors.Join(err, serr)
	}
	return err
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// readGroups calls fn for every whole group of b and returns how many bytes
// they take; the rest is a torn last group. A whole group behind a broken one is an error.
func readGroups(b []byte, fn func(lsn LSN, payload []byte) error) (int, error) {
	at := 0
	for at < len(b) {
		lsn, payload, ok := cutGroup(b[at:])
		if !ok {
			return at, checkTail(b, at)
		}
		if err := fn(lsn, payload); err != nil {
			return at, fmt.Errorf("at offset %d: %w", at, err)
		}
		at += groupHead + len(payload)
	}
	return at, nil
}

func checkTail(b []byte, at int) error {
	for i := at + 1; ; i++ {
		n := bytes.Index(b[i:], []byte(groupMagic))
		if n < 0 {
			return nil
		}
		i += n
		if _, _, ok := cutGroup(b[i:]); ok {
			return fmt.Errorf("damaged at offset %d: whole data follows at %d; restore the file or move it away", at, i)
		}
	}
}

func cutGroup(b []byte) (LSN, []byte, bool) {
	if len(b) < groupHead || string(b[:len(groupMagic)]) != groupMagic {
		return 0, nil, false
	}
	head := b[len(groupMagic) : groupHead-4]
	n := binary.BigEndian.Uint32(head[8:])
	if uint64(n) > uint64(len(b)-groupHead) {
		return 0, nil, false
	}
	payload := b[groupHead : groupHead+int(n)]
	sum := crc32.Update(crc32.Checksum(head, castagnoli), castagnoli, payload)
	return LSN(binary.BigEndian.Uint64(head)), payload, sum == binary.BigEndian.Uint32(b[groupHead-4:])
}
