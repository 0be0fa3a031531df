package film

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// The statuses of a render, as Creatomate names them.
const (
	statusPlanned   = "planned"
	statusWaiting   = "waiting" // its sources are being fetched
	statusRendering = "rendering"
	statusSucceeded = "succeeded"
	statusFailed    = "failed"
	statusCancelled = "cancelled"
)

// job is one accepted render as it is kept on disk: one JSON file per render,
// replaced as a whole, so that a kill at any moment leaves the old or the new.
type job struct {
	ID        string          `json:"id"`
	Status    string          `json:"status"`
	Script    json.RawMessage `json:"script"`
	Metadata  string          `json:"metadata,omitempty"`
	Webhook   string          `json:"webhook,omitempty"`
	Created   time.Time       `json:"created"`
	Finished  time.Time       `json:"finished,omitzero"`
	Error     string          `json:"error,omitempty"`
	Width     int             `json:"width"`
	Height    int             `json:"height"`
	FrameRate float64         `json:"frame_rate"`
	Scale     float64         `json:"scale"`
	Seconds   float64         `json:"seconds,omitempty"`
	Bytes     int64           `json:"bytes,omitempty"`
	// Planned is the length that the script asks for, as far as it was known.
	Planned  float64   `json:"planned"`
	Warnings []Problem `json:"warnings,omitempty"`
	// Starts counts how often rendering was begun; a job that takes the
	// program down every time is given up after maxStarts.
	Starts int `json:"starts,omitempty"`
	// Told is set when the webhook was delivered or given up.
	Told bool `json:"told,omitempty"`
}

const maxStarts = 3

func (j *job) done() bool {
	return j.Status == statusSucceeded || j.Status == statusFailed || j.Status == statusCancelled
}

// store keeps jobs and finished files below one folder.
type store struct{ dir string }

// idPattern is a version 4 UUID, which Creatomate's ids are too.
var idPattern = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

func openStore(dir string) (store, error) {
	s := store{dir}
	if !filepath.IsAbs(dir) {
		return s, fmt.Errorf("folder %q is not absolute", dir)
	}
	// What was being worked on when the program ended is begun again.
	if err := os.RemoveAll(s.work("")); err != nil {
		return s, fmt.Errorf("clear work folder: %w", err)
	}
	for _, d := range []string{"jobs", "files", "work"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o700); err != nil {
			return s, fmt.Errorf("make folder: %w", err)
		}
	}
	return s, nil
}

func (s store) work(id string) string { return filepath.Join(s.dir, "work", id) }
func (s store) file(id, ext string) string {
	return filepath.Join(s.dir, "files", id+ext)
}
func (s store) record(id string) string { return filepath.Join(s.dir, "jobs", id+".json") }

// load reads all jobs. A file that cannot be read is an error: dropping it
// would lose an accepted render.
func (s store) load() ([]*job, error) {
	entries, err := os.ReadDir(filepath.Join(s.dir, "jobs"))
	if err != nil {
		return nil, fmt.Errorf("list renders: %w", err)
	}
	var out []*job
	for _, e := range entries {
		id, ok := strings.CutSuffix(e.Name(), ".json")
		if !ok || !idPattern.MatchString(id) {
			continue // a temporary file of save
		}
		data, err := os.ReadFile(s.record(id))
		if err != nil {
			return nil, fmt.Errorf("read render %s: %w", id, err)
		}
		j := &job{}
		if err := json.Unmarshal(data, j); err != nil || j.ID != id {
			return nil, fmt.Errorf("read render %s: not a render's record: %w", id, err)
		}
		out = append(out, j)
	}
	return out, nil
}

// save writes a job so that it survives a crash once save has returned.
func (s store) save(j *job) error {
	data, err := json.Marshal(j)
	if err != nil {
		return fmt.Errorf("write render %s: %w", j.ID, err)
	}
	tmp := s.record(j.ID) + ".tmp"
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("write render %s: %w", j.ID, err)
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(tmp, s.record(j.ID))
	}
	if err == nil {
		err = syncFolder(filepath.Dir(tmp))
	}
	if err != nil {
		return fmt.Errorf("write render %s: %w", j.ID, err)
	}
	return nil
}

// keep moves a finished file from the work folder to where it is served from.
func (s store) keep(path, id, ext string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("keep file of render %s: %w", id, err)
	}
	err = errors.Join(f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(path, s.file(id, ext))
	}
	if err == nil {
		err = syncFolder(filepath.Join(s.dir, "files"))
	}
	if err != nil {
		return fmt.Errorf("keep file of render %s: %w", id, err)
	}
	return nil
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// remove forgets a render and its files.
func (s store) remove(id string) error {
	var all error
	for _, path := range []string{s.file(id, ".mp4"), s.file(id, ".jpg"), s.record(id)} {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			all = errors.Join(all, fmt.Errorf("remove render %s: %w", id, err))
		}
	}
	return all
}
