package studio

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"castad/shared/fault"
	"castad/shared/studio/music"
)

func (s *Studio) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// next takes the oldest waiting task.
func (s *Studio) next() (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queue) == 0 {
		return "", false
	}
	id := s.queue[0]
	s.queue = s.queue[1:]
	if len(s.queue) > 0 {
		s.signal()
	}
	return id, true
}

func (s *Studio) work(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
		}
		for ctx.Err() == nil {
			id, ok := s.next()
			if !ok {
				break
			}
			s.run(ctx, id)
			s.purge()
		}
	}
}

// run makes one task's songs and records how it ended. A task that Close
// interrupts stays as it is and is gone on with by the next New.
func (s *Studio) run(ctx context.Context, id string) {
	began := s.config.Clock()
	err := s.make(ctx, id)
	switch {
	case err == nil:
		s.config.Log.Info("song task made", "task", id, "ms", s.config.Clock().Sub(began).Milliseconds())
	case ctx.Err() != nil:
		return
	default:
		s.config.Log.Error("song task failed", "task", id, "error", err)
		reason := "The song could not be generated."
		if fault.KindOf(err) == fault.Invalid {
			reason = err.Error()
		}
		if err := s.change(id, func(t *task) { t.Status, t.Code, t.Error = statusAudioFailed, codeGenerateFailed, reason }); err != nil {
			s.config.Log.Error("record failure", "task", id, "error", err) // the next start begins it again
			return
		}
	}
	s.tell(ctx, id)
}

func (s *Studio) make(ctx context.Context, id string) (err error) {
	defer func() { // one task's bug must not take the others down
		if p := recover(); p != nil {
			err = fmt.Errorf("make song: panic: %v\n%s", p, debug.Stack())
		}
	}()
	gaveUp := false
	err = s.change(id, func(t *task) {
		t.Starts++
		gaveUp = t.Starts > maxStarts
		if t.Status == statusPending {
			t.Status = statusText
		}
	})
	if err != nil {
		return err
	}
	if gaveUp {
		return fmt.Errorf("make song: begun %d times without an end", maxStarts)
	}
	s.tell(ctx, id)
	for i := range takesPerTask {
		t, _ := s.find(id)
		if _, err := os.Stat(s.songPath(t.Takes[i].ID)); err == nil && t.Takes[i].Done {
			continue
		}
		made, err := s.take(ctx, t, i)
		if err != nil {
			return err
		}
		err = s.change(id, func(t *task) {
			t.Takes[i] = made
			t.Starts = 0
			if t.Status = statusFirst; i == takesPerTask-1 {
				t.Status = statusSuccess
			}
		})
		if err != nil {
			return err
		}
		if i < takesPerTask-1 {
			s.tell(ctx, id)
		}
	}
	return nil
}

// take composes, encodes and keeps one song. The file is whole before it has its name.
func (s *Studio) take(ctx context.Context, t task, i int) (take, error) {
	k := t.Takes[i]
	o := t.Order
	o.Seed = k.Seed
	song, err := s.config.compose(o)
	if err != nil {
		return k, fmt.Errorf("compose: %w", err)
	}
	if err := ctx.Err(); err != nil {
		return k, err
	}
	wav, mp3 := filepath.Join(workDir(s.config.Dir), k.ID+".wav"), filepath.Join(workDir(s.config.Dir), k.ID+".mp3")
	defer os.Remove(wav)
	f, err := os.OpenFile(wav, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return k, fmt.Errorf("write song: %w", err)
	}
	if err := errors.Join(song.WriteWAV(f), f.Close()); err != nil {
		return k, fmt.Errorf("write song: %w", err)
	}
	if err := s.encode(ctx, wav, mp3); err != nil {
		return k, err
	}
	info, err := os.Stat(mp3)
	if err != nil || info.Size() == 0 {
		return k, fmt.Errorf("encode song: the encoder left no file: %w", err)
	}
	if err := os.Rename(mp3, s.songPath(k.ID)); err != nil {
		return k, fmt.Errorf("keep song: %w", err)
	}
	if err := syncDir(songDir(s.config.Dir)); err != nil {
		return k, err
	}
	k.Done, k.Seconds, k.Tempo, k.Key, k.Bytes, k.Words, k.Wave = true, song.Seconds, song.Tempo, song.Key, info.Size(), song.Words, waveform(song)
	k.LUFS, k.TruePeak = measured(song.Loudness()), measured(song.TruePeak())
	return k, nil
}

// measured rounds a level to a hundredth of a decibel; silence has none.
func measured(db float64) *float64 {
	if math.IsInf(db, 0) || math.IsNaN(db) {
		return nil
	}
	db = math.Round(100*db) / 100
	return &db
}

// encode tries twice: the encoder is a process, and a machine short of memory
// may kill it once.
func (s *Studio) encode(ctx context.Context, wav, mp3 string) error {
	err := s.config.Encode(ctx, wav, mp3)
	if err == nil || ctx.Err() != nil {
		return err
	}
	s.config.Log.Warn("encode song again", "error", err)
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(200 * time.Millisecond):
	}
	if err := s.config.Encode(ctx, wav, mp3); err != nil {
		return fmt.Errorf("encode song: %w", err)
	}
	return nil
}

// waveform is the song's peak level in 200 equal parts, 0 to 1.
func waveform(song *music.Song) []float64 {
	const parts = 200
	out := make([]float64, parts)
	n := len(song.PCM) / parts
	for i := range out {
		peak := 0.0
		for _, v := range song.PCM[i*n : (i+1)*n] {
			peak = max(peak, math.Abs(float64(v)))
		}
		out[i] = math.Round(peak/32768*1000) / 1000
	}
	return out
}
