//go:build !race

// Seconds of sound and a film, one after the other; films in the making at once are server_test.go's.

package film

import (
	"image/color"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// ticks are eight ticks of noise a second over a chord: AAC cannot draw them
// without overshooting. As a WAV file.
func ticks(t *testing.T, seconds int) string {
	t.Helper()
	rng := rand.New(rand.NewPCG(5, 6))
	path := filepath.Join(t.TempDir(), "ticks.wav")
	pcm := make([]int16, seconds*soundRate)
	for i := range pcm {
		turn := 2 * math.Pi * 220 * float64(i) / soundRate
		v := .57 * (2*rng.Float64() - 1) * math.Exp(-250*float64(i%(soundRate/8))/soundRate)
		v += .2*math.Sin(turn) + .12*math.Sin(1.5*turn)
		pcm[i] = int16(math.MaxInt16 * min(1, max(-1, v)))
	}
	if err := os.WriteFile(path, mono(pcm), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTheEncodedSoundKeepsBelowItsPeak(t *testing.T) {
	t.Parallel()
	c, mp4 := made(t, `{"output_format":"mp4","width":90,"height":160,"frame_rate":10,"duration":4,"elements":[
		{"type":"image","source":"p","animations":[{"type":"scale","start_scale":"100%","end_scale":"130%"}]},{"type":"audio","source":"s","duration":4}]}`,
		map[string]source{"p": {path: scenery(t, color.RGBA{230, 120, 60, 255}, 9, 1)}, "s": {ticks(t, 4), 4}})
	seen, err := c.watch(t.Context(), mp4, "default")
	if err != nil {
		t.Fatal(err)
	}
	if seen.sound.peak > highestPeak {
		t.Errorf("the film peaks at %.2f dBTP", seen.sound.peak)
	}
	plain, _, limited := strings.Cut(c.norm, ",aresample=")
	unheld, err := c.encoded(t.Context(), filepath.Dir(mp4), c.wav, plain)
	if err != nil {
		t.Fatal(err)
	}
	if !limited || unheld.peak <= highestPeak {
		t.Errorf("limited %t; else it would peak at %.2f dBTP: nothing is shown here", limited, unheld.peak)
	}
	t.Logf("%.2f dBTP and %.1f LUFS, not %.2f and %.1f", seen.sound.peak, seen.sound.lufs, unheld.peak, unheld.lufs)
}
