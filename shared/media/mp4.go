package media

import (
	"errors"
	"fmt"
	"io"

	"castad/shared/fault"
)

// MP4Info is what a film says about itself.
type MP4Info struct {
	// Width and Height are as shown: after the track's rotation, in square pixels.
	Width, Height int
	// VideoSeconds and AudioSeconds are how long each plays: its samples, cut by
	// its edit list. An empty edit (a delayed start) does not count. 0 without audio.
	VideoSeconds, AudioSeconds float64
	// Codecs by their usual names: h264, hevc, av1, vp9, mpeg4; aac, mp3, opus,
	// ac3, eac3, alac, flac; another sample entry's four characters as they are.
	VideoCodec, AudioCodec string
	// FastStart says that the index precedes the media, so that playing can
	// start before the download ends.
	FastStart bool
}

// MP4 reads the index of a film and checks it against the file: every box and
// every chunk of media lies within it, the sample tables agree. A file without
// a video track is refused.
func MP4(r io.ReaderAt, size int64) (MP4Info, error) {
	f := newFile(r, size)
	m, err := readMovie(f)
	var info MP4Info
	if err == nil {
		info, err = m.film()
	}
	if err = f.verdict(err, fault.CodeVendorResult); err != nil {
		return MP4Info{}, fmt.Errorf("look at film: %w", err)
	}
	return info, nil
}

func (m *movie) film() (MP4Info, error) {
	v, a := m.track("vide"), m.track("soun")
	if v == nil {
		return MP4Info{}, errors.New("no video track")
	}
	info := MP4Info{Width: v.width, Height: v.height, VideoCodec: v.codec, FastStart: m.fastStart}
	if info.VideoSeconds = v.seconds(m.timescale); info.VideoSeconds <= 0 || info.Width <= 0 || info.Height <= 0 {
		return MP4Info{}, fmt.Errorf("a video track of %g seconds, %d by %d pixels", info.VideoSeconds, info.Width, info.Height)
	}
	if a != nil {
		info.AudioSeconds, info.AudioCodec = a.seconds(m.timescale), a.codec
	}
	return info, nil
}

// track returns the first enabled track of a kind, else the first, else nil.
func (m *movie) track(handler string) *track {
	var first *track
	for _, t := range m.tracks {
		if t.handler != handler {
			continue
		}
		if t.enabled {
			return t
		}
		if first == nil {
			first = t
		}
	}
	return first
}

// seconds is how long the track plays. Edits name a piece of the composition
// timeline, which ends behind the decoding one by the largest offset.
func (t *track) seconds(movieScale uint32) float64 {
	scale := float64(t.timescale)
	if len(t.edits) == 0 {
		return float64(t.ticks) / scale
	}
	end, total := float64(t.ticks)+float64(t.maxOffset), 0.0
	for _, e := range t.edits {
		if e.start < 0 {
			continue
		}
		available := max(0, end-float64(e.start)) / scale
		length := float64(e.length) / float64(movieScale)
		if e.length == 0 { // to the end of the media
			length = available
		}
		total += min(length, available)
	}
	return total
}
