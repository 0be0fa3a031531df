package film

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

const (
	hookTries = 5 // with the default delay: at once, and after 2, 8, 32 and 128 s
	hookLimit = 15 * time.Second
)

// tell posts a finished render to its webhook, in the background, until it is
// answered 2xx or given up. What is not delivered when the program ends is
// begun again by the next NewServer: a receiver may hear of a render twice.
func (s *Server) tell(ctx context.Context, j *job) {
	s.group.Go(func() {
		delay := time.Duration(0)
		for range hookTries {
			if wait(ctx, delay) != nil {
				return
			}
			delay = max(4*delay, s.config.RetryDelay)
			err := s.post(ctx, j)
			if ctx.Err() != nil {
				return
			}
			if err == nil {
				break
			}
			s.log.Warn("post webhook", "render", j.ID, "error", err)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		j.Told = true
		if err := s.store.save(j); err != nil {
			s.log.Error("record render", "render", j.ID, "error", err)
		}
	})
}

func (s *Server) post(ctx context.Context, j *job) error {
	s.mu.Lock()
	body, err := json.Marshal(s.wire(j))
	target := j.Webhook
	s.mu.Unlock()
	if err != nil {
		return fmt.Errorf("write webhook: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, hookLimit)
	defer cancel()
	u, err := url.Parse(target)
	if err != nil || checkURL(u, s.allow) != nil {
		return fmt.Errorf("webhook address is not allowed")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("webhook address is not allowed")
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := s.hooks.Do(req)
	if err != nil {
		// The address holds the receiver's secret: the error's text is not kept.
		return fmt.Errorf("webhook of %s cannot be reached", u.Host)
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10)) // so that the connection can be used again
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("webhook of %s answered %d", u.Host, res.StatusCode)
	}
	return nil
}
