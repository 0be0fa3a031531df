package film

import (
	"encoding/json"
	"fmt"
	"image"
	"image/draw"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"

	"castad/shared/studio/ffmpeg"
)

// lettersOf is the luma that libass gives a black frame at time 0, 0 to 255.
func lettersOf(t *testing.T, a *assFile) *image.Gray {
	t.Helper()
	img, report := drawing(t, a)
	if err := fontsFound(report); err != nil {
		t.Fatal(err)
	}
	return img
}

// drawing is lettersOf with what ffmpeg reports.
func drawing(t *testing.T, a *assFile) (*image.Gray, string) {
	t.Helper()
	need(t, ffmpeg.Installed())
	dir, w, h := t.TempDir(), int(a.sc.w), int(a.sc.h)
	if err := a.keep(dir); err != nil {
		t.Fatal(err)
	}
	black := slices.Concat(make([]byte, w*h), slices.Repeat([]byte{128}, w*h/2))
	for i := range w * h {
		black[i] = 16
	}
	raw := filepath.Join(dir, "y.raw")
	report, err := ffmpeg.Run(t.Context(), ffmpeg.Spec{Dir: dir, Loglevel: "warning", Fontconfig: filepath.Join(dir, fontconfigName), Graph: "[0:v]" + textFilter + ",extractplanes=y[v]",
		Inputs:  []ffmpeg.Input{{Format: "rawvideo", Options: []string{"-pixel_format", "yuv420p", "-video_size", fmt.Sprintf("%dx%d", w, h), "-framerate", "30"}}},
		Outputs: []ffmpeg.Output{{Path: raw, Format: "rawvideo", Options: []string{"-map", "[v]"}}},
		Feed:    func(out io.Writer) error { _, err := out.Write(black); return err }})
	if err != nil {
		t.Fatal(err)
	}
	img := image.NewGray(image.Rect(0, 0, w, h))
	if img.Pix, err = os.ReadFile(raw); err != nil || len(img.Pix) != w*h {
		t.Fatalf("%d bytes, %v", len(img.Pix), err)
	}
	for i, v := range img.Pix {
		img.Pix[i] = byte(max(0, min(255, (int(v)-16)*255/219)))
	}
	return img, report
}

// outlined draws a text's lines from the font's own outlines. Each glyph is
// put where the layout says that it is; notdef draws every one as the box that
// fonts have for what they have not.
func outlined(t *testing.T, sc *scene, list []*lettering, notdef bool) *image.Gray {
	t.Helper()
	z := vector.NewRasterizer(int(sc.w), int(sc.h))
	var b sfnt.Buffer
	for _, l := range list {
		for _, n := range l.lines {
			x, base := n.x, n.y+middleOf(l.face)*l.size
			for _, r := range n.text {
				g, err := l.face.font.GlyphIndex(&b, r)
				if notdef {
					g = 0
				}
				segments, err2 := l.face.font.LoadGlyph(&b, g, l.face.em(), nil)
				if err != nil || err2 != nil {
					t.Fatal(err, err2)
				}
				trace(z, segments, float32(x), float32(base), float32(l.size/l.face.units/64))
				x += (l.face.glyph(r).advance + l.letter) * l.size
			}
		}
	}
	mask := image.NewAlpha(image.Rect(0, 0, int(sc.w), int(sc.h)))
	z.DrawOp = draw.Src
	z.Draw(mask, mask.Bounds(), image.Opaque, image.Point{})
	return &image.Gray{Pix: mask.Pix, Stride: mask.Stride, Rect: mask.Rect}
}

// middleOf is how far Hangul's middle is above the baseline, in em.
func middleOf(f *face) float64 {
	var b sfnt.Buffer
	g, _ := f.font.GlyphIndex(&b, '한')
	r, _, err := f.font.GlyphBounds(&b, g, f.em(), 0)
	if err != nil {
		return 0
	}
	return -float64(r.Min.Y+r.Max.Y) / 2 / 64 / f.units
}

func trace(z *vector.Rasterizer, segments sfnt.Segments, x, y, k float32) {
	at := func(p fixed.Point26_6) (float32, float32) { return x + float32(p.X)*k, y + float32(p.Y)*k }
	for _, s := range segments {
		x0, y0 := at(s.Args[0])
		x1, y1 := at(s.Args[1])
		x2, y2 := at(s.Args[2])
		switch s.Op {
		case sfnt.SegmentOpMoveTo:
			z.ClosePath()
			z.MoveTo(x0, y0)
		case sfnt.SegmentOpLineTo:
			z.LineTo(x0, y0)
		case sfnt.SegmentOpQuadTo:
			z.QuadTo(x0, y0, x1, y1)
		case sfnt.SegmentOpCubeTo:
			z.CubeTo(x0, y0, x1, y1, x2, y2)
		}
	}
	z.ClosePath()
}

// likeness is the intersection over the union of two drawings' ink inside a rectangle.
func likeness(a, b *image.Gray, r image.Rectangle) float64 {
	var both, any float64
	for y := max(0, r.Min.Y); y < min(a.Rect.Dy(), r.Max.Y); y++ {
		for x := max(0, r.Min.X); x < min(a.Rect.Dx(), r.Max.X); x++ {
			u, v := float64(a.GrayAt(x, y).Y), float64(b.GrayAt(x, y).Y)
			both, any = both+min(u, v), any+max(u, v)
		}
	}
	if any == 0 {
		return 0
	}
	return both / any
}

// inkOutside is the first pixel with ink that is in none of the texts' boxes.
func inkOutside(img *image.Gray, list []*lettering) (image.Point, bool) {
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			p := image.Pt(x, y)
			if img.GrayAt(x, y).Y > 12 && !slices.ContainsFunc(list, func(l *lettering) bool { return p.In(pixels(l.bounds)) }) {
				return p, true
			}
		}
	}
	return image.Point{}, false
}

// pixels is the rectangle of whole pixels around r and one more on each side.
func pixels(r rect) image.Rectangle {
	return image.Rect(int(math.Floor(r.x))-1, int(math.Floor(r.y))-1, int(math.Ceil(r.x+r.w))+1, int(math.Ceil(r.y+r.h))+1)
}

// lettered lays out the text elements of a script.
func lettered(t *testing.T, script json.RawMessage) *assFile {
	t.Helper()
	p := &problems{}
	s := parse(script, p)
	if len(p.errors) > 0 {
		t.Fatal(p.errors)
	}
	a := s.resolve(nil, p).letter(installed(t), p)
	if len(p.errors) > 0 {
		t.Fatal(p.errors)
	}
	return a
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

// inkSpan is where ink begins and ends from left to right.
func inkSpan(img *image.Gray, r image.Rectangle) (span [2]float64) {
	span[0] = math.Inf(1)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			if img.GrayAt(x, y).Y > 96 {
				span[0], span[1] = min(span[0], float64(x)), max(span[1], float64(x))
			}
		}
	}
	return span
}

func TestHostileTextIsDrawnLiterally(t *testing.T) {
	t.Parallel()
	hostile := []string{`{\p1}m 0 0 l 900 0 900 900 0 900`, `{\an8\fs90}크게 {\pos(0,0)}`, `a\Nb\nc\hd`, "하나\\N둘", `}{ {{{ }}} \{ \} \\`, `' : \ % , ; [ ] = "`, `100% 할인: [오늘], '특가'; A\B`,
		"가\u200b나\u202e다\u2066라\ufeff마", "\u0007벨\u0000널", `Dialogue: 9,0:00:00.00,9:00:00.00,D,,0,0,0,,x`, `%{eif\:1\:d} ${HOME} $(id) %s %n`, "&lt;b&gt; <b>굵게</b>", `\`, "--", "…·—“”‘’", strings.Repeat("가", 40)}
	for _, effect := range []string{"", "karaoke", "color"} {
		t.Run(effect, func(t *testing.T) {
			t.Parallel()
			var list []string
			for i, s := range hostile {
				list = append(list, textElement(s, fmt.Sprintf(`"y":%d,"x":"50%%","font_size":26,"font_weight":700,"x_alignment":"50%%","fill_color":"#fff","width":"96%%","height":40,"transcript_effect":%q,"transcript_color":"#fff"`, 30+44*i, effect)))
			}
			a := lettered(t, json.RawMessage(`{"output_format":"mp4","width":900,"height":740,"duration":1,"elements":[`+strings.Join(list, ",")+`]}`))
			if len(a.texts) != len(hostile) {
				t.Fatalf("%d of %d texts are drawn", len(a.texts), len(hostile))
			}
			got, want := lettersOf(t, a), outlined(t, a.sc, a.texts, false)
			for i, l := range a.texts {
				if k := likeness(got, want, pixels(l.bounds)); k < 0.7 {
					t.Errorf("%q is drawn %.2f like %q", hostile[i], k, l.lines[0].text)
				}
				if s := strings.Join(strings.Fields(plain(hostile[i])), " "); l.lines[0].text != s {
					t.Errorf("%q became %q", hostile[i], l.lines[0].text)
				}
			}
			if p, ok := inkOutside(got, a.texts); ok {
				t.Errorf("there is ink at %v, outside all texts", p)
			}
		})
	}
}

func TestAFontThatLibassDoesNotFindIsAnError(t *testing.T) {
	t.Parallel()
	a := lettered(t, texts(textElement("칼국수", `"font_size":40,"fill_color":"#fff"`)))
	if _, report := drawing(t, a); fontsFound(report) != nil {
		t.Errorf("the right font: %v", fontsFound(report))
	}
	for name, change := range map[string]func(*face){
		"a name that no file has": func(f *face) { f.name = "DejaVu Sans" }, // installed on most machines, and yet not found
		"a file without the text": func(f *face) { f.path = FontFolder + "/NanumMyeongjo.ttf" },
	} {
		a := lettered(t, texts(textElement("칼국수", `"font_size":40,"fill_color":"#fff"`)))
		f := a.texts[0].face
		changed := &face{fontFile: f.fontFile, path: f.path, assScale: f.assScale, font: f.font, units: f.units}
		change(changed)
		l := *a.texts[0]
		l.face = changed
		b := &assFile{sc: a.sc}
		b.text(&l)
		if _, report := drawing(t, b); fontsFound(report) == nil {
			t.Errorf("%s: nothing was said", name)
		}
	}
}
