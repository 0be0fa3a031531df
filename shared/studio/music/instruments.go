package music

import "math"

// play renders one note of an instrument into out at sample at; length is the
// written length in samples, the note may ring on after it.
func (s *score) play(out stereo, name string, at, length int, pitch, gain, position float64) {
	left, right := pan(position)
	f := hz(pitch)
	add := func(i int, v float64) { out.add(at+i, v*gain, left, right) }
	switch name {
	case "piano":
		piano(add, length, f)
	case "epiano":
		electricPiano(add, length, f)
	case "pluck":
		pluck(add, f)
	case "guitar":
		guitar(add, length, f, newNoise(s.seed, uint64(at)+uint64(pitch)*7919))
	case "accordion":
		reed(add, length, f, 4200, 3, .03)
	case "sax":
		reed(add, length, f, 2600, 1, .05)
	case "square":
		square(add, length, f)
	case "flute", "whistle":
		flute(add, length, f, name == "whistle", newNoise(s.seed, uint64(at)))
	}
}

// piano is seven slightly stretched partials that decay the faster the higher they are.
func piano(add func(int, float64), length int, f float64) {
	ring := min(length+int(.5*Rate), int(3.2*Rate))
	type partial struct{ c, y1, y2, a, d float64 }
	var ps []partial
	for k := 1; k <= 7; k++ {
		fk := f * float64(k) * math.Sqrt(1+.0004*float64(k*k))
		if fk > 9000 {
			break
		}
		w := 2 * math.Pi * fk / Rate
		amp := math.Pow(float64(k), -1.25) * (1 - .3*float64(k%2))
		ps = append(ps, partial{c: 2 * math.Cos(w), y2: -math.Sin(w), a: amp, d: decay(2.6 / math.Sqrt(float64(k)) * math.Sqrt(220/f))})
	}
	damp, env := decay(.25), 1.0
	for i := range ring {
		v := 0.0
		for j := range ps {
			p := &ps[j]
			y := p.c*p.y1 - p.y2 // the recursive sine: two multiplications a sample
			p.y2, p.y1 = p.y1, y
			p.a *= p.d
			v += y * p.a
		}
		if i > length {
			env *= damp
		}
		add(i, v*env*min(1, float64(i)/60)*.5)
	}
}

// electricPiano is two-operator FM with a tine.
func electricPiano(add func(int, float64), length int, f float64) {
	ring := min(length+int(.25*Rate), int(2.5*Rate))
	dt := f / Rate
	index, tine, amp := 1.6, .35, 1.0
	di, dn, da, damp := decay(.9), decay(.25), decay(2.2), decay(.2)
	phase := 0.0
	for i := range ring {
		if i > length {
			amp *= damp
		}
		v := sine(8 + phase + index*.16*sine(phase) + tine*.1*sine(phase*14))
		add(i, v*amp*min(1, float64(i)/80)*.6)
		phase += dt
		index, tine, amp = index*di, tine*dn, amp*da
	}
}

// pluck is two detuned saws through a closing filter.
func pluck(add func(int, float64), f float64) {
	n := int(.42 * Rate)
	a, b := saw{.13}, saw{.61}
	var lp, lp2 onePole
	for i := range n {
		t := float64(i) / Rate
		c := coefficientFast(600 + 5200*math.Exp(-t*16))
		v := a.next(f*1.003/Rate) + b.next(f*.997/Rate)
		add(i, lp2.low(lp.low(v, c), c)*math.Exp(-t*9)*min(1, t*600)*.5*min(1, float64(n-i)/300))
	}
}

// coefficientFast approximates coefficient for envelopes that move every sample.
func coefficientFast(cutoff float64) float64 {
	x := 2 * math.Pi * cutoff / Rate
	return x / (1 + x)
}

// guitar is a plucked string (Karplus–Strong) with a fractional delay.
func guitar(add func(int, float64), length int, f float64, n *noise) {
	period := Rate / f
	line := make([]float64, int(period))
	if len(line) < 4 {
		return
	}
	frac := period - .5 - float64(len(line))
	if frac < 0 {
		frac += 1
		line = line[:len(line)-1]
	}
	var lp onePole
	for i := range line {
		line[i] = lp.low(n.next(), .45)
	}
	ring := min(length+int(.35*Rate), int(2.4*Rate))
	loss := math.Pow(.001, 1/(f*2.2)) // 60 dB in 2.2 s
	damp, env := decay(.18), 1.0
	body := peaking(210, 1.2, 5)
	at, before, allpass := 0, 0.0, 0.0
	c := (1 - frac) / (1 + frac)
	for i := range ring {
		x := line[at]
		y := loss * (x + before) / 2
		before = x
		o := c*y + allpass // a first-order all-pass for the fraction of a sample
		allpass = y - c*o
		line[at] = o
		at++
		if at == len(line) {
			at = 0
		}
		if i > length {
			env *= damp
		}
		add(i, body.next(x)*env*1.4)
	}
}

// reed is an accordion (three reeds, one detuned, one an octave up) or a saxophone-like single reed.
func reed(add func(int, float64), length int, f, cutoff float64, reeds int, attack float64) {
	var lp, lp2 onePole
	a, b, o := pulse{width: .35}, pulse{phase: .4, width: .42}, saw{.2}
	c := coefficient(cutoff)
	rel := int(.06 * Rate)
	for i := range length + rel {
		t := float64(i) / Rate
		vib := 1 + .0045*min(1, max(0, t-.18)*4)*sine(t*5.6)
		v := a.next(f * vib / Rate)
		if reeds > 1 {
			v += .8*b.next(f*1.0046*vib/Rate) + .4*o.next(2*f*vib/Rate)
		} else {
			v += .5 * o.next(f*vib/Rate)
		}
		env := min(1, t/attack)
		if i > length {
			env *= 1 - float64(i-length)/float64(rel)
		}
		add(i, lp2.low(lp.low(v, c), c)*env*.35)
	}
}

func square(add func(int, float64), length int, f float64) {
	a, b := pulse{width: .5}, saw{.3}
	var lp onePole
	rel := int(.09 * Rate)
	for i := range length + rel {
		t := float64(i) / Rate
		vib := 1 + .003*min(1, max(0, t-.2)*4)*sine(t*5.5)
		v := .6*a.next(f*vib/Rate) + .5*b.next(f*1.004*vib/Rate)
		env := min(1, t/.008) * (.6 + .4*math.Exp(-t*5))
		if i > length {
			env *= 1 - float64(i-length)/float64(rel)
		}
		add(i, lp.low(v, coefficientFast(1500+2500*math.Exp(-t*7)))*env*.5)
	}
}

func flute(add func(int, float64), length int, f float64, whistle bool, n *noise) {
	bp := bandPass(min(2*f, 6000), f*.6)
	rel := int(.08 * Rate)
	phase := 0.0
	second, breath := .28, .10
	if whistle {
		second, breath = .06, .05
	}
	for i := range length + rel {
		t := float64(i) / Rate
		phase += f * (1 + .004*min(1, max(0, t-.2)*3)*sine(t*5)) / Rate
		v := sine(phase) + second*sine(2*phase) + .1*sine(3*phase) + breath*4*bp.next(n.next())
		env := min(1, t/.045)
		if i > length {
			env *= 1 - float64(i-length)/float64(rel)
		}
		add(i, v*env*.5)
	}
}
