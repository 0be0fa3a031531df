package collect

import (
	"context"
	"fmt"
	"io"
	"math"

	"castad/shared/media"
	"castad/shared/media/sound"
	"castad/shared/message"
	"castad/shared/trigger"
)

// source is a kept song.
type source interface {
	io.ReaderAt
	Size() int64
}

// hear measures a take. A take that cannot be decoded is a song all the same
// (media.Audio has walked it): its fields stay empty, and the invocation's line
// says why.
func hear(ctx context.Context, t *message.Take, n int, song source, info media.AudioInfo) {
	heard, err := sound.Hear(ctx, song, song.Size(), info)
	if err != nil {
		trigger.Note(ctx, fmt.Sprintf("take_%d_not_measured", n+1), err.Error())
		return
	}
	t.Loudness, t.TruePeak = figure(heard.Loudness), figure(heard.TruePeak)
	t.Tempo, t.Beats = heard.Tempo, heard.Beats
}

// figure is a measure to a hundredth; nil for silence, whose level has no number.
func figure(v float64) *float64 {
	if math.IsInf(v, 0) || math.IsNaN(v) {
		return nil
	}
	v = math.Round(v*100) / 100
	return &v
}
