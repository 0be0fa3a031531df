package film

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// FontFolder is where Debian's package fonts-nanum (OFL-1.1) puts its files.
const FontFolder = "/usr/share/fonts/truetype/nanum"

// families maps a family to its regular and bold file.
var families = map[string][2]string{
	"NanumSquareRound": {"NanumSquareRoundR.ttf", "NanumSquareRoundB.ttf"},
	"NanumSquare":      {"NanumSquareR.ttf", "NanumSquareB.ttf"},
	"NanumGothic":      {"NanumGothic.ttf", "NanumGothicBold.ttf"},
	"NanumBarunGothic": {"NanumBarunGothic.ttf", "NanumBarunGothicBold.ttf"},
	"NanumMyeongjo":    {"NanumMyeongjo.ttf", "NanumMyeongjoBold.ttf"},
}

// Google's names of the same families, which Creatomate knows.
var sameFamily = map[string]string{
	"Nanum Gothic": "NanumGothic", "Nanum Myeongjo": "NanumMyeongjo", "Nanum Square": "NanumSquare",
	"Nanum Square Round": "NanumSquareRound", "NanumSquare Round": "NanumSquareRound", "Nanum Barun Gothic": "NanumBarunGothic",
}

// face is one font file, measured. All measures are in em (1 = the font size).
type face struct {
	family string
	bold   bool
	font   *sfnt.Font
	units  float64
	// assScale turns a font size into ASS's, which is the height between the
	// OS/2 table's Windows ascent and descent (libass follows VSFilter here).
	assScale float64
	// drop is how far below a line's middle the middle of ASS's line box must
	// be, so that Hangul looks centred.
	drop float64
}

// fonts are the faces that are installed.
type fonts map[string][2]*face

// loadFonts reads the known families from a folder; the default family must be there.
func loadFonts(dir string) (fonts, error) {
	out := fonts{}
	for family, files := range families {
		var pair [2]*face
		var missing error
		for i, name := range files {
			f, err := loadFace(filepath.Join(dir, name), family, i == 1)
			if err != nil {
				missing = err
				break
			}
			pair[i] = f
		}
		switch {
		case missing == nil:
			out[family] = pair
		case family == defaultFont || !errors.Is(missing, os.ErrNotExist):
			return nil, fmt.Errorf("load font %s from %s (on Debian and Ubuntu: apt-get install -y --no-install-recommends fonts-nanum): %w", family, dir, missing)
		}
	}
	return out, nil
}

func loadFace(path, family string, bold bool) (*face, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read font: %w", err)
	}
	f, err := sfnt.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("parse font %s: %w", filepath.Base(path), err)
	}
	ascent, descent, err := windowsMetrics(data)
	if err != nil {
		return nil, fmt.Errorf("parse font %s: %w", filepath.Base(path), err)
	}
	out := &face{family: family, bold: bold, font: f, units: float64(f.UnitsPerEm())}
	out.assScale = (ascent + descent) / out.units
	middle := 0.38 // of Hangul above the baseline, when the font does not say
	var b sfnt.Buffer
	if g, err := f.GlyphIndex(&b, '한'); err == nil && g != 0 {
		if r, _, err := f.GlyphBounds(&b, g, fixed.I(int(f.UnitsPerEm())), font.HintingNone); err == nil {
			middle = -float64(r.Min.Y+r.Max.Y) / 2 / 64 / out.units
		}
	}
	out.drop = middle - (ascent-descent)/2/out.units
	return out, nil
}

// windowsMetrics reads usWinAscent and usWinDescent from the OS/2 table.
func windowsMetrics(data []byte) (ascent, descent float64, err error) {
	bad := errors.New("no OS/2 table")
	if len(data) < 12 {
		return 0, 0, bad
	}
	for i := range int(binary.BigEndian.Uint16(data[4:])) {
		r := 12 + 16*i
		if r+16 > len(data) {
			return 0, 0, bad
		}
		if string(data[r:r+4]) != "OS/2" {
			continue
		}
		at := int(binary.BigEndian.Uint32(data[r+8:]))
		if at+78 > len(data) {
			return 0, 0, bad
		}
		return float64(binary.BigEndian.Uint16(data[at+74:])), float64(binary.BigEndian.Uint16(data[at+76:])), nil
	}
	return 0, 0, bad
}

// face returns the face for a family; ok is false when another one stands in.
func (f fonts) face(family string, bold bool) (_ *face, ok bool) {
	if same, known := sameFamily[family]; known {
		family = same
	}
	pair, ok := f[family]
	if !ok {
		pair = f[defaultFont]
	}
	if bold {
		return pair[1], ok
	}
	return pair[0], ok
}

// clean removes what cannot be drawn: control and format characters (among
// them direction overrides), and characters that the face has no glyph for,
// which are returned as missing.
func (f *face) clean(s string) (text string, missing []rune) {
	var b sfnt.Buffer
	var out strings.Builder
	for _, r := range strings.NewReplacer("\r\n", "\n", "\r", "\n", "\t", " ").Replace(s) {
		if r == '\n' {
			out.WriteRune(r)
			continue
		}
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Variation_Selector, r) {
			continue
		}
		if g, err := f.font.GlyphIndex(&b, r); err != nil || g == 0 && r != ' ' {
			missing = append(missing, r)
			continue
		}
		out.WriteRune(r)
	}
	return out.String(), missing
}

// width is the advance of a line in em; letter is the letter spacing in em.
func (f *face) width(s string, letter float64) float64 {
	var b sfnt.Buffer
	var w float64
	for _, r := range s {
		g, err := f.font.GlyphIndex(&b, r)
		if err != nil {
			continue
		}
		a, err := f.font.GlyphAdvance(&b, g, fixed.I(int(f.units)), font.HintingNone)
		if err == nil {
			w += float64(a)/64/f.units + letter
		}
	}
	return w
}
