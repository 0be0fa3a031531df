// Migrate brings the database of -dsn (or CASTAD_MYSQL_DSN) up to date.
//
//	make migrate
//	go run ./scripts/migrate -dsn 'user:password@tcp(host:3306)/castad?tls=true' -stage s2
//
// It is safe to run twice at once, and again after it was interrupted. With
// -check it changes nothing and exits 1 when a migration is missing.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"castad/shared/store"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return
		}
		fmt.Fprintln(os.Stderr, "migrate:", err)
		os.Exit(1)
	}
}

// errBehind is what -check ends with.
var errBehind = errors.New("the database lacks migrations; run make migrate")

func run(ctx context.Context, args []string, env func(string) string, out, help io.Writer) error {
	flags := flag.NewFlagSet("migrate", flag.ContinueOnError)
	flags.SetOutput(help)
	dsn := flags.String("dsn", "", "database, user:password@tcp(host:3306)/name; default is CASTAD_MYSQL_DSN, which keeps the password out of the process list")
	stage := flags.String("stage", "local", "local, s1, s2 or s3; outside local the connection is encrypted")
	check := flags.Bool("check", false, "only say whether a migration is missing")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if *dsn == "" {
		*dsn = env("CASTAD_MYSQL_DSN")
	}
	// The pools are not used; any row of the stage serves.
	db, err := store.Open(store.Config{DSN: *dsn, Stage: *stage, Host: "reference"})
	if err != nil {
		return err
	}
	defer db.Close()
	if *check {
		current, err := db.SchemaCurrent(ctx)
		if err != nil {
			return err
		}
		if !current {
			return errBehind
		}
		_, err = fmt.Fprintln(out, "the database is up to date")
		return err
	}
	applied, err := db.Migrate(ctx)
	for _, name := range applied {
		fmt.Fprintln(out, "applied", name)
	}
	if err != nil {
		return err
	}
	if len(applied) == 0 {
		fmt.Fprintln(out, "the database is up to date")
	}
	return nil
}
