package ffmpeg

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image/jpeg"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// need skips where ffmpeg is not installed; CI must have it.
func need(t *testing.T) {
	t.Helper()
	if err := Installed(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
}

// writeWAV writes a mono 16-bit tone.
func writeWAV(t *testing.T, path string, seconds float64) {
	t.Helper()
	n := int(seconds * 44100)
	b := []byte("RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x44\xac\x00\x00\x88\x58\x01\x00\x02\x00\x10\x00data")
	binary.LittleEndian.PutUint32(b[4:], uint32(36+2*n))
	b = binary.LittleEndian.AppendUint32(b, uint32(2*n))
	for i := range n {
		b = binary.LittleEndian.AppendUint16(b, uint16(int16(12000*math.Sin(float64(i)*440*2*math.Pi/44100))))
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// gray is the spec of a film of plain frames; frames < 0 never ends.
func gray(dir string, frames int) Spec {
	return Spec{Dir: dir,
		Inputs: []Input{{Format: "rawvideo", Options: []string{"-pixel_format", "yuv420p", "-video_size", "64x64", "-framerate", "10"}}},
		Outputs: []Output{{Path: filepath.Join(dir, "out.mp4"), Format: "mp4",
			Options: []string{"-map", "0:v", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"}}},
		Feed: func(w io.Writer) error {
			frame := make([]byte, 64*64*3/2)
			for i := 0; i != frames; i++ {
				for k := range frame {
					frame[k] = byte(128 + (i*7+k*k)%60) // changing, so that the file grows
				}
				if _, err := w.Write(frame); err != nil {
					return err
				}
			}
			return nil
		}}
}

func TestEncodeProbeAndFrame(t *testing.T) {
	t.Parallel()
	need(t)
	dir := t.TempDir()
	wav, mp3, jpg := filepath.Join(dir, "a.wav"), filepath.Join(dir, "a.mp3"), filepath.Join(dir, "f.jpg")
	writeWAV(t, wav, 2)
	if err := EncodeMP3(t.Context(), wav, mp3); err != nil {
		t.Fatal(err)
	}
	m, err := Probe(t.Context(), mp3)
	if err != nil {
		t.Fatal(err)
	}
	if a := m.Audio(); a == nil || a.Codec != "mp3" || a.Channels != 2 || a.Rate != 44100 || math.Abs(m.Seconds-2) > 0.1 {
		t.Errorf("mp3 probed as %+v", m)
	}
	if _, err := Run(t.Context(), gray(dir, 20)); err != nil {
		t.Fatal(err)
	}
	film := filepath.Join(dir, "out.mp4")
	if m, err = Probe(t.Context(), film); err != nil {
		t.Fatal(err)
	}
	if v := m.Video(); v == nil || v.Codec != "h264" || v.Width != 64 || v.Height != 64 || v.Frames != 20 || v.Rate != 10 || m.Audio() != nil {
		t.Errorf("film probed as %+v", m)
	}
	if err := Frame(t.Context(), film, time.Second, jpg); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(jpg)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if c, err := jpeg.DecodeConfig(f); err != nil || c.Width != 64 {
		t.Errorf("frame is %+v, %v", c, err)
	}
	if err := Frame(t.Context(), film, time.Hour, filepath.Join(dir, "late.jpg")); err == nil {
		t.Error("a frame after the end was taken")
	}
}

func TestHostileInputsAreRefusedBeforeAProcessStarts(t *testing.T) {
	t.Parallel()
	need(t)
	secret := filepath.Join(t.TempDir(), "secret.txt")
	if err := os.WriteFile(secret, []byte("root:x:0:0"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"a playlist named jpg":          "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:10,\nfile://" + secret + "\n#EXT-X-ENDLIST\n",
		"a concat script":               "ffconcat version 1.0\nfile '" + secret + "'\n",
		"a subtitle file":               "[Script Info]\nScriptType: v4.00+\n",
		"a picture in SVG":              `<svg xmlns="http://www.w3.org/2000/svg"><image href="file://` + secret + `"/></svg>`,
		"an empty file":                 "",
		"an m3u8 behind a lone ID byte": "I#EXTM3U\nhttp://127.0.0.1/\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "photo.jpg")
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := Probe(t.Context(), path); !errors.Is(err, ErrFormat) {
				t.Errorf("probe: %v", err)
			}
			if err := Frame(t.Context(), path, 0, filepath.Join(filepath.Dir(path), "x.jpg")); !errors.Is(err, ErrFormat) {
				t.Errorf("frame: %v", err)
			}
		})
	}
}

func TestAPlaylistForcedIntoADemuxerReadsNothing(t *testing.T) {
	t.Parallel()
	need(t)
	dir := t.TempDir()
	list := filepath.Join(dir, "x.wav")
	if err := os.WriteFile(list, []byte("#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := EncodeMP3(t.Context(), list, filepath.Join(dir, "x.mp3")); err == nil {
		t.Error("a playlist was encoded")
	}
	// Even the playlist's own demuxer may not follow an address to the network.
	var asked atomic.Int32
	outside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer outside.Close()
	list = filepath.Join(dir, "y.m3u8")
	text := "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n" + outside.URL + "/a.ts\n#EXT-X-ENDLIST\n"
	if err := os.WriteFile(list, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Run(t.Context(), Spec{Dir: dir, Inputs: []Input{{Path: list, Format: "hls"}},
		Outputs: []Output{{Path: filepath.Join(dir, "y.wav"), Format: "wav"}}})
	var e *Error
	if !errors.As(err, &e) || asked.Load() != 0 {
		t.Errorf("hls: %v, the address was asked %d times", err, asked.Load())
	}
}

func TestNamesThatLookLikeOptionsAreNames(t *testing.T) {
	t.Parallel()
	need(t)
	for _, name := range []string{"-i", "-y.wav", "a b'c:d,[e];f%03d.wav", "http:", "ㄱ.wav"} {
		dir := t.TempDir()
		wav := filepath.Join(dir, name)
		writeWAV(t, wav, 0.3)
		if m, err := Probe(t.Context(), wav); err != nil || m.Audio() == nil {
			t.Errorf("probe %q: %v", name, err)
		}
		if err := EncodeMP3(t.Context(), wav, filepath.Join(dir, "-out "+name+".mp3")); err != nil {
			t.Errorf("encode %q: %v", name, err)
		}
	}
}

func TestPathsOutsideTheWorkFolderAreRefused(t *testing.T) {
	t.Parallel()
	need(t)
	dir := t.TempDir()
	wav := filepath.Join(dir, "a.wav")
	writeWAV(t, wav, 0.2)
	link := filepath.Join(dir, "link.wav")
	if err := os.Symlink(wav, link); err != nil {
		t.Fatal(err)
	}
	out := Output{Path: filepath.Join(dir, "o.wav"), Format: "wav"}
	in := Input{Path: wav, Format: "wav"}
	for name, s := range map[string]Spec{
		"an output above the folder":    {Dir: dir, Inputs: []Input{in}, Outputs: []Output{{Path: filepath.Join(filepath.Dir(dir), "o.wav"), Format: "wav"}}},
		"an output with dots":           {Dir: dir, Inputs: []Input{in}, Outputs: []Output{{Path: dir + "/../o.wav", Format: "wav"}}},
		"an output that is the network": {Dir: dir, Inputs: []Input{in}, Outputs: []Output{{Path: "tcp://127.0.0.1:9", Format: "wav"}}},
		"an output without a format":    {Dir: dir, Inputs: []Input{in}, Outputs: []Output{{Path: out.Path}}},
		"a relative input":              {Dir: dir, Inputs: []Input{{Path: "a.wav", Format: "wav"}}, Outputs: []Output{out}},
		"an input that is a link":       {Dir: dir, Inputs: []Input{{Path: link, Format: "wav"}}, Outputs: []Output{out}},
		"an input that is a folder":     {Dir: dir, Inputs: []Input{{Path: dir, Format: "wav"}}, Outputs: []Output{out}},
		"a relative work folder":        {Dir: ".", Inputs: []Input{in}, Outputs: []Output{out}},
		"standard input without a feed": {Dir: dir, Inputs: []Input{{Format: "wav"}}, Outputs: []Output{out}},
	} {
		if _, err := Run(t.Context(), s); err == nil {
			t.Errorf("%s was run", name)
		}
	}
}

func TestCancelLeavesNoProcessAndNoFile(t *testing.T) {
	t.Parallel()
	need(t)
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	spec := gray(dir, -1)
	endless, fed := spec.Feed, false
	spec.Feed = func(w io.Writer) error {
		return endless(writerFunc(func(p []byte) (int, error) {
			n, err := w.Write(p)
			if !fed {
				fed = true
				cancel() // once ffmpeg has read something
			}
			return n, err
		}))
	}
	_, err := Run(ctx, spec)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
		t.Errorf("files left: %v", left)
	}
	running, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil || len(running) == 0 {
		t.Fatalf("no processes to look at: %v", err)
	}
	for _, p := range running {
		if line, err := os.ReadFile(p); err == nil && bytes.Contains(line, []byte(dir)) { // one that has ended meanwhile cannot be read
			t.Errorf("a process is left: %q", line)
		}
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestLimitsOfTimeAndSize(t *testing.T) {
	t.Parallel()
	need(t)
	dir := t.TempDir()
	slow := gray(dir, -1)
	slow.Limit = 300 * time.Millisecond
	if _, err := Run(t.Context(), slow); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("endless run: %v", err)
	}
	large := gray(dir, -1)
	large.Outputs[0].MaxBytes = 20_000
	if _, err := Run(t.Context(), large); !errors.Is(err, ErrTooLarge) {
		t.Errorf("endless output: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
		t.Errorf("files left: %v", left)
	}
}

func TestAFailingFeedFailsTheRun(t *testing.T) {
	t.Parallel()
	need(t)
	spec := gray(t.TempDir(), 5)
	ok := spec.Feed
	broken := errors.New("no more frames")
	spec.Feed = func(w io.Writer) error { return errors.Join(ok(w), broken) }
	if _, err := Run(t.Context(), spec); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(spec.Outputs[0].Path); !errors.Is(err, os.ErrNotExist) {
		t.Error("a half film was kept")
	}
}

func TestTheEndOfStandardErrorIsKept(t *testing.T) {
	t.Parallel()
	var l tail
	for i := range 2000 {
		fmt.Fprintf(&l, "line %d of noise\n", i)
	}
	if s := l.String(); len(s) > tailBytes || !strings.HasSuffix(s, "line 1999 of noise\n") {
		t.Errorf("kept %d bytes ending in %q", len(s), s[len(s)-30:])
	}
}

func TestAMissingProgramNamesThePackage(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	err := Installed()
	if !errors.Is(err, ErrMissing) || !strings.Contains(err.Error(), "apt-get install -y --no-install-recommends ffmpeg") {
		t.Errorf("got %v", err)
	}
	if _, err := Run(context.Background(), gray(t.TempDir(), 1)); !errors.Is(err, ErrMissing) {
		t.Errorf("run: %v", err)
	}
}
