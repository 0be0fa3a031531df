package film

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"castad/shared/studio/ffmpeg"
)

// avTolerance is how far picture and sound may differ in length, in seconds.
const avTolerance = 0.05

// flawf is a reason why a finished film does not count, told to who ordered it.
func flawf(format string, args ...any) error {
	return userf("The finished film did not pass its check: "+format+".", args...)
}

// verify looks at the finished file itself: nothing that the encoder was told
// counts until the file says so. The file is decoded once, without its B frames
// (three of four); what then looks black or frozen is looked at again, whole.
func (c *cut) verify(ctx context.Context, mp4 string, p *problems) (*finished, error) {
	m, err := ffmpeg.Probe(ctx, mp4)
	if err != nil {
		return nil, err
	}
	if err := c.verifyStreams(&m); err != nil {
		return nil, err
	}
	fast, err := faststart(mp4)
	if err != nil {
		return nil, err
	}
	if !fast {
		return nil, flawf("the index is at the end of the file: players cannot start before all is loaded")
	}
	seen, err := c.watch(ctx, mp4, "bidir")
	if err != nil {
		return nil, fmt.Errorf("watch film: %w", err)
	}
	if c.verifyPicture(seen.grid) != nil { // look again, at every frame
		if seen, err = c.watch(ctx, mp4, "default"); err != nil {
			return nil, fmt.Errorf("watch film: %w", err)
		}
	}
	if err := c.verifyPicture(seen.grid); err != nil {
		return nil, err
	}
	if err := c.verifySound(seen.sound, p); err != nil {
		return nil, err
	}
	at := deref(c.script.snapshot, seen.best)
	return &finished{mp4: mp4, width: int(c.w), height: int(c.h), rate: c.rate, seconds: m.Video().Seconds, bytes: m.Bytes, snapshot: min(at, c.total-1/c.rate)}, nil
}

func (c *cut) verifyStreams(m *ffmpeg.Media) error {
	v, a := m.Video(), m.Audio()
	switch {
	case v == nil || v.Codec != "h264" || v.PixFmt != "yuv420p":
		return flawf("no H.264 yuv420p picture: %+v", v)
	case v.Width != int(c.w) || v.Height != int(c.h):
		return flawf("the picture has %dx%d pixels, not %.0fx%.0f", v.Width, v.Height, c.w, c.h)
	case math.Abs(v.Seconds-c.total) > avTolerance || v.Frames != c.frames:
		return flawf("the picture lasts %.3f s and %d frames, not %.3f s and %d", v.Seconds, v.Frames, c.total, c.frames)
	case c.wav == "":
		return nil
	case a == nil || a.Codec != "aac" || a.Rate != 44100:
		return flawf("no AAC 44.1 kHz sound: %+v", a)
	case math.Abs(a.Seconds-v.Seconds) > avTolerance:
		return flawf("the sound lasts %.3f s and the picture %.3f s", a.Seconds, v.Seconds)
	}
	return nil
}

// faststart reports whether the index (moov) comes before the media (mdat).
func faststart(path string) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, fmt.Errorf("open film: %w", err)
	}
	defer f.Close()
	var head [16]byte
	for at := int64(0); ; {
		if _, err := f.ReadAt(head[:], at); err != nil && !errors.Is(err, io.EOF) {
			return false, fmt.Errorf("read film: %w", err)
		} else if err != nil {
			return false, errors.New("the film has no moov and no mdat box")
		}
		size := int64(binary.BigEndian.Uint32(head[:4]))
		if size == 1 {
			size = int64(binary.BigEndian.Uint64(head[8:]))
		}
		switch string(head[4:8]) {
		case "moov":
			return true, nil
		case "mdat":
			return false, nil
		}
		if size < 8 {
			return false, errors.New("the film has a broken box")
		}
		at += size
	}
}

// Loudness that a finished film may have: YouTube and Instagram turn down what
// is louder, and what is quieter is quieter than the posts around it.
const (
	loudnessTolerance = 1.0  // LU around targetLUFS
	highestPeak       = -1.0 // dBTP
	// peaky is the true peak from which a film may be quieter: with no room left
	// above its peaks, more loudness would be distortion.
	peaky = -2.5
)

// verifySound judges the loudness that was measured; nil without sound.
func (c *cut) verifySound(l *loudness, p *problems) error {
	switch {
	case l == nil:
		return nil
	case l.lufs < silentLUFS:
		return flawf("the sound is silent")
	case l.peak > highestPeak:
		return flawf("the sound has a true peak of %.1f dBTP, above %.1f", l.peak, highestPeak)
	case l.lufs < targetLUFS-loudnessTolerance && l.peak >= peaky:
		p.warnf("", "the soundtrack has peaks so high above the rest that it is only %.1f LUFS loud and not %.0f", l.lufs, targetLUFS)
	case math.Abs(l.lufs-targetLUFS) > loudnessTolerance:
		return flawf("the sound is %.1f LUFS loud, not %.0f within %.0f", l.lufs, targetLUFS, loudnessTolerance)
	}
	return nil
}
