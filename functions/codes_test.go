package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"castad/functions/ad"
	"castad/functions/admin"
	"castad/shared/config"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/identity"
	"castad/shared/provider/naver/navertest"
	"castad/shared/provider/providertest"
	"castad/shared/store/storetest"

	"github.com/go-sql-driver/mysql"
)

// Here are the codes that no test of something else is answered: each is brought about
// and then read by a client, over HTTP.

// is fails unless an answer is a problem with this code.
func (b *bench) is(what string, got answer, want fault.Code) {
	b.t.Helper()
	var p struct {
		Code fault.Code `json:"code"`
	}
	if err := json.Unmarshal(got.body, &p); err != nil || p.Code != want {
		b.t.Errorf("%s: %d %s, want %s", what, got.status, got.body, want)
	}
}

// wired is an app that reaches its database through a wire.
func wired(t *testing.T, with ...func(*config.Config)) (*bench, *storetest.Wire) {
	t.Helper()
	wire := storetest.Proxy(t)
	b := newBench(t, append(with, func(c *config.Config) {
		dsn, err := mysql.ParseDSN(c.MySQLDSN.Reveal())
		must(t, err)
		dsn.Net, dsn.Addr = "tcp", wire.Addr()
		c.MySQLDSN = config.NewSecret(dsn.FormatDSN())
	})...)
	return b, wire
}

func TestADatabaseThatFailsIsToldForWhatItIs(t *testing.T) {
	t.Parallel()
	k := startKakao(t)
	b, wire := wired(t, withKakao(k))
	place := b.place(0)
	b.quiet()
	shown := func() answer { return b.send(http.MethodGet, "/places/"+place.ID.String(), b.token, nil, nil) }
	wire.AnswerError("SELECT", 1142, "SELECT command denied to user 'castad'")
	b.is("an account without its rights", shown(), fault.CodeMisconfigured)
	wire.Refuse(true)
	wire.Break()
	b.is("nobody answers", shown(), fault.CodeUnavailable)
	wire.Refuse(false)
	if got := shown(); got.status != http.StatusOK {
		t.Fatalf("afterwards: %d %s", got.status, got.body)
	}
	wire.Stall()
	late := b.send(http.MethodPost, "/auth/kakao/unlink", "", map[string]string{"Authorization": "KakaoAK admin", "Content-Type": "application/x-www-form-urlencoded"},
		[]byte("app_id=1&user_id=1&referrer_type=UNLINK_FROM_APPS"))
	b.is("too slow for Kakao", late, fault.CodeTimeout)
	var wg sync.WaitGroup
	busy := make(chan answer, 30)
	for range cap(busy) {
		wg.Go(func() { busy <- shown() })
	}
	b.is("more than there are connections", <-busy, fault.CodeBusy)
	wire.Resume()
	wg.Wait()
}

// told are the codes of what has happened to an ad, as its events say.
func (b *bench) told(a id.Ad) string {
	b.t.Helper()
	got := b.send(http.MethodGet, fmt.Sprintf("/ads/%v/events?wait=0", a), b.token, nil, nil)
	var news struct{ Items []ad.Event }
	must(b.t, json.Unmarshal(got.body, &news))
	var all []string
	for _, e := range news.Items {
		if e.Fail != nil {
			all = append(all, string(e.Fail.Code))
		}
	}
	return strings.Join(all, " ")
}

// One order meets what vendors make badly: it is why the ad ended, until its owner tries
// again, and stays among its events.
func TestWhatVendorsDoIsToldInTheAd(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	always := func(f providertest.Fault) providertest.Fault { f.Times = 1000; return f }
	b.chat.Boast(true)
	var a ad.Ad
	b.do(http.MethodPost, "/ads", "order", ad.Wish{Place: b.place(1).ID, Publish: "none"}, &a)
	again := func(want fault.Code, change func()) {
		t.Helper()
		if got := b.ended(a.ID); got.Fail == nil || got.Fail.Code != want {
			t.Fatalf("the ad %s: %+v, want %s", got.State, got.Fail, want)
		}
		b.music.Clear()
		change()
		b.do(http.MethodPost, fmt.Sprintf("/ads/%v/retry", a.ID), "", nil, &a)
	}
	again(fault.CodeClaim, func() {
		b.chat.Boast(false)
		b.music.Next(always(providertest.Fault{Op: "generate", Kind: providertest.Fail}))
	})
	again(fault.CodeVendorFailed, func() { b.music.Forget(true) })
	again(fault.CodeLinesMissing, func() {
		b.music.Forget(false)
		b.renderer.Next(always(providertest.Fault{Op: "render", Kind: providertest.ResultPage}))
	})
	again(fault.CodeVendorResult, b.renderer.Clear)
	if got := b.ended(a.ID); got.State != "succeeded" {
		t.Errorf("the ad %s: %+v", got.State, got.Steps)
	}
	for _, want := range []fault.Code{fault.CodeClaim, fault.CodeVendorFailed, fault.CodeLinesMissing, fault.CodeVendorResult} {
		if got := b.told(a.ID); !strings.Contains(got, string(want)) {
			t.Errorf("its events tell %s, and not %s", got, want)
		}
	}
}

// A caller who waits for the answer is told at once what a vendor did; a login and a
// search have nobody who would try again for them.
func TestWhatVendorsDoIsToldToACallerWhoWaits(t *testing.T) {
	t.Parallel()
	k := startKakao(t)
	s := navertest.Start(t, navertest.Options{ID: "i", Secret: "secret"})
	var made config.Config
	b := newBench(t, withKakao(k), func(c *config.Config) {
		c.NaverAdapter, c.NaverURL, c.NaverID, c.NaverSecret = "hub", s.URL, "i", config.NewSecret("secret")
		made = *c
	})
	search := func() answer { return b.send(http.MethodGet, "/places?query=x", b.token, nil, nil) }
	k.Next(providertest.Fault{Op: "search", Kind: providertest.Status, Status: 503, Times: 1000})
	s.Next(providertest.Fault{Op: "local", Kind: providertest.Status, Status: 503, Times: 2})
	b.is("no search answers", search(), fault.CodeVendorDown)
	s.Clear()
	s.Next(providertest.Fault{Op: "local", Kind: providertest.Status, Status: 429, Code: "400"})
	b.is("the day's searches are used up", search(), fault.CodeVendorQuota)
	u := newSurfer(t)
	back := u.begin(b.url, "/")
	k.Next(providertest.Fault{Op: "token", Kind: providertest.Drop})
	if status, to, body := u.get(back); !strings.HasSuffix(to, "login_error="+string(fault.CodeVendorUnknown)) {
		t.Errorf("a login whose answer is lost: %d %s %s", status, to, body)
	}

	order := ad.Wish{Place: b.place(1).ID, Publish: "auto", Channels: []ad.Channel{{Channel: "youtube", Account: b.account("youtube")}}}
	made.YouTubeClientID, made.YouTubeClientSecret = "", config.NewSecret("") // its operator takes the channel away
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	other := &bench{t: t, db: b.db, url: "http://" + listener.Addr().String()}
	other.start(made, listener)
	other.is("a channel that is not set up any more", other.send(http.MethodPost, "/ads", b.token, jsonKey("order"), []byte(mustJSON(t, order))), fault.CodeChannelOff)
}

func TestWhatIsTooLateOrTooMuchIsTold(t *testing.T) {
	t.Parallel()
	b, wire := wired(t)
	_, operator := b.operator()
	keys, err := identity.ParseKeys(tokenKey)
	must(t, err)
	old, err := identity.NewIssuer(keys, "castad", "castad-api", func() time.Time { return time.Now().Add(-time.Hour) })
	must(t, err)
	token, err := old.Issue(identity.Principal{Tenant: 5, User: 6, Role: identity.RoleOwner}, time.Minute)
	must(t, err)
	b.is("yesterday's token", b.send(http.MethodGet, "/home", token, nil, nil), fault.CodeTokenExpired)

	full := b.place(1)
	for n := range 29 {
		_, err := b.db.Primary().Exec(t.Context(), `INSERT INTO place_photos (id, tenant_id, place_id, blob_path, content_type, width, height, bytes, sha256, created_at)
			SELECT id + ?, tenant_id, place_id, CONCAT(blob_path, ?), content_type, width, height, bytes, UNHEX(SHA2(?, 256)), created_at FROM place_photos WHERE place_id = ? ORDER BY id LIMIT 1`, n+1, n, n, full.ID)
		must(t, err)
	}
	photos, err := filepath.Glob("../docs/sample/photos/*.jpg")
	must(t, err)
	photo, err := os.ReadFile(photos[1])
	must(t, err)
	b.is("the 31st photo", b.send(http.MethodPost, fmt.Sprintf("/places/%v/photos", full.ID), b.token, map[string]string{"Content-Type": "image/jpeg"}, photo), fault.CodeTooManyPhotos)

	var waiting ad.Ad
	b.do(http.MethodPost, "/ads", "waiting", ad.Wish{Place: b.place(1).ID, Publish: "approve", Channels: []ad.Channel{{Channel: "youtube", Account: b.account("youtube")}}}, &waiting)
	for until := time.Now().Add(60 * time.Second); waiting.State != "awaiting_approval"; time.Sleep(20 * time.Millisecond) {
		if b.show("/ads/"+waiting.ID.String(), &waiting); time.Now().After(until) {
			t.Fatalf("the ad is %s", waiting.State)
		}
	}
	if got := b.change(http.MethodPatch, fmt.Sprintf("/ads/%v", waiting.ID), "template", obj{"template": "menu"}); got.status != http.StatusOK {
		t.Fatalf("the edit: %d %s", got.status, got.body)
	}
	var h admin.History
	if b.as(operator, http.MethodGet, "/admin/runs/"+waiting.Run.String(), nil, &h); h.Code != string(fault.CodeSuperseded) {
		t.Errorf("the run that was edited away: %s %s", h.State, h.Code)
	}
	b.quiet()
	wire.CutStatement(1, storetest.CutAfter)
	b.is("a ticket of which nobody knows whether it is there", b.send(http.MethodPost, fmt.Sprintf("/ads/%v/events/ticket", waiting.ID), b.token, nil, nil), fault.CodeUnknown)
}

// A song that never comes ends its ad at the deadline.
func TestAnOrderThatIsNotFinishedInTimeSaysSo(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(c *config.Config) { c.RunDeadline, c.ReconcileWindow = 2*time.Second, time.Second })
	b.music.Next(providertest.Fault{Op: "generate", Kind: providertest.Never, Times: 10})
	var a ad.Ad
	b.do(http.MethodPost, "/ads", "order", ad.Wish{Place: b.place(1).ID, Publish: "none"}, &a)
	if got := b.ended(a.ID); got.State != "failed" || got.Fail == nil || got.Fail.Code != fault.CodeDeadline {
		t.Errorf("the ad %s: %+v", got.State, got.Fail)
	}
}

// A place can go while an order of it is under way, as with an account that is erased.
func TestAnOrderOfAPlaceThatIsGoneEndsAndSaysSo(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.film()
	_, err := b.db.Primary().Exec(t.Context(), `DELETE FROM places WHERE id = ?`, a.Place)
	must(t, err)
	if got := b.change(http.MethodPatch, fmt.Sprintf("/ads/%v", a.ID), "refresh", obj{"refresh_place": true}); got.status != http.StatusOK {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if got := b.ended(a.ID); got.State != "failed" || got.Fail == nil || got.Fail.Code != fault.CodeRefused {
		t.Errorf("the ad %s: %+v", got.State, got.Fail)
	}
}
