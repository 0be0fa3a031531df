package media

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"castad/shared/fault"
)

func film(b []byte) (MP4Info, error) { return MP4(bytes.NewReader(b), int64(len(b))) }

func TestFilmsAreMeasured(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]MP4Info{
		"film.mp4":   {96, 128, 1.2, 1.1, "h264", "aac", true},
		"silent.mp4": {96, 128, 0.7, 0, "h264", "", false},
		"turned.mp4": {128, 96, 0.7, 0, "h264", "", false},
	} {
		got, err := film(fixture(t, name))
		if err != nil || !near(got.VideoSeconds, want.VideoSeconds) || !near(got.AudioSeconds, want.AudioSeconds) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		got.VideoSeconds, got.AudioSeconds = want.VideoSeconds, want.AudioSeconds
		if got != want {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
	for _, name := range []string{"fragmented.mp4", "song.m4a"} {
		_, err := film(fixture(t, name))
		wantCode(t, name, err, fault.CodeVendorResult)
	}
}

// edited returns film.mp4 with the bytes of its n-th box of a kind changed.
// Offsets count from the box's payload.
func edited(t *testing.T, kind string, n int, change func(payload []byte)) []byte {
	t.Helper()
	b := slices.Clone(fixture(t, "film.mp4"))
	at := 0
	for range n + 1 {
		i := bytes.Index(b[at:], []byte(kind))
		if i < 0 {
			t.Fatalf("no box %s", kind)
		}
		at += i + 4
	}
	change(b[at:])
	return b
}

func TestEditListsCutTheDuration(t *testing.T) {
	t.Parallel()
	put := func(at int, v uint32) func([]byte) {
		return func(p []byte) { binary.BigEndian.PutUint32(p[at:], v) }
	}
	// elst: version 4, count 4, then length 4, media time 4, rate 4.
	for what, row := range map[string]struct {
		file []byte
		want float64
	}{
		"half":                   {edited(t, "elst", 0, put(8, 600)), 0.6},
		"more than there is":     {edited(t, "elst", 0, put(8, 3_600_000)), 1.2},
		"to the end":             {edited(t, "elst", 0, put(8, 0)), 1.2},
		"an empty edit only":     {edited(t, "elst", 0, put(12, 0xFFFFFFFF)), 0},
		"beginning past its end": {edited(t, "elst", 0, put(12, 0x7FFFFFFF)), 0},
	} {
		got, err := film(row.file)
		if row.want == 0 {
			wantCode(t, what, err, fault.CodeVendorResult)
			continue
		}
		// B-frames: the composition timeline ends up to two frames late.
		if err != nil || got.VideoSeconds < row.want-0.001 || got.VideoSeconds > row.want+0.201 {
			t.Errorf("%s: %+v, %v", what, got, err)
		}
	}
}

func TestHostileIndexesAreRefused(t *testing.T) {
	t.Parallel()
	word := func(at int, v uint32) func([]byte) {
		return func(p []byte) { binary.BigEndian.PutUint32(p[at:], v) }
	}
	whole := fixture(t, "film.mp4")
	deep := whole
	for range 5000 {
		deep = append(deep, "\x00\x00\x00\x08free"...)
	}
	for what, b := range map[string][]byte{
		"a count of 4 billion times":    edited(t, "stts", 0, word(4, 0xFFFFFFFF)),
		"4 billion samples":             edited(t, "stts", 0, word(8, 0xFFFFFFFF)),
		"a count of 4 billion sizes":    edited(t, "stsz", 0, word(8, 0xFFFFFFFF)),
		"samples larger than the file":  edited(t, "stsz", 0, word(12, 0xFFFFFFFF)),
		"one sample less":               edited(t, "stsz", 0, word(8, 11)),
		"media behind the end":          edited(t, "stco", 0, word(8, 0x7FFFFFFF)),
		"a time scale of 0":             edited(t, "mdhd", 0, word(12, 0)),
		"a movie time scale of 0":       edited(t, "mvhd", 0, word(12, 0)),
		"a box larger than its parent":  edited(t, "minf", 0, func(p []byte) { binary.BigEndian.PutUint32(p, 0x00FFFFFF) }),
		"a box smaller than its header": edited(t, "minf", 0, func(p []byte) { binary.BigEndian.PutUint32(p, 4) }),
		"no video":                      edited(t, "hdlr", 0, func(p []byte) { copy(p[8:], "text") }),
		"an empty sample description":   edited(t, "stsd", 0, word(4, 0)),
		"encrypted":                     edited(t, "stsd", 0, func(p []byte) { copy(p[12:], "encv") }),
		"endless boxes":                 deep,
		"two indexes":                   slices.Concat(whole, whole),
		"no size":                       edited(t, "tkhd", 0, func(p []byte) { clear(p[76:84]); clear(p[84:]) }),
	} {
		_, err := film(b)
		wantCode(t, what, err, fault.CodeVendorResult)
	}
}

func TestAFilmIsReadInFewPieces(t *testing.T) {
	t.Parallel()
	// Half a gigabyte of media between the boxes must not be read.
	b := fixture(t, "silent.mp4")
	at := bytes.Index(b, []byte("mdat"))
	size := int64(binary.BigEndian.Uint32(b[at-4:]))
	const more = 500 << 20
	grown := slices.Clone(b)
	binary.BigEndian.PutUint32(grown[at-4:], uint32(size)+more)
	r := &sparse{head: grown[:at-4+int(size)], gap: more, tail: grown[at-4+int(size):]}
	if _, err := MP4(r, int64(len(b))+more); err != nil {
		t.Fatal(err)
	}
	if r.read > 1<<20 {
		t.Errorf("%d bytes were read", r.read)
	}
}

// sparse is a file with a gap of zeros.
type sparse struct {
	head, tail []byte
	gap, read  int64
}

func (s *sparse) ReadAt(p []byte, off int64) (int, error) {
	s.read += int64(len(p))
	for i := range p {
		switch at := off + int64(i); {
		case at < int64(len(s.head)):
			p[i] = s.head[at]
		case at < int64(len(s.head))+s.gap:
			p[i] = 0
		default:
			p[i] = s.tail[at-int64(len(s.head))-s.gap]
		}
	}
	return len(p), nil
}

func FuzzMP4(f *testing.F) {
	for _, name := range []string{"film.mp4", "silent.mp4", "turned.mp4", "fragmented.mp4", "song.m4a"} {
		f.Add(fixture(f, name))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := film(b)
		if err == nil && (got.Width < 1 || got.Height < 1 || !(got.VideoSeconds > 0) || !(got.AudioSeconds >= 0) || !finite(got.VideoSeconds) || got.VideoCodec == "") {
			t.Errorf("%+v", got)
		}
	})
}
