package media

import (
	"cmp"
	"fmt"
	"image"
	"math"
	"slices"
)

const (
	// maxColors is how many colours a film's look needs: one for cards, one for
	// accents, one to spare.
	maxColors = 3
	// raster is how many pixels across and down are looked at.
	raster = 160
	// apart is how unlike two colours of a palette are, in OKLab (black to white is 1).
	apart = 0.12
	// least is the smallest share of the photo that makes a colour.
	least = 0.01
)

// oklab is a colour in Björn Ottosson's OKLab: lightness 0 to 1, and two axes whose
// distance from 0 is the chroma.
type oklab struct{ l, a, b float64 }

func (c oklab) chroma() float64 { return math.Hypot(c.a, c.b) }

func (c oklab) distance(d oklab) float64 {
	return math.Sqrt((c.l-d.l)*(c.l-d.l) + (c.a-d.a)*(c.a-d.a) + (c.b-d.b)*(c.b-d.b))
}

// vivid says that a colour is one: not grey, black or white to the eye.
func (c oklab) vivid() bool { return c.l > .22 && c.l < .94 && c.chroma() > .045 }

// cluster is colours that are alike: their mean and how many pixels have them.
type cluster struct {
	oklab
	pixels float64
}

// strikes ranks clusters: twice the chroma counts as much as four times the pixels.
func (c cluster) strikes() float64 { return c.chroma() * math.Sqrt(c.pixels) }

// palette returns a photo's most striking colours as "#rrggbb", the most striking first,
// at most three: those that fill much of the photo and are vivid. Greys, near black and
// near white are left out, so a photo may have none. The same photo gives the same
// colours. Colours are told apart in OKLab, where distance is what the eye sees. CMYK and
// YCCK are converted without a profile, as browsers without one do.
func palette(img image.Image) []string {
	cells, looked := cellsOf(img)
	slices.SortFunc(cells, func(a, b cluster) int {
		return cmp.Or(cmp.Compare(b.strikes(), a.strikes()), cmp.Compare(a.l, b.l), cmp.Compare(a.a, b.a), cmp.Compare(a.b, b.b))
	})
	// The seeds are the most striking cells that are unlike each other; some rounds
	// of k-means draw them to the middle of their colours.
	const seeds, rounds = 8, 6
	var means []cluster
	for _, c := range cells {
		if len(means) < seeds && !slices.ContainsFunc(means, func(m cluster) bool { return m.distance(c.oklab) < apart }) {
			means = append(means, c)
		}
	}
	for range rounds {
		means = drawn(means, cells)
	}
	slices.SortStableFunc(means, func(a, b cluster) int { return cmp.Compare(b.strikes(), a.strikes()) })
	var out []string
	var kept []cluster
	for _, m := range means {
		alike := slices.ContainsFunc(kept, func(k cluster) bool { return k.distance(m.oklab) < apart })
		if len(out) < maxColors && !alike && m.pixels >= least*float64(looked) {
			kept, out = append(kept, m), append(out, m.hex())
		}
	}
	return out
}

// cellsOf sorts the vivid pixels of a raster into cells of a 16-step colour cube.
func cellsOf(img image.Image) (cells []cluster, looked int) {
	b := img.Bounds()
	across, down := min(raster, b.Dx()), min(raster, b.Dy())
	sums := map[uint32]*cluster{}
	var order []uint32 // maps have none
	for y := range down {
		for x := range across {
			r, g, bl, alpha := img.At(b.Min.X+(2*x+1)*b.Dx()/(2*across), b.Min.Y+(2*y+1)*b.Dy()/(2*down)).RGBA()
			looked++
			if alpha < 0x8000 {
				continue
			}
			// Alpha is premultiplied: what shows through is not the photo's colour.
			c := fromRGB(float64(r)/float64(alpha), float64(g)/float64(alpha), float64(bl)/float64(alpha))
			if !c.vivid() {
				continue
			}
			k := r>>12<<8 | g>>12<<4 | bl>>12
			s := sums[k]
			if s == nil {
				s = &cluster{}
				sums[k], order = s, append(order, k)
			}
			s.l, s.a, s.b, s.pixels = s.l+c.l, s.a+c.a, s.b+c.b, s.pixels+1
		}
	}
	for _, k := range order {
		s := *sums[k]
		s.l, s.a, s.b = s.l/s.pixels, s.a/s.pixels, s.b/s.pixels
		cells = append(cells, s)
	}
	return cells, looked
}

// drawn moves each mean to the middle of the cells that are nearest to it.
func drawn(means, cells []cluster) []cluster {
	out := make([]cluster, len(means))
	for _, c := range cells {
		near := 0
		for i := range means {
			if means[i].distance(c.oklab) < means[near].distance(c.oklab) {
				near = i
			}
		}
		o := &out[near]
		o.l, o.a, o.b, o.pixels = o.l+c.l*c.pixels, o.a+c.a*c.pixels, o.b+c.b*c.pixels, o.pixels+c.pixels
	}
	out = slices.DeleteFunc(out, func(o cluster) bool { return o.pixels == 0 })
	for i := range out {
		o := &out[i]
		o.l, o.a, o.b = o.l/o.pixels, o.a/o.pixels, o.b/o.pixels
	}
	return out
}

// fromRGB converts sRGB, 0 to 1.
func fromRGB(r, g, b float64) oklab {
	linear := func(v float64) float64 {
		if v <= .04045 {
			return v / 12.92
		}
		return math.Pow((v+.055)/1.055, 2.4)
	}
	r, g, b = linear(r), linear(g), linear(b)
	l := math.Cbrt(.4122214708*r + .5363325363*g + .0514459929*b)
	m := math.Cbrt(.2119034982*r + .6806995451*g + .1073969566*b)
	s := math.Cbrt(.0883024619*r + .2817188376*g + .6299787005*b)
	return oklab{.2104542553*l + .7936177850*m - .0040720468*s, 1.9779984951*l - 2.4285922050*m + .4505937099*s, .0259040371*l + .7827717662*m - .8086757660*s}
}

// hex is the colour as "#rrggbb".
func (c oklab) hex() string {
	l := c.l + .3963377774*c.a + .2158037573*c.b
	m := c.l - .1055613458*c.a - .0638541728*c.b
	s := c.l - .0894841775*c.a - 1.2914855480*c.b
	l, m, s = l*l*l, m*m*m, s*s*s
	eight := func(v float64) int {
		if v <= .0031308 {
			v *= 12.92
		} else {
			v = 1.055*math.Pow(v, 1/2.4) - .055
		}
		return int(math.Round(255 * min(1, max(0, v))))
	}
	return fmt.Sprintf("#%02x%02x%02x", eight(4.0767416621*l-3.3077115913*m+.2309699292*s), eight(-1.2684380046*l+2.6097574011*m-.3413193965*s),
		eight(-.0041960863*l-.7034186147*m+1.7076147010*s))
}
