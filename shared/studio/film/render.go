package film

import (
	"context"
	"fmt"
	"image"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"castad/shared/studio/ffmpeg"
)

// source is a fetched file.
type source struct {
	path    string
	seconds float64 // audio only
}

// cut is everything that a render needs, worked out from a script and its files.
type cut struct {
	*scene
	script *script
	layers []*layer
	wav    string
	norm   string
	// lettered is set when there is text: see assFile.keep.
	lettered bool
}

// finished is what a render made.
type finished struct {
	mp4, jpg      string // in the work folder
	width, height int
	rate, seconds float64
	bytes         int64
	snapshot      float64 // seconds: the time of jpg
	warnings      []Problem
}

// letter lays out the scene's text and writes the ASS file's content. What
// lies above text must be drawable by libass.
func (sc *scene) letter(f *Fonts, p *problems) *assFile {
	a := &assFile{sc: sc}
	var above []*visual // shapes that libass draws
	for _, v := range sc.visuals {
		if v.e.kind == kindText {
			if l := sc.layout(v, f, p); l != nil {
				a.text(l)
			}
			continue
		}
		if under := overlapped(v, a.texts, above); under != "" {
			if v.e.kind != kindShape || len(v.e.fill.stops) != 1 {
				p.errorf(v.e.path, "lies above %s: only plain shapes and texts can lie above a text", under)
				continue
			}
			above = append(above, v)
			a.shape(v)
			v.lettered = true
		}
	}
	return a
}

// overlapped returns the path of a text (or a shape above one) that v would cover.
func overlapped(v *visual, texts []*lettering, above []*visual) string {
	hits := func(o *visual, r rect) bool {
		return v.start < o.hold && o.start < v.hold && v.x < r.x+r.w && r.x < v.x+v.w && v.y < r.y+r.h && r.y < v.y+v.h
	}
	for _, l := range texts {
		if hits(l.visual, l.bounds) {
			return l.e.path
		}
	}
	for _, o := range above {
		if hits(o, rect{o.x, o.y, o.w, o.h}) {
			return o.e.path
		}
	}
	return ""
}

// prepare reads the files and works out layers, text and sound, in parallel.
func prepare(ctx context.Context, s *script, f *Fonts, dir string, files map[string]source, p *problems) (*cut, error) {
	media := map[string]float64{}
	for name, file := range files {
		if file.seconds > 0 {
			media[name] = file.seconds
		}
	}
	c := &cut{scene: s.resolve(media, p), script: s}
	ass := c.letter(f, p)
	if len(p.errors) > 0 {
		return nil, userf("%s", p.errors[0])
	}
	if len(ass.texts) > 0 {
		c.lettered = true
		if err := ass.keep(dir); err != nil {
			return nil, err
		}
	}
	var visible []*visual
	for _, v := range c.visuals {
		if v.e.kind != kindText && !v.lettered && (v.e.kind == kindImage || len(v.e.fill.stops) > 0) {
			visible = append(visible, v)
		}
	}
	c.layers = make([]*layer, len(visible))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	g.Go(func() (err error) {
		c.wav, c.norm, err = c.mixSound(ctx, dir, files)
		return err
	})
	for i, v := range visible {
		g.Go(func() (err error) {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			c.layers[i], err = c.layer(v, files)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return c, nil
}

// maxZoom bounds how much larger than its box a photo is kept for zooming in.
const maxZoom = 1.5

// layer makes the picture of one visual.
func (sc *scene) layer(v *visual, files map[string]source) (*layer, error) {
	l := &layer{visual: v}
	zoom := 1.0
	for _, m := range v.e.moves {
		if m.kind != "fade" {
			l.moves = append(l.moves, v.spanOf(m))
		}
		if m.kind == "pan" || m.kind == "scale" {
			zoom = min(maxZoom, max(zoom, m.from, m.to))
		}
	}
	radius := sc.px(v.e.radius, min(v.w, v.h))
	if v.e.kind == kindShape {
		w, h := max(2, even(v.w)), max(2, even(v.h))
		l.pic = v.e.fill.paint(w, h, radius, v.e.ellipse)
		l.base = rect{0, 0, float64(w), float64(h)}
		return l, nil
	}
	file := files[v.e.source]
	data, err := os.ReadFile(file.path)
	if err != nil {
		return nil, fmt.Errorf("read photo: %w", err)
	}
	img, err := decodePhoto(data)
	if err != nil {
		return nil, userf("%s.source: %v", v.e.path, err)
	}
	if err := l.fit(img, zoom); err != nil {
		return nil, err
	}
	if radius > 0 {
		if len(l.moves) > 0 {
			return nil, userf("%s.border_radius: cannot be used together with motion", v.e.path)
		}
		l.pic.round(l.base, radius*l.base.w/l.w)
	}
	return l, nil
}

// fit scales the photo so that it fills its box as the element asks, with
// zoom times as many pixels as the box has. What cover cuts off is only kept
// when the photo is panned over.
func (l *layer) fit(img image.Image, zoom float64) error {
	v, b := l.visual, img.Bounds()
	iw, ih := float64(b.Dx()), float64(b.Dy())
	bw, bh := v.w*zoom, v.h*zoom
	kx, ky := bw/iw, bh/ih
	switch v.e.fit {
	case "cover":
		kx = max(kx, ky)
		ky = kx
		if sub, ok := img.(interface {
			SubImage(image.Rectangle) image.Image
		}); ok && !l.pans() {
			// Even numbers of pixels: the photo's aspect changes by less than one in five hundred.
			w, h := min(b.Dx(), int(math.Ceil(bw/kx)))&^1, min(b.Dy(), int(math.Ceil(bh/ky)))&^1
			at := b.Min.Add(image.Pt((b.Dx()-w)/2, (b.Dy()-h)/2))
			img = sub.SubImage(image.Rectangle{at, at.Add(image.Pt(w, h))})
			iw, ih = float64(w), float64(h)
		}
	case "contain":
		kx = min(kx, ky)
		ky = kx
		w, h := iw*kx/zoom, ih*ky/zoom
		v.x, v.y, v.w, v.h = v.x+(v.w-w)/2, v.y+(v.h-h)/2, w, h
		bw, bh = w*zoom, h*zoom
	}
	// A photo that is only a little too small keeps its own pixels: frames are
	// interpolated from it anyway, and enlarging it first costs more than it shows.
	if k := max(kx, ky); k > 1 && k <= 1.5 {
		kx, ky, bw, bh = kx/k, ky/k, bw/k, bh/k
	}
	pw, ph := max(2, even(iw*kx)), max(2, even(ih*ky))
	if pw*ph > 4*maxPixels {
		return userf("%s.source: has an extreme shape: it would need %d x %d pixels to fill its box", v.e.path, pw, ph)
	}
	l.pic = toPicture(resize(img, pw, ph))
	bw, bh = min(bw, float64(pw)), min(bh, float64(ph))
	l.base = rect{(float64(pw) - bw) / 2, (float64(ph) - bh) / 2, bw, bh}
	return nil
}

func (l *layer) pans() bool {
	for _, m := range l.moves {
		if m.kind == "pan" {
			return true
		}
	}
	return false
}

// round makes the corners of the base window transparent.
func (p *picture) round(base rect, radius float64) {
	a := p.a
	if a == nil {
		a = make([]byte, p.w*p.h)
		flood(a, 255)
	}
	for y := range p.h {
		for x := range p.w {
			dx, dy := float64(x)+0.5-base.x-base.w/2, float64(y)+0.5-base.y-base.h/2
			if c := coverage(dx, dy, base.w/2, base.h/2, radius, false); c < 1 {
				a[y*p.w+x] = byte(float64(a[y*p.w+x]) * c)
			}
		}
	}
	p.setAlpha(a)
}

// encodeOptions are the H.264 and AAC settings of every film. Measured on 5 s
// of the sample film (CPU seconds, MB, SSIM): veryfast crf 21 6.7, 1.7, 0.9895;
// superfast crf 21 4.7, 3.0, 0.9915; these 4.0, 2.7, 0.9898; ultrafast crf 21
// 3.3, 7.1, 0.9882 (with two B frames instead of three, and weighted prediction,
// which cost 5 % more). So the picture is veryfast's at 60 % of its work and 1.6
// times its size, which no channel's limit notices.
func encodeOptions(rate float64) []string {
	return []string{"-c:v", "libx264", "-preset", "superfast", "-crf", "22", "-x264-params", "partitions=none:bframes=3:b-adapt=0:weightp=0",
		"-profile:v", "high", "-pix_fmt", "yuv420p",
		"-g", strconv.Itoa(int(math.Round(2 * rate))), // a key frame every 2 s, so that players can seek
		"-color_range", "tv", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709",
		"-map_metadata", "-1", "-movflags", "+faststart"}
}

// encode feeds the composed frames to ffmpeg, which adds text and sound.
func (c *cut) encode(ctx context.Context, dir string) (string, error) {
	mp4 := filepath.Join(dir, "film.mp4")
	rate := strconv.FormatFloat(c.rate, 'f', -1, 64)
	graph := "[0:v]null[v]"
	if c.lettered {
		graph = "[0:v]" + textFilter + "[v]"
	}
	out := append([]string{"-map", "[v]"}, encodeOptions(c.rate)...)
	spec := ffmpeg.Spec{Dir: dir, Fontconfig: filepath.Join(dir, fontconfigName), Loglevel: "warning", Limit: time.Minute + time.Duration(c.total*20)*time.Second,
		Inputs: []ffmpeg.Input{{Format: "rawvideo", Options: []string{"-pixel_format", "yuv420p",
			"-video_size", fmt.Sprintf("%.0fx%.0f", c.w, c.h), "-framerate", rate}}}}
	if c.wav != "" {
		spec.Inputs = append(spec.Inputs, ffmpeg.Input{Path: c.wav, Format: "wav"})
		graph += fmt.Sprintf(";[1:a]%s,aresample=44100,%s,apad,atrim=end=%s[a]", c.norm, stereo, decimal(c.total))
		out = append(out, "-map", "[a]", "-c:a", "aac", "-b:a", "160k", "-ar", "44100")
	}
	spec.Graph = graph
	spec.Outputs = []ffmpeg.Output{{Path: mp4, Format: "mp4", Options: out}}
	comp := newComposer(c.scene, c.script.fill, c.layers)
	spec.Feed = func(w io.Writer) error { return comp.write(w) }
	report, err := ffmpeg.Run(ctx, spec)
	if err == nil {
		err = fontsFound(report)
	}
	if err != nil {
		return "", fmt.Errorf("encode film: %w", err)
	}
	return mp4, nil
}

// render makes the film of a script whose files are there, and checks it.
func render(ctx context.Context, s *script, f *Fonts, dir string, files map[string]source) (*finished, error) {
	p := &problems{}
	c, err := prepare(ctx, s, f, dir, files, p)
	if err != nil {
		return nil, err
	}
	mp4, err := c.encode(ctx, dir)
	if err != nil {
		return nil, err
	}
	out, err := c.verify(ctx, mp4, p)
	if err != nil {
		return nil, err
	}
	out.jpg = filepath.Join(dir, "snapshot.jpg")
	if err := ffmpeg.Frame(ctx, mp4, time.Duration(out.snapshot*float64(time.Second)), out.jpg); err != nil {
		return nil, err
	}
	out.warnings = p.warnings
	return out, nil
}
