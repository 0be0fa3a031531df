package mariadb

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os/signal"
	"syscall"
)

// Run is the server alone, as a command: it prints the address of the ready
// server with its DSN and stops on SIGTERM or SIGINT.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("mariadb", flag.ContinueOnError)
	flags.SetOutput(stderr)
	dir := flags.String("dir", ".data/mariadb", "folder that keeps the data")
	port := flags.Int("port", 0, "port on 127.0.0.1; 0 = a free one")
	connections := flags.Int("max-connections", 100, "max_connections")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	s, err := Start(ctx, Options{Dir: *dir, Port: *port, MaxConnections: *connections})
	if err == nil {
		err = s.Root(ctx, "CREATE DATABASE IF NOT EXISTS castad CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci")
	}
	if err != nil {
		fmt.Fprintln(stderr, "mariadb:", err)
		return 1
	}
	fmt.Fprintf(stdout, "mariadb ready on %s, CASTAD_MYSQL_DSN=%s\n", s.Addr(), s.DSN("castad"))
	select {
	case <-ctx.Done():
	case <-s.Done():
		fmt.Fprintln(stderr, "mariadb: the server ended")
		return 1
	}
	if err := s.Stop(); err != nil {
		fmt.Fprintln(stderr, "mariadb:", err)
		return 1
	}
	return 0
}
