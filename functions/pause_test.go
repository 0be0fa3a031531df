package main

import (
	"encoding/json"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"castad/functions/ad"
	"castad/functions/admin"
	"castad/shared/config"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/provider/kakao/kakaotest"
)

// Two instances on one database and one broker; what one is told, both obey.
func TestOrdersWaitWhileAVendorIsPausedAndGoOnAfterwards(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		path, kind string
		step       int
	}{
		"a vendor":       {"/admin/vendors/suno", "song", 3},
		"all publishing": {"/admin/publishing", "publish", 5},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var c config.Config
			b := newBench(t, func(made *config.Config) { c = *made })
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			must(t, err)
			other := &bench{t: t, db: b.db, url: "http://" + listener.Addr().String(), issuer: b.issuer, token: b.token}
			other.start(c, listener)
			_, token := b.operator()
			var standing admin.Standing
			if status, code := b.as(token, "POST", row.path+"/pause", map[string]string{"reason": "점검"}, &standing); status != http.StatusOK || len(standing.Paused) != 1 {
				t.Fatalf("%d %s %+v", status, code, standing)
			}
			time.Sleep(time.Second) // by now everybody has heard of it; the promise is five seconds
			place, account := b.place(1).ID, b.account("youtube")
			var orders [2]ad.Ad
			for i, at := range []*bench{b, other} {
				at.do(http.MethodPost, "/ads", "order-"+at.url, ad.Wish{Place: place, Publish: "auto", Channels: []ad.Channel{{Channel: "youtube", Account: account}}}, &orders[i])
			}
			const looked = `SELECT COUNT(*) FROM pipeline_steps WHERE step_no = ? AND state = 'ready' AND due_at > ready_at AND attempt = 0`
			for until := time.Now().Add(60 * time.Second); b.text(looked, row.step) != "2"; time.Sleep(50 * time.Millisecond) {
				if time.Now().After(until) {
					t.Fatalf("the orders do not wait: %s", b.text(`SELECT GROUP_CONCAT(CONCAT(kind, ' ', state, ' ', attempt)) FROM pipeline_steps`))
				}
			}
			b.tellPaused(orders[0].ID, row.step)
			if b.music.Asked("generate") != 0 && row.kind == "song" || b.text(`SELECT COUNT(*) FROM provider_calls WHERE step_no = ?`, row.step) != "0" {
				t.Error("something was asked of what is paused")
			}
			if status, code := other.as(token, "POST", row.path+"/resume", nil, &standing); status != http.StatusOK || len(standing.Paused) != 0 {
				t.Fatalf("%d %s %+v", status, code, standing)
			}
			for _, o := range orders {
				got := b.ended(o.ID)
				if got.State != "succeeded" || got.Steps[row.step-1].Paused != nil {
					t.Errorf("the ad %s: %+v", got.State, got.Steps)
				}
				if n := b.text(`SELECT SUM(attempt - parts) FROM pipeline_steps WHERE run_id = ?`, o.Run); n != "5" {
					t.Errorf("%s tries for five steps", n)
				}
			}
			if n := b.text(`SELECT COUNT(*) FROM provider_calls WHERE state = 'failed'`); n != "0" {
				t.Errorf("%s calls failed", n)
			}
			if p, r := b.audited("vendor.pause"), b.audited("vendor.resume"); p != "1" || r != "1" {
				t.Errorf("%s pauses, %s resumptions are in the log", p, r)
			}
		})
	}
}

// tellPaused fails unless the owner is told that a step waits and why, by the ad and by its events.
func (b *bench) tellPaused(of id.Ad, step int) {
	b.t.Helper()
	var got ad.Ad
	b.do(http.MethodGet, "/ads/"+of.String(), "", nil, &got)
	if s := got.Steps[step-1]; got.State != "running" || s.Fail != nil || s.Paused == nil || s.Paused.Code != fault.CodePaused || s.Paused.Message.Ko == "" || s.Paused.Next.En == "" {
		b.t.Errorf("the ad %s: %+v", got.State, s)
	}
	var news struct{ Items []ad.Event }
	b.do(http.MethodGet, "/ads/"+of.String()+"/events?wait=0", "", nil, &news)
	if last := news.Items[len(news.Items)-1]; last.Step != step || last.Fail != nil || last.Paused == nil || last.Paused.Code != fault.CodePaused {
		b.t.Errorf("the last event: %+v", last)
	}
}

func TestOnlyVendorsThatAreUsedHereCanBePaused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, token := b.operator()
	var problem struct {
		Code    fault.Code
		Field   string
		Allowed fault.Words
	}
	for _, vendor := range []string{"acme", "SUNO", "sun", "*"} {
		got := b.send(http.MethodPost, "/admin/vendors/"+vendor+"/pause", token, nil, nil)
		if err := json.Unmarshal(got.body, &problem); err != nil || got.status != http.StatusNotFound || problem.Code != fault.CodeNotFound || problem.Field != "vendor" || !strings.Contains(problem.Allowed.Ko, "suno") {
			t.Errorf("%s: %d %s", vendor, got.status, got.body)
		}
	}
	vendorNames := strings.Split(problem.Allowed.En, ", ")
	if n := b.audited("vendor.pause"); n != "0" {
		t.Errorf("%s rows for what did not happen", n)
	}
	for range 2 { // the second time nothing changes
		for _, vendor := range vendorNames {
			if status, code := b.as(token, "POST", "/admin/vendors/"+vendor+"/pause", nil, nil); status != http.StatusOK {
				t.Errorf("%s: %d %s", vendor, status, code)
			}
		}
	}
	if done, same := b.audited("vendor.pause"), b.logged("vendor.pause", admin.Unchanged); done != same || done != strconv.Itoa(len(vendorNames)) {
		t.Errorf("%s pauses and %s that changed nothing are in the log", done, same)
	}
	var standing admin.Standing
	if b.as(token, "GET", "/admin/vendors", nil, &standing); len(standing.Paused) != len(vendorNames) {
		t.Errorf("%+v", standing)
	}
}

// Who searches is told that it is us, and not the search.
func TestASearchThatIsPausedSaysSo(t *testing.T) {
	t.Parallel()
	k := kakaotest.Start(t, kakaotest.Options{RESTKey: "k"})
	b := newBench(t, func(c *config.Config) { c.KakaoRESTKey, c.KakaoLocalURL = config.NewSecret("k"), k.URL })
	search := func() answer { return b.send(http.MethodGet, "/places?query=x", b.token, nil, nil) }
	_, token := b.operator()
	if status, code := b.as(token, "POST", "/admin/vendors/kakao/pause", nil, nil); status != http.StatusOK {
		t.Fatalf("%d %s", status, code)
	}
	got := search()
	var problem struct{ Code fault.Code }
	if err := json.Unmarshal(got.body, &problem); err != nil || got.status != http.StatusServiceUnavailable || problem.Code != fault.CodePaused || got.header.Get("Retry-After") == "" {
		t.Errorf("paused: %d, Retry-After %q, %s", got.status, got.header.Get("Retry-After"), got.body)
	}
	if n := k.Asked("search"); n != 0 {
		t.Errorf("Kakao was asked %d times", n)
	}
	if status, code := b.as(token, "POST", "/admin/vendors/kakao/resume", nil, nil); status != http.StatusOK {
		t.Fatalf("%d %s", status, code)
	}
	if got := search(); got.status != http.StatusOK || k.Asked("search") != 1 {
		t.Errorf("resumed: %d %s", got.status, got.body)
	}
}
