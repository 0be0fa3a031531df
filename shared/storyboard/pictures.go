package storyboard

import (
	"math"

	"castad/shared/message"
	cm "castad/shared/provider/creatomate"
)

// change is how one picture follows another.
type change struct {
	kind, direction string
	seconds         float64 // 0 is a plain cut
}

// transition is the change as Creatomate writes it; its middle is the moment of the change.
func (c change) transition(seconds float64) *cm.Animation {
	a := &cm.Animation{Type: c.kind, Duration: cm.Num(round(seconds))}
	if c.kind != "fade" {
		a.Fade = new(false) // an edge that moves over the picture, not through a dissolve
	}
	switch c.kind {
	case "slide":
		a.Direction, a.Easing = c.direction, "quadratic-in-out"
	case "wipe": // the edge runs to the right, or from the right end back
		a.StartAngle, a.EndAngle, a.Easing = cm.Text("0°"), cm.Text("0°"), "sinusoid-in-out"
		a.XAnchor = cm.Percent(map[string]float64{"right": 0, "left": 100}[c.direction])
	}
	return a
}

// pictures fill the film from the first frame to the last, each moving a little,
// changing at the timeline's moments. A photo that is shown again is shown closer
// and in another motion.
func (b *board) pictures(t template) []placed {
	starts := append([]float64{0}, b.time.changes...)
	ends := append(b.time.changes[:len(b.time.changes):len(b.time.changes)], b.time.length)
	how := t.changes
	order := t.order
	if order == nil {
		order = func(b *board, n int) int { return n }
	}
	half := func(i int) float64 { // of the transition into picture i
		if i == 0 || i == len(starts) {
			return 0
		}
		return math.Min(how[i%len(how)].seconds, 0.8*math.Min(ends[i-1]-starts[i-1], ends[i]-starts[i])) / 2
	}
	var out []placed
	for i := range starts {
		from, to, photo := round(starts[i]-half(i)), round(ends[i]+half(i+1)), order(b, i)
		e := cm.Element{Type: cm.TypeImage, Track: 1, Time: cm.Num(from), Duration: cm.Num(round(to - from)), Source: b.sources[photo%len(b.sources)],
			Fit: "cover", SmartCrop: true, Width: cm.Percent(100), Height: cm.Percent(100), Animations: []cm.Animation{motion(i, photo/len(b.sources), to-from)}}
		if i == len(starts)-1 {
			e.Duration = cm.Null()
		}
		if d := half(i) * 2; d > 0 {
			e.Transition = how[i%len(how)].transition(d)
		}
		out = append(out, placed{e, span{from, to}})
	}
	return out
}

func sourcesOf(photos []message.Photo, link Linker) ([]string, error) {
	var out []string
	for _, p := range photos[:min(len(photos), maxPictures)] {
		address, err := link(p.Blob)
		if err != nil {
			return nil, err
		}
		out = append(out, address)
	}
	return out, nil
}

// motion moves the i-th picture: in, across, out, across, about 10 % in the time
// that it is seen. round counts how often the photo was shown before.
func motion(i, round int, seconds float64) cm.Animation {
	near := 100 + 10*float64(round%3)
	a := cm.Animation{Time: cm.Num(0), Duration: cm.Num(math.Round(seconds*1000) / 1000), Easing: "linear", Scope: "element"}
	switch (i + round) % 4 {
	case 0:
		a.Type, a.StartScale, a.EndScale = "scale", cm.Percent(near), cm.Percent(near+11)
	case 2:
		a.Type, a.StartScale, a.EndScale = "scale", cm.Percent(near+11), cm.Percent(near)
	default:
		from, to := 20.0, 80.0
		if i%4 == 3 {
			from, to = to, from
		}
		a.Type, a.Scope = "pan", ""
		a.StartScale, a.EndScale = cm.Percent(near+10), cm.Percent(near+10)
		a.StartX, a.EndX, a.StartY, a.EndY = cm.Percent(from), cm.Percent(to), cm.Percent(50), cm.Percent(50)
	}
	return a
}
