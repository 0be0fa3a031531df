package sandboxtest

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"time"
)

// Run is the program: it serves until ctx ends and returns the exit code, 0 after
// an orderly end, 2 for wrong arguments, 1 when it cannot serve. When it is ready
// it prints "channels ready on http://127.0.0.1:PORT" to stdout, once.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("channels", flag.ContinueOnError)
	flags.SetOutput(stderr)
	addr := flags.String("addr", "127.0.0.1:0", "loopback address to listen on")
	dir := flags.String("dir", "", "folder that keeps the posts (required)")
	key := flags.String("key", "", "the only key that is accepted; empty accepts any")
	processing := flags.Duration("processing", 2*time.Second, "how long a post is processing")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	if at, err := netip.ParseAddrPort(*addr); err != nil || !at.Addr().IsLoopback() {
		fmt.Fprintf(stderr, "channels: -addr %s is not a loopback address with a port: anybody could publish\n", *addr)
		return 2
	}
	if flags.NArg() > 0 || *dir == "" {
		fmt.Fprintln(stderr, "channels: -dir is required, and there are no other arguments")
		return 2
	}
	s, err := New(Options{Dir: *dir, Key: *key, Processing: *processing})
	if err != nil {
		fmt.Fprintf(stderr, "channels: %v\n", err)
		return 1
	}
	l, err := net.Listen("tcp", *addr)
	if err != nil {
		fmt.Fprintf(stderr, "channels: listen: %v\n", err)
		return 1
	}
	server := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	fmt.Fprintf(stdout, "channels ready on http://%s\n", l.Addr())
	select {
	case err := <-ended:
		fmt.Fprintf(stderr, "channels: serve: %v\n", err)
		return 1
	case <-ctx.Done():
	}
	s.Close()
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := server.Shutdown(end); err != nil {
		_ = server.Close()
	}
	return 0
}
