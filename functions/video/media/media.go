// Package media is GET /api/v1/media/{token}: one file for a provider that must fetch it.
//
// Anonymous; the token is signed, names one object and expires. It needs no
// database. A wrong or expired token is 404.
package media

import (
	"context"
	_ "embed"
	"time"

	"castad/shared/blob"
	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

// Links reads tokens.
type Links interface {
	Open(token string) (blobName string, err error)
}

// Files opens files.
type Files interface {
	Open(ctx context.Context, name string) (*blob.Object, error)
}

type question struct {
	Token string `path:"token"`
}

// New returns the function.
func New(links Links, files Files) trigger.Function {
	return trigger.Public("video-media", binding, trigger.Budget{Time: 220 * time.Second},
		func(ctx context.Context, in question) (trigger.File, error) {
			name, err := links.Open(in.Token)
			if err != nil {
				return trigger.File{}, err
			}
			o, err := files.Open(ctx, name)
			if err != nil {
				return trigger.File{}, err
			}
			return trigger.File{Content: o, Type: o.Type(), ETag: o.ETag(), Modified: o.Modified()}, nil
		})
}
