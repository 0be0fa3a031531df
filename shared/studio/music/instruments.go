package music

import "math"

// Why our own instruments and not a SoundFont's. `make bench-sound` plays the same
// scores through both, by the same master: FluidSynth 2.3.1 with FluidR3_GM (MIT).
//
//	                                     ours            SoundFont
//	processor seconds a second of song   0.019–0.030     0.045–0.084 (ours with the mix)
//	to install                           nothing         141 MB and a process (LGPL)
//	loudness range, LU                   2.4–6.0         1.3–4.7
//	correlation of the sides             0.68–0.91       −0.65–0.99
//	distance between genres, mean/least  5.3/2.3         5.5/3.7
//	spectral centre, kHz                 3.3–5.8         2.2–3.8
//	piano's middle C falls in 0.8 s, dB  14              9
//
// Ours cost less, move more and never cancel in mono (the font's k-pop pad does);
// as one binary without assets they start anywhere. The font's genres lie further
// apart where they are closest (k-pop and trot), and its recordings have what ours
// only hint at: the body of a guitar, the noise of a key. Nothing measured is worth
// 141 MB in every studio; the arrangement is in notes, so that a player of samples
// can take it over where somebody's ears decide otherwise.

// player renders the notes of one part. Its buffer is used again for each note.
type player struct {
	buffer []float32
	noise  *noise
}

// played is one note for an instrument.
type played struct {
	f        float64 // Hz
	velocity float64 // 0 to 1: louder is brighter too
	length   int     // samples as written; the note may ring on
	side     float64 // −1 and 1 for the two channels of a wide instrument, else 0
}

// instrument renders a note from its first sample; it begins and ends at 0.
type instrument func(*player, played) []float32

var instruments = map[string]instrument{
	"saw": sawBass, "808": deepBass, "upright": uprightBass, "soft": softBass,
	"piano": piano, "epiano": electricPiano, "pluck": pluck, "guitar": guitar, "accordion": accordion,
	"arp": arp, "bell": bell, "glockenspiel": glockenspiel,
	"square": square, "sax": sax, "flute": flute, "whistle": whistle,
	"pad": pad, "strings": stringSection, "brass": brass,
}

// wide instruments play a voice of their own on either side.
var wide = map[string]bool{"pad": true, "strings": true, "accordion": true, "epiano": true}

// play renders a part into out.
func (s *score) play(p part, out stereo) {
	render := instruments[p.instrument]
	hands := &player{noise: newNoise(s.seed, uint64(len(p.instrument))*7919)}
	for _, n := range p.notes {
		at := s.sample(n.start) + int(n.late*Rate)
		q := played{f: hz(float64(n.pitch)), velocity: n.velocity, length: s.sample(n.start+n.beats) - s.sample(n.start)}
		left, right := pan(n.position)
		if !wide[p.instrument] {
			out.mix(at, render(hands, q), left, right)
			continue
		}
		q.side = -1
		out.mix(at, render(hands, q), left, .35*right)
		q.side = 1
		out.mix(at, render(hands, q), .35*left, right)
	}
}

// samples returns the buffer, cleared, n long.
func (p *player) samples(n int) []float32 {
	if cap(p.buffer) < n {
		p.buffer = make([]float32, 2*n)
	}
	p.buffer = p.buffer[:n]
	clear(p.buffer)
	return p.buffer
}

// falling is an exponential that loses 60 dB in its time.
type falling struct{ value, factor float64 }

func fallingFrom(value, seconds float64) falling { return falling{value, decay(seconds)} }

func (f *falling) next() float64 {
	v := f.value
	f.value *= f.factor
	return v
}

// shape applies attack and release (seconds) to a held note that ends with the buffer.
func shape(out []float32, attack, release float64) []float32 {
	rise, fall := min(len(out), int(attack*Rate)), min(len(out), int(release*Rate))
	for i := range rise {
		out[i] *= float32(smooth(float64(i) / float64(rise)))
	}
	for i := range fall {
		out[len(out)-1-i] *= float32(smooth(float64(i) / float64(fall)))
	}
	return out
}

// partial adds a decaying sine by the recursive oscillator: two multiplications a sample.
func partial(out []float32, f, amplitude, seconds float64) {
	if f > 16000 {
		return
	}
	w := 2 * math.Pi * f / Rate
	c, y1, y2 := 2*math.Cos(w), 0.0, -math.Sin(w)
	d := decay(seconds)
	for i := range out {
		y := c*y1 - y2
		y2, y1 = y1, y
		out[i] += float32(y * amplitude)
		amplitude *= d
		if amplitude < 3e-5 {
			return
		}
	}
}

// piano is stretched partials, two strings a note, that decay the faster the
// higher they are, and the thump of the hammer. A harder stroke has more of the high ones.
func piano(p *player, n played) []float32 {
	out := p.samples(min(n.length+int(.4*Rate), int(3.5*Rate)))
	long := 13 * math.Pow(110/n.f, .6)
	slope := 1.45 - .55*n.velocity
	for k := 1; k <= 14; k++ {
		x := float64(k)
		f := n.f * x * math.Sqrt(1+.00035*x*x)
		a := math.Pow(x, -slope) * math.Abs(math.Sin(math.Pi*x*.12)) * 1.6 * n.velocity * .3 // struck at an eighth of the string
		seconds := long / math.Pow(x, .6)
		partial(out, f*.9996, a, seconds)
		partial(out, f*1.0005, .7*a, seconds*.45) // the second string dies first: the double decay of a piano
	}
	thump, body := fallingFrom(.25*n.velocity*n.velocity, .06), onePole{}
	for i := range min(len(out), Rate/12) {
		out[i] += float32(body.low(p.noise.next()*thump.next(), .25))
	}
	return shape(out, .0015, min(.3, .3*float64(len(out))/Rate))
}

// electricPiano is two-operator FM with a tine; its two sides tremble against each other.
func electricPiano(p *player, n played) []float32 {
	out := p.samples(min(n.length+int(.25*Rate), int(2.8*Rate)))
	dt := n.f / Rate
	index, tine, amp := fallingFrom(.13+.25*n.velocity*n.velocity, 1.6), fallingFrom(.05*n.velocity, .3), fallingFrom(.6*n.velocity, 4.5)
	phase := 0.0
	for i := range out {
		tremble := 1 + .18*n.side*sine(8+5.1*float64(i)/Rate)
		out[i] = float32(sine(8+phase+index.next()*sine(phase)+tine.next()*sine(phase*14)) * amp.next() * tremble)
		phase += dt
	}
	return shape(out, .002, .2)
}

// pluck is two detuned saws through a closing filter.
func pluck(p *player, n played) []float32 { return plucked(p, n, .45, 900+7000*n.velocity, 16) }

// arp is a shorter, brighter pluck.
func arp(p *player, n played) []float32 { return plucked(p, n, .2, 2500+9000*n.velocity, 22) }

func plucked(p *player, n played, seconds, bright, closing float64) []float32 {
	out := p.samples(int(seconds * Rate))
	a, b := saw{.13}, saw{.61}
	var lp, lp2 onePole
	cut, amp := fallingFrom(bright, 6.9/closing), fallingFrom(.5*n.velocity, seconds*1.6)
	for i := range out {
		c := coefficientFast(600 + cut.next())
		v := a.next(n.f*1.004/Rate) + b.next(n.f*.996/Rate)
		out[i] = float32(lp2.low(lp.low(v, c), c) * amp.next())
	}
	return shape(out, .0015, .02)
}

// coefficientFast approximates coefficient for envelopes that move every sample.
func coefficientFast(cutoff float64) float64 {
	x := 2 * math.Pi * cutoff / Rate
	return x / (1 + x)
}

// guitar is a plucked string (Karplus–Strong) with a fractional delay, plucked at
// a sixth of its length, on a body with two resonances.
func guitar(p *player, n played) []float32 {
	period := Rate/n.f - .5
	length := int(period)
	frac := period - float64(length)
	line := make([]float64, length)
	var soft onePole
	bright := .12 + .33*n.velocity
	for i := range line {
		line[i] = soft.low(p.noise.next(), bright)
	}
	comb := max(1, length/6)
	for i := length - 1; i >= comb; i-- {
		line[i] -= .8 * line[i-comb]
	}
	out := p.samples(min(n.length+int(.6*Rate), int(2.2*Rate)))
	air, wood := bandPass(105, 40), bandPass(215, 60)
	damp := math.Pow(.001, 1/(n.f*5)) // 60 dB in 5 s, the high partials sooner
	before, at := 0.0, 0
	for i := range out {
		next := at + 1
		if next == length {
			next = 0
		}
		v := line[at]
		w := v + frac*(line[next]-v)
		line[at] = damp * (.6*w + .4*before) // a little less than the mean: a string of steel
		before, at = w, next
		out[i] = float32((v + 1.6*air.next(v) + 1.1*wood.next(v)) * n.velocity * .8)
	}
	return shape(out, .001, .12)
}

// bell is FM with a ratio that no string has.
func bell(p *player, n played) []float32 {
	out := p.samples(min(n.length+int(.8*Rate), int(1.8*Rate)))
	index, amp := fallingFrom(.15+.4*n.velocity, 1.1), fallingFrom(.45*n.velocity, 2)
	phase, dt := 0.0, n.f/Rate
	for i := range out {
		out[i] = float32(sine(8+phase+index.next()*sine(3.5*phase)) * amp.next())
		phase += dt
	}
	return shape(out, .001, .2)
}

// glockenspiel is a metal bar's partials.
func glockenspiel(p *player, n played) []float32 {
	out := p.samples(int(1.4 * Rate))
	for k, x := range []float64{1, 2.756, 5.404, 8.933} {
		partial(out, n.f*x, .5*n.velocity*math.Pow(n.velocity, float64(k)), 2/(1+.5*float64(k)))
	}
	return shape(out, .0005, .2)
}
