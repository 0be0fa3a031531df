package music

import "math"

// resonator is a two-pole resonance with unit gain at 0 Hz, as in a cascade
// formant synthesiser.
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

// source is the singer's larynx and tract; its state lives from block to block.
type source struct {
	scale   float64
	breath  float64
	glottis saw
	tilt    onePole
	noise   *noise
	tract   [5]resonator
	hiss    biquad
	hissC   float64
	before  pose
	f0      float64
}

func newSource(v voicing) *source {
	return &source{scale: v.scale, breath: v.manner.breath, noise: newNoise(v.seed, 77+v.part), glottis: saw{.3}}
}

// render sings one block in one pose; amplitudes glide from the block before.
func (s *source) render(out []float32, p pose, f0 float64) {
	if s.f0 == 0 {
		s.f0 = f0
	}
	silent := p.voice+p.breath+p.hiss+s.before.voice+s.before.breath+s.before.hiss < 1e-4
	s.tuneTract(p, f0)
	if p.hissCentre > 0 && p.hissCentre != s.hissC {
		h := bandPass(p.hissCentre, p.hissWidth)
		h.z1, h.z2 = s.hiss.z1, s.hiss.z2
		s.hiss, s.hissC = h, p.hissCentre
	}
	tilt := coefficient(3800)
	for i := range out {
		x := float64(i+1) / float64(len(out))
		f := s.f0 + (f0-s.f0)*x
		g := s.glottis.next(f / Rate)
		voice := s.before.voice + (p.voice-s.before.voice)*x
		breath := s.before.breath + (p.breath-s.before.breath)*x
		hiss := s.before.hiss + (p.hiss-s.before.hiss)*x
		if silent {
			continue
		}
		n := s.noise.next()
		// Breath is loudest while the glottis is open: the first half of the period.
		open := 1.0
		if s.glottis.phase > .5 {
			open = .35
		}
		e := voice*s.tilt.low(g, tilt) + (breath*.5+voice*s.breath*.12*open)*n
		for k := range s.tract {
			e = s.tract[k].next(e)
		}
		out[i] = float32(e + .55*hiss*s.hiss.next(n))
	}
	s.before, s.f0 = p, f0
}

func (s *source) tuneTract(p pose, f0 float64) {
	f1 := max(p.f.f1*s.scale, f0*1.03) // sopranos tune their first formant to the note
	f2 := max(p.f.f2*s.scale, f1+150)
	f3 := max(p.f.f3*s.scale, f2+200)
	f4, f5 := max(3450*s.scale, f3+250), 4400*s.scale
	wide := 1 + 1.4*p.nasal
	s.tract[0].tune(f1, 75*wide+30*p.nasal)
	s.tract[1].tune(f2, 95*wide)
	s.tract[2].tune(f3, 140*wide)
	s.tract[3].tune(f4, 240)
	s.tract[4].tune(max(f5, f4+300), 320)
}

// polish clears rumble from a vocal, evens its loudness over the vowels (a
// compressor of 3:1 round its own level) and gives it presence.
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
	up, down := 1-math.Exp(-1/(.004*Rate)), 1-math.Exp(-1/(.09*Rate))
	for i := range x {
		v := float64(x[i])
		power := v * v
		if power > level {
			level += up * (power - level)
		} else {
			level += down * (power - level)
		}
		if i%16 == 0 {
			now := math.Sqrt(level) + target*.12 // the floor keeps silence silent
			gain = min(4, math.Pow(target/now, .62))
		}
		x[i] = float32(air.next(presence.next(v*gain + 1e-15)))
	}
}
