package film

import (
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"castad/shared/studio/ffmpeg"
)

// scenery is a photo with detail everywhere, of one hue, as sharp, bright and
// colourful as asked.
func scenery(t *testing.T, hue color.RGBA, cell int, contrast float64) string {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 400, 600))
	for y := range 600 {
		for x := range 400 {
			k := 1 - contrast/2 + contrast*math.Abs(math.Sin(float64(x/cell*7+y/cell*13)))/2
			img.Set(x, y, color.RGBA{uint8(k * float64(hue.R)), uint8(k * float64(hue.G)), uint8(k * float64(hue.B)), 255})
		}
	}
	path := filepath.Join(t.TempDir(), "photo.jpg")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := jpeg.Encode(f, img, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// made is a film of a script whose sources are files: what was composed, and
// the encoded file in a folder of its own.
func made(t *testing.T, script string, files map[string]source) (*cut, string) {
	t.Helper()
	need(t, ffmpeg.Installed())
	p, dir := &problems{}, t.TempDir()
	s := parse([]byte(script), p)
	if len(p.errors) > 0 {
		t.Fatal(p.errors)
	}
	c, err := prepare(t.Context(), s, installed(t), dir, files, p)
	if err != nil {
		t.Fatal(err)
	}
	mp4, err := c.encode(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return c, mp4
}

// sung is a film of four seconds: a photo that is zoomed into and a song.
func sung(t *testing.T) (*cut, string) {
	t.Helper()
	song := filepath.Join(t.TempDir(), "song.wav")
	if err := os.WriteFile(song, wav(4, 0.3), 0o600); err != nil {
		t.Fatal(err)
	}
	return made(t, `{"output_format":"mp4","width":180,"height":320,"frame_rate":15,"duration":4,"elements":[
		{"type":"image","source":"p","animations":[{"type":"scale","start_scale":"100%","end_scale":"130%"}]},
		{"type":"text","text":"칼국수","font_size":30,"y":"20%","fill_color":"#fff"},{"type":"audio","source":"s","duration":4}]}`,
		map[string]source{"p": {path: scenery(t, color.RGBA{230, 120, 60, 255}, 9, 1)}, "s": {song, 4}})
}

func TestAFinishedFilmIsLookedAt(t *testing.T) {
	t.Parallel()
	c, mp4 := sung(t)
	video := []string{"-map", "[v]", "-map", "0:a", "-c:a", "copy", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-movflags", "+faststart"}
	audio := []string{"-map", "0:v", "-map", "[a]", "-c:v", "copy", "-c:a", "aac", "-ar", "44100", "-b:a", "160k", "-movflags", "+faststart"}
	copied := []string{"-map", "0", "-c", "copy", "-movflags", "+faststart"}
	for name, row := range map[string]struct {
		graph   string
		options []string
		want    string // "" for a film that counts
	}{
		"as it was encoded":           {"", copied, ""},
		"another codec":               {"[0:v]null[v]", []string{"-map", "[v]", "-map", "0:a", "-c:a", "copy", "-c:v", "mpeg4", "-movflags", "+faststart"}, "no H.264"},
		"another pixel format":        {"[0:v]format=yuv444p[v]", []string{"-map", "[v]", "-map", "0:a", "-c:a", "copy", "-c:v", "libx264", "-movflags", "+faststart"}, "no H.264 yuv420p"},
		"another size":                {"[0:v]scale=90:160[v]", video, "90x160"},
		"a second less":               {"", append([]string{"-t", "3"}, copied...), "lasts 3"},
		"fewer frames":                {"[0:v]fps=10[v]", video, "40 frames"},
		"no sound":                    {"", []string{"-map", "0:v", "-c", "copy", "-movflags", "+faststart"}, "no AAC"},
		"another sample rate":         {"[0:a]aresample=48000[a]", append(append([]string{}, audio...), "-ar", "48000"), "no AAC 44.1 kHz"},
		"sound that ends early":       {"[0:a]atrim=end=3[a]", audio, "the sound lasts 3"},
		"sound that is silent":        {"[0:a]volume=0[a]", audio, "silent"},
		"sound that is too quiet":     {"[0:a]volume=-6dB[a]", audio, "LUFS"},
		"sound that is too loud":      {"[0:a]volume=3dB[a]", audio, "LUFS"},
		"peaks that are too high":     {"[0:a]volume='if(lt(mod(t,1),0.001),20,1)':eval=frame[a]", audio, "true peak"},
		"an index at the end":         {"", []string{"-map", "0", "-c", "copy"}, "index is at the end"},
		"black in the middle":         {"[0:v]drawbox=c=black:t=fill:enable='between(t,1,2.5)'[v]", video, "black from 1."},
		"a moment of black":           {"[0:v]drawbox=c=black:t=fill:enable='between(t,1,1.6)'[v]", video, ""},
		"a picture that stands still": {"[0:v]split[x][y];[x][y]freezeframes=first=15:last=45:replace=15[v]", video, "stands still from"},
		"a moment of standing still":  {"[0:v]split[x][y];[x][y]freezeframes=first=15:last=24:replace=15[v]", video, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			changed := filepath.Join(dir, "film.mp4")
			if _, err := ffmpeg.Run(t.Context(), ffmpeg.Spec{Dir: dir, Inputs: []ffmpeg.Input{{Path: mp4}}, Graph: row.graph,
				Outputs: []ffmpeg.Output{{Path: changed, Format: "mp4", Options: row.options}}}); err != nil {
				t.Fatal(err)
			}
			_, err := c.verify(t.Context(), changed, &problems{})
			if (err == nil) != (row.want == "") || err != nil && !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v, want %q", err, row.want)
			}
		})
	}
	t.Run("half of its bytes", func(t *testing.T) {
		t.Parallel()
		data, err := os.ReadFile(mp4)
		if err != nil {
			t.Fatal(err)
		}
		cutOff := filepath.Join(t.TempDir(), "film.mp4")
		if err := os.WriteFile(cutOff, data[:len(data)/2], 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := c.verify(t.Context(), cutOff, &problems{}); err == nil {
			t.Error("it counts")
		}
	})
}

func TestAStillThatWasAskedForMayStandStill(t *testing.T) {
	t.Parallel()
	c, mp4 := made(t, `{"output_format":"mp4","width":180,"height":320,"frame_rate":15,"duration":3,"elements":[{"type":"image","source":"p"}]}`,
		map[string]source{"p": {path: scenery(t, color.RGBA{230, 120, 60, 255}, 9, 1)}})
	if _, err := c.verify(t.Context(), mp4, &problems{}); err != nil {
		t.Error(err)
	}
}

func TestWhatMakesAFrameAGoodThumbnail(t *testing.T) {
	t.Parallel()
	const w, h = 60, 90
	paint := func(at func(x, y int) [3]float64) []byte {
		out := make([]byte, 0, 3*w*h)
		for i := range w * h {
			for _, v := range at(i%w, i/w) {
				out = append(out, byte(max(0, min(255, v))))
			}
		}
		return out
	}
	wave := func(cell, level, depth float64, r, g, b float64) []byte {
		return paint(func(x, y int) [3]float64 {
			k := level + depth*math.Sin(float64(x)/cell)*math.Sin(float64(y)/cell)
			return [3]float64{k * r, k * g, k * b}
		})
	}
	orange := wave(1, 0.6, 0.3, 255, 150, 40)
	for name, worse := range map[string][]byte{
		"the same without sharp edges": wave(12, 0.6, 0.3, 255, 150, 40),
		"the same in grey":             wave(1, 0.6, 0.3, 150, 150, 150),
		"the same in pale colours":     wave(1, 0.6, 0.3, 190, 160, 150),
		"the same in the dark":         wave(1, 0.06, 0.06, 255, 150, 40),
		"the same, half of it blown to white": paint(func(x, y int) [3]float64 {
			if i := 3 * (y*w + x); y < h/2 {
				return [3]float64{float64(orange[i]), float64(orange[i+1]), float64(orange[i+2])}
			}
			return [3]float64{255, 255, float64(200 + 55*(x%2))} // colour and edges, and nothing to see
		}),
	} {
		if good, bad := score(orange, w, h), score(worse, w, h); good <= bad*1.05 {
			t.Errorf("%s scores %.1f, the picture itself %.1f", name, bad, good)
		}
	}
}
