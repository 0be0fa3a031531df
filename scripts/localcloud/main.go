// Command localcloud runs CastAD's cloud on a laptop: everything in one
// process, or one part of it alone.
//
//	localcloud [-addr 127.0.0.1:7071] [-dir .data] [-app build/app] [-instances n] [-tour]
//	localcloud servicebus|blob|funchost|studio|youtube|instagram|kakao|mariadb [-h] …
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sort"
	"syscall"

	"castad/scripts/localcloud/blobserver"
	"castad/scripts/localcloud/cloud"
	"castad/scripts/localcloud/funchost"
	"castad/scripts/localcloud/mariadb"
	"castad/scripts/localcloud/servicebus"
	"castad/scripts/studio/command"
)

// part is a part that can run alone: it prints one line when it is ready.
type part func(ctx context.Context, args []string, stdout, stderr io.Writer) int

var parts = map[string]part{
	"servicebus": servicebus.Run,
	"blob":       blobserver.Run,
	"funchost":   funchost.Run,
	"studio":     command.Run,
	"youtube":    runYouTube,
	"instagram":  runInstagram,
	"kakao":      runKakao,
	"mariadb":    mariadb.Run,
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:]))
}

func run(ctx context.Context, args []string) int {
	if len(args) > 0 && args[0] != "" && args[0][0] != '-' {
		p, ok := parts[args[0]]
		if !ok {
			names := make([]string, 0, len(parts))
			for name := range parts {
				names = append(names, name)
			}
			sort.Strings(names)
			fmt.Fprintf(os.Stderr, "localcloud: there is no part %q; there are %v\n", args[0], names)
			return 2
		}
		return p(ctx, args[1:], os.Stdout, os.Stderr)
	}
	flags := flag.NewFlagSet("localcloud", flag.ContinueOnError)
	addr := flags.String("addr", "127.0.0.1:7071", "public address of the API")
	dir := flags.String("dir", ".data", "folder that keeps all state")
	app := flags.String("app", "build/app", "folder that the app is staged in, with its local.settings.json")
	instances := flags.Int("instances", 1, "Functions hosts behind the address")
	tour := flags.Bool("tour", false, "print a tour in curl when ready")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	c, err := cloud.Start(ctx, cloud.Options{Dir: *dir, Root: ".", App: *app, Addr: *addr, Instances: *instances, DSN: os.Getenv("CASTAD_MYSQL_DSN"),
		Progress: func(s string) { fmt.Println(s) }})
	if err != nil {
		fmt.Fprintln(os.Stderr, "localcloud:", err)
		return 1
	}
	fmt.Printf("castad ready on %s\n", c.URL())
	if *tour {
		fmt.Print(cloud.Tour(c.URL(), c.App()))
	}
	select {
	case <-ctx.Done():
	case err = <-wait(c):
	}
	if closeErr := c.Close(); err == nil {
		err = closeErr
	}
	if err != nil && ctx.Err() == nil {
		fmt.Fprintln(os.Stderr, "localcloud:", err)
		return 1
	}
	return 0
}

func wait(c *cloud.Cloud) <-chan error {
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	return ended
}
