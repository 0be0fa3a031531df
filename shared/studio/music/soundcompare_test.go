package music

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"castad/shared/studio/music/musictest"
)

// soundFont is Debian's fluid-soundfont-gm (FluidR3_GM, MIT licence).
const soundFont = "/usr/share/sounds/sf2/FluidR3_GM.sf2"

// BenchmarkSound is `make bench-sound`: the same scores through our instruments
// and, as MIDI, through FluidSynth with FluidR3_GM, side by side. Both play the
// band and the tune without the singer, both go through our master.
func BenchmarkSound(b *testing.B) {
	if _, err := exec.LookPath("fluidsynth"); err != nil {
		b.Skip("fluidsynth is not installed: apt-get install --no-install-recommends fluidsynth fluid-soundfont-gm")
	}
	font, err := os.Stat(soundFont)
	if err != nil {
		b.Skipf("no SoundFont: %v", err)
	}
	for b.Loop() {
		compareSongs(b)
		compareNotes(b)
		fmt.Printf("\nlicence: ours none but the program's own; FluidR3_GM MIT, %d MB, and FluidSynth (LGPL-2.1, a process)\n", font.Size()>>20)
	}
}

type rendered struct {
	song *Song
	took time.Duration // of a processor
}

func compareSongs(b *testing.B) {
	const seconds, seeds = 15, 4
	heard := map[string][2][][]float64{}
	fmt.Printf("\n%-9s %-5s %6s %6s %6s %6s %6s %7s %7s %6s %6s %6s %6s\n", "genre", "sound", "CPU/s", "LUFS", "dBTP", "LRA", "crest", "centre", "spread", "flat", "corr", "width", "sharp")
	for _, genre := range Genres {
		for seed := range int64(seeds) {
			s := instrumental(b, genre, seconds, seed)
			both := [2]rendered{ours(s, seconds), fluid(b, s, midi(s, s.arrange()), seconds)}
			for i, r := range both {
				h := musictest.Hear(r.song.PCM, Rate)
				pair := heard[genre]
				pair[i] = append(pair[i], h.Vector())
				heard[genre] = pair
				if seed > 0 {
					continue
				}
				fmt.Printf("%-9s %-5s %6.3f %6.1f %6.1f %6.1f %6.1f %7.0f %7.0f %6.3f %6.2f %6.1f %6.2f\n", genre, []string{"ours", "fluid"}[i],
					r.took.Seconds()/seconds, r.song.Loudness(), r.song.TruePeak(), loudnessRange(r.song), h.Crest, h.Centroid, h.Bandwidth, h.Flatness, h.Correlation, h.Width, h.Sharpness)
			}
		}
	}
	for i, name := range []string{"ours", "fluid"} {
		var labels []string
		var vectors [][]float64
		for _, genre := range Genres {
			for _, v := range heard[genre][i] {
				labels, vectors = append(labels, genre), append(vectors, v)
			}
		}
		known := musictest.Learn(labels, vectors)
		least, sum, n, pair := math.Inf(1), 0.0, 0.0, ""
		for k, x := range Genres {
			for _, y := range Genres[k+1:] {
				d := known.Distance(x, y)
				if sum, n = sum+d, n+1; d < least {
					least, pair = d, x+" and "+y
				}
			}
		}
		fmt.Printf("distance between genres, %-5s: mean %.2f, least %.2f (%s)\n", name, sum/n, least, pair)
	}
}

// instrumental is the score of an ad with its tune on the lead.
func instrumental(b *testing.B, genre string, seconds int, seed int64) *score {
	o, lines, err := Order{Lines: ad, Genre: genre, Seconds: seconds, Seed: seed}.normal()
	if err != nil {
		b.Fatal(err)
	}
	s, err := compose(o, lines)
	if err != nil {
		b.Fatal(err)
	}
	s.solo, s.vocals = s.vocals, nil
	return s
}

func ours(s *score, seconds int) rendered {
	began := processorTime()
	song := s.perform(Order{Seconds: seconds, Voice: "f"}, nil)
	return rendered{song, processorTime() - began}
}

// fluid plays MIDI through FluidSynth and brings it to our loudness.
func fluid(b *testing.B, s *score, file []byte, seconds int) rendered {
	dir := b.TempDir()
	in, out := filepath.Join(dir, "in.mid"), filepath.Join(dir, "out.wav")
	if err := os.WriteFile(in, file, 0o600); err != nil {
		b.Fatal(err)
	}
	synth := exec.Command("fluidsynth", "-n", "-i", "-q", "-g", "0.5", "-r", "44100", "-O", "s16", "-F", out, soundFont, in)
	if msg, err := synth.CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, msg)
	}
	took := synth.ProcessState.UserTime() + synth.ProcessState.SystemTime()
	wav, err := os.ReadFile(out)
	if err != nil {
		b.Fatal(err)
	}
	sum := newStereo(seconds * Rate)
	for i := range sum.l {
		if at := 44 + 4*i; at+4 <= len(wav) {
			sum.l[i] = float32(int16(binary.LittleEndian.Uint16(wav[at:]))) / 32768
			sum.r[i] = float32(int16(binary.LittleEndian.Uint16(wav[at+2:]))) / 32768
		}
	}
	return rendered{&Song{Rate: Rate, Seconds: float64(seconds), PCM: master(sum, 1, int(s.fade()*Rate))}, took}
}

// loudnessRange is EBU Tech 3342: the 95th less the 10th percentile of the
// short-term loudness over an absolute gate and a relative one of −20 LU.
func loudnessRange(s *Song) float64 {
	l, r := s.channels()
	var all []float64
	for from := 0; from+3*Rate <= len(l); from += Rate / 10 {
		if v := loudness(l[from:from+3*Rate], r[from:from+3*Rate]); v > -70 {
			all = append(all, v)
		}
	}
	if len(all) == 0 {
		return 0
	}
	mean := 0.0
	for _, v := range all {
		mean += math.Pow(10, v/10) / float64(len(all))
	}
	var kept []float64
	for _, v := range all {
		if v > 10*math.Log10(mean)-20 {
			kept = append(kept, v)
		}
	}
	return percentile(kept, .95) - percentile(kept, .1)
}

// compareNotes plays single notes of the instruments that have a natural model:
// the SoundFont's are recordings, so they say what ours lack.
func compareNotes(b *testing.B) {
	fmt.Printf("\n%-12s %5s | %-27s | %-27s | %-17s\n", "instrument", "note", "centre soft/loud, Hz", "90 % of the rise, ms", "fall in 0.8 s, dB")
	for _, row := range []struct {
		name  string
		pitch int
	}{{"piano", 60}, {"piano", 72}, {"epiano", 60}, {"guitar", 55}, {"guitar", 64}, {"accordion", 64}, {"sax", 67}, {"flute", 76}, {"strings", 67}, {"brass", 67}, {"upright", 40}, {"soft", 40}, {"bell", 76}, {"glockenspiel", 84}} {
		var m [2][2]noteSound
		for i, velocity := range []float64{.45, .95} {
			s := &score{style: styles[Ballad], plan: plan{tempo: 60, beats: 4, outro: 1}, bars: []bar{{beats: 4}}}
			p := part{"chords", row.name, []note{{tone: tone{.25, 1.5, row.pitch}, velocity: velocity}}}
			out := newStereo(3 * Rate)
			s.play(p, out)
			m[0][i] = hearNote(out)
			f := fluid(b, s, midi(s, arrangement{parts: []part{p}}), 3)
			var o stereo
			o.l, o.r = f.song.channels()
			m[1][i] = hearNote(o)
		}
		fmt.Printf("%-12s %5d | ours %4.0f/%4.0f fluid %4.0f/%4.0f | ours %4.0f    fluid %4.0f      | ours %4.1f fluid %4.1f\n", row.name, row.pitch,
			m[0][0].centre, m[0][1].centre, m[1][0].centre, m[1][1].centre, m[0][1].rise*1000, m[1][1].rise*1000, m[0][1].fall, m[1][1].fall)
	}
}

type noteSound struct{ centre, rise, fall float64 }

// hearNote measures the centroid of a note's first half second, the time of its
// rise and how far it falls.
func hearNote(s stereo) noteSound {
	var levels []float64
	const step = Rate / 400
	for from := 0; from+4*step <= len(s.l); from += step {
		levels = append(levels, level(s.l[from:from+4*step]))
	}
	top, at := math.Inf(-1), 0
	for i, v := range levels {
		if v > top && i < 400*8/10 {
			top, at = v, i
		}
	}
	first := at
	for first > 0 && levels[first-1] > top-40 {
		first--
	}
	reached := first
	for levels[reached] < top-1 {
		reached++
	}
	from := first * step
	pcm := make([]int16, Rate)
	for i := range len(pcm) / 2 {
		pcm[2*i], pcm[2*i+1] = quantise(s.l[from+i]), quantise(s.r[from+i])
	}
	after := min(len(levels)-1, reached+320)
	return noteSound{musictest.Hear(pcm, Rate).Centroid, float64(reached-first) / 400, top - levels[after]}
}

// percentile returns the value below which a share of the values lies.
func percentile(x []float64, share float64) float64 {
	sorted := slices.Sorted(slices.Values(x))
	return sorted[int(share*float64(len(sorted)-1)+.5)]
}
