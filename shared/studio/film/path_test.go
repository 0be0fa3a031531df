package film

import (
	"fmt"
	"image"
	"math"
	"strings"
	"testing"

	"rsc.io/qr"
)

// area is how many pixels of a 100 × 100 box a path fills.
func pathArea(t *testing.T, data string) float64 {
	t.Helper()
	o, err := parsePath(data)
	if err != nil {
		t.Fatalf("%q: %v", data, err)
	}
	sum := 0.0
	for _, v := range mask(o.in(rect{0, 0, 100, 100}), image.Rect(0, 0, 100, 100)).Pix {
		sum += float64(v) / 255
	}
	return sum
}

func TestPathsAreFilledAsInSVG(t *testing.T) {
	t.Parallel()
	for data, want := range map[string]float64{
		"M 10 10 L 60 10 L 60 60 L 10 60 Z": 2500,
		"M10%,10% H60% V60% H10% Z":         2500,
		"m10 10h50v50h-50z":                 2500,
		"M 10 10 60 10 60 60 10 60":         2500, // lines without L; a fill closes
		"M 0 0 L 100 0 L 0 100 Z":           5000,
		"M0 0H50V50H0Z M50 50H100V100H50Z":  5000,
		"M0 0H80V80H0Z M40 40H100V100H40Z":  8400,  // an overlap counts once
		"M0 0H100V100H0Z M25 25H75V75H25Z":  10000, // the same way round: no hole
		"M0 0H100V100H0Z M25 25V75H75V25Z":  7500,  // the other way round: a hole
		"M 0 100 Q 50 0 100 100 Z":          100 * 100 / 3.0,
		"M 50 0 C 77.61 0 100 22.39 100 50 C 100 77.61 77.61 100 50 100 C 22.39 100 0 77.61 0 50 C 0 22.39 22.39 0 50 0 Z": math.Pi * 2500,
		"m 20 20 c 0 0 20 0 20 0 s": -1,
	} {
		if want < 0 {
			if _, err := parsePath(data); err == nil {
				t.Errorf("%q was accepted", data)
			}
			continue
		}
		if got := pathArea(t, data); math.Abs(got-want) > want*0.004 {
			t.Errorf("%q fills %.1f pixels, not %.1f", data, got, want)
		}
	}
	for _, bad := range []string{"", "L 1 1", "M", "M 1", "M 1 1 L 2", "M 1 1 A 1 1 0 0 0 2 2", "M 1 1 L x y", "M 1 1 Z 2 2", "M 1e9 1", "M 0 0" + strings.Repeat(" L 1 1", maxPathSteps)} {
		if _, err := parsePath(bad); err == nil {
			t.Errorf("%q was accepted", clip(bad))
		}
	}
}

func TestSquarePathsAreCrisp(t *testing.T) {
	t.Parallel()
	o, err := parsePath("M 3.3 7.1 H 51.7 V 62.9 H 3.3 Z")
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range mask(o.in(rect{0.4, 0.3, 97, 91}), image.Rect(0, 0, 100, 100)).Pix {
		if v != 0 && v != 255 {
			t.Fatalf("pixel %d, %d is %d", i%100, i/100, v)
		}
	}
}

// qrPath is a QR code as one path: a square for every run of dark modules.
func qrPath(t testing.TB, text string) string {
	t.Helper()
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		t.Fatal(err)
	}
	const quiet = 4
	unit := 100 / float64(code.Size+2*quiet)
	var b strings.Builder
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			if code.Black(x, y) {
				fmt.Fprintf(&b, "M%.4f%% %.4f%%h%.4fv%.4fh-%.4fz", float64(x+quiet)*unit, float64(y+quiet)*unit, unit, unit, unit)
			}
		}
	}
	return b.String()
}
