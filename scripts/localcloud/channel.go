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
	"castad/shared/provider/kakao/kakaotest"
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

// runKakao serves the stand-in that signs people in and finds places; it keeps nothing.
func runKakao(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	c := alone{name: "kakao", flags: flag.NewFlagSet("kakao", flag.ContinueOnError), stdout: stdout, stderr: stderr}
	var o kakaotest.Options
	c.flags.StringVar(&o.RESTKey, "key", "", "the only REST API key that is accepted; empty accepts any")
	c.flags.StringVar(&o.ClientSecret, "secret", "local", "the app's client secret")
	c.flags.StringVar(&o.AdminKey, "admin", "local", "its admin key")
	c.flags.StringVar(&o.AppID, "id", "1", "its number")
	c.flags.BoolVar(&o.Agree, "agree", true, "sign everybody in as the first person, without the consent page")
	return c.run(ctx, args, func() (standIn, error) { return kakaotest.New(o), nil })
}

// runChannel serves a channel's stand-in.
func runChannel(ctx context.Context, name string, args []string, stdout, stderr io.Writer, open func(string, app, time.Duration) (standIn, error)) int {
	c := alone{name: name, flags: flag.NewFlagSet(name, flag.ContinueOnError), stdout: stdout, stderr: stderr}
	var only app
	dir := c.flags.String("dir", "", "folder that keeps the posts and accounts (required)")
	c.flags.StringVar(&only.id, "app", "", "the only app id that is accepted; empty accepts any")
	c.flags.StringVar(&only.secret, "secret", "", "its secret")
	processing := c.flags.Duration("processing", 2*time.Second, "how long a film is processing")
	return c.run(ctx, args, func() (standIn, error) {
		if *dir == "" {
			return nil, errNoFolder
		}
		return open(*dir, only, *processing)
	})
}

var errNoFolder = errors.New("-dir is required")

// alone is a stand-in that runs alone.
type alone struct {
	name           string
	flags          *flag.FlagSet
	stdout, stderr io.Writer
}

// run serves until ctx ends and returns the exit code: 0 after an orderly end, 2 for
// wrong arguments, 1 when it cannot serve.
func (c alone) run(ctx context.Context, args []string, open func() (standIn, error)) int {
	c.flags.SetOutput(c.stderr)
	addr := c.flags.String("addr", "127.0.0.1:0", "loopback address to listen on")
	if err := c.flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	fail := func(code int, format string, args ...any) int {
		fmt.Fprintf(c.stderr, c.name+": "+format+"\n", args...)
		return code
	}
	if at, err := netip.ParseAddrPort(*addr); err != nil || !at.Addr().IsLoopback() {
		return fail(2, "-addr %s is not a loopback address with a port: anybody could publish", *addr)
	}
	if c.flags.NArg() > 0 {
		return fail(2, "there are only flags")
	}
	s, err := open()
	if errors.Is(err, errNoFolder) {
		return fail(2, "%v", err)
	}
	if err != nil {
		return fail(1, "%v", err)
	}
	defer s.Close()
	l, err := net.Listen("tcp", *addr)
	if err != nil {
		return fail(1, "listen: %v", err)
	}
	fmt.Fprintf(c.stdout, "%s ready on http://%s\n", c.name, l.Addr())
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
