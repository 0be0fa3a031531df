package photo

import (
	"bytes"
	"context"

	"castad/shared/fault"
	"castad/shared/media"
	"castad/shared/trigger"

	"golang.org/x/sync/semaphore"
)

const (
	// decodedAtOnce is how many photos one process decodes at a time: a telephone's
	// twelve megapixels are about 50 MB when decoded.
	decodedAtOnce = 2
	// hugePixels is the photo that is decoded alone: 50 megapixels are up to 400 MB.
	hugePixels = 16_000_000
)

// colors looks at the photo's colours. A photo that passed but does not decode
// here (a rare coding of JPEG) is kept without: the film's renderer has the last
// word on it, and the invocation's line says so.
func colors(ctx context.Context, decoders *semaphore.Weighted, photo []byte, info media.Info) ([]string, error) {
	weight := int64(1)
	if info.Width*info.Height > hugePixels {
		weight = decodedAtOnce
	}
	if err := decoders.Acquire(ctx, weight); err != nil {
		return nil, fault.Newf(fault.CodeBusy, "wait to decode a photo: %w", err)
	}
	defer decoders.Release(weight)
	found, err := media.Palette(bytes.NewReader(photo))
	if err != nil {
		trigger.Note(ctx, "colors_not_found", err.Error())
		return nil, nil
	}
	return found, nil
}
