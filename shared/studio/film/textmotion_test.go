package film

import (
	"fmt"
	"image"
	"strings"
	"testing"
)

// inkAt is how much ink a text has at a time, in pixels, and where: libass draws the frame of that time.
func inkAt(t *testing.T, a *assFile, at float64) (ink float64, box image.Rectangle) {
	t.Helper()
	// The frame is drawn at time 0, so the events of that time are moved there.
	b := &assFile{sc: a.sc, texts: a.texts}
	for line := range strings.Lines(a.events.String()) {
		fields := strings.SplitN(line, ",", 4)
		if fields[1] <= assTime(at) && assTime(at) < fields[2] {
			fields[1], fields[2] = "0:00:00.00", "0:00:00.50"
			b.events.WriteString(strings.Join(fields, ","))
		}
	}
	img := lettersOf(t, b)
	box = image.Rectangle{Min: img.Rect.Max, Max: img.Rect.Min}
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			if v := img.GrayAt(x, y).Y; v > 12 {
				ink += float64(v) / 255
				box.Min.X, box.Min.Y, box.Max.X, box.Max.Y = min(box.Min.X, x), min(box.Min.Y, y), max(box.Max.X, x+1), max(box.Max.Y, y+1)
			}
		}
	}
	return ink, box
}

func moving(t *testing.T, animations string) *assFile {
	t.Helper()
	return lettered(t, texts(textElement("칼국수 한 그릇", `"font_size":40,"fill_color":"#fff","width":"96%","x_alignment":"50%","animations":[`+animations+`]`)))
}

func TestTextMovesPieceByPiece(t *testing.T) {
	t.Parallel()
	whole, rest := inkAt(t, moving(t, ""), 1)
	for name, row := range map[string]struct {
		animation string
		at        float64
		least     float64 // of the ink at rest
		most      float64
	}{
		"words that appear, at first":        {`{"type":"text-appear","split":"word","time":"start","duration":0.9,"overlap":"0%"}`, 0.0, 0, 0.3},
		"words that appear, after the first": {`{"type":"text-appear","split":"word","time":"start","duration":0.9,"overlap":"0%"}`, 0.3, 0.3, 0.75},
		"words that appear, in the end":      {`{"type":"text-appear","split":"word","time":"start","duration":0.9,"overlap":"0%"}`, 1, 0.97, 1.03},
		"a typewriter, in the middle":        {`{"type":"text-typewriter","time":"start","duration":1.2}`, 0.6, 0.3, 0.75},
		"a typewriter, in the end":           {`{"type":"text-typewriter","time":"start","duration":1.2}`, 1.3, 0.97, 1.03},
		"letters that grow, in the middle":   {`{"type":"text-scale","split":"letter","time":"start","duration":1}`, 0.5, 0.1, 0.9},
		"letters that grow, in the end":      {`{"type":"text-scale","split":"letter","time":"start","duration":1}`, 1.5, 0.97, 1.03},
		"lines that slide in, in the end":    {`{"type":"text-slide","split":"line","time":"start","duration":1,"easing":"quadratic-out"}`, 1.5, 0.97, 1.03},
		"words that leave, before":           {`{"type":"text-slide","split":"word","time":"end","duration":0.6,"direction":"down"}`, 1.2, 0.97, 1.03},
		"words that leave, at last":          {`{"type":"text-slide","split":"word","time":"end","duration":0.6,"direction":"down"}`, 1.95, 0, 0.35},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ink, box := inkAt(t, moving(t, row.animation), row.at)
			if k := ink / whole; k < row.least || k > row.most {
				t.Errorf("%.2f of its ink is there, want %.2f to %.2f", k, row.least, row.most)
			}
			if row.least > 0.9 && (box.Min.X < rest.Min.X-2 || box.Max.X > rest.Max.X+2 || box.Min.Y < rest.Min.Y-1 || box.Max.Y > rest.Max.Y+1) {
				t.Errorf("it rests at %v, not at %v", box, rest)
			}
		})
	}
}

func TestTextThatSlidesComesFromBelow(t *testing.T) {
	t.Parallel()
	_, rest := inkAt(t, moving(t, ""), 1)
	for direction, want := range map[string]int{"up": 1, "down": -1} {
		_, box := inkAt(t, moving(t, fmt.Sprintf(`{"type":"text-slide","split":"line","time":"start","duration":1,"direction":%q}`, direction)), 0.5)
		if way := box.Min.Y - rest.Min.Y; way*want < 5 {
			t.Errorf("on its way %s it is %d pixels below its place", direction, way)
		}
	}
}

func TestTextMotionsThatCannotBeMade(t *testing.T) {
	t.Parallel()
	f := installed(t)
	motion := func(more string) string {
		return `"animations":[{"type":"text-appear","duration":1,"split":"word"` + more
	}
	for name, row := range map[string]struct{ element, path string }{
		"an effect and a motion":   {textElement("가 나", motion(`}],"transcript_effect":"karaoke"`)), "elements[0].animations[0]"},
		"two splits":               {textElement("가 나", motion(`},{"type":"text-slide","time":"end","duration":1,"split":"letter"}]`)), "elements[0].animations[1]"},
		"a motion and a zoom":      {textElement("가 나", motion(`},{"type":"scale","duration":1}]`)), "elements[0].animations"},
		"a shape":                  {`{"type":"shape","fill_color":"#fff",` + motion(`}]}`), "elements[0].animations[0]"},
		"no duration":              {textElement("가", `"animations":[{"type":"text-appear"}]`), "elements[0].animations[0].duration"},
		"a motion nobody knows":    {textElement("가", `"animations":[{"type":"text-wobble","duration":1}]`), "elements[0].animations[0].type"},
		"a transition":             {textElement("가", motion(`,"transition":true}]`)), "elements[0].animations[0].transition"},
		"a clip":                   {textElement("가", motion(`,"scope":"split-clip"}]`)), "elements[0].animations[0].scope"},
		"a box that moves":         {textElement("가", motion(`,"background_effect":"scaling"}]`)), "elements[0].animations[0].background_effect"},
		"a page of single letters": {textElement(strings.Repeat("가나다 ", 90), `"font_size":10,"width":"90%","animations":[{"type":"text-typewriter","duration":1}]`), "elements[0].animations"},
	} {
		if r := f.Check(texts(row.element)); len(r.Errors) == 0 || r.Errors[0].Path != row.path {
			t.Errorf("%s: %v, want an error at %s", name, r.Errors, row.path)
		}
	}
}
