package film

import (
	"encoding/json"
	"fmt"
	"image/color"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestLerpBytesIsLinearInterpolation(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "a")
		b := rapid.SliceOfN(rapid.Byte(), len(a), len(a)).Draw(t, "b")
		f := rapid.IntRange(0, 256).Draw(t, "f")
		got := make([]byte, len(a))
		lerpBytes(got, a, b, f)
		for i := range a {
			if want := byte((int(a[i])*(256-f) + int(b[i])*f + 128) >> 8); got[i] != want {
				t.Fatalf("byte %d: %d and %d by %d is %d, not %d", i, a[i], b[i], f, got[i], want)
			}
		}
	})
}

func TestSampleBlockIsHorizontalInterpolation(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 1))
	const w, h, n = 37, 21, 30
	src := make([]byte, w*h)
	for i := range src {
		src[i] = byte(r.Uint32())
	}
	words := weave(src, w, h)
	columns := make([]column, 32)
	for i := range n {
		columns[i] = split(float64(i)*1.17+0.3, w)
	}
	out := make([]byte, 8*32)
	for block := range 3 {
		sampleBlock(out, 32, words[block*w:(block+1)*w], columns, n)
		for y := range 8 {
			row := src[min(h-1, block*8+y)*w:]
			for x := range n {
				c := columns[x]
				want := byte((int32(row[c.i])*(256-c.f) + int32(row[c.i+1])*c.f + 128) >> 8)
				if out[y*32+x] != want {
					t.Fatalf("block %d row %d column %d: %d, not %d", block, y, x, out[y*32+x], want)
				}
			}
		}
	}
}

func TestSplitStaysInside(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, 3000).Draw(t, "size")
		v := rapid.Float64Range(-5000, 5000).Draw(t, "v")
		c := split(v, size)
		if c.i < 0 || int(c.i) > max(0, size-2) || c.f < 0 || c.f > 256 || size == 1 && c.f > 0 {
			t.Fatalf("%v of %d is %+v", v, size, c)
		}
	})
}

// The chroma of a rule two pixels wide or high has one column or row.
func TestAPlaneOneColumnWideIsStretched(t *testing.T) {
	t.Parallel()
	words := weave([]byte{77, 77, 77}, 1, 3)
	columns, out := make([]column, 8), make([]byte, 8*8)
	for x := range columns {
		columns[x] = split(float64(x)/4-0.5, 1)
	}
	sampleBlock(out, 8, words[:1], columns, 8)
	for i, v := range out {
		if v != 77 {
			t.Fatalf("row %d column %d: %d, not 77", i/8, i%8, v)
		}
	}
}

func TestLengths(t *testing.T) {
	t.Parallel()
	c := canvas{1080, 1920, 0.5}
	for in, want := range map[string]float64{"50%": 100, "10 vmin": 108, "10vmax": 192, "1 vw": 10.8, "1 vh": 19.2, "30": 15, "30 px": 15, "-5%": -10} {
		l, err := parseLength(in)
		if err != nil || math.Abs(c.px(l, 200)-want) > 1e-9 {
			t.Errorf("%q is %v, %v; want %v", in, c.px(l, 200), err, want)
		}
	}
	for _, bad := range []string{"", "abc", "10 em", "NaN", "Inf%", "1e9", "%"} {
		if _, err := parseLength(bad); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

func TestColors(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]color.NRGBA{
		"#fff": {255, 255, 255, 255}, "#FFcc00": {255, 204, 0, 255}, "#0a141e80": {10, 20, 30, 128}, "rgb(1,2,3)": {1, 2, 3, 255},
		"rgba(1, 2, 3, 0.5)": {1, 2, 3, 128}, "transparent": {}, "White": {255, 255, 255, 255}, "#1234": {0x11, 0x22, 0x33, 0x44},
	} {
		if got, err := parseColor(in); err != nil || got != want {
			t.Errorf("%q is %v, %v", in, got, err)
		}
	}
	for _, bad := range []string{"", "#12", "#12345", "#gggggg", "rgb(1,2)", "rgba(1,2,3,2)", "rgb(300,0,0)", "hsl(1,2,3)", "rgb(", "{\\p1}"} {
		if _, err := parseColor(bad); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

func TestEasingsStartAndEndWhereTheyShould(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"sinusoid", "quadratic", "cubic", "quartic", "quintic", "exponential", "circular", "back"} {
		for _, dir := range []string{"in", "out", "in-out"} {
			a, ok := ease(kind+"-"+dir, 0)
			b, _ := ease(kind+"-"+dir, 1)
			if !ok || math.Abs(a) > 1e-9 || math.Abs(b-1) > 1e-9 {
				t.Errorf("%s-%s goes from %v to %v (%v)", kind, dir, a, b, ok)
			}
		}
	}
	for _, bad := range []string{"linear-in", "cubic", "bouncy-in", "cubic-up"} {
		if _, ok := ease(bad, 0.5); ok {
			t.Errorf("%q is known", bad)
		}
	}
}

// read parses a script and checks it as a request does, without sources.
func read(t *testing.T, raw string) (*script, *problems) {
	t.Helper()
	f, err := LoadFonts(FontFolder)
	if err != nil {
		need(t, err)
	}
	p := &problems{}
	o, ok := newObject(json.RawMessage(raw), "", p)
	if !ok {
		t.Fatalf("not an object: %s", raw)
	}
	n := 0
	s := parseScript(o, &n)
	s.sources(p)
	s.check(f, p)
	return s, p
}

const frame = `"output_format":"mp4","width":360,"height":640,"frame_rate":15`

func TestWhatCannotBeDrawnAsAskedIsAnError(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ script, path string }{
		"a video element":                  {`{` + frame + `,"elements":[{"type":"video","source":"x"}]}`, "elements[0].type"},
		"a field that turns the element":   {`{` + frame + `,"elements":[{"type":"image","source":"x","rotation":10}]}`, "elements[0].rotation"},
		"a field nobody knows":             {`{` + frame + `,"elements":[{"type":"text","text":"a","colour":"red"}]}`, "elements[0].colour"},
		"keyframes":                        {`{` + frame + `,"elements":[{"type":"text","text":"a","x":[{"time":0,"value":"0%"}]}]}`, "elements[0].x"},
		"a field in a composition":         {`{` + frame + `,"elements":[{"type":"composition","elements":[{"type":"text","text":"a","warp_matrix":1}]}]}`, "elements[0].elements[0].warp_matrix"},
		"an unknown animation":             {`{` + frame + `,"elements":[{"type":"image","source":"x","animations":[{"type":"spin","duration":1}]}]}`, "elements[0].animations[0].type"},
		"an unknown easing":                {`{` + frame + `,"elements":[{"type":"image","source":"x","animations":[{"type":"fade","duration":1,"easing":"wobble"}]}]}`, "elements[0].animations[0].easing"},
		"a pan as a transition":            {`{` + frame + `,"elements":[{"type":"image","source":"x","animations":[{"type":"pan","duration":1,"transition":true}]}]}`, "elements[0].animations[0].transition"},
		"a GIF":                            {`{"output_format":"gif","width":360,"height":640,"elements":[{"type":"text","text":"a"}]}`, "output_format"},
		"no size":                          {`{"output_format":"mp4","elements":[{"type":"text","text":"a"}]}`, "width"},
		"too many pixels":                  {`{"output_format":"mp4","width":2560,"height":2560,"elements":[{"type":"text","text":"a"}]}`, "width"},
		"no elements":                      {`{` + frame + `}`, "elements"},
		"a text that is a number":          {`{` + frame + `,"elements":[{"type":"text","text":5}]}`, "elements[0].text"},
		"a film of an hour":                {`{` + frame + `,"duration":3600,"elements":[{"type":"text","text":"a"}]}`, "duration"},
		"a film made long by its elements": {`{` + frame + `,"elements":[{"type":"text","text":"a","time":170,"duration":60}]}`, "duration"},
		"an image above a text":            {`{` + frame + `,"elements":[{"type":"text","text":"a","font_size":40},{"type":"image","source":"x"}]}`, "elements[1]"},
		"a gradient above a text":          {`{` + frame + `,"elements":[{"type":"text","text":"a","font_size":40},{"type":"shape","fill_mode":"linear","fill_color":[{"color":"#000"},{"color":"#fff"}]}]}`, "elements[1]"},
		"a stretch before a follower":      {`{` + frame + `,"elements":[{"type":"text","text":"a","track":1},{"type":"text","text":"b","track":1}]}`, "elements[0]"},
		"transcription":                    {`{` + frame + `,"elements":[{"type":"text","text":"a","transcript_source":"v"}]}`, "elements[0].transcript_source"},
		"an arc in a path":                 {`{` + frame + `,"elements":[{"type":"shape","path":"M 0 0 A 1 1 0 0 0 1 1"}]}`, "elements[0].path"},
		"negative time":                    {`{` + frame + `,"elements":[{"type":"text","text":"a","time":-1}]}`, "elements[0].time"},
		"a nested abyss":                   {`{` + frame + `,"elements":[` + strings.Repeat(`{"type":"composition","elements":[`, 6) + strings.Repeat(`]}`, 6) + `]}`, "elements[0].elements[0].elements[0].elements[0].elements"},
		"a source seen and heard":          {`{` + frame + `,"elements":[{"type":"image","source":"x"},{"type":"audio","source":"x"}]}`, "elements[1].source"},
		"a character no font has":          {`{` + frame + `,"elements":[{"type":"text","text":"칼국수 🍜","font_size":20}]}`, "elements[0].text"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, p := read(t, row.script)
			if !slices.ContainsFunc(p.errors, func(e Problem) bool { return e.Path == row.path && e.Message != "" }) {
				t.Errorf("want an error at %s, got %v", row.path, p.errors)
			}
		})
	}
}

func TestFieldsThatChangeNothingAreAccepted(t *testing.T) {
	t.Parallel()
	_, p := read(t, `{`+frame+`,"duration":3,"elements":[{"type":"image","source":"x","name":"Photo","id":"1","rotation":"0°","x_scale":"100%","opacity":null,"blend_mode":"none","visible":true}]}`)
	if len(p.errors) > 0 {
		t.Errorf("got %v", p.errors)
	}
}

func TestElementsOfOneTrackFollowEachOther(t *testing.T) {
	t.Parallel()
	s, p := read(t, `{`+frame+`,"elements":[
		{"type":"image","track":1,"duration":4,"source":"a"},
		{"type":"image","track":1,"duration":3,"source":"b","animations":[{"type":"fade","time":"start","duration":0.5,"transition":true}]},
		{"type":"image","track":1,"time":8,"source":"c","transition":{"type":"fade","duration":1}},
		{"type":"text","track":2,"text":"hello","font_size":20},
		{"type":"composition","time":2,"duration":5,"width":"50%","elements":[{"type":"shape","time":1,"duration":9,"fill_color":"#fff"}]},
		{"type":"audio","source":"s","duration":"media","trim_start":1}]}`)
	if len(p.errors) > 0 {
		t.Fatal(p.errors)
	}
	sc := s.resolve(map[string]float64{"s": 13}, p)
	if sc.total != 12 || sc.frames != 180 || len(sc.sounds) != 1 {
		t.Fatalf("lasts %v s, %d frames, %d sounds", sc.total, sc.frames, len(sc.sounds))
	}
	type times struct{ start, end, hold float64 }
	want := []times{{0, 4, 4}, {3.5, 6.5, 6.5}, {8, 12, 12}, {0, 12, 12}, {3, 7, 7}}
	for i, v := range sc.visuals {
		if got := (times{v.start, v.end, v.hold}); got != want[i] {
			t.Errorf("element %d: %+v, want %+v", i, got, want[i])
		}
	}
	if v := sc.visuals[4]; v.x != 90 || v.w != 180 {
		t.Errorf("the composition's child is at %v, %v wide", v.x, v.w)
	}
	touching, p := read(t, `{`+frame+`,"elements":[{"type":"image","track":1,"time":0,"duration":4,"source":"a"},
		{"type":"image","track":1,"time":4,"duration":4,"source":"b","transition":{"type":"fade","duration":1}}]}`)
	sc = touching.resolve(nil, p)
	if a := sc.visuals[0]; a.end != 4 || a.hold != 5 {
		t.Errorf("the first picture ends at %v and is held to %v", a.end, a.hold)
	}
	if b := sc.visuals[1]; b.alpha(4.25) != 0.25 || b.alpha(6) != 1 {
		t.Errorf("the second fades in by %v, then %v", b.alpha(4.25), b.alpha(6))
	}
}

func TestHostileTextStaysText(t *testing.T) {
	t.Parallel()
	f, err := LoadFonts(FontFolder)
	if err != nil {
		need(t, err)
	}
	for _, text := range []string{`{\p1}m 0 0 l 900 0 900 900 0 900`, `{\an7\fs900}크게`, "a\nDialogue: 9,0:00:00.00,9:00:00.00,D,,0,0,0,,hacked", `back\Nslash\h`, `}{`, `{{{`, "a\u202egnitrever\u0000\u0007"} {
		raw, _ := json.Marshal(text)
		s, p := read(t, `{`+frame+`,"duration":2,"elements":[{"type":"text","text":`+string(raw)+`,"width":"90%","font_size":20}]}`)
		if len(p.errors) > 0 {
			t.Fatal(p.errors)
		}
		a := s.resolve(nil, p).letter(f, p)
		_, events, _ := strings.Cut(a.String(), "Effect, Text\n")
		for line := range strings.Lines(events) {
			line = strings.TrimSuffix(line, "\n")
			fields := strings.SplitN(line, ",", 10)
			// Every line is one of ours: layer 1 of the only element, in our style.
			if !strings.HasPrefix(line, "Dialogue: 3,0:00:00.00,0:00:02.00,D,") || len(fields) != 10 {
				t.Fatalf("%q wrote %q", text, line)
			}
			// After our own override block nothing may open another one.
			body := fields[9][strings.Index(fields[9], "}")+1:]
			plain := strings.NewReplacer(`\{`, "", `\}`, "", "\\\u2060", "").Replace(body)
			if strings.ContainsAny(plain, "{}\\\u202e\u0000\u0007") {
				t.Errorf("%q wrote %q", text, body)
			}
		}
	}
}

func TestTextFitsItsBox(t *testing.T) {
	t.Parallel()
	f, err := LoadFonts(FontFolder)
	if err != nil {
		need(t, err)
	}
	alphabet := []rune("가나다라마바사 아자차카타파하 힣값닭 ABCxyz 0123 ,.!?")
	rapid.Check(t, func(t *rapid.T) {
		text := string(rapid.SliceOfN(rapid.SampledFrom(alphabet), 1, 60).Draw(t, "text"))
		w, h := rapid.IntRange(30, 100).Draw(t, "w"), rapid.IntRange(6, 40).Draw(t, "h")
		raw, _ := json.Marshal(text)
		p := &problems{}
		o, _ := newObject(json.RawMessage(fmt.Sprintf(`{"output_format":"mp4","width":1080,"height":1920,"duration":2,"elements":[{"type":"text","text":%s,
			"width":"%d%%","height":"%d%%","x_alignment":"50%%","y_alignment":"50%%","font_size_maximum":"12 vmin"}]}`, raw, w, h)), "", p)
		n := 0
		s := parseScript(o, &n)
		sc := s.resolve(nil, p)
		l := sc.layout(sc.visuals[0], f, p)
		if l == nil {
			return // nothing but spaces
		}
		if l.size > 129.6+0.01 {
			t.Fatalf("size %v is above its maximum", l.size)
		}
		if l.size > smallest && (l.bounds.w > l.w+1 || l.bounds.h > l.h+1) {
			t.Fatalf("%q at %v needs %v x %v of %v x %v", text, l.size, l.bounds.w, l.bounds.h, l.w, l.h)
		}
		var joined strings.Builder
		for _, n := range l.lines {
			joined.WriteString(n.text)
		}
		squash := func(s string) string { return strings.Join(strings.Fields(s), "") }
		if squash(joined.String()) != squash(text) {
			t.Fatalf("%q became %q", text, joined.String())
		}
	})
}

func TestTextOutsideTheFrameIsAWarning(t *testing.T) {
	t.Parallel()
	_, p := read(t, `{`+frame+`,"duration":2,"elements":[{"type":"text","text":"너무 길어서 화면을 벗어나는 한 줄","text_wrap":false,"font_size":60}]}`)
	if len(p.warnings) != 1 || !strings.Contains(p.warnings[0].Message, "leaves the frame") {
		t.Errorf("warnings %v", p.warnings)
	}
}

func TestPiecesOfAKaraokeLine(t *testing.T) {
	t.Parallel()
	if got := chop("한 그릇 더", true); !slices.Equal(got, []string{"한 ", "그", "릇 ", "더"}) {
		t.Errorf("karaoke: %q", got)
	}
	if got := chop("한 그릇 더", false); !slices.Equal(got, []string{"한 ", "그릇 ", "더"}) {
		t.Errorf("color: %q", got)
	}
}

func FuzzScript(f *testing.F) {
	f.Add(`{` + frame + `,"duration":2,"elements":[{"type":"text","text":"가","animations":[{"type":"fade","duration":1}]}]}`)
	f.Add(`{"width":1e9,"height":"x","elements":[{"type":"composition","elements":[{}]}]}`)
	faces, err := LoadFonts(FontFolder)
	if err != nil {
		f.Skip(err)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		p := &problems{}
		o, ok := newObject(json.RawMessage(raw), "", p)
		if !ok {
			return
		}
		n := 0
		s := parseScript(o, &n)
		if len(p.errors) == 0 {
			s.check(faces, p)
			if !utf8.ValidString(fmt.Sprint(p.warnings)) {
				t.Error("a warning is not text")
			}
		}
	})
}
