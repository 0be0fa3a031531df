package music

import "math"

// activeRMS is the RMS of the parts of a signal that sound: 50 ms windows within 40 dB of the loudest.
func activeRMS(x ...[]float32) float64 {
	const window = Rate / 20
	var powers []float64
	loudest := 0.0
	for from := 0; from+window <= len(x[0]); from += window {
		sum := 0.0
		for _, ch := range x {
			for _, v := range ch[from : from+window] {
				sum += float64(v) * float64(v)
			}
		}
		p := sum / float64(window*len(x))
		powers = append(powers, p)
		loudest = max(loudest, p)
	}
	sum, n := 0.0, 0
	for _, p := range powers {
		if p > loudest*1e-4 && p > 1e-12 {
			sum += p
			n++
		}
	}
	if n == 0 {
		return 0
	}
	return math.Sqrt(sum / float64(n))
}

// send is how much of a stem goes to the reverb and to the delay.
type send struct{ room, echo float64 }

// sends of the band's stems.
var sends = map[string]send{"chords": {room: .14}, "pad": {room: .1}, "lead": {.2, .18}, "colour": {.22, .1}}

// mixer sums stems that are brought to the style's levels, and their sends to the reverb and the delay.
type mixer struct {
	s         *score
	sum, send stereo
	echo      []float32
	lift      []float32 // gain of the drums: the section's dynamics
	band      []float32 // gain of the band: also under the kick and under the singer
}

func newMixer(s *score, vocal []float32, kicks []int) *mixer {
	n := len(vocal)
	depth := .35
	if s.style.drive > 1.2 {
		depth = .6 // the loud styles pump
	}
	m := &mixer{s: s, sum: newStereo(n), send: newStereo(n), echo: make([]float32, n), lift: s.dynamics(n), band: sidechain(n, kicks, depth)}
	for i, g := range under(vocal) {
		m.band[i] *= g * m.lift[i]
	}
	return m
}

// dynamics is the gain of the sections: the style's lift below the hook
// everywhere else, half of it below in the call; each change takes a beat that
// leads into the section.
func (s *score) dynamics(n int) []float32 {
	below := map[string]float64{"intro": 1.1, "verse": 1, "call": .4, "outro": .8}
	out := make([]float32, n)
	before := -1.0
	for _, b := range s.bars {
		gain := decibel(-s.style.lift * below[b.section])
		from, to := s.sample(b.start), min(n, s.sample(b.end()))
		for i := from; i < to; i++ {
			out[i] = float32(gain)
		}
		if before > 0 && gain != before {
			ramp := min(from, s.sample(1))
			for i := range ramp {
				out[from-ramp+i] = float32(before + (gain-before)*smooth(float64(i)/float64(ramp)))
			}
		}
		before = gain
	}
	return out
}

// add mixes a stem at its style's level through a gain curve (nil = none).
func (m *mixer) add(name string, in stereo, to send, curve []float32) {
	rms := activeRMS(in.l, in.r)
	if rms == 0 {
		return
	}
	gain := float32(decibel(m.s.style.levels[name]) / rms)
	room, echo := float32(to.room), float32(to.echo)
	for i := range in.l {
		g := gain
		if curve != nil {
			g *= curve[i]
		}
		l, r := in.l[i]*g, in.r[i]*g
		m.sum.l[i] += l
		m.sum.r[i] += r
		m.send.l[i] += l * room
		m.send.r[i] += r * room
		m.echo[i] += (l + r) / 2 * echo
	}
}

// sidechain writes the gain that lets each kick through: down by depth and back in 180 ms.
func sidechain(n int, kicks []int, depth float64) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = 1
	}
	for _, at := range kicks {
		for i := range Rate * 18 / 100 {
			if j := at + i; j >= 0 && j < n {
				g := 1 - depth*(1-smooth(float64(i)/(Rate*.18)))
				out[j] = min(out[j], float32(g))
			}
		}
	}
	return out
}

// under writes the gain that makes room for the singer: 2 dB down while there is singing.
func under(vocal []float32) []float32 {
	out := make([]float32, len(vocal))
	rms := activeRMS(vocal)
	level, a := 0.0, 1-math.Exp(-1/(.06*Rate))
	for i, v := range vocal {
		level += a * (math.Abs(float64(v)) - level)
		x := 0.0
		if rms > 0 {
			x = min(1, level/rms)
		}
		out[i] = float32(1 - .2*x)
	}
	return out
}

// effects adds the delay (dotted eighths, ping-pong) and the reverb to the sum.
func (m *mixer) effects() {
	n := len(m.echo)
	step := int(m.s.plan.seconds(.75) * Rate)
	var lp [2]onePole
	c := coefficient(3200)
	line := newStereo(n)
	for i := range n {
		l, r := float64(m.echo[i]), 0.0
		if i >= step {
			l += .42 * lp[0].low(float64(line.r[i-step]), c)
			r += .8 * lp[1].low(float64(line.l[i-step]), c)
		}
		line.l[i], line.r[i] = float32(l), float32(r)
	}
	for i := range n {
		if i >= step {
			l, r := line.l[i-step], line.r[i-step]
			m.sum.l[i] += l
			m.sum.r[i] += r
			m.send.l[i] += .2 * l
			m.send.r[i] += .2 * r
		}
	}
	reverb(m.send, m.sum)
}

// comb is a feedback comb filter with damping, as in Schroeder–Moorer reverbs.
type comb struct {
	line []float64
	at   int
	lp   float64
}

func (c *comb) next(x, feedback, damp float64) float64 {
	y := c.line[c.at]
	c.lp = y*(1-damp) + c.lp*damp
	c.line[c.at] = x + c.lp*feedback
	c.at++
	if c.at == len(c.line) {
		c.at = 0
	}
	return y
}

type allPass struct {
	line []float64
	at   int
}

func (a *allPass) next(x float64) float64 {
	y := a.line[a.at]
	a.line[a.at] = x + y*.5
	a.at++
	if a.at == len(a.line) {
		a.at = 0
	}
	return y - x
}

// reverb adds the reverberation of in to out: six damped combs and three
// all-passes a side, the sides of different lengths, 22 ms before the first
// reflection.
func reverb(in, out stereo) {
	lengths := []int{1187, 1289, 1367, 1453, 1543, 1621}
	passes := []int{557, 441, 341}
	const pre = Rate * 22 / 1000
	for side, ch := range [][]float32{in.l, in.r} {
		dst := [][]float32{out.l, out.r}[side]
		var combs []comb
		for _, n := range lengths {
			combs = append(combs, comb{line: make([]float64, n+side*23)})
		}
		var aps []allPass
		for _, n := range passes {
			aps = append(aps, allPass{line: make([]float64, n+side*23)})
		}
		hp := highPass(220, .7)
		for i := range ch {
			x := 0.0
			if i >= pre {
				x = hp.next(float64(ch[i-pre]))
			}
			y := 0.0
			for k := range combs {
				y += combs[k].next(x, .82, .28)
			}
			for k := range aps {
				y = aps[k].next(y)
			}
			dst[i] += float32(y * .28)
		}
	}
}
