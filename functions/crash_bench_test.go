package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"castad/functions/ad"
	"castad/functions/place"
	"castad/scripts/localcloud/blobserver/blobtest"
	"castad/scripts/localcloud/browser"
	"castad/scripts/localcloud/funchost"
	"castad/scripts/localcloud/servicebus"
	stage "castad/scripts/stage/app"
	"castad/shared/blob"
	"castad/shared/id"
	"castad/shared/identity"
	"castad/shared/provider/creatomate/creatomatetest"
	"castad/shared/provider/naver/navertest"
	"castad/shared/provider/openai/openaitest"
	"castad/shared/provider/suno/sunotest"
	"castad/shared/store"
	"castad/shared/store/storetest"
)

// deadly makes the app root that the host loads, its handler built with crash points.
func deadly(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if _, err := stage.Build(t.Context(), stage.Options{Root: "..", Out: dir, Tags: "chaos"}); err != nil {
		t.Fatal(err)
	}
	return dir
}

// crashBench is the whole cloud with the handler in a process of its own,
// which can be killed. It has bench's requests and stand-ins, not its parts.
type crashBench struct {
	*bench
	hosts *funchost.Supervisor
	bus   *servicebus.Emulator
	files *blob.Store
	log   *lastLines
	file  string // what the handler's crash points have counted
}

// crashOptions say how a handler is to die, or what else goes wrong.
type crashOptions struct {
	plan   string          // CASTAD_CHAOS_POINT
	faults funchost.Faults // of the host
}

// The times of a crash case. The lease is much shorter than an invocation may
// last: the vendors here answer at once, and one that hangs is killed.
const (
	crashLease     = 1500 * time.Millisecond
	crashReconcile = 4 * time.Second
	// crashJob is how long a song or a render takes. It is longer than the kill of
	// a process takes, as everywhere: were the vendor to report at once, the answer
	// and the report would be lost in one crash, and nobody could know of the job.
	crashJob = 400 * time.Millisecond
)

func newCrashBench(t *testing.T, root string, o crashOptions) *crashBench {
	t.Helper()
	b := &crashBench{bench: &bench{t: t, db: storetest.Open(t)}, log: &lastLines{}, file: filepath.Join(t.TempDir(), "plan.log")}
	var err error
	if b.bus, err = servicebus.Start(t.Context(), servicebus.Options{Config: shortLocks(t), Ledger: true}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.bus.Close() })
	blobs := blobtest.Start(t)
	if b.files, err = blob.Open(blob.Config{ConnectionString: blobs.ConnectionString(), Container: "castad"}); err != nil {
		t.Fatal(err)
	}
	if err := b.files.EnsureContainer(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.chat, b.music = openaitest.Start(t, openaitest.Options{}), sunotest.Start(t, sunotest.Options{After: crashJob})
	b.renderer = creatomatetest.Start(t, creatomatetest.Options{After: crashJob})
	b.networks()
	keys, err := identity.ParseKeys(tokenKey)
	if err != nil {
		t.Fatal(err)
	}
	if b.issuer, err = identity.NewIssuer(keys, "castad", "castad-api", time.Now); err != nil {
		t.Fatal(err)
	}
	b.token = b.signIn()
	addr := freeAddr(t)
	b.url = "http://" + addr
	b.start(addr, root, o, map[string]string{"CASTAD_SERVICEBUS": b.bus.ConnectionString(), "CASTAD_BLOB": blobs.ConnectionString(),
		"AzureWebJobsStorage": blobs.ConnectionString(),
		"CASTAD_PLACE_FETCH":  "on", "CASTAD_PLACE_FETCH_CONTACT": "ops@castad.example", "CASTAD_PLACE_FETCH_VIA": navertest.Start(t, navertest.Options{}).URL})
	return b
}

// shortLocks is the local broker's configuration with the shortest lock, so
// that a message whose completion was lost comes again while the test lasts.
func shortLocks(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../scripts/localcloud/Config.json")
	if err != nil {
		t.Fatal(err)
	}
	short := bytes.ReplaceAll(text, []byte(`"LockDuration": "PT1M"`), []byte(`"LockDuration": "PT5S"`))
	if bytes.Equal(short, text) {
		t.Fatal("Config.json has no locks of a minute")
	}
	file := filepath.Join(t.TempDir(), "Config.json")
	if err := os.WriteFile(file, short, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// start runs the staged app under the host as the platform does.
func (b *crashBench) start(addr, root string, o crashOptions, settings map[string]string) {
	b.t.Helper()
	env := []string{"PATH=" + os.Getenv("PATH"), "TMPDIR=" + b.t.TempDir(), "FUNCTIONS_WORKER_RUNTIME=custom",
		"CASTAD_CHAOS_POINT=" + o.plan, "CASTAD_CHAOS_FILE=" + b.file, "CASTAD_LEASE=" + crashLease.String(),
		"CASTAD_STAGE=local", "CASTAD_HOST_KIND=reference", "CASTAD_MYSQL_DSN=" + storetest.DSN(b.t, b.db), "CASTAD_PUBLIC_URL=" + b.url,
		"CASTAD_ENVELOPE_KEYS=" + envelopeKey, "CASTAD_TOKEN_KEYS=" + tokenKey, "CASTAD_MEDIA_KEYS=" + mediaKey, "CASTAD_SEAL_KEYS=" + sealKey,
		"CASTAD_OPENAI_URL=" + b.chat.URL, "CASTAD_OPENAI_KEY=k", "CASTAD_OPENAI_MODEL=gpt-4o-mini",
		"CASTAD_SUNO_URL=" + b.music.URL, "CASTAD_SUNO_KEY=k", "CASTAD_SUNO_MODEL=V5",
		"CASTAD_CREATOMATE_URL=" + b.renderer.URL, "CASTAD_CREATOMATE_KEY=k",
		"CASTAD_YOUTUBE_CLIENT_ID=castad", "CASTAD_YOUTUBE_CLIENT_SECRET=s", "CASTAD_YOUTUBE_API_URL=" + b.youtube.URL, "CASTAD_YOUTUBE_TOKEN_URL=" + b.youtube.URL,
		"CASTAD_YOUTUBE_AUTHORIZE_URL=" + b.youtube.URL + "/o/oauth2/v2/auth", "CASTAD_YOUTUBE_WATCH_URL=" + b.youtube.URL,
		"CASTAD_INSTAGRAM_APP_ID=castad", "CASTAD_INSTAGRAM_APP_SECRET=s", "CASTAD_INSTAGRAM_GRAPH_URL=" + b.instagram.URL, "CASTAD_INSTAGRAM_API_URL=" + b.instagram.URL,
		"CASTAD_INSTAGRAM_AUTHORIZE_URL=" + b.instagram.URL + "/oauth/authorize", "CASTAD_INSTAGRAM_POLL=100ms",
		"CASTAD_DOWNLOAD_ORIGINS=" + b.music.URL + "," + b.renderer.URL,
		"CASTAD_VENDOR_LIMITS=suno:generate=1000/1s", "CASTAD_BREAKER_COOLDOWN=500ms",
		"CASTAD_LEASE_SKEW=300ms", "CASTAD_RECONCILE_WINDOW=" + crashReconcile.String(), "CASTAD_SWEEP_GRACE=1s",
		"CASTAD_POLL_FIRST=100ms", "CASTAD_POLL_MAX=500ms", "CASTAD_RUN_DEADLINE=2m",
		"CASTAD_DAILY_CAP_WON=0", "CASTAD_DAILY_STARTS=0", "CASTAD_RUNNING_RUNS=0", // the random kills order until they have all happened
		"CASTAD_RELAY_SCHEDULE=* * * * * *", "CASTAD_SWEEP_SCHEDULE=* * * * * *", "CASTAD_DEADLETTER_SCHEDULE=*/10 * * * * *", "CASTAD_PURGE_SCHEDULE=0 20 18 * * *", "CASTAD_RENEW_SCHEDULE=0 10 * * * *", "CASTAD_MEASURE_SCHEDULE=15 */5 * * * *",
		"CASTAD_ERASE_SCHEDULE=20 * * * * *"}
	for k, v := range settings {
		env = append(env, k+"="+v)
	}
	loaded, err := funchost.Load(root, env)
	if err != nil {
		b.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	b.hosts, err = funchost.Supervise(ctx, addr, 1, loaded, funchost.Options{Log: funchost.WriterLog(b.log, false), Faults: o.faults,
		RestartDelay: 50 * time.Millisecond, DrainTimeout: 500 * time.Millisecond})
	if err != nil {
		stop()
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() {
		stop()
		if err := b.hosts.Wait(); err != nil {
			b.t.Error(err)
		}
		if b.t.Failed() {
			b.t.Logf("the app's last lines:\n%s", b.log)
		}
	})
	b.ready()
}

// ready waits until the handler that runs now can use the database.
func (b *crashBench) ready() {
	b.t.Helper()
	b.until("the app is ready", func() bool {
		a, err := b.try(http.MethodGet, "/health/ready", nil, nil)
		return err == nil && a.status == http.StatusOK
	})
}

// until waits for what must come; a case that waits a minute has lost something.
func (b *crashBench) until(what string, is func() bool) {
	b.t.Helper()
	for deadline := time.Now().Add(time.Minute); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			b.t.Fatalf("never: %s\n%s", what, b.dump())
		}
	}
}

// try makes one request that may fail, as requests to a dying process do.
func (b *crashBench) try(method, path string, header map[string]string, body []byte) (answer, error) {
	ctx, cancel := context.WithTimeout(b.t.Context(), 30*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, b.url+"/api/v1"+path, bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	r.Header.Set("Authorization", "Bearer "+b.token)
	for k, v := range header {
		r.Header.Set(k, v)
	}
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	return answer{a.StatusCode, a.Header, text}, err
}

// order orders an ad as a client should: the same key again until there is an answer.
func (b *crashBench) order(key string, w ad.Wish) ad.Ad {
	b.t.Helper()
	body := []byte(mustJSON(b.t, w))
	var got ad.Ad
	b.insist(http.MethodPost, "/ads", jsonKey(key), body, &got)
	return got
}

// insist makes a request until it is answered.
func (b *crashBench) insist(method, path string, header map[string]string, body []byte, out any) {
	b.t.Helper()
	b.until(method+" "+path+" is answered", func() bool {
		a, err := b.try(method, path, header, body)
		if err != nil || a.status >= 500 {
			return false
		}
		if err := json.Unmarshal(a.body, out); err != nil || a.status/100 != 2 {
			b.t.Fatalf("%s %s: %d %s", method, path, a.status, a.body)
		}
		return true
	})
}

// wish makes a place with a photo and wishes for an ad on both channels. It
// insists too: random kills do not wait for the order.
func (b *crashBench) wish() ad.Wish {
	b.t.Helper()
	var p place.Place
	b.insist(http.MethodPost, "/places", jsonKey("place-1"), []byte(`{"name":"돌담골목 칼국수","area":"을지로","menu":[{"name":"칼국수","won":9000}],
		"link":"https://m.place.naver.com/restaurant/10000001/home","consent":{"page":true}}`), &p)
	files, err := filepath.Glob("../docs/sample/photos/*.jpg")
	if err != nil || len(files) == 0 {
		b.t.Fatalf("sample photos: %v, %v", files, err)
	}
	photo, err := os.ReadFile(files[0])
	if err != nil {
		b.t.Fatal(err)
	}
	b.insist(http.MethodPost, fmt.Sprintf("/places/%v/photos", p.ID), map[string]string{"Content-Type": "image/jpeg"}, photo, new(struct{}))
	return ad.Wish{Place: p.ID, Channels: []ad.Channel{{Channel: "youtube", Account: b.insistAccount("youtube")}, {Channel: "instagram", Account: b.insistAccount("instagram")}}}
}

// insistAccount connects an account; a connection that is cut off is begun again, as owners do.
func (b *crashBench) insistAccount(channel string) (account string) {
	b.t.Helper()
	b.until("an account of "+channel+" is connected", func() bool {
		a, err := browser.Connect(b.t.Context(), b.url+"/api/v1", b.token, channel, nil)
		account = a.ID
		return err == nil
	})
	return account
}

// end waits until the ad has ended and the outbox is empty, and reads the ad.
func (b *crashBench) end(a ad.Ad) ad.Ad {
	b.t.Helper()
	b.until("the ad has ended", func() bool { return b.over(a) })
	b.until("the outbox is empty", func() bool { return b.count(`SELECT COUNT(*) FROM outbox WHERE state = 0`) == 0 })
	var got ad.Ad
	b.insist(http.MethodGet, fmt.Sprintf("/ads/%v", a.ID), nil, nil, &got)
	return got
}

func (b *crashBench) over(a ad.Ad) bool {
	return b.count(`SELECT COUNT(*) FROM pipeline_runs r JOIN ads a ON a.run_id = r.id WHERE a.id = ? AND r.state IN ('succeeded', 'failed', 'cancelled')`, a.ID) == 1
}

func (b *crashBench) count(query string, args ...any) int {
	b.t.Helper()
	return storetest.Value[int](b.t, b.db.Primary(), query, args...)
}

// kill kills the handler, waiting for one that lives.
func (b *crashBench) kill() {
	b.t.Helper()
	b.until("a handler is killed", func() bool {
		hosts := b.hosts.Hosts()
		return len(hosts) > 0 && hosts[0].KillHandler()
	})
}

// killed are the kills of the plan that have happened.
func (b *crashBench) killed() []string {
	text, err := os.ReadFile(b.file)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		b.t.Fatal(err)
	}
	var kills []string
	for line := range strings.Lines(string(text)) {
		if words, is := strings.CutPrefix(line, "killed "); is {
			kills = append(kills, strings.TrimSpace(words))
		}
	}
	return kills
}

// event is one line of a run's history.
type event struct {
	seq, step, attempt  int
	fence               int64
	name, from, to, cod string
	run                 id.Run
}

func (b *crashBench) events() []event {
	b.t.Helper()
	all, err := store.All(b.t.Context(), b.db.Primary(), `SELECT run_id, seq, step_no, event, from_state, to_state, attempt, fence, code FROM run_events ORDER BY run_id, seq LIMIT 1000`,
		func(e *event) []any {
			return []any{&e.run, &e.seq, &e.step, &e.name, &e.from, &e.to, &e.attempt, &e.fence, &e.cod}
		})
	if err != nil {
		b.t.Fatal(err)
	}
	return all
}

// dump is the history of all runs, for a failure's report.
func (b *crashBench) dump() string {
	var s strings.Builder
	for _, e := range b.events() {
		fmt.Fprintf(&s, "%v %3d step %d %-14s %s → %s attempt %d fence %d %s\n", e.run, e.seq, e.step, e.name, e.from, e.to, e.attempt, e.fence, e.cod)
	}
	return s.String()
}

// lastLines keeps the end of what is written to it.
type lastLines struct {
	mu  sync.Mutex
	all [][]byte
}

func (l *lastLines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, bytes.Clone(p))
	if len(l.all) > 200 {
		l.all = slices.Delete(l.all, 0, 100)
	}
	return len(p), nil
}

func (l *lastLines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(bytes.Join(l.all, nil))
}
