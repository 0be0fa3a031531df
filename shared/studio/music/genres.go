package music

// The scales of the melodies, in semitones above the tonic.
var (
	majorScale      = []int{0, 2, 4, 5, 7, 9, 11}
	minorScale      = []int{0, 2, 3, 5, 7, 8, 10}
	majorPentatonic = []int{0, 2, 4, 7, 9}
	minorPentatonic = []int{0, 3, 5, 7, 10}
	// trotMinor is 라시도미파, the five notes of trot in minor: its half tones
	// above the second and the fifth are what makes it plaintive.
	trotMinor = []int{0, 2, 3, 7, 8}
)

var styles = map[string]style{
	// Four on the floor, synthesisers, a pumping mix.
	KPop: {
		slowest: 108, fastest: 126, pace: .23, accents: "9265728392647283",
		majorScale: majorScale, minorScale: minorScale, reach: 6, repeat: .5,
		major: harmony{verse: []string{"vi IV I V", "IV V iii vi", "I vi IV V"}, hook: []string{"IV V iii vi", "I V vi IV", "IV I V vi"}, asks: "V", answers: "I"},
		minor: harmony{verse: []string{"i VI III VII", "i iv VI v"}, hook: []string{"VI VII i i", "VI VII v i"}, asks: "VII", answers: "i"},
		intro: groove{kick: "x...x...x...x...", hat: "x.o.x.o.x.o.x.o.", chords: "x..x..x...x..x..", colour: "x.x.x.x.x.x.x.x."},
		verse: []groove{
			{kick: "x...x...x...x...", clap: "....x.......x...", hat: "o.x.o.x.o.x.o.x.", bass: "x.x...x.x.x...a.", chords: "x..x..x...x..x.."},
			{kick: "x...x...x...x...", snare: "....x.......x...", hat: "oox.oox.oox.oox.", bass: "x..x..x...x.8.a.", chords: "x.....x..x....x."},
		},
		hook: []groove{
			{kick: "x...x...x...x...", snare: "....x.......x...", clap: "....x.......x...", hat: "o.xxo.xxo.xxo.xx", open: "..x...x...x...x.", bass: "xx8xxx8xxx8xxx8a", chords: "x..x..x.x..x..x.", colour: "xoxoxoxoxoxoxoxo"},
			{kick: "x...x...x...x...", snare: "....x.......x...", clap: "....x..o....x...", hat: "xoxoxoxoxoxoxoxo", open: "..x...x...x...x.", bass: "..xx..xx..xx..8a", chords: "x.x..x..x.x..x..", colour: "x.xx.xx.x.xx.xx."},
		},
		fill: groove{kick: "x...x...x.......", snare: "........3.4.5678", clap: "............x...", hat: "x.x.x.x.x.......", bass: "x.......x.......", chords: "x.......x......."},
		bass: "saw", chords: "pluck", lead: "square", colour: "arp", cymbals: 1, gate: 1, lift: 2,
		singing: singing{vibrato: 18, rate: 5.8, slide: .045, breath: .12},
		levels:  map[string]float64{"vocal": -15.5, "drums": -17, "bass": -19, "chords": -23, "pad": -25, "lead": -22, "colour": -27, "backing": -25}, room: .16, echo: .14, drive: 1.3,
	},
	// Piano and strings, few drums, room to breathe.
	Ballad: {
		slowest: 62, fastest: 80, pace: .36, accents: "9031703190317031",
		majorScale: majorScale, minorScale: minorScale, reach: 7, repeat: .9,
		major: harmony{verse: []string{"I V vi iii IV I ii7 V", "I iii IV iv", "I vi ii7 V"}, hook: []string{"IV V iii vi ii7 V I I", "IV V vi Iadd9", "I V vi IV"}, asks: "V", answers: "I"},
		minor: harmony{verse: []string{"i VI III VII", "i v VI III"}, hook: []string{"VI VII III i", "iv VII III VI"}, asks: "V", answers: "i"},
		intro: groove{hat: "o...o...o...o...", chords: "x.o.x.o.x.o.x.o."},
		verse: []groove{
			{kick: "x...............", rim: "........o.......", hat: "o...o...o...o...", bass: "x...........o...", chords: "x.o.x.o.x.o.x.o."},
			{kick: "x.........o.....", rim: "....o.......o...", hat: "o...o...o...o...", bass: "x.......5.......", chords: "x.o.o.x.o.x.o.o."},
		},
		hook: []groove{
			{kick: "x.....x...x.....", snare: "....x.......x...", hat: "x.o.x.o.x.o.x.o.", bass: "x.....x.x.....a.", chords: "x.o.x.o.x.o.x.o.", colour: "x.......x......."},
			{kick: "x.......x.x.....", snare: "....x.......x..o", hat: "x...x.o.x...x.o.", bass: "x.....5.8.....a.", chords: "x.o.x.x.o.x.o.x.", colour: "x..............."},
		},
		fill: groove{kick: "x...............", hat: "o...o...........", snare: "............4.67", tom: "........5.6.....", bass: "x.......x.......", chords: "x.o.x.o.x......."},
		bass: "soft", chords: "piano", lead: "flute", colour: "strings", cymbals: .8, gate: 1, lift: 4,
		singing: singing{vibrato: 32, rate: 5.2, slide: .085, breath: .22},
		levels:  map[string]float64{"vocal": -15, "drums": -24, "bass": -22, "chords": -18.5, "pad": -22, "lead": -22, "colour": -22, "backing": -24}, room: .3, echo: .08, drive: 1.0,
	},
	// 뽕짝: the bass on one and three, the accordion on two and four.
	Trot: {
		slowest: 128, fastest: 150, pace: .29, accents: "9041714191417151",
		majorScale: majorPentatonic, minorScale: trotMinor, reach: 7, repeat: .9,
		major: harmony{verse: []string{"I I IV V", "I vi IV V"}, hook: []string{"IV I V I", "I IV V I"}, asks: "V7", answers: "I"},
		minor: harmony{verse: []string{"i i iv V", "i iv V i"}, hook: []string{"i VI iv V", "iv i V i"}, asks: "V7", answers: "i"},
		intro: groove{kick: "x.......x.......", snare: "....o.......o...", hat: "x.o.x.o.x.o.x.o.", bass: "x.......5.......", chords: "....x.......x..."},
		verse: []groove{
			{kick: "x.......x.......", snare: "....x.......x...", hat: "x.x.x.x.x.x.x.x.", bass: "x.......5.......", chords: "....x.......x..."},
			{kick: "x.......x.......", snare: "....x.......x.o.", hat: "x.xox.xox.xox.xo", bass: "x.......5.....a.", chords: "....x.......x.x."},
		},
		hook: []groove{
			{kick: "x.......x.......", snare: "....x..o....x.oo", hat: "x.xxx.xxx.xxx.xx", shaker: "x.x.x.x.x.x.x.x.", bass: "x...x...5...a...", chords: "....x.x.....x.x.", colour: "....x.......x.x."},
			{kick: "x.......x.......", snare: "....x.o.....x.o.", hat: "xoxxxoxxxoxxxoxx", shaker: "o.x.o.x.o.x.o.x.", bass: "x...5...8...a...", chords: "....x.......x.x.", colour: "x.x.........x..."},
		},
		fill: groove{kick: "x.......x.......", snare: "....x...5.675.89", hat: "x.x.x.x.........", bass: "x.......5...a...", chords: "....x..........."},
		bass: "upright", chords: "accordion", lead: "sax", colour: "brass", cymbals: .55, gate: .45, lift: 1.5,
		singing: singing{vibrato: 38, rate: 6.2, slide: .07, breath: .06, turn: true},
		levels:  map[string]float64{"vocal": -15, "drums": -21.5, "bass": -18.5, "chords": -20, "pad": -36, "lead": -19.5, "colour": -24, "backing": -26}, room: .22, echo: .16, drive: 1.15,
	},
	// A long low bass, half-time drums with quick hats, a chant on few notes.
	HipHop: {
		slowest: 76, fastest: 92, swing: .3, pace: .19, accents: "9476847594768475",
		majorScale: majorPentatonic, minorScale: minorPentatonic, reach: 4.5, repeat: .25,
		major: harmony{verse: []string{"IVmaj7 iii7 ii7 Imaj7", "ii7 V7 Imaj7 vi7"}, hook: []string{"IVmaj7 V7 iii7 vi7", "vi7 V7 IVmaj7 V7"}, asks: "V7", answers: "Imaj7"},
		minor: harmony{verse: []string{"i7 i7 iv7 v7", "i7 VImaj7 i7 VII"}, hook: []string{"VImaj7 VII i7 i7", "i7 iv7 VImaj7 v7"}, asks: "v7", answers: "i7"},
		intro: groove{kick: "x.......x.......", rim: "....o.......o...", hat: "x.o.x.o.x.o.x.o.", chords: "x.........x....."},
		verse: []groove{
			{kick: "x.....x...x.....", snare: "....x.......x...", hat: "x.x.x.x.x.x.x.xx", bass: "x.....x...x.....", chords: "x.........x....."},
			{kick: "x..x......x..x..", snare: "....x.......x...", hat: "xoxoxoxoxoxoxoxo", bass: "x..x......x.....", chords: "x.....x........."},
		},
		hook: []groove{
			{kick: "x..x..x...x..x..", snare: "....x.......x...", clap: "....x.......x...", hat: "x.xxx.x.xxx.x.xx", open: "..........x.....", bass: "x..x..x...x..a..", chords: "x.....x...x.....", colour: "x..x..x..x..x..."},
			{kick: "x.....xx..x.....", snare: "....x.......x...", clap: "....x.......x..o", hat: "xxx.x.xxx.x.xxxx", open: "......x.........", bass: "x.....8x..x.....", chords: "x..x......x.....", colour: "x.....x.x.....x."},
		},
		fill: groove{kick: "x.....x.........", snare: "....x.......x...", clap: "............x...", hat: "x.x.x.x.34456789", bass: "x.....x.........", chords: "x..............."},
		bass: "808", chords: "epiano", lead: "bell", colour: "bell", cymbals: .8, gate: 1, lift: 1.5,
		singing: singing{vibrato: 8, rate: 5.5, slide: .03, breath: .1},
		levels:  map[string]float64{"vocal": -15, "drums": -16.5, "bass": -16, "chords": -24, "pad": -31, "lead": -26, "colour": -29, "backing": -25}, room: .1, echo: .1, drive: 1.5,
	},
	// A strummed guitar, a box to beat on, a shaker, a whistle.
	Acoustic: {
		slowest: 84, fastest: 112, pace: .26, accents: "9153825391538253",
		majorScale: majorPentatonic, minorScale: minorPentatonic, reach: 6, repeat: .6,
		major: harmony{verse: []string{"I V vi IV", "I IV I V", "Iadd9 iii IV V"}, hook: []string{"IV V I vi", "IV I V V", "vi IV I V"}, asks: "V", answers: "I"},
		minor: harmony{verse: []string{"i VII VI VII", "i III VII iv"}, hook: []string{"VI III VII i", "iv VI III VII"}, asks: "VII", answers: "i"},
		intro: groove{kick: "o.......o.......", rim: "....o.......o...", shaker: "x.o.x.o.x.o.x.o.", chords: "x.o.xox.x.o.xox."},
		verse: []groove{
			{kick: "x.......o.......", rim: "....o.......o...", shaker: "x.o.x.o.x.o.x.o.", bass: "x.......x.....a.", chords: "x.o.xox.x.o.xox."},
			{kick: "x.....o.x.......", rim: "....o.......o...", shaker: "xoooxoooxoooxooo", bass: "x.......5.......", chords: "x..ox.o.x..ox.oo"},
		},
		hook: []groove{
			{kick: "x.....x.x.......", rim: "....x.......x...", shaker: "xoooxoooxoooxooo", bass: "x.....x.x.....a.", chords: "x.xox.xox.xox.xo", colour: "x...x...x...x..."},
			{kick: "x..x....x..x....", rim: "....x.......x.o.", shaker: "x.xox.xox.xox.xo", bass: "x..x....5..x..a.", chords: "x.xoxoxox.xoxoxo", colour: "x.....x...x....."},
		},
		fill: groove{kick: "x.......x...x...", rim: "....o...4.5.6789", shaker: "x.o.x.o.x.......", bass: "x.......5...a...", chords: "x.o.xox.x......."},
		bass: "soft", chords: "guitar", lead: "whistle", colour: "glockenspiel", cymbals: .9, gate: 1, lift: 2.5,
		singing: singing{vibrato: 16, rate: 5.4, slide: .055, breath: .18},
		levels:  map[string]float64{"vocal": -15, "drums": -23, "bass": -20.5, "chords": -17.5, "pad": -38, "lead": -23, "colour": -30, "backing": -24}, room: .14, echo: .04, drive: 1.0,
	},
}
