package film

import (
	"math/rand/v2"
	"testing"
)

func BenchmarkFrame(b *testing.B) {
	sc := &scene{canvas: canvas{1080, 1920, 1}, rate: 30, frames: 480, total: 16}
	pic := &picture{w: 1642, h: 2190}
	buf := make([]byte, 1642*2190)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range buf {
		buf[i] = byte(r.Uint32())
	}
	pic.wy, pic.wu, pic.wv = weave(buf, 1642, 2190), weave(buf[:1642*2190/4], 821, 1095), weave(buf[:1642*2190/4], 821, 1095)
	v := &visual{e: &element{kind: kindImage}, w: 1080, h: 1920, end: 16, hold: 16, opacity: 1}
	l := &layer{visual: v, pic: pic, base: rect{205, 0, 1231, 2190}, part: rect{0, 0, 1642, 2190}, rest: rect{0, 0, 1080, 1920}}
	l.content = []span{{animation{kind: "scale", from: 1, to: 1.14, xa: .5, ya: .5, inside: true}, 0, 16}}
	c := newComposer(sc, fill{}, []*layer{l})
	f := newPlanes(1080, 1920)
	n := 0
	for b.Loop() {
		c.draw(f, float64(n%480)/30)
		n++
	}
}
