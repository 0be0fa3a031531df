// Command demo takes one place from its facts and photos to a published film
// on the local cloud, and shows every step.
//
//	go run ./scripts/demo [-place docs/sample/place.json] [-out build/demo] [-kill n] [-purge 1]
//	go run ./scripts/demo -out build/demos [name=]place.json …
//
// With places named it makes them one after another, each in a folder of its own
// below -out (called like the place file's folder when no name is given), goes
// on after one that fails, and ends with a table of what was made.
//
// It is a client like any other: it talks HTTP to the public address and reads
// nothing behind it but, at the end, the vendors' own ledgers, which witness
// that each was asked once. Exit status 0 means that the film plays, is posted
// and was paid for once.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"castad/scripts/localcloud/cloud"
	"castad/scripts/localcloud/funchost"
	"castad/shared/studio/ffmpeg"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return
		}
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

type options struct {
	place, out string
	// places are made one after another instead of place.
	places []string
	kill   int
	purge  bool
	seed   int64
}

func parse(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	flags.StringVar(&o.place, "place", "docs/sample/place.json", "the place to advertise (see docs/sample/README.md)")
	flags.StringVar(&o.out, "out", "build/demo", "folder for the result; what was in it is removed")
	flags.IntVar(&o.kill, "kill", 0, "kill -9 the handler this often at random moments")
	flags.BoolVar(&o.purge, "purge", false, "purge every queue in the middle of the run")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	o.places = flags.Args()
	o.seed = time.Now().UnixNano()
	if s := os.Getenv("CHAOS_SEED"); s != "" {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return o, fmt.Errorf("CHAOS_SEED: %w", err)
		}
		o.seed = n
	}
	return o, nil
}

func run(ctx context.Context, args []string) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	if len(o.places) > 0 {
		return each(ctx, o, os.Stdout, one)
	}
	return one(ctx, o)
}

// one makes one place's ad.
func one(ctx context.Context, o options) error {
	began := time.Now()
	order, err := readPlace(o.place)
	if err != nil {
		return err
	}
	if err := ffmpeg.Installed(); err != nil {
		return err
	}
	if err := prepare(&o); err != nil {
		return err
	}
	fmt.Printf("CastAD demo: %s → %s\n", order.Name, o.out)
	var chaos *funchost.Chaos
	if o.kill > 0 {
		fmt.Printf("the handler is killed %d times at random (CHAOS_SEED=%d)\n", o.kill, o.seed)
		chaos = funchost.NewChaos(o.seed, o.kill)
	}
	c, err := cloud.Start(ctx, cloud.Options{Dir: filepath.Join(o.out, "data"), Root: ".", DSN: os.Getenv("CASTAD_MYSQL_DSN"), Chaos: chaos,
		Progress: func(s string) { fmt.Println("  " + s) }})
	if err != nil {
		return err
	}
	d := &demo{o: o, order: order, cloud: c, chaos: chaos, began: began}
	err = d.run(ctx)
	return errors.Join(err, c.Close())
}

// prepare empties the result folder. It only ever removes a folder that an
// earlier demo made.
func prepare(o *options) error {
	out, err := filepath.Abs(o.out)
	if err != nil {
		return fmt.Errorf("find the result folder: %w", err)
	}
	o.out = out
	const mark = ".castad-demo"
	if entries, err := os.ReadDir(out); err == nil && len(entries) > 0 {
		if _, err := os.Stat(filepath.Join(out, mark)); err != nil {
			return fmt.Errorf("%s is not empty and was not made by an earlier demo: name another folder with -out", out)
		}
		if err := os.RemoveAll(out); err != nil {
			return fmt.Errorf("empty the result folder: %w", err)
		}
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return fmt.Errorf("make the result folder: %w", err)
	}
	if err := os.WriteFile(filepath.Join(out, mark), nil, 0o644); err != nil {
		return fmt.Errorf("mark the result folder: %w", err)
	}
	return nil
}
