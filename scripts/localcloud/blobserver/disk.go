package blobserver

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// stagedFor is how long a block may wait for its Put Block List (the real
// service's "one week"); older ones are removed at start.
const stagedFor = 7 * 24 * time.Hour

// part is one file of a committed blob.
type part struct {
	File  string `json:"file"`
	Block string `json:"block,omitempty"` // hex of the block id; "" for Put Blob
	Size  int64  `json:"size"`
}

// record is a committed blob. It is never changed: an update is another record.
type record struct {
	Name     string            `json:"name"`
	ETag     string            `json:"etag"` // with its quotes
	Created  time.Time         `json:"created"`
	Modified time.Time         `json:"modified"`
	Headers  headers           `json:"headers"`
	Metadata map[string]string `json:"metadata,omitempty"`
	Parts    []part            `json:"parts"`
}

// headers are the standard headers kept with a blob; MD5 is base64.
type headers struct {
	Type        string `json:"type,omitempty"`
	Encoding    string `json:"encoding,omitempty"`
	Language    string `json:"language,omitempty"`
	Disposition string `json:"disposition,omitempty"`
	Cache       string `json:"cache,omitempty"`
	MD5         string `json:"md5,omitempty"`
}

func (r *record) size() (n int64) {
	for _, p := range r.Parts {
		n += p.Size
	}
	return n
}

// container is a container that exists.
type container struct {
	ETag     string            `json:"etag"`
	Modified time.Time         `json:"modified"`
	Metadata map[string]string `json:"metadata,omitempty"`

	name  string
	dir   string
	blobs map[string]*record
	// uses counts, per part file, the records and the readers that need it.
	uses map[string]int
}

// disk is the data folder. mu guards the index and every rename that decides
// what exists; bodies are received and sent without it.
type disk struct {
	dir  string
	now  func() time.Time
	lock *os.File

	mu         sync.RWMutex
	containers map[string]*container
}

func openDisk(dir string, now func() time.Time) (*disk, error) {
	if err := os.MkdirAll(filepath.Join(dir, "containers"), 0o700); err != nil {
		return nil, err
	}
	lock, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("data folder %s is in use by another blob server", dir), lock.Close())
	}
	d := &disk{dir: dir, now: now, lock: lock, containers: map[string]*container{}}
	if err := d.load(); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return d, nil
}

func (d *disk) close() error { return d.lock.Close() }

// load reads the index and clears what a crash left behind.
func (d *disk) load() error {
	if err := os.RemoveAll(filepath.Join(d.dir, "deleted")); err != nil {
		return err
	}
	entries, err := os.ReadDir(filepath.Join(d.dir, "containers"))
	if err != nil {
		return err
	}
	for _, e := range entries {
		c := &container{name: e.Name(), dir: filepath.Join(d.dir, "containers", e.Name()), blobs: map[string]*record{}, uses: map[string]int{}}
		err := readJSON(filepath.Join(c.dir, "container.json"), c)
		if errors.Is(err, fs.ErrNotExist) { // its creation was never answered
			if err := os.RemoveAll(c.dir); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		if err := d.loadBlobs(c); err != nil {
			return err
		}
		d.containers[c.name] = c
	}
	return nil
}

func (d *disk) loadBlobs(c *container) error {
	if err := os.RemoveAll(filepath.Join(c.dir, "incoming")); err != nil {
		return err
	}
	for _, sub := range containerDirs {
		if err := os.MkdirAll(filepath.Join(c.dir, sub), 0o700); err != nil {
			return err
		}
	}
	entries, err := os.ReadDir(filepath.Join(c.dir, "blobs"))
	if err != nil {
		return err
	}
	for _, e := range entries {
		r := new(record)
		if err := readJSON(filepath.Join(c.dir, "blobs", e.Name()), r); err != nil {
			return err
		}
		for _, p := range r.Parts {
			info, err := os.Stat(filepath.Join(c.dir, "parts", p.File))
			if err != nil {
				return fmt.Errorf("blob %q in %s: %w", r.Name, c.name, err)
			}
			if info.Size() != p.Size {
				return fmt.Errorf("blob %q in %s: part %s has %d bytes, its record says %d", r.Name, c.name, p.File, info.Size(), p.Size)
			}
			c.uses[p.File]++
		}
		c.blobs[r.Name] = r
	}
	return d.sweep(c)
}

// sweep removes parts that no record names and blocks that waited too long.
func (d *disk) sweep(c *container) error {
	parts, err := os.ReadDir(filepath.Join(c.dir, "parts"))
	if err != nil {
		return err
	}
	for _, e := range parts {
		if c.uses[e.Name()] == 0 {
			if err := os.Remove(filepath.Join(c.dir, "parts", e.Name())); err != nil {
				return err
			}
		}
	}
	staged, err := os.ReadDir(filepath.Join(c.dir, "staged"))
	if err != nil {
		return err
	}
	for _, e := range staged {
		info, err := e.Info()
		if err != nil {
			return err
		}
		if d.now().Sub(info.ModTime()) > stagedFor {
			if err := os.RemoveAll(filepath.Join(c.dir, "staged", e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

var containerDirs = []string{"blobs", "parts", "staged", "incoming"}

func (d *disk) createContainer(name string, metadata map[string]string) (*container, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.containers[name] != nil {
		return nil, errContainerExists
	}
	c := &container{ETag: newETag(), Modified: d.now().UTC(), Metadata: metadata, name: name,
		dir: filepath.Join(d.dir, "containers", name), blobs: map[string]*record{}, uses: map[string]int{}}
	for _, sub := range containerDirs {
		if err := os.MkdirAll(filepath.Join(c.dir, sub), 0o700); err != nil {
			return nil, err
		}
	}
	if err := writeJSON(filepath.Join(c.dir, "container.json"), filepath.Join(c.dir, "incoming"), c); err != nil {
		return nil, err
	}
	if err := syncDir(filepath.Join(d.dir, "containers")); err != nil {
		return nil, err
	}
	d.containers[name] = c
	return c, nil
}

func (d *disk) deleteContainer(name string, check func(*container) error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := d.containers[name]
	if c == nil {
		return errContainerNotFound
	}
	if err := check(c); err != nil {
		return err
	}
	grave := filepath.Join(d.dir, "deleted")
	if err := os.MkdirAll(grave, 0o700); err != nil {
		return err
	}
	if err := os.Rename(c.dir, filepath.Join(grave, rand.Text())); err != nil {
		return err
	}
	if err := syncDir(filepath.Join(d.dir, "containers")); err != nil {
		return err
	}
	delete(d.containers, name)
	return os.RemoveAll(grave)
}

func (d *disk) container(name string) (*container, error) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if c := d.containers[name]; c != nil {
		return c, nil
	}
	return nil, errContainerNotFound
}

// newETag returns a fresh entity tag in the service's form, with quotes.
func newETag() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return `"0x` + fmt.Sprintf("%X", b) + `"`
}

// key is the file name of a blob's record and of its folder of staged blocks:
// names may be longer than a file name and may contain slashes.
func key(blob string) string {
	sum := sha256.Sum256([]byte(blob))
	return hex.EncodeToString(sum[:])
}

func readJSON(path string, v any) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	return nil
}

// writeJSON puts v at path atomically and durably; tmp is a folder on the same file system.
func writeJSON(path, tmp string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	name := filepath.Join(tmp, rand.Text())
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(name, path)
	}
	if err != nil {
		_ = os.Remove(name)
		return err
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes the names in a folder durable.
func syncDir(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
