package provider

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"castad/shared/provider/providertest"

	"github.com/google/go-cmp/cmp"
)

// door is a guard that remembers.
type door struct {
	shut error

	mu    sync.Mutex
	asked []Attempt
	last  Outcome // of the last call
	tells int
}

func (d *door) Allow(_ context.Context, a Attempt) (Pass, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked = append(d.asked, a)
	if d.shut != nil {
		return nil, d.shut
	}
	return func(o Outcome) {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.last, d.tells = o, d.tells+1
	}, nil
}

func (d *door) said() (Outcome, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.last, d.tells > 0
}

func TestWhatTheGuardDoesNotAllowIsNotSent(t *testing.T) {
	t.Parallel()
	v := newVendor(t)
	shut := &Error{Provider: "vendor", Op: "op", Class: RateLimited, Code: "limit", RetryAfter: time.Second}
	d := &door{shut: shut}
	c := newClient(t, v.url, HTTP{Guard: d})
	for _, paid := range []bool{true, false} {
		if _, err := c.Do(t.Context(), Call{Op: "op", Method: "POST", JSON: 1, Paid: paid, Scope: "account"}); !errors.Is(err, shut) {
			t.Errorf("%v", err)
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, v.url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.RoundTrip(req, "op", true); !errors.Is(err, shut) {
		t.Errorf("%v", err)
	}
	if _, err := (Downloader{Provider: "vendor", Allow: []string{v.url}, Guard: d}).For("suno").Get(t.Context(), v.url+"/film", 1); !errors.Is(err, shut) {
		t.Errorf("%v", err)
	}
	if v.Asked("op") != 0 {
		t.Error("something was sent")
	}
	want := []Attempt{{"vendor", "op", "account", true}, {"vendor", "op", "account", false}, {"vendor", "op", "", true}, {"suno", "download", "", false}}
	if diff := cmp.Diff(want, d.asked); diff != "" {
		t.Error(diff)
	}
}

func TestWhatACallSaysAboutTheVendor(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name  string
		fault providertest.Fault
		says  Verdict
	}{
		{"a good answer", providertest.Fault{Kind: providertest.Slow, Millis: 1}, Healthy},
		{"no answer", providertest.Fault{Kind: providertest.Hang}, Sick},
		{"a lost answer", providertest.Fault{Kind: providertest.Drop}, Sick},
		{"half an answer", providertest.Fault{Kind: providertest.Truncated}, Sick},
		{"503, before anybody has judged it", providertest.Fault{Kind: providertest.Status, Status: 503}, Sick},
		{"429, which may mean no credit", providertest.Fault{Kind: providertest.Status, Status: 429}, Healthy},
		{"404", providertest.Fault{Kind: providertest.Status, Status: 404}, Healthy},
		{"a redirect", providertest.Fault{Kind: providertest.Redirect}, Healthy},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			v, d := newVendor(t), &door{}
			v.Next(row.fault)
			_, _ = newClient(t, v.url, HTTP{Guard: d, Timeout: v.patience(row.fault)}).Do(t.Context(), Call{Op: "op", Method: "POST", JSON: 1, Paid: true})
			if o, told := d.said(); !told || o != (Outcome{Verdict: row.says}) {
				t.Errorf("told %v: %v", told, o)
			}
		})
	}
}

func TestACallThatNobodyTookUsesNothing(t *testing.T) {
	t.Parallel()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	d := &door{}
	_, _ = newClient(t, "http://"+closed.Addr().String(), HTTP{Guard: d}).Do(t.Context(), Call{Op: "op", Method: "POST", JSON: 1, Paid: true})
	if o, _ := d.said(); o != (Outcome{Verdict: Sick, Unsent: true}) {
		t.Errorf("%+v", o)
	}
}

func TestACallThatWeGiveUpSaysNothing(t *testing.T) {
	t.Parallel()
	v, d := newVendor(t), &door{}
	v.Next(providertest.Fault{Kind: providertest.Hang})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for v.accepted.Load() == 0 {
			time.Sleep(time.Millisecond)
		}
		cancel()
	}()
	_, _ = newClient(t, v.url, HTTP{Guard: d}).Do(ctx, Call{Op: "op", Method: "POST", JSON: 1, Paid: true})
	if o, told := d.said(); !told || o != (Outcome{}) {
		t.Errorf("told %v: %+v", told, o)
	}
}

// The status says nothing: some vendors answer everything with 200.
func TestTheVendorsTableHasTheLastWord(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		class Class
		says  Verdict
	}{
		{Unknown, Sick}, {Later, Sick}, {RateLimited, Busy}, {QuotaExhausted, Healthy}, {UserFault, Healthy}, {OurFault, Healthy},
		{Failed, Healthy}, {BadResult, Healthy}, {Reconnect, Healthy},
	} {
		for _, status := range []int{200, 400, 503} {
			t.Run(fmt.Sprintf("%v at status %d", row.class, status), func(t *testing.T) {
				t.Parallel()
				s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Retry-After", "7")
					w.WriteHeader(status)
				}))
				t.Cleanup(s.Close)
				d := &door{}
				c := newClient(t, s.URL, HTTP{Guard: d})
				call := Call{Op: "op", Method: "POST", JSON: 1, Paid: true}
				a, err := c.Do(t.Context(), call)
				if err != nil {
					t.Fatal(err)
				}
				_ = c.Fail(call, a, row.class, "code", "text")
				if o, _ := d.said(); o != (Outcome{Verdict: row.says, RetryAfter: 7 * time.Second}) {
					t.Errorf("%+v", o)
				}
			})
		}
	}
}

func TestAnAnswerThatNobodyUnderstandsCountsAndOneAboutTheJobDoesNot(t *testing.T) {
	t.Parallel()
	v, d := newVendor(t), &door{}
	c := newClient(t, v.url, HTTP{Guard: d})
	call := Call{Op: "op", Method: "GET"}
	a, err := c.Do(t.Context(), call)
	if err != nil {
		t.Fatal(err)
	}
	_ = c.Unintelligible(call, a, errors.New("no id"))
	if o, _ := d.said(); o.Verdict != Sick {
		t.Errorf("%+v", o)
	}
	if a, err = c.Do(t.Context(), call); err != nil {
		t.Fatal(err)
	}
	a.Good()
	_ = c.Fail(call, a, Later, "SUCCESS", "finished without tracks")
	if o, _ := d.said(); o.Verdict != Healthy {
		t.Errorf("%+v", o)
	}
}

// An SDK reads the body itself.
func TestWhatAnSDKReadsCountsToo(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		fault providertest.Fault
		fail  bool
		says  Verdict
	}{
		"a good answer":               {providertest.Fault{Kind: providertest.Slow, Millis: 1}, false, Healthy},
		"one that breaks off":         {providertest.Fault{Kind: providertest.Truncated}, false, Sick},
		"one that the SDK cannot use": {providertest.Fault{Kind: providertest.Malformed}, true, Sick},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, d := newVendor(t), &door{}
			v.Next(row.fault)
			c := newClient(t, v.url, HTTP{Guard: d})
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, v.url, strings.NewReader("{}"))
			if err != nil {
				t.Fatal(err)
			}
			res, err := c.RoundTrip(req, "op", false)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			_, _ = io.ReadAll(res.Body)
			if row.fail {
				_ = c.Fail(Call{Op: "op"}, AnswerOf(res), Later, "unintelligible", "")
			}
			if o, _ := d.said(); o.Verdict != row.says {
				t.Errorf("%+v", o)
			}
		})
	}
}

func TestWhatADownloadSaysAboutTheVendor(t *testing.T) {
	t.Parallel()
	base := cdn(t)
	for _, row := range []struct {
		name, url string
		says      Verdict
	}{
		{"a file", base + "/film.mp4", Healthy},
		{"a file that ends early", base + "/short", Sick},
		{"a file that stalls", base + "/stall", Sick},
		{"a server that says nothing", base + "/silent", Sick},
		{"a web page", base + "/page", Sick},
		{"an encoded file", base + "/gzip", Sick},
		{"an empty file", base + "/empty", Sick},
		{"a broken server", base + "/500", Sick},
		{"a busy server", base + "/429", Busy},
		{"a file that is not there (yet)", base + "/404", Healthy},
		{"a file that is gone", base + "/410", Healthy},
		{"a file that is longer than we take", base + "/chunked", Healthy},
		{"an origin that is not ours to ask", "https://evil.example/film.mp4", Neutral},
		{"no URL", "http://[", Neutral},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			d := &door{}
			from := Downloader{Provider: "cdn", Allow: []string{base}, Guard: d}
			if strings.HasSuffix(row.url, "/stall") || strings.HasSuffix(row.url, "/silent") {
				from.Idle = 300 * time.Millisecond
			}
			limit := int64(2000)
			if strings.HasSuffix(row.url, "/chunked") {
				limit = 60
			}
			if got, err := from.Get(t.Context(), row.url, limit); err == nil {
				_, _ = io.ReadAll(got.Body)
				got.Body.Close()
			}
			o, told := d.said()
			if !told || o.Verdict != row.says || row.says == Busy && o.RetryAfter != 9*time.Second {
				t.Errorf("told %v: %+v", told, o)
			}
		})
	}
}

func TestADownloadThatWeGiveUpSaysNothing(t *testing.T) {
	t.Parallel()
	base := cdn(t)
	for name, giveUp := range map[string]func(*Download, context.CancelFunc){
		"closed early": func(got *Download, _ context.CancelFunc) { got.Body.Close() },
		"cancelled": func(got *Download, cancel context.CancelFunc) {
			cancel()
			_, _ = io.ReadAll(got.Body)
			got.Body.Close()
		},
	} {
		d := &door{}
		ctx, cancel := context.WithCancel(t.Context())
		got, err := Downloader{Allow: []string{base}, Guard: d}.Get(ctx, base+"/stall", 2000)
		if err != nil {
			t.Fatal(err)
		}
		giveUp(got, cancel)
		cancel()
		if o, told := d.said(); !told || o != (Outcome{}) {
			t.Errorf("%s: told %v: %+v", name, told, o)
		}
	}
}
