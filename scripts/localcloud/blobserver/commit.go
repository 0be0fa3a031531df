package blobserver

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// draft is what a write wants to become of a blob, given what is there now (nil = nothing).
type draft func(old *record) (*record, error)

// change replaces a blob's record under the lock: make decides from the present
// one, and the new one is renamed into place.
func (d *disk) change(c *container, name string, make draft) (*record, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.commit(c, name, make)
}

// upload is change for new content, whose parts must be in parts/ and synced.
// When the draft is refused the parts named by fresh are removed and nothing
// has changed; after a commit the blob's uncommitted blocks are forgotten.
func (d *disk) upload(c *container, name string, fresh *[]string, make draft) (*record, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	r, err := d.commit(c, name, func(old *record) (*record, error) {
		r, err := make(old)
		if err != nil {
			for _, f := range *fresh {
				_ = os.Remove(filepath.Join(c.dir, "parts", f)) // else the next start sweeps it
			}
		}
		return r, err
	})
	if err != nil {
		// A disk error: the record may be in place, so its parts stay. The next start decides.
		return nil, err
	}
	// The blob is there, so an error here is not the writer's; blocks left behind expire.
	_ = os.RemoveAll(filepath.Join(c.dir, "staged", key(name)))
	return r, nil
}

func (d *disk) commit(c *container, name string, make draft) (*record, error) {
	if d.containers[c.name] != c {
		return nil, errContainerNotFound
	}
	old := c.blobs[name]
	r, err := make(old)
	if err != nil {
		return nil, err
	}
	r.Name, r.ETag, r.Modified = name, newETag(), d.now().UTC()
	r.Created = r.Modified
	if old != nil {
		r.Created = old.Created
	}
	if err := syncDir(filepath.Join(c.dir, "parts")); err != nil {
		return nil, err
	}
	if err := writeJSON(filepath.Join(c.dir, "blobs", key(name)), filepath.Join(c.dir, "incoming"), r); err != nil {
		return nil, err
	}
	c.retain(r)
	c.blobs[name] = r
	if old != nil {
		c.release(old)
	}
	return r, nil
}

// delete removes a blob after check agreed to its present record.
func (d *disk) delete(c *container, name string, check func(*record) error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	r := c.blobs[name]
	if d.containers[c.name] != c || r == nil {
		return errBlobNotFound
	}
	if err := check(r); err != nil {
		return err
	}
	blobs := filepath.Join(c.dir, "blobs")
	if err := os.Remove(filepath.Join(blobs, key(name))); err != nil {
		return err
	}
	if err := syncDir(blobs); err != nil {
		return err
	}
	delete(c.blobs, name)
	c.release(r)
	return os.RemoveAll(filepath.Join(c.dir, "staged", key(name)))
}

// open returns a blob's record and holds its parts on disk until done is called.
func (d *disk) open(c *container, name string) (r *record, done func(), err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	r = c.blobs[name]
	if r == nil {
		return nil, nil, errBlobNotFound
	}
	c.retain(r)
	return r, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		c.release(r)
	}, nil
}

func (c *container) retain(r *record) {
	for _, p := range r.Parts {
		c.uses[p.File]++
	}
}

func (c *container) release(r *record) {
	for _, p := range r.Parts {
		if c.uses[p.File]--; c.uses[p.File] == 0 {
			delete(c.uses, p.File)
			_ = os.Remove(filepath.Join(c.dir, "parts", p.File)) // else the next start sweeps it
		}
	}
}

// receive writes a request's body to incoming/ and syncs it. A body shorter
// than announced is an error and leaves nothing.
func (c *container) receive(body io.Reader, also io.Writer) (path string, size int64, err error) {
	path = filepath.Join(c.dir, "incoming", rand.Text())
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return "", 0, err
	}
	size, err = io.CopyBuffer(io.MultiWriter(f, also), body, make([]byte, 128<<10))
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		_ = os.Remove(path)
		return "", 0, err
	}
	return path, size, nil
}

// keepPart moves a received body into parts/.
func (c *container) keepPart(path string) (file string, err error) {
	file = rand.Text()
	return file, os.Rename(path, filepath.Join(c.dir, "parts", file))
}

// stage makes a received body an uncommitted block of a blob.
func (d *disk) stage(c *container, blob string, block []byte, path string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.containers[c.name] != c {
		return errContainerNotFound
	}
	dir := filepath.Join(c.dir, "staged", key(blob))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	id := hex.EncodeToString(block)
	if other, err := anyName(dir); err != nil {
		return err
	} else if other != "" && len(other) != len(id) {
		return errBlockIDLength
	}
	if r := c.blobs[blob]; r != nil && len(r.Parts) > 0 && r.Parts[0].Block != "" && len(r.Parts[0].Block) != len(id) {
		return errBlockIDLength
	}
	if err := os.Rename(path, filepath.Join(dir, id)); err != nil {
		return err
	}
	return errors.Join(syncDir(dir), syncDir(filepath.Dir(dir)))
}

// staged returns the sizes of a blob's uncommitted blocks by hex id.
func (d *disk) staged(c *container, blob string) (map[string]int64, error) {
	entries, err := os.ReadDir(filepath.Join(c.dir, "staged", key(blob)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	sizes := make(map[string]int64, len(entries))
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			return nil, err
		}
		sizes[e.Name()] = info.Size()
	}
	return sizes, nil
}

// linkStaged gives a staged block a second name in parts/.
func (c *container) linkStaged(blob, id string) (file string, err error) {
	file = rand.Text()
	return file, os.Link(filepath.Join(c.dir, "staged", key(blob), id), filepath.Join(c.dir, "parts", file))
}

func anyName(dir string) (string, error) {
	f, err := os.Open(dir)
	if err != nil {
		return "", err
	}
	defer f.Close()
	names, err := f.Readdirnames(1)
	if errors.Is(err, io.EOF) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return names[0], nil
}
