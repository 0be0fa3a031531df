// Package cloud is CastAD's whole cloud on one machine: a private MariaDB, a
// Service Bus emulator, a blob server, the studio, stand-ins for YouTube,
// Instagram and Kakao and a Functions host with the staged app, each the real thing over
// the wire as far as one can be had without an account.
//
// Start brings the parts up in the order in which they need each other, writes
// local.settings.json beside the staged app with the real ports and keys (so
// that `func` can start the same app), migrates the database and supervises the
// host as the platform does. State is in one folder and survives a restart and
// a kill -9; the ports are kept there too, because addresses with them are in
// that state. A lock makes sure that one cloud at a time uses the folder.
// Everything listens on 127.0.0.1 and ends with this process.
package cloud

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"castad/scripts/localcloud/blobserver"
	"castad/scripts/localcloud/funchost"
	"castad/scripts/localcloud/mariadb"
	"castad/scripts/localcloud/servicebus"
	"castad/scripts/stage/app"
	"castad/scripts/studio/command"
	"castad/shared/blob"
	"castad/shared/provider/instagram/instagramtest"
	"castad/shared/provider/kakao/kakaotest"
	"castad/shared/provider/youtube/youtubetest"
	"castad/shared/store"
)

// Options say what to start.
type Options struct {
	// Dir keeps all state.
	Dir string
	// Root is the repository, from which the app is staged.
	Root string
	// App is where the app is staged, by one cloud at a time; "" = app below Dir.
	App string
	// Addr is the public address of the API; "" = a free port of 127.0.0.1.
	Addr string
	// Instances is how many Functions hosts run behind Addr; 0 = 1.
	Instances int
	// DSN names another MySQL; "" = a private MariaDB in Dir.
	DSN string
	// Chaos kills handlers; nil = none.
	Chaos *funchost.Chaos
	// Settings override what is written to local.settings.json.
	Settings map[string]string
	// Output gets the handlers' and hosts' lines; nil = Dir/host.log.
	Output io.Writer
	// Progress is told what is being started; nil = nobody.
	Progress func(string)
}

// Cloud is a running local cloud.
type Cloud struct {
	o        Options
	state    state
	db       *mariadb.Server
	dsn      string
	bus      *servicebus.Emulator
	blobs    *blobserver.Server
	public   net.Listener // the API's address, until the hosts have it
	hosts    *funchost.Supervisor
	settings map[string]string
	closers  []func() error
	closed   sync.Once
}

// Start starts everything and returns when the API answers. On error nothing is left running.
func Start(ctx context.Context, o Options) (*Cloud, error) {
	if o.Instances == 0 {
		o.Instances = 1
	}
	if o.Progress == nil {
		o.Progress = func(string) {}
	}
	if err := place(&o); err != nil {
		return nil, err
	}
	c := &Cloud{o: o}
	if err := c.claim(ctx); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	for _, part := range []struct {
		name  string
		start func(context.Context) error
	}{
		{"app", c.stage}, {"database", c.database}, {"queues", c.queues}, {"files", c.files},
		{"studio", c.studio}, {"youtube", c.youtube}, {"instagram", c.instagram}, {"kakao", c.kakao}, {"host", c.host},
	} {
		began := time.Now()
		if err := part.start(ctx); err != nil {
			return nil, errors.Join(fmt.Errorf("start %s: %w", part.name, err), c.Close())
		}
		o.Progress(fmt.Sprintf("%-9s ready after %.1f s", part.name, time.Since(began).Seconds()))
	}
	return c, nil
}

// claim takes the folders and the public address for this cloud alone, and reads the
// state: another cloud that has one of them keeps its settings and its program.
func (c *Cloud) claim(ctx context.Context) (err error) {
	for _, folder := range []struct{ path, lock, what string }{
		{c.o.Dir, filepath.Join(c.o.Dir, "lock"), "data folder"}, {c.o.App, c.o.App + ".lock", "folder of the app"},
	} {
		held, err := hold(folder.lock, folder.what+" "+folder.path)
		if err != nil {
			return err
		}
		c.closers = append(c.closers, held.Close)
	}
	if c.o.Addr != "" {
		if c.public, err = net.Listen("tcp", c.o.Addr); err != nil {
			return fmt.Errorf("listen on the public address: %w", err)
		}
	}
	if c.state, err = loadState(ctx, filepath.Join(c.o.Dir, "state.json")); err != nil {
		return err
	}
	if c.public == nil {
		if c.public, err = net.Listen("tcp", c.state.addr("api")); err != nil {
			return fmt.Errorf("listen on the public address: %w", err)
		}
	}
	return nil
}

// place makes the folders' paths absolute, and the data folder and the app's parent exist.
func place(o *Options) error {
	var err error
	if o.Dir, err = filepath.Abs(o.Dir); err != nil {
		return fmt.Errorf("find the data folder: %w", err)
	}
	if o.App == "" {
		o.App = filepath.Join(o.Dir, "app")
	}
	if o.App, err = filepath.Abs(o.App); err != nil {
		return fmt.Errorf("find the folder of the app: %w", err)
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(o.App), 0o755); err != nil {
		return fmt.Errorf("make the folder of the app: %w", err)
	}
	return nil
}

func (c *Cloud) stage(ctx context.Context) error {
	_, err := app.Build(ctx, app.Options{Root: c.o.Root, Out: c.o.App})
	return err
}

func (c *Cloud) database(ctx context.Context) error {
	c.dsn = c.o.DSN
	if c.dsn == "" {
		db, err := mariadb.Start(ctx, mariadb.Options{Dir: filepath.Join(c.o.Dir, "mariadb"), Port: c.state.port("mariadb")})
		if err != nil {
			return err
		}
		c.db = db
		c.closers = append(c.closers, db.Stop)
		if err := db.Root(ctx, "CREATE DATABASE IF NOT EXISTS castad CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci"); err != nil {
			return err
		}
		c.dsn = db.DSN("castad")
	}
	db, err := store.Open(store.Config{DSN: c.dsn, Stage: "local", Host: "reference"})
	if err != nil {
		return err
	}
	defer db.Close()
	if err := db.Check(ctx); err != nil {
		return err
	}
	_, err = db.Migrate(ctx)
	return err
}

func (c *Cloud) queues(ctx context.Context) error {
	// Both servers end with Close, after the host that works with them, not with ctx.
	bus, err := servicebus.Start(context.WithoutCancel(ctx), servicebus.Options{Addr: c.state.addr("servicebus"), Dir: filepath.Join(c.o.Dir, "servicebus"),
		Config: filepath.Join(c.o.Root, "scripts", "localcloud", "Config.json"), Logger: c.logger()})
	if err != nil {
		return err
	}
	c.bus = bus
	c.closers = append(c.closers, bus.Close)
	return nil
}

func (c *Cloud) files(ctx context.Context) error {
	s, err := blobserver.Start(context.WithoutCancel(ctx), blobserver.Options{Addr: c.state.addr("blob"), Dir: filepath.Join(c.o.Dir, "blob")})
	if err != nil {
		return err
	}
	c.blobs = s
	c.closers = append(c.closers, func() error { return s.Close(context.WithoutCancel(ctx)) })
	files, err := blob.Open(blob.Config{ConnectionString: s.ConnectionString(), Container: container})
	if err != nil {
		return err
	}
	return files.EnsureContainer(ctx)
}

const container = "castad"

func (c *Cloud) studio(context.Context) error {
	addr := c.state.addr("studio")
	s, err := command.Open(filepath.Join(c.o.Dir, "studio"), "http://"+addr, c.state.Secrets["studio"], c.logger())
	if err != nil {
		return err
	}
	c.closers = append(c.closers, s.Close)
	return c.listen(addr, s.Handler())
}

func (c *Cloud) youtube(context.Context) error {
	s, err := youtubetest.New(youtubetest.Options{Dir: filepath.Join(c.o.Dir, "youtube"), ClientID: appID, ClientSecret: c.state.Secrets["youtube"],
		Consent: true, Processing: processing})
	if err != nil {
		return err
	}
	return c.channel("youtube", s, s.Close)
}

func (c *Cloud) instagram(context.Context) error {
	s, err := instagramtest.New(instagramtest.Options{Dir: filepath.Join(c.o.Dir, "instagram"), AppID: appID, AppSecret: c.state.Secrets["instagram"],
		Processing: processing})
	if err != nil {
		return err
	}
	return c.channel("instagram", s, s.Close)
}

// kakao signs everybody in as the same person without asking, so that curl can.
func (c *Cloud) kakao(context.Context) error {
	s := kakaotest.New(kakaotest.Options{RESTKey: appID, ClientSecret: c.state.Secrets["kakao"], AdminKey: c.state.Secrets["kakao-admin"], AppID: kakaoApp, Agree: true})
	return c.channel("kakao", s, s.Close)
}

func (c *Cloud) channel(name string, h http.Handler, end func()) error {
	c.closers = append(c.closers, func() error { end(); return nil })
	return c.listen(c.state.addr(name), h)
}

const (
	// appID is the name that CastAD has at the channels.
	appID = "castad-local"
	// kakaoApp is its number at Kakao, kakaoNative the key of its native app there.
	kakaoApp, kakaoNative = "1", "castad-app"
	// processing is how long the channels take to make a post public: long enough
	// that it is asked for more than once.
	processing = 2 * time.Second
)

// listen serves a part on its address until the cloud is closed.
func (c *Cloud) listen(addr string, h http.Handler) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	s := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = s.Serve(l) }() // ends with Close, which is the only way
	c.closers = append(c.closers, s.Close)
	return nil
}

func (c *Cloud) host(ctx context.Context) error {
	_, port, err := net.SplitHostPort(c.public.Addr().String())
	if err != nil {
		return fmt.Errorf("public address %v: %w", c.public.Addr(), err)
	}
	c.settings = c.localSettings(port)
	if err := writeSettings(filepath.Join(c.o.App, "local.settings.json"), c.settings, port); err != nil {
		return err
	}
	loaded, err := funchost.Load(c.o.App, os.Environ())
	if err != nil {
		return err
	}
	options := funchost.Options{Log: funchost.WriterLog(c.output(), false), RestartDelay: 100 * time.Millisecond, DrainTimeout: 2 * time.Second}
	options.Faults.Chaos = c.o.Chaos
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	hosts, err := funchost.SuperviseOn(running, c.public, c.o.Instances, loaded, options)
	if err != nil {
		stop()
		return err
	}
	c.hosts, c.public = hosts, nil
	c.closers = append(c.closers, func() error {
		stop()
		return hosts.Wait()
	})
	return c.answers(ctx)
}

// answers waits until the API says that it is ready.
func (c *Cloud) answers(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 60*time.Second)
	defer cancel()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	var last error
	for {
		status, err := probe(ctx, c.URL()+"/api/v1/health/ready")
		if err == nil && status == http.StatusOK {
			return nil
		}
		if err != nil {
			last = err
		} else {
			last = fmt.Errorf("health/ready answers %d", status)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the app is not ready after a minute (%w); its lines are in %s", last, c.logFile())
		case <-again.C:
		}
	}
}

func probe(ctx context.Context, url string) (int, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err
	}
	return a.StatusCode, a.Body.Close()
}

// URL is the public address of the API.
func (c *Cloud) URL() string { return "http://" + c.hosts.Addr() }

// App is the folder of the staged app.
func (c *Cloud) App() string { return c.o.App }

// DSN is the database's.
func (c *Cloud) DSN() string { return c.dsn }

// StudioURL is the studio's address.
func (c *Cloud) StudioURL() string { return "http://" + c.state.addr("studio") }

// YouTubeURL is the address of the stand-in for YouTube: API, consent and watch pages.
func (c *Cloud) YouTubeURL() string { return "http://" + c.state.addr("youtube") }

// InstagramURL is the address of the stand-in for Instagram.
func (c *Cloud) InstagramURL() string { return "http://" + c.state.addr("instagram") }

// KakaoURL is the address of the stand-in for Kakao: login, user API and search.
func (c *Cloud) KakaoURL() string { return "http://" + c.state.addr("kakao") }

// Setting is a setting that the app was started with.
func (c *Cloud) Setting(name string) string { return c.settings[name] }

// Bus is the Service Bus emulator.
func (c *Cloud) Bus() *servicebus.Emulator { return c.bus }

// Hosts are the Functions hosts.
func (c *Cloud) Hosts() *funchost.Supervisor { return c.hosts }

// Wait returns when a part that the cloud cannot do without has ended: the
// hosts, the queues, or the private database.
func (c *Cloud) Wait() error {
	hosts := make(chan error, 1)
	go func() { hosts <- c.hosts.Wait() }()
	var database <-chan struct{}
	if c.db != nil {
		database = c.db.Done()
	}
	select {
	case err := <-hosts:
		return err
	case <-c.bus.Broker().Failed():
		return fmt.Errorf("the queues ended: %w; what they had is sent again after a new start", c.bus.Broker().Err())
	case <-database:
		return fmt.Errorf("the database server ended; its lines are in %s", filepath.Join(c.o.Dir, "mariadb", "error.log"))
	}
}

// Close stops everything, the last first. Closing again does nothing.
func (c *Cloud) Close() error {
	var all error
	c.closed.Do(func() {
		for _, end := range slices.Backward(c.closers) {
			all = errors.Join(all, end())
		}
		if c.public != nil {
			all = errors.Join(all, c.public.Close())
		}
	})
	return all
}

func (c *Cloud) logFile() string { return filepath.Join(c.o.Dir, "host.log") }

func (c *Cloud) output() io.Writer {
	if c.o.Output != nil {
		return c.o.Output
	}
	f, err := os.OpenFile(c.logFile(), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return os.Stderr
	}
	c.closers = append(c.closers, f.Close)
	c.o.Output = f
	return f
}

func (c *Cloud) logger() *slog.Logger {
	return slog.New(slog.NewJSONHandler(c.output(), nil))
}
