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
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"castad/scripts/localcloud/blobserver"
	"castad/scripts/localcloud/mariadb"
	"castad/scripts/localcloud/servicebus"
	"castad/scripts/stage/app"
	"castad/shared/blob"
	"castad/shared/id"
	"castad/shared/identity"
	"castad/shared/store"
)

// world is everything that runs, without a Functions host: nobody takes the queues'
// messages, so the ads stay as they are ordered.
type world struct {
	o        options
	dir      string
	db       *store.DB
	a, b     *handler
	issuer   *identity.Issuer
	account  id.Tenant
	token    string
	client   *http.Client
	progress io.Writer
	closers  []func() error
}

// handler is the real handler process, called as its host calls it.
type handler struct {
	url string
	cmd *exec.Cmd
}

// oneAtATime is a writer for several processes.
type oneAtATime struct {
	mu sync.Mutex
	to io.Writer
}

func (w *oneAtATime) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.to.Write(p)
}

func newWorld(ctx context.Context, o options, progress io.Writer) (*world, error) {
	w := &world{o: o, progress: &oneAtATime{to: progress}, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}}}
	var err error
	if w.dir, err = os.MkdirTemp("", "castad-streams-"); err != nil {
		return w, err
	}
	w.closers = append(w.closers, func() error { return os.RemoveAll(w.dir) })
	dsn, err := w.database(ctx)
	if err != nil {
		return w, err
	}
	bus, err := servicebus.Start(context.WithoutCancel(ctx), servicebus.Options{Config: filepath.Join(o.root, "scripts", "localcloud", "Config.json")})
	if err != nil {
		return w, err
	}
	w.closers = append(w.closers, bus.Close)
	files, err := blobserver.Start(ctx, blobserver.Options{Dir: filepath.Join(w.dir, "blobs")})
	if err != nil {
		return w, err
	}
	w.closers = append(w.closers, func() error { return files.Close(context.WithoutCancel(ctx)) })
	container, err := blob.Open(blob.Config{ConnectionString: files.ConnectionString(), Container: "castad"})
	if err != nil {
		return w, err
	}
	if err := container.EnsureContainer(ctx); err != nil {
		return w, err
	}
	w.say("building the handler")
	if _, err := app.Build(ctx, app.Options{Root: o.root, Out: filepath.Join(w.dir, "app")}); err != nil {
		return w, err
	}
	settings, err := w.settings(dsn, bus.ConnectionString(), files.ConnectionString())
	if err != nil {
		return w, err
	}
	if w.a, err = w.start(ctx, settings); err == nil {
		w.b, err = w.start(ctx, settings)
	}
	return w, err
}

func (w *world) say(format string, args ...any) { fmt.Fprintf(w.progress, format+"\n", args...) }

// close stops everything, the last first.
func (w *world) close() error {
	var all error
	for i := len(w.closers) - 1; i >= 0; i-- {
		all = errors.Join(all, w.closers[i]())
	}
	w.closers = nil
	return all
}

func (w *world) database(ctx context.Context) (string, error) {
	dsn := w.o.dsn
	if dsn == "" {
		server, err := mariadb.Start(ctx, mariadb.Options{Dir: filepath.Join(w.dir, "mariadb")})
		if err != nil {
			return "", err
		}
		w.closers = append(w.closers, server.Stop)
		if err := server.Root(ctx, "CREATE DATABASE IF NOT EXISTS castad CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci"); err != nil {
			return "", err
		}
		dsn = server.DSN("castad")
	}
	var err error
	if w.db, err = store.Open(store.Config{DSN: dsn, Stage: "local", Host: "reference"}); err != nil {
		return "", err
	}
	w.closers = append(w.closers, w.db.Close)
	if err := w.db.Check(ctx); err != nil {
		return "", err
	}
	_, err = w.db.Migrate(ctx)
	return dsn, err
}

// settings are the sample's, with our addresses and without the caps of an owner.
func (w *world) settings(dsn, bus, files string) (map[string]string, error) {
	raw, err := os.ReadFile(filepath.Join(w.o.root, "local.settings.sample.json"))
	if err != nil {
		return nil, err
	}
	var sample struct{ Values map[string]string }
	if err := json.Unmarshal(raw, &sample); err != nil {
		return nil, err
	}
	s := sample.Values
	s["CASTAD_MYSQL_DSN"], s["CASTAD_SERVICEBUS"], s["CASTAD_BLOB"] = dsn, bus, files
	s["CASTAD_RATE_LIMITS"] = "auth=1000/1s,live=1000/1ms,general=1000/1ms,callback=1000/1s" // all comes from one address and one owner
	s["CASTAD_DAILY_CAP_WON"], s["CASTAD_DAILY_STARTS"], s["CASTAD_RUNNING_RUNS"] = "0", "0", "0"
	s["CASTAD_LOG_LEVEL"] = "warn"
	keys, err := identity.ParseKeys(s["CASTAD_TOKEN_KEYS"])
	if err != nil {
		return nil, err
	}
	if w.issuer, err = identity.NewIssuer(keys, identity.DefaultIssuer, identity.DefaultAudience, time.Now); err != nil {
		return nil, err
	}
	w.account = id.New[id.Tenant](time.Now())
	w.token, err = w.somebody()
	return s, err
}

// somebody is a token of one more user of the account.
func (w *world) somebody() (token string, err error) {
	return w.issuer.Issue(identity.Principal{Tenant: w.account, User: id.New[id.User](time.Now()), Role: identity.RoleOwner}, time.Hour)
}

func (w *world) start(ctx context.Context, settings map[string]string) (*handler, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err := errors.Join(err, l.Close()); err != nil {
		return nil, err
	}
	h := &handler{url: "http://127.0.0.1:" + port, cmd: exec.Command(filepath.Join(w.dir, "app", app.Binary))} //nolint:gosec // built a moment ago
	h.cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + w.dir, "FUNCTIONS_CUSTOMHANDLER_PORT=" + port}
	for name, value := range settings {
		h.cmd.Env = append(h.cmd.Env, name+"="+value)
	}
	h.cmd.Stdout, h.cmd.Stderr = w.progress, w.progress
	if err := h.cmd.Start(); err != nil {
		return nil, err
	}
	w.closers = append(w.closers, func() error {
		_ = h.cmd.Process.Kill() // as the host does
		_ = h.cmd.Wait()
		return nil
	})
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for again := time.NewTicker(20 * time.Millisecond); ; {
		if status, _, err := w.ask(ctx, http.MethodGet, h.url+"/api/v1/health/ready", "", "", nil); err == nil && status == http.StatusOK {
			again.Stop()
			return h, nil
		}
		select {
		case <-ctx.Done():
			return nil, errors.New("a handler is not ready after a minute")
		case <-again.C:
		}
	}
}

// ask makes one request and reads the whole answer.
func (w *world) ask(ctx context.Context, method, url, kind, key string, body []byte) (int, []byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("Authorization", "Bearer "+w.token)
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	a, err := w.client.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	return a.StatusCode, text, err
}

// make makes something through A and returns its id.
func (w *world) make(ctx context.Context, path, kind, key string, body []byte) (string, error) {
	status, text, err := w.ask(ctx, http.MethodPost, w.a.url+"/api/v1"+path, kind, key, body)
	if err != nil {
		return "", err
	}
	var made struct {
		ID string `json:"id"`
	}
	if status/100 != 2 || json.Unmarshal(text, &made) != nil || made.ID == "" {
		return "", fmt.Errorf("POST %s answers %d: %s", path, status, strings.TrimSpace(string(text)))
	}
	return made.ID, nil
}
