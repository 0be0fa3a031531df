package photo

import (
	"bytes"
	"context"

	"castad/functions/place"
	"castad/shared/fault"
	"castad/shared/media"

	"golang.org/x/sync/semaphore"
)

const (
	// decodedAtOnce is how many photos one process decodes at a time: a telephone's
	// twelve megapixels are about 50 MB when decoded.
	decodedAtOnce = 2
	// hugePixels is the photo that is decoded alone: 50 megapixels are up to 400 MB.
	hugePixels = 16_000_000
)

// rewrite writes the photo anew when there is room to decode it.
func rewrite(ctx context.Context, decoders *semaphore.Weighted, photo []byte, info media.Info) (media.Rewritten, error) {
	weight := int64(1)
	if info.Width*info.Height > hugePixels {
		weight = decodedAtOnce
	}
	if err := decoders.Acquire(ctx, weight); err != nil {
		return media.Rewritten{}, fault.Newf(fault.CodeBusy, "wait to decode a photo: %w", err)
	}
	defer decoders.Release(weight)
	return media.Rewrite(bytes.NewReader(photo), info, place.MaxPhotoBytes)
}
