package blobserver

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"time"
)

// drain is how long requests in progress may take after a stop was asked for.
const drain = 5 * time.Second

// Run is the command line: it serves until ctx ends. It prints one line to
// stdout when ready, "blob ready on 127.0.0.1:PORT". It returns the exit code:
// 0 after a stop or -h, 1 when it cannot run, 2 for wrong flags.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("blob", flag.ContinueOnError)
	flags.SetOutput(stderr)
	addr := flags.String("addr", "127.0.0.1:10000", "loopback `host:port` to listen on; port 0 takes a free one")
	dir := flags.String("dir", ".data/blob", "data `folder`; made when absent")
	flags.Usage = func() {
		fmt.Fprintf(flags.Output(), "A local blob server that speaks Azure Blob Storage's protocol.\n\nUsage: blob [-addr host:port] [-dir folder]\n\n")
		flags.PrintDefaults()
		fmt.Fprintf(flags.Output(), "\nAccount %s with the published emulator key; connection string UseDevelopmentStorage=true on port 10000.\n", DefaultAccount)
	}
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(stderr, "unexpected argument %q; -h shows the usage\n", flags.Arg(0))
		return 2
	}
	s, err := Start(context.WithoutCancel(ctx), Options{Addr: *addr, Dir: *dir})
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	fmt.Fprintf(stdout, "blob ready on %s\n", s.Addr())
	code := 0
	select {
	case <-ctx.Done():
	case err := <-s.served:
		fmt.Fprintln(stderr, "serve blobs:", err)
		s.served <- err
		code = 1
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	if err := s.Close(stop); err != nil && code == 0 {
		fmt.Fprintln(stderr, "stop blob server:", err)
		code = 1
	}
	return code
}
