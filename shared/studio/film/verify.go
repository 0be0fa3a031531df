package film

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"time"

	"castad/shared/studio/ffmpeg"
)

// avTolerance is how far picture and sound may differ in length, in seconds.
const avTolerance = 0.05

// verify looks at the finished file itself: nothing that the encoder was told
// counts until the file says so.
func (c *cut) verify(ctx context.Context, mp4 string) (*finished, error) {
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
		return nil, errors.New("the index is at the end of the file: players cannot start before all is loaded")
	}
	if err := notBlack(ctx, mp4); err != nil {
		return nil, err
	}
	return &finished{mp4: mp4, width: int(c.w), height: int(c.h), rate: c.rate, seconds: m.Video().Seconds, bytes: m.Bytes}, nil
}

func (c *cut) verifyStreams(m *ffmpeg.Media) error {
	v, a := m.Video(), m.Audio()
	switch {
	case v == nil || v.Codec != "h264" || v.PixFmt != "yuv420p":
		return fmt.Errorf("no H.264 yuv420p picture: %+v", v)
	case v.Width != int(c.w) || v.Height != int(c.h):
		return fmt.Errorf("the picture has %dx%d pixels, not %.0fx%.0f", v.Width, v.Height, c.w, c.h)
	case math.Abs(v.Seconds-c.total) > avTolerance || v.Frames != c.frames:
		return fmt.Errorf("the picture lasts %.3f s and %d frames, not %.3f s and %d", v.Seconds, v.Frames, c.total, c.frames)
	case c.wav == "":
		return nil
	case a == nil || a.Codec != "aac" || a.Rate != 44100:
		return fmt.Errorf("no AAC 44.1 kHz sound: %+v", a)
	case math.Abs(a.Seconds-v.Seconds) > avTolerance:
		return fmt.Errorf("the sound lasts %.3f s and the picture %.3f s", a.Seconds, v.Seconds)
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

// blackLuma is the highest luma of a picture that counts as black (black is 16).
const blackLuma = 28

// notBlack decodes the key frames, tiny, and fails when most of them are black.
func notBlack(ctx context.Context, mp4 string) error {
	const w, h = 18, 32
	dir := filepath.Dir(mp4)
	raw := filepath.Join(dir, "keys.gray")
	_, err := ffmpeg.Run(ctx, ffmpeg.Spec{Dir: dir, Limit: time.Minute,
		Inputs: []ffmpeg.Input{{Path: mp4, Options: []string{"-skip_frame", "nokey"}}},
		Outputs: []ffmpeg.Output{{Path: raw, Format: "rawvideo", Options: []string{"-map", "0:v:0", "-vsync", "vfr",
			"-vf", fmt.Sprintf("scale=%d:%d:flags=area:in_range=tv:out_range=tv,format=yuv420p,extractplanes=y", w, h), "-c:v", "rawvideo"}}},
	})
	if err != nil {
		return fmt.Errorf("look at key frames: %w", err)
	}
	data, err := os.ReadFile(raw)
	if err != nil {
		return fmt.Errorf("look at key frames: %w", err)
	}
	keys, black := len(data)/(w*h), 0
	for k := range keys {
		top := byte(0)
		for _, v := range data[k*w*h : (k+1)*w*h] {
			top = max(top, v)
		}
		if top <= blackLuma {
			black++
		}
	}
	if keys == 0 || black*2 > keys {
		return fmt.Errorf("the picture is black (%d of %d key frames)", black, keys)
	}
	return nil
}
