// Package export is GET /api/v1/archive/{id}/export: a finished ad as one zip file.
//
// captions.srt (the lines that are sung, with their times), lyric.txt (each line with the
// facts that it uses), receipts.json (facts, lines, costs, posts), provenance.json (who made what
// and when, that it is made by AI, the SHA-256 of the other files), film.mp4. Ranges and ETag
// are honoured, so that a download that broke off goes on where it was; what was posted or
// booked meanwhile makes it another file. The film is read while it is sent, no connection is
// held; a film that is lost is 500 file.lost.
package export

import (
	"context"
	_ "embed"
	"errors"
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
		func(ctx context.Context, who identity.Principal, in question) (trigger.File, error) {
			b, err := a.Bundle(ctx, who.Tenant, in.ID)
			if err != nil {
				return trigger.File{}, err
			}
			film, err := files.Open(ctx, b.Film.Blob)
			if err != nil {
				return trigger.File{}, err
			}
			p, err := pack(b, film)
			if err != nil {
				return trigger.File{}, errors.Join(err, film.Close())
			}
			return trigger.File{Content: p, Type: "application/zip", ETag: p.etag(), Name: in.ID.String() + ".zip"}, nil
		})
}
