package music

import (
	"math"
	"math/cmplx"
	"slices"
)

// formantsOf finds the resonances of a held vowel below the ceiling in Hz, by
// linear prediction over the signal brought to twice that rate.
func formantsOf(x []float32, ceiling float64) []float64 {
	const order = 12
	rate := 2 * ceiling
	lp, lp2 := lowPass(.9*ceiling, .54), lowPass(.9*ceiling, 1.3)
	var y []float64
	at, before := 0.0, 0.0
	for i, v := range x {
		f := lp2.next(lp.next(float64(v)))
		if float64(i) >= at {
			y = append(y, f-.95*before) // pre-emphasis
			before = f
			at += Rate / rate
		}
	}
	var r [order + 1]float64
	for lag := range r {
		for i := lag; i < len(y); i++ {
			w := func(i int) float64 { return .5 - .5*math.Cos(2*math.Pi*float64(i)/float64(len(y))) }
			r[lag] += y[i] * w(i) * y[i-lag] * w(i-lag)
		}
	}
	r[0] *= 1 + 1e-6
	a := levinson(r[:])
	var out []float64
	for _, z := range roots(a) {
		f, width := cmplx.Phase(z)/(2*math.Pi)*rate, -math.Log(cmplx.Abs(z))/math.Pi*rate
		if f > 90 && width < 450 {
			out = append(out, f)
		}
	}
	slices.Sort(out)
	return out
}

// levinson returns the predictor polynomial 1 + a₁z⁻¹ + … for an autocorrelation.
func levinson(r []float64) []float64 {
	a := make([]float64, len(r))
	a[0] = 1
	e := r[0]
	for i := 1; i < len(r); i++ {
		k := 0.0
		for j := range i {
			k -= a[j] * r[i-j]
		}
		k /= e
		b := slices.Clone(a)
		for j := 1; j <= i; j++ {
			a[j] = b[j] + k*b[i-j]
		}
		e *= 1 - k*k
	}
	return a
}

// roots finds all zeros of a monic polynomial (Durand and Kerner).
func roots(a []float64) []complex128 {
	z := make([]complex128, len(a)-1)
	for i := range z {
		z[i] = cmplx.Rect(.9, 2*math.Pi*(float64(i)+.3)/float64(len(z)))
	}
	for range 200 {
		for i := range z {
			p, q := complex(1, 0), complex(1, 0)
			for _, c := range a[1:] {
				p = p*z[i] + complex(c, 0)
			}
			for j := range z {
				if j != i {
					q *= z[i] - z[j]
				}
			}
			z[i] -= p / q
		}
	}
	return z
}
