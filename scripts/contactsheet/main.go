// Command contactsheet puts frames of films on one JPEG, to be looked at.
//
//	go run ./scripts/contactsheet [-out build/contact-sheet.jpg] [-every 3s] [-columns n] film.mp4 …
//
// A film is a strip under its name: one frame from the middle of each -every,
// so that a title that fades in at the start is shown when it stands. Short
// films share a row; a film of more frames than -columns goes on below. A film
// called ad.mp4 goes by its folder's name. It needs ffmpeg and fonts-nanum.
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
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run makes one sheet: 0 made, 1 refused, 2 bad arguments.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("contactsheet", flag.ContinueOnError)
	flags.SetOutput(stderr)
	out := flags.String("out", "build/contact-sheet.jpg", "JPEG to write")
	every := flags.Duration("every", 3*time.Second, "time between frames")
	columns := flags.Int("columns", 0, "frames in a row; 0 = as many as the longest film has, at most 10")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	if flags.NArg() == 0 || *every <= 0 || *columns < 0 || *columns > maxColumns {
		fmt.Fprintf(stderr, "contactsheet: name films, -every above 0 and at most %d -columns; see -h\n", maxColumns)
		return 2
	}
	said, err := write(ctx, *out, *every, *columns, flags.Args())
	if err != nil {
		fmt.Fprintf(stderr, "contactsheet: %v\n", err)
		return 1
	}
	fmt.Fprintln(stdout, said)
	return 0
}
