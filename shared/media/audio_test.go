package media

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"castad/shared/fault"
)

func song(b []byte) (AudioInfo, error) { return Audio(bytes.NewReader(b), int64(len(b))) }

func TestSongsAreMeasured(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]AudioInfo{
		"song.mp3":     {"audio/mpeg", 1.1, 44100, 1, 1152 + 576 + 529}, // what ffmpeg decodes, delay and padding taken off
		"vbr.mp3":      {"audio/mpeg", 1.1, 44100, 2, 1152 + 576 + 529},
		"plain.mp3":    {"audio/mpeg", 1.152, 24000, 1, 0}, // nothing tells delay and padding
		"song.wav":     {"audio/wav", 0.5, 8000, 1, 0},
		"streamed.wav": {"audio/wav", 0.25, 8000, 2, 0},
		"song.m4a":     {"audio/mp4", 1.1, 44100, 2, 0},
		"opus.mp4":     {"audio/mp4", 1.1, 48000, 2, 0},
	} {
		got, err := song(fixture(t, name))
		if err != nil || !near(got.Seconds, want.Seconds) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		if got.Seconds = want.Seconds; got != want {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
	_, err := song(fixture(t, "film.mp4"))
	wantCode(t, "a film", err, fault.CodeVendorResult)
}

func TestTagsAndLittleJunkDoNotDisturbAnMP3(t *testing.T) {
	t.Parallel()
	bare := fixture(t, "plain.mp3")
	id3v1 := append([]byte("TAGsine"), make([]byte, 121)...)
	at := len(bare) / 2
	for at < len(bare) && !(bare[at] == bare[0] && bare[at+1] == bare[1]) { // the next frame
		at++
	}
	id3 := append([]byte("ID3\x04\x00\x00\x00\x00\x10\x00"), make([]byte, 2048)...)
	ape := append([]byte("APETAGEX\xd0\x07\x00\x00"), make([]byte, 200)...)
	for what, b := range map[string][]byte{
		"bare":                  bare,
		"two ID3 tags":          slices.Concat(id3, id3, bare, id3v1),
		"zeros in front":        slices.Concat(id3, make([]byte, 100_000), bare),
		"zeros behind":          slices.Concat(bare, make([]byte, 100_000)),
		"an APE tag":            slices.Concat(bare, ape, id3v1),
		"junk between frames":   slices.Concat(bare[:at], bytes.Repeat([]byte("junk"), 250), bare[at:]),
		"a little junk at once": slices.Concat([]byte("junk"), bare),
	} {
		got, err := song(b)
		if err != nil || !near(got.Seconds, 1.152) {
			t.Errorf("%s: %+v, %v", what, got, err)
		}
	}
	junk := bytes.Repeat([]byte("<html>"), 1000)
	_, err := song(slices.Concat(bare[:at], junk, bare[at:]))
	wantCode(t, "a page between frames", err, fault.CodeVendorResult)
	_, err = song(slices.Concat(bare, junk))
	wantCode(t, "a page behind the frames", err, fault.CodeVendorResult)
}

func TestAnMP3CutInsideAFrameIsRefused(t *testing.T) {
	t.Parallel()
	// Without a Xing header nothing tells how many frames there were, so a cut between two frames cannot be seen.
	const length = 72 // bytes of a frame at 24 kbit/s and 24 kHz
	b := fixture(t, "plain.mp3")
	for n := range len(b) {
		got, err := song(b[:n])
		switch {
		case n%length != 0 || n < 2*length:
			wantCode(t, "a piece", err, fault.CodeVendorResult)
		case err != nil || !near(got.Seconds, float64(n/length)*0.024):
			t.Errorf("%d frames: %+v, %v", n/length, got, err)
		}
	}
}

func TestAnMP3ThatClaimsMoreThanItHasIsRefused(t *testing.T) {
	t.Parallel()
	b := slices.Clone(fixture(t, "song.mp3"))
	i := bytes.Index(b, []byte("Info"))
	if i < 0 {
		i = bytes.Index(b, []byte("Xing"))
	}
	frames := binary.BigEndian.Uint32(b[i+8:])
	binary.BigEndian.PutUint32(b[i+8:], frames*3)
	_, err := song(b)
	wantCode(t, "a third of the frames", err, fault.CodeVendorResult)
}

func TestWAVsThatLieAreRefused(t *testing.T) {
	t.Parallel()
	good := fixture(t, "song.wav")
	edit := func(at int, v ...byte) []byte {
		b := slices.Clone(good)
		copy(b[at:], v)
		return b
	}
	data := bytes.Index(good, []byte("data"))
	for what, b := range map[string][]byte{
		"compressed":                 edit(20, 0x55),
		"no channels":                edit(22, 0),
		"9 channels":                 edit(22, 9),
		"0 Hz":                       edit(24, 0, 0, 0, 0),
		"4 GHz":                      edit(24, 0xFF, 0xFF, 0xFF, 0xFF),
		"another sample size":        edit(32, 7),
		"more data than bytes":       edit(data+4, 0xFF, 0xFF, 0xFF, 0x7F),
		"a file of another size":     edit(4, 0xFF, 0xFF),
		"no samples":                 edit(data+4, 0, 0, 0, 0),
		"no format":                  edit(12, 'x'),
		"an archive behind the song": slices.Concat(good, []byte("PK\x03\x04")),
	} {
		_, err := song(b)
		wantCode(t, what, err, fault.CodeVendorResult)
	}
}

func FuzzAudio(f *testing.F) {
	for _, name := range []string{"song.mp3", "vbr.mp3", "plain.mp3", "song.wav", "streamed.wav", "song.m4a", "opus.mp4"} {
		f.Add(fixture(f, name))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := song(b)
		if err == nil && (!(got.Seconds > 0) || !finite(got.Seconds) || got.SampleRate < 1 || got.Channels < 1 || got.Type == "") {
			t.Errorf("%+v", got)
		}
	})
}
