package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"castad/functions/ad"
	"castad/shared/config"
	"castad/shared/fault"
	"castad/shared/store/storetest"
)

// sibling is another instance of the app on the same database, queues and files.
func (b *bench) sibling(c config.Config) *bench {
	b.t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.t.Fatal(err)
	}
	other := *b
	other.url = "http://" + listener.Addr().String()
	other.start(c, listener)
	return &other
}

func TestAnyInstanceServesAnyPartOfASession(t *testing.T) {
	t.Parallel()
	k := startKakao(t)
	var c config.Config
	b := newBench(t, withKakao(k), func(made *config.Config) { c = *made })
	second, third := b.sibling(c), b.sibling(c)
	s := newSurfer(t)
	// Browsers keep cookies by host, whatever the port: one front end, three instances.
	back := strings.Replace(s.begin(b.url, "/"), b.url, second.url, 1) // begins on the first, comes back to the second
	if status, to, body := s.get(back); status != http.StatusSeeOther {
		t.Fatalf("%d %s %s", status, to, body)
	}
	status, got := s.renew(third.url)
	if status != http.StatusOK {
		t.Fatalf("renewed on the third: %d %+v", status, got)
	}
	second.token = got.Access
	var made ad.Ad
	second.do(http.MethodPost, "/ads", "order", ad.Wish{Place: second.place(1).ID, Publish: "none"}, &made)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("%s/api/v1/ads/%v/events", third.url, made.ID), http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+got.Access)
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	first := make([]byte, 256)
	if n, err := a.Body.Read(first); a.StatusCode != 200 || n == 0 {
		t.Errorf("events on the third: %d, %v", a.StatusCode, err)
	}
	unused := second.ticket(made.ID)
	connecting := func() (back func() answer) {
		begun := second.send(http.MethodGet, "/social/youtube/start", got.Access, nil, nil)
		var to struct {
			URL string `json:"authorize_url"`
		}
		must(t, json.Unmarshal(begun.body, &to))
		page, err := url.Parse(to.URL)
		must(t, err)
		cookie, _, _ := strings.Cut(begun.header.Get("Set-Cookie"), ";")
		return func() answer {
			return b.send(http.MethodGet, "/social/youtube/callback?error=access_denied&state="+page.Query().Get("state"), "", map[string]string{"Cookie": cookie}, nil)
		}
	}
	if a := connecting()(); problem(t, string(a.body)) != fault.CodeConsentRefused {
		t.Errorf("a connection begun on the second, on the first: %d %s", a.status, a.body)
	}
	unfinished := connecting()
	status, again := s.renew(b.url)
	if status != http.StatusOK || again.Access == "" {
		t.Errorf("renewed on the first: %d %+v", status, again)
	}
	if a := third.send("POST", "/auth/leave", again.Access, map[string]string{"Content-Type": "application/json"}, []byte(`{"everywhere":true}`)); string(a.body) != `{"sessions_ended":1}`+"\n" {
		t.Errorf("left on the third: %d %s", a.status, a.body)
	}
	for begun := time.Now(); ; time.Sleep(20 * time.Millisecond) { // the promise is two seconds
		a := b.send("GET", "/auth/me", got.Access, nil, nil)
		if a.status == http.StatusUnauthorized && problem(t, string(a.body)) == fault.CodeSessionEnded {
			break
		}
		if a.status != http.StatusOK || time.Since(begun) > 30*time.Second {
			t.Fatalf("an access token on the first, after leaving everywhere: %d %s", a.status, a.body)
		}
	}
	if status, body := b.opens(fmt.Sprintf("/ads/%v/events", made.ID), unused.Ticket); status != http.StatusUnauthorized || problem(t, body) != fault.CodeSessionEnded {
		t.Errorf("a ticket on the first, after leaving everywhere: %d %s", status, body)
	}
	if a := unfinished(); problem(t, string(a.body)) != fault.CodeState {
		t.Errorf("a connection under way, after leaving everywhere: %d %s", a.status, a.body)
	}
}

func (b *bench) count(query string, args ...any) int {
	b.t.Helper()
	return storetest.Value[int](b.t, b.db.Primary(), query, args...)
}
