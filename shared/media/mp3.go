package media

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

const (
	maxTags = 16        // ID3v2 tags in front
	maxJunk = 4 << 10   // bytes skipped at one place to find a frame again
	allJunk = 16 << 10  // bytes skipped in all
	maxGap  = 256 << 10 // zeros between the tags and the first frame
)

// frame is the header of an MPEG audio layer III frame (ISO/IEC 11172-3, 13818-3).
type frame struct {
	length   int64 // bytes with the header
	samples  int   // per channel
	rate     int
	channels int
	side     int // bytes of side information
}

var (
	bitrates1 = [16]int{0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320} // kbit/s, MPEG-1
	bitrates2 = [16]int{0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160}     // MPEG-2 and 2.5
	rates     = [3]int{44100, 48000, 32000}                                               // MPEG-1; halved and quartered below
)

// parseFrame reads a header; free format (bitrate 0) is not taken.
func parseFrame(b []byte) (frame, bool) {
	if len(b) < 4 || b[0] != 0xFF || b[1]&0xE0 != 0xE0 || b[1]>>1&3 != 1 { // sync, layer III
		return frame{}, false
	}
	version, bitrate, rate := b[1]>>3&3, b[2]>>4, b[2]>>2&3
	if version == 1 || bitrate == 0 || bitrate == 15 || rate == 3 {
		return frame{}, false
	}
	f := frame{rate: rates[rate], channels: 2, samples: 1152, side: 32}
	kbit := bitrates1[bitrate]
	if version != 3 {
		kbit, f.samples, f.side = bitrates2[bitrate], 576, 17
		f.rate /= 2
		if version == 0 {
			f.rate /= 2
		}
	}
	if b[3]>>6 == 3 {
		f.channels, f.side = 1, f.side/2+1
	}
	f.length = int64(f.samples/8*kbit*1000/f.rate) + int64(b[2]>>1&1)
	return f, true
}

// at returns the frame header at an offset; like, when set, must be of the same kind.
func (f *file) frameAt(off int64, like *frame) (frame, bool) {
	b, ok := f.bytes(off, 4)
	if !ok {
		return frame{}, false
	}
	h, ok := parseFrame(b)
	return h, ok && (like == nil || h.rate == like.rate && h.samples == like.samples)
}

// mp3 walks all frames.
func mp3(f *file) (AudioInfo, error) {
	off, err := skipID3(f)
	if err != nil {
		return AudioInfo{}, err
	}
	if off = skipZeros(f, off, maxGap); off >= f.size {
		return AudioInfo{}, errors.New("no frames")
	}
	off, junk := findFrame(f, off, nil)
	if off < 0 {
		return AudioInfo{}, errors.New("neither MP3, WAV nor M4A")
	}
	first, _ := f.frameAt(off, nil)
	claim := readClaim(f, off, first)
	frames, cut := int64(0), false
	for off < f.size {
		h, ok := f.frameAt(off, &first)
		if ok {
			if off+h.length > f.size {
				cut = true
				break
			}
			frames, off = frames+1, off+h.length
			continue
		}
		if atTrailer(f, off) {
			break
		}
		next, skipped := findFrame(f, off, &first)
		if junk += skipped; next < 0 || junk > allJunk {
			return AudioInfo{}, fmt.Errorf("foreign data among the frames, at byte %d", off)
		}
		off = next
	}
	if err := f.err; err != nil {
		return AudioInfo{}, err
	}
	return claim.judge(first, frames, cut)
}

// judge compares the frames that are there with what the encoder wrote down.
func (c claim) judge(first frame, frames int64, cut bool) (AudioInfo, error) {
	if c.header {
		frames-- // the frame of the claim is silent
	}
	const slack = 2 // frames that encoders count differently
	if c.frames > 0 && frames < c.frames-slack {
		return AudioInfo{}, fmt.Errorf("%d of %d frames: %w", frames, c.frames, errTruncated)
	}
	if c.frames == 0 && cut {
		return AudioInfo{}, fmt.Errorf("the last frame is cut: %w", errTruncated)
	}
	if frames < 2 {
		return AudioInfo{}, errors.New("fewer than two frames")
	}
	samples := frames*int64(first.samples) - c.trim
	info := AudioInfo{Type: "audio/mpeg", Seconds: float64(samples) / float64(first.rate), SampleRate: first.rate, Channels: first.channels, Lead: c.lead}
	if c.header {
		info.Lead += first.samples
	}
	return info, nil
}

// claim is what a Xing, Info or VBRI header says of the file.
type claim struct {
	header bool  // the first frame is such a header
	frames int64 // 0 = not told
	trim   int64 // samples of encoder delay and padding
	lead   int   // samples of the delays of encoder and decoder; 0 = not told
}

// decoderDelay is how late every layer III decoder is, in samples: its filter
// bank's and its overlap's (LAME's technical notes; ffmpeg cuts it off too).
const decoderDelay = 528 + 1

func readClaim(f *file, off int64, first frame) claim {
	b, ok := f.bytes(off, int(min(first.length, f.size-off)))
	if !ok {
		return claim{}
	}
	if at := 4 + 32; len(b) >= at+18 && string(b[at:at+4]) == "VBRI" {
		return claim{header: true, frames: int64(binary.BigEndian.Uint32(b[at+14:]))}
	}
	at := 4 + first.side
	if len(b) < at+8 || string(b[at:at+4]) != "Xing" && string(b[at:at+4]) != "Info" {
		return claim{}
	}
	c := claim{header: true}
	flags := binary.BigEndian.Uint32(b[at+4:])
	b = b[at+8:]
	for _, field := range []struct {
		flag uint32
		size int
	}{{1, 4}, {2, 4}, {4, 100}, {8, 4}} {
		if flags&field.flag == 0 {
			continue
		}
		if len(b) < field.size {
			return c
		}
		if field.flag == 1 {
			c.frames = int64(binary.BigEndian.Uint32(b))
		}
		b = b[field.size:]
	}
	// The LAME extension: name 9, method 1, lowpass 1, gain 8, flags 1, bitrate 1, then delay and padding in 12 bits each.
	if len(b) >= 24 && (string(b[:4]) == "LAME" || string(b[:3]) == "Lav") {
		c.trim = int64(b[21])<<4 | int64(b[22])>>4
		c.lead = int(c.trim) + decoderDelay
		c.trim += int64(b[22]&0x0F)<<8 | int64(b[23])
	}
	return c
}

// skipID3 returns the offset behind the ID3v2 tags.
func skipID3(f *file) (int64, error) {
	off := int64(0)
	for range maxTags {
		b, ok := f.bytes(off, 10)
		if !ok || string(b[:3]) != "ID3" {
			return off, nil
		}
		if (b[6]|b[7]|b[8]|b[9])&0x80 != 0 {
			return 0, errors.New("a damaged ID3 tag")
		}
		size := int64(b[6])<<21 | int64(b[7])<<14 | int64(b[8])<<7 | int64(b[9])
		if b[5]&0x10 != 0 { // footer
			size += 10
		}
		if off += 10 + size; off > f.size {
			return 0, fmt.Errorf("an ID3 tag of %d bytes: %w", size, errTruncated)
		}
	}
	return 0, errors.New("too many ID3 tags")
}

// skipZeros returns the offset of the first byte that is not zero, at most limit further.
func skipZeros(f *file, off, limit int64) int64 {
	end := min(f.size, off+limit)
	for off < end {
		b, ok := f.bytes(off, int(min(window, end-off)))
		if !ok {
			return off
		}
		if rest := bytes.TrimLeft(b, "\x00"); len(rest) > 0 {
			return off + int64(len(b)-len(rest))
		}
		off += int64(len(b))
	}
	return off
}

// findFrame looks for a frame that another of its kind follows, and returns its
// offset and the bytes skipped; -1 when there is none within maxJunk.
func findFrame(f *file, off int64, like *frame) (at, skipped int64) {
	for skipped = 0; skipped <= maxJunk && off+skipped < f.size; skipped++ {
		h, ok := f.frameAt(off+skipped, like)
		if !ok {
			continue
		}
		if _, ok := f.frameAt(off+skipped+h.length, &h); ok {
			return off + skipped, skipped
		}
	}
	return -1, skipped
}

// atTrailer reports whether only tags or zeros are left.
func atTrailer(f *file, off int64) bool {
	for _, tag := range []string{"TAG", "APETAGEX", "LYRICSBEGIN", "ID3", "3DI"} {
		if f.is(off, tag) {
			return true
		}
	}
	return skipZeros(f, off, f.size-off) >= f.size
}
