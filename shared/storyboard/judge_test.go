package storyboard

import (
	"fmt"
	"math"
	"slices"
	"unicode"

	"castad/shared/message"
	cm "castad/shared/provider/creatomate"
)

// safeOf are the percents of the frame that nothing of an app covers.
func safeOf(aspect string) (left, top, right, foot float64) {
	if aspect == "9:16" {
		return 5, 12, 87, 75
	}
	return 5, 5, 95, 95
}

// The rules. Each returns what breaks it, or "".
var rules = map[string]func(reel, message.VideoRender) string{
	"every text is inside the safe area":                 insideSafe,
	"no two texts overlap":                               apartTexts,
	"every text can be told from its ground":             contrasted,
	"a caption can be read in its time":                  slowEnough,
	"captions are the lines that are sung, when sung":    sungOnly,
	"the AI label is on every frame, above everything":   labelled,
	"a picture is seen at every moment":                  pictured,
	"pictures change on beats":                           onBeats,
	"nothing is shown outside the film":                  inside,
	"the renderer's limits are kept":                     withinLimits,
	"a higher track is drawn later":                      ordered,
	"the song fills the film":                            audible,
	"a QR code is large enough and has its quiet margin": scannable,
}

func insideSafe(f reel, in message.VideoRender) string {
	left, top, right, foot := safeOf(in.Aspect)
	const slack = 0.01
	for _, e := range f.texts() {
		if e.left < left-slack || e.right > right+slack || e.top < top-slack || e.foot > foot+slack {
			return fmt.Sprintf("%q is at x %.2f–%.2f, y %.2f–%.2f", e.Text, e.left, e.right, e.top, e.foot)
		}
	}
	return ""
}

func apartTexts(f reel, _ message.VideoRender) string {
	list := f.texts()
	for i, a := range list {
		for _, b := range list[:i] {
			if a.from < b.to && b.from < a.to && a.left < b.right-0.01 && b.left < a.right-0.01 && a.top < b.foot-0.01 && b.top < a.foot-0.01 {
				return fmt.Sprintf("%q (%d–%d ms) lies on %q (%d–%d ms)", a.Text, a.from, a.to, b.Text, b.from, b.to)
			}
		}
	}
	return ""
}

// contrasted looks at points all over a text's box, over a white photo and over a black one.
func contrasted(f reel, _ message.VideoRender) string {
	for i, e := range f.elements {
		if e.Type != cm.TypeText {
			continue
		}
		inks := []rgb{e.fill[0].rgb}
		if e.TranscriptColor != "" {
			inks = append(inks, paint(e.TranscriptColor, 0).rgb)
		}
		under := f.under(i)
		for _, t := range []int{e.from + min(700, (e.to-e.from)/2), (e.from + e.to) / 2, e.to - min(400, (e.to-e.from)/2) - 1} {
			for p := range 21 {
				x, y := e.left+(e.right-e.left)*(float64(p%7)+0.5)/7, e.top+(e.foot-e.top)*(float64(p/7)+0.5)/3
				for _, photo := range []rgb{white, black} {
					ground := f.ground(under, i, t, x, y, photo)
					for _, ink := range inks {
						if c := contrast(ink, ground); c < 4.5 {
							return fmt.Sprintf("%q in %s on %s at %d ms: %.2f:1", e.Text, ink.hex(), ground.hex(), t, c)
						}
					}
				}
			}
		}
	}
	return ""
}

// paint reads "#rrggbb", "rgba(r,g,b,a)" and nothing.
func paint(s string, at float64) tint {
	t := tint{at: at}
	if c, ok := hex(s); ok {
		t.rgb, t.a = c, 1
	} else if _, err := fmt.Sscanf(s, "rgba(%d,%d,%d,%f)", &t.r, &t.g, &t.b, &t.a); err != nil && s != "" {
		panic("no colour: " + s)
	}
	return t
}

func slowEnough(f reel, _ message.VideoRender) string {
	for _, e := range f.captions() {
		syllables, others := 0, 0
		for _, r := range e.Text {
			if unicode.In(r, unicode.Hangul, unicode.Han, unicode.Hiragana, unicode.Katakana) {
				syllables++
			} else if r != ' ' {
				others++
			}
		}
		if need := float64(syllables)/12 + float64(others)/20; float64(e.to-e.from) < need*1000-1 {
			return fmt.Sprintf("%q is shown for %d ms", e.Text, e.to-e.from)
		}
	}
	return ""
}

func sungOnly(f reel, in message.VideoRender) string {
	list, n := f.captions(), 0
	for i, l := range in.Take.Lines {
		start, next := int(l.Start*1000), f.end
		if i+1 < len(in.Take.Lines) {
			next = min(next, int(in.Take.Lines[i+1].Start*1000))
		}
		if n < len(list) && list[n].Text == subtitle(l.Text) && list[n].from >= start-501 && list[n].to <= next+1 {
			n++
			continue
		}
		if t := subtitle(l.Text); t != "" && float64(next-start) >= 1000*(float64(len([]rune(t)))/12+0.31) {
			return fmt.Sprintf("no caption for %q, sung at %d–%d of %d ms; %d of %d captions so far", t, start, int(l.End*1000), f.end, n, len(list))
		}
	}
	if n < len(list) {
		return fmt.Sprintf("%q (%d–%d ms) is not sung", list[n].Text, list[n].from, list[n].to)
	}
	return ""
}

func labelled(f reel, in message.VideoRender) string {
	want := map[string]string{"ko": "AI로 생성", "en": "Made with AI"}[in.Language]
	var last seenElement
	for _, e := range f.elements {
		if e.Type != cm.TypeAudio {
			last = e
		}
	}
	if last.Text != want || last.from != 0 || last.to != f.end {
		return fmt.Sprintf("drawn last: %q, %d–%d of %d ms", last.Text, last.from, last.to, f.end)
	}
	for _, e := range f.elements {
		if e.Type != cm.TypeAudio && e.Text != want && e.Track >= last.Track {
			return fmt.Sprintf("track %d of %q is not below the label's %d", e.Track, e.Text, last.Track)
		}
	}
	return ""
}

func pictured(f reel, _ message.VideoRender) string {
	at := 0
	for i, e := range f.pictures() {
		if e.from > at || (e.Transition == nil) != (e.from == at) && i > 0 {
			return fmt.Sprintf("picture %d begins at %d, the one before ends at %d", i, e.from, at)
		}
		if !e.SmartCrop || len(e.Animations) == 0 || e.Fit != "cover" {
			return fmt.Sprintf("picture %d stands still or leaves room", i)
		}
		at = e.to
	}
	if at != f.end {
		return fmt.Sprintf("the last picture ends at %d of %d", at, f.end)
	}
	return ""
}

func onBeats(f reel, in message.VideoRender) string {
	if len(in.Take.Beats) < 2 || in.Take.Beats[len(in.Take.Beats)-1]-in.Take.Beats[0] < float64(f.end)/2000 {
		return ""
	}
	list, off := f.pictures(), 0
	for i := 1; i < len(list); i++ {
		change := float64(list[i-1].to+list[i].from) / 2000
		if !slices.ContainsFunc(in.Take.Beats, func(b float64) bool { return math.Abs(b-change) <= 1.0/30 }) {
			off++
		}
	}
	if off*10 > len(list)-1 {
		return fmt.Sprintf("%d of %d changes are off the beat", off, len(list)-1)
	}
	return ""
}

func inside(f reel, in message.VideoRender) string {
	if most := int(math.Min(in.Take.Seconds, math.Max(float64(in.Seconds)*1.2, 1))*1000) + 1; f.end < 1000 || f.end > most {
		return fmt.Sprintf("a film of %d ms of a song of %.3f s", f.end, in.Take.Seconds)
	}
	for _, e := range f.elements {
		if e.from < 0 || e.to > f.end || e.to <= e.from {
			return fmt.Sprintf("%s %q is shown %d–%d of %d", e.Type, e.Text, e.from, e.to, f.end)
		}
		for _, v := range []float64{e.left, e.right, e.top, e.foot} {
			if math.IsNaN(v) || v < -20 || v > 120 {
				return fmt.Sprintf("%s %q is at %v", e.Type, e.Text, v)
			}
		}
	}
	return ""
}

func withinLimits(f reel, _ message.VideoRender) string {
	sources := map[string]bool{}
	for _, e := range f.elements {
		if e.Source != "" {
			sources[e.Source] = true
		}
		if len([]rune(e.Text)) > 2000 || e.Track > 1000 || len(e.Animations) > 8 {
			return fmt.Sprintf("%q on track %d with %d animations", e.Text, e.Track, len(e.Animations))
		}
		for _, a := range e.Animations {
			if e.TranscriptEffect != "" && a.Type != "fade" {
				return "a highlighted text moves"
			}
		}
	}
	if len(f.elements) > 400 || len(sources) > 60 {
		return fmt.Sprintf("%d elements, %d sources", len(f.elements), len(sources))
	}
	return ""
}

func ordered(f reel, _ message.VideoRender) string {
	for i, a := range f.elements {
		for _, b := range f.elements[:i] {
			if a.Track > 1 && b.Track >= a.Track && a.from < b.to && b.from < a.to {
				return fmt.Sprintf("%q on track %d is drawn after %q on track %d", a.Text, a.Track, b.Text, b.Track)
			}
		}
	}
	return ""
}

func audible(f reel, in message.VideoRender) string {
	e := f.elements[len(f.elements)-1]
	if e.Type != cm.TypeAudio || e.from != 0 || e.to != f.end || ms(e.TrimDuration, -1) != f.end || e.Source != "https://media/"+in.Take.Blob {
		return fmt.Sprintf("%+v", e.Element)
	}
	return ""
}

func scannable(f reel, _ message.VideoRender) string {
	for i, e := range f.elements {
		if e.Name != "QR code" {
			continue
		}
		shorter := math.Min(float64(f.script.Width), float64(f.script.Height))
		w, h := (e.right-e.left)/100*float64(f.script.Width), (e.foot-e.top)/100*float64(f.script.Height)
		if w < shorter/5 || math.Abs(w-h) > 1 {
			return fmt.Sprintf("a code of %.1f × %.1f pixels", w, h)
		}
		module := 100.0 // percent of the square: the height of the lowest rectangle
		for _, p := range e.polygons {
			module = math.Min(module, p[2][1]-p[0][1])
		}
		for _, p := range e.polygons {
			for _, c := range p {
				if edge := 4*module - 0.01; min(c[0], c[1]) < edge || max(c[0], c[1]) > 100-edge {
					return fmt.Sprintf("a module at %v has less than four of margin", c)
				}
			}
		}
		for x := range 41 {
			for y := range 41 {
				px, py := e.left+(e.right-e.left)*(float64(x)+0.5)/41, e.top+(e.foot-e.top)*(float64(y)+0.5)/41
				if g := f.ground(f.under(i), i, e.to-400, px, py, black); g != white {
					return fmt.Sprintf("the code lies on %s", g.hex())
				}
			}
		}
	}
	return ""
}
