package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
)

// each makes every named place's ad, one after another, and prints a table.
// What fails does not stop the others; the error names all that did.
func each(ctx context.Context, o options, out io.Writer, ad func(context.Context, options) error) error {
	var failed []error
	var made []string
	for _, place := range o.places {
		name, file := named(place)
		this := o
		this.place, this.out = file, filepath.Join(o.out, name)
		made = append(made, name)
		if err := ad(ctx, this); err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", name, err))
		}
		if ctx.Err() != nil {
			break
		}
		fmt.Fprintln(out)
	}
	return errors.Join(append(failed, table(out, o.out, made))...)
}

// named splits "name=file"; without a name it is the folder's.
func named(place string) (name, file string) {
	if name, file, ok := strings.Cut(place, "="); ok {
		return name, file
	}
	return filepath.Base(filepath.Dir(place)), place
}

// table prints what the receipts say, a line for each place.
func table(out io.Writer, dir string, names []string) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "place\tfilm\tseconds\tLUFS\ttempo\tlines\tmissing\tMB\tmade in")
	for _, name := range names {
		var r receipt
		text, err := os.ReadFile(filepath.Join(dir, name, "receipt.json"))
		if err == nil {
			err = json.Unmarshal(text, &r)
		}
		if err != nil {
			fmt.Fprintf(t, "%s\tnot made\n", name)
			continue
		}
		fmt.Fprintf(t, "%s\t%d×%d\t%.2f\t%.1f\t%.0f\t%d\t%d\t%.1f\t%.1f s\n", name, r.Video.Width, r.Video.Height, r.Video.Seconds, r.Video.Loudness,
			r.Song.Tempo, r.Song.Lines, len(r.Song.Missing), float64(r.Video.Bytes)/1e6, r.Seconds)
	}
	return t.Flush()
}
