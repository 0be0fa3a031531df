package music

import (
	"math"
	"slices"
)

// The singer is a formant synthesiser of the cascade kind (Klatt 1980). sounds.go
// and english.go turn text into consonants and vowels, voice_articulate.go turns
// those into poses of the vocal tract in time, voice_glottis.go and source.go make
// them sound. A syllable's vowel starts on its note, its consonants before it.

// voicing is one part the singer sings: notes in seconds.
type voicing struct {
	notes  []vocalNote
	tract  tract
	manner singing
	seed   int64
	part   uint64
}

type vocalNote struct {
	start, end float64
	pitch      float64 // MIDI
	sounds     sounds
	lineEnd    bool // the last of its line
}

// newVoicing returns a part without notes; voice is "f" or "m".
func newVoicing(voice string, manner singing, seed int64, part uint64) voicing {
	return voicing{tract: newTract(voice), manner: manner, seed: seed, part: part}
}

// voicing prepares the melody for the singer; shift moves every pitch (backing voices).
func (s *score) voicing(voice string, part uint64, keep func(sung) bool, shift func(sung) float64) voicing {
	v := newVoicing(voice, s.style.singing, s.seed, part)
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
	v.balance(frames, src)
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
	if k := len(n.sounds.onset); k > 0 { // strong consonants start high, plain ones low
		p += consonants[n.sounds.onset[k-1]].push / 100 * (1 - smooth(since/.05))
	}
	depth := v.manner.vibrato / 100 * smooth((since-.16)/.25)
	if length > .4 {
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
