package music

import (
	"cmp"
	"math"
	"slices"
)

// The articulator writes the part as poses of the vocal tract in time order. A
// syllable's vowel starts on its note; its consonants take their time from the
// note before, its coda from its own.

// pose is the vocal tract at one moment. Loudness 1 is that of a sung vowel.
type pose struct {
	f      vowel
	voice  float64 // of the voice
	rd     float64 // shape of the glottis, 0 is the singer's own
	breath float64 // of noise through the tract
	hiss   float64 // of noise made at a narrow place
	noise  hiss
	nasal  float64 // how open the nose is, 0 to 1
	lift   float64 // of the upper formants, see source.gains
}

// frame is a pose at a time in seconds.
type frame struct {
	at float64
	pose
}

// scribe writes frames.
type scribe struct {
	tract tract
	out   []frame
}

// early is how many seconds a singer is before the beat: a tract takes that long to sound.
const early = .021

func (w *scribe) put(at float64, p pose) { w.out = append(w.out, frame{at - early, p}) }

// segment is a consonant as it is sung in its place: shortened, softened, voiced.
type segment struct {
	consonant
	length float64
}

// joined tells whether note i follows the one before without a breath.
func (v voicing) joined(i int) bool {
	return i > 0 && i < len(v.notes) && v.notes[i].start-v.notes[i-1].end < .12
}

// before returns the consonants before the vowel of note i, and their length together.
func (v voicing) before(i int) (list []segment, lead float64) {
	n := v.notes[i]
	linked := v.joined(i)
	sonorant := linked // does the voice run on into the consonant?
	shut := false      // or is the mouth shut already?
	spare := .36       // the share of the note before that its vowel can spare
	if linked {
		for _, name := range v.notes[i-1].sounds.coda {
			sonorant = consonants[name].manner >= nasal
			shut = consonants[name].manner == stop
		}
		if shut {
			spare = .28
		}
	}
	for _, name := range n.sounds.onset {
		c := consonants[name]
		if sonorant && c.rd == 1.9 { // a plain stop between voices is voiced and short
			c.voice, c.vot, c.breath, c.rd = .28, min(c.vot, .014), -24, 1.4
		}
		if sonorant && c.manner == aspirate {
			c.voice, c.noise = .35, .055
		}
		if shut {
			c.closure = min(c.closure, .03)
		}
		if !linked && c.manner == tap {
			c = consonants["l"]
			c.closure = .045
		}
		list = append(list, segment{consonant: c, length: c.closure + c.noise + c.vot})
		lead += c.closure + c.noise + c.vot
		sonorant, linked, shut = c.voice > 0, true, false
	}
	if len(list) == 0 && v.joined(i) {
		lead = .02
	}
	room := lead
	if i > 0 {
		gap := n.start - v.notes[i-1].start
		room = max(spare*gap, n.start-v.notes[i-1].end)
	}
	if lead > room {
		for k := range list {
			list[k].shrink(room / lead)
		}
		lead = room
	}
	return list, lead
}

// shrink shortens a consonant; the breath that tells ㅋ from ㄱ and ㄲ keeps more of its length than the closure.
func (s *segment) shrink(x float64) {
	total := (s.closure + s.noise + s.vot) * x
	keep := min(1, x*1.25)
	vot, noise := s.vot*keep, s.noise*keep
	if vot+noise > .85*total {
		k := .85 * total / (vot + noise)
		vot, noise = vot*k, noise*k
	}
	if s.closure == 0 {
		noise = total - vot
	}
	s.vot, s.noise, s.closure = vot, noise, max(0, total-vot-noise)
	if s.manner < nasal && s.closure > 0 && s.noise == 0 {
		s.closure = total
	}
	s.length = s.closure + s.noise + s.vot
}

// frames writes the whole part.
func (v voicing) frames() []frame {
	w := &scribe{tract: v.tract}
	for i, n := range v.notes {
		list, lead := v.before(i)
		at := n.start - lead
		if !v.joined(i) {
			v.inhale(w, i, at)
			w.put(at-.004, pose{f: w.tract.vowel(n.sounds.vowel[0])})
		}
		var next []segment
		end := n.end
		if v.joined(i + 1) {
			var take float64
			next, take = v.before(i + 1)
			end = v.notes[i+1].start - take
		}
		for _, s := range list {
			w.consonant(s, at, n)
			at += s.length
		}
		w.nucleus(n, list, end, next, v.joined(i+1))
	}
	slices.SortStableFunc(w.out, func(a, b frame) int { return cmp.Compare(a.at, b.at) })
	return w.out
}

// inhale takes a breath before a phrase when there is time for one.
func (v voicing) inhale(w *scribe, i int, at float64) {
	from := max(0, at-.9)
	if i > 0 {
		from = v.notes[i-1].end + .15
	}
	length := min(.28, at-.05-from)
	if length < .14 || v.part > 0 { // the backing voices breathe unheard
		return
	}
	p := pose{f: w.tract.vowel("AX")}
	w.put(at-.05-length, p)
	p.breath = .012
	w.put(at-.05-.3*length, p)
	p.breath = 0
	w.put(at-.05, p)
}

// consonant sings one consonant before the vowel of n, from time t.
func (w *scribe) consonant(s segment, t float64, n vocalNote) {
	target := w.tract.vowel(n.sounds.vowel[0])
	shut := pose{f: w.tract.edge(s.place, target, 230), voice: s.voice, noise: w.spectrum(s, target)}
	loud := shut
	loud.hiss = decibel(s.level)
	switch s.manner {
	case stop, affricate:
		w.plosive(s, t, shut, target)
	case fricative:
		rise := min(.03, .3*s.noise)
		w.put(t, shut)
		w.put(t+rise, loud)
		w.put(t+s.noise-.4*rise, loud)
		w.put(t+s.noise+.004, shut)
		w.aspirated(s, t+s.noise, shut.f, target)
	case aspirate:
		p := pose{f: target, rd: 2.6, voice: s.voice, breath: decibel(s.level)}
		w.put(t+.35*s.noise, p)
		w.put(t+.85*s.noise, p)
	case nasal, lateral, approximant, tap:
		p := pose{f: s.murmur.times(w.tract.scale), voice: s.voice}
		if s.manner == nasal {
			p.nasal = 1
		}
		edge := min(.012, s.length/3)
		if s.manner == tap {
			w.put(t+.5*s.length, p)
			return
		}
		w.put(t+edge, p)
		w.put(t+s.length-edge/2, p)
	}
}

// plosive sings a stop or an affricate: shut, released with a burst, breathed out.
func (w *scribe) plosive(s segment, t float64, shut pose, target vowel) {
	release := t + s.closure
	if s.closure > 0 {
		w.put(t+min(.010, .4*s.closure), shut)
		w.put(release-.002, shut)
	}
	loud := shut
	loud.voice, loud.hiss = .5*shut.voice, decibel(s.level)
	w.put(release, loud)
	if s.manner == affricate {
		w.put(release+.75*s.noise, loud)
	} else {
		w.put(release+.5*s.noise, loud)
	}
	loud.hiss = 0
	w.put(release+s.noise+.002, loud)
	w.aspirated(s, release+.7*s.noise, shut.f, target)
}

// aspirated breathes from time t until the voice starts; the tract moves meanwhile.
func (w *scribe) aspirated(s segment, t float64, from, target vowel) {
	if s.breath == 0 || s.vot < .004 {
		return
	}
	end := t + .3*s.noise + s.vot
	if s.manner == fricative {
		end = t + s.vot
	}
	p := pose{f: from.toward(target, .2), breath: decibel(s.breath), rd: 2.6, voice: s.voice * .3}
	w.put(t+.006, p)
	p.f = from.toward(target, w.passed(s))
	w.put(end-.008, p)
}

// passed is how far the tract has moved into the vowel when the voice starts, 0 to 1.
func (w *scribe) passed(s segment) float64 { return min(.85, s.vot/.07) }

// spectrum returns a consonant's noise as this singer makes it before a vowel.
func (w *scribe) spectrum(s segment, target vowel) hiss {
	h := s.hiss
	if h.centre == 0 && h.width > 0 {
		h.centre, h.centre2 = w.tract.edge(velar, target, 300).f2*1.08, h.centre2*w.tract.scale
		h.width = max(500, .35*h.centre)
		return h
	}
	x := 1 + .5*(w.tract.scale-1) // the cavity in front of the tongue differs less than the whole
	h.centre, h.centre2 = h.centre*x, h.centre2*x
	return h
}

// nucleus sings the vowel from the note's start to end, and the coda inside it.
func (w *scribe) nucleus(n vocalNote, list []segment, end float64, next []segment, linked bool) {
	length := max(.04, end-n.start)
	end = n.start + length
	t := w.attack(n, list, length)
	main := w.tract.vowel(n.sounds.vowel[n.sounds.glide])
	last := w.tract.vowel(n.sounds.vowel[len(n.sounds.vowel)-1])
	coda := w.codaLength(n.sounds.coda, length)
	steady := max(t, end-coda)
	into := min(.05, .3*(steady-t)) // the tract moves to the next consonant before the vowel ends
	release := 0.0
	if coda == 0 && !linked {
		release = min(.14, length*.3)
		if n.lineEnd { // the end of a phrase fades
			release = min(.24, length*.4)
		}
		steady = max(t, end-release)
	}
	if last != main { // a diphthong turns in the second half
		w.put(t+.45*(steady-t), pose{f: main, voice: 1})
	}
	w.put(max(t, steady-into), pose{f: last, voice: 1})
	switch {
	case coda > 0:
		w.coda(n.sounds.coda, last, steady, end, linked)
	case !linked:
		w.put(end, pose{f: last, voice: .12, breath: .04, rd: 2})
		w.put(end+.03, pose{f: last})
	case len(next) > 0:
		w.put(steady, pose{f: last.toward(w.tract.edge(next[0].place, last, 350), .6), voice: .85, nasal: next[0].openNose() * .5})
	default: // vowel meets vowel: a small dip tells the syllables apart
		w.put(end, pose{f: last, voice: .4})
	}
}

// openNose tells how far the nose is open during the consonant.
func (c consonant) openNose() float64 {
	if c.manner == nasal {
		return 1
	}
	return 0
}

// attack starts the vowel on the note and passes its glides; it returns when the vowel itself is there.
func (w *scribe) attack(n vocalNote, list []segment, length float64) float64 {
	first := w.tract.vowel(n.sounds.vowel[0])
	p := pose{f: first, voice: .8}
	move := min(.035, .2*length)
	if len(list) > 0 {
		s := list[len(list)-1]
		p.rd = s.rd
		switch s.manner {
		case stop, affricate, fricative:
			p.f = w.tract.edge(s.place, first, 330).toward(first, w.passed(s))
			p.breath = .5 * decibel(s.breath) * min(1, s.vot/.03)
			if s.breath == 0 {
				p.breath = 0
			}
			silent := p
			silent.voice = s.voice * .5
			w.put(n.start-.004, silent)
			move = min(.045, .25*length)
		case nasal:
			p.f, p.nasal = w.tract.edge(s.place, first, 450), .4
		case lateral, tap, approximant:
			p.f = s.murmur.times(w.tract.scale).toward(first, .35)
		}
		w.put(n.start+.006, p)
	} else {
		start := n.start + .010
		if n.sounds.glide > 0 { // y and w sound weak: they come a little before the beat
			start -= .014
		}
		w.put(start, pose{f: first, voice: .9})
		move -= .015
	}
	if n.sounds.glide > 0 {
		move = min(move, .020)
	}
	t := n.start + .006 + move
	w.put(t, pose{f: first, voice: 1})
	for _, name := range n.sounds.vowel[1 : n.sounds.glide+1] {
		t += min(.055, length*.22)
		w.put(t, pose{f: w.tract.vowel(name), voice: 1})
	}
	return t
}

// between interpolates the pose at t, which lies at or after frame i.
func between(f []frame, i int, t float64) pose {
	if t <= f[0].at || i+1 >= len(f) {
		return f[i].pose
	}
	a, b := f[i], f[i+1]
	x := 0.0
	if d := b.at - a.at; d > 1e-6 {
		x = min(1, max(0, (t-a.at)/d))
	}
	mix := func(p, q float64) float64 { return p + (q-p)*x }
	out := pose{f: a.f.toward(b.f, x), voice: mix(a.voice, b.voice), rd: mix(a.rd, b.rd), breath: mix(a.breath, b.breath), hiss: mix(a.hiss, b.hiss), nasal: mix(a.nasal, b.nasal), lift: mix(a.lift, b.lift), noise: a.noise}
	if a.hiss == 0 && b.hiss > 0 {
		out.noise = b.noise
	}
	return out
}

// plainGain is the gain of an open vowel in the middle of the range.
const plainGain = .6

// balance turns the loudness of voice and breath in every frame into gains of
// their sources: whatever the vowel and the pitch, loudness 1 sounds as loud.
func (v voicing) balance(frames []frame, s *source) {
	for i := range frames {
		p := &frames[i].pose
		if p.rd == 0 {
			p.rd = s.rd
		}
		if p.voice == 0 && p.breath == 0 {
			continue
		}
		f0 := v.pitchAt(frames[i].at)
		voiced, noise, lift := s.gains(*p, f0)
		p.lift = lift
		p.voice *= math.Pow(voiced/plainGain, -.9) / plainGain
		p.breath /= noise
	}
}
