package media

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"castad/shared/fault"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// vocabulary are the words of random lyrics, short and long, in both languages.
var vocabulary = strings.Fields(`을지로 골목 끝에서 만나요 얼큰한 칼국수 한 그릇 구천 원 비 오는 날엔 생각나는 그 맛 돌담골목 오세요 오늘 밤 우리 함께
	손만두 바지락 따뜻한 국물 어머니의 면 노래해 두 번 말고 세 번 헤어살롱 단발 염색 봄날의 바람 come on in tonight the best noodle of our little street
	open till ten sing it loud and clear walk with me down 오 예 라라라 7 11:00`)

// randomLyric has hooks that come back and lines that are nearly alike.
func randomLyric(t *rapid.T) []string {
	var lines []string
	word := rapid.SampledFrom(vocabulary)
	n := rapid.IntRange(2, 14).Draw(t, "lines")
	for len(lines) < n {
		kind := rapid.IntRange(0, 5).Draw(t, "kind")
		if len(lines) > 0 && kind <= 1 {
			old := rapid.SampledFrom(lines).Draw(t, "again")
			if kind == 0 {
				lines = append(lines, old)
				continue
			}
			words := strings.Fields(old) // one word is another
			words[rapid.IntRange(0, len(words)-1).Draw(t, "which")] = word.Draw(t, "instead")
			lines = append(lines, strings.Join(words, " "))
			continue
		}
		lines = append(lines, strings.Join(rapid.SliceOfN(word, 2, 6).Draw(t, "words"), " "))
	}
	return lines
}

// key is what of a line is compared.
func key(line string) string { return string(letters(line)) }

// slips is how many letters of a line a provider may misspell: up to a quarter,
// and fewer than make it more like another line.
func slips(line string, lyric []string) int {
	most := len([]rune(key(line))) / 4
	for _, other := range lyric {
		sung := make([]letter, 0, len(other))
		for _, r := range letters(other) {
			sung = append(sung, letter{r: r})
		}
		if d := edits(letters(line), sung); d > 0 {
			most = min(most, (d-1)/2)
		}
	}
	return most
}

// sungAs is what a provider says of a song: split its own way, with markers and
// punctuation, a letter wrong here and there.
func sungAs(t *rapid.T, lines, lyric []string) []Word {
	var words []Word
	at := rapid.Float64Range(0, 10).Draw(t, "intro")
	split := rapid.SampledFrom([]string{"words", "syllables", "lines"}).Draw(t, "split")
	for i, line := range lines {
		text := []rune(line)
		for range rapid.IntRange(0, slips(line, lyric)).Draw(t, "slips") {
			if k := rapid.IntRange(0, len(text)-1).Draw(t, "slip"); key(string(text[k])) != "" {
				text[k] = rapid.SampledFrom([]rune("뷁쀍xq")).Draw(t, "as")
			}
		}
		line = string(text)
		switch rapid.IntRange(0, 4).Draw(t, "dress") {
		case 0:
			line = strings.ToUpper(line) + "!"
		case 1:
			line = "[Verse " + fmt.Sprint(i) + "]\n" + line
		case 2:
			line = strings.ReplaceAll(line, " ", ", ") + "…"
		case 3:
			words = append(words, Word{"[Chorus]\n", at, at})
		}
		var pieces []string
		switch split {
		case "words":
			pieces = strings.SplitAfter(line+"\n", " ")
		case "syllables":
			pieces = strings.Split(line+"\n", "")
		default:
			pieces = []string{line + "\n\n"}
		}
		length := rapid.Float64Range(1, 4).Draw(t, "length") / float64(len(pieces))
		for _, p := range pieces {
			words = append(words, Word{p, at, at + length})
			at += length
		}
		at += rapid.Float64Range(0, 5).Draw(t, "rest")
	}
	return words
}

// texts are the keys of the lines at the indexes, sorted: of equal lines one is
// as good as another.
func texts(lines []string, at []int) []string {
	out := []string{}
	for _, i := range at {
		out = append(out, key(lines[i]))
	}
	slices.Sort(out)
	return out
}

func checkSong(t *rapid.T, lyric []string, words []Word) Report {
	r, err := SingCheck(lyric, words)
	if err != nil {
		t.Fatal(err)
	}
	cues := Captions(r.Lines)
	for i := 1; i < len(cues); i++ {
		if cues[i].Start < cues[i-1].End {
			t.Fatalf("%+v overlaps %+v", cues[i-1], cues[i])
		}
	}
	for i, l := range r.Lines {
		if dropped := slices.Contains(r.Dropped, i); dropped == l.Sung() || l.Sung() != (l.End > l.Start) || l.InPlace != (l.Sung() && !slices.Contains(r.Swapped, i)) {
			t.Fatalf("line %d %+v, dropped %v, swapped %v", i, l, r.Dropped, r.Swapped)
		}
	}
	return r
}

func TestASongAsItIsWrittenMissesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		lyric := randomLyric(t)
		r := checkSong(t, lyric, sungAs(t, lyric, lyric))
		if r.Missing() != nil {
			t.Fatalf("%q: dropped %v, swapped %v", lyric, r.Dropped, r.Swapped)
		}
	})
}

func TestEveryDroppedLineIsToldAndNoOther(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		lyric := randomLyric(t)
		all := make([]int, len(lyric))
		for i := range all {
			all[i] = i
		}
		gone := rapid.Permutation(all).Draw(t, "order")[:rapid.IntRange(1, len(lyric)).Draw(t, "k")]
		var rest []string
		for i, l := range lyric {
			if !slices.Contains(gone, i) {
				rest = append(rest, l)
			}
		}
		words := sungAs(t, rest, lyric)
		r := checkSong(t, lyric, words)
		if diff := cmp.Diff(texts(lyric, gone), texts(lyric, r.Dropped)); diff != "" || r.Swapped != nil {
			t.Fatalf("sung %+v of %q: swapped %v, dropped (-want +got):\n%s", words, lyric, r.Swapped, diff)
		}
	})
}

func TestEverySwappedLineIsToldAndNoOther(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		lyric := randomLyric(t)
		order := slices.Clone(lyric)
		for range rapid.IntRange(1, 4).Draw(t, "k") {
			i, j := rapid.IntRange(0, len(lyric)-1).Draw(t, "i"), rapid.IntRange(0, len(lyric)-1).Draw(t, "j")
			order[i], order[j] = order[j], order[i]
		}
		var moved []string
		for i := range lyric {
			if key(order[i]) != key(lyric[i]) {
				moved = append(moved, key(order[i]))
			}
		}
		slices.Sort(moved)
		words := sungAs(t, order, lyric)
		r := checkSong(t, lyric, words)
		if got := texts(lyric, r.Swapped); !slices.Equal(moved, got) || r.Dropped != nil {
			t.Fatalf("sung %+v of %q: dropped %v, swapped %q, want %q", words, lyric, r.Dropped, got, moved)
		}
	})
}

func TestWhatIsMissingIsToldByItsLine(t *testing.T) {
	t.Parallel()
	hook := "오 오 돌담골목 칼국수"
	for name, c := range map[string]struct {
		lyric, sung      []string
		dropped, swapped []int
	}{
		"a hook sung once of twice":                    {[]string{hook, "비 오는 날엔", hook, "오세요 오세요"}, []string{"비 오는 날엔", hook, "오세요 오세요"}, []int{0}, nil},
		"a hook sung once, with nothing to tell which": {[]string{hook, hook}, []string{hook}, []int{1}, nil},
		"a hook sung more often than written":          {[]string{"비 오는 날엔", hook}, []string{"비 오는 날엔", hook, hook}, nil, nil},
		"a line that is half of another":               {[]string{"칼국수 한 그릇", "칼국수"}, []string{"칼국수 한 그릇"}, []int{1}, nil},
		"of two lines nearly alike the first":          {[]string{"칼국수 한 그릇 구천 원", "만두국 한 그릇 구천 원"}, []string{"만두국 한 그릇 구천 원"}, []int{0}, nil},
		"lines nearly alike, swapped":                  {[]string{"칼국수 한 그릇에 구천 원", "비 오는 날엔", "만두국 한 그릇에 구천 원"}, []string{"만두국 한 그릇에 구천 원", "비 오는 날엔", "칼국수 한 그릇에 구천 원"}, nil, []int{0, 2}},
		"a line dropped and two swapped":               {[]string{"을지로 골목 끝", "비 오는 날엔", hook, "오세요 오세요"}, []string{hook, "비 오는 날엔", "을지로 골목 끝"}, []int{3}, []int{0, 2}},
		"a line of which a word is sung":               {[]string{"을지로 골목 끝에서 만나요", "비 오는 날엔"}, []string{"을지로", "비 오는 날엔"}, []int{0}, nil},
		"lines with nothing to sing":                   {[]string{"[Intro]", "…!", "비 오는 날엔"}, []string{"비 오는 날엔"}, nil, nil},
		"a song of something else":                     {[]string{hook, "비 오는 날엔"}, []string{"sha la la la", "yeah yeah"}, []int{0, 1}, nil},
		"all backwards":                                {[]string{"을지로 골목 끝", "비 오는 날엔", hook}, []string{hook, "비 오는 날엔", "을지로 골목 끝"}, nil, []int{0, 2}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			words, _ := sing(c.sung)
			r, err := SingCheck(c.lyric, words)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([][]int{c.dropped, c.swapped}, [][]int{r.Dropped, r.Swapped}); diff != "" {
				t.Errorf("dropped, swapped (-want +got):\n%s", diff)
			}
		})
	}
}

func TestALyricOfMoreLinesThanASongHasIsRefused(t *testing.T) {
	t.Parallel()
	words, _ := sing(lyric)
	_, err := SingCheck(slices.Repeat([]string{"아"}, maxLines+1), words)
	wantCode(t, "a line too many", err, fault.CodeBadValue)
}
