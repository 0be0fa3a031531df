//go:build !race

// Four films, one after the other; films in the making at once are server_test.go's.

package film

import (
	"fmt"
	"image/color"
	"strings"
	"testing"
)

func TestTheSnapshotIsTheBestScene(t *testing.T) {
	t.Parallel()
	dull := source{path: scenery(t, color.RGBA{90, 90, 96, 255}, 40, 0.2)}
	night := source{path: scenery(t, color.RGBA{40, 20, 12, 255}, 6, 1)}
	blown := source{path: scenery(t, color.RGBA{255, 255, 255, 255}, 60, 0.1)}
	good := source{path: scenery(t, color.RGBA{255, 140, 30, 255}, 6, 1)}
	for place := range 4 {
		var list []string
		files := map[string]source{}
		rest := []source{dull, night, blown}
		for i := range 4 {
			name := fmt.Sprint("p", i)
			if files[name] = good; i != place {
				files[name], rest = rest[0], rest[1:]
			}
			list = append(list, fmt.Sprintf(`{"type":"image","track":1,"duration":1.5,"source":%q,"animations":[{"type":"scale","start_scale":"100%%","end_scale":"112%%"},{"type":"fade","time":"start","duration":0.4,"transition":true}]}`, name))
		}
		c, mp4 := made(t, `{"output_format":"mp4","width":180,"height":320,"frame_rate":15,"elements":[`+strings.Join(list, ",")+`]}`, files)
		out, err := c.verify(t.Context(), mp4, &problems{})
		if err != nil {
			t.Fatal(err)
		}
		// The good scene, outside its crossfades.
		v := c.visuals[place]
		if out.snapshot < v.start+0.4 || out.snapshot > v.end-0.4 {
			t.Errorf("the snapshot is at %.2f s and the good scene from %.2f to %.2f", out.snapshot, v.start, v.end)
		}
		c.script.snapshot = new(float64)
		if out, err := c.verify(t.Context(), mp4, &problems{}); err != nil || out.snapshot != 0 {
			t.Errorf("the told snapshot is at %+v, %v", out, err)
		}
	}
}
