package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"castad/functions/ad"
	"castad/shared/fault"
	"castad/shared/id"

	"github.com/google/go-cmp/cmp"
)

// sentEvent is one server-sent event.
type sentEvent struct {
	id   int
	name string
	data string
}

// stream reads an ad's events from after last (0 = all) until the stream ends
// or enough have come.
func (b *bench) stream(a id.Ad, last, enough int) []sentEvent {
	b.t.Helper()
	return b.received(b.open(a, last), enough)
}

// open opens the stream of an ad's events after last.
func (b *bench) open(a id.Ad, last int) *http.Response {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, fmt.Sprintf("%s/api/v1/ads/%v/events", b.url, a), nil)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+b.token)
	if last > 0 {
		r.Header.Set("Last-Event-ID", strconv.Itoa(last))
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	if answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Type") != "text/event-stream" {
		_ = answer.Body.Close()
		b.t.Fatalf("events: %d %s", answer.StatusCode, answer.Header)
	}
	return answer
}

// received are the events of a stream until it ends or enough have come.
func (b *bench) received(answer *http.Response, enough int) []sentEvent {
	defer answer.Body.Close()
	var all []sentEvent
	var e sentEvent
	var err error
	for lines := bufio.NewScanner(answer.Body); len(all) < enough && lines.Scan(); {
		field, value, _ := strings.Cut(lines.Text(), ": ")
		switch {
		case field == "id":
			if e.id, err = strconv.Atoi(value); err != nil {
				b.t.Error(err)
				return all
			}
		case field == "event":
			e.name = value
		case field == "data":
			e.data = value
		case lines.Text() == "" && e.name != "":
			all, e = append(all, e), sentEvent{}
		}
	}
	return all
}

const everything = 1 << 20

// follow asks by long poll until the ad has ended.
func (b *bench) follow(a id.Ad) (seqs []int) {
	b.t.Helper()
	for after := 0; ; {
		var news struct {
			Items []ad.Event `json:"items"`
			Next  int        `json:"next"`
			Ended bool       `json:"ended"`
		}
		got := b.send(http.MethodGet, fmt.Sprintf("/ads/%v/events?wait=20&after=%d", a, after), b.token, nil, nil)
		if err := json.Unmarshal(got.body, &news); err != nil || got.status != http.StatusOK {
			b.t.Fatalf("poll: %d %s, %v", got.status, got.body, err)
		}
		for _, e := range news.Items {
			seqs = append(seqs, e.Seq)
		}
		if news.Ended {
			return seqs
		}
		if len(news.Items) == 0 || news.Next != seqs[len(seqs)-1] {
			b.t.Fatalf("an ad in motion gave no news in time: %s", got.body)
		}
		after = news.Next
	}
}

// A client that loses its stream and resumes, and one that polls, see the same
// events as one that never blinked: none twice, none missing.
func TestEventsAreTheSameByStreamByResumedStreamAndByPoll(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var a ad.Ad
	b.do(http.MethodPost, "/ads", "order-1", ad.Wish{Place: b.place(1).ID, Publish: "none"}, &a)
	polled := make(chan []int, 1)
	go func() {
		defer close(polled)
		polled <- b.follow(a.ID)
	}()
	var resumed []sentEvent
	for last := 0; len(resumed) == 0 || resumed[len(resumed)-1].name != "end"; last = resumed[len(resumed)-1].id {
		more := b.stream(a.ID, last, 3) // the client hangs up after three events
		if len(more) == 0 {
			t.Fatal("a stream ended without events and without an end")
		}
		resumed = append(resumed, more...)
	}
	whole := b.stream(a.ID, 0, everything)
	if diff := cmp.Diff(whole, resumed, cmp.AllowUnexported(sentEvent{})); diff != "" {
		t.Errorf("resumed stream (-whole +resumed):\n%s", diff)
	}
	changes := whole[:len(whole)-1]
	var seqs []int
	for i, e := range changes {
		if seqs = append(seqs, e.id); e.name != "change" || i > 0 && e.id <= changes[i-1].id {
			t.Errorf("event %+v", e)
		}
	}
	if diff := cmp.Diff(seqs, <-polled); diff != "" {
		t.Errorf("polled (-streamed +polled):\n%s", diff)
	}
	if last := changes[len(changes)-1]; !strings.Contains(last.data, `"to":"succeeded"`) {
		t.Errorf("the last change is %s", last.data)
	}
}

func TestAPollSaysAtOnceWhatThereIs(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var a ad.Ad
	b.do(http.MethodPost, "/ads", "order-1", ad.Wish{Place: b.place(1).ID, Publish: "none"}, &a)
	b.ended(a.ID)
	// The ad has ended: there is nothing to wait for, however long one would.
	got := b.send(http.MethodGet, fmt.Sprintf("/ads/%v/events?wait=25&after=1000000", a.ID), b.token, nil, nil)
	if want := `{"items":[],"next":1000000,"state":"succeeded","ended":true}`; strings.TrimSpace(string(got.body)) != want {
		t.Errorf("%d %s, want %s", got.status, got.body, want)
	}
	for _, wait := range []string{"-1", "soon", ""} {
		got := b.send(http.MethodGet, fmt.Sprintf("/ads/%v/events?wait=%s", a.ID, wait), b.token, nil, nil)
		if got.status != http.StatusBadRequest || !strings.Contains(string(got.body), string(fault.CodeBadValue)) {
			t.Errorf("wait=%q: %d %s", wait, got.status, got.body)
		}
	}
	whole := len(b.stream(a.ID, 0, everything))
	for last, want := range map[string]int{"-5": whole, "0": whole, "1000000": 1, "9223372036854775807": 1, "x": 0, "1.5": 0, "99999999999999999999": 0} {
		got := b.send(http.MethodGet, fmt.Sprintf("/ads/%v/events", a.ID), b.token, map[string]string{"Last-Event-ID": last}, nil)
		if n := strings.Count(string(got.body), "\nevent: "); n != want || (want == 0) != (got.status == http.StatusBadRequest) {
			t.Errorf("after %s: %d, %d events of %d", last, got.status, n, whole)
		}
	}
}
