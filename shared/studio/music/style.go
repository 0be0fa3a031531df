package music

// style is what makes a genre: tempo, harmony, groove, instruments, singing, mix.
type style struct {
	slowest, fastest float64 // beats per minute
	swing            float64 // how late the off-beat sixteenth is, in sixteenths
	pentatonic       bool    // the melody keeps to five notes
	spread           int     // scale steps that the melody moves around its centre
	major, minor     harmony
	verse, hook      groove
	bass, chords     string // instruments
	lead             string
	pad              float64 // loudness of the pad, dB
	singing          singing
	levels           map[string]float64 // stem loudness, dB RMS while it plays
	room             float64            // reverb send of the singer
	echo             float64            // delay send of the singer
	drive            float64            // saturation of the sum
}

// harmony is the progressions by section, a chord a bar, in Roman numerals of
// the key; the seed picks one.
type harmony struct{ verse, hook []string }

// groove is one bar of sixteen steps per drum: x hit, o soft hit, . rest.
type groove struct {
	kick, snare, clap, hat, open, shaker, rim, bass, chords string
}

// singing is how the genre is sung.
type singing struct {
	vibrato float64 // cents
	rate    float64 // Hz
	slide   float64 // seconds of portamento
	breath  float64 // 0 to 1
	turn    bool    // trot's 꺾기: a quick turn at the start of long notes
}

var styles = map[string]style{
	KPop: {
		slowest: 106, fastest: 128, spread: 5,
		major: harmony{verse: []string{"vi IV I V", "IV V iii vi", "I vi IV V"}, hook: []string{"IV V iii vi", "I V vi IV", "IV I V vi"}},
		minor: harmony{verse: []string{"i VI III VII", "i iv VI v"}, hook: []string{"VI VII i i", "VI VII v i"}},
		verse: groove{kick: "x...x...x...x...", clap: "....x.......x...", hat: "..x...x...x...x.", bass: "x.x...x.x.x...x.", chords: "x..x..x...x..x.."},
		hook:  groove{kick: "x...x...x...x...", snare: "....x.......x...", clap: "....x.......x...", hat: "x.xxx.xxx.xxx.xx", open: "..x...x...x...x.", bass: "x.xx.xx.x.xx.xx.", chords: "x..x..x.x..x..x."},
		bass:  "saw", chords: "pluck", lead: "square", pad: -25,
		singing: singing{vibrato: 18, rate: 5.8, slide: .045, breath: .12},
		levels:  map[string]float64{"vocal": -15.5, "drums": -17, "bass": -19, "chords": -23, "lead": -22, "backing": -25}, room: .16, echo: .14, drive: 1.3,
	},
	Ballad: {
		slowest: 62, fastest: 82, spread: 6,
		major: harmony{verse: []string{"I V vi iii IV I ii V", "I iii vi IV", "I vi ii V"}, hook: []string{"IV V iii vi ii V I I", "IV V vi I"}},
		minor: harmony{verse: []string{"i VI III VII", "i v VI III"}, hook: []string{"VI VII III i", "iv VII III VI"}},
		verse: groove{kick: "x...............", rim: "........o.......", hat: "o...o...o...o...", bass: "x...........o...", chords: "x.o.x.o.x.o.x.o."},
		hook:  groove{kick: "x.....x...x.....", snare: "........x.......", hat: "x.o.x.o.x.o.x.o.", bass: "x.....x.x.......", chords: "x.o.x.o.x.o.x.o."},
		bass:  "soft", chords: "piano", lead: "flute", pad: -21,
		singing: singing{vibrato: 32, rate: 5.2, slide: .085, breath: .22},
		levels:  map[string]float64{"vocal": -15, "drums": -23, "bass": -21, "chords": -19, "lead": -22, "backing": -24}, room: .3, echo: .08, drive: 1.0,
	},
	Trot: {
		slowest: 124, fastest: 148, pentatonic: true, spread: 6,
		major: harmony{verse: []string{"I I IV V", "I vi IV V"}, hook: []string{"IV I V I", "I IV V I"}},
		minor: harmony{verse: []string{"i i iv V", "i iv V i"}, hook: []string{"i VI iv V", "iv i V i"}},
		verse: groove{kick: "x.......x.......", snare: "....x.......x...", hat: "x.x.x.x.x.x.x.x.", bass: "x.......5.......", chords: "....x.......x..."},
		hook:  groove{kick: "x.......x.......", snare: "....x..o....x.oo", hat: "x.xxx.xxx.xxx.xx", shaker: "x.x.x.x.x.x.x.x.", bass: "x...x...5...5...", chords: "....x.x.....x.x."},
		bass:  "upright", chords: "accordion", lead: "sax", pad: -34,
		singing: singing{vibrato: 38, rate: 6.2, slide: .07, breath: .06, turn: true},
		levels:  map[string]float64{"vocal": -15, "drums": -20, "bass": -19, "chords": -22, "lead": -20, "backing": -26}, room: .22, echo: .16, drive: 1.15,
	},
	HipHop: {
		slowest: 82, fastest: 98, swing: .3, pentatonic: true, spread: 3,
		major: harmony{verse: []string{"IVmaj7 iii7 ii7 I", "ii7 V7 Imaj7 vi7"}, hook: []string{"IVmaj7 V7 iii7 vi7"}},
		minor: harmony{verse: []string{"i7 i7 iv7 v7", "i7 VImaj7 i7 VII"}, hook: []string{"VImaj7 VII i7 i7", "i7 iv7 VImaj7 v7"}},
		verse: groove{kick: "x.....x...x.....", snare: "....x.......x...", hat: "x.x.x.x.x.x.x.xx", bass: "x.....x...x.....", chords: "x.........x....."},
		hook:  groove{kick: "x..x..x...x..x..", snare: "....x.......x...", clap: "....x.......x...", hat: "x.xxx.x.xxx.x.xx", open: "..........x.....", bass: "x..x..x...x..x..", chords: "x.....x...x....."},
		bass:  "808", chords: "epiano", lead: "square", pad: -30,
		singing: singing{vibrato: 8, rate: 5.5, slide: .03, breath: .1},
		levels:  map[string]float64{"vocal": -15, "drums": -16.5, "bass": -16.5, "chords": -24, "lead": -25, "backing": -25}, room: .1, echo: .1, drive: 1.5,
	},
	Acoustic: {
		slowest: 88, fastest: 108, pentatonic: true, spread: 5,
		major: harmony{verse: []string{"I V vi IV", "I IV I V", "I iii IV V"}, hook: []string{"IV V I vi", "IV I V V", "vi IV I V"}},
		minor: harmony{verse: []string{"i VII VI VII", "i III VII iv"}, hook: []string{"VI III VII i", "iv VI III VII"}},
		verse: groove{kick: "x.....o.........", shaker: "o.x.o.x.o.x.o.x.", bass: "x.......x.....o.", chords: "x.o.xox.x.o.xox."},
		hook:  groove{kick: "x.....x.x.......", rim: "....x.......x...", shaker: "oxoxoxoxoxoxoxox", bass: "x.....x.x.....x.", chords: "x.xox.xox.xox.xo"},
		bass:  "soft", chords: "guitar", lead: "whistle", pad: -36,
		singing: singing{vibrato: 16, rate: 5.4, slide: .055, breath: .18},
		levels:  map[string]float64{"vocal": -15, "drums": -23, "bass": -20, "chords": -18, "lead": -23, "backing": -24}, room: .14, echo: .04, drive: 1.0,
	},
}

// minorMoods says how likely a mood is sung in minor, in tenths, by genre.
func minorChance(genre, mood string) int {
	switch genre {
	case Trot:
		return map[string]int{"bright": 4, "warm": 7, "trot": 8}[mood]
	case HipHop:
		return map[string]int{"bright": 3, "warm": 5, "trendy": 9}[mood]
	}
	return map[string]int{"warm": 2, "trendy": 6, "trot": 7}[mood]
}
