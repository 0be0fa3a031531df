// Studio runs CastAD's own generation service; see castad/shared/studio.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"castad/scripts/studio/command"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := command.Run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
