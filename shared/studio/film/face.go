package film

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"unicode"

	sfntfont "golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/text/unicode/norm"
)

// face is one font file, measured. All measures are in em (1 = the font size).
type face struct {
	fontFile
	family string
	path   string
	font   *sfnt.Font
	units  float64
	// assScale turns a font size into ASS's, which is the height between the
	// OS/2 table's Windows ascent and descent (libass follows VSFilter here).
	assScale float64
	// drop is how far below a line's middle the middle of ASS's line box must
	// be, so that Hangul looks centred.
	drop float64

	mu     sync.RWMutex
	glyphs map[rune]glyph
}

// glyph is what is known about a character in a face.
type glyph struct {
	advance float64 // em
	drawn   bool    // the face has it, and it leaves ink unless it is a space
}

func loadFace(path, family string, file fontFile) (*face, error) {
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
	out := &face{fontFile: file, family: family, path: path, font: f, units: float64(f.UnitsPerEm()), glyphs: map[rune]glyph{}}
	out.assScale = (ascent + descent) / out.units
	middle := 0.38 // of Hangul above the baseline, when the font does not say
	var b sfnt.Buffer
	if g, err := f.GlyphIndex(&b, '한'); err == nil && g != 0 {
		if r, _, err := f.GlyphBounds(&b, g, out.em(), sfntfont.HintingNone); err == nil {
			middle = -float64(r.Min.Y+r.Max.Y) / 2 / 64 / out.units
		}
	}
	out.drop = middle - (ascent-descent)/2/out.units
	return out, nil
}

// em is the size at which the font's own units are pixels.
func (f *face) em() fixed.Int26_6 { return fixed.I(int(f.font.UnitsPerEm())) }

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

// glyph measures a character once. A glyph without an outline counts as
// missing: it would be a hole in the text.
func (f *face) glyph(r rune) glyph {
	if r == noBreak {
		r = ' ' // drawn as one: see escape
	}
	f.mu.RLock()
	g, known := f.glyphs[r]
	f.mu.RUnlock()
	if known {
		return g
	}
	var b sfnt.Buffer
	if i, err := f.font.GlyphIndex(&b, r); err == nil && i != 0 {
		if a, err := f.font.GlyphAdvance(&b, i, f.em(), sfntfont.HintingNone); err == nil {
			g.advance = float64(a) / 64 / f.units
		}
		outline, err := f.font.LoadGlyph(&b, i, f.em(), nil)
		g.drawn = err == nil && len(outline) > 0 || r == ' '
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.glyphs[r] = g
	return g
}

// missing are the text's characters without a glyph, each once.
func (f *face) missing(text string) (out []rune) {
	for _, r := range text {
		if r != '\n' && !f.glyph(r).drawn && !slices.Contains(out, r) {
			out = append(out, r)
		}
	}
	return out
}

// noBreak is the only space that lines are not broken at.
const noBreak = '\u00a0'

// plain is the text as it is drawn: composed (decomposed Hangul becomes
// syllables), every kind of line end a newline and every kind of space a
// space, and without what is invisible: control and format characters, among
// them direction overrides and zero-width ones, and variation selectors.
func plain(s string) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\v", "\n", "\f", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n", "\t", " ", "\u202f", string(noBreak)).Replace(s)
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == noBreak:
			return r
		case unicode.Is(unicode.Zs, r):
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Variation_Selector, r) || r >= 0xe0000 && r < 0xe0080:
			return -1
		}
		return r
	}, s)
	return strings.Trim(norm.NFC.String(s), " \n")
}

// width is the advance of a line in em; letter is the letter spacing in em.
func (f *face) width(s string, letter float64) (w float64) {
	for _, r := range s {
		w += f.glyph(r).advance + letter
	}
	return w
}
