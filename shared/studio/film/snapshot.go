package film

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
)

// A snapshot is chosen among at most mostShots frames, looked at with their
// shorter side at shotSide pixels.
const (
	mostShots = 48
	shotSide  = 270
	// calm keeps a snapshot away from fades and from the film's ends, in seconds.
	calm = 0.15
	// dark and bright bound the luma that is well exposed.
	dark, bright = 18, 245
)

// shotRate is how many frames a second are looked at.
func (c *cut) shotRate() float64 { return min(4, mostShots/c.total) }

func (c *cut) shotSize() (w, h int) {
	k := min(1, shotSide/min(c.w, c.h))
	return max(2, even(c.w*k)), max(2, even(c.h*k))
}

// bestShot reads the frames (RGB, w x h) and returns the time of the one with
// the highest score; of those in a fade only when there is no other.
func (c *cut) bestShot(path string, w, h int) (float64, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, fmt.Errorf("read snapshots: %w", err)
	}
	defer f.Close()
	in, rgb := bufio.NewReader(f), make([]byte, 3*w*h)
	best, at := math.Inf(-1), c.total/3
	for n := 0; ; n++ {
		if _, err := io.ReadFull(in, rgb); errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return at, nil
		} else if err != nil {
			return 0, fmt.Errorf("read snapshots: %w", err)
		}
		t := float64(n) / c.shotRate()
		s := score(rgb, w, h)
		if !c.calmAt(t) {
			s -= 1e6
		}
		if s > best {
			best, at = s, t
		}
	}
}

// calmAt reports whether nothing fades, slides in or crosses over at a time.
func (c *cut) calmAt(t float64) bool {
	if t < calm || t > c.total-calm {
		return false
	}
	for _, v := range c.visuals {
		whole := v.hold - v.start
		for _, m := range v.e.moves {
			if s := v.spanOf(m); s.to-s.from < whole*0.9 && t > s.from-calm && t < s.to+calm && t < v.hold {
				return false
			}
		}
		for _, s := range v.fades {
			if t > s.from-calm && t < s.to+calm && t < v.hold {
				return false
			}
		}
	}
	return true
}

// score is how good a frame is as a thumbnail: its sharpness (the logarithm of
// the variance of the Laplacian, so that a page of letters does not win over
// every photo) times its colourfulness (Hasler and Süsstrunk 2003), times the
// squared share of its pixels that are neither black nor blown.
func score(rgb []byte, w, h int) float64 {
	luma := make([]float64, w*h)
	var rg, rg2, yb, yb2, exposed float64
	for i := range luma {
		r, g, b := float64(rgb[3*i]), float64(rgb[3*i+1]), float64(rgb[3*i+2])
		luma[i] = 0.2126*r + 0.7152*g + 0.0722*b
		if luma[i] > dark && luma[i] < bright {
			exposed++
		}
		d, e := r-g, (r+g)/2-b
		rg, rg2, yb, yb2 = rg+d, rg2+d*d, yb+e, yb2+e*e
	}
	n := float64(w * h)
	rg, yb, exposed = rg/n, yb/n, exposed/n
	colour := math.Sqrt(max(0, rg2/n-rg*rg+yb2/n-yb*yb)) + 0.3*math.Sqrt(rg*rg+yb*yb)
	return math.Log1p(laplacian(luma, w, h)) * colour * exposed * exposed
}

// laplacian is the variance of the luma's second difference.
func laplacian(luma []float64, w, h int) float64 {
	var sum, sum2 float64
	for y := 1; y < h-1; y++ {
		for x := 1; x < w-1; x++ {
			i := y*w + x
			v := luma[i-1] + luma[i+1] + luma[i-w] + luma[i+w] - 4*luma[i]
			sum, sum2 = sum+v, sum2+v*v
		}
	}
	n := float64(max(1, (w-2)*(h-2)))
	return sum2/n - sum/n*sum/n
}
