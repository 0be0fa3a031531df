package studio

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"time"
)

const (
	// callbackTimeout is how long sunoapi.org waits for an answer.
	callbackTimeout = 15 * time.Second
	callbackTries   = 4
)

// allowCallback says what is wrong with an address; loopback may be plain http,
// other hosts must be configured and https.
func (s *Studio) allowCallback(raw string) error {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.User != nil {
		return fmt.Errorf("callBackUrl is not an address")
	}
	host := u.Hostname()
	ip, err := netip.ParseAddr(host)
	if host == "localhost" || err == nil && ip.Unmap().IsLoopback() {
		if u.Scheme == "http" || u.Scheme == "https" {
			return nil
		}
	}
	if u.Scheme == "https" && slices.Contains(s.config.CallbackHosts, host) {
		return nil
	}
	return fmt.Errorf("callBackUrl may not go to this host; configured hosts over https, and loopback, are allowed")
}

// tell posts the task's callbacks that are due, one task's in order, in the background.
func (s *Studio) tell(ctx context.Context, id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok := s.tasks[id]
	if !ok || t.Callback == "" || s.telling[id] || t.next() == "" || ctx.Err() != nil {
		return
	}
	s.telling[id] = true
	s.group.Go(func() { s.tellAll(ctx, id) })
}

func (s *Studio) tellAll(ctx context.Context, id string) {
	defer func() {
		s.mu.Lock()
		delete(s.telling, id)
		s.mu.Unlock()
		s.tell(ctx, id) // a stage that came in between
	}()
	select {
	case s.tellers <- struct{}{}:
		defer func() { <-s.tellers }()
	case <-ctx.Done():
		return
	}
	for {
		t, ok := s.find(id)
		stage := t.next()
		if !ok || stage == "" {
			return
		}
		if err := s.post(ctx, t, stage); err != nil {
			if ctx.Err() != nil {
				return
			}
			// The song exists; a caller that cannot be reached asks by itself.
			s.config.Log.Warn("callback given up", "task", id, "stage", stage, "error", err)
		}
		if err := s.change(id, func(t *task) { t.told(stage) }); err != nil {
			s.config.Log.Error("record callback", "task", id, "error", err)
			return
		}
	}
}

// post delivers one stage, trying again with longer and longer pauses.
func (s *Studio) post(ctx context.Context, t task, stage string) error {
	body, err := json.Marshal(s.callbackBody(t, stage))
	if err != nil {
		return fmt.Errorf("write callback: %w", err)
	}
	pause := s.config.CallbackDelay
	for try := 1; ; try++ {
		err := s.postOnce(ctx, t.Callback, body)
		if err == nil || try == callbackTries {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
		pause *= 4
	}
}

func (s *Studio) postOnce(ctx context.Context, address string, body []byte) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("post callback: bad address") // the address holds a secret
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := s.client.Do(r)
	if err != nil {
		if u, ok := err.(*url.Error); ok {
			err = u.Err // without the address
		}
		return fmt.Errorf("post callback: %w", err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10))
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("post callback: status %d", resp.StatusCode)
	}
	return nil
}

// callbackSong is a song in a callback: snake_case, unlike record-info.
type callbackSong struct {
	ID             string  `json:"id"`
	AudioURL       string  `json:"audio_url"`
	SourceAudioURL string  `json:"source_audio_url"`
	StreamAudioURL string  `json:"stream_audio_url"`
	ImageURL       string  `json:"image_url"`
	Prompt         string  `json:"prompt"`
	ModelName      string  `json:"model_name"`
	Title          string  `json:"title"`
	Tags           string  `json:"tags"`
	CreateTime     int64   `json:"createTime"`
	Duration       float64 `json:"duration"`
}

func (s *Studio) callbackBody(t task, stage string) any {
	type data struct {
		CallbackType string         `json:"callbackType"`
		TaskID       string         `json:"task_id"`
		Data         []callbackSong `json:"data"`
	}
	code, msg := codeOK, "All generated successfully."
	d := data{CallbackType: stage, TaskID: t.ID, Data: []callbackSong{}}
	switch stage {
	case "error":
		code, msg = t.Code, t.Error
	case "text":
		msg = "Text generated successfully."
	case "first":
		msg = "First generated successfully."
	}
	known := map[string]int{"text": 0, "first": 1, "complete": takesPerTask}[stage]
	for i, k := range t.Takes {
		if stage == "error" || stage == "first" && i > 0 {
			continue
		}
		c := callbackSong{ID: k.ID, Prompt: promptOf(t), ModelName: t.Model, Title: t.Order.Title, Tags: t.Style, CreateTime: t.Created.UnixMilli()}
		if i < known {
			c.AudioURL = s.songURL(k.ID)
			c.SourceAudioURL, c.StreamAudioURL, c.Duration = c.AudioURL, c.AudioURL, k.Seconds
		}
		d.Data = append(d.Data, c)
	}
	return map[string]any{"code": code, "msg": msg, "data": d}
}
