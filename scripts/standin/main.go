// Command standin runs the stand-in of one vendor, for curl and for the vendors'
// own client libraries.
//
//	go run ./scripts/standin kakao                        on a free port, which it prints
//	go run ./scripts/standin -addr 127.0.0.1:8090 suno
//
// It answers on loopback only, takes any key, and begins with nothing. GET /ledger
// tells what it has accepted, and POST /faults what shall go wrong next (package
// providertest); what else there is stands in the stand-in's own package comment.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"castad/shared/provider/creatomate/creatomatetest"
	"castad/shared/provider/instagram/instagramtest"
	"castad/shared/provider/kakao/kakaotest"
	"castad/shared/provider/naver/navertest"
	"castad/shared/provider/openai/openaitest"
	"castad/shared/provider/suno/sunotest"
	"castad/shared/provider/youtube/youtubetest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "standin:", err)
		os.Exit(1)
	}
}

// standIn is a vendor.
type standIn interface {
	http.Handler
	// Close lets hanging requests go.
	Close()
}

// job is how long songs and films are in the making.
const job = 2 * time.Second

// vendors make their stand-ins; dir is a folder of their own.
var vendors = map[string]func(dir string) (standIn, error){
	"creatomate": func(string) (standIn, error) {
		return creatomatetest.New(creatomatetest.Options{After: job}), nil
	},
	"instagram": func(dir string) (standIn, error) {
		return instagramtest.New(instagramtest.Options{Dir: dir, Processing: job})
	},
	"kakao": func(string) (standIn, error) {
		return kakaotest.New(kakaotest.Options{AdminKey: "admin", AppID: "1"}), nil
	},
	"naver":  func(string) (standIn, error) { return navertest.New(navertest.Options{}), nil },
	"openai": func(string) (standIn, error) { return openaitest.New(openaitest.Options{}), nil },
	"suno":   func(string) (standIn, error) { return sunotest.New(sunotest.Options{After: job}), nil },
	"youtube": func(dir string) (standIn, error) {
		return youtubetest.New(youtubetest.Options{Dir: dir, Consent: true, Processing: job})
	},
}

// run serves until ctx ends. When it is ready it prints "kakao ready on
// http://127.0.0.1:PORT", once.
func run(ctx context.Context, args []string, out io.Writer) error {
	names := strings.Join(slices.Sorted(maps.Keys(vendors)), ", ")
	flags := flag.NewFlagSet("standin", flag.ContinueOnError)
	flags.Usage = func() {
		_, _ = fmt.Fprintf(flags.Output(), "standin [-addr 127.0.0.1:0] VENDOR, which is one of %s\n", names)
		flags.PrintDefaults()
	}
	addr := flags.String("addr", "127.0.0.1:0", "loopback address to listen on")
	if err := flags.Parse(args); err != nil {
		return err
	}
	vendor := vendors[flags.Arg(0)]
	if flags.NArg() != 1 || vendor == nil {
		return fmt.Errorf("name one vendor: %s", names)
	}
	if at, err := netip.ParseAddrPort(*addr); err != nil || !at.Addr().IsLoopback() {
		return fmt.Errorf("-addr %s is not a loopback address with a port", *addr)
	}
	dir, err := os.MkdirTemp("", "castad-standin-")
	if err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	defer os.RemoveAll(dir)
	s, err := vendor(dir)
	if err != nil {
		return fmt.Errorf("make %s: %w", flags.Arg(0), err)
	}
	return serve(ctx, flags.Arg(0), *addr, s, out)
}

func serve(ctx context.Context, name, addr string, s standIn, out io.Writer) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		s.Close()
		return fmt.Errorf("listen: %w", err)
	}
	server := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	_, _ = fmt.Fprintf(out, "%s ready on http://%s\n", name, l.Addr())
	select {
	case err := <-ended:
		s.Close()
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	s.Close()
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := server.Shutdown(end); err != nil {
		_ = server.Close()
	}
	<-ended
	return nil
}
