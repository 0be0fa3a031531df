//go:build !race

// Pixel after pixel in one thread: under the race detector twenty times as long.

package film

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"image"
	"image/jpeg"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
)

// framesOf are the hashes of some frames of a script, composed from its text.
func framesOf(t *testing.T, raw string, numbers ...int) string {
	t.Helper()
	f, err := LoadFonts(FontFolder)
	if err != nil {
		need(t, err)
	}
	s, files := local(t, raw)
	c, err := prepare(t.Context(), s, f, t.TempDir(), files, &problems{})
	if err != nil {
		t.Fatal(err)
	}
	comp := newComposer(c.scene, s.fill, c.layers)
	frame, sum := newPlanes(comp.w, comp.h), sha256.New()
	for _, n := range numbers {
		comp.draw(frame, (float64(n)+0.5)/c.rate)
		sum.Write(frame.y[:comp.w*comp.h*3/2])
	}
	return fmt.Sprintf("%x", sum.Sum(nil))
}

func TestTheSameScriptMakesTheSameFrames(t *testing.T) {
	t.Parallel()
	raw := speedScript(t, 1.0/3)
	numbers := []int{0, 89, 93, 181, 275, 500, 790, 899}
	first := framesOf(t, raw, numbers...)
	// Frames do not depend on those that were drawn before them either.
	again := framesOf(t, raw, numbers...)
	if first != again {
		t.Errorf("frames differ: %s, then %s", first, again)
	}
	if other := framesOf(t, strings.Replace(raw, "20,0.72)", "20,0.71)", 1), numbers...); other == first {
		t.Error("another script made the same frames")
	}
}

func TestOfAVeryLongPhotoABoundedPartIsKept(t *testing.T) {
	t.Parallel()
	img := image.NewGray(image.Rect(0, 0, 20_000, 2_000))
	for y := 700; y < 1300; y++ {
		for x := 14_000; x < 14_600; x++ {
			img.Pix[y*img.Stride+x] = uint8(128 + x%97 + y%29)
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 50}); err != nil {
		t.Fatal(err)
	}
	p, err := decodePhoto(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	layers := map[string]*layer{}
	layers["smart"], _ = filmed(p, canvas{1080, 1920, 1}, motions["pan right"])
	// All of it may be panned over: it is kept less sharp.
	plain := &layer{visual: &visual{e: &element{kind: kindImage, fit: "cover", moves: []animation{motions["pan right"]}}, w: 1080, h: 1920, end: 3, hold: 3, opacity: 1}}
	(&scene{canvas: canvas{1080, 1920, 1}}).photoLayer(plain, p)
	layers["plain"] = plain
	for name, l := range layers {
		if l.pic.w*l.pic.h > maxPictures+l.pic.w+l.pic.h {
			t.Errorf("%s keeps %d x %d pixels", name, l.pic.w, l.pic.h)
		}
	}
}

func TestEveryFaceIsDrawnAsItWasMeasured(t *testing.T) {
	t.Parallel()
	// One line per installed face, in one frame; 뷁, 똠 and 쀍 are rare and in every face.
	var list []string
	var names []string
	for _, family := range slices.Sorted(maps.Keys(families)) {
		for _, f := range installed(t).families[family] {
			names = append(names, f.name)
			list = append(list, textElement("뷁똠쀍 AVATo fi 1,000", fmt.Sprintf(`"y":%d,"x":"50%%","font_size":56,"font_family":%q,"font_weight":%d,"x_alignment":"50%%","fill_color":"#fff"`, 40+70*len(names), family, f.weight)))
		}
	}
	a := lettered(t, json.RawMessage(`{"output_format":"mp4","width":960,"height":1900,"duration":1,"elements":[`+strings.Join(list, ",")+`]}`))
	got, want, box := lettersOf(t, a), outlined(t, a.sc, a.texts, false), outlined(t, a.sc, a.texts, true)
	for i, l := range a.texts {
		if l.face.name != names[i] {
			t.Errorf("%s stands in for %s", l.face.name, names[i])
		}
		r := pixels(l.bounds)
		if k, n := likeness(got, want, r), likeness(got, box, r); k < 0.8 || n > 0.5 {
			t.Errorf("%s is drawn %.2f like its outlines, %.2f like the box of a missing glyph", names[i], k, n)
		}
		// The ink ends where the measured advances say, within a pixel.
		if g, w := inkSpan(got, r), inkSpan(want, r); math.Abs(g[0]-w[0]) > 1.5 || math.Abs(g[1]-w[1]) > 1.5 {
			t.Errorf("%s: ink from %v to %v, measured %v to %v", names[i], g[0], g[1], w[0], w[1])
		}
	}
	if p, ok := inkOutside(got, a.texts); ok {
		t.Errorf("there is ink at %v, outside all texts", p)
	}
}

func TestEveryFrameKeepsTheSubject(t *testing.T) {
	t.Parallel()
	photos := append(paintedPhotos(), sampled(t)...)
	for _, p := range photos {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			w, h := p.size()
			marked := rect{p.marked.X * float64(w), p.marked.Y * float64(h), p.marked.W * float64(w), p.marked.H * float64(h)}
			for shape, c := range filmShapes {
				for name, move := range motions {
					l, _ := filming(c, move)
					l.aim(p.photo)
					label := fmt.Sprintf("%s in %s", name, shape)
					checkPath(t, label, l, c, marked)
					if name == "pan right" || name == "zoom out" {
						_, comp := filmed(p.photo, c, move)
						checkFrames(t, label, comp)
					}
				}
			}
		})
	}
}

// checkPath looks at the windows of all frames, from the code that draws them.
func checkPath(t *testing.T, label string, l *layer, c canvas, marked rect) {
	t.Helper()
	worst, at := 1.0, 0.0
	var before view
	for n := range 90 {
		s := (float64(n) + 0.5) / 30
		v := l.at(s)
		if share := seenShare(v.win, marked); share < worst {
			worst, at = share, s
		}
		if shape, drawn := v.win.w/v.win.h, v.dst.w/v.dst.h; math.Abs(shape/drawn-1) > 0.01 {
			t.Fatalf("%s: stretched at %.2f s: %v is drawn as %v", label, s, v.win, v.dst)
		}
		if l.camera.photo.holds(l.camera.a) && l.camera.photo.holds(l.camera.b) && v.dst != (rect{0, 0, c.w, c.h}) && !v.dst.holds(rect{0, 0, c.w, c.h}) {
			t.Fatalf("%s: bare at %.2f s: %v of %v", label, s, v.dst, c)
		}
		if step := math.Abs(v.win.x-before.win.x)/v.win.w + math.Abs(v.win.y-before.win.y)/v.win.h; n > 0 && step > 0.02 {
			t.Fatalf("%s: jumps by %.3f of the picture at %.2f s", label, step, s)
		}
		before = v
	}
	if worst < 0.95 {
		t.Errorf("%s: only %.3f of the subject is seen at %.2f s in %v, marked %v", label, worst, at, l.camera.b, marked)
	}
	a, b := l.at(0), l.at(2.99)
	if moved := max(math.Abs(a.win.w/a.dst.w-b.win.w/b.dst.w)/(a.win.w/a.dst.w), math.Abs(a.win.x-b.win.x)/a.win.w, math.Abs(a.win.y-b.win.y)/a.win.h,
		math.Abs(a.dst.y-b.dst.y)/c.h, math.Abs(a.dst.x-b.dst.x)/c.w); moved < 0.01 || moved > 0.26 {
		t.Errorf("%s: moves by %.3f", label, moved)
	}
}

// checkFrames draws the first, a middle and the last frame: nothing of the
// magenta ground may be seen.
func checkFrames(t *testing.T, label string, c *composer) {
	t.Helper()
	f := newPlanes(c.w, c.h)
	ground := c.ground
	for _, s := range []float64{0.01, 1.4, 2.99} {
		flood(f.u, ground[1]) // what is not drawn at all keeps it
		flood(f.v, ground[2])
		c.draw(f, s)
		for i, u := range f.u {
			if u == ground[1] && f.v[i] == ground[2] {
				t.Errorf("%s: the ground shows at %d, %d", label, i%(c.w/2)*2, i/(c.w/2)*2)
				return
			}
		}
	}
}

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
