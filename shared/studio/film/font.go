package film

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// FontFolder is where Debian's packages fonts-nanum and fonts-nanum-extra
// (OFL-1.1) put their files. The second is optional: it has the extra bold and
// light weights and the handwritten families.
const FontFolder = "/usr/share/fonts/truetype/nanum"

// fontFile is one file of a family. name is its full name for Windows (name
// table, id 4), by which libass finds exactly this file: a family and a weight
// would be a request that fontconfig answers with what is nearest.
type fontFile struct {
	weight     int
	file, name string
}

// families are the Nanum fonts, lightest first. NanumSquareRound and NanumSquare
// draw 2,479 of the 11,172 syllables; they map the others, as they map Hanja,
// to glyphs without an outline (갂, 뽣), which is why face.glyph looks at that.
var families = map[string][]fontFile{
	"NanumSquareRound": {{300, "NanumSquareRoundL.ttf", "NanumSquareRound Light"}, {400, "NanumSquareRoundR.ttf", "NanumSquareRound Regular"},
		{700, "NanumSquareRoundB.ttf", "NanumSquareRound Bold"}, {800, "NanumSquareRoundEB.ttf", "NanumSquareRound ExtraBold"}},
	"NanumSquare": {{300, "NanumSquareL.ttf", "NanumSquare Light"}, {400, "NanumSquareR.ttf", "NanumSquare Regular"},
		{700, "NanumSquareB.ttf", "NanumSquare Bold"}, {800, "NanumSquareEB.ttf", "NanumSquare ExtraBold"}},
	"NanumGothic": {{400, "NanumGothic.ttf", "NanumGothic"}, {700, "NanumGothicBold.ttf", "NanumGothicBold"}, {800, "NanumGothicExtraBold.ttf", "NanumGothicExtraBold"}},
	"NanumBarunGothic": {{200, "NanumBarunGothicUltraLight.ttf", "NanumBarunGothic UltraLight"}, {300, "NanumBarunGothicLight.ttf", "NanumBarunGothic Light"},
		{400, "NanumBarunGothic.ttf", "NanumBarunGothic"}, {700, "NanumBarunGothicBold.ttf", "NanumBarunGothic Bold"}},
	"NanumMyeongjo": {{400, "NanumMyeongjo.ttf", "NanumMyeongjo"}, {700, "NanumMyeongjoBold.ttf", "NanumMyeongjoBold"}, {800, "NanumMyeongjoExtraBold.ttf", "NanumMyeongjoExtraBold"}},
	"NanumBarunpen": {{400, "NanumBarunpenR.ttf", "NanumBarunpen"}, {700, "NanumBarunpenB.ttf", "NanumBarunpen Bold"}},
	"NanumPen":      {{400, "NanumPen.ttf", "Nanum Pen Script"}},
	"NanumBrush":    {{400, "NanumBrush.ttf", "Nanum Brush Script"}},
}

// standIns is the order in which families are asked for a text that the wanted
// family has no glyphs for: NanumBarunGothic and NanumGothic have all syllables
// and 4,620 Hanja, NanumGothic also accented Latin letters.
var standIns = []string{defaultFont, "NanumSquare", "NanumBarunGothic", "NanumGothic", "NanumMyeongjo"}

// sameFamily has Google's names of the same families, which Creatomate knows.
var sameFamily = map[string]string{
	"Nanum Gothic": "NanumGothic", "Nanum Myeongjo": "NanumMyeongjo", "Nanum Square": "NanumSquare",
	"Nanum Square Round": "NanumSquareRound", "NanumSquare Round": "NanumSquareRound", "Nanum Barun Gothic": "NanumBarunGothic",
	"Nanum Pen Script": "NanumPen", "Nanum Brush Script": "NanumBrush", "Nanum Barun Pen": "NanumBarunpen",
}

// Fonts are the installed faces. They are read when a text first needs them
// and may be used by many goroutines.
type Fonts struct {
	families map[string][]*font // of the files that exist, lightest first
}

// font is a file that is read at its first use.
type font struct {
	fontFile
	load func() (*face, error)
}

// LoadFonts finds the known families in a folder; the default family must be there.
func LoadFonts(dir string) (*Fonts, error) {
	out := &Fonts{families: map[string][]*font{}}
	for family, files := range families {
		for _, file := range files {
			path := filepath.Join(dir, file.file)
			if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
				continue
			} else if err != nil {
				return nil, fmt.Errorf("find font: %w", err)
			}
			out.families[family] = append(out.families[family], &font{file, sync.OnceValues(func() (*face, error) { return loadFace(path, family, file) })})
		}
	}
	for _, weight := range []int{400, 700} {
		if f := out.nearest(defaultFont, weight); f == nil || f.weight != weight {
			return nil, fmt.Errorf("find font %s of weight %d in %s (on Debian and Ubuntu: apt-get install -y --no-install-recommends fonts-nanum): %w",
				defaultFont, weight, dir, os.ErrNotExist)
		}
	}
	return out, nil
}

// nearest is the family's file for a weight by CSS's rule: from 600 up the
// next bolder one, below 400 the next lighter one, between them the nearest of
// these; and where a side has none, the other. nil when the family has no file.
func (f *Fonts) nearest(family string, weight int) *font {
	list := f.families[family]
	if len(list) == 0 {
		return nil
	}
	lighter, bolder := -1, -1
	for i, w := range list {
		if w.weight <= weight {
			lighter = i
		}
		if w.weight >= weight && bolder < 0 {
			bolder = i
		}
	}
	if weight < 600 && lighter >= 0 || bolder < 0 {
		return list[lighter]
	}
	return list[bolder]
}

// choice is the face that a text is drawn with, and what must be told about it.
type choice struct {
	face    *face
	warning string // a stand-in is used, and why
	missing []rune // characters that no installed face has; face is nil then
	apart   bool   // … or that the wanted one lacks: each is in a face, but no face has them all
}

// choose finds the face for a text: of the wanted family, or else of the first
// stand-in that has all of its characters.
func (f *Fonts) choose(family string, weight int, text string) (choice, error) {
	wanted := family
	if same, ok := sameFamily[family]; ok {
		family = same
	}
	var c choice
	asked := slices.Concat([]string{family}, standIns)
	if f.nearest(family, weight) == nil {
		c.warning = fmt.Sprintf("%q is not installed here", clip(wanted))
		asked = standIns
	}
	var nowhere []rune // what every face so far lacks
	for i, name := range asked {
		at := f.nearest(name, weight)
		if at == nil {
			continue
		}
		face, err := at.load()
		if err != nil {
			return c, err
		}
		missing := face.missing(text)
		if len(missing) == 0 {
			if c.face = face; c.warning != "" {
				c.warning += "; " + name + " is used"
			}
			return c, nil
		}
		if i == 0 {
			nowhere = missing
			if c.warning == "" {
				c.warning = fmt.Sprintf("%s has no glyph for %s", name, spell(missing))
			}
		}
		nowhere = slices.DeleteFunc(nowhere, func(r rune) bool { return !slices.Contains(missing, r) })
	}
	if c.apart = len(nowhere) == 0; c.apart {
		nowhere = missingOf(f, asked[0], weight, text)
	}
	c.missing = nowhere
	return c, nil
}

// missingOf are the characters of a text that a family lacks.
func missingOf(f *Fonts, family string, weight int, text string) []rune {
	face, err := f.nearest(family, weight).load()
	if err != nil {
		return nil
	}
	return face.missing(text)
}

// spell names characters so that they can be found: 麵 (U+9EB5).
func spell(list []rune) string {
	const most = 8
	var out []string
	for _, r := range list[:min(most, len(list))] {
		out = append(out, fmt.Sprintf("%c (%U)", r, r))
	}
	if len(list) > most {
		out = append(out, fmt.Sprintf("%d more", len(list)-most))
	}
	return strings.Join(out, ", ")
}
