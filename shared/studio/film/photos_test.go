//go:build !race

// The photos of camera_path_test.go.

package film

import (
	"encoding/json"
	"errors"
	"image"
	"image/color"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"castad/shared/media"
)

// markedPhoto is a photo with the box that a viewer must see.
type markedPhoto struct {
	name string
	*photo
	marked media.Box
}

// paintedPhotos are twenty photos that are painted here: several backgrounds, sizes
// and shapes, with the subject off the centre in most of them.
func paintedPhotos() []markedPhoto {
	var out []markedPhoto
	for i, row := range []struct {
		name, ground, thing string
		w, h                int
		box                 media.Box
	}{
		{"a dish on wood", "wood", "dish", 900, 1200, media.Box{X: 0.2, Y: 0.3, W: 0.6, H: 0.45}},
		{"a dish at the left", "wood", "dish", 1200, 900, media.Box{X: 0.08, Y: 0.3, W: 0.36, H: 0.48}},
		{"a dish at the lower right", "cloth", "dish", 1200, 900, media.Box{X: 0.55, Y: 0.42, W: 0.38, H: 0.5}},
		{"a bottle on a shelf", "wall", "bottle", 900, 1200, media.Box{X: 0.55, Y: 0.25, W: 0.2, H: 0.6}},
		{"a bottle before lights", "lights", "bottle", 1200, 800, media.Box{X: 0.42, Y: 0.15, W: 0.16, H: 0.75}},
		{"a person at the right", "street", "person", 1600, 900, media.Box{X: 0.68, Y: 0.2, W: 0.18, H: 0.7}},
		{"a person in the middle", "wall", "person", 800, 1400, media.Box{X: 0.3, Y: 0.2, W: 0.4, H: 0.68}},
		{"a shop front", "street", "shop", 1200, 900, media.Box{X: 0.12, Y: 0.2, W: 0.76, H: 0.6}},
		{"a shop front from afar", "sky", "shop", 1400, 1050, media.Box{X: 0.3, Y: 0.45, W: 0.3, H: 0.3}},
		{"a bed as wide as the photo", "wall", "bed", 1200, 800, media.Box{X: 0.04, Y: 0.45, W: 0.92, H: 0.42}},
		{"a panorama with a boat at the left", "sky", "boat", 1500, 500, media.Box{X: 0.1, Y: 0.45, W: 0.16, H: 0.4}},
		{"a panorama with a shop", "sky", "shop", 1800, 600, media.Box{X: 0.55, Y: 0.3, W: 0.25, H: 0.5}},
		{"a panorama with a wide bench", "street", "bed", 1500, 500, media.Box{X: 0.25, Y: 0.5, W: 0.5, H: 0.4}},
		{"a tall photo with a lamp", "wall", "lamp", 500, 1500, media.Box{X: 0.2, Y: 0.15, W: 0.6, H: 0.22}},
		{"a tall photo with a dish", "cloth", "dish", 500, 1500, media.Box{X: 0.14, Y: 0.6, W: 0.72, H: 0.24}},
		{"a small photo of a dish", "wood", "dish", 200, 150, media.Box{X: 0.3, Y: 0.25, W: 0.42, H: 0.56}},
		{"a tiny tall photo", "cloth", "bottle", 90, 160, media.Box{X: 0.4, Y: 0.2, W: 0.25, H: 0.6}},
		{"a square with a dish", "lights", "dish", 1000, 1000, media.Box{X: 0.28, Y: 0.38, W: 0.5, H: 0.5}},
		{"a square with two things", "cloth", "pair", 1000, 1000, media.Box{X: 0.15, Y: 0.3, W: 0.7, H: 0.4}},
		{"a dark photo with a lamp", "night", "lamp", 1200, 900, media.Box{X: 0.55, Y: 0.12, W: 0.25, H: 0.4}},
	} {
		r := rand.New(rand.NewPCG(7, uint64(i)))
		if row.w > 400 {
			row.w, row.h = row.w/2, row.h/2
		}
		c := canvasOf(row.w, row.h, row.ground, r)
		c.thing(row.thing, row.box, r)
		out = append(out, markedPhoto{row.name, &photo{img: c.img, turn: 1}, row.box})
	}
	return out
}

// sampled are the photos of docs/sample with the boxes marked beside them.
func sampled(t *testing.T) []markedPhoto {
	t.Helper()
	root := filepath.Join("..", "..", "..", "docs", "sample")
	files, err := filepath.Glob(filepath.Join(root, "*", "boxes.json"))
	if err != nil {
		t.Fatal(err)
	}
	var out []markedPhoto
	for _, file := range append(files, filepath.Join(root, "boxes.json")) {
		data, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		var boxes map[string][4]float64
		if err != nil || json.Unmarshal(data, &boxes) != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for name, b := range boxes {
			data, err := os.ReadFile(filepath.Join(filepath.Dir(file), name))
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			p, err := decodePhoto(data)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			w, h := p.size() // smaller, so that a hundred films of it can be made in a second
			k := min(1, 480/float64(max(w, h)))
			p = &photo{img: p.part(image.Rect(0, 0, w, h), int(float64(w)*k), int(float64(h)*k)), turn: 1}
			out = append(out, markedPhoto{filepath.Join(filepath.Base(filepath.Dir(file)), filepath.Base(name)), p, media.Box{X: b[0], Y: b[1], W: b[2], H: b[3]}})
		}
	}
	slices.SortFunc(out, func(a, b markedPhoto) int { return cmpString(a.name, b.name) })
	return out
}

func cmpString(a, b string) int {
	if a < b {
		return -1
	}
	return 1
}

// easel is a photo being painted; coordinates are fractions.
type easel struct {
	img  *image.RGBA
	w, h float64
}

func canvasOf(w, h int, ground string, r *rand.Rand) *easel {
	e := &easel{image.NewRGBA(image.Rect(0, 0, w, h)), float64(w), float64(h)}
	phase := r.Float64() * 6
	e.each(func(x, y float64) (color.RGBA, bool) {
		n := r.Float64()*10 - 5
		switch ground {
		case "wood":
			return shade(150, 100, 60, n+14*math.Sin(y*90+3*math.Sin(x*7+phase))), true
		case "cloth":
			return shade(196, 188, 170, n+8*math.Sin(x*e.w*0.9)*math.Sin(y*e.h*0.9)), true
		case "wall":
			return shade(214, 204, 190, n-60*y+6*math.Sin(x*40)), true
		case "street":
			if y > 0.7 {
				return shade(110, 108, 106, 2*n), true
			}
			return shade(150, 158, 170, n+16*math.Sin(x*25+phase)+10*math.Sin(y*30)), true
		case "sky":
			if y > 0.62 {
				return shade(90, 120, 90, 2*n), true
			}
			return shade(130, 170, 220, n+60*y), true
		case "night":
			return shade(24, 24, 40, n+10*y), true
		}
		return shade(60, 40, 60, n+10*math.Sin(x*9+phase)), true
	})
	if ground == "lights" {
		for range 18 {
			x, y, s := r.Float64(), r.Float64(), 0.015+0.02*r.Float64()
			e.oval(media.Box{X: x, Y: y, W: s, H: s * e.w / e.h}, 150, 110, 70, 0.5)
		}
	}
	return e
}

func shade(r, g, b, n float64) color.RGBA {
	f := func(v float64) uint8 { return uint8(min(255, max(0, v+n))) }
	return color.RGBA{f(r), f(g), f(b), 255}
}

func (e *easel) each(f func(x, y float64) (color.RGBA, bool)) {
	for y := range e.img.Rect.Dy() {
		for x := range e.img.Rect.Dx() {
			if c, ok := f((float64(x)+0.5)/e.w, (float64(y)+0.5)/e.h); ok {
				e.img.SetRGBA(x, y, c)
			}
		}
	}
}

func (e *easel) mixed(x, y int, c color.RGBA, f float64) {
	o := e.img.RGBAAt(x, y)
	m := func(a, b uint8) uint8 { return uint8(float64(a)*(1-f) + float64(b)*f) }
	e.img.SetRGBA(x, y, color.RGBA{m(o.R, c.R), m(o.G, c.G), m(o.B, c.B), 255})
}

func (e *easel) in(b media.Box, f func(x, y int, u, v float64)) {
	for y := max(0, int(b.Y*e.h)); y < min(e.img.Rect.Dy(), int((b.Y+b.H)*e.h)); y++ {
		for x := max(0, int(b.X*e.w)); x < min(e.img.Rect.Dx(), int((b.X+b.W)*e.w)); x++ {
			f(x, y, (float64(x)+0.5-b.X*e.w)/(b.W*e.w), (float64(y)+0.5-b.Y*e.h)/(b.H*e.h))
		}
	}
}

func (e *easel) oval(b media.Box, r, g, bl, alpha float64) {
	e.in(b, func(x, y int, u, v float64) {
		if d := math.Hypot(2*u-1, 2*v-1); d < 1 {
			e.mixed(x, y, shade(r, g, bl, 30*(0.5-v)), alpha)
		}
	})
}

func (e *easel) block(b media.Box, r, g, bl float64) {
	e.in(b, func(x, y int, u, v float64) { e.mixed(x, y, shade(r, g, bl, 24*(0.5-v)), 1) })
}

func sub(b media.Box, x, y, w, h float64) media.Box {
	return media.Box{X: b.X + x*b.W, Y: b.Y + y*b.H, W: w * b.W, H: h * b.H}
}

// thing paints the subject so that it fills its box.
func (e *easel) thing(kind string, b media.Box, r *rand.Rand) {
	switch kind {
	case "dish":
		e.oval(b, 236, 234, 228, 1)
		e.oval(sub(b, 0.1, 0.1, 0.8, 0.8), 200, 90, 40, 1)
		for range 60 {
			a, d := r.Float64()*2*math.Pi, math.Sqrt(r.Float64())*0.33
			e.oval(sub(b, 0.47+d*math.Cos(a), 0.47+d*math.Sin(a), 0.07, 0.07), 120+120*r.Float64(), 160*r.Float64(), 40, 1)
		}
	case "bottle":
		e.block(sub(b, 0.32, 0, 0.36, 0.32), 30, 80, 50)
		e.oval(sub(b, 0, 0.2, 1, 0.4), 36, 100, 60, 1)
		e.block(sub(b, 0, 0.4, 1, 0.6), 36, 100, 60)
		e.block(sub(b, 0.08, 0.55, 0.84, 0.3), 240, 220, 120)
	case "person":
		e.oval(sub(b, 0.28, 0, 0.44, 0.24), 225, 180, 150, 1)
		e.oval(sub(b, 0.24, 0, 0.52, 0.13), 40, 26, 20, 1)
		e.oval(sub(b, 0, 0.22, 1, 0.5), 190, 40, 60, 1)
		e.block(sub(b, 0.2, 0.6, 0.26, 0.4), 30, 40, 80)
		e.block(sub(b, 0.54, 0.6, 0.26, 0.4), 30, 40, 80)
	case "shop":
		e.block(b, 170, 70, 50)
		e.block(sub(b, 0, 0, 1, 0.18), 240, 220, 170)
		for k := range 5 {
			e.block(sub(b, 0.05+0.19*float64(k), 0.3, 0.14, 0.4), 250, 220, 120)
		}
		e.block(sub(b, 0.42, 0.3, 0.16, 0.7), 60, 40, 30)
	case "bed":
		e.block(b, 120, 60, 110)
		e.block(sub(b, 0, 0, 1, 0.2), 240, 240, 240)
		for k := range 8 {
			e.block(sub(b, 0.02+0.12*float64(k), 0.3, 0.06, 0.6), 220, 190, 90)
		}
	case "boat":
		e.oval(sub(b, 0, 0.5, 1, 0.5), 200, 60, 40, 1)
		e.block(sub(b, 0.47, 0, 0.06, 0.6), 60, 40, 30)
		e.block(sub(b, 0.12, 0.05, 0.35, 0.5), 245, 245, 240)
	case "lamp":
		e.oval(b, 250, 220, 150, 1)
		e.oval(sub(b, 0.2, 0.2, 0.6, 0.6), 255, 240, 200, 1)
	case "pair":
		e.thing("dish", sub(b, 0, 0.1, 0.45, 0.8), r)
		e.thing("dish", sub(b, 0.55, 0.1, 0.45, 0.8), r)
	}
}
