package film

import (
	"context"
	"fmt"
	"io"
	"maps"
	"math"
	"path/filepath"
	"runtime"
	"slices"
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
			if v.circled() {
				p.errorf(v.e.path, "a circular-wipe cannot hide a text")
			}
			if l := sc.layout(v, f, p); l != nil {
				a.text(l)
			}
			continue
		}
		if under := overlapped(v, a.texts, above); under != "" {
			if v.e.kind != kindShape || len(v.e.fill.stops) != 1 || v.e.stroke.c.A > 0 || v.circled() {
				p.errorf(v.e.path, "lies above %s: only texts and plain shapes without stroke and circular-wipe can lie above a text", under)
				continue
			}
			above = append(above, v)
			a.shape(v)
			v.lettered = true
		}
	}
	return a
}

// circled reports whether a circular-wipe hides a part of the visual at a time.
func (v *visual) circled() bool {
	is := func(a animation) bool { return a.kind == "circular-wipe" }
	return slices.ContainsFunc(v.e.moves, is) || slices.ContainsFunc(v.within, func(m *mover) bool {
		return slices.ContainsFunc(m.moves, func(s span) bool { return is(s.animation) })
	})
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
		if v.e.kind != kindText && !v.lettered && (v.e.kind == kindImage || len(v.e.fill.stops) > 0 || v.e.stroke.c.A > 0) {
			visible = append(visible, v)
		}
	}
	c.layers = make([]*layer, len(visible))
	photos := map[string][]*layer{} // by source
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	g.Go(func() (err error) {
		c.wav, c.norm, err = c.mixSound(ctx, dir, files)
		return err
	})
	for i, v := range visible {
		l := &layer{visual: v}
		c.layers[i] = l
		if v.e.kind == kindImage {
			photos[v.e.source] = append(photos[v.e.source], l)
			continue
		}
		g.Go(func() error {
			l.pic, l.rest = c.shape(v)
			l.base = rect{0, 0, float64(l.pic.w), float64(l.pic.h)}
			l.part, l.clear = l.base, l.pic.a != nil
			l.own = *v.mover(c.scene)
			l.own.clips = false // the picture has the corners
			return ctx.Err()
		})
	}
	for _, source := range slices.Sorted(maps.Keys(photos)) {
		g.Go(func() error { return c.photoLayers(ctx, photos[source], files) })
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return c, nil
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
		graph += ";[1:a]" + c.finish(c.norm)
		out = append(out, soundOptions...)
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
