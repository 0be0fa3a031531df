package media

import (
	"encoding/binary"
	"errors"
	"strings"
)

// trackHeader reads whether a track is enabled and how large it is shown.
func (m *movie) trackHeader(t *track, b box) error {
	head, ok := m.part(b, 0, 4)
	if !ok {
		return errTruncated
	}
	t.enabled = head[3]&1 != 0
	at := int64(40) // of the matrix
	if head[0] == 1 {
		at = 52
	}
	v, ok := m.part(b, at, 44)
	if !ok {
		return errTruncated
	}
	t.width, t.height = int(binary.BigEndian.Uint32(v[36:])>>16), int(binary.BigEndian.Uint32(v[40:])>>16)
	word := func(i int) uint32 { return binary.BigEndian.Uint32(v[4*i:]) }
	if word(0) == 0 && word(4) == 0 && word(1) != 0 && word(3) != 0 { // a quarter turn
		t.width, t.height = t.height, t.width
	}
	return nil
}

var videoCodecs = map[string]string{"avc1": "h264", "avc3": "h264", "hvc1": "hevc", "hev1": "hevc", "av01": "av1",
	"vp08": "vp8", "vp09": "vp9", "mp4v": "mpeg4"}

var audioCodecs = map[string]string{"Opus": "opus", "ac-3": "ac3", "ec-3": "eac3", "alac": "alac", "fLaC": "flac", ".mp3": "mp3"}

// sampleEntry reads the first entry of stsd. hdlr comes before stsd in every
// track (ISO/IEC 14496-12 8.4.1: mdia holds mdhd, hdlr, minf in that order in
// practice); a track that has them the other way round keeps no codec and is refused.
func (m *movie) sampleEntry(t *track, b box) error {
	count, err := m.uint32(b, 4)
	if err != nil {
		return err
	}
	if count == 0 {
		return errors.New("a track without a sample description")
	}
	done := false
	return m.boxes(b.body+8, b.end, func(e box) error {
		if done {
			return nil
		}
		done = true
		if e.kind == "encv" || e.kind == "enca" {
			return errors.New("encrypted media")
		}
		switch t.handler {
		case "vide":
			return m.visualEntry(t, e)
		case "soun":
			return m.soundEntry(t, e)
		}
		return nil
	})
}

func (m *movie) visualEntry(t *track, e box) error {
	v, ok := m.part(e, 24, 4)
	if !ok {
		return errTruncated
	}
	if t.width == 0 || t.height == 0 {
		t.width, t.height = int(binary.BigEndian.Uint16(v)), int(binary.BigEndian.Uint16(v[2:]))
	}
	t.codec = codecName(e.kind, videoCodecs)
	return nil
}

func (m *movie) soundEntry(t *track, e box) error {
	v, ok := m.part(e, 0, 28)
	if !ok {
		return errTruncated
	}
	version := binary.BigEndian.Uint16(v[8:])
	t.channels = int(binary.BigEndian.Uint16(v[16:]))
	t.rate = int(binary.BigEndian.Uint32(v[24:]) >> 16)
	t.codec = codecName(e.kind, audioCodecs)
	if e.kind != "mp4a" {
		return nil
	}
	t.codec = "aac"
	children := e.body + 28
	switch version {
	case 1:
		children += 16
	case 2:
		children += 36
	}
	if children > e.end {
		return errTruncated
	}
	return m.boxes(children, e.end, func(b box) error {
		if b.kind == "esds" {
			return m.streamDescriptor(t, b)
		}
		return nil
	})
}

// streamDescriptor reads the object type of esds: mp4a holds MP3 as well as AAC.
func (m *movie) streamDescriptor(t *track, b box) error {
	v, ok := m.part(b, 0, int(min(b.end-b.body, 256)))
	if !ok || len(v) < 4 {
		return errTruncated
	}
	v = v[4:]
	v, ok = descriptor(v, 3) // ES_Descriptor
	if !ok || len(v) < 3 {
		return errTruncated
	}
	flags := v[2]
	v = v[3:]
	for _, skip := range []struct {
		bit  byte
		size int
	}{{0x80, 2}, {0x20, 2}} {
		if flags&skip.bit != 0 {
			if len(v) < skip.size {
				return errTruncated
			}
			v = v[skip.size:]
		}
	}
	v, ok = descriptor(v, 4) // DecoderConfigDescriptor
	if !ok || len(v) < 1 {
		return errTruncated
	}
	switch v[0] {
	case 0x40, 0x66, 0x67, 0x68:
		t.codec = "aac"
	case 0x69, 0x6B:
		t.codec = "mp3"
	default:
		t.codec = "mp4a"
	}
	return nil
}

// descriptor returns the payload of an MPEG-4 descriptor with the given tag at
// v's beginning: tag, length in up to four 7-bit bytes, payload.
func descriptor(v []byte, tag byte) ([]byte, bool) {
	if len(v) < 2 || v[0] != tag {
		return nil, false
	}
	length := 0
	for i, b := range v[1:] {
		length = length<<7 | int(b&0x7F)
		if b&0x80 == 0 {
			v = v[i+2:]
			return v[:min(length, len(v))], true
		}
		if i == 3 {
			break
		}
	}
	return nil, false
}

// codecName translates a sample entry's four characters.
func codecName(kind string, names map[string]string) string {
	if n := names[kind]; n != "" {
		return n
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, kind)
}
