package music

import "math"

// The instruments that hold their notes.

// bends is the vibrato of a held note as a factor of its frequency: it sets in
// after delay seconds.
type bends struct{ depth, rate, delay float64 }

// tired is the gain of a held note t seconds in: nobody's breath or bow keeps its first strength.
func tired(t float64) float32 { return float32(.55 + .45/(1+1.6*t)) }

// at returns the factor t seconds into the note.
func (b bends) at(t float64) float64 {
	return 1 + b.depth*min(1, max(0, t-b.delay)*4)*sine(t*b.rate)
}

// accordion is three reeds, two of them beating (musette), an octave above them one more.
func accordion(p *player, n played) []float32 {
	out := p.samples(n.length + int(.06*Rate))
	a, b, o := pulse{width: .3}, pulse{phase: .4, width: .38}, saw{.2}
	apart := 1 + .0052*(1+.2*n.side)
	var lp onePole
	body := peaking(1500, .8, 4)
	c := coefficient(1900 + 1500*n.velocity)
	for i := range out {
		v := a.next(n.f/Rate) + .85*b.next(n.f*apart/Rate) + .4*o.next(2*n.f/apart/Rate)
		out[i] = float32(body.next(lp.low(v, c))*.3*n.velocity) * tired(float64(i)/Rate)
	}
	return shape(out, .022, .05)
}

// sax is a reed in a conical pipe: a bright wave through three formants, scooped from below.
func sax(p *player, n played) []float32 {
	out := p.samples(n.length + int(.07*Rate))
	o, q := saw{.2}, pulse{width: .28}
	f1, f2, f3 := bandPass(620, 420), bandPass(1500, 700), bandPass(2900, 1200)
	vibrato := bends{.0065, 5.4, .16}
	scoop := fallingFrom(-.035, .12)
	air := fallingFrom(.5, .1)
	for i := range out {
		t := float64(i) / Rate
		dt := n.f * (vibrato.at(t) + scoop.next()) / Rate
		v := o.next(dt) + .6*q.next(dt) + (.02+air.next())*p.noise.next()
		out[i] = float32((1.1*f1.next(v)+.7*f2.next(v)+.3*n.velocity*n.velocity*f3.next(v)+.05*v)*.6*n.velocity) * tired(t)
	}
	return shape(out, .03, .06)
}

// brass opens as it is blown.
func brass(p *player, n played) []float32 {
	out := p.samples(n.length + int(.06*Rate))
	a, b := saw{.1}, saw{.55}
	var lp, lp2 onePole
	for i := range out {
		t := float64(i) / Rate
		v := a.next(n.f*1.002/Rate) + b.next(n.f*.998/Rate)
		c := coefficientFast(900 + 5600*n.velocity*n.velocity*min(1, t/.03))
		out[i] = float32(lp2.low(lp.low(v, c), c)*.4*n.velocity) * tired(t)
	}
	return shape(out, .018, .05)
}

// square is the synthesiser lead.
func square(p *player, n played) []float32 {
	out := p.samples(n.length + int(.09*Rate))
	a, b := pulse{width: .5}, saw{.3}
	var lp onePole
	vibrato := bends{.004, 5.5, .2}
	env, cut := fallingFrom(.4, 1.2), fallingFrom(3500*n.velocity, .9)
	for i := range out {
		dt := n.f * vibrato.at(float64(i)/Rate) / Rate
		v := .6*a.next(dt) + .5*b.next(dt*1.005)
		out[i] = float32(lp.low(v, coefficientFast(1800+cut.next())) * (.6 + env.next()) * .5 * n.velocity)
	}
	return shape(out, .006, .08)
}

func flute(p *player, n played) []float32   { return blown(p, n, .28, .10, .06) }
func whistle(p *player, n played) []float32 { return blown(p, n, .06, .05, .035) }

// blown is a nearly pure tone with breath round its second partial.
func blown(p *player, n played, second, breath, attack float64) []float32 {
	out := p.samples(n.length + int(.08*Rate))
	bp := bandPass(min(2*n.f, 6000), n.f*.6)
	vibrato := bends{.005, 5, .2}
	phase := 0.0
	for i := range out {
		phase += n.f * vibrato.at(float64(i)/Rate) / Rate
		v := sine(phase) + second*sine(2*phase) + .1*sine(3*phase) + breath*4*bp.next(p.noise.next())
		out[i] = float32(v*.5*n.velocity) * tired(float64(i)/Rate)
	}
	return shape(out, attack, .08)
}

// stringSection is a section: three detuned saws a side, each with a vibrato of its own.
func stringSection(p *player, n played) []float32 {
	return section(p, n, 1700+2300*n.velocity, .09, .28, bends{.003, 5.3, .1})
}

// pad is the section's synthetic cousin: slower, darker, without vibrato.
func pad(p *player, n played) []float32 {
	return section(p, n, 900+2000*n.velocity, .18, .3, bends{})
}

func section(p *player, n played, bright, attack, release float64, vibrato bends) []float32 {
	out := p.samples(n.length + int(release*Rate))
	o := [3]saw{{.1}, {.37}, {.71}}
	spread := [3]float64{1, 1 + .0058*n.side, 1 - .0041*n.side}
	var lp, lp2 onePole
	c := coefficient(bright)
	const step = 32 // samples between two looks at the vibrato
	bend := 1.0
	for i := range out {
		if i%step == 0 {
			bend = vibrato.at(float64(i)/Rate + .07*n.side + .1)
		}
		dt := n.f * bend / Rate
		v := o[0].next(dt) + o[1].next(dt*spread[1]) + o[2].next(dt*spread[2])
		out[i] = float32(lp2.low(lp.low(v, c), c) * .3 * n.velocity)
	}
	if vibrato.rate > 0 {
		for i := range out {
			out[i] *= tired(float64(i) / Rate)
		}
	}
	return shape(out, attack, release)
}

// sawBass is a saw behind a filter that closes, on a sine.
func sawBass(p *player, n played) []float32 {
	out := p.samples(n.length + int(.03*Rate))
	o := saw{}
	var lp, lp2 onePole
	phase := 0.0
	cut := fallingFrom(1400*n.velocity, .5)
	for i := range out {
		c := coefficientFast(280 + cut.next())
		out[i] = float32((lp2.low(lp.low(o.next(n.f/Rate), c), c)*1.2 + .55*sine(phase)) * .7 * n.velocity)
		phase += n.f / Rate
	}
	return shape(out, .004, .03)
}

// deepBass is the 808: a sine that drops into its pitch, driven, an octave down.
func deepBass(p *player, n played) []float32 {
	out := p.samples(n.length + int(.04*Rate))
	drop, amp := fallingFrom(1.2, .16), fallingFrom(n.velocity, 6)
	phase := 0.0
	for i := range out {
		phase += n.f * (1 + drop.next()) / Rate
		out[i] = float32(math.Tanh(2.1*sine(phase)) * amp.next() * .7)
	}
	return shape(out, .003, .04)
}

// uprightBass is a plucked double bass.
func uprightBass(p *player, n played) []float32 {
	out := p.samples(n.length + int(.05*Rate))
	for k, a := range []float64{.8, .42, .25, .1, .06} {
		partial(out, n.f*float64(k+1), a*n.velocity, 4.5/float64(1+k))
	}
	snap, wood := fallingFrom(.5*n.velocity, .04), onePole{}
	for i := range min(len(out), Rate/25) {
		out[i] += float32(wood.low(snap.next()*p.noise.next(), .06))
	}
	return shape(out, .004, .05)
}

// softBass is a fingered bass guitar.
func softBass(p *player, n played) []float32 {
	out := p.samples(n.length + int(.04*Rate))
	for k, a := range []float64{.72, .4, .26, .16, .1, .06, .03} {
		partial(out, n.f*float64(k+1), a*math.Pow(n.velocity, 1+.3*float64(k)), 6/float64(1+k))
	}
	return shape(out, .006, .04)
}
