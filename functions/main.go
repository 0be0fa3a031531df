package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	_ "time/tzdata" // a "day" is Asia/Seoul, also where no zone files are installed

	"castad/shared/blob"
	"castad/shared/config"
	"castad/shared/fault"
	"castad/shared/store"
	"castad/shared/telemetry"
	"castad/shared/trigger"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run is main with what it touches as arguments. It never returns 0 while it
// serves: the Functions host does not restart a handler that exits with 0.
func run(args []string, stdout, stderr io.Writer) int {
	if len(args) > 0 && args[0] == "admin" {
		return operate(args[1:], stdout, stderr)
	}
	flags := flag.NewFlagSet("handler", flag.ContinueOnError)
	flags.SetOutput(stderr)
	list := flags.Bool("registry", false, "print every function as JSON and exit")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if *list {
		return printRegistry(stdout, stderr)
	}
	c, err := config.Load()
	if err == nil && c.Port == "" {
		err = errors.New("FUNCTIONS_CUSTOMHANDLER_PORT is not set: the handler is started by a Functions host")
	}
	if err != nil {
		fmt.Fprintf(stderr, "castad does not start:\n%v\n", err)
		return 1
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := serve(ctx, c, stdout); err != nil {
		fmt.Fprintf(stderr, "castad stops: %v\n", err)
	}
	return 1
}

// serve listens at once and becomes ready when the database can be reached.
func serve(ctx context.Context, c config.Config, stdout io.Writer) error {
	meter := newMeter()
	log := telemetry.NewLog(stdout, level(c.LogLevel))
	for _, name := range config.Unknown() {
		log.WarnContext(ctx, "a setting that nobody reads", "setting", name)
	}
	gate := &gate{}
	p, app, err := assemble(c, log, meter)
	if err != nil {
		return err
	}
	p.ready = gate.check(app.db)
	host, err := trigger.New(app.options(c, log, meter, gate), registry(p)...)
	if err != nil {
		return fmt.Errorf("register functions: %w", err)
	}
	defer outlast(ctx, app.guard.Run)() // the calls that are under way when ctx ends still find something out
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if c.Stage == config.Local {
		go contain(ctx, p.files, log)
	}
	go func() {
		if err := gate.open(ctx, app.db, log); err != nil {
			cancel(err) // a setting is wrong: say so and stop, rather than answer 503 for ever
			return
		}
		go p.outbox.Run(ctx)
		go p.engine.Hold(ctx)
		go p.watcher.Run(ctx)
		if c.MySQLReplicaDSN.Set() {
			go app.db.Heartbeat(ctx)
		}
	}()
	err = host.Serve(ctx, c.Port)
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	return err
}

// outlast runs what goes on when ctx has ended, until end is called; end returns when it has.
func outlast(ctx context.Context, run func(context.Context)) (end func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var running sync.WaitGroup
	running.Go(func() { run(ctx) })
	return func() {
		cancel()
		running.Wait()
	}
}

// contain makes the container of a developer's blob server, which may be new or
// not up yet; in Azure the deployment makes it.
func contain(ctx context.Context, files *blob.Store, log *slog.Logger) {
	again := time.NewTicker(time.Second)
	defer again.Stop()
	for told := false; ; {
		err := files.EnsureContainer(ctx)
		if err == nil || ctx.Err() != nil {
			return
		}
		if !told {
			log.WarnContext(ctx, "waiting for the blob container", "err", err)
			told = true
		}
		select {
		case <-ctx.Done():
			return
		case <-again.C:
		}
	}
}

// gate is closed until the database can be used. The zero gate is ready to use.
type gate struct {
	opened atomic.Bool
	made   sync.Once
	first  chan struct{} // closed when the first try is over; see tried
	over   sync.Once
}

// firstTry bounds how long a call waits for the first try to use the database:
// the request that causes a cold start comes before it, and is not refused for
// the few milliseconds that it takes.
const firstTry = time.Second

func (g *gate) tried() chan struct{} {
	g.made.Do(func() { g.first = make(chan struct{}) })
	return g.first
}

// ready is what functions that need the database wait for.
func (g *gate) ready() error {
	if g.opened.Load() {
		return nil
	}
	limit := time.NewTimer(firstTry)
	defer limit.Stop()
	select {
	case <-g.tried():
	case <-limit.C:
	}
	if g.opened.Load() {
		return nil
	}
	return fault.Newf(fault.CodeUnavailable, "the database is not ready yet").After(time.Second)
}

// open tries until the database answers, its settings fit and its schema is
// current. Only a wrong setting is an error: unreachable is not wrong.
func (g *gate) open(ctx context.Context, db *store.DB, log interface {
	WarnContext(context.Context, string, ...any)
}) error {
	again := time.NewTicker(retryOpen)
	defer again.Stop()
	told := ""
	for {
		err := usable(ctx, db)
		if err == nil {
			g.opened.Store(true)
		}
		g.over.Do(func() { close(g.tried()) })
		if err == nil {
			return nil
		}
		if fault.KindOf(err) == fault.Misconfigured {
			return err
		}
		if s := err.Error(); s != told {
			log.WarnContext(ctx, "waiting for the database", "err", s)
			told = s
		}
		select {
		case <-ctx.Done():
			return nil
		case <-again.C:
		}
	}
}

// retryOpen is how often a database that is not there is tried.
const retryOpen = 250 * time.Millisecond

// usable says whether the database answers, fits and has the schema of this build.
func usable(ctx context.Context, db *store.DB) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if err := db.Check(ctx); err != nil {
		return err
	}
	current, err := db.SchemaCurrent(ctx)
	if err == nil && !current {
		err = fault.Newf(fault.CodeUnavailable, "the schema is not current: run make migrate")
	}
	return err
}

// check is what health-ready asks: whether the database still answers.
func (g *gate) check(db *store.DB) func(context.Context) error {
	return func(ctx context.Context) error {
		if err := g.ready(); err != nil {
			return err
		}
		_, err := store.One(ctx, db.Primary(), `SELECT 1`, func(n *int) []any { return []any{n} })
		return err
	}
}

// function is one line of `handler -registry`.
type function struct {
	Name        string   `json:"name"`
	Trigger     string   `json:"trigger"`
	Where       string   `json:"where"`
	Methods     []string `json:"methods,omitempty"`
	Public      bool     `json:"public,omitempty"`
	Seconds     float64  `json:"seconds"`
	Connections int      `json:"connections"`
}

func printRegistry(stdout, stderr io.Writer) int {
	var all []function
	for _, f := range registry(parts{}) {
		where := f.Route()
		switch f.Kind() {
		case trigger.KindQueue:
			where = f.Queue()
		case trigger.KindTimer:
			where = f.Schedule()
		}
		all = append(all, function{f.Name(), string(f.Kind()), where, f.Methods(), f.Public(), f.Budget().Time.Seconds(), f.Budget().Connections})
	}
	out := json.NewEncoder(stdout)
	out.SetIndent("", "  ")
	if err := out.Encode(all); err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	return 0
}
