package servicebus

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os/signal"
	"syscall"
)

const usage = `usage: servicebus -config Config.json [-addr 127.0.0.1:5672] [-dir DATA] [-control 127.0.0.1:PORT]

A Service Bus emulator. When it takes connections it prints one line,
"servicebus ready on HOST:PORT"; SIGTERM or SIGINT stops it. Connect with

  Endpoint=sb://HOST:PORT;SharedAccessKeyName=` + DefaultKeyName + `;SharedAccessKey=` + DefaultKey + `;UseDevelopmentEmulator=true

`

// Run is the command. It returns the exit status: 0 after a signal, 1 when
// something failed, 2 for wrong arguments.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	var o Options
	flags := flag.NewFlagSet("servicebus", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.Addr, "addr", "127.0.0.1:5672", "`host:port` to listen on; port 0 takes a free one")
	flags.StringVar(&o.Config, "config", "", "`file` with the queues, in the schema of Microsoft's emulator (required)")
	flags.StringVar(&o.Dir, "dir", "", "`directory` of the journal; without it messages live in memory only")
	flags.StringVar(&o.Control, "control", "", "`host:port` of the HTTP control endpoint; without it there is none")
	flags.Usage = func() {
		fmt.Fprint(stderr, usage)
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	if o.Config == "" || flags.NArg() > 0 {
		flags.Usage()
		return 2
	}
	o.Logger = slog.New(slog.NewJSONHandler(stderr, nil))
	e, err := Start(ctx, o)
	if err != nil {
		fmt.Fprintln(stderr, "servicebus:", err)
		return 1
	}
	fmt.Fprintln(stdout, "servicebus ready on", e.Addr())
	<-ctx.Done()
	if err := e.Close(); err != nil {
		fmt.Fprintln(stderr, "servicebus: stop:", err)
		return 1
	}
	return 0
}
