package studio

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"castad/shared/studio/music"
)

// The statuses of a task, as sunoapi.org names them.
const (
	statusPending      = "PENDING"
	statusText         = "TEXT_SUCCESS"
	statusFirst        = "FIRST_SUCCESS"
	statusSuccess      = "SUCCESS"
	statusAudioFailed  = "GENERATE_AUDIO_FAILED"
	takesPerTask       = 2
	maxStarts          = 3 // a task that takes the program down this often is given up
	codeGenerateFailed = 501
)

// task is one accepted song task as it is kept on disk: one JSON file, replaced
// as a whole, so that a kill at any moment leaves the old one or the new one.
type task struct {
	ID      string    `json:"id"`
	Created time.Time `json:"created"`
	// Param is the request as it came.
	Param    json.RawMessage `json:"param"`
	Callback string          `json:"callback,omitempty"`
	Model    string          `json:"model"`
	Style    string          `json:"style"`
	Order    music.Order     `json:"order"`
	// Breaks[i] is set when the i-th line of Order ends a line of the prompt.
	Breaks []bool `json:"breaks,omitempty"`

	Status string `json:"status"`
	Code   int    `json:"code,omitempty"`
	Error  string `json:"error,omitempty"`
	Takes  []take `json:"takes"`
	// Told is how many callback stages were delivered or given up.
	Told int `json:"told,omitempty"`
	// ToldError: the failure was told.
	ToldError bool `json:"told_error,omitempty"`
	// Starts counts how often making was begun since the last finished take.
	Starts int `json:"starts,omitempty"`
}

// take is one of the two songs of a task.
type take struct {
	ID      string  `json:"id"`
	Seed    int64   `json:"seed"`
	Done    bool    `json:"done,omitempty"`
	Seconds float64 `json:"seconds,omitempty"`
	Tempo   float64 `json:"tempo,omitempty"` // beats per minute
	Key     string  `json:"key,omitempty"`
	// LUFS and TruePeak (dBTP) are measured on what was encoded; nil for silence.
	LUFS     *float64     `json:"lufs,omitempty"`
	TruePeak *float64     `json:"true_peak,omitempty"`
	Bytes    int64        `json:"bytes,omitempty"`
	Words    []music.Word `json:"words,omitempty"`
	Wave     []float64    `json:"wave,omitempty"`
}

func (t *task) ended() bool { return t.Status == statusSuccess || t.Status == statusAudioFailed }

// next is the stage that is to be told next; "" when all that is known is told.
// A failure is told once, whatever was told before it.
func (t *task) next() string {
	var stages []string
	switch t.Status {
	case statusText:
		stages = []string{"text"}
	case statusFirst:
		stages = []string{"text", "first"}
	case statusSuccess:
		stages = []string{"text", "first", "complete"}
	case statusAudioFailed:
		// The text was ready before anything could fail.
		if t.Told == 0 {
			return "text"
		}
		if !t.ToldError {
			return "error"
		}
	}
	if t.Told < len(stages) {
		return stages[t.Told]
	}
	return ""
}

// told notes that a stage was told.
func (t *task) told(stage string) {
	if stage == "error" {
		t.ToldError = true
		return
	}
	t.Told++
}

func taskDir(dir string) string { return filepath.Join(dir, "tasks") }
func songDir(dir string) string { return filepath.Join(dir, "songs") }
func workDir(dir string) string { return filepath.Join(dir, "work") }

func (s *Studio) songPath(id string) string { return filepath.Join(songDir(s.config.Dir), id+".mp3") }

// loadTasks makes the folders, clears unfinished work and reads all tasks, oldest first.
func loadTasks(dir string) ([]*task, error) {
	if err := os.RemoveAll(workDir(dir)); err != nil {
		return nil, fmt.Errorf("clear work folder: %w", err)
	}
	for _, d := range []string{taskDir(dir), songDir(dir), workDir(dir)} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return nil, fmt.Errorf("make folder: %w", err)
		}
	}
	entries, err := os.ReadDir(taskDir(dir))
	if err != nil {
		return nil, fmt.Errorf("list tasks: %w", err)
	}
	var out []*task
	for _, e := range entries {
		path := filepath.Join(taskDir(dir), e.Name())
		if strings.HasSuffix(e.Name(), ".tmp") { // a write that a kill cut off; the task's file is whole
			if err := os.Remove(path); err != nil {
				return nil, fmt.Errorf("remove unfinished write: %w", err)
			}
			continue
		}
		if !strings.HasSuffix(e.Name(), ".json") {
			continue
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("read task: %w", err)
		}
		t := &task{}
		if err := json.Unmarshal(b, t); err != nil {
			return nil, fmt.Errorf("read task %s: %w", e.Name(), err)
		}
		out = append(out, t)
	}
	slices.SortFunc(out, func(a, b *task) int {
		if c := a.Created.Compare(b.Created); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return out, nil
}

// save writes a task to disk and through to it.
func save(dir string, t *task) error {
	b, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("write task %s: %w", t.ID, err)
	}
	path := filepath.Join(taskDir(dir), t.ID+".json")
	if err := writeThrough(path+".tmp", b); err != nil {
		return fmt.Errorf("write task %s: %w", t.ID, err)
	}
	if err := os.Rename(path+".tmp", path); err != nil {
		return fmt.Errorf("write task %s: %w", t.ID, err)
	}
	return syncDir(taskDir(dir))
}

func writeThrough(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Sync(), f.Close())
}

// syncDir makes a rename in the folder survive a power cut.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("sync folder: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("sync folder: %w", err)
	}
	return nil
}

// purge removes ended tasks and their songs when their time is over.
func (s *Studio) purge() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, t := range s.tasks {
		if !t.ended() || s.telling[id] || s.config.Clock().Sub(t.Created) < s.config.Keep {
			continue
		}
		// The record goes last: a kill in between leaves a task that is purged again.
		for _, k := range t.Takes {
			if err := os.Remove(s.songPath(k.ID)); err != nil && !errors.Is(err, os.ErrNotExist) {
				s.config.Log.Error("remove old song", "task", id, "error", err)
			}
		}
		if err := os.Remove(filepath.Join(taskDir(s.config.Dir), id+".json")); err != nil && !errors.Is(err, os.ErrNotExist) {
			s.config.Log.Error("remove old task", "task", id, "error", err)
			continue
		}
		delete(s.tasks, id)
	}
}

// change applies f to the task and saves it; what cannot be saved is not changed.
func (s *Studio) change(id string, f func(*task)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := *s.tasks[id]
	next.Takes = slices.Clone(next.Takes)
	f(&next)
	if err := save(s.config.Dir, &next); err != nil {
		return err
	}
	s.tasks[id] = &next
	return nil
}

// find returns a copy of the task.
func (s *Studio) find(id string) (task, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok := s.tasks[id]
	if !ok {
		return task{}, false
	}
	return *t, true
}
