package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"
)

// client is a plain API client: bearer token, JSON, and a repetition of what
// failed on the server's side, with the same Idempotency-Key, as a client
// should.
type client struct {
	base  string // …/api/v1
	token string
}

// problem is an answer that says no.
type problem struct {
	Status  int    `json:"status"`
	Code    string `json:"code"`
	Field   string `json:"field"`
	Message struct {
		En string `json:"en"`
	} `json:"message"`
}

func (p *problem) Error() string {
	return fmt.Sprintf("%d %s %s: %s", p.Status, p.Code, p.Field, p.Message.En)
}

const (
	tries = 60
	pause = 250 * time.Millisecond
)

// call sends a request until it gets an answer that is not the server's trouble.
func (c client) call(ctx context.Context, method, path, key, contentType string, body []byte, out any) error {
	var last error
	for range tries {
		last = c.once(ctx, method, path, key, contentType, body, out)
		var p *problem
		if last == nil || errors.As(last, &p) && p.Status < 500 {
			return last
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), last)
		case <-time.After(pause):
		}
	}
	return last
}

func (c client) once(ctx context.Context, method, path, key, contentType string, body []byte, out any) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+c.token)
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	defer a.Body.Close()
	if a.StatusCode >= 300 {
		p := &problem{Status: a.StatusCode}
		text, err := io.ReadAll(io.LimitReader(a.Body, 1<<16))
		if err == nil {
			_ = json.Unmarshal(text, p) // a proxy's own page is no problem document; the status says enough
		}
		return fmt.Errorf("%s %s: %w", method, path, p)
	}
	if file, ok := out.(*os.File); ok {
		if err := file.Truncate(0); err != nil {
			return err
		}
		if _, err := file.Seek(0, io.SeekStart); err != nil {
			return err
		}
		_, err := io.Copy(file, a.Body)
		return err
	}
	if err := json.NewDecoder(a.Body).Decode(out); err != nil {
		return fmt.Errorf("%s %s: read the answer: %w", method, path, err)
	}
	return nil
}

func (c client) json(ctx context.Context, method, path, key string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	return c.call(ctx, method, path, key, "application/json", body, out)
}

// get reads JSON.
func (c client) get(ctx context.Context, path string, out any) error {
	return c.call(ctx, http.MethodGet, path, "", "", nil, out)
}

// save stores a file.
func (c client) save(ctx context.Context, path, file string) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	err = c.call(ctx, http.MethodGet, path, "", "", nil, f)
	return errors.Join(err, f.Close())
}
