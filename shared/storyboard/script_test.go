package storyboard

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"castad/shared/claim"
	"castad/shared/fault"
	"castad/shared/message"
	cm "castad/shared/provider/creatomate"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func plain(blob string) (string, error) { return "https://media/" + blob, nil }

// ms is a time of the script in whole milliseconds; to the end when it is null.
func ms(v cm.Value, end int) int {
	b, _ := json.Marshal(v) // the script was encoded before
	var seconds *float64
	if err := json.Unmarshal(b, &seconds); err != nil {
		return math.MinInt32 // not a time
	}
	if seconds == nil {
		return end
	}
	return int(math.Round(*seconds * 1000))
}

// span is when an element is shown, in milliseconds of the film.
type span struct{ from, to int }

func spanOf(e cm.Element, end int) span {
	from := ms(e.Time, end)
	return span{from, from + ms(e.Duration, end-from)}
}

func track(s cm.Script, n int) []cm.Element {
	var out []cm.Element
	for _, e := range s.Elements {
		if e.Track == n {
			out = append(out, e)
		}
	}
	return out
}

const (
	pictureTrack = 1
	captionTrack = 5
	labelTrack   = 8
	audioTrack   = 9
)

// sound checks what every film must have; fail is Fatalf.
func sound(s cm.Script, in message.VideoRender, fail func(string, ...any)) {
	if _, err := json.Marshal(s); err != nil {
		fail("the script has no JSON: %v", err)
	}
	end := ms(s.Duration, -1)
	if longest := int(math.Max(in.Take.Seconds, float64(in.Seconds)*1.2)*1000) + 1; end <= 0 || end > longest || end > int(in.Take.Seconds*1000)+1 {
		fail("a film of %d ms for a song of %.3f s", end, in.Take.Seconds)
	}
	label := track(s, labelTrack)
	want := map[string]string{"ko": "AI로 생성", "en": "Made with AI"}[in.Language]
	if len(label) != 1 || spanOf(label[0], end) != (span{0, end}) || label[0].Text != want {
		fail("the AI label is not on the whole film: %+v", label)
	}
	audio := track(s, audioTrack)
	if len(audio) != 1 || spanOf(audio[0], end) != (span{0, end}) || ms(audio[0].TrimDuration, end) != end || audio[0].Source != "https://media/"+in.Take.Blob {
		fail("the song does not fill the film: %+v", audio)
	}
	for _, e := range s.Elements {
		if at := spanOf(e, end); at.from < 0 || at.to > end || at.to <= at.from {
			fail("track %d: %q is shown %v of %d", e.Track, e.Text, at, end)
		}
	}
	for _, n := range []int{2, 3, captionTrack, 6, 7} {
		for i, all := 1, track(s, n); i < len(all); i++ {
			if a, b := spanOf(all[i-1], end), spanOf(all[i], end); a.to > b.from {
				fail("track %d: %q %v overlaps %q %v", n, all[i-1].Text, a, all[i].Text, b)
			}
		}
	}
	covered(s, end, fail)
}

// covered checks that a picture is to be seen at every moment, each behind a
// crossfade into the next.
func covered(s cm.Script, end int, fail func(string, ...any)) {
	at := 0
	pictures := track(s, pictureTrack)
	for i, e := range pictures {
		p := spanOf(e, end)
		if p.from > at || i > 0 && (p.from >= at || e.Transition == nil) {
			fail("picture %d begins at %d, the one before ends at %d", i, p.from, at)
		}
		at = p.to
	}
	if at != end || len(pictures) == 0 || len(pictures) > max(maxPictures, end/6000) {
		fail("%d pictures until %d of %d ms", len(pictures), at, end)
	}
}

func photos(n int) []message.Photo {
	var out []message.Photo
	for i := range n {
		out = append(out, message.Photo{Blob: fmt.Sprintf("photo-%d", i)})
	}
	return out
}

// song is a take with a line every step seconds, each sung for length.
func song(seconds, step, length float64) message.Take {
	t := message.Take{Blob: "take", Seconds: seconds}
	for at := 0.5; at+length <= seconds; at += step {
		t.Lines = append(t.Lines, message.LineTime{Text: fmt.Sprintf("line %d", len(t.Lines)+1), Start: at, End: at + length})
	}
	return t
}

func input(seconds, pictures int, take message.Take) message.VideoRender {
	return message.VideoRender{Name: "돌담골목", Language: "ko", Seconds: seconds, Photos: photos(pictures), Take: take,
		Facts: []claim.Fact{{Kind: claim.Area, Text: "을지로"}, {Kind: claim.Address, Text: "을지로 1"}, {Kind: claim.Hours, Text: "9-21"}}}
}

func TestFilmsOfManyKinds(t *testing.T) {
	t.Parallel()
	english := input(30, 3, song(31, 2.5, 2))
	english.Language = "en"
	for name, c := range map[string]struct {
		in       message.VideoRender
		length   int // ms
		captions int
		pictures int
	}{
		"a song that fits is filmed whole":                          {input(15, 4, song(14.5, 2.5, 2)), 14500, 5, 4},
		"one photo is shown again in another motion":                {input(15, 1, song(15, 2.5, 2)), 15000, 6, 2},
		"thirty photos are too many for a minute":                   {input(60, 30, song(60, 2.5, 2)), 60000, 24, 12},
		"thirty photos are seven in fifteen seconds":                {input(15, 30, song(15, 2.5, 2)), 15000, 6, 7},
		"an English film says so in English":                        {english, 31000, 12, 5},
		"a long song ends with the last line that fits, and a rest": {input(15, 3, song(120, 4, 2.5)), 12000, 3, 3},
		"a long song is not cut into the line after":                {input(15, 3, song(120, 3, 2.9)), 12500, 4, 3},
		"a song with nothing to cut at is cut at its time":          {input(15, 3, message.Take{Blob: "take", Seconds: 90}), 15000, 0, 3},
		"a film too short for its last card has none":               {input(15, 1, song(3, 2, 1.5)), 3000, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := Script(c.in, plain)
			if err != nil {
				t.Fatal(err)
			}
			sound(s, c.in, t.Fatalf)
			got := [3]int{ms(s.Duration, -1), len(track(s, captionTrack)), len(track(s, pictureTrack))}
			if want := [3]int{c.length, c.captions, c.pictures}; got != want {
				t.Errorf("length, captions, pictures: %v, want %v", got, want)
			}
			for i, e := range track(s, captionTrack) {
				if want := c.in.Take.Lines[i]; e.Text != want.Text || ms(e.Time, 0) != int(math.Round(want.Start*1000)) || spanOf(e, 0).to < int(want.End*1000)-34 {
					t.Errorf("caption %q %v for the line %+v", e.Text, spanOf(e, 0), want)
				}
			}
		})
	}
}

func TestEveryPhotoThatFitsIsShown(t *testing.T) {
	t.Parallel()
	in := input(15, 5, song(15, 2.5, 2))
	s, err := Script(in, plain)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range track(s, pictureTrack) {
		got = append(got, e.Source)
	}
	want := []string{"https://media/photo-0", "https://media/photo-1", "https://media/photo-2", "https://media/photo-3", "https://media/photo-4"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("pictures (-want +got):\n%s", diff)
	}
}

func TestTheCardsSayWhoWhereAndWhen(t *testing.T) {
	t.Parallel()
	s, err := Script(input(15, 2, song(15, 2.5, 2)), plain)
	if err != nil {
		t.Fatal(err)
	}
	for n, want := range map[int]string{3: "돌담골목\n을지로", 6: "돌담골목", 7: "을지로 1\n9-21"} {
		if got := track(s, n); len(got) != 1 || got[0].Text != want {
			t.Errorf("track %d: %+v, want %q", n, got, want)
		}
	}
	bare := input(15, 2, song(15, 2.5, 2))
	bare.Facts = nil
	if s, err = Script(bare, plain); err != nil || track(s, 3)[0].Text != "돌담골목" || len(track(s, 7)) != 0 {
		t.Errorf("a place of which only the name is known: %v", err)
	}
}

func TestWhatIsNoFilmIsRefusedBeforeAnythingIsOrdered(t *testing.T) {
	t.Parallel()
	unlinked := errors.New("no public address")
	for name, c := range map[string]struct {
		in   message.VideoRender
		link Linker
		want fault.Code
	}{
		"no photos":            {input(15, 0, song(15, 2.5, 2)), plain, fault.CodeNoPhotos},
		"a song of a moment":   {input(15, 1, message.Take{Seconds: 0.4}), plain, fault.CodeVendorResult},
		"a song of no seconds": {input(15, 1, message.Take{}), plain, fault.CodeVendorResult},
		"nowhere to fetch the song from": {input(15, 1, song(15, 2.5, 2)),
			func(string) (string, error) { return "", fault.Wrap(unlinked, fault.CodeMisconfigured) }, fault.CodeMisconfigured},
		"nowhere to fetch the photo from": {input(15, 1, song(15, 2.5, 2)), func(blob string) (string, error) {
			if strings.HasPrefix(blob, "photo") {
				return "", fault.Wrap(unlinked, fault.CodeMisconfigured)
			}
			return blob, nil
		}, fault.CodeMisconfigured},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if s, err := Script(c.in, c.link); err == nil || fault.CodeOf(err) != c.want {
				t.Errorf("%v, %d elements", err, len(s.Elements))
			}
		})
	}
}

// Whatever song comes back, the film holds together.
func TestEveryFilmHoldsTogether(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		in := input(rapid.SampledFrom([]int{15, 30, 60}).Draw(r, "seconds"), rapid.IntRange(1, 30).Draw(r, "photos"), message.Take{Blob: "take"})
		in.Language = rapid.SampledFrom([]string{"ko", "en"}).Draw(r, "language")
		in.Take.Seconds = rapid.Float64Range(1.1, 300).Draw(r, "song")
		at := 0.0
		for range rapid.IntRange(0, 40).Draw(r, "lines") {
			start := at + rapid.Float64Range(0, 3).Draw(r, "rest")
			end := start + rapid.Float64Range(0.001, 6).Draw(r, "sung")
			if end > in.Take.Seconds {
				break
			}
			in.Take.Lines = append(in.Take.Lines, message.LineTime{Text: fmt.Sprint(len(in.Take.Lines)), Start: start, End: end})
			at = end
		}
		s, err := Script(in, plain)
		if err != nil {
			r.Fatal(err)
		}
		sound(s, in, r.Fatalf)
		lines := in.Take.Lines
		length := float64(ms(s.Duration, -1)) / 1000
		if length < in.Take.Seconds-0.034 && length < float64(in.Seconds)-0.034 { // cut at a line
			i := slices.IndexFunc(lines, func(l message.LineTime) bool { return l.End > length+0.034 })
			if i >= 0 && lines[i].Start < length-0.001 {
				r.Fatalf("the film of %.3f s is cut in the line %+v", length, lines[i])
			}
		}
	})
}

// The end card's shade once lay over the label: whatever is drawn, the
// disclosure is drawn after it.
func TestTheAILabelLiesAboveEverything(t *testing.T) {
	t.Parallel()
	s, err := Script(input(15, 3, song(15, 3, 2)), plain)
	if err != nil {
		t.Fatal(err)
	}
	last := ""
	for _, e := range s.Elements {
		if e.Type != cm.TypeAudio {
			last = e.Text
		}
	}
	if last != "AI로 생성" {
		t.Errorf("%q is drawn last", last)
	}
}
