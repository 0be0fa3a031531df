package music

import "math"

// resonator is a two-pole resonance with unit gain at 0 Hz, as in a cascade
// formant synthesiser (Klatt 1980).
type resonator struct{ a, b, c, y1, y2 float64 }

func (r *resonator) tune(f, width float64) {
	r.c = -math.Exp(-2 * math.Pi * width / Rate)
	r.b = 2 * math.Exp(-math.Pi*width/Rate) * math.Cos(2*math.Pi*f/Rate)
	r.a = 1 - r.b - r.c
}

func (r *resonator) next(x float64) float64 {
	y := r.a*x + r.b*r.y1 + r.c*r.y2
	r.y2, r.y1 = r.y1, y
	return y
}

// void takes a resonance away: the zeros where a resonator has its poles.
type void struct{ a, b, c, x1, x2 float64 }

func (v *void) tune(f, width float64) {
	var r resonator
	r.tune(f, width)
	v.a, v.b, v.c = 1/r.a, -r.b/r.a, -r.c/r.a
}

func (v *void) next(x float64) float64 {
	y := v.a*x + v.b*v.x1 + v.c*v.x2
	v.x2, v.x1 = v.x1, x
	return y
}

const formants = 6

// formant is a resonance of the tract: frequency and width in Hz.
type formant struct{ f, width float64 }

// nosePole is the lowest resonance of the nose in Hz; the zero that hides it moves up as the nose opens.
const nosePole, noseOpen, noseWidth = 270, 190, 110

// source is the singer's larynx and tract; its state lives from block to block.
type source struct {
	scale    float64
	rd       float64 // the genre's glottis
	air      float64 // noise in the voice
	glottis  glottis
	noise    *noise
	tract    [formants]resonator
	nose     resonator
	hole     void
	below    onePole // what the lift leaves as it is
	hiss     [2]biquad
	floor    biquad // keeps a hiss out of the voice's range
	spectrum hiss
	before   pose
	f0       float64
}

func newSource(v voicing) *source {
	return &source{scale: v.tract.scale, rd: .55 + .5*v.manner.breath, air: .12 * v.manner.breath, noise: newNoise(v.seed, 77+v.part), glottis: newGlottis(v.seed, v.part)}
}

// shape returns the resonances of a pose at a pitch.
func (s *source) shape(p pose, f0 float64) [formants]formant {
	// A singer opens the mouth with the pitch, so that the first formant never lies
	// below it; the vowels keep their order there.
	f1 := max(p.f.f1, 1.03*f0+.25*max(0, p.f.f1-300))
	f2 := max(p.f.f2, f1+180)
	f3 := max(p.f.f3, f2+250)
	f4 := max(3500*s.scale, f3+350)
	f5 := max(4500*s.scale, f4+500)
	slack := 1 + 2*min(1, 4*p.breath)*(1-min(1, p.voice)) // an open glottis damps the first formant
	return [formants]formant{
		{f1, max(75, .14*f0)*slack + 60*p.nasal}, {f2, 95 + 110*p.nasal}, {f3, 140 + 110*p.nasal},
		{f4, 180}, {f5, 220}, {max(5500*s.scale, f5+600), 500},
	}
}

// gains returns how loud a voice and a noise of loudness 1 come out of the tract,
// and the lift that the voice needs above liftFrom for the vowel to stay clear.
func (s *source) gains(p pose, f0 float64) (voiced, noise, lift float64) {
	shape := s.shape(p, f0)
	response := func(f float64) float64 {
		h := 1.0
		for _, r := range shape {
			d, w := r.f*r.f-f*f, r.width*f
			h *= r.f * r.f * r.f * r.f / (d*d + w*w)
		}
		return h
	}
	var powers [80]float64
	upper := 0.0
	for k := 1; float64(k)*f0 < 6000 && k < len(powers); k++ {
		a := s.glottis.tables.harmonic(p.rd, k)
		powers[k] = a * a * response(float64(k)*f0)
		voiced += powers[k]
		if float64(k)*f0 > 1.4*liftFrom {
			upper += powers[k]
		}
	}
	share := 0.0
	switch {
	case p.nasal > .5:
		share = murmurShare
	case p.voice > .6:
		share = liftShare
	}
	lift = min(liftMost, max(0, math.Sqrt(share*voiced/(upper+1e-12))-1))
	voiced = 0
	for k, power := range powers {
		x := float64(k) * f0 / liftFrom
		voiced += power * (1 + (1+lift)*(1+lift)*x*x) / (1 + x*x)
	}
	const grid = 150.0
	for f := grid; f < 8000; f += grid {
		noise += response(f) * grid / (Rate / 2) / 3 // white noise from −1 to 1 has a power of a third
	}
	return math.Sqrt(voiced), math.Sqrt(noise), lift
}

// A singer's throat lifts the third to fifth formants, so that a voice carries over
// a band; spoken ㅜ and ㅣ would lose theirs. Above liftFrom Hz a vowel has at
// least liftShare of its power and a murmur murmurShare, lifted by at most 1+liftMost.
const liftFrom, liftShare, murmurShare, liftMost = 1400, .02, .004, 4.

// render sings one block in one pose; loudness glides from the block before.
func (s *source) render(out []float32, p pose, f0 float64) {
	if s.f0 == 0 {
		s.f0 = f0
	}
	b := s.before
	s.before = p
	from := s.f0
	s.f0 = f0
	if p.voice+p.breath+p.hiss+b.voice+b.breath+b.hiss < 1e-5 {
		return
	}
	s.glottis.set(p.rd, max(f0, from))
	for k, r := range s.shape(p, f0) {
		s.tract[k].tune(r.f, r.width)
	}
	nasal := p.nasal > .01 || b.nasal > .01
	if nasal {
		s.nose.tune(nosePole, noseWidth)
		s.hole.tune(nosePole+noseOpen*p.nasal, noseWidth)
	}
	hissing := p.hiss > 0 || b.hiss > 0
	if hissing && p.noise.centre > 0 {
		s.tuneHiss(p.noise)
	}
	clear := coefficient(liftFrom)
	n := float64(len(out))
	dv, db, dh, df := (p.voice-b.voice)/n, (p.breath-b.breath)/n, (p.hiss-b.hiss)/n, (f0-from)/n/Rate
	voice, breath, loud, dt := b.voice, b.breath, b.hiss, from/Rate
	for i := range out {
		voice, breath, loud, dt = voice+dv, breath+db, loud+dh, dt+df
		w := s.noise.next()
		air := breath + voice*s.air
		if voice > 0 && !s.glottis.open() { // breath is loudest while the glottis is open
			air *= .3
		}
		e := voice * s.glottis.next(dt)
		e += p.lift*(e-s.below.low(e, clear)) + air*w
		for k := range s.tract {
			e = s.tract[k].next(e)
		}
		if nasal {
			e = s.hole.next(s.nose.next(e))
		}
		if hissing {
			e += loud * s.floor.next(s.hiss[0].next(w)+s.hiss[1].next(w))
		}
		out[i] = float32(e)
	}
}

// tuneHiss sets the filters of the noise; together they have the loudness 1.
func (s *source) tuneHiss(h hiss) {
	if h == s.spectrum {
		return
	}
	s.spectrum = h
	f := highPass(.6*h.centre, .7)
	f.z1, f.z2 = s.floor.z1, s.floor.z2
	s.floor = f
	for k, band := range []struct{ centre, width, gain float64 }{{h.centre, h.width, 1}, {h.centre2, h.width2, h.gain}} {
		f := bandPass(min(band.centre, .45*Rate), band.width)
		// The power of white noise in the band, and the two bands' together.
		g := band.gain / math.Sqrt((1+h.gain*h.gain)*math.Pi/2*band.width/(Rate/2)/3)
		f.b0, f.b2 = f.b0*g, f.b2*g
		f.z1, f.z2 = s.hiss[k].z1, s.hiss[k].z2
		s.hiss[k] = f
	}
}

// polish clears rumble from a vocal, evens its loudness over the phrases (a
// compressor round its own level) and gives it presence.
func polish(x []float32) {
	hp, hp2 := highPass(115, .7), highPass(115, .7)
	presence, air := peaking(2900, .9, 4), lowPass(12500, .7)
	level, gain := 0.0, 1.0
	for i := range x {
		// The offset keeps the filters' states out of the denormal range in silence, which would cost ten times the time.
		x[i] = float32(hp2.next(hp.next(float64(x[i]) + 1e-15)))
	}
	target := activeRMS(x)
	if target == 0 {
		return
	}
	up, down := 1-math.Exp(-1/(.012*Rate)), 1-math.Exp(-1/(.15*Rate))
	for i := range x {
		v := float64(x[i])
		power := v * v
		if power > level {
			level += up * (power - level)
		} else {
			level += down * (power - level)
		}
		if i%16 == 0 {
			now := math.Sqrt(level) + target*.15 // the floor keeps silence silent
			gain = min(2.5, math.Pow(target/now, .5))
		}
		x[i] = float32(air.next(presence.next(v*gain + 1e-15)))
	}
}
