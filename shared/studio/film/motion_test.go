package film

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// scripted is the scene of a script with the given elements, 360 × 640 at 15
// frames a second.
func scripted(t *testing.T, elements string) *scene {
	t.Helper()
	s, p := read(t, `{`+frame+`,"duration":8,"elements":[`+elements+`]}`)
	if len(p.errors) > 0 {
		t.Fatal(p.errors)
	}
	return s.resolve(nil, p)
}

// seenAt is where a visual's box is at a time and what is seen of it, in whole pixels.
func seenAt(sc *scene, v *visual, at float64) (box, seen [4]int) {
	s, panes := v.mover(sc).at(at)
	s, panes = v.carried(at, s, panes)
	r := s.rect(rect{v.x, v.y, v.w, v.h})
	all := r
	for _, p := range panes {
		all = all.and(p.rect)
	}
	whole := func(r rect) [4]int {
		return [4]int{int(math.Round(r.x)), int(math.Round(r.y)), int(math.Round(r.w)), int(math.Round(r.h))}
	}
	return whole(r), whole(all)
}

func TestWipesAndSlidesGoWhereTheSDKsPresetsGo(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		preset    string
		box, seen [4]int // at the middle of the animation
	}{
		"WipeRight":            {`"type":"wipe","x_anchor":"0%"`, [4]int{80, 140, 200, 360}, [4]int{80, 140, 100, 360}},
		"WipeLeft":             {`"type":"wipe","x_anchor":"100%"`, [4]int{80, 140, 200, 360}, [4]int{180, 140, 100, 360}},
		"WipeUp":               {`"type":"wipe","x_anchor":"0%","start_angle":"90°","end_angle":"90°"`, [4]int{80, 140, 200, 360}, [4]int{80, 320, 200, 180}},
		"WipeDown":             {`"type":"wipe","x_anchor":"0%","start_angle":"270°","end_angle":"270°"`, [4]int{80, 140, 200, 360}, [4]int{80, 140, 200, 180}},
		"WipeXAxisCenter":      {`"type":"wipe","x_anchor":"50%","start_angle":"0°","end_angle":"0°"`, [4]int{80, 140, 200, 360}, [4]int{130, 140, 100, 360}},
		"SlideUp":              {`"type":"slide","direction":"90°"`, [4]int{80, 320, 200, 360}, [4]int{80, 320, 200, 360}},
		"SlideDown":            {`"type":"slide","direction":"270°"`, [4]int{80, -40, 200, 360}, [4]int{80, -40, 200, 360}},
		"SlideLeft":            {`"type":"slide","direction":"180°"`, [4]int{180, 140, 200, 360}, [4]int{180, 140, 200, 360}},
		"SlideRight":           {`"type":"slide","direction":"0°"`, [4]int{-20, 140, 200, 360}, [4]int{-20, 140, 200, 360}},
		"a scale-in":           {`"type":"scale","start_scale":"0%"`, [4]int{130, 230, 100, 180}, [4]int{130, 230, 100, 180}},
		"a scale from a side":  {`"type":"scale","start_scale":"0%","x_anchor":"0%","y_anchor":"100%"`, [4]int{80, 320, 100, 180}, [4]int{80, 320, 100, 180}},
		"a circle half grown":  {`"type":"circular-wipe"`, [4]int{80, 140, 200, 360}, [4]int{80, 217, 200, 206}},
		"a circle from a side": {`"type":"circular-wipe","x_anchor":"0%"`, [4]int{80, 140, 200, 360}, [4]int{80, 185, 135, 269}},
	} {
		sc := scripted(t, `{"type":"shape","width":200,"height":360,"fill_color":"#fff","animations":[{"time":"start","duration":2,`+row.preset+`}]},
			{"type":"shape","width":200,"height":360,"fill_color":"#fff","animations":[{"time":"end","duration":2,`+row.preset+`}]}`)
		box, seen := seenAt(sc, sc.visuals[0], 1)
		if diff := cmp.Diff([2][4]int{row.box, row.seen}, [2][4]int{box, seen}); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
		// At the end it leaves the way it would have come.
		if b, s := seenAt(sc, sc.visuals[1], 7); b != box || s != seen {
			t.Errorf("%s leaves at %v, seen %v", name, b, s)
		}
		for i, at := range []float64{2.5, 5.5} {
			if b, s := seenAt(sc, sc.visuals[i], at); b != s || b != [4]int{80, 140, 200, 360} {
				t.Errorf("%s rests at %v, seen %v", name, b, s)
			}
		}
	}
}

func TestACompositionCarriesWhatIsInIt(t *testing.T) {
	t.Parallel()
	sc := scripted(t, `{"type":"composition","width":200,"height":100,"fill_color":"#fff","animations":[
			{"type":"slide","direction":"left","time":"start","duration":2},{"type":"scale","time":"end","duration":2,"start_scale":"0%"}],"elements":[
		{"type":"shape","width":"50%","height":"50%","fill_color":"#000","animations":[{"type":"slide","direction":"up","time":"start","duration":2}]},
		{"type":"text","text":"카드","font_size":20}]}`)
	if box, _ := seenAt(sc, sc.visuals[0], 1); box != [4]int{180, 270, 200, 100} {
		t.Errorf("the card is at %v", box)
	}
	if box, _ := seenAt(sc, sc.visuals[1], 1); box != [4]int{230, 320, 100, 50} {
		t.Errorf("the shape in it is at %v", box)
	}
	if box, _ := seenAt(sc, sc.visuals[1], 7); box != [4]int{155, 308, 50, 25} {
		t.Errorf("the shape in the shrinking card is at %v", box)
	}
	about := rect{160, 310, 40, 20}
	if p := sc.visuals[2].pose(1, about); p.dx != 100 || p.dy != 0 || p.scale != 1 {
		t.Errorf("the text in it has the pose %+v", p)
	}
	if p := sc.visuals[2].pose(7, about); p.scale != 0.5 || p.dx != 0 {
		t.Errorf("the text in the shrinking card has the pose %+v", p)
	}
}

func TestATransitionHoldsWhatItCovers(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"fade", "slide", "wipe", "circular-wipe", "scale"} {
		sc := scripted(t, fmt.Sprintf(`{"type":"composition","track":1,"time":0,"duration":4,"fill_color":"#fff","elements":[
			{"type":"shape","fill_color":"#f00","width":"50%%"},{"type":"shape","fill_color":"#0f0","width":"20%%","duration":2}]},
			{"type":"shape","track":1,"time":4,"duration":4,"fill_color":"#00f","transition":{"type":%q,"duration":1}}`, kind))
		var holds []float64
		for _, v := range sc.visuals {
			holds = append(holds, v.hold)
		}
		if diff := cmp.Diff([]float64{5, 5, 2, 8}, holds); diff != "" {
			t.Errorf("%s:\n%s", kind, diff)
		}
	}
}

// plainPicture is one colour all over.
func plainPicture(w, h int, c color.Color) *picture {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.Set(x, y, c)
		}
	}
	return toPicture(img)
}

// ink is how many pixels of a frame are white, those that are grey in part.
func ink(f *planes) (sum float64) {
	for _, v := range f.y {
		sum += (float64(v) - 16) / 219
	}
	return sum
}

func TestEdgesBetweenPixelsAreSoft(t *testing.T) {
	t.Parallel()
	white := plainPicture(16, 16, color.White)
	rapid.Check(t, func(t *rapid.T) {
		f := newPlanes(64, 48)
		flood(f.y, 16)
		b := newBrush(64)
		num := func(name string, lo, hi float64) float64 { return rapid.Float64Range(lo, hi).Draw(t, name) }
		dst := rect{num("x", -20, 40), num("y", -20, 30), num("w", 3, 60), num("h", 3, 50)}
		seen := dst.and(rect{0, 0, 64, 48})
		want := seen.w * seen.h
		var panes []pane
		if rapid.Bool().Draw(t, "round") {
			r := num("radius", 0, min(dst.w, dst.h)/2)
			panes = append(panes, pane{dst, r})
			dst.x, dst.y, dst.w, dst.h = dst.x+math.Ceil(max(0, -dst.x)), dst.y+math.Ceil(max(0, -dst.y)), min(dst.w, 40), min(dst.h, 30)
			r = min(r, dst.w/2, dst.h/2)
			dst.x, dst.y = min(dst.x, 64-dst.w), min(dst.y, 48-dst.h)
			panes[0] = pane{dst, r}
			want = dst.w*dst.h - (4-math.Pi)*r*r
		}
		b.paint(f, white, rect{0, 0, 16, 16}, dst, panes, 256)
		if got := ink(f); math.Abs(got-want) > 1.2+0.012*want {
			t.Fatalf("%v through %v fills %.2f pixels, not %.2f", dst, panes, got, want)
		}
	})
}

func TestASlowMovementNeitherJumpsNorTrembles(t *testing.T) {
	t.Parallel()
	white := plainPicture(16, 16, color.White)
	b := newBrush(64)
	for n := range 60 {
		f := newPlanes(64, 48)
		flood(f.y, 16)
		x, y, w := 7.3+float64(n)*0.137, 5.1+float64(n)*0.071, 20+float64(n)*0.05
		b.paint(f, white, rect{0, 0, 16, 16}, rect{x, y, w, w}, nil, 256)
		var sx, sy, all float64
		for i, v := range f.y {
			k := float64(v) - 16
			sx, sy, all = sx+k*(float64(i%64)+0.5), sy+k*(float64(i/64)+0.5), all+k
		}
		if dx, dy := sx/all-x-w/2, sy/all-y-w/2; math.Abs(dx) > 0.02 || math.Abs(dy) > 0.02 {
			t.Errorf("frame %d is %.3f, %.3f pixels beside its place", n, dx, dy)
		}
	}
}

func TestWhatDoesNotSuitAnElementIsRefused(t *testing.T) {
	t.Parallel()
	for name, element := range map[string]string{
		"a shape that pans":                `{"type":"shape","fill_color":"#fff","animations":[{"type":"pan"}]}`,
		"a text that pans":                 `{"type":"text","text":"a","animations":[{"type":"pan"}]}`,
		"a text behind a circle":           `{"type":"text","text":"a","animations":[{"type":"circular-wipe","duration":1}]}`,
		"a text in a composition with one": `{"type":"composition","animations":[{"type":"circular-wipe","duration":1}],"elements":[{"type":"text","text":"a","font_size":20}]}`,
		"a wipe whose edge turns":          `{"type":"shape","fill_color":"#fff","animations":[{"type":"wipe","duration":1,"start_angle":"90°","end_angle":"0°"}]}`,
		"a wipe without a length":          `{"type":"shape","fill_color":"#fff","animations":[{"type":"wipe"}]}`,
		"a direction of a wipe":            `{"type":"shape","fill_color":"#fff","animations":[{"type":"wipe","duration":1,"direction":"left"}]}`,
		"a path with a stroke":             `{"type":"shape","fill_color":"#fff","stroke_color":"#000","path":"M 0 0 L 100 0 L 50 100 Z"}`,
		"a stroke above a text":            `{"type":"text","text":"a","font_size":40},{"type":"shape","fill_color":"#fff","stroke_color":"#000"}`,
	} {
		if _, p := read(t, `{`+frame+`,"duration":3,"elements":[`+element+`]}`); len(p.errors) != 1 || !strings.HasPrefix(p.errors[0].Path, "elements[") {
			t.Errorf("%s: %v", name, p.errors)
		}
	}
}
