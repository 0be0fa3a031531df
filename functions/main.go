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
	"syscall"
	"time"
	_ "time/tzdata" // a "day" is Asia/Seoul, also where no zone files are installed

	"castad/shared/blob"
	"castad/shared/config"
	"castad/shared/telemetry"
	"castad/shared/trigger"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

const usage = `handler             serves; a Functions host starts it (docs/settings.md has what it reads)
handler -registry   prints every function as JSON
`

// run is main with what it touches as arguments. It never returns 0 while it
// serves: the Functions host does not restart a handler that exits with 0.
func run(args []string, stdout, stderr io.Writer) int {
	if len(args) > 0 && args[0] == "admin" {
		return operate(args[1:], stdout, stderr)
	}
	flags := flag.NewFlagSet("handler", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() { fmt.Fprint(stderr, usage, "\n", adminUsage) }
	list := flags.Bool("registry", false, "print every function as JSON and exit")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	case flags.NArg() > 0:
		fmt.Fprintf(stderr, "handler: %q is not known\n", flags.Arg(0))
		flags.Usage()
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
	host, err := app.host(c, p, log, meter, gate, registry(p)...)
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
		if err := gate.open(ctx, app.db, log, app.ended.Look); err != nil {
			cancel(err) // a setting is wrong: say so and stop, rather than answer 503 for ever
			return
		}
		go app.ended.Run(ctx)
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

// level is the setting's name as slog knows it; config has checked it.
func level(name string) slog.Level {
	var l slog.Level
	if err := l.UnmarshalText([]byte(name)); err != nil {
		return slog.LevelInfo
	}
	return l
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
