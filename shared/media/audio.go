package media

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"castad/shared/fault"
)

// AudioInfo is what a song says about itself.
type AudioInfo struct {
	Type string // audio/mpeg, audio/wav, audio/mp4
	// Seconds is the length of the sound: of an MP3 the frames that are there
	// less the encoder's delay and padding when it wrote them down.
	Seconds    float64
	SampleRate int // samples per second and channel
	Channels   int
	// Lead is how many samples per channel of an MP3 come out of a decoder before
	// the sound: the frame with the encoder's notes and the delay that they tell.
	Lead int
}

// Audio says what kind of song r is and how long it plays: MP3, WAV or M4A
// (MP4 without video). A file that is cut off, or that is something else with a
// song's name, is refused.
func Audio(r io.ReaderAt, size int64) (AudioInfo, error) {
	f := newFile(r, size)
	info, err := audioOf(f)
	if err == nil && (info.Seconds <= 0 || info.SampleRate <= 0 || info.Channels <= 0) {
		err = fmt.Errorf("%g seconds of %d channels at %d Hz", info.Seconds, info.Channels, info.SampleRate)
	}
	if err = f.verdict(err, fault.CodeVendorResult); err != nil {
		return AudioInfo{}, fmt.Errorf("look at song: %w", err)
	}
	return info, nil
}

func audioOf(f *file) (AudioInfo, error) {
	switch {
	case f.is(0, "RIFF") && f.is(8, "WAVE"):
		return wav(f)
	case f.is(4, "ftyp"):
		m, err := readMovie(f)
		if err != nil {
			return AudioInfo{}, err
		}
		t := m.track("soun")
		if t == nil || m.track("vide") != nil {
			return AudioInfo{}, errors.New("an MP4 with video or without sound")
		}
		if t.rate == 0 { // above 65,535 Hz the entry has no room for it
			t.rate = int(t.timescale)
		}
		return AudioInfo{Type: "audio/mp4", Seconds: t.seconds(m.timescale), SampleRate: t.rate, Channels: t.channels}, nil
	case f.size == 0:
		return AudioInfo{}, errors.New("no bytes")
	}
	return mp3(f)
}

// Limits of a WAV that a film can be cut to.
const (
	maxChannels = 8
	maxRate     = 192_000
)

// wav reads a RIFF WAVE file of PCM or float samples.
func wav(f *file) (AudioInfo, error) {
	info := AudioInfo{Type: "audio/wav"}
	b, _ := f.bytes(4, 4) // there: the sniff read bytes 8 to 12
	end, riff := f.size, binary.LittleEndian.Uint32(b)
	if riff != streamed {
		if end = int64(riff) + 8; end > f.size {
			return info, errTruncated
		}
		if f.size-end > 1 {
			return info, errors.New("foreign data after the sound")
		}
	}
	frame := int64(0) // bytes of one sample of all channels
	off := int64(12)
	for range maxMarkers {
		b, ok := f.bytes(off, 8)
		if !ok {
			return info, errTruncated
		}
		kind, length := string(b[:4]), int64(binary.LittleEndian.Uint32(b[4:]))
		if kind == "data" && riff == streamed && length == streamed {
			length = end - off - 8
		}
		if off+8+length > end {
			return info, fmt.Errorf("chunk %q: %w", kind, errTruncated)
		}
		switch kind {
		case "fmt ":
			v, ok := f.bytes(off+8, int(min(length, 40)))
			if !ok {
				return info, errTruncated
			}
			var err error
			if frame, err = wavFormat(v, &info); err != nil {
				return info, err
			}
		case "data":
			if frame == 0 {
				return info, errors.New("samples before their format")
			}
			info.Seconds = float64(length/frame) / float64(info.SampleRate)
			return info, nil
		}
		off += 8 + length + length&1
	}
	return info, errors.New("too many chunks")
}

// streamed is the size that a writer leaves which could not seek back.
const streamed = 0xFFFFFFFF

// wavFormat reads the fmt chunk and returns the bytes of one sample of all channels.
func wavFormat(v []byte, info *AudioInfo) (int64, error) {
	if len(v) < 16 {
		return 0, errTruncated
	}
	u16 := func(i int) int { return int(binary.LittleEndian.Uint16(v[i:])) }
	tag, channels, rate := u16(0), u16(2), int64(binary.LittleEndian.Uint32(v[4:]))
	align, depth := u16(12), u16(14)
	if tag == 0xFFFE && len(v) >= 26 { // extensible: the tag starts the GUID
		tag = u16(24)
	}
	const pcm, float = 1, 3
	if tag != pcm && tag != float {
		return 0, fmt.Errorf("WAV format %#x; only PCM and float are taken", tag)
	}
	if channels < 1 || channels > maxChannels || rate < 1 || rate > maxRate || depth < 8 || depth > 64 || depth%8 != 0 || align != channels*depth/8 {
		return 0, fmt.Errorf("%d channels of %d bits at %d Hz, %d bytes together", channels, depth, rate, align)
	}
	info.SampleRate, info.Channels = int(rate), channels
	return int64(align), nil
}
