package main

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

	"castad/shared/provider/instagram/instagramtest"
	"castad/shared/provider/youtube/youtubetest"
)

// standIn is a channel's stand-in: a handler that is closed before its server.
type standIn interface {
	http.Handler
	Close()
}

// app is the only app that a stand-in knows; the zero app stands for any.
type app struct{ id, secret string }

func runYouTube(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	return runChannel(ctx, "youtube", args, stdout, stderr, func(dir string, a app, processing time.Duration) (standIn, error) {
		return youtubetest.New(youtubetest.Options{Dir: dir, ClientID: a.id, ClientSecret: a.secret, Consent: true, Processing: processing})
	})
}

func runInstagram(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	return runChannel(ctx, "instagram", args, stdout, stderr, func(dir string, a app, processing time.Duration) (standIn, error) {
		return instagramtest.New(instagramtest.Options{Dir: dir, AppID: a.id, AppSecret: a.secret, Processing: processing})
	})
}

// runChannel serves a stand-in until ctx ends and returns the exit code: 0 after an
// orderly end, 2 for wrong arguments, 1 when it cannot serve.
func runChannel(ctx context.Context, name string, args []string, stdout, stderr io.Writer, open func(string, app, time.Duration) (standIn, error)) int {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(stderr)
	var only app
	addr := flags.String("addr", "127.0.0.1:0", "loopback address to listen on")
	dir := flags.String("dir", "", "folder that keeps the posts and accounts (required)")
	flags.StringVar(&only.id, "app", "", "the only app id that is accepted; empty accepts any")
	flags.StringVar(&only.secret, "secret", "", "its secret")
	processing := flags.Duration("processing", 2*time.Second, "how long a film is processing")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	fail := func(code int, format string, args ...any) int {
		fmt.Fprintf(stderr, name+": "+format+"\n", args...)
		return code
	}
	if at, err := netip.ParseAddrPort(*addr); err != nil || !at.Addr().IsLoopback() {
		return fail(2, "-addr %s is not a loopback address with a port: anybody could publish", *addr)
	}
	if flags.NArg() > 0 || *dir == "" {
		return fail(2, "-dir is required, and there are no other arguments")
	}
	s, err := open(*dir, only, *processing)
	if err != nil {
		return fail(1, "%v", err)
	}
	defer s.Close()
	l, err := net.Listen("tcp", *addr)
	if err != nil {
		return fail(1, "listen: %v", err)
	}
	fmt.Fprintf(stdout, "%s ready on http://%s\n", name, l.Addr())
	if err := serve(ctx, l, s); err != nil {
		return fail(1, "serve: %v", err)
	}
	return 0
}

// serve serves until ctx ends; what hangs then is let go first.
func serve(ctx context.Context, l net.Listener, s standIn) error {
	server := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	s.Close()
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := server.Shutdown(end); err != nil {
		return server.Close()
	}
	return nil
}
