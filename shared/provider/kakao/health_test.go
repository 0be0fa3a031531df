package kakao_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"castad/shared/provider"
	"castad/shared/provider/kakao"
)

// heard is a guard that allows and remembers the last word.
type heard struct{ last provider.Outcome }

func (h *heard) Allow(context.Context, provider.Attempt) (provider.Pass, error) {
	return func(o provider.Outcome) { h.last = o }, nil
}

func TestAnAnswerThatSaysNothingCountsAgainstKakao(t *testing.T) {
	t.Parallel()
	for body, ask := range map[string]func(*kakao.Client) error{
		`{"connected_at":"2026-11-29T03:00:00Z"}`: func(c *kakao.Client) error { _, err := c.Me(t.Context(), "access"); return err },
		`{"id":7}`: func(c *kakao.Client) error { return c.UnlinkUser(t.Context(), "8") },
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }))
		h := &heard{}
		c, err := kakao.New(kakao.Config{AuthURL: s.URL, APIURL: s.URL, LocalURL: s.URL, RESTKey: restKey, AdminKey: adminKey, HTTP: provider.HTTP{Guard: h}})
		if err != nil {
			t.Fatal(err)
		}
		err = ask(c)
		var e *provider.Error
		if !errors.As(err, &e) || e.Class != provider.Later || e.Code != "unintelligible" || e.Status != http.StatusOK || h.last.Verdict != provider.Sick {
			t.Errorf("%s: %v, and the guard heard %v", body, err, h.last.Verdict)
		}
		c.Close()
		s.Close()
	}
}
