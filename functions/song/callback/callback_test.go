package callback_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"castad/functions/song/callback"

	"castad/shared/fault"
	"castad/shared/trigger"
)

// reports keeps what is reported.
type reports []string

func (r *reports) Callback(_ context.Context, token, stage, externalID string, body []byte) error {
	*r = append(*r, strings.Join([]string{token, stage, externalID, string(body)}, " "))
	return nil
}

func TestAReportIsReadWithItsSignature(t *testing.T) {
	t.Parallel()
	var got reports
	read := func(body []byte, timestamp, signature string) (string, string, error) {
		if timestamp != "1795000000" || signature != "c2lnbmVk" {
			return "", "", fault.New(fault.CodeUnauthenticated)
		}
		return "task-1", "complete", nil
	}
	h, err := trigger.New(trigger.Options{Log: slog.New(slog.DiscardHandler), Ready: func() error { return nil }}, callback.New(&got, read))
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		signature string
		want      int
	}{{"c2lnbmVk", http.StatusOK}, {"Zm9yZ2Vk", http.StatusUnauthorized}, {"", http.StatusUnauthorized}} {
		r := httptest.NewRequest(http.MethodPost, "/api/v1/callbacks/song/the-token", strings.NewReader("{}"))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-Webhook-Timestamp", "1795000000")
		if row.signature != "" {
			r.Header.Set("X-Webhook-Signature", row.signature)
		}
		w := httptest.NewRecorder()
		h.Handler().ServeHTTP(w, r)
		if w.Code != row.want {
			t.Errorf("%q: %d %s", row.signature, w.Code, w.Body)
		}
	}
	if len(got) != 1 || got[0] != "the-token complete task-1 {}" {
		t.Errorf("%q", got)
	}
}
