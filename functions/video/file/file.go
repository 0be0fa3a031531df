// Package file is GET /api/v1/files/{id}: a kept file, streamed through the app.
//
// Ranges and ETag are honoured, memory is bounded, and the storage's host is in
// no answer. Another tenant's file is 404; one of the caller's that is lost is 500 file.lost. No connection is held while streaming.
package file

import (
	"context"
	_ "embed"
	"time"

	"castad/shared/blob"
	"castad/shared/id"
	"castad/shared/identity"
	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

// Found is where a file is kept.
type Found struct{ Kind, Blob, Type, SHA256 string }

// Index finds a tenant's files.
type Index interface {
	Find(ctx context.Context, tenant id.Tenant, file id.Artifact) (Found, error)
}

// Files opens files.
type Files interface {
	Open(ctx context.Context, name string) (*blob.Object, error)
}

type question struct {
	ID id.Artifact `path:"id"`
}

// New returns the function.
func New(index Index, files Files) trigger.Function {
	return trigger.HTTP("video-file", binding, trigger.Budget{Time: 220 * time.Second, Connections: 1},
		func(ctx context.Context, who identity.Principal, in question) (trigger.File, error) {
			f, err := index.Find(ctx, who.Tenant, in.ID)
			if err != nil {
				return trigger.File{}, err
			}
			o, err := files.Open(ctx, f.Blob)
			if err != nil {
				return trigger.File{}, err
			}
			return trigger.File{Content: o, Type: f.Type, ETag: `"` + f.SHA256 + `"`, Modified: o.Modified(), Name: f.Kind + extension(f.Type)}, nil
		})
}

func extension(contentType string) string {
	switch contentType {
	case "video/mp4":
		return ".mp4"
	case "audio/mpeg":
		return ".mp3"
	case "image/jpeg":
		return ".jpg"
	}
	return ""
}
