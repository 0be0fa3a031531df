package music

// vowel is a place in the vowel space: the first three formants in Hz.
type vowel struct{ f1, f2, f3 float64 }

func (v vowel) times(x float64) vowel { return vowel{v.f1 * x, v.f2 * x, v.f3 * x} }

// toward returns the place x of the way from v to w, 0 to 1.
func (v vowel) toward(w vowel, x float64) vowel {
	return vowel{v.f1 + (w.f1-v.f1)*x, v.f2 + (w.f2-v.f2)*x, v.f3 + (w.f3-v.f3)*x}
}

// tract is the length of a vocal tract: a man's vowels are measured, and so are a
// woman's, who is not a man scaled; what has no table is scaled.
type tract struct {
	woman bool
	scale float64
}

func newTract(voice string) tract {
	if voice == "f" {
		return tract{woman: true, scale: 1.15}
	}
	return tract{scale: 1}
}

func (t tract) vowel(name string) vowel {
	v := vowels[name]
	if t.woman {
		return v.woman
	}
	return v.man
}

// vowels are the simple vowels of a man and a woman. The Korean ones (small
// letters) follow Yang (1996), ㅗ and ㅜ drawn apart a little as in clear speech;
// the English ones (ARPABET) follow Hillenbrand et al. (1995).
var vowels = map[string]struct{ man, woman vowel }{
	"a":  {vowel{760, 1372, 2573}, vowel{986, 1700, 2957}},
	"eo": {vowel{608, 1080, 2683}, vowel{765, 1320, 3009}},
	"o":  {vowel{460, 850, 2674}, vowel{530, 940, 3068}},
	"u":  {vowel{345, 900, 2400}, vowel{390, 960, 2850}},
	"eu": {vowel{390, 1488, 2497}, vowel{430, 1750, 2997}},
	"i":  {vowel{300, 2250, 3047}, vowel{340, 2814, 3471}},
	"e":  {vowel{520, 1900, 2630}, vowel{660, 2330, 3068}},

	"AA": {vowel{768, 1333, 2522}, vowel{936, 1551, 2815}}, "AE": {vowel{660, 1720, 2410}, vowel{860, 2050, 2850}},
	"AH": {vowel{623, 1200, 2550}, vowel{753, 1426, 2933}}, "AO": {vowel{610, 930, 2538}, vowel{740, 1080, 2824}},
	"AX": {vowel{520, 1350, 2500}, vowel{600, 1550, 2850}}, "EH": {vowel{580, 1799, 2605}, vowel{731, 2058, 2979}},
	"ER": {vowel{474, 1379, 1710}, vowel{523, 1588, 1929}}, "IH": {vowel{420, 2034, 2684}, vowel{483, 2365, 3053}},
	"IY": {vowel{310, 2322, 3000}, vowel{370, 2761, 3372}}, "UH": {vowel{469, 1122, 2434}, vowel{519, 1225, 2827}},
	"UW": {vowel{345, 950, 2343}, vowel{400, 1050, 2735}}, "OH": {vowel{480, 880, 2459}, vowel{545, 990, 2828}}, "EI": {vowel{470, 2089, 2691}, vowel{530, 2530, 3047}},
	"w": {vowel{310, 650, 2250}, vowel{350, 720, 2600}}, "y": {vowel{270, 2280, 3050}, vowel{310, 2780, 3450}},
}

// place is a place of articulation. The second and third formants of a vowel
// start from it along a locus equation: locus + slope·(vowel − locus).
type place struct{ f2, slope2, f3, slope3 float64 }

var (
	labial    = place{850, .72, 2150, .5}
	dental    = place{1800, .42, 2700, .35}
	palatal   = place{2150, .3, 2900, .3}
	velar     = place{1550, .8, 2050, .35}
	retroflex = place{1200, .25, 1600, .15}
	nowhere   = place{0, 1, 0, 1} // h: the vowel's own
)

// edge returns where the formants of a vowel start after, or end before, a
// consonant made at the place; the first is at its lowest while the mouth is shut.
func (t tract) edge(p place, v vowel, f1 float64) vowel {
	l2, l3 := p.f2*t.scale, p.f3*t.scale
	return vowel{min(f1*t.scale, v.f1), l2 + p.slope2*(v.f2-l2), l3 + p.slope3*(v.f3-l3)}
}
