//go:build !race

// Five films that are read like a telephone would; films in the making at once are server_test.go's.

package film

import (
	"fmt"
	"image"
	"image/jpeg"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"castad/shared/studio/ffmpeg"
)

func TestAQRCodeCanBeReadFromTheFinishedFilm(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	const link = "https://castad.example.com/v/dolldam-kalguksu?from=ad"
	path := qrPath(t, link)
	// As the end card has it: below a line of text, and once above one.
	script := func(w, h int, text string) string {
		return fmt.Sprintf(`{"output_format":"mp4","width":%d,"height":%d,"frame_rate":10,"duration":1.2,"fill_color":"#7a4a20","elements":[
			%s{"type":"shape","y":"60%%","width":"34 vmin","height":"34 vmin","fill_color":"#ffffff"},
			{"type":"shape","y":"60%%","width":"34 vmin","height":"34 vmin","fill_color":"#141018","path":%q},
			{"type":"text","text":"지금 주문하기","y":"20%%","width":"80%%","font_size":20,"fill_color":"#ffffff"}]}`, w, h, text, path)
	}
	above := `{"type":"text","text":"아래에 있는 글자","y":"60%","width":"90%","font_size":14},`
	for name, body := range map[string]string{
		"final":              script(1080, 1920, ""),
		"preview":            script(360, 640, ""),
		"above a text":       script(720, 1280, above),
		"wide":               script(1920, 1080, ""),
		"square and preview": script(360, 360, ""),
	} {
		t.Run(name, func(t *testing.T) {
			r := (&bench{T: t, server: b.server, http: b.http}).order(body)
			if r = b.ended(r.ID); r.Status != statusSucceeded {
				t.Fatalf("ended %s: %s", r.Status, r.ErrorMessage)
			}
			img := frameAt(t, filepath.Join(b.config.Dir, "files", r.ID+".mp4"), 600*time.Millisecond)
			bmp, err := gozxing.NewBinaryBitmapFromImage(img)
			if err != nil {
				t.Fatal(err)
			}
			got, err := qrcode.NewQRCodeReader().Decode(bmp, nil)
			if err != nil || got.GetText() != link {
				t.Errorf("read %v, %v", got, err)
			}
		})
	}
}

// frameAt is one frame of a film.
func frameAt(t *testing.T, mp4 string, at time.Duration) image.Image {
	t.Helper()
	jpg := filepath.Join(t.TempDir(), "frame.jpg")
	if err := os.Link(mp4, filepath.Join(filepath.Dir(jpg), "film.mp4")); err != nil {
		t.Fatal(err)
	}
	if err := ffmpeg.Frame(t.Context(), filepath.Join(filepath.Dir(jpg), "film.mp4"), at, jpg); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(jpg)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := jpeg.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	return img
}
