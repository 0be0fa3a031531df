package music

import (
	"math"
	"sync"
)

// The glottis is the LF model (Fant, Liljencrants and Lin 1985) with its one
// shape parameter Rd (Fant 1995): .6 is pressed, 1 plain, 2 breathy. One period
// is worked out per shape, taken apart into harmonics and put together again
// without those that would alias, so that a sample costs one look-up.

const (
	glottalSize = 1024 // samples of a period in a table
	glottalMost = 180  // harmonics that are known
)

// glottalShapes are the values of Rd that have tables; others lie between.
var glottalShapes = [...]float64{.55, 1, 1.6, 2.6}

// glottalTops are the highest pitches in Hz of the tables, a third of an octave and more apart.
var glottalTops = [...]float64{110, 160, 220, 300, 400, 530, 700, 1000}

// glottalTables are the periods by shape and top pitch, and the loudness of their harmonics.
type glottalTables struct {
	wave     [len(glottalShapes)][len(glottalTops)][glottalSize + 1]float32
	strength [len(glottalShapes)][glottalMost + 1]float64
}

var glottals = sync.OnceValue(func() *glottalTables {
	t := &glottalTables{}
	for s, rd := range glottalShapes {
		re, im := harmonics(liljencrantsFant(rd))
		for k := range re {
			t.strength[s][k] = math.Hypot(re[k], im[k]) * math.Sqrt2
		}
		for i, top := range glottalTops {
			most := min(glottalMost, int(.45*Rate/top))
			for n := range glottalSize {
				sum := 0.0
				for k := 1; k <= most; k++ {
					p := float64(k*n%glottalSize) / glottalSize
					sum += re[k]*sine(p+.25) - im[k]*sine(p)
				}
				t.wave[s][i][n] = float32(2 * sum)
			}
			t.wave[s][i][glottalSize] = t.wave[s][i][0]
		}
	}
	return t
})

// harmonics returns the Fourier coefficients of one period.
func harmonics(x []float64) (re, im [glottalMost + 1]float64) {
	for k := 1; k <= glottalMost; k++ {
		for n, v := range x {
			p := float64(k*n%len(x)) / float64(len(x))
			re[k] += v * sine(p+.25) / float64(len(x))
			im[k] -= v * sine(p) / float64(len(x))
		}
	}
	return re, im
}

// liljencrantsFant returns one period of the derivative of the glottal flow; its
// strongest moment, the closure, is −1.
func liljencrantsFant(rd float64) []float64 {
	ra, rk := (-1+4.8*rd)/100, (22.4+11.8*rd)/100
	rg := rk / 4 * (.5 + 1.2*rk) / (.11*rd - ra*(.5+1.2*rk))
	tp := 1 / (2 * rg)
	te := tp * (1 + rk)
	ta := max(ra, .002)
	w := math.Pi / tp
	// The return phase decays with e so that it is nought at the period's end.
	e := bisect(1, 4/ta, func(e float64) float64 { return e*ta - 1 + math.Exp(-e*(1-te)) })
	returned := -(1/(e*ta))*((1-math.Exp(-e*(1-te)))/e) + (1-te)*math.Exp(-e*(1-te))/(e*ta)
	// The opening grows with a so that as much air flows out as the derivative takes back.
	opened := func(a float64) float64 {
		scale := -1 / (math.Exp(a*te) * math.Sin(w*te))
		return scale*(math.Exp(a*te)*(a*math.Sin(w*te)-w*math.Cos(w*te))+w)/(a*a+w*w) + returned
	}
	a := bisect(-60, 60, opened)
	scale := -1 / (math.Exp(a*te) * math.Sin(w*te))
	x := make([]float64, glottalSize)
	for n := range x {
		t := float64(n) / glottalSize
		if t < te {
			x[n] = scale * math.Exp(a*t) * math.Sin(w*t)
		} else {
			x[n] = -(math.Exp(-e*(t-te)) - math.Exp(-e*(1-te))) / (e * ta)
		}
	}
	return x
}

// bisect returns where f changes its sign between low and high.
func bisect(low, high float64, f func(float64) float64) float64 {
	rising := f(high) > f(low)
	for range 80 {
		middle := (low + high) / 2
		if f(middle) > 0 == rising {
			high = middle
		} else {
			low = middle
		}
	}
	return (low + high) / 2
}

// glottis is an oscillator over the tables; each period differs a little from the one before.
type glottis struct {
	tables  *glottalTables
	chance  *noise
	phase   float64
	jitter  float64 // of this period's length
	shimmer float64 // of this period's loudness
	shape   int
	top     int
	blend   float64 // between shape and the next
}

func newGlottis(seed int64, part uint64) glottis {
	return glottis{tables: glottals(), chance: newNoise(seed, 131+part), jitter: 1, shimmer: 1}
}

// set chooses the tables for a shape and a pitch.
func (g *glottis) set(rd, f0 float64) {
	g.shape = 0
	for g.shape < len(glottalShapes)-2 && rd > glottalShapes[g.shape+1] {
		g.shape++
	}
	low, high := glottalShapes[g.shape], glottalShapes[g.shape+1]
	g.blend = min(1, max(0, (rd-low)/(high-low)))
	g.top = 0
	for g.top < len(glottalTops)-1 && f0*1.02 > glottalTops[g.top] {
		g.top++
	}
}

// next returns the next sample at a pitch in turns a sample.
func (g *glottis) next(dt float64) float64 {
	g.phase += dt * g.jitter
	if g.phase >= 1 {
		g.phase--
		g.jitter = 1 + .003*g.chance.next()
		g.shimmer = 1 + .03*g.chance.next()
	}
	x := g.phase * glottalSize
	i := int(x)
	f := x - float64(i)
	a, b := &g.tables.wave[g.shape][g.top], &g.tables.wave[g.shape+1][g.top]
	u := float64(a[i]) + float64(a[i+1]-a[i])*f
	v := float64(b[i]) + float64(b[i+1]-b[i])*f
	return g.shimmer * (u + (v-u)*g.blend)
}

// open tells whether the glottis is open: breath is heard then.
func (g *glottis) open() bool { return g.phase < .62 }

// harmonic returns how loud the k-th harmonic of the shape set is.
func (t *glottalTables) harmonic(rd float64, k int) float64 {
	if k > glottalMost {
		return 0
	}
	s := 0
	for s < len(glottalShapes)-2 && rd > glottalShapes[s+1] {
		s++
	}
	x := min(1, max(0, (rd-glottalShapes[s])/(glottalShapes[s+1]-glottalShapes[s])))
	return t.strength[s][k] + (t.strength[s+1][k]-t.strength[s][k])*x
}
