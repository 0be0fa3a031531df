// Package export is GET /api/v1/archive/{id}/export: a finished ad as one zip file.
//
// film.mp4, captions.srt (the lines that are sung, with their times), lyric.txt
// (each line with the facts that it uses), receipts.json (facts, lines, costs, posts),
// provenance.json (who made what and when, that it is made by AI, the SHA-256 of the other files).
// It is written while it is read, a few megabytes at a time, with no connection held; a
// film that is not what was kept (by its SHA-256) breaks the download off, one that is lost is
// 500 file.lost before its first byte.
package export

import (
	"context"
	_ "embed"
	"io"
	"time"

	"castad/functions/archive"
	"castad/shared/blob"
	"castad/shared/id"
	"castad/shared/identity"
	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

// Archive reads what an export is made of.
type Archive interface {
	Bundle(ctx context.Context, tenant id.Tenant, ad id.Ad) (archive.Bundle, error)
}

// Files opens kept files.
type Files interface {
	Open(ctx context.Context, name string) (*blob.Object, error)
}

type question struct {
	ID id.Ad `path:"id"`
}

// New returns the function.
func New(a Archive, files Files) trigger.Function {
	return trigger.HTTP("archive-export", binding, trigger.Budget{Time: 220 * time.Second, Connections: 1},
		func(ctx context.Context, who identity.Principal, in question) (trigger.Download, error) {
			b, err := a.Bundle(ctx, who.Tenant, in.ID)
			if err != nil {
				return trigger.Download{}, err
			}
			film, err := files.Open(ctx, b.Film.Blob)
			if err != nil {
				return trigger.Download{}, err
			}
			return trigger.Download{Type: "application/zip", Name: in.ID.String() + ".zip", Write: func(w io.Writer) error {
				defer func() { _ = film.Close() }() // it was only read
				return write(w, b, film)
			}}, nil
		})
}
