package music

import (
	"math"
	"slices"
)

// The singer is a formant synthesiser of the cascade kind: a glottal saw with
// spectral tilt and breath noise runs through five resonators whose
// frequencies follow the sounds; hiss of consonants is shaped apart. A syllable's
// vowel starts on its note, its consonants before it.

// pose is the vocal tract at one moment.
type pose struct {
	f          vowel
	voice      float64 // voiced source, 0 to 1
	breath     float64 // noise through the formants
	hiss       float64 // noise beside them
	hissCentre float64
	hissWidth  float64
	nasal      float64
}

// frame is a pose at a time in seconds.
type frame struct {
	at float64
	pose
}

// voicing is one part the singer sings: notes in seconds.
type voicing struct {
	notes  []vocalNote
	scale  float64 // of the formants: the length of the vocal tract
	manner singing
	seed   int64
	part   uint64
}

type vocalNote struct {
	start, end float64
	pitch      float64 // MIDI
	sounds     sounds
	lineEnd    bool
}

// voicing prepares the melody for the singer; shift moves every pitch (backing voices).
func (s *score) voicing(voice string, part uint64, keep func(sung) bool, shift func(sung) float64) voicing {
	v := voicing{scale: 1, manner: s.style.singing, seed: s.seed, part: part}
	if voice == "f" {
		v.scale = 1.16
	}
	for i, n := range s.vocals {
		if !keep(n) {
			continue
		}
		v.notes = append(v.notes, vocalNote{
			start: s.plan.seconds(n.start), end: s.plan.seconds(n.start + n.beats), pitch: float64(n.pitch) + shift(n), sounds: n.syl.sounds,
			lineEnd: i+1 == len(s.vocals) || s.vocals[i+1].line != n.line,
		})
	}
	return v
}

// sing renders the part, mono, n samples.
func (v voicing) sing(n int) []float32 {
	out := make([]float32, n)
	if len(v.notes) == 0 {
		return out
	}
	frames := v.frames()
	const step = 64
	src := newSource(v)
	at := 0
	for from := 0; from < n; from += step {
		t := float64(from) / Rate
		for at+1 < len(frames) && frames[at+1].at <= t {
			at++
		}
		p := between(frames, at, t)
		src.render(out[from:min(from+step, n)], p, v.pitchAt(t))
	}
	polish(out)
	return out
}

// between interpolates the pose at t, which lies at or after frame i.
func between(f []frame, i int, t float64) pose {
	if t <= f[0].at {
		return f[0].pose
	}
	if i+1 >= len(f) {
		return f[i].pose
	}
	a, b := f[i], f[i+1]
	x := 0.0
	if d := b.at - a.at; d > 1e-6 {
		x = min(1, max(0, (t-a.at)/d))
	}
	mix := func(p, q float64) float64 { return p + (q-p)*x }
	return pose{
		f:     vowel{mix(a.f.f1, b.f.f1), mix(a.f.f2, b.f.f2), mix(a.f.f3, b.f.f3)},
		voice: mix(a.voice, b.voice), breath: mix(a.breath, b.breath), hiss: mix(a.hiss, b.hiss),
		hissCentre: max(a.hissCentre, b.hissCentre), hissWidth: max(a.hissWidth, b.hissWidth), nasal: mix(a.nasal, b.nasal),
	}
}

// frames writes the whole part as poses in time order.
func (v voicing) frames() []frame {
	var out []frame
	put := func(at float64, p pose) { out = append(out, frame{at, p}) }
	for i, n := range v.notes {
		// Consonants take their time from the note before, at most two fifths of it.
		lead := 0.0
		for _, c := range n.sounds.onset {
			lead += c.seconds + c.vot
		}
		room := lead
		if i > 0 {
			room = max(.03, n.start-v.notes[i-1].start) * .4
			if gap := n.start - v.notes[i-1].end; gap > 0 {
				room = max(room, gap)
			}
		}
		squeeze := min(1, room/max(lead, 1e-6))
		end := n.end
		joined := false
		if i+1 < len(v.notes) {
			next := v.notes[i+1]
			need := 0.0
			for _, c := range next.sounds.onset {
				need += c.seconds + c.vot
			}
			need = min(need, (next.start-n.start)*.4)
			if next.start-n.end < .12 {
				end, joined = next.start-need, true
			}
		}
		onset(put, n, n.start-lead*squeeze, squeeze)
		nucleus(put, n, end, joined)
	}
	slices.SortStableFunc(out, func(a, b frame) int {
		switch {
		case a.at < b.at:
			return -1
		case a.at > b.at:
			return 1
		}
		return 0
	})
	return out
}

// onset sings the consonants before the vowel, from time t.
func onset(put func(float64, pose), n vocalNote, t, squeeze float64) {
	first := n.sounds.vowel[0]
	for _, c := range n.sounds.onset {
		d, vot := c.seconds*squeeze, c.vot*squeeze
		hiss := pose{f: c.locus, voice: c.voiced, hiss: c.noise, hissCentre: c.centre, hissWidth: c.width}
		quiet := hiss
		quiet.hiss = 0
		switch c.manner {
		case stop:
			put(t, quiet)
			put(t+max(0, d-.012), quiet)
			put(t+max(0, d-.009), hiss)
			put(t+d, pose{f: c.locus, hiss: c.noise * .3, hissCentre: c.centre, hissWidth: c.width, breath: min(.6, vot*12)})
		case fricative:
			put(t, quiet)
			put(t+.3*d, hiss)
			put(t+.85*d, hiss)
			put(t+d, quiet)
		case affricate:
			put(t, quiet)
			put(t+.4*d, quiet)
			put(t+.45*d, hiss)
			put(t+.85*d, hiss)
			put(t+d, quiet)
		case nasal, liquid:
			p := pose{f: c.locus, voice: c.voiced}
			if c.manner == nasal {
				p.nasal = 1
			}
			put(t+min(.012, d/3), p)
			put(t+d, p)
		case aspirate:
			put(t, pose{f: first})
			put(t+.4*d, pose{f: first, breath: c.noise})
			put(t+d, pose{f: first, breath: c.noise, voice: .1})
		}
		t += d
		if vot > 0 {
			put(t+vot*.9, pose{f: mixVowel(c.locus, first, .5), breath: min(.6, vot*12), voice: .05})
			t += vot
		}
	}
}

func mixVowel(a, b vowel, x float64) vowel {
	if a == (vowel{}) {
		return b
	}
	return vowel{a.f1 + (b.f1-a.f1)*x, a.f2 + (b.f2-a.f2)*x, a.f3 + (b.f3-a.f3)*x}
}

// nucleus sings the vowel from the note's start to end, and the coda inside it.
func nucleus(put func(float64, pose), n vocalNote, end float64, joined bool) {
	vs := n.sounds.vowel
	length := max(.04, end-n.start)
	t := n.start
	from := vs[0]
	if len(n.sounds.onset) > 0 {
		from = mixVowel(n.sounds.onset[len(n.sounds.onset)-1].locus, vs[0], .45)
	}
	put(t, pose{f: from, voice: .75, breath: .05})
	t += min(.03, length*.15)
	put(t, pose{f: vs[0], voice: 1})
	for i := 1; i <= n.sounds.glide && i < len(vs); i++ {
		t += min(.065, length*.25)
		put(t, pose{f: vs[i], voice: 1})
	}
	main := vs[min(n.sounds.glide, len(vs)-1)]
	last := vs[len(vs)-1]
	release := .03
	if !joined {
		release = min(.14, length*.35)
	}
	codaLength := 0.0
	for _, c := range n.sounds.coda {
		codaLength += c.seconds
		if c.manner == nasal || c.manner == liquid {
			codaLength += .04
		}
	}
	codaLength = min(codaLength, length*.32)
	steady := n.start + length - codaLength
	if len(n.sounds.coda) == 0 {
		steady -= release
	}
	steady = max(steady, t)
	if last != main { // a diphthong turns late
		put(max(t, steady-.13), pose{f: main, voice: 1})
	} else {
		put(t+.4*(steady-t), pose{f: main, voice: 1})
	}
	put(steady, pose{f: last, voice: 1})
	if len(n.sounds.coda) > 0 {
		coda(put, n.sounds.coda, last, steady, codaLength)
		if joined {
			return
		}
		put(n.start+length+.02, pose{f: last})
		return
	}
	if !joined {
		put(n.start+length, pose{f: last, breath: .04})
		put(n.start+length+.02, pose{f: last})
	}
}

// coda sings the consonants after a vowel; a stop is a closure without release.
func coda(put func(float64, pose), cs []consonant, from vowel, t, length float64) {
	each := length / float64(len(cs))
	for i, c := range cs {
		switch c.manner {
		case nasal, liquid:
			p := pose{f: c.locus, voice: .7}
			if c.manner == nasal {
				p.nasal = 1
			}
			put(t+min(.035, each*.4), p)
			put(t+each, pose{f: c.locus, voice: .5, nasal: p.nasal})
		case stop:
			put(t+min(.022, each*.4), pose{f: mixVowel(from, c.locus, .6), voice: .25})
			put(t+min(.03, each*.6), pose{f: c.locus})
			if i > 0 || c.vot > .05 { // an English final stop is released
				put(t+each*.85, pose{f: c.locus, hiss: c.noise * .5, hissCentre: c.centre, hissWidth: c.width})
			}
			put(t+each, pose{f: c.locus})
		default:
			h := pose{f: c.locus, voice: c.voiced * .5, hiss: c.noise * .8, hissCentre: c.centre, hissWidth: c.width}
			put(t+each*.25, h)
			put(t+each*.8, h)
			put(t+each, pose{f: c.locus, hissCentre: c.centre, hissWidth: c.width})
		}
		from = c.locus
		t += each
	}
}

// pitchAt returns the sung frequency at a time: the note, the slide into it, vibrato, a trot turn.
func (v voicing) pitchAt(t float64) float64 {
	i, ok := slices.BinarySearchFunc(v.notes, t, func(n vocalNote, t float64) int {
		switch {
		case n.start < t:
			return -1
		case n.start > t:
			return 1
		}
		return 0
	})
	if !ok {
		i--
	}
	i = max(i, 0)
	n := v.notes[i]
	p := n.pitch
	since := t - n.start
	length := n.end - n.start
	slide := min(v.manner.slide, length*.25)
	if i+1 < len(v.notes) { // most of the slide lies before the beat
		next := v.notes[i+1]
		if to := next.start - t; to < .6*slide && next.start-n.end < .15 {
			p += (next.pitch - p) * smooth((.6*slide-to)/slide)
			return hz(p)
		}
	}
	if i > 0 && n.start-v.notes[i-1].end < .15 {
		if x := (since + .6*slide) / slide; x < 1 {
			p = v.notes[i-1].pitch + (p-v.notes[i-1].pitch)*smooth(x)
		}
	} else if since < .06 { // a fresh phrase scoops from below
		p -= .5 * (1 - smooth(since/.06))
	}
	if v.manner.turn && length > .34 {
		if x := (since - .04) / .09; x > 0 && x < 1 {
			p += 1.6 * math.Sin(math.Pi*x)
		}
	}
	depth := v.manner.vibrato / 100 * smooth((since-.16)/.25)
	if length > .3 {
		p += depth * sine(since*v.manner.rate+float64(v.part)*.13)
	}
	p += .025 * sine(t*2.3+float64(v.part)*.37) // no voice is a machine
	return hz(p)
}

// smooth is the smooth step from 0 to 1.
func smooth(x float64) float64 {
	x = min(1, max(0, x))
	return x * x * (3 - 2*x)
}
