// Package photo is POST /api/v1/places/{id}/photos: a raw image body, at most 20 MB.
//
// The file goes to Blob first and its row second: a crash between the two
// leaves a file that nothing names (purged later), never a row without a file.
// What is not a JPEG, PNG or WebP is refused before anything is kept; HEIC, which
// telephones write, with a code of its own. What is kept is written anew from the pixels,
// upright: the place, the time and the telephone that EXIF tells are not kept. The same file again answers 200
// with the photo that was kept first, also when the place is full. The photo's
// most striking colours are kept with it, for the look of the film.
package photo

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"fmt"
	"io"
	"time"

	"castad/functions/place"
	"castad/shared/blob"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/identity"
	"castad/shared/media"
	"castad/shared/trigger"

	"golang.org/x/sync/semaphore"
)

//go:embed function.json
var binding []byte

// Places keeps photos.
type Places interface {
	Has(ctx context.Context, tenant id.Tenant, p id.Place) error
	Kept(ctx context.Context, tenant id.Tenant, p id.Place, sum [32]byte) (ph place.Photo, kept bool, err error)
	AddPhoto(ctx context.Context, tenant id.Tenant, p id.Place, ph place.Photo) (kept place.Photo, added bool, err error)
}

// Files keeps files.
type Files interface {
	Keep(ctx context.Context, name, contentType string, r io.Reader, limit int64) (blob.Kept, error)
}

type question struct {
	ID id.Place `path:"id"`
}

type answer struct {
	trigger.Reply
	place.Photo
}

// atOnce bounds the photos that one process holds in memory, one of each tenant: a photo
// is looked at as a whole before anything is kept.
const atOnce = 4

// New returns the function.
func New(places Places, files Files, now func() time.Time) trigger.Function {
	room, decoders := make(chan struct{}, atOnce), semaphore.NewWeighted(decodedAtOnce)
	queue := &turns{lines: map[id.Tenant]*line{}}
	return trigger.Upload("place-photo", binding, trigger.Budget{Time: 60 * time.Second, Connections: 1}, place.MaxPhotoBytes,
		func(ctx context.Context, who identity.Principal, in question, body io.Reader) (answer, error) {
			if err := places.Has(ctx, who.Tenant, in.ID); err != nil {
				return answer{}, err
			}
			leave, err := queue.take(ctx, who.Tenant)
			if err != nil {
				return answer{}, err
			}
			defer leave()
			select {
			case room <- struct{}{}:
				defer func() { <-room }()
			case <-ctx.Done():
				return answer{}, fault.Newf(fault.CodeBusy, "wait for room for a photo: %w", ctx.Err())
			}
			photo, err := io.ReadAll(body)
			if err != nil {
				return answer{}, fmt.Errorf("read photo: %w", err)
			}
			info, err := media.Image(bytes.NewReader(photo), int64(len(photo)))
			if err != nil {
				return answer{}, err
			}
			photo = photo[:info.Bytes]
			sum := sha256.Sum256(photo)
			if ph, kept, err := places.Kept(ctx, who.Tenant, in.ID, sum); err != nil || kept {
				return answer{Photo: ph}, err
			}
			anew, err := rewrite(ctx, decoders, photo, info)
			if err != nil {
				return answer{}, err
			}
			ph := place.Photo{ID: id.New[id.Photo](now()), Type: anew.Type, Width: anew.Width, Height: anew.Height, Colors: anew.Colors, SHA256: sum}
			ph.Blob = fmt.Sprintf("photos/%v/%v", who.Tenant, ph.ID)
			kept, err := files.Keep(ctx, ph.Blob, ph.Type, bytes.NewReader(anew.Bytes), place.MaxPhotoBytes)
			if err != nil {
				return answer{}, fmt.Errorf("keep photo: %w", err)
			}
			ph.Bytes = kept.Bytes
			ph, added, err := places.AddPhoto(ctx, who.Tenant, in.ID, ph)
			return answer{trigger.Reply{}.Made(added), ph}, err
		})
}
