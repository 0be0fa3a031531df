package storyboard

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"castad/shared/claim"
	"castad/shared/message"
)

// rgb is a colour.
type rgb struct{ r, g, b uint8 }

var (
	white = rgb{255, 255, 255}
	black = rgb{}
)

func (c rgb) hex() string { return fmt.Sprintf("#%02x%02x%02x", c.r, c.g, c.b) }

// alpha is the colour that lets a part of what is under it through.
func (c rgb) alpha(a float64) string { return fmt.Sprintf("rgba(%d,%d,%d,%.2f)", c.r, c.g, c.b, a) }

// hex reads "#rrggbb".
func hex(s string) (rgb, bool) {
	v, err := strconv.ParseUint(strings.TrimPrefix(s, "#"), 16, 32)
	if err != nil || len(s) != 7 || s[0] != '#' {
		return rgb{}, false
	}
	return rgb{uint8(v >> 16), uint8(v >> 8), uint8(v)}, true
}

// must is hex of a template's own colour.
func must(s string) rgb {
	c, ok := hex(s)
	if !ok {
		panic("colour " + s)
	}
	return c
}

// mix is c with a part of o in it.
func (c rgb) mix(o rgb, part float64) rgb {
	f := func(a, b uint8) uint8 { return uint8(math.Round(float64(a) + (float64(b)-float64(a))*part)) }
	return rgb{f(c.r, o.r), f(c.g, o.g), f(c.b, o.b)}
}

// luminance is WCAG's relative luminance, 0–1.
func (c rgb) luminance() float64 {
	f := func(v uint8) float64 {
		s := float64(v) / 255
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return 0.2126*f(c.r) + 0.7152*f(c.g) + 0.0722*f(c.b)
}

// contrast is WCAG's contrast of two colours, 1–21.
func contrast(a, b rgb) float64 {
	x, y := a.luminance(), b.luminance()
	return (math.Max(x, y) + 0.05) / (math.Min(x, y) + 0.05)
}

// chroma is how colourful a colour is, 0–255.
func (c rgb) chroma() float64 {
	return float64(max(c.r, c.g, c.b)) - float64(min(c.r, c.g, c.b))
}

// apart is how far two colours are from each other, 0–441.
func apart(a, b rgb) float64 {
	return math.Hypot(math.Hypot(float64(a.r)-float64(b.r), float64(a.g)-float64(b.g)), float64(a.b)-float64(b.b))
}

// legible is the contrast of letters; 4.5 is asked for, and the rest pays for
// what rounding and the film's compression take.
const legible = 4.7

// readable moves c towards white or black, whichever the ground asks for, until
// its letters can be read on the ground. White or black can on any ground
// (4.58:1 at the worst), so the last step is the best there is.
func readable(c, ground rgb) rgb {
	to := white
	if contrast(black, ground) > contrast(white, ground) {
		to = black
	}
	for part := 0.0; part < 1; part += 0.05 {
		if d := c.mix(to, part); contrast(d, ground) >= legible {
			return d
		}
	}
	return to
}

// palette is what a film is painted with.
type palette struct {
	brand  rgb // blocks, tags, rules
	accent rgb // what is sung, prices, the second block
	ink    rgb // letters on paper, plates and shades under letters
	paper  rgb // cards
}

// on is the colour of letters on a ground.
func (p palette) on(ground rgb) rgb {
	if contrast(white, ground) >= legible {
		return white
	}
	return readable(p.ink, ground)
}

// block makes a colour that almost carries white letters carry them: a little
// darker it is still the same colour. Others stay, and carry ink.
func block(c rgb) rgb {
	for part := 0.0; part <= 0.15; part += 0.01 {
		if d := c.mix(black, part); contrast(white, d) >= legible {
			return d
		}
	}
	return c
}

// deep is a colour so dark that white and a second light colour can be read on it.
func (c rgb) deep() rgb {
	for part := 0.0; ; part += 0.05 {
		if d := c.mix(black, part); contrast(white, d) >= 8 {
			return d
		}
	}
}

// sung is a colour for letters that have been sung, on a ground where the others
// are in base: the first of the wanted ones that is told from base at a glance, else
// the one that is told best, or base half faded.
func sung(base, ground rgb, wanted ...rgb) rgb {
	const glance = 100.0
	best := readable(base.mix(ground, 0.5), ground)
	for _, c := range wanted {
		c = readable(c, ground)
		if d := apart(c, base); d >= glance {
			return c
		} else if d > apart(best, base) {
			best = c
		}
	}
	return best
}

// shaded is the lightest ground that ink makes of a photo: over white.
func (p palette) shaded(alpha float64) rgb { return white.mix(p.ink, alpha) }

// colours are the film's: the place's own, else the photos' most striking, else the template's.
func colours(in message.VideoRender, def palette) palette {
	p := def
	own := owners(in.Facts)
	if len(own) > 0 { // the template's accent is not one of them
		p.accent = own[0].mix(white, 0.6)
	} else if own = striking(in.Photos); len(own) == 0 {
		return p
	}
	p.brand = block(own[0])
	best := hardlyTwo
	for _, c := range own[1:] {
		switch d := apart(c, p.brand); {
		case c.luminance() < 0.03: // a second colour this dark is one for letters
			p.ink = inky(c)
		case d > best:
			p.accent, best = c, d
		}
	}
	if apart(p.accent, p.brand) < hardlyTwo {
		p.accent = p.brand.mix(white, 0.6)
	}
	return p
}

// thinnest is the thinnest shade of ink that a template puts under white letters.
const thinnest = 0.62

// inky darkens a dark colour until its thinnest shade carries white letters.
func inky(c rgb) rgb {
	for contrast(white, palette{ink: c}.shaded(thinnest)) < legible {
		c = c.mix(black, 0.1)
	}
	return c
}

// hardlyTwo is the distance below which two colours look like one.
const hardlyTwo = 90.0

// owners are the place's own colours.
func owners(facts []claim.Fact) (own []rgb) {
	for _, f := range facts {
		if c, ok := hex(strings.ToLower(f.Text)); ok && f.Kind == claim.Color {
			own = append(own, c)
		}
	}
	return own
}

// striking are the photos' two most colourful colours that are neither nearly
// black nor nearly white; none when no photo has one.
func striking(photos []message.Photo) []rgb {
	var first, second rgb
	var found []rgb
	score := func(c rgb) float64 {
		if l := c.luminance(); l < 0.02 || l > 0.75 || c.chroma() < 60 {
			return 0
		}
		return c.chroma()
	}
	for _, p := range photos {
		for _, s := range p.Colors {
			c, ok := hex(strings.ToLower(s))
			if !ok || score(c) == 0 {
				continue
			}
			found = append(found, c)
			if score(c) > score(first) {
				first = c
			}
		}
	}
	for _, c := range found {
		if apart(c, first) >= 120 && score(c) > score(second) {
			second = c
		}
	}
	switch {
	case len(found) == 0:
		return nil
	case score(second) == 0:
		return []rgb{first}
	}
	return []rgb{first, second}
}
