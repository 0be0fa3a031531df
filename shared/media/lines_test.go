package media

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"castad/shared/fault"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

var lyric = []string{
	"을지로 골목 끝, 얼큰한 칼국수!",
	"한 그릇 팔천 원 (오 예)",
	"비 오는 날엔 생각나는 그 맛",
	"Come on in — open till 10 PM",
	"골목식당으로 오세요",
}

// sing times lines one after another: each word takes half a second, each line
// is followed by half a second of rest. Words keep their spaces.
func sing(lines []string) (words []Word, spans [][2]float64) {
	at := 1.0
	for _, l := range lines {
		start := at
		for _, w := range strings.SplitAfter(l, " ") {
			words = append(words, Word{w, at, at + 0.5})
			at += 0.5
		}
		words[len(words)-1].Text += "\n"
		spans = append(spans, [2]float64{start, at})
		at += 0.5
	}
	return words, spans
}

func timed(t *testing.T, lines []string, words []Word) []Line {
	t.Helper()
	report, err := SingCheck(lines, words)
	if err != nil {
		t.Fatal(err)
	}
	got := report.Lines
	if len(got) != len(lines) {
		t.Fatalf("%d lines of %d", len(got), len(lines))
	}
	for i, l := range got {
		if l.Text != lines[i] {
			t.Errorf("line %d has the text %q", i, l.Text)
		}
	}
	return got
}

// wantSpans asserts when each line is sung, within a tenth of a second; a zero span is unsung.
func wantSpans(t *testing.T, got []Line, want [][2]float64) {
	t.Helper()
	for i, l := range got {
		sung := want[i] != [2]float64{}
		if l.Sung() != sung || math.Abs(l.Start-want[i][0]) > 0.1 || math.Abs(l.End-want[i][1]) > 0.1 {
			t.Errorf("line %d %q: %.2f to %.2f, coverage %.2f; want %v", i, l.Text, l.Start, l.End, l.Coverage, want[i])
		}
	}
}

func TestLinesAreFoundInWordsSyllablesAndWholeLines(t *testing.T) {
	t.Parallel()
	words, spans := sing(lyric)
	wantSpans(t, timed(t, lyric, words), spans)

	var syllables []Word // each word cut into its characters, punctuation on its own
	for _, w := range words {
		rs := []rune(w.Text)
		for i, r := range rs {
			step := (w.End - w.Start) / float64(len(rs))
			syllables = append(syllables, Word{string(r), w.Start + float64(i)*step, w.Start + float64(i+1)*step})
		}
	}
	got := timed(t, lyric, syllables)
	for i, l := range got {
		if l.Coverage != 1 || l.Start < spans[i][0]-0.01 || l.Start > spans[i][0]+0.3 || l.End > spans[i][1]+0.01 || l.End < spans[i][1]-0.4 {
			t.Errorf("by syllables line %d: %+v, sung %v", i, l, spans[i])
		}
	}

	var whole []Word
	for i, l := range lyric {
		whole = append(whole, Word{l, spans[i][0], spans[i][1]})
	}
	wantSpans(t, timed(t, lyric, whole), spans)

	one := []Word{{strings.Join(lyric, "\n"), 0, 50}} // everything in one piece
	for i, l := range timed(t, lyric, one) {
		if !l.Sung() || l.End <= l.Start {
			t.Errorf("in one piece line %d: %+v", i, l)
		}
	}
}

func TestMarkersCaseWidthAndCompositionDoNotMatter(t *testing.T) {
	t.Parallel()
	words, spans := sing(lyric)
	words[0].Text = "[Verse 1: female vocal]\n" + words[0].Text
	words = append(words[:4:4], append([]Word{{"[Cho", 3, 3.1}, {"rus]\n", 3.1, 3.2}}, words[4:]...)...)
	words = append(words, Word{"[Outro]", 90, 100})
	for i := range words {
		words[i].Text = norm.NFD.String(strings.ToUpper(words[i].Text))
	}
	got := timed(t, lyric, words)
	wantSpans(t, got, spans)
	for i, l := range got {
		if l.Coverage != 1 {
			t.Errorf("line %d: coverage %.2f", i, l.Coverage)
		}
	}
	open := timed(t, []string{"hello world and all"}, []Word{{"[hello world ", 0, 1}, {"and all", 1, 2}})
	wantSpans(t, open, [][2]float64{{0, 2}}) // a bracket that never closes is text
}

func TestADroppedLineIsUnsungAndTheOthersKeepTheirTimes(t *testing.T) {
	t.Parallel()
	for drop := range lyric {
		rest := append(append([]string(nil), lyric[:drop]...), lyric[drop+1:]...)
		words, spans := sing(rest)
		want := append(append(append([][2]float64(nil), spans[:drop]...), [2]float64{}), spans[drop:]...)
		wantSpans(t, timed(t, lyric, words), want)
	}
}

func TestAReplacedLineIsUnsung(t *testing.T) {
	t.Parallel()
	for i, other := range map[int]string{
		0: "바람이 불어오는 저 언덕 너머로",
		1: "라라라 라라라라 우리 함께 노래해",
		3: "walking down the long and winding road",
		4: "사랑해요 그대여 영원히",
	} {
		changed := append([]string(nil), lyric...)
		changed[i] = other
		words, spans := sing(changed)
		spans[i] = [2]float64{}
		wantSpans(t, timed(t, lyric, words), spans)
	}
}

func TestLettersThatMatchAloneAreChance(t *testing.T) {
	t.Parallel()
	got := timed(t, []string{"여기 우리 가게"}, []Word{{"여보 기차", 1, 2}, {"우산 리본", 2, 3}, {"가방 게임", 3, 4}})
	wantSpans(t, got, [][2]float64{{}})
	// A line of one letter has no neighbour.
	wantSpans(t, timed(t, []string{"야!"}, []Word{{"야", 1, 2}}), [][2]float64{{1, 2}})
}

func TestSwappedLinesAreShownWhenTheyAreSungAndToldToBeSwapped(t *testing.T) {
	t.Parallel()
	for i := range lyric {
		for j := range i {
			swapped := slices.Clone(lyric)
			swapped[i], swapped[j] = swapped[j], swapped[i]
			words, spans := sing(swapped)
			spans[i], spans[j] = spans[j], spans[i]
			wantSpans(t, timed(t, lyric, words), spans)
			report, err := SingCheck(lyric, words)
			if diff := cmp.Diff([]int{j, i}, report.Swapped); diff != "" || err != nil || report.Dropped != nil {
				t.Errorf("lines %d and %d: %v, dropped %v, swapped (-want +got):\n%s", j, i, err, report.Dropped, diff)
			}
		}
	}
}

func TestARepeatedChorusIsCaptionedWhereItIsWritten(t *testing.T) {
	t.Parallel()
	// Written once, sung twice: the first time counts.
	words, spans := sing([]string{lyric[0], lyric[1], lyric[0], lyric[1]})
	wantSpans(t, timed(t, lyric[:2], words), spans[:2])
	// Written twice, sung twice.
	wantSpans(t, timed(t, []string{lyric[0], lyric[1], lyric[0], lyric[1]}, words), spans)
	// A line sung twice, once far away, is not stretched over the song.
	far := []Word{{lyric[4], 1, 3}, {"라라라", 10, 12}, {"골목식당", 60, 61}}
	wantSpans(t, timed(t, lyric[4:], far), [][2]float64{{1, 3}})
	// Nor is a line whose end is heard in another one much later.
	torn := []Word{{"골목식당으로 ", 1, 2}, {"라라라", 10, 12}, {"오세요", 60, 61}}
	wantSpans(t, timed(t, lyric[4:], torn), [][2]float64{{1, 2}})
}

func TestSmallSlipsOfTheProviderAreForgiven(t *testing.T) {
	t.Parallel()
	changed := append([]string(nil), lyric...)
	changed[0] = "을지로 골목 끝에 얼큰한 칼국쑤"
	changed[2] = "비오는 날에 생각나는 그맛 음"
	words, spans := sing(changed)
	got := timed(t, lyric, words)
	for i, l := range got {
		if !l.Sung() || math.Abs(l.Start-spans[i][0]) > 0.3 || l.End > spans[i][1]+0.1 {
			t.Errorf("line %d: %+v, sung %v", i, l, spans[i])
		}
	}
}

func TestTimesThatCannotBeAreRefused(t *testing.T) {
	t.Parallel()
	for what, words := range map[string][]Word{
		"not a number":   {{"골목", math.NaN(), 1}},
		"infinite":       {{"골목", 0, math.Inf(1)}},
		"negative":       {{"골목", -1, 1}},
		"all at 0":       {{"골목", 0, 0}, {"식당", 0, 0}},
		"an endless one": {{strings.Repeat("가나다라", 3000), 0, 1}},
	} {
		_, err := SingCheck(lyric, words)
		wantCode(t, what, err, fault.CodeVendorResult)
	}
	_, err := SingCheck([]string{strings.Repeat("가나다라", 2000)}, nil)
	wantCode(t, "an endless lyric", err, fault.CodeBadValue)
}

func TestWithoutWordsOrLettersNothingIsSung(t *testing.T) {
	t.Parallel()
	for _, l := range timed(t, lyric, nil) {
		if l.Sung() {
			t.Errorf("%+v", l)
		}
	}
	words, _ := sing(lyric)
	for _, l := range timed(t, []string{"", "!!!", "[Verse]", "🎵"}, words) {
		if l.Sung() {
			t.Errorf("%+v", l)
		}
	}
	// A word that ends before it starts has no length; the line has the rest.
	got := timed(t, []string{"골목식당으로 오세요"}, []Word{{"골목식당으로", 1, 0}, {"오세요", 2, 3}})
	wantSpans(t, got, [][2]float64{{1, 3}})
	// A line without any length is not shown.
	wantSpans(t, timed(t, []string{"골목식당으로 오세요"}, []Word{{"골목식당으로 오세요", 5, 5}}), [][2]float64{{}})
}

func TestWhateverIsSungCaptionsAreInOrderAndDoNotOverlap(t *testing.T) {
	t.Parallel()
	piece := rapid.SampledFrom(strings.Fields(strings.Join(lyric, " ") + " [Verse] [ ] 라라라 the"))
	rapid.Check(t, func(t *rapid.T) {
		var words []Word
		at := 0.0
		for i := range rapid.IntRange(0, 60).Draw(t, "words") {
			at += rapid.Float64Range(-0.2, 3).Draw(t, fmt.Sprint("pause", i))
			at = max(at, 0)
			words = append(words, Word{piece.Draw(t, fmt.Sprint("word", i)), at, at + rapid.Float64Range(-0.1, 2).Draw(t, fmt.Sprint("length", i))})
		}
		report, err := SingCheck(lyric, words)
		if err != nil {
			if fault.CodeOf(err) != fault.CodeVendorResult {
				t.Fatal(err)
			}
			return
		}
		got := report.Lines
		for i, l := range got {
			if l.Coverage < 0 || l.Coverage > 1 || l.Sung() != (l.End > l.Start) {
				t.Fatalf("line %d: %+v", i, l)
			}
		}
		cues := Captions(got)
		for i := 1; i < len(cues); i++ {
			if cues[i].Start < cues[i-1].End {
				t.Fatalf("%+v overlaps %+v", cues[i-1], cues[i])
			}
		}
		if err := SRT(new(strings.Builder), cues); err != nil {
			t.Fatal(err)
		}
	})
}

func BenchmarkLines(b *testing.B) {
	var long []string
	for i := range 60 {
		long = append(long, fmt.Sprintf("%s %d", lyric[i%len(lyric)], i))
	}
	words, _ := sing(long)
	for b.Loop() {
		if _, err := SingCheck(long, words); err != nil {
			b.Fatal(err)
		}
	}
}
