package media

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
)

// Bounds on a hostile index. A real one has a few dozen boxes and two tracks;
// ten minutes at 60 frames a second need a table of 150 KB.
const (
	maxBoxes  = 4096
	maxTracks = 32
	maxEdits  = 1024
	maxIndex  = 64 << 20 // bytes of moov
)

// movie is an MP4's index (ISO/IEC 14496-12).
type movie struct {
	f         *file
	boxesLeft int
	timescale uint32
	tracks    []*track
	fastStart bool
	sawMoov   bool
	sawMedia  bool
}

type track struct {
	enabled       bool
	handler       string // vide, soun, …
	width, height int
	codec         string
	rate          int // audio: samples per second
	channels      int
	timescale     uint32
	ticks         uint64 // of all samples, in timescale
	samples       uint64 // by stts
	sized         uint64 // by stsz
	maxOffset     int64  // largest composition offset
	edits         []edit
}

// edit is one entry of an edit list; start is in the track's timescale, -1 for
// an empty edit, length in the movie's.
type edit struct {
	length uint64
	start  int64
}

// box is one box: its payload is [body, end).
type box struct {
	kind      string
	body, end int64
}

// boxes calls visit for each box of [from, to), which they must fill.
func (m *movie) boxes(from, to int64, visit func(box) error) error {
	for off := from; off < to; {
		if m.boxesLeft--; m.boxesLeft < 0 {
			return errors.New("too many boxes")
		}
		h, ok := m.f.bytes(off, 8)
		if !ok || off+8 > to {
			return errTruncated
		}
		b := box{kind: string(h[4:8]), body: off + 8}
		size := uint64(binary.BigEndian.Uint32(h))
		switch size {
		case 0: // to the end
			size = uint64(to - off)
		case 1:
			h, ok := m.f.bytes(off+8, 8)
			if !ok {
				return errTruncated
			}
			size, b.body = binary.BigEndian.Uint64(h), off+16
		}
		if size < uint64(b.body-off) {
			return fmt.Errorf("box %q of %d bytes", b.kind, size)
		}
		if size > uint64(to-off) {
			return fmt.Errorf("box %q of %d bytes where %d are left: %w", b.kind, size, to-off, errTruncated)
		}
		b.end = off + int64(size)
		if err := visit(b); err != nil {
			return err
		}
		off = b.end
	}
	return nil
}

// readMovie reads the index of a progressive MP4 and checks it.
func readMovie(f *file) (*movie, error) {
	if !f.is(4, "ftyp") {
		return nil, errors.New("not an MP4: no ftyp box at its beginning")
	}
	m := &movie{f: f, boxesLeft: maxBoxes}
	err := m.boxes(0, f.size, func(b box) error {
		switch b.kind {
		case "mdat":
			m.sawMedia = true
		case "moof":
			return errFragmented
		case "moov":
			if m.sawMoov || b.end-b.body > maxIndex {
				return errors.New("more than one index, or one of more than 64 MiB")
			}
			m.sawMoov, m.fastStart = true, !m.sawMedia
			return m.boxes(b.body, b.end, m.movieBox)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if !m.sawMoov || !m.sawMedia || m.timescale == 0 {
		return nil, fmt.Errorf("no index or no media: %w", errTruncated)
	}
	for _, t := range m.tracks {
		if t.handler != "vide" && t.handler != "soun" {
			continue
		}
		if t.timescale == 0 || t.samples == 0 || t.samples != t.sized || t.codec == "" {
			return nil, fmt.Errorf("a %s track whose tables disagree: %d samples timed, %d sized", t.handler, t.samples, t.sized)
		}
	}
	return m, nil
}

var errFragmented = errors.New("a fragmented MP4, which CastAD does not take")

func (m *movie) movieBox(b box) error {
	switch b.kind {
	case "mvex":
		return errFragmented
	case "mvhd":
		return m.scale(b, &m.timescale)
	case "trak":
		if len(m.tracks) == maxTracks {
			return errors.New("too many tracks")
		}
		t := new(track)
		m.tracks = append(m.tracks, t)
		return m.boxes(b.body, b.end, func(b box) error { return m.trackBox(t, b) })
	}
	return nil
}

// scale reads the units of time in a second from a movie's or a track's header.
func (m *movie) scale(b box, into *uint32) (err error) {
	version, ok := m.f.bytes(b.body, 1)
	if !ok {
		return errTruncated
	}
	at := int64(12)
	if version[0] == 1 { // its two times before it have eight bytes each
		at = 20
	}
	*into, err = m.uint32(b, at)
	return err
}

// trackBox reads one box of a track; the containers among them are entered.
func (m *movie) trackBox(t *track, b box) error {
	switch b.kind {
	case "edts", "mdia", "minf", "stbl":
		return m.boxes(b.body, b.end, func(b box) error { return m.trackBox(t, b) })
	case "tkhd":
		return m.trackHeader(t, b)
	case "mdhd":
		return m.scale(b, &t.timescale)
	case "hdlr":
		v, ok := m.part(b, 8, 4)
		if !ok {
			return errTruncated
		}
		t.handler = string(v)
	case "elst":
		return m.editList(t, b)
	case "stsd":
		return m.sampleEntry(t, b)
	case "stts":
		return m.timeToSample(t, b)
	case "ctts":
		return m.compositionOffsets(t, b)
	case "stsz":
		return m.sampleSizes(t, b)
	case "stz2":
		return errors.New("compact sample sizes, which CastAD does not take")
	case "stco":
		return m.chunkOffsets(b, 4)
	case "co64":
		return m.chunkOffsets(b, 8)
	}
	return nil
}

// part returns n bytes at an offset within a box's payload.
func (m *movie) part(b box, at int64, n int) ([]byte, bool) {
	if at < 0 || b.body+at+int64(n) > b.end {
		return nil, false
	}
	return m.f.bytes(b.body+at, n)
}

func (m *movie) uint32(b box, at int64) (uint32, error) {
	v, ok := m.part(b, at, 4)
	if !ok {
		return 0, fmt.Errorf("box %q: %w", b.kind, errTruncated)
	}
	return binary.BigEndian.Uint32(v), nil
}

// table calls row for each entry of a box whose payload has a count at
// countAt and then that many entries of width bytes.
func (m *movie) table(b box, countAt int64, width int, row func([]byte) error) error {
	count, err := m.uint32(b, countAt)
	if err != nil {
		return err
	}
	if int64(count) > (b.end-b.body-countAt-4)/int64(width) {
		return fmt.Errorf("box %q of %d entries: %w", b.kind, count, errTruncated)
	}
	for i := range int64(count) {
		v, ok := m.part(b, countAt+4+i*int64(width), width)
		if !ok {
			return errTruncated
		}
		if err := row(v); err != nil {
			return err
		}
	}
	return nil
}

func (m *movie) timeToSample(t *track, b box) error {
	t.samples, t.ticks = 0, 0
	return m.table(b, 4, 8, func(v []byte) error {
		count, delta := uint64(binary.BigEndian.Uint32(v)), uint64(binary.BigEndian.Uint32(v[4:]))
		ticks, carry := bits.Add64(t.ticks, count*delta, 0) // two 32-bit factors fit
		if carry != 0 {
			return errors.New("sample times overflow")
		}
		t.samples, t.ticks = t.samples+count, ticks
		return nil
	})
}

func (m *movie) compositionOffsets(t *track, b box) error {
	version, ok := m.part(b, 0, 1)
	if !ok {
		return errTruncated
	}
	signed := version[0] == 1
	return m.table(b, 4, 8, func(v []byte) error {
		offset := int64(binary.BigEndian.Uint32(v[4:]))
		if signed {
			offset = int64(int32(binary.BigEndian.Uint32(v[4:])))
		}
		t.maxOffset = max(t.maxOffset, offset)
		return nil
	})
}

// sampleSizes counts samples and checks that the file can hold them.
func (m *movie) sampleSizes(t *track, b box) error {
	each, err := m.uint32(b, 4)
	if err != nil {
		return err
	}
	count, err := m.uint32(b, 8)
	if err != nil {
		return err
	}
	t.sized = uint64(count)
	total := uint64(each) * uint64(count)
	if each == 0 {
		err = m.table(b, 8, 4, func(v []byte) error {
			total += uint64(binary.BigEndian.Uint32(v))
			return nil
		})
	}
	if err == nil && total > uint64(m.f.size) {
		err = fmt.Errorf("samples of %d bytes in a file of %d: %w", total, m.f.size, errTruncated)
	}
	return err
}

func (m *movie) chunkOffsets(b box, width int) error {
	return m.table(b, 4, width, func(v []byte) error {
		offset := uint64(0)
		for _, d := range v {
			offset = offset<<8 | uint64(d)
		}
		if offset >= uint64(m.f.size) {
			return fmt.Errorf("media at byte %d of %d: %w", offset, m.f.size, errTruncated)
		}
		return nil
	})
}

func (m *movie) editList(t *track, b box) error {
	version, ok := m.part(b, 0, 1)
	if !ok {
		return errTruncated
	}
	wide := version[0] == 1
	width := 12
	if wide {
		width = 20
	}
	t.edits = nil
	return m.table(b, 4, width, func(v []byte) error {
		if len(t.edits) == maxEdits {
			return errors.New("too many edits")
		}
		e := edit{uint64(binary.BigEndian.Uint32(v)), int64(int32(binary.BigEndian.Uint32(v[4:])))}
		if wide {
			e = edit{binary.BigEndian.Uint64(v), int64(binary.BigEndian.Uint64(v[8:]))}
		}
		t.edits = append(t.edits, e)
		return nil
	})
}
