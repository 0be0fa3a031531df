package music

// codaLength is how many seconds of a note of the given length its coda takes.
func (w *scribe) codaLength(names []string, length float64) float64 {
	sum, share := 0.0, .22
	for _, name := range names {
		switch c := consonants[name]; c.manner {
		case nasal, lateral, approximant:
			sum += c.closure + .03
			share = .38
		case stop:
			sum += .085
		default:
			sum += c.closure + c.noise + .015
			share = .38
		}
	}
	return min(sum, length*share) // a stop is heard in the silence after it too
}

// coda sings the consonants after a vowel until end.
func (w *scribe) coda(names []string, from vowel, t, end float64, linked bool) {
	each := (end - t) / float64(len(names))
	for _, name := range names {
		c := consonants[name]
		shut := w.tract.edge(c.place, from, 250)
		switch c.manner {
		case nasal, lateral, approximant, tap:
			p := pose{f: c.murmur.times(w.tract.scale), voice: c.voice * 1.1, nasal: c.openNose()}
			w.put(t+min(.035, .5*each), p)
			p.voice = c.voice
			w.put(t+each, p)
		case stop, affricate:
			w.put(t+.35*each, pose{f: from.toward(shut, .8), voice: .75, rd: .7})
			w.put(t+.5*each, pose{f: shut, voice: c.voice})
			if name[0] < 'a' { // an English final stop is let go
				w.release(segment{consonant: c}, shut, t+.7*each, t+each)
			} else {
				w.put(t+each, pose{f: shut})
			}
		default:
			p := pose{f: shut, voice: c.voice, hiss: decibel(c.level), noise: w.spectrum(segment{consonant: c}, from)}
			w.put(t+.25*each, p)
			w.put(t+.8*each, p)
			p.hiss, p.voice = 0, 0
			w.put(t+each, p)
		}
		from = shut
		t += each
	}
	if !linked {
		w.put(end+.03, pose{f: from})
	}
}

// release lets a final stop go with a short noise.
func (w *scribe) release(s segment, shut vowel, from, to float64) {
	p := pose{f: shut, noise: w.spectrum(s, shut)}
	w.put(from-.002, p)
	p.hiss = decibel(s.level - 3)
	w.put(from, p)
	if s.manner == affricate {
		w.put(from+.7*(to-from), p)
	}
	p.hiss = 0
	w.put(to, p)
}
