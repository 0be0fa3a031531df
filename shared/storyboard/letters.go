package storyboard

// Families that both renderers have: Creatomate through Google Fonts, the studio
// through Debian's fonts-nanum.
const (
	gothic   = "Nanum Gothic"
	myeongjo = "Nanum Myeongjo"
)

// letters is how a text looks.
type letters struct {
	family string
	weight float64
	size   float64 // u: the largest; less when the text needs it
	color  rgb
	x, y   float64 // alignment in the box, 0–1
	track  float64 // letter spacing, % of the size
	line   float64 // line height, % of the size
}

// The four hands, left and in the middle of their box's height.

func heavy(size float64, color rgb) letters {
	return letters{family: gothic, weight: 800, size: size, color: color, y: 0.5, line: 120}
}

func bold(size float64, color rgb) letters {
	return letters{family: gothic, weight: 700, size: size, color: color, y: 0.5, line: 120}
}

func heavySerif(size float64, color rgb) letters {
	return letters{family: myeongjo, weight: 800, size: size, color: color, y: 0.5, line: 120}
}

func boldSerif(size float64, color rgb) letters {
	return letters{family: myeongjo, weight: 700, size: size, color: color, y: 0.5, line: 120}
}

func (l letters) centred() letters             { l.x = 0.5; return l }
func (l letters) spaced(track float64) letters { l.track = track; return l }
func (l letters) leaded(line float64) letters  { l.line = line; return l }
