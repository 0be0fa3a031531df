package storyboard

import (
	"fmt"
	"math"
	"strings"

	"rsc.io/qr"

	"castad/shared/fault"
)

const (
	quiet   = 4    // modules of white around a QR code, as ISO/IEC 18004 asks
	qrLeast = 20.0 // u: the smallest side at which a phone reads it off a screen
	qrMost  = 30.0 // u: what the cards have room for
)

// code is a QR code as a path in percents of a square, its quiet zone included.
type code struct {
	path string
	side float64 // u; a module is a whole number of pixels of the final film
}

// codeOf encodes a link into a code of at most the given side.
func (f frame) codeOf(link string, most float64) (code, error) {
	c, err := qr.Encode(link, qr.M)
	if err != nil {
		return code{}, fault.Newf(fault.CodeBadValue, "draw qr code: %v", err).In("link")
	}
	n := c.Size + 2*quiet
	module := math.Floor(most / f.u(1) / float64(n)) // pixels
	side := f.u(module * float64(n))
	if module < 3 || side < qrLeast {
		return code{}, fault.Newf(fault.CodeBadValue, "draw qr code: a link of %d bytes needs %d modules, too fine to be read", len(link), n).In("link")
	}
	at := func(v int) float64 { return float64(v+quiet) / float64(n) * 100 }
	var b strings.Builder
	for y := range c.Size {
		for x := 0; x < c.Size; x++ {
			from := x
			for x < c.Size && c.Black(x, y) {
				x++
			}
			if x > from { // a run of modules is one rectangle
				fmt.Fprintf(&b, "M %s L %s L %s L %s Z ", point(at(from), at(y)), point(at(x), at(y)), point(at(x), at(y+1)), point(at(from), at(y+1)))
			}
		}
	}
	return code{strings.TrimSpace(b.String()), side}, nil
}
