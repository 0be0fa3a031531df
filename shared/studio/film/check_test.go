package film

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// installed are the fonts of this machine.
func installed(t testing.TB) *Fonts {
	t.Helper()
	f, err := LoadFonts(FontFolder)
	if err != nil {
		need(t, err)
	}
	return f
}

// texts is a script of 360 x 640 with the given elements.
func texts(elements ...string) json.RawMessage {
	return json.RawMessage(`{` + frame + `,"duration":2,"elements":[` + strings.Join(elements, ",") + `]}`)
}

// element is a text element with the given fields after its text.
func textElement(text, more string) string {
	raw, _ := json.Marshal(text)
	return fmt.Sprintf(`{"type":"text","text":%s,%s}`, raw, more)
}

func TestCheckTellsWhereEachTextWillBe(t *testing.T) {
	t.Parallel()
	r := installed(t).Check(texts(
		textElement("칼국수", `"time":0.5,"duration":1,"x":"50%","y":"25%","width":"80%","height":"10%","x_alignment":"50%","y_alignment":"50%","font_size":36,"font_weight":700`),
		textElement("AI로 생성", `"x":"10%","y":"50%","x_anchor":"0%","y_anchor":"0%","font_size":20,"background_color":"#000","background_x_padding":"50%","background_y_padding":"20%"`)))
	if len(r.Errors)+len(r.Warnings) > 0 || len(r.Texts) != 2 || r.Seconds != 2 {
		t.Fatalf("got %+v", r)
	}
	a, b := r.Texts[0], r.Texts[1]
	if diff := cmp.Diff([]string{"칼국수"}, a.Lines); diff != "" || a.Path != "elements[0]" || a.Start != 0.5 || a.End != 1.5 || a.Size != 36 || a.Face != "NanumSquareRound Bold" {
		t.Errorf("got %+v %s", a, diff)
	}
	// Three syllables of less than an em each, in the middle; one line of 115 %.
	if a.W < 2.4*36/360 || a.W > 3*36/360.0 || math.Abs(a.X+a.W/2-0.5) > 0.001 || math.Abs(a.H-1.15*36/640) > 0.001 || math.Abs(a.Y+a.H/2-0.25) > 0.001 {
		t.Errorf("the title is at %+v", a)
	}
	// The box of the label reaches half an em beyond its letters on both sides.
	if math.Abs(b.X-(0.1-10.0/360)) > 0.001 || math.Abs(b.H-20*1.4/640) > 0.001 {
		t.Errorf("the label is at %+v", b)
	}
}

func TestACharacterWithoutAGlyphIsAnError(t *testing.T) {
	t.Parallel()
	f := installed(t)
	for text, want := range map[string]string{
		"칼국수 🍜 한 그릇 🍜":          "🍜 (U+1F35C)",
		"ราคา":                  "ร (U+0E23), า (U+0E32), ค (U+0E04)",
		"שלום":                  "ש (U+05E9)",
		"👨\u200d👩\u200d👧 가족":    "👨 (U+1F468), 👩 (U+1F469), 👧 (U+1F467)",
		"e\u0332":               "\u0332 (U+0332)",
		strings.Repeat("가🍜", 3): "🍜 (U+1F35C)",
		"ⰀⰁⰂⰃⰄⰅⰆⰇⰈⰉ":            "2 more",
		"\ue000":                "U+E000",
		"é✣":                    "has all its characters; the first to be asked lacks é (U+00E9)",
	} {
		r := f.Check(texts(textElement(text, `"font_size":20`)))
		if len(r.Errors) != 1 || r.Errors[0].Path != "elements[0].text" || !strings.Contains(r.Errors[0].Message, want) {
			t.Errorf("%q: %v, want %s", text, r.Errors, want)
		}
	}
}

func TestAFaceThatHasAllCharactersStandsIn(t *testing.T) {
	t.Parallel()
	f := installed(t)
	for name, row := range map[string]struct{ text, family, face, warning string }{
		"Hanja in a round font":        {"麵 칼국수", "NanumSquareRound", "NanumBarunGothic Bold", "NanumSquareRound has no glyph for 麵 (U+9EB5); NanumBarunGothic is used"},
		"Hanja where they are":         {"麵 칼국수", "NanumGothic", "NanumGothicBold", ""},
		"a glyph without an outline":   {"뽣 갂", "NanumSquareRound", "NanumBarunGothic Bold", "no glyph for 뽣 (U+BF63), 갂 (U+AC02)"},
		"an accent":                    {"Café 을지로", "NanumSquare", "NanumGothicBold", "has no glyph for é (U+00E9); NanumGothic is used"},
		"a decomposed accent":          {"Cafe\u0301", "NanumSquare", "NanumGothicBold", "é (U+00E9)"},
		"decomposed Hangul":            {"\u1112\u1161\u11ab글", "NanumSquareRound", "NanumSquareRound Bold", ""},
		"a family that is not here":    {"가", "Comic Sans", "NanumSquareRound Bold", `"Comic Sans" is not installed here; NanumSquareRound is used`},
		"a family under Google's name": {"가", "Nanum Myeongjo", "NanumMyeongjoBold", ""},
		"invisible characters":         {"가\u200b나\u202e다\ufe0f\u2060", "NanumSquareRound", "NanumSquareRound Bold", ""},
	} {
		r := f.Check(texts(textElement(row.text, `"font_size":20,"font_weight":700,"font_family":"`+row.family+`"`)))
		if len(r.Errors) > 0 || len(r.Texts) != 1 || r.Texts[0].Face != row.face || len(r.Warnings) > 0 != (row.warning != "") || !strings.Contains(fmt.Sprint(r.Warnings), row.warning) {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func TestWeightsFollowTheRuleOfCSS(t *testing.T) {
	t.Parallel()
	two, four := &Fonts{map[string][]*font{"x": {{fontFile: fontFile{weight: 400}}, {fontFile: fontFile{weight: 700}}}}},
		&Fonts{map[string][]*font{"x": {{fontFile: fontFile{weight: 300}}, {fontFile: fontFile{weight: 400}}, {fontFile: fontFile{weight: 700}}, {fontFile: fontFile{weight: 800}}}}}
	for asked, want := range map[int][2]int{100: {400, 300}, 300: {400, 300}, 350: {400, 300}, 400: {400, 400}, 500: {400, 400}, 600: {700, 700}, 700: {700, 700}, 750: {700, 800}, 800: {700, 800}, 900: {700, 800}} {
		if got := [2]int{two.nearest("x", asked).weight, four.nearest("x", asked).weight}; got != want {
			t.Errorf("weight %d: %v, want %v", asked, got, want)
		}
	}
}

func TestTextThatHadToShrinkIsAWarning(t *testing.T) {
	t.Parallel()
	f := installed(t)
	for name, row := range map[string]struct {
		text, more, want string
		size             float64
	}{
		"a word wider than its box":   {"서울특별시중구을지로구백구십구길", `"width":"50%","font_size":40`, "a word of it is wider than its box", 0},
		"a box that is much too flat": {strings.Repeat("오늘 저녁은 여기 ", 12), `"width":"60%","height":"5%"`, "hard to read", 0},
		"a size that was told":        {"AI로 생성", `"font_size":10`, "", 10},
		"a word that fits":            {"칼국수", `"width":"50%","font_size":40`, "", 40},
	} {
		r := f.Check(texts(textElement(row.text, row.more)))
		if len(r.Errors) > 0 || len(r.Texts) != 1 || (row.want == "") != (len(r.Warnings) == 0) || !strings.Contains(fmt.Sprint(r.Warnings), row.want) || row.size > 0 && r.Texts[0].Size != row.size {
			t.Errorf("%s: %+v", name, r)
		}
	}
}
