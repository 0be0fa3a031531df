package storyboard

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"castad/shared/claim"
	"castad/shared/message"
)

func plain(blob string) (string, error) { return "https://media/" + blob, nil }

var (
	allTemplates = []string{"menu", "mood", "news-flash", "before-after", "coupon", "opening", "auto"}
	allAspects   = []string{"9:16", "1:1", "16:9"}
)

// hostile are texts that have broken films before, or would.
var hostile = []string{"돌담", "봄", strings.Repeat("가나다라마바사아자차", 4), "Slow Tide Coffee", "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch", "🍜 국수집 🍜",
	"金氏食堂", "Café Ærø", "a' : \\ % , ; [ ] { } \\N {\\an8} b", "<b>집</b> & co", "줄\n바꿈\t탭", "\u202eabc\u202c 가게", "1", "9,000원!!! @shop http://x.kr", "뷁똠쀍"}

// anyFilm draws an order for a film: any template, aspect, length, place and song.
func anyFilm(r *rapid.T) message.VideoRender {
	words := rapid.OneOf(rapid.SampledFrom(hostile), rapid.StringN(0, 60, -1))
	in := message.VideoRender{Name: rapid.SampledFrom(hostile).Draw(r, "name"),
		Language: rapid.SampledFrom([]string{"ko", "en"}).Draw(r, "language"), Aspect: rapid.SampledFrom(allAspects).Draw(r, "aspect"),
		Template: rapid.SampledFrom(allTemplates).Draw(r, "template"), Quality: rapid.SampledFrom([]string{"", "final", "preview"}).Draw(r, "quality"),
		Seconds: rapid.SampledFrom([]int{15, 30, 60}).Draw(r, "seconds")}
	for i := range rapid.IntRange(1, 30).Draw(r, "photos") {
		p := message.Photo{Blob: fmt.Sprint("photo-", i)}
		if rapid.Bool().Draw(r, "looked at") {
			p.Colors = []string{anyColor(r), anyColor(r)}
		}
		in.Photos = append(in.Photos, p)
	}
	for _, k := range []claim.FactKind{claim.Category, claim.Area, claim.Address, claim.Hours, claim.Offer, claim.Story, claim.Praise, claim.Praise} {
		if rapid.Bool().Draw(r, string(k)) {
			in.Facts = append(in.Facts, claim.Fact{Kind: k, Text: words.Draw(r, "text")})
		}
	}
	for range rapid.IntRange(0, 20).Draw(r, "menu") {
		in.Facts = append(in.Facts, claim.Fact{Kind: claim.Menu, Text: words.Draw(r, "dish"), Won: rapid.IntRange(0, 100_000_000).Draw(r, "won")})
	}
	for range rapid.IntRange(0, 3).Draw(r, "colours") {
		in.Facts = append(in.Facts, claim.Fact{Kind: claim.Color, Text: anyColor(r)})
	}
	if rapid.Bool().Draw(r, "link") {
		in.Facts = append(in.Facts, claim.Fact{Kind: claim.Link, Text: "https://shop.example.com/" + strings.Repeat("x", rapid.IntRange(0, 175).Draw(r, "path"))})
	}
	if rapid.Bool().Draw(r, "phone") {
		in.Facts = append(in.Facts, claim.Fact{Kind: claim.Phone, Text: "전화 02-0000-0000"})
	}
	in.Take = anySong(r, words)
	return in
}

func anyColor(r *rapid.T) string {
	return rapid.OneOf(rapid.StringMatching(`#[0-9a-f]{6}`), rapid.SampledFrom([]string{"#ffffff", "#000000", "#ffff00", "#808080", "#FF5A1F", "none"})).Draw(r, "colour")
}

func anySong(r *rapid.T, words *rapid.Generator[string]) message.Take {
	t := message.Take{Blob: "take", Seconds: rapid.OneOf(rapid.Float64Range(1.05, 8), rapid.Float64Range(8, 200)).Draw(r, "song")}
	for at := 0.0; len(t.Lines) < 40; {
		start := at + rapid.Float64Range(0, 3).Draw(r, "rest")
		at = start + rapid.Float64Range(0.001, 6).Draw(r, "sung")
		if at > t.Seconds {
			break
		}
		t.Lines = append(t.Lines, message.LineTime{Text: fmt.Sprint(words.Draw(r, "line"), len(t.Lines)), Start: start, End: at})
	}
	if rapid.Bool().Draw(r, "steady") {
		each := rapid.Float64Range(0.32, 1).Draw(r, "beat")
		for at := rapid.Float64Range(0, 1).Draw(r, "first"); at < t.Seconds; at += each {
			t.Beats = append(t.Beats, at)
		}
	}
	return t
}

// Whatever place and song it is for, a film keeps every rule.
func TestEveryFilmKeepsTheRules(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		in := anyFilm(r)
		s, err := Script(in, plain)
		if err != nil {
			r.Fatal(err)
		}
		f, err := read(s)
		if err != nil {
			r.Fatal(err)
		}
		for name, broken := range rules {
			if why := broken(f, in); why != "" {
				r.Errorf("not so: %s: %s", name, why)
			}
		}
		lines, length := in.Take.Lines, float64(f.end)/1000
		if length < in.Take.Seconds-0.034 && length < float64(in.Seconds)-0.034 { // cut at a line
			i := slices.IndexFunc(lines, func(l message.LineTime) bool { return l.End > length+0.034 })
			if i >= 0 && lines[i].Start < length-0.001 {
				r.Errorf("the film of %.3f s is cut in the line %+v", length, lines[i])
			}
		}
	})
}
