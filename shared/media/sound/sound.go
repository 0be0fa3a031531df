// Package sound hears a song: how loud it is, how fast, and when its beats are.
//
// It decodes the MP3 that a vendor delivered, whoever made it, so that a film can
// be cut on the beats and a receipt can say what was really received. Pure Go, no
// process. It reads once, in pieces, and keeps five numbers for each 5 ms, so that
// memory does not grow with the samples: about one second of one core for a minute
// of song. Times are those of the sound as players give it: the encoder's delay is
// taken off.
//
// Loudness and peak are those of package loudness. Beats are found for music with
// one steady beat, 55 to 180 a minute, which may drift a little; the tempo may be
// half of what a drummer would say (every beat found is one of his), hardly ever
// the double. Speech, noise and free playing have none.
//
// Limits: MP3 of 32 to 48 kHz only (MPEG-1, layer III); other files are ErrFormat,
// damaged ones an error. The decoder is hajimehoshi/go-mp3; what it makes of lower
// rates (MPEG-2) is not the sound: 0.8 LU and 8 dB of peak beside ffmpeg's. A panic
// of its on a hostile file is an error.
package sound

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"castad/shared/media"
	"castad/shared/media/loudness"

	"github.com/hajimehoshi/go-mp3"
)

// Heard is what was measured of a song.
type Heard struct {
	// Seconds is the length of what was decoded.
	Seconds float64
	// Loudness is integrated loudness in LUFS, TruePeak is in dBTP; −Inf for silence.
	Loudness, TruePeak float64
	// Tempo is in beats per minute, Beats are their times in seconds; 0 and none
	// when no steady beat is heard.
	Tempo float64
	Beats []float64
}

// ErrFormat says that a song is in a format that is not decoded.
var ErrFormat = errors.New("a format that is not decoded")

// leastRate is the lowest sample rate of MPEG-1.
const leastRate = 32_000

// piece is how many samples of each channel are decoded at a time.
const piece = 4096

// Hear measures a song that media.Audio has accepted. Reading stops when ctx ends.
func Hear(ctx context.Context, r io.ReaderAt, size int64, info media.AudioInfo) (heard Heard, err error) {
	if info.Type != "audio/mpeg" || info.SampleRate < leastRate {
		return Heard{}, fmt.Errorf("hear song: %s at %d Hz: %w", info.Type, info.SampleRate, ErrFormat)
	}
	defer func() {
		if p := recover(); p != nil {
			heard, err = Heard{}, fmt.Errorf("hear song: the decoder gave up: %v", p)
		}
	}()
	in := bufio.NewReaderSize(io.NewSectionReader(r, 0, size), 256<<10) // not a Seeker: the decoder would read everything twice
	d, err := mp3.NewDecoder(in)
	if err != nil {
		return Heard{}, fmt.Errorf("hear song: %w", err)
	}
	if d.SampleRate() != info.SampleRate {
		return Heard{}, fmt.Errorf("hear song: decoded at %d Hz, the file says %d", d.SampleRate(), info.SampleRate)
	}
	e := newEar(info.SampleRate, min(info.Channels, 2))
	if err := e.listen(ctx, d, info); err != nil {
		return Heard{}, fmt.Errorf("hear song: %w", err)
	}
	heard = Heard{Seconds: float64(e.samples) / float64(info.SampleRate), Loudness: e.meter.Integrated(), TruePeak: e.meter.TruePeak()}
	heard.Tempo, heard.Beats = beats(e.onsets.strengths())
	return heard, nil
}

// ear takes samples as they are decoded.
type ear struct {
	channels int
	meter    *loudness.Meter
	onsets   *onsets
	samples  int
}

func newEar(rate, channels int) *ear {
	return &ear{channels: channels, meter: loudness.New(rate, channels), onsets: newOnsets(rate)}
}

// listen decodes the sound between the encoder's delay and its padding.
func (e *ear) listen(ctx context.Context, d io.Reader, info media.AudioInfo) error {
	if _, err := io.CopyN(io.Discard, d, 4*int64(info.Lead)); err != nil {
		return fmt.Errorf("skip the encoder's delay: %w", err)
	}
	left := int(math.Round(info.Seconds * float64(info.SampleRate)))
	raw := make([]byte, 4*piece) // the decoder always gives two channels of 16 bits
	l, r, mid := make([]float32, piece), make([]float32, piece), make([]float32, piece)
	for left > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := io.ReadFull(d, raw[:4*min(piece, left)])
		if n /= 4; n == 0 {
			if err == io.EOF {
				break
			}
			return err
		}
		for i := range n {
			l[i] = float32(int16(binary.LittleEndian.Uint16(raw[4*i:]))) / 32768
			r[i] = float32(int16(binary.LittleEndian.Uint16(raw[4*i+2:]))) / 32768
			mid[i] = (l[i] + r[i]) / 2
		}
		if e.channels == 2 {
			e.meter.Add(l[:n], r[:n])
		} else {
			e.meter.Add(l[:n])
		}
		e.onsets.add(mid[:n])
		e.samples += n
		left -= n
	}
	if e.samples == 0 {
		return errors.New("no samples")
	}
	return nil
}
