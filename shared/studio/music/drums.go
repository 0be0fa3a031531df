package music

import "math"

// hit is one drum's sound, rendered once a song.
type hit struct {
	sample      []float32
	left, right float64
}

// kit renders a genre's drums.
func (s *score) kit() map[string]hit {
	n := newNoise(s.seed, 1)
	k := map[string]hit{}
	put := func(name string, position float64, sample []float32) {
		l, r := pan(position)
		k[name] = hit{sample, l * math.Sqrt2, r * math.Sqrt2}
	}
	low, long := 50.0, .28
	if s.style.bass == "808" {
		low, long = 44, .42
	}
	soft := s.style.chords == "guitar" || s.style.chords == "piano"
	click := .5
	if soft {
		click = .12
	}
	bright := s.style.cymbals
	put("kick", 0, kick(n, low, long, click))
	put("snare", .05, snare(n, soft))
	put("clap", -.08, clap(n))
	put("hat", .25, metal(n, .045, 7200, .2*bright))
	put("open", .25, metal(n, .28, 6800, .16*bright))
	put("shaker", -.3, metal(n, .06, 5000, .15*bright))
	put("rim", .15, rim())
	put("tom", -.2, tom(n))
	put("riser", 0, riser(n, s.plan.seconds(4)))
	put("crash", -.15, metal(n, 1.5, 4200, .17*bright))
	return k
}

func kick(n *noise, low, seconds, click float64) []float32 {
	out := make([]float32, int(seconds*1.3*Rate))
	phase := 0.0
	for i := range out {
		t := float64(i) / Rate
		phase += (low + 120*math.Exp(-t*38)) / Rate
		v := sine(phase) * math.Exp(-t*5/seconds)
		v += click * n.next() * math.Exp(-t*420)
		out[i] = float32(math.Tanh(1.6 * v))
	}
	return tail(out)
}

func snare(n *noise, soft bool) []float32 {
	out := make([]float32, int(.24*Rate))
	hp := highPass(900, .7)
	body, wire := .55, 17.0
	if soft {
		body, wire = .4, 24
	}
	phase := 0.0
	for i := range out {
		t := float64(i) / Rate
		phase += (185 + 60*math.Exp(-t*40)) / Rate
		v := body*sine(phase)*math.Exp(-t*22) + .75*hp.next(n.next())*math.Exp(-t*wire)
		out[i] = float32(v)
	}
	return tail(out)
}

func clap(n *noise) []float32 {
	out := make([]float32, int(.22*Rate))
	bp := bandPass(1500, 1400)
	for i := range out {
		t := float64(i) / Rate
		env := math.Exp(-max(0, t-.028) * 24)
		if t < .028 { // three hands before the clap
			env = math.Exp(-math.Mod(t, .0095) * 260)
		}
		out[i] = float32(1.9 * bp.next(n.next()) * env)
	}
	return tail(out)
}

func metal(n *noise, seconds, cutoff, gain float64) []float32 {
	out := make([]float32, int(seconds*1.2*Rate))
	hp, hp2, lp := highPass(cutoff, .8), highPass(cutoff*.8, .7), lowPass(12500, .6)
	for i := range out {
		t := float64(i) / Rate
		attack := min(1, t/.0008)
		out[i] = float32(gain * attack * lp.next(hp2.next(hp.next(n.next()))) * math.Exp(-t*5.5/seconds))
	}
	return tail(out)
}

func rim() []float32 {
	out := make([]float32, int(.07*Rate))
	for i := range out {
		t := float64(i) / Rate
		out[i] = float32(.5 * (sine(t*1650)*math.Exp(-t*90) + .6*sine(t*820)*math.Exp(-t*60)))
	}
	return tail(out)
}

func tom(n *noise) []float32 {
	out := make([]float32, int(.45*Rate))
	phase := 0.0
	for i := range out {
		t := float64(i) / Rate
		phase += (98 + 55*math.Exp(-t*22)) / Rate
		out[i] = float32(.8*sine(phase)*math.Exp(-t*9) + .15*n.next()*math.Exp(-t*120))
	}
	return tail(out)
}

// riser is noise that opens over a bar and stops where the hook begins.
func riser(n *noise, seconds float64) []float32 {
	out := make([]float32, int(seconds*Rate))
	var low, body onePole
	for i := range out {
		x := float64(i) / float64(len(out))
		v := n.next()
		v -= low.low(v, coefficientFast(300+3500*x*x))
		out[i] = float32(.35 * x * x * body.low(v, coefficientFast(1500+9000*x*x)))
	}
	return tail(out)
}

// tail fades the last 5 ms, so that a cut sample does not click.
func tail(s []float32) []float32 {
	n := min(len(s), 220)
	for i := range n {
		s[len(s)-1-i] *= float32(i) / float32(n)
	}
	return s
}

// drums writes the strokes of the kit. Every full bar has one on each of its
// beats: whoever looks for the beat in the sound finds it.
func (s *score) drums() []beat {
	hand := draw(s.seed, "drums")
	var out []beat
	for _, b := range s.bars {
		g := s.pattern(b)
		if s.final(b) { // one stroke that rings
			out = append(out, beat{"kick", b.start, .9}, beat{"crash", b.start, .8})
			continue
		}
		for _, row := range []struct{ drum, steps string }{{"kick", g.kick}, {"snare", g.snare}, {"clap", g.clap}, {"hat", g.hat}, {"open", g.open}, {"shaker", g.shaker}, {"rim", g.rim}, {"tom", g.tom}} {
			for _, k := range b.strikes(row.steps) {
				out = append(out, beat{row.drum, s.swung(b, k.step), loud(k.what) * (.93 + .14*hand.Float64())})
			}
		}
		if b.first && (b.section == "hook" || b.section == "outro" || b.section == "break") {
			out = append(out, beat{"crash", b.start, .8})
		}
		if b.leads && s.style.drive > 1.2 { // the loud styles draw breath before the hook
			out = append(out, beat{"riser", b.start, .7})
		}
	}
	return out
}

// drumming renders the strokes and returns the kicks' samples, for the sidechain.
func (s *score) drumming(strokes []beat, out stereo) (kicks []int) {
	kit := s.kit()
	for _, b := range strokes {
		at := s.sample(b.at)
		h := kit[b.drum]
		out.mix(at, h.sample, b.velocity*h.left, b.velocity*h.right)
		if b.drum == "kick" {
			kicks = append(kicks, at)
		}
	}
	return kicks
}
