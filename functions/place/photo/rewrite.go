package photo

import (
	"bytes"
	"context"

	"castad/functions/place"
	"castad/shared/fault"
	"castad/shared/media"

	"golang.org/x/sync/semaphore"
)

// decodedAtOnce is how much memory the photos take, in bytes, that one process decodes at
// a time: the largest that is accepted, or a dozen of a telephone's.
const decodedAtOnce = media.MaxDecoded

// rewrite writes the photo anew when there is room to decode it.
func rewrite(ctx context.Context, decoders *semaphore.Weighted, photo []byte, info media.Info) (media.Rewritten, error) {
	if err := decoders.Acquire(ctx, info.Decoded); err != nil {
		return media.Rewritten{}, fault.Newf(fault.CodeBusy, "wait to decode a photo: %w", err)
	}
	defer decoders.Release(info.Decoded)
	return media.Rewrite(bytes.NewReader(photo), info, place.MaxPhotoBytes)
}
