package main

import (
	"context"
	"fmt"
	"image"
	"image/jpeg"
	"os"
	"path/filepath"
	"strings"
	"time"

	"castad/shared/studio/ffmpeg"
)

// film is one film's frames under its label.
type film struct {
	label  string
	frames []image.Image
}

// read takes the frames from the middle of each stretch of every; work is a
// private folder.
func read(ctx context.Context, path string, every time.Duration, work string) (film, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return film{}, fmt.Errorf("find %s: %w", path, err)
	}
	m, err := ffmpeg.Probe(ctx, path)
	if err != nil {
		return film{}, fmt.Errorf("read %s: %w", path, err)
	}
	v := m.Video()
	if v == nil {
		return film{}, fmt.Errorf("read %s: no picture in it", path)
	}
	f := film{label: fmt.Sprintf("%s   %.0f s   %d×%d", title(path), m.Seconds, v.Width, v.Height)}
	for _, at := range times(m.Seconds, every) {
		frame, err := take(ctx, path, at, filepath.Join(work, "frame.jpg"))
		if err != nil {
			return film{}, fmt.Errorf("read %s: %w", path, err)
		}
		f.frames = append(f.frames, frame)
	}
	return f, nil
}

// times are the middles of the stretches; a rest shorter than half a stretch has none.
func times(seconds float64, every time.Duration) []time.Duration {
	length := time.Duration(seconds * float64(time.Second))
	at := []time.Duration{min(every, length) / 2}
	for t := at[0] + every; t < length; t += every {
		at = append(at, t)
	}
	return at
}

func take(ctx context.Context, path string, at time.Duration, jpg string) (image.Image, error) {
	if err := ffmpeg.Frame(ctx, path, at, jpg); err != nil {
		return nil, err
	}
	file, err := os.Open(jpg)
	if err != nil {
		return nil, fmt.Errorf("open frame: %w", err)
	}
	defer file.Close()
	img, err := jpeg.Decode(file)
	if err != nil {
		return nil, fmt.Errorf("decode frame at %v: %w", at, err)
	}
	return img, nil
}

// title is the name under which a film is known: build/demos/salon/ad.mp4 is "salon".
func title(path string) string {
	name := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	if name == "ad" {
		return filepath.Base(filepath.Dir(path))
	}
	return name
}
