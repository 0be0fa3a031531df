package media

import (
	"bytes"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"castad/shared/fault"
)

func fixture(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func wantCode(t *testing.T, what string, err error, code fault.Code) {
	t.Helper()
	if err == nil || fault.CodeOf(err) != code {
		t.Errorf("%s: got %v (%s), want %s", what, err, fault.CodeOf(err), code)
	}
}

// near compares seconds to a millisecond.
func near(a, b float64) bool { return math.Abs(a-b) < 0.001 }

// every judge of a file, by the fixtures that it accepts.
var judges = map[string]struct {
	judge    func(io.ReaderAt, int64) error
	code     fault.Code
	fixtures []string
}{
	"image": {func(r io.ReaderAt, n int64) error { _, err := Image(r, n); return err }, fault.CodeNotAnImage,
		[]string{"photo.jpg", "photo.png", "photo.webp", "lossless.webp"}},
	"film": {func(r io.ReaderAt, n int64) error { _, err := MP4(r, n); return err }, fault.CodeVendorResult,
		[]string{"film.mp4", "silent.mp4", "turned.mp4"}},
	"song": {func(r io.ReaderAt, n int64) error { _, err := Audio(r, n); return err }, fault.CodeVendorResult,
		[]string{"song.mp3", "vbr.mp3", "song.wav", "song.m4a", "opus.mp4"}},
}

func TestWhatIsNotMediaIsRefused(t *testing.T) {
	t.Parallel()
	html := []byte("<!doctype html><html><body><h1>502 Bad Gateway</h1></body></html>\n")
	for what, b := range map[string][]byte{
		"nothing":        {},
		"one byte":       {0xFF},
		"zeros":          make([]byte, 300_000),
		"HTML":           html,
		"much HTML":      bytes.Repeat(html, 10_000),
		"SVG":            []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`),
		"JSON":           []byte(`{"code":404,"msg":"not found"}`),
		"GIF":            []byte("GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"),
		"ZIP":            []byte("PK\x03\x04" + "................................"),
		"a fake JPEG":    append([]byte("\xff\xd8\xff\xe0"), html...),
		"a fake PNG":     append([]byte("\x89PNG\r\n\x1a\n"), html...),
		"a fake WebP":    append([]byte("RIFF\x40\x00\x00\x00WEBP"), html...),
		"a fake WAV":     append([]byte("RIFF\x40\x00\x00\x00WAVE"), html...),
		"a fake MP4":     append([]byte("\x00\x00\x00\x18ftypisom"), html...),
		"a fake MP3":     append([]byte("ID3\x04\x00\x00\x00\x00\x00\x00"), html...),
		"an audio sync":  append([]byte("\xff\xfb\x90\x00"), html...),
		"ID3 of a lie":   []byte("ID3\x04\x00\x00\x7f\x7f\x7f\x7f"),
		"MP4 of a lie":   []byte("\x00\x00\x00\x01ftyp\xff\xff\xff\xff\xff\xff\xff\xff"),
		"random letters": bytes.Repeat([]byte("\xff\xfa\xff\xe2\x00abc"), 50_000),
	} {
		for name, j := range judges {
			wantCode(t, what+" as "+name, j.judge(bytes.NewReader(b), int64(len(b))), j.code)
		}
	}
}

// faulty fails on everything that reaches behind good.
type faulty struct {
	io.ReaderAt
	good int64
	err  error
}

func (f faulty) ReadAt(p []byte, off int64) (int, error) {
	if off+int64(len(p)) > f.good {
		return 0, f.err
	}
	return f.ReaderAt.ReadAt(p, off)
}

func TestAnErrorOfTheReaderIsNotTheFilesFault(t *testing.T) {
	t.Parallel()
	down := fault.New(fault.CodeUnavailable)
	for name, j := range judges {
		if err := j.judge(faulty{err: down}, 1000); !errors.Is(err, error(down)) || fault.KindOf(err) != fault.Unavailable {
			t.Errorf("%s: %v", name, err)
		}
		// A file shorter than its size is an I/O error too: the size came from storage.
		if err := j.judge(bytes.NewReader([]byte("\xff\xd8")), 1000); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Before the header is complete, while the decoder reads.
	jpg := fixture(t, "photo.jpg")
	long := slices.Concat(jpg[:2], bytes.Repeat(segment(0xEF, make([]byte, 60_000)), 5), jpg[2:])
	for good := int64(window); good < int64(len(long)); good += 50_000 {
		if _, err := Image(faulty{bytes.NewReader(long), good, down}, int64(len(long))); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("failing behind %d: %v", good, err)
		}
	}
}
