package storyboard

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"castad/shared/claim"
	"castad/shared/message"
)

func anyRGB(r *rapid.T, name string) rgb {
	v := rapid.Uint32Range(0, 1<<24-1).Draw(r, name)
	return rgb{uint8(v >> 16), uint8(v >> 8), uint8(v)}
}

func TestContrastIsTheOneOfWCAG(t *testing.T) {
	t.Parallel()
	// The examples of WCAG's own Understanding 1.4.3: #777 misses 4.5:1 on white, #767676 does not.
	for _, c := range []struct {
		a, b string
		want float64
	}{{"#000000", "#ffffff", 21}, {"#777777", "#ffffff", 4.48}, {"#767676", "#ffffff", 4.54}, {"#ff0000", "#ffffff", 4.00}} {
		if got := contrast(must(c.a), must(c.b)); math.Abs(got-c.want) > 0.005 {
			t.Errorf("%s on %s: %.3f, want %.2f", c.a, c.b, got, c.want)
		}
	}
}

func TestReadableColoursCanBeRead(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		c, ground := anyRGB(r, "colour"), anyRGB(r, "ground")
		got := readable(c, ground)
		if contrast(got, ground) < 4.5 {
			r.Errorf("%s on %s: %.2f", got.hex(), ground.hex(), contrast(got, ground))
		}
		if contrast(c, ground) >= legible && got != c {
			r.Errorf("%s became %s without need", c.hex(), got.hex())
		}
	})
}

func TestWhatHasBeenSungCanBeToldFromWhatHasNot(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		ground, base := anyRGB(r, "block").deep(), white
		if rapid.Bool().Draw(r, "paper") {
			ground, base = must("#fffaf0"), must("#10201f")
		}
		if got := sung(base, ground, anyRGB(r, "accent"), anyRGB(r, "brand")); apart(got, base) < 60 || contrast(got, ground) < 4.5 {
			r.Errorf("%s beside %s on %s", got.hex(), base.hex(), ground.hex())
		}
	})
}

func TestColoursComeFromThePlaceThenThePhotosThenTheTemplate(t *testing.T) {
	t.Parallel()
	def := menuBoard.colors
	fact := func(text string) claim.Fact { return claim.Fact{Kind: claim.Color, Text: text} }
	photo := func(colors ...string) message.Photo { return message.Photo{Colors: colors} }
	for name, c := range map[string]struct {
		in            message.VideoRender
		brand, accent string
	}{
		"the template's":                       {message.VideoRender{}, "#c8442b", "#ffc94d"},
		"the photos'":                          {message.VideoRender{Photos: []message.Photo{photo("#101010", "#2244aa"), photo("#e0b020")}}, "#e0b020", "#2244aa"},
		"grey photos give none":                {message.VideoRender{Photos: []message.Photo{photo("#808080", "#f0f0f0")}}, "#c8442b", "#ffc94d"},
		"the place's":                          {message.VideoRender{Facts: []claim.Fact{fact("#0f766e"), fact("#f4c7b5")}, Photos: []message.Photo{photo("#2244aa")}}, "#0f766e", "#f4c7b5"},
		"one of its own, in capitals":          {message.VideoRender{Facts: []claim.Fact{fact("#0F766E")}}, "#0f766e", "#9fc8c5"},
		"no colour at all":                     {message.VideoRender{Facts: []claim.Fact{fact("red")}}, "#c8442b", "#ffc94d"},
		"two that are one":                     {message.VideoRender{Facts: []claim.Fact{fact("#0f766e"), fact("#0f766f")}}, "#0f766e", "#9fc8c5"},
		"a little darker for white letters":    {message.VideoRender{Facts: []claim.Fact{fact("#18936f")}}, "#158363", "#a3d4c5"},
		"bright ones stay and carry dark text": {message.VideoRender{Facts: []claim.Fact{fact("#ffd400")}}, "#ffd400", "#ffee99"},
	} {
		if p := colours(c.in, def); p.brand.hex() != c.brand || p.accent.hex() != c.accent {
			t.Errorf("%s: %s and %s, want %s and %s", name, p.brand.hex(), p.accent.hex(), c.brand, c.accent)
		}
	}
}
