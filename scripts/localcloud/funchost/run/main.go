// Command run is funchost by itself: go run ./scripts/localcloud/funchost/run -h.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"castad/scripts/localcloud/funchost"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := funchost.Run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
