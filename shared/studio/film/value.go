package film

import (
	"fmt"
	"image/color"
	"math"
	"strconv"
	"strings"
)

// length is a RenderScript length: a number of pixels, or a number with one of
// the units %, vmin, vmax, vw, vh, px.
type length struct {
	v    float64
	unit string // "" = pixels of the script's own frame
}

func percent(v float64) length { return length{v, "%"} }

func parseLength(s string) (length, error) {
	s = strings.TrimSpace(s)
	for _, unit := range []string{"%", "vmin", "vmax", "vw", "vh", "px"} {
		if n, ok := strings.CutSuffix(s, unit); ok {
			v, err := parseNumber(n)
			if unit == "px" {
				unit = ""
			}
			return length{v, unit}, err
		}
	}
	v, err := parseNumber(s)
	return length{v, ""}, err
}

func parseNumber(s string) (float64, error) {
	v, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil || math.IsNaN(v) || math.Abs(v) > 1e6 {
		return 0, fmt.Errorf("%q is not a number in range", clip(s))
	}
	return v, nil
}

// canvas is the output's size in pixels and the factor from script pixels to
// output pixels (render_scale).
type canvas struct{ w, h, scale float64 }

// px resolves a length; base is what 100% means, in output pixels.
func (c canvas) px(l length, base float64) float64 {
	switch l.unit {
	case "%":
		return l.v / 100 * base
	case "vmin":
		return l.v / 100 * min(c.w, c.h)
	case "vmax":
		return l.v / 100 * max(c.w, c.h)
	case "vw":
		return l.v / 100 * c.w
	case "vh":
		return l.v / 100 * c.h
	}
	return l.v * c.scale
}

var namedColors = map[string]color.NRGBA{
	"black": {A: 255}, "white": {255, 255, 255, 255}, "red": {255, 0, 0, 255}, "green": {0, 128, 0, 255},
	"blue": {0, 0, 255, 255}, "yellow": {255, 255, 0, 255}, "transparent": {},
}

// parseColor reads #rgb, #rgba, #rrggbb, #rrggbbaa, rgb(r,g,b), rgba(r,g,b,a) and a few names.
func parseColor(s string) (color.NRGBA, error) {
	t := strings.ToLower(strings.TrimSpace(s))
	bad := fmt.Errorf("%q is not a colour (#rrggbb, #rrggbbaa, rgba(r,g,b,a))", clip(s))
	if c, ok := namedColors[t]; ok {
		return c, nil
	}
	if hex, ok := strings.CutPrefix(t, "#"); ok {
		if len(hex) == 3 || len(hex) == 4 {
			var b strings.Builder
			for _, r := range hex {
				b.WriteRune(r)
				b.WriteRune(r)
			}
			hex = b.String()
		}
		if len(hex) == 6 {
			hex += "ff"
		}
		v, err := strconv.ParseUint(hex, 16, 32)
		if err != nil || len(hex) != 8 {
			return color.NRGBA{}, bad
		}
		return color.NRGBA{uint8(v >> 24), uint8(v >> 16), uint8(v >> 8), uint8(v)}, nil
	}
	open := strings.IndexByte(t, '(')
	if open < 0 || !strings.HasSuffix(t, ")") || t[:open] != "rgb" && t[:open] != "rgba" {
		return color.NRGBA{}, bad
	}
	var v [4]float64
	v[3] = 1
	parts := strings.Split(t[open+1:len(t)-1], ",")
	if len(parts) != len(t[:open]) {
		return color.NRGBA{}, bad
	}
	for i, p := range parts {
		n, err := parseNumber(p)
		if err != nil || n < 0 || n > 255 || i == 3 && n > 1 {
			return color.NRGBA{}, bad
		}
		v[i] = n
	}
	return color.NRGBA{uint8(v[0]), uint8(v[1]), uint8(v[2]), uint8(math.Round(v[3] * 255))}, nil
}

func clip(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}

// ease maps progress 0–1 to eased progress; ok is false for an unknown name.
func ease(name string, p float64) (float64, bool) {
	kind, dir, found := strings.Cut(name, "-")
	var in func(float64) float64
	switch kind {
	case "", "linear":
		return p, !found
	case "sinusoid":
		in = func(x float64) float64 { return 1 - math.Cos(x*math.Pi/2) }
	case "quadratic":
		in = func(x float64) float64 { return x * x }
	case "cubic":
		in = func(x float64) float64 { return x * x * x }
	case "quartic":
		in = func(x float64) float64 { return x * x * x * x }
	case "quintic":
		in = func(x float64) float64 { return x * x * x * x * x }
	case "exponential":
		in = func(x float64) float64 { return (math.Pow(2, 10*x) - 1) / 1023 }
	case "circular":
		in = func(x float64) float64 { return 1 - math.Sqrt(1-x*x) }
	case "back":
		in = func(x float64) float64 { return x * x * (2.70158*x - 1.70158) }
	default:
		return p, false
	}
	switch dir {
	case "in":
		return in(p), true
	case "out":
		return 1 - in(1-p), true
	case "in-out":
		if p < 0.5 {
			return in(2*p) / 2, true
		}
		return 1 - in(2-2*p)/2, true
	}
	return p, false
}
