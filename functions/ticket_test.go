package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"castad/functions/ad"
	"castad/shared/fault"
	"castad/shared/id"
)

// ticket buys a ticket for an ad's events.
func (b *bench) ticket(a id.Ad) ad.Ticket {
	b.t.Helper()
	var t ad.Ticket
	b.do(http.MethodPost, fmt.Sprintf("/ads/%v/events/ticket", a), "", nil, &t)
	return t
}

// opens says what comes of opening a stream as a browser does: with a ticket and no token.
func (b *bench) opens(path, ticket string) (status int, first string) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.url+"/api/v1"+path+"?ticket="+url.QueryEscape(ticket), nil)
	if err != nil {
		b.t.Fatal(err)
	}
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer a.Body.Close()
	lines := bufio.NewScanner(a.Body)
	for first == "" && lines.Scan() {
		first = lines.Text()
	}
	return a.StatusCode, first
}

func TestATicketOpensOneStreamOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a, other := b.kept(1), ad.Ad{}
	b.do(http.MethodPost, "/ads", "other", ad.Wish{Place: a.Place, Publish: "none"}, &other)
	path := fmt.Sprintf("/ads/%v/events", a.ID)
	good := b.ticket(a.ID)
	if left := time.Until(good.ExpiresAt); left > ad.TicketLife || left < ad.TicketLife/2 {
		t.Errorf("a ticket is good for %v", left)
	}
	for name, c := range map[string]struct{ path, ticket string }{
		"a ticket for another ad":   {fmt.Sprintf("/ads/%v/events", other.ID), good.Ticket},
		"a ticket for the ad":       {fmt.Sprintf("/ads/%v", a.ID), good.Ticket},
		"a ticket that never was":   {path, strings.Repeat("A", len(good.Ticket))},
		"a ticket of another shape": {path, "ticket"},
	} {
		if status, problem := b.opens(c.path, c.ticket); status != http.StatusUnauthorized || !strings.Contains(problem, `"next":{"ko":"`) {
			t.Errorf("%s: %d %s", name, status, problem)
		}
	}
	// None of these has used it up; of many at once it opens one.
	var wg sync.WaitGroup
	var mu sync.Mutex
	opened := 0
	for range 8 {
		wg.Go(func() {
			status, first := b.opens(path, good.Ticket)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case status == http.StatusOK && strings.HasPrefix(first, "retry:"), status == http.StatusOK && strings.HasPrefix(first, "id:"):
				opened++
			case status != http.StatusUnauthorized:
				t.Errorf("a ticket: %d %q", status, first)
			}
		})
	}
	wg.Wait()
	if opened != 1 {
		t.Errorf("the ticket opened %d streams", opened)
	}
	old := b.ticket(a.ID)
	if _, err := b.db.Primary().Exec(t.Context(), `UPDATE event_tickets SET expires_at = ? WHERE used_at IS NULL`, time.Now().UTC()); err != nil {
		t.Fatal(err)
	}
	if status, problem := b.opens(path, old.Ticket); status != http.StatusUnauthorized || !strings.Contains(problem, string(fault.CodeTicketEnded)) {
		t.Errorf("a ticket that is too old: %d %s", status, problem)
	}
	if n := b.count(`SELECT COUNT(*) FROM event_tickets WHERE ticket_hash = ? OR ticket_hash = ?`, []byte(good.Ticket)[:32], []byte(old.Ticket)[:32]); n != 0 {
		t.Error("a ticket is kept as it is")
	}
	stranger := b.send(http.MethodPost, path+"/ticket", b.signIn(), nil, nil)
	if stranger.status != http.StatusNotFound || b.count(`SELECT COUNT(*) FROM event_tickets`) != 2 {
		t.Errorf("a ticket for a stranger: %d %s", stranger.status, stranger.body)
	}
	if n, err := b.parts.ads.Purge(t.Context(), time.Now().Add(2*ad.TicketLife)); n != 2 || err != nil {
		t.Errorf("purged %d tickets, %v", n, err)
	}
}

// A client that has seen the end of one revision goes on with the next, by the same sequence.
func TestEventsGoOnOverAnEdit(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.kept(1)
	first := b.stream(a.ID, 0, everything)
	last := first[len(first)-1]
	if last.name != "end" {
		t.Fatalf("the last event is %+v", last)
	}
	b.edited(a.ID, http.MethodPatch, fmt.Sprintf("/ads/%v", a.ID), "template", obj{"template": "menu"})
	next := b.stream(a.ID, last.id, everything)
	var kinds []string
	for _, e := range next {
		if e.id <= last.id {
			t.Errorf("event %d follows %d", e.id, last.id)
		}
		var event ad.Event
		if err := json.Unmarshal([]byte(e.data), &event); err != nil {
			t.Fatal(err)
		}
		if event.To == "skipped" {
			kinds = append(kinds, string(event.Kind))
		}
	}
	if got := strings.Join(kinds, " "); got != "place lyric song" || next[len(next)-1].name != "end" {
		t.Errorf("skipped %q, the end is %+v", got, next[len(next)-1])
	}
	if rest := b.stream(a.ID, next[len(next)-1].id, everything); len(rest) != 1 || rest[0].name != "end" {
		t.Errorf("after the end: %+v", rest)
	}
}
