// Package command puts the whole studio together and runs it as a program.
package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"castad/shared/studio"
	"castad/shared/studio/ffmpeg"
	"castad/shared/studio/film"
)

// Options are a studio's.
type Options struct {
	// Dir keeps everything; absolute.
	Dir string
	// Public is the base of the addresses in answers.
	Public string
	// Key is the bearer key of all three interfaces.
	Key string
	// Loopback allows callbacks to, and sources from, this machine over http;
	// otherwise https only.
	Loopback bool
	Log      *slog.Logger
}

// Studio is a studio with its films.
type Studio struct {
	*studio.Studio
	films *film.Server
}

// Open starts a studio. It fails with a sentence when ffmpeg is not installed.
func Open(o Options) (*Studio, error) {
	if err := ffmpeg.Installed(); err != nil {
		return nil, err
	}
	allow := func(u *url.URL) error {
		if u.Scheme == "https" || o.Loopback && u.Scheme == "http" && loopback(u) {
			return nil
		}
		return fmt.Errorf("address %s://%s: https is needed", u.Scheme, u.Host)
	}
	var networks []netip.Prefix
	if o.Loopback {
		networks = film.Loopback()
	}
	films, err := film.NewServer(film.Config{Dir: filepath.Join(o.Dir, "films"), Public: o.Public, Key: o.Key, FetchAllow: allow, FetchNetworks: networks, Log: o.Log})
	if err != nil {
		return nil, err
	}
	s, err := studio.New(studio.Config{Dir: filepath.Join(o.Dir, "songs"), Public: o.Public, Key: o.Key, Renders: films.Handler(), Encode: ffmpeg.EncodeMP3,
		CallbackAllow: allow, Log: o.Log})
	if err != nil {
		return nil, errors.Join(err, films.Close())
	}
	return &Studio{s, films}, nil
}

func loopback(u *url.URL) bool {
	ip, err := netip.ParseAddr(u.Hostname())
	return u.Hostname() == "localhost" || err == nil && ip.IsLoopback()
}

// Close stops songs and films; what is unfinished goes on at the next Open.
func (s *Studio) Close() error { return errors.Join(s.Studio.Close(), s.films.Close()) }

// Run is the studio as a command: it prints one line when it is ready and stops
// on SIGTERM or SIGINT.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("studio", flag.ContinueOnError)
	flags.SetOutput(stderr)
	addr := flags.String("addr", "127.0.0.1:8077", "address to listen on")
	dir := flags.String("dir", ".data/studio", "folder that keeps orders, songs and films")
	key := flags.String("key", "studio", "bearer key that clients send")
	public := flags.String("public", "", "base of the addresses in answers (default http://ADDR)")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := serve(ctx, *addr, *dir, *key, *public, stdout); err != nil {
		fmt.Fprintln(stderr, "studio:", err)
		return 1
	}
	return 0
}

func serve(ctx context.Context, addr, dir, key, public string, stdout io.Writer) error {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("find the data folder: %w", err)
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	if public == "" {
		public = "http://" + l.Addr().String()
	}
	s, err := Open(Options{Dir: abs, Public: public, Key: key, Loopback: l.Addr().(*net.TCPAddr).IP.IsLoopback()})
	if err != nil {
		return errors.Join(err, l.Close())
	}
	server := &http.Server{Handler: s.Handler(), ReadHeaderTimeout: 10 * time.Second}
	fmt.Fprintf(stdout, "studio ready on http://%s\n", l.Addr())
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	select {
	case <-ctx.Done():
		err = server.Close()
	case err = <-ended:
	}
	return errors.Join(err, s.Close())
}
