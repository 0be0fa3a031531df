// Fuzz runs every fuzz target of the repository, one after another, and prints a table.
//
//	go run ./scripts/fuzz [-time 60s] [-target regexp] [-parallel 2] [./...]   (make fuzz)
//
// The targets are found in the test files of the packages. go test -fuzz takes
// one target at a time, so thirty of them take half an hour at the default. An
// input that crashes a target is written by go to testdata/fuzz beside it; mend the
// code and commit the file: from then on every go test runs it. Inputs that reach
// new code are kept in go's build cache and are where the next run goes on.
//
// Exit status: 0 without a crash, 1 with one or when a target does not run, 2 for bad arguments.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"strconv"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// options are the command line.
type options struct {
	root     string
	packages []string
	pattern  *regexp.Regexp
	time     string // as -fuzztime takes it
	parallel int
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o := options{}
	flags := flag.NewFlagSet("fuzz", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.root, "root", ".", "the repository's `folder`")
	flags.StringVar(&o.time, "time", "60s", "how long each target runs, or how often: 1000x")
	flags.IntVar(&o.parallel, "parallel", 2, "processes of one target")
	pattern := flags.String("target", "", "only targets whose package and name (./shared/media.FuzzMP4) match this `regexp`")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	if o.packages = flags.Args(); len(o.packages) == 0 {
		o.packages = []string{"./..."}
	}
	var err error
	if o.pattern, err = regexp.Compile(*pattern); err == nil {
		err = o.check()
	}
	if err != nil {
		fmt.Fprintln(stderr, "fuzz:", err)
		return 2
	}
	if err := o.all(ctx, stdout); err != nil {
		fmt.Fprintln(stderr, "fuzz:", err)
		return 1
	}
	return 0
}

// times is a number of runs, as in 1000x.
var times = regexp.MustCompile(`^([1-9][0-9]*)x$`)

func (o options) check() error {
	if m := times.FindStringSubmatch(o.time); m != nil {
		if _, err := strconv.Atoi(m[1]); err == nil {
			return nil
		}
	}
	if d, err := time.ParseDuration(o.time); err != nil || d < time.Second {
		return fmt.Errorf("-time is %q, neither a second or more nor a number of runs like 1000x", o.time)
	}
	if o.parallel < 1 {
		return errors.New("-parallel is at least 1")
	}
	return nil
}
