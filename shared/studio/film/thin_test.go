package film

import "testing"

// A hairline of a preview is two pixels wide, and its planes of colour half of
// that: the renderer read in front of the first pixel and took the process down.
func TestHairlinesAreDrawnInTheirColour(t *testing.T) {
	t.Parallel()
	for name, element := range map[string]string{
		"an upright line": `{"type":"shape","width":1,"height":300,"fill_color":"#ff0000"}`,
		"a level line":    `{"type":"shape","width":300,"height":1,"fill_color":"#ff0000"}`,
		"a dot":           `{"type":"shape","width":2,"height":2,"fill_color":"#ff0000"}`,
		"a narrow path":   `{"type":"shape","width":300,"height":300,"path":"M 50% 0% L 50.8% 0% L 50.8% 100% L 50% 100% Z","fill_color":"#ff0000"}`,
		"a low path":      `{"type":"shape","width":300,"height":300,"path":"M 0% 50% L 0% 50.8% L 100% 50.8% L 100% 50% Z","fill_color":"#ff0000"}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sc := scripted(t, element)
			v := sc.visuals[0]
			pic, at := sc.shape(v)
			if pic.w < thin || pic.h < thin {
				t.Fatalf("the picture is %d × %d", pic.w, pic.h)
			}
			f := newPlanes(int(sc.w), int(sc.h))
			b := newBrush(int(sc.w))
			b.paint(f, pic, rect{0, 0, float64(pic.w), float64(pic.h)}, at, nil, 256)
			most := byte(0)
			for _, v := range f.v {
				most = max(most, v)
			}
			if most < 160 { // 128 is grey, 240 the reddest red
				t.Errorf("the reddest pixel has V = %d", most)
			}
		})
	}
}
