// Package command is the studio program: flags in, a listening service out.
// The local cloud calls Run in its own process; scripts/studio wraps it in a main.
package command

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"castad/shared/studio"
	"castad/shared/studio/ffmpeg"
	"castad/shared/studio/film"
)

const (
	readHeaderTimeout = 10 * time.Second
	closeTimeout      = 5 * time.Second // for requests under way; unfinished work is kept and gone on with
)

// Run serves until ctx ends and returns the exit code: 0 after ctx, 2 for bad
// arguments, 1 for anything else. When it listens it prints one line to stdout:
// "studio ready on http://127.0.0.1:PORT".
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parse(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	}
	if err := serve(ctx, o, stdout, slog.New(slog.NewJSONHandler(stderr, nil))); err != nil {
		fmt.Fprintln(stderr, "studio:", err)
		return 1
	}
	return 0
}

type options struct{ addr, dir, key, public string }

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	f := flag.NewFlagSet("studio", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&o.addr, "addr", "127.0.0.1:7080", "address to listen on; port 0 picks a free one")
	f.StringVar(&o.dir, "dir", ".data/studio", "folder for tasks, songs and films; survives restarts")
	f.StringVar(&o.key, "key", "", "bearer key that clients must send; empty = none needed")
	f.StringVar(&o.public, "public", "", "base of the addresses in answers; empty = the address listened on")
	f.Usage = func() {
		fmt.Fprintln(stderr, "The studio answers the OpenAI chat, Suno and Creatomate wire formats and makes")
		fmt.Fprintln(stderr, "lyrics, songs and films by itself. It needs ffmpeg and the Nanum fonts.")
		f.PrintDefaults()
	}
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if f.NArg() > 0 {
		fmt.Fprintf(stderr, "studio: unexpected argument %q\n", f.Arg(0))
		return o, errors.New("unexpected argument")
	}
	return o, nil
}

func serve(ctx context.Context, o options, stdout io.Writer, log *slog.Logger) error {
	dir, err := filepath.Abs(o.dir)
	if err != nil {
		return fmt.Errorf("find folder: %w", err)
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", o.addr)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	defer listener.Close()
	if o.public == "" {
		o.public = "http://" + listener.Addr().String()
	}
	s, err := Open(dir, o.public, o.key, log)
	if err != nil {
		return err
	}
	defer s.Close()
	server := &http.Server{Handler: s.Handler(), ReadHeaderTimeout: readHeaderTimeout, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn)}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	fmt.Fprintf(stdout, "studio ready on http://%s\n", listener.Addr())
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	// The parent context has ended; closing has a short one of its own.
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
	defer cancel()
	err = server.Shutdown(bounded)
	if errors.Is(err, context.DeadlineExceeded) {
		err = server.Close()
	}
	<-failed // http.ErrServerClosed
	if err != nil {
		return fmt.Errorf("close: %w", err)
	}
	return nil
}

// Studio is a studio with its film side.
type Studio struct {
	*studio.Studio
	film *film.Server
}

// Open starts a studio that is not listening. dir is absolute, public the base
// of the addresses in answers, key the bearer key of all three interfaces ("" =
// none). Without ffmpeg it fails with a sentence that names the package.
func Open(dir, public, key string, log *slog.Logger) (*Studio, error) {
	if err := ffmpeg.Installed(); err != nil {
		return nil, err
	}
	renders, handler, err := newFilm(filepath.Join(dir, "film"), options{public: public, key: key}, log)
	if err != nil {
		return nil, err
	}
	s, err := studio.New(studio.Config{Dir: filepath.Join(dir, "song"), Public: public, Key: key, Renders: handler, Encode: ffmpeg.EncodeMP3,
		CallbackDelay: callbackDelay, Log: log})
	if err != nil {
		return nil, errors.Join(err, renders.Close())
	}
	return &Studio{s, renders}, nil
}

// callbackDelay is short: who is called back is on this machine or near, and is away for a restart at most.
const callbackDelay = 500 * time.Millisecond

// Close stops songs and films; what is unfinished is gone on with by the next Open.
func (s *Studio) Close() error { return errors.Join(s.Studio.Close(), s.film.Close()) }

// newFilm starts the film side. It always has a key; without one of the
// user's, every request is given a random key that never leaves the process.
func newFilm(dir string, o options, log *slog.Logger) (*film.Server, http.Handler, error) {
	key := o.key
	if key == "" {
		var b [16]byte
		_, _ = rand.Read(b[:]) // never fails (Go 1.24)
		key = hex.EncodeToString(b[:])
	}
	s, err := film.NewServer(film.Config{Dir: dir, Public: o.public, Key: key, FetchAllow: film.AllowLocal, FetchNetworks: film.Loopback(), Log: log})
	if err != nil {
		return nil, nil, err
	}
	h := s.Handler()
	if o.key != "" {
		return s, h, nil
	}
	return s, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r = r.Clone(r.Context())
		r.Header.Set("Authorization", "Bearer "+key)
		h.ServeHTTP(w, r)
	}), nil
}
