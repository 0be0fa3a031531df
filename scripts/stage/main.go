// Command stage assembles the app root that the Functions host loads.
//
//	go run ./scripts/stage [-out build/app] [-functions functions]
//
// The work is in package app, so that other programs can call it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"castad/scripts/stage/app"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run parses the arguments and stages once: 0 staged, 1 refused, 2 bad arguments.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("stage", flag.ContinueOnError)
	flags.SetOutput(stderr)
	root := flags.String("root", ".", "folder that holds host.json and go.mod")
	out := flags.String("out", "build/app", "app root to write, relative to -root")
	functions := flags.String("functions", "functions", "folder of <module>/<function>/function.json, also the handler's main package, relative to -root")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(stderr, "stage: unexpected argument %q; see -h\n", flags.Arg(0))
		return 2
	}
	staged, err := app.Build(ctx, app.Options{Root: *root, Out: *out, Functions: *functions})
	if err != nil {
		fmt.Fprintf(stderr, "stage: %v\n", err)
		return 1
	}
	fmt.Fprintf(stdout, "staged %d functions in %s\n", len(staged.Functions), staged.Root)
	return 0
}
