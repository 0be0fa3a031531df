package generate

import (
	"strings"
	"testing"
	"unicode/utf8"

	"castad/shared/claim"
	"castad/shared/message"
	"castad/shared/provider"

	"github.com/google/go-cmp/cmp"
)

func TestTheLyricIsWrittenInTheProvidersNotation(t *testing.T) {
	t.Parallel()
	line := func(section, text string) claim.Line { return claim.Line{Section: section, Text: text} }
	for name, c := range map[string]struct {
		lines []claim.Line
		want  string
	}{
		"sections stand in brackets, a blank line between them": {
			[]claim.Line{line("verse", "을지로 골목"), line("verse", "김이 나네"), line("hook", "칼국수"), line("call", "오세요")},
			"[Verse]\n을지로 골목\n김이 나네\n\n[Hook]\n칼국수\n\n[Outro]\n오세요\n"},
		"a section that comes back is headed again": {
			[]claim.Line{line("hook", "a"), line("verse", "b"), line("hook", "a")}, "[Hook]\na\n\n[Verse]\nb\n\n[Hook]\na\n"},
		"one line": {[]claim.Line{line("call", "a")}, "[Outro]\na\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := order(message.SongGenerate{Lyric: claim.Lyric{Lines: c.lines}}, message.Call{})
			if diff := cmp.Diff(c.want, got.Lyrics); diff != "" {
				t.Errorf("lyrics (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTheOrderCarriesStyleVoiceAndCallback(t *testing.T) {
	t.Parallel()
	in := message.SongGenerate{Lyric: claim.Lyric{Lines: []claim.Line{{Section: "verse", Text: "을지로"}, {Section: "hook", Text: "칼국수"}}}, Genre: "trot", Mood: "warm", Voice: "m", Seconds: 30}
	want := provider.Song{Title: "칼국수", Lyrics: "[Verse]\n을지로\n\n[Hook]\n칼국수\n", Style: "trot, warm, 30 seconds", Voice: "m", CallbackURL: "https://x/token"}
	if diff := cmp.Diff(want, order(in, message.Call{CallbackURL: "https://x/token"})); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

func TestALongTitleIsCutBetweenCharacters(t *testing.T) {
	t.Parallel()
	got := title([]claim.Line{{Text: strings.Repeat("칼", 100)}})
	if n := utf8.RuneCountInString(got); n != 80 || !utf8.ValidString(got) {
		t.Errorf("%d characters: %q", n, got)
	}
	if short := strings.Repeat("칼", 80); title([]claim.Line{{Text: short}}) != short {
		t.Error("a title of 80 characters was changed")
	}
}
