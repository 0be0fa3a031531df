//go:build !race

// An ad of thirty seconds is composed three times, in one goroutine.

package film

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"
)

// framesOf are the hashes of some frames of a script, composed from its text.
func framesOf(t *testing.T, raw string, numbers ...int) string {
	t.Helper()
	f, err := LoadFonts(FontFolder)
	if err != nil {
		need(t, err)
	}
	s, files := local(t, raw)
	c, err := prepare(t.Context(), s, f, t.TempDir(), files, &problems{})
	if err != nil {
		t.Fatal(err)
	}
	comp := newComposer(c.scene, s.fill, c.layers)
	frame, sum := newPlanes(comp.w, comp.h), sha256.New()
	for _, n := range numbers {
		comp.draw(frame, (float64(n)+0.5)/c.rate)
		sum.Write(frame.y[:comp.w*comp.h*3/2])
	}
	return fmt.Sprintf("%x", sum.Sum(nil))
}

func TestTheSameScriptMakesTheSameFrames(t *testing.T) {
	t.Parallel()
	raw := speedScript(t, 1.0/3)
	numbers := []int{0, 89, 93, 181, 275, 500, 790, 899}
	first := framesOf(t, raw, numbers...)
	// Frames do not depend on those that were drawn before them either.
	again := framesOf(t, raw, numbers...)
	if first != again {
		t.Errorf("frames differ: %s, then %s", first, again)
	}
	if other := framesOf(t, strings.Replace(raw, "20,0.72)", "20,0.71)", 1), numbers...); other == first {
		t.Error("another script made the same frames")
	}
}
