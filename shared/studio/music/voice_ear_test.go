package music

import (
	"math"
	"math/cmplx"
)

// The ear of the voice tests: what a listener could hear of a sung syllable, and
// nothing that only the singer knows. A print is a spectrogram round the beat:
// loudness in critical bands, as cepstra, with the harmonics of the pitch smoothed
// away (a listener hears the vowel, not the harmonics).

const (
	earFrames = 34  // of a print
	earHop    = .01 // seconds between frames
	earBefore = .19 // seconds of the print before the beat
	earBands  = 24
	earCoeffs = 14
	earSize   = 1024 // samples of a window, 23 ms
)

// print is what is heard of one syllable.
type print [earFrames][earCoeffs]float64

// bark is the critical band rate of a frequency (Traunmüller 1990).
func bark(f float64) float64 { return 26.81*f/(1960+f) - .53 }

// earHann and earCosine are the weights of a window and of the cepstra.
var earHann, earCosine = func() (w [earSize]float64, c [earCoeffs][earBands]float64) {
	for i := range w {
		w[i] = .5 - .5*math.Cos(2*math.Pi*float64(i)/earSize)
	}
	for k := range c {
		for b := range c[k] {
			c[k][b] = math.Cos(math.Pi * float64(k) * (float64(b) + .5) / earBands)
		}
	}
	return w, c
}()

// hear returns the print of the syllable whose beat is at a time in seconds and
// whose pitch is f0 Hz. warp divides every frequency: the ear's allowance for
// another length of vocal tract.
func hear(x []float32, at, f0, warp float64) *print {
	var energies [earFrames][earBands]float64
	loudest := 0.0
	for i := range energies {
		centre := int((at - earBefore + float64(i)*earHop) * Rate)
		energies[i] = criticalBands(window(x, centre), f0, warp)
		sum := 0.0
		for _, e := range energies[i] {
			sum += e
		}
		loudest = max(loudest, sum)
	}
	p := &print{}
	for i, e := range energies {
		for b := range e { // 50 dB below the loudest frame nothing is heard
			e[b] = math.Log(e[b]/loudest + 1e-5)
		}
		for c := range p[i] {
			for b, v := range e {
				p[i][c] += v * earCosine[c][b]
			}
		}
	}
	return p
}

// window is the power spectrum of the samples round centre, Hann weighted.
func window(x []float32, centre int) [earSize / 2]float64 {
	var z [earSize]complex128
	for i := range z {
		if j := centre - earSize/2 + i; j >= 0 && j < len(x) {
			z[i] = complex(float64(x[j])*earHann[i], 0)
		}
	}
	fft(z[:])
	var p [earSize / 2]float64
	for k := range p {
		p[k] = real(z[k])*real(z[k]) + imag(z[k])*imag(z[k])
	}
	return p
}

// criticalBands sums an envelope over the harmonics into bands of equal width in Bark up to 10 kHz.
func criticalBands(power [earSize / 2]float64, f0, warp float64) (e [earBands]float64) {
	const bin = float64(Rate) / earSize
	reach := int(math.Ceil(f0 / 2 / bin))
	low, high := bark(120), bark(10000)
	b, next := 0, 2
	for k := 2; k < int(10000*warp/bin); k++ {
		top := 0.0
		for j := max(1, k-reach); j <= min(len(power)-1, k+reach); j++ {
			top = max(top, power[j])
		}
		for k >= next { // the bin where the next band begins
			b = int(max(0, (bark(float64(k)*bin/warp)-low)/(high-low)*earBands))
			if b >= earBands {
				return e
			}
			z := low + (high-low)*float64(b+1)/earBands + .53
			next = int(math.Ceil(1960 * z / (26.81 - z) * warp / bin))
		}
		e[b] += top
	}
	return e
}

// fft is the fast Fourier transform in place; the length is a power of two.
func fft(z []complex128) {
	n := len(z)
	for i, j := 1, 0; i < n; i++ {
		bit := n >> 1
		for ; j&bit != 0; bit >>= 1 {
			j ^= bit
		}
		j |= bit
		if i < j {
			z[i], z[j] = z[j], z[i]
		}
	}
	for size := 2; size <= n; size <<= 1 {
		half := size / 2
		turn, w := cmplx.Rect(1, -2*math.Pi/float64(size)), complex(1, 0)
		for k := range half {
			for a := k; a < n; a += size {
				u, v := z[a], z[a+half]*w
				z[a], z[a+half] = u+v, u-v
			}
			w *= turn
		}
	}
}

// templates are one mean print per class and how much each value varies within a class.
type templates struct {
	mean  []print
	scale [earFrames][earCoeffs]float64 // one over the variance
}

// learn makes templates from prints by class: rows are conditions, columns classes.
func learn(rows [][]*print) *templates {
	t := &templates{mean: make([]print, len(rows[0]))}
	for _, row := range rows {
		for c, p := range row {
			for i := range p {
				for k, v := range p[i] {
					t.mean[c][i][k] += v / float64(len(rows))
				}
			}
		}
	}
	var spread [earCoeffs]float64
	for _, row := range rows {
		for c, p := range row {
			for i := range p {
				for k, v := range p[i] {
					d := v - t.mean[c][i][k]
					t.scale[i][k] += d * d
					spread[k] += d * d / earFrames
				}
			}
		}
	}
	for i := range t.scale {
		for k := range t.scale[i] { // a moment that never varied is not trusted without bound
			t.scale[i][k] = 1 / (.5*t.scale[i][k] + .5*spread[k] + 1e-9)
		}
	}
	return t
}

// nearest returns the class whose template is closest to the print; the beat may
// be heard up to slack frames off.
func (t *templates) nearest(p *print, slack int) int {
	best, bestDistance := 0, math.Inf(1)
	for c := range t.mean {
		for shift := -slack; shift <= slack; shift++ {
			d, n := 0.0, 0
			for i := range p {
				j := i + shift
				if j < 0 || j >= earFrames {
					continue
				}
				n++
				for k, v := range p[j] {
					x := v - t.mean[c][i][k]
					d += x * x * t.scale[i][k]
				}
			}
			if d /= float64(n); d < bestDistance {
				best, bestDistance = c, d
			}
		}
	}
	return best
}
