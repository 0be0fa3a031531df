// Command studio runs CastAD's generation service alone. See shared/studio.
package main

import (
	"context"
	"os"

	"castad/shared/studio/command"
)

func main() { os.Exit(command.Run(context.Background(), os.Args[1:], os.Stdout, os.Stderr)) }
