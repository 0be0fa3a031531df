package ad

import (
	"encoding/json"
	"testing"

	"castad/shared/claim"
	"castad/shared/fault"
	"castad/shared/message"
	"castad/shared/pipeline"

	"github.com/google/go-cmp/cmp"
)

var (
	shop = []claim.Fact{{ID: "f1", Kind: claim.Name, Text: "돌담골목 칼국수"}, {ID: "f2", Kind: claim.Area, Text: "을지로"},
		{ID: "f3", Kind: claim.Menu, Text: "칼국수", Won: 9000}, {ID: "f4", Kind: claim.Link, Text: "https://a.example"}}
	song = claim.Lyric{Title: "칼국수", Lines: []claim.Line{{Section: "verse", Text: "을지로 골목", Facts: []string{"f2"}}, {Section: "hook", Text: "돌담골목 칼국수", Facts: []string{"f1", "f3"}},
		{Section: "verse", Text: "칼국수 구천 원", Facts: []string{"f3"}}, {Section: "hook", Text: "돌담골목 칼국수", Facts: []string{"f1", "f3"}}}}
)

func sung(texts ...string) (out []message.LineTime) {
	for i, text := range texts {
		out = append(out, message.LineTime{Text: text, Start: float64(i), End: float64(i) + 1})
	}
	return out
}

func TestACaptionStandsForItsLineOnly(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		take  message.Take
		texts map[int]string
		want  []message.LineTime
	}{
		"the second of two equal lines": {message.Take{Lines: sung("을지로 골목", "돌담골목 칼국수", "칼국수 구천 원", "돌담골목 칼국수")},
			map[int]string{3: "칼국수 먹는 날"}, sung("을지로 골목", "돌담골목 칼국수", "칼국수 구천 원", "칼국수 먹는 날")},
		"the second, when the first is not sung": {message.Take{Lines: sung("을지로 골목", "돌담골목 칼국수"), Missing: []int{1, 2}},
			map[int]string{1: "칼국수 생각", 3: "칼국수 먹는 날"}, sung("을지로 골목", "칼국수 먹는 날")},
		"a line that is sung in another's place": {message.Take{Lines: sung("칼국수 구천 원", "을지로 골목"), Missing: []int{0, 1, 2, 3}, Swapped: []int{0, 2}},
			map[int]string{0: "을지로에서", 2: "한 그릇 구천 원"}, sung("한 그릇 구천 원", "을지로에서")},
		"no caption": {message.Take{Lines: sung("을지로 골목")}, nil, sung("을지로 골목")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := append([]message.LineTime(nil), c.take.Lines...)
			got, err := captioned(shop, song, c.take, c.texts)
			if diff := cmp.Diff(c.want, got.Lines); diff != "" || err != nil {
				t.Errorf("%v, shown (-want +got):\n%s", err, diff)
			}
			if diff := cmp.Diff(before, c.take.Lines); diff != "" {
				t.Errorf("the take was written to:\n%s", diff)
			}
		})
	}
}

func TestAnOwnersLineLeansOnWhatItSays(t *testing.T) {
	t.Parallel()
	title := "칼국수 노래"
	for name, c := range map[string]struct {
		text message.OwnLyric
		want claim.Lyric
	}{
		"a title alone": {message.OwnLyric{Title: &title}, claim.Lyric{Title: title, Lines: song.Lines}},
		"a line without the name that the one in its place sang": {message.OwnLyric{Lines: []message.OwnLine{{Text: "을지로 골목"}, {Text: "칼국수 한 그릇"}}},
			claim.Lyric{Title: song.Title, Lines: []claim.Line{song.Lines[0], {Section: "hook", Text: "칼국수 한 그릇", Facts: []string{"f3"}}}}},
		"more lines than there were": {message.OwnLyric{Lines: []message.OwnLine{{Text: "을지로 골목"}, {Text: "돌담골목 칼국수"}, {Text: "칼국수 구천 원"}, {Text: "돌담골목 칼국수"}, {Text: "칼국수 구천 원", Section: "call"}}},
			claim.Lyric{Title: song.Title, Lines: append(song.Lines[:4:4], claim.Line{Section: "call", Text: "칼국수 구천 원", Facts: []string{"f3"}})}},
		"an emoji is taken out": {message.OwnLyric{Lines: []message.OwnLine{{Text: "칼국수 🍜 한 그릇"}}}, claim.Lyric{Title: song.Title, Lines: []claim.Line{{Section: "verse", Text: "칼국수 한 그릇", Facts: []string{"f2", "f3"}}}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := rewritten(c.text, shop, song)
			if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
				t.Errorf("%v, lyric (-want +got):\n%s", err, diff)
			}
		})
	}
}

// A caption that was true when it was written is refused when the facts of a later
// run no longer support it; one whose line has been rewritten is left out.
func TestACaptionIsHeldAgainstTheFactsOfItsOwnRun(t *testing.T) {
	t.Parallel()
	o := order{Wish: Wish{Place: 1, Publish: "none"}, Captions: map[int]caption{2: {Sung: "칼국수 구천 원", Text: "구천 원 칼국수"}}}
	if err := o.Wish.Validate(); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		won   int
		line  string
		code  fault.Code
		shown string
	}{
		"the price of then":       {9000, "칼국수 구천 원", "", "구천 원 칼국수"},
		"another price":           {10000, "칼국수 구천 원", fault.CodeOwnWords, ""},
		"a line that is another":  {10000, "칼국수 만 원", "", "칼국수 만 원"},
		"the line and its prices": {9000, "칼국수 한 그릇", "", "칼국수 한 그릇"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			facts := append([]claim.Fact(nil), shop...)
			facts[2].Won = c.won
			l := claim.Lyric{Title: song.Title, Lines: append([]claim.Line(nil), song.Lines...)}
			l.Lines[2].Text = c.line
			in, err := Recipe{}.Input(must(t, o), pipeline.Plan{No: stepVideo, Kind: message.Video}, map[int]json.RawMessage{
				stepPlace: must(t, message.PlaceFacts{Place: 1, Facts: facts, Photos: []message.Photo{{ID: 1}}}), stepLyric: must(t, message.LyricWritten{Text: l}),
				stepSong: must(t, message.SongMade{Takes: []message.Take{{Lines: sung(l.Lines[0].Text, l.Lines[1].Text, l.Lines[2].Text, l.Lines[3].Text)}}})})
			if c.code != "" {
				if fault.CodeOf(err) != c.code || fault.KindOf(err) != fault.Refused {
					t.Errorf("input %+v, %v", in, err)
				}
				return
			}
			if err != nil || in.(message.VideoRender).Take.Lines[2].Text != c.shown {
				t.Errorf("input %+v, %v", in, err)
			}
		})
	}
}

func must(t *testing.T, v any) json.RawMessage {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
