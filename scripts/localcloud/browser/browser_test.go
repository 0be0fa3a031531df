package browser

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// world is CastAD and a channel on one server; page is the channel's consent page.
func world(t *testing.T, page string, posted *map[string][]string) string {
	t.Helper()
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	mux.HandleFunc("GET /api/social/tube/start", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer token" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		http.SetCookie(w, &http.Cookie{Name: "castad_social", Value: "mine", Path: "/api/social"})
		fmt.Fprintf(w, `{"authorize_url":%q}`, server.URL+"/consent?state=s")
	})
	mux.HandleFunc("GET /consent", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, page)
	})
	mux.HandleFunc("POST /decide", func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		*posted = r.PostForm
		http.Redirect(w, r, "/api/social/tube/callback?code=c&state=s", http.StatusFound)
	})
	mux.HandleFunc("GET /api/social/tube/callback", func(w http.ResponseWriter, r *http.Request) {
		if c, err := r.Cookie("castad_social"); err != nil || c.Value != "mine" || r.Header.Get("Authorization") != "" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		_, _ = io.WriteString(w, `{"account":{"id":"channel_1","channel":"tube","name":"n","state":"connected"}}`)
	})
	return server.URL + "/api"
}

func TestAnAccountIsConnectedAsAPersonDoesIt(t *testing.T) {
	t.Parallel()
	var posted map[string][]string
	api := world(t, `<form method="post" action="/decide"><input type="hidden" name="state" value="s"><input name="who" value="somebody">
		<button name="answer" value="deny">No</button><button name="answer" value="allow">Yes</button></form>`, &posted)
	a, err := Connect(t.Context(), api, "token", "tube", map[string]string{"who": "me"})
	if diff := cmp.Diff(Account{ID: "channel_1", Channel: "tube", Name: "n", State: "connected"}, a); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if diff := cmp.Diff(map[string][]string{"state": {"s"}, "who": {"me"}, "answer": {"allow"}}, posted); diff != "" {
		t.Errorf("the form (-want +got):\n%s", diff)
	}
}

func TestWhatStandsInTheWayIsTold(t *testing.T) {
	t.Parallel()
	var posted map[string][]string
	for name, c := range map[string]struct{ page, token, channel, says string }{
		"a page without a form": {"<p>sign in first</p>", "token", "tube", "has 0 forms: <p>sign in first</p>"},
		"not signed in":         {"", "other", "tube", "/api/social/tube/start answers 401"},
		"no such channel":       {"", "token", "myspace", "/api/social/myspace/start answers 404"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := Connect(t.Context(), world(t, c.page, &posted), c.token, c.channel, nil); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v; want it to say %q", err, c.says)
			}
		})
	}
}
