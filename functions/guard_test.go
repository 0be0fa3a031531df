package main

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"castad/functions/ad"
	"castad/shared/claim"
	"castad/shared/config"
	"castad/shared/guard"
	"castad/shared/provider"
	"castad/shared/provider/providertest"
	"castad/shared/store"
	"castad/shared/store/storetest"
)

// The cooldown is long beside what it takes to place two orders on a busy machine.
func TestOrdersWaitForAVendorThatFailsAndItIsLeftAlone(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(c *config.Config) { c.BreakerCooldown = 8 * time.Second })
	w := ad.Wish{Place: b.place(1).ID, Publish: "none"}
	b.chat.Next(providertest.Fault{Op: "write", Kind: providertest.Status, Status: 503, Times: 1_000_000})
	calls := 0
	for opened := false; !opened && calls < 10_000; calls++ { // other customers'
		_, _, err := b.parts.chat.Write(t.Context(), claim.Brief{Language: "ko", Seconds: 30})
		var e *provider.Error
		if !errors.As(err, &e) || e.Class != provider.Later {
			t.Fatalf("call %d: %v", calls, err)
		}
		opened = e.Code == "breaker_open"
	}
	if calls < 20 || calls == 10_000 {
		t.Errorf("it opened after %d calls", calls)
	}
	sent := b.chat.Asked("write")
	var orders [2]ad.Ad
	for i, key := range []string{"order-1", "order-2"} {
		b.do(http.MethodPost, "/ads", key, w, &orders[i])
	}
	for deadline := time.Now().Add(90 * time.Second); b.refusals() < len(orders); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the orders do not come to the vendor")
		}
	}
	if n := b.chat.Asked("write") - sent; n != 0 {
		t.Errorf("%d calls were sent to a vendor that fails", n)
	}
	shown := b.metrics()
	for _, want := range []string{`castad_breaker_state{op="write",vendor="openai"} 2`, `castad_vendor_refusals_total{op="write",reason="breaker_open",vendor="openai"} `,
		`castad_vendor_calls_total{op="write",vendor="openai",verdict="sick"} `, `castad_vendor_call_seconds_count{op="write",vendor="openai"} `} {
		if !strings.Contains(shown, want) {
			t.Errorf("the metrics do not have %s", want)
		}
	}
	b.chat.Clear()
	for _, o := range orders {
		if got := b.ended(o.ID); got.State != "succeeded" {
			t.Errorf("the ad %s: %+v", got.State, got.Steps)
		}
	}
	breakers, _, err := b.guard.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, br := range breakers {
		if br.Vendor == "openai" && br.Op == "write" && br.State != guard.Closed {
			t.Errorf("the vendor is well and its breaker %s", br.State)
		}
	}
}

// A client that is made without the guard would go on while an operator has paused its vendor.
func TestEveryVendorAsksTheGuard(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p := b.parts
	calls := map[string][]func() error{
		"openai": {func() error {
			_, _, err := p.chat.Write(t.Context(), claim.Brief{Language: "ko", Seconds: 30})
			return err
		}},
		"suno": {func() error { _, err := p.music.Task(t.Context(), "task-1"); return err },
			func() error { _, err := p.downloads.For("suno").Get(t.Context(), b.music.URL+"/x", 1); return err }},
		"creatomate": {func() error { _, err := p.renderer.Status(t.Context(), "render-1"); return err },
			func() error {
				_, err := p.downloads.For("creatomate").Get(t.Context(), b.renderer.URL+"/x", 1)
				return err
			}},
	}
	for name, c := range p.channels {
		calls[name] = append(calls[name], func() error {
			_, err := c.Look(t.Context(), provider.Sought{Channel: name, Account: "17841400000000001", Access: "t", ID: "12345678901", Marker: "m"})
			return err
		})
	}
	if len(calls) < 5 {
		t.Fatalf("only %d vendors are looked at", len(calls))
	}
	for vendor, all := range calls {
		if err := b.guard.Force(t.Context(), vendor, "*", guard.ForcedOpen); err != nil {
			t.Fatal(err)
		}
		for i, call := range all {
			var e *provider.Error
			if err := call(); !errors.As(err, &e) || e.Code != "paused" {
				t.Errorf("call %d of %s, which is paused: %v", i+1, vendor, err)
			}
		}
	}
}

// metrics is what the process shows of itself.
func (b *bench) metrics() string {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.url+"/metrics", nil)
	if err != nil {
		b.t.Fatal(err)
	}
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return string(text)
}

// refusals counts the steps that were put off because a vendor is not there.
func (b *bench) refusals() int {
	b.t.Helper()
	n, err := store.One(b.t.Context(), b.db.Primary(), `SELECT COUNT(*) FROM run_events WHERE event = 'refused'`, func(n *int) []any { return []any{n} })
	if err != nil {
		b.t.Fatal(err)
	}
	return n
}

func TestARefusalOfOnePageKeepsAllInstancesFromAllOfNaversPages(t *testing.T) {
	t.Parallel()
	rules, err := guard.ParseRules(strings.Split(sample(t)["CASTAD_VENDOR_LIMITS"], ","))
	if err != nil {
		t.Fatal(err)
	}
	db := storetest.Open(t)
	asks, other := guard.New(guard.Config{DB: db.Primary(), Rules: rules}), guard.New(guard.Config{DB: db.Primary(), Rules: rules})
	told, err := asks.Allow(t.Context(), provider.Attempt{Vendor: "naver", Op: "page"})
	if err != nil {
		t.Fatal(err)
	}
	told(provider.Outcome{Verdict: provider.Busy, RetryAfter: provider.MaxRetryAfter})
	must(t, asks.Flush(t.Context()))
	for _, op := range []string{"page", "short", "robots"} {
		_, err := other.Allow(t.Context(), provider.Attempt{Vendor: "naver", Op: op})
		var e *provider.Error
		if !errors.As(err, &e) || e.Code != "slow_down" {
			t.Errorf("%s: %v", op, err)
		}
	}
	if _, err := other.Allow(t.Context(), provider.Attempt{Vendor: "naver", Op: "local"}); err != nil {
		t.Errorf("the search, which is an API: %v", err)
	}
}
