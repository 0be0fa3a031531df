package studio

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"sort"
	"time"

	"castad/shared/studio/music"
)

// The vendor's states.
const (
	statusPending = "PENDING"
	statusText    = "TEXT_SUCCESS"
	statusFirst   = "FIRST_SUCCESS"
	statusDone    = "SUCCESS"
	statusFailed  = "GENERATE_AUDIO_FAILED"
)

// task is a song order, as it is kept on disk.
type task struct {
	ID      string      `json:"id"`
	Param   string      `json:"param"` // the order's body as it came
	Request songRequest `json:"request"`
	Status  string      `json:"status"`
	Error   string      `json:"error,omitempty"`
	Created time.Time   `json:"created"`
	Tracks  []track     `json:"tracks,omitempty"`
}

type track struct {
	ID      string  `json:"id"`
	Seconds float64 `json:"seconds"`
	Words   []word  `json:"words"`
}

type word struct {
	Text  string  `json:"text"`
	Start float64 `json:"start"`
	End   float64 `json:"end"`
}

func (t *task) ended() bool { return t.Status == statusDone || t.Status == statusFailed }

// takes is how many songs an order makes: exactly two, as the vendor.
const takes = 2

func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails (Go 1.24)
	return hex.EncodeToString(b[:])
}

// load reads the orders and queues those that are not finished.
func (s *Studio) load() error {
	if err := os.MkdirAll(s.c.Dir, 0o700); err != nil {
		return fmt.Errorf("make the songs' folder: %w", err)
	}
	files, err := filepath.Glob(filepath.Join(s.c.Dir, "*.json"))
	if err != nil {
		return fmt.Errorf("list orders: %w", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return fmt.Errorf("read order: %w", err)
		}
		var t task
		if err := json.Unmarshal(text, &t); err != nil {
			return fmt.Errorf("read order %s: %w", filepath.Base(file), err)
		}
		s.tasks[t.ID] = &t
		if !t.ended() {
			s.queue = append(s.queue, t.ID)
		}
	}
	sort.Slice(s.queue, func(i, j int) bool { return s.tasks[s.queue[i]].Created.Before(s.tasks[s.queue[j]].Created) })
	s.signal()
	return nil
}

// save keeps a task: whole or not at all, and on the disk when it returns.
func (s *Studio) save(t *task) error {
	text, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("write order %s: %w", t.ID, err)
	}
	file := filepath.Join(s.c.Dir, t.ID+".json")
	f, err := os.Create(file + ".new")
	if err != nil {
		return fmt.Errorf("write order %s: %w", t.ID, err)
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(file+".new", file)
	}
	if err != nil {
		return fmt.Errorf("write order %s: %w", t.ID, err)
	}
	return nil
}

// find returns a copy of a task.
func (s *Studio) find(id string) (task, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tasks[id]
	if t == nil {
		return task{}, false
	}
	return *t, true
}

func (s *Studio) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// work makes one song after the other.
func (s *Studio) work(ctx context.Context) {
	for {
		s.mu.Lock()
		id := ""
		if len(s.queue) > 0 {
			id, s.queue = s.queue[0], s.queue[1:]
		}
		s.mu.Unlock()
		if id == "" {
			select {
			case <-ctx.Done():
				return
			case <-s.wake:
				continue
			}
		}
		t, _ := s.find(id)
		if err := s.make(ctx, &t); err != nil {
			if ctx.Err() != nil {
				return // the next start makes it
			}
			s.c.Log.Error("song failed", "task", t.ID, "err", err.Error())
			t.Status, t.Error, t.Tracks = statusFailed, "the song could not be made", nil
			if err := s.put(&t); err != nil {
				s.c.Log.Error("song order not kept", "task", t.ID, "err", err.Error())
			}
			s.tell(ctx, t, "error")
		}
	}
}

// put keeps a task and shows it.
func (s *Studio) put(t *task) error {
	if err := s.save(t); err != nil {
		return err
	}
	kept := *t
	s.mu.Lock()
	s.tasks[t.ID] = &kept
	s.mu.Unlock()
	return nil
}

// make composes both takes. What an interrupted attempt made is made again.
func (s *Studio) make(ctx context.Context, t *task) error {
	began := s.c.Clock()
	t.Status, t.Tracks = statusText, nil
	if err := s.put(t); err != nil {
		return err
	}
	s.tell(ctx, *t, "text")
	for n := range takes {
		k, err := s.take(ctx, *t, n)
		if err != nil {
			return err
		}
		t.Tracks = append(t.Tracks, k)
		t.Status = statusFirst
		stage := "first"
		if n == takes-1 {
			t.Status, stage = statusDone, "complete"
		}
		if err := s.put(t); err != nil {
			return err
		}
		s.tell(ctx, *t, stage)
	}
	s.c.Log.Info("song made", "task", t.ID, "seconds", t.Tracks[0].Seconds, "took_ms", s.c.Clock().Sub(began).Milliseconds())
	return nil
}

// take composes, sings and encodes one take.
func (s *Studio) take(ctx context.Context, t task, n int) (track, error) {
	song, err := music.Compose(t.Request.order(n))
	if err != nil {
		return track{}, fmt.Errorf("compose take %d: %w", n+1, err)
	}
	if err := ctx.Err(); err != nil {
		return track{}, err
	}
	k := track{ID: newID(), Seconds: song.Seconds}
	for _, w := range song.Words {
		k.Words = append(k.Words, word{w.Text, w.Start, w.End})
	}
	work, err := os.MkdirTemp(s.c.Dir, "work-")
	if err != nil {
		return k, fmt.Errorf("make a work folder: %w", err)
	}
	defer os.RemoveAll(work)
	wav, mp3 := filepath.Join(work, "take.wav"), filepath.Join(work, "take.mp3")
	if err := writeWAV(song, wav); err != nil {
		return k, err
	}
	if err := s.c.Encode(ctx, wav, mp3); err != nil {
		return k, fmt.Errorf("encode take %d: %w", n+1, err)
	}
	if err := os.Rename(mp3, filepath.Join(s.c.Dir, k.ID+".mp3")); err != nil {
		return k, fmt.Errorf("keep take %d: %w", n+1, err)
	}
	return k, nil
}

func writeWAV(song *music.Song, file string) error {
	f, err := os.Create(file)
	if err != nil {
		return fmt.Errorf("write the song: %w", err)
	}
	w := bufio.NewWriterSize(f, 1<<20)
	if err := errors.Join(song.WriteWAV(w), w.Flush(), f.Close()); err != nil {
		return fmt.Errorf("write the song: %w", err)
	}
	return nil
}

const (
	callbackTime  = 15 * time.Second // how long the vendor waits for an answer
	callbackTries = 6
	callbackPause = 300 * time.Millisecond // doubles
)

// tell posts a callback, in the vendor's snake_case, and repeats it for a while
// when it is not taken. It does not keep the worker waiting.
func (s *Studio) tell(ctx context.Context, t task, stage string) {
	if t.Request.CallBackURL == "" {
		return
	}
	u, err := url.Parse(t.Request.CallBackURL)
	if err == nil {
		err = s.c.CallbackAllow(u)
	}
	if err != nil {
		s.c.Log.Warn("callback not allowed", "task", t.ID, "err", err.Error())
		return
	}
	songs := []any{}
	for _, k := range t.Tracks {
		songs = append(songs, map[string]any{"id": k.ID, "audio_url": s.songURL(k.ID), "source_audio_url": s.songURL(k.ID), "stream_audio_url": s.songURL(k.ID),
			"image_url": "", "prompt": t.Request.Prompt, "model_name": t.Request.Model, "title": t.Request.Title, "tags": t.Request.Style,
			"createTime": t.Created.UnixMilli(), "duration": k.Seconds})
	}
	code, msg := http.StatusOK, "ok"
	if stage == "error" {
		code, msg = 501, t.Error // the vendor's "generation failed"
	}
	body, err := json.Marshal(map[string]any{"code": code, "msg": msg, "data": map[string]any{"callbackType": stage, "task_id": t.ID, "data": songs}})
	if err != nil {
		s.c.Log.Error("callback not written", "task", t.ID, "err", err.Error())
		return
	}
	s.group.Go(func() { s.call(ctx, t.ID, stage, u.String(), body) })
}

func (s *Studio) call(ctx context.Context, id, stage, address string, body []byte) {
	pause := callbackPause
	for try := range callbackTries {
		if try > 0 {
			select {
			case <-ctx.Done():
				return
			case <-time.After(pause):
			}
			pause *= 2
		}
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
		if err != nil {
			return // the address was parsed before
		}
		r.Header.Set("Content-Type", "application/json")
		a, err := s.hooks.Do(r)
		if err == nil {
			_ = a.Body.Close() // only the status counts
			if a.StatusCode/100 == 2 {
				return
			}
		}
	}
	// The address has a secret in its path: it is not logged.
	s.c.Log.Warn("callback given up", "task", id, "stage", stage)
}
