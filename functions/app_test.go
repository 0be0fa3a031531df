package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"castad/functions/ad"
	"castad/functions/place"
	"castad/scripts/localcloud/blobserver/blobtest"
	"castad/scripts/localcloud/browser"
	"castad/scripts/localcloud/servicebus"
	"castad/shared/config"
	"castad/shared/guard"
	"castad/shared/id"
	"castad/shared/identity"
	"castad/shared/message"
	"castad/shared/provider/creatomate/creatomatetest"
	"castad/shared/provider/instagram/instagramtest"
	"castad/shared/provider/openai/openaitest"
	"castad/shared/provider/suno/sunotest"
	"castad/shared/provider/youtube/youtubetest"
	bus "castad/shared/servicebus"
	"castad/shared/store"
	"castad/shared/store/storetest"
)

// bench is the whole app in this process: a real MySQL-protocol server, Service
// Bus over AMQP, Blob over HTTP, and stand-ins for the vendors; requests and
// messages come to it in the host's shape.
type bench struct {
	t         *testing.T
	url       string // http://127.0.0.1:port
	db        *store.DB
	parts     parts
	guard     *guard.Guard
	issuer    *identity.Issuer
	app       *app
	chat      *openaitest.Server
	music     *sunotest.Server
	renderer  *creatomatetest.Server
	youtube   *youtubetest.Server
	instagram *instagramtest.Server
	token     string
	// contract saw every answer, see watched.
	contract *watcher
	// quiet ends all that goes on by itself: queues, timers, relay.
	quiet func()
}

const (
	envelopeKey = "t:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
	tokenKey    = "t:ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8="
	mediaKey    = "t:QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8="
	sealKey     = "t:YGFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6e3x9fn8="
)

// wide are limits for tests of something else.
var wide = []string{"auth=1000/1s", "live=1000/1s", "general=1000/1s", "callback=1000/1s"}

func newBench(t *testing.T, with ...func(*config.Config)) *bench {
	t.Helper()
	b := &bench{t: t, db: storetest.Open(t)}
	queues, err := servicebus.Start(t.Context(), servicebus.Options{Config: "../scripts/localcloud/Config.json"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = queues.Close() })
	blobs := blobtest.Start(t)
	b.chat, b.music = openaitest.Start(t, openaitest.Options{}), sunotest.Start(t, sunotest.Options{})
	b.renderer = creatomatetest.Start(t, creatomatetest.Options{})
	b.networks()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b.url = "http://" + listener.Addr().String()
	c := config.Config{Stage: config.Local, HostKind: config.Reference, LogLevel: "info", MySQLDSN: config.NewSecret(storetest.DSN(t, b.db)),
		ServiceBus: config.NewSecret(queues.ConnectionString()), Blob: config.NewSecret(blobs.ConnectionString()), BlobContainer: "castad", PublicURL: b.url,
		EnvelopeKeys: config.NewSecret(envelopeKey), TokenKeys: config.NewSecret(tokenKey), MediaKeys: config.NewSecret(mediaKey), SealKeys: config.NewSecret(sealKey), TokenIssuer: "castad", TokenAud: "castad-api", AdminAud: "castad-admin",
		OpenAIURL: b.chat.URL, OpenAIModel: "gpt-4o-mini", SunoURL: b.music.URL, SunoKey: config.NewSecret("k"), SunoModel: "V5",
		CreatomateURL: b.renderer.URL, CreatomateKey: config.NewSecret("k"),
		YouTubeClientID: "castad", YouTubeClientSecret: config.NewSecret("s"), YouTubeAPIURL: b.youtube.URL, YouTubeTokenURL: b.youtube.URL,
		YouTubeAuthorizeURL: b.youtube.URL + "/o/oauth2/v2/auth", YouTubeWatchURL: b.youtube.URL,
		InstagramAppID: "castad", InstagramAppSecret: config.NewSecret("s"), InstagramGraphURL: b.instagram.URL, InstagramAPIURL: b.instagram.URL,
		InstagramAuthorizeURL: b.instagram.URL + "/oauth/authorize", InstagramPoll: 100 * time.Millisecond,
		RateLimits:      wide,
		DownloadOrigins: []string{b.music.URL, b.renderer.URL}, BreakerCooldown: 500 * time.Millisecond,
		Lease: 5 * time.Second, LeaseSkew: time.Second, ReconcileWindow: 3 * time.Second, SweepGrace: 2 * time.Second,
		PollFirst: 100 * time.Millisecond, PollMax: 500 * time.Millisecond, RunDeadline: time.Minute, Approval: time.Hour}
	for _, change := range with {
		change(&c)
	}
	b.start(c, listener)
	keys, err := identity.ParseKeys(tokenKey)
	if err != nil {
		t.Fatal(err)
	}
	if b.issuer, err = identity.NewIssuer(keys, "castad", "castad-api", time.Now); err != nil {
		t.Fatal(err)
	}
	b.token = b.signIn()
	return b
}

// networks starts the stand-ins for YouTube and Instagram.
func (b *bench) networks() {
	b.youtube = youtubetest.Start(b.t, youtubetest.Options{Dir: b.t.TempDir(), ClientID: "castad", ClientSecret: "s", Consent: true})
	b.instagram = instagramtest.Start(b.t, instagramtest.Options{AppID: "castad", AppSecret: "s"})
}

// account connects an account of a channel as the owner of b.token does, and returns its id.
func (b *bench) account(channel string) string {
	b.t.Helper()
	a, err := browser.Connect(b.t.Context(), b.url+"/api/v1", b.token, channel, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return a.ID
}

// start assembles the app as main does and lets messages and timers come to it.
func (b *bench) start(c config.Config, listener net.Listener) {
	b.t.Helper()
	log := slog.New(slog.NewJSONHandler(io.Discard, nil))
	if os.Getenv("CASTAD_TEST_LOG") != "" {
		log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	m := newMeter()
	p, app, err := assemble(c, log, m)
	if err != nil {
		b.t.Fatal(err)
	}
	g := &gate{}
	p.ready = g.check(app.db)
	host, err := app.host(c, p, log, m, g, registry(p)...)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := p.files.EnsureContainer(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
	if err := g.open(b.t.Context(), app.db, log, app.ended.Look); err != nil {
		b.t.Fatal(err)
	}
	b.parts, b.guard, b.app = p, app.guard, app
	storage := storageHost(c)
	if storage == "" {
		b.t.Fatal("the storage has no address that could be looked for")
	}
	b.contract = watched(b.t, host.Handler(), storage)
	server := &http.Server{Handler: b.contract, ReadHeaderTimeout: time.Second}
	served := background(func() { _ = server.Serve(listener) })
	ctx, cancel := context.WithCancel(context.Background())
	var ends []func()
	ends = append(ends, background(func() { p.outbox.Run(ctx) }), background(func() { app.ended.Run(ctx) }), background(func() { app.guard.Run(ctx) }), background(func() { p.watcher.Run(ctx) }),
		background(func() { b.tick(ctx) }))
	for _, q := range message.Queues {
		ends = append(ends, background(func() { b.pump(ctx, string(q)) }))
	}
	b.quiet = func() {
		cancel()
		for _, wait := range ends {
			wait()
		}
	}
	b.t.Cleanup(func() {
		cancel()
		_ = server.Close()
		served()
		b.quiet()
		_ = p.bus.Close(context.Background())
		_ = app.db.Close()
	})
}

// storageHost is the host and port of the storage.
func storageHost(c config.Config) string {
	_, endpoint, _ := strings.Cut(c.Blob.Reveal(), "BlobEndpoint=http://")
	host, _, _ := strings.Cut(endpoint, "/")
	return host
}

func background(f func()) (wait func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	return func() { <-done }
}

// pump gives the messages of a queue to its function as the host does.
func (b *bench) pump(ctx context.Context, queue string) {
	for ctx.Err() == nil {
		_, _ = b.parts.bus.Drain(ctx, queue, false, 10, func(ctx context.Context, m bus.Received) error {
			body := fmt.Sprintf(`{"Data":{"wake":%q},"Metadata":{"DeliveryCount":"%d","MessageId":%q}}`,
				base64.StdEncoding.EncodeToString(m.Body), m.DeliveryCount, `"`+m.ID+`"`)
			return b.invoke(ctx, queue, body)
		})
	}
}

// tick fires the timers that the pipeline leans on.
func (b *bench) tick(ctx context.Context) {
	every := time.NewTicker(500 * time.Millisecond)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-every.C:
		}
		for _, name := range []string{"background-relay", "background-sweep"} {
			_ = b.invoke(ctx, name, `{"Data":{"tick":{"IsPastDue":false}},"Metadata":{"sys":{}}}`)
		}
	}
}

// invoke posts a non-HTTP invocation; an answer that is not 2xx with a JSON object is an error.
func (b *bench) invoke(ctx context.Context, name, body string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, b.url+"/"+name, bytes.NewBufferString(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer a.Body.Close()
	var out map[string]any
	if err := json.NewDecoder(a.Body).Decode(&out); err != nil || a.StatusCode/100 != 2 {
		return fmt.Errorf("%s: %d, %v", name, a.StatusCode, err)
	}
	return nil
}

// signIn returns a token of a new account.
func (b *bench) signIn() string {
	b.t.Helper()
	token, err := b.issuer.Issue(identity.Principal{Tenant: id.New[id.Tenant](time.Now()), User: id.New[id.User](time.Now()), Role: "owner"}, time.Hour)
	if err != nil {
		b.t.Fatal(err)
	}
	return token
}

// answer is an answer read whole.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// send makes one API request.
func (b *bench) send(method, path, token string, header map[string]string, body []byte) answer {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.url+"/api/v1"+path, bytes.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for k, v := range header {
		r.Header.Set(k, v)
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
	return answer{a.StatusCode, a.Header, text}
}

// do makes a JSON request that must succeed.
func (b *bench) do(method, path, key string, in, out any) {
	b.t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		b.t.Fatal(err)
	}
	a := b.send(method, path, b.token, map[string]string{"Content-Type": "application/json", "Idempotency-Key": key}, body)
	if a.status/100 != 2 {
		b.t.Fatalf("%s %s: %d %s", method, path, a.status, a.body)
	}
	if err := json.Unmarshal(a.body, out); err != nil {
		b.t.Fatal(err)
	}
}

// place makes a place with n photos.
func (b *bench) place(n int) place.Place {
	b.t.Helper()
	var p place.Place
	b.do(http.MethodPost, "/places", "place-"+id.New[id.Place](time.Now()).String(), place.Details{Name: "돌담골목 칼국수", Area: "을지로",
		Menu: []place.Item{{Name: "칼국수", Won: 9000}}}, &p)
	files, err := filepath.Glob("../docs/sample/photos/*.jpg")
	if err != nil || len(files) < n {
		b.t.Fatalf("sample photos: %v, %v", files, err)
	}
	for _, file := range files[:n] {
		photo, err := os.ReadFile(file)
		if err != nil {
			b.t.Fatal(err)
		}
		a := b.send(http.MethodPost, fmt.Sprintf("/places/%v/photos", p.ID), b.token, map[string]string{"Content-Type": "image/jpeg"}, photo)
		if a.status != http.StatusCreated {
			b.t.Fatalf("photo: %d %s", a.status, a.body)
		}
	}
	return p
}

// ended polls an ad until it is over.
func (b *bench) ended(a id.Ad) ad.Ad {
	b.t.Helper()
	deadline := time.Now().Add(90 * time.Second)
	for {
		got := b.send(http.MethodGet, fmt.Sprintf("/ads/%v", a), b.token, nil, nil)
		var out ad.Ad
		if err := json.Unmarshal(got.body, &out); err != nil {
			b.t.Fatalf("%d %s: %v", got.status, got.body, err)
		}
		switch out.State {
		case "succeeded", "failed", "cancelled":
			return out
		}
		if time.Now().After(deadline) {
			b.t.Fatalf("the ad has not ended: %s", got.body)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func (b *bench) rows() map[string]int {
	b.t.Helper()
	counts := map[string]int{}
	for table, query := range map[string]string{"places": `SELECT COUNT(*) FROM places`, "photos": `SELECT COUNT(*) FROM place_photos`,
		"ads": `SELECT COUNT(*) FROM ads`, "runs": `SELECT COUNT(*) FROM pipeline_runs`, "outbox": `SELECT COUNT(*) FROM outbox`} {
		n, err := store.One(b.t.Context(), b.db.Primary(), query, func(n *int) []any { return []any{n} })
		if err != nil {
			b.t.Fatal(err)
		}
		counts[table] = n
	}
	return counts
}
