//go:build !race

// Thousands of lyrics, one goroutine each and nothing shared: ten times as long under
// the race detector, which together_test.go is for.

package lyric

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"castad/shared/claim"
	"castad/shared/fault"
	"castad/shared/studio/lyric/hangul"
)

func noodles(language, mood string, seconds int) claim.Brief {
	return claim.Brief{Language: language, Mood: mood, Seconds: seconds, Facts: []claim.Fact{
		{ID: "f1", Kind: claim.Name, Text: "한빛칼국수"},
		{ID: "f2", Kind: claim.Category, Text: "칼국수집"},
		{ID: "f3", Kind: claim.Area, Text: "전주 한옥마을"},
		{ID: "f4", Kind: claim.Menu, Text: "바지락칼국수", Won: 9000},
		{ID: "f5", Kind: claim.Menu, Text: "왕만두", Won: 12000},
		{ID: "f6", Kind: claim.Hours, Text: "11:00~21:00"},
		{ID: "f7", Kind: claim.Praise, Text: "국물이 시원해요!"},
		{ID: "f8", Kind: claim.Story, Text: "1987년부터 3대째"},
		{ID: "f9", Kind: claim.Phone, Text: "063-123-4567"},
		{ID: "f10", Kind: claim.Offer, Text: "점심 만두 한 개 증정"},
	}}
}

func TestWriteHasTheFormOfItsLength(t *testing.T) {
	t.Parallel()
	for seconds, lines := range map[int]int{15: 4, 30: 8, 60: 14} {
		for _, language := range []string{"ko", "en"} {
			for _, m := range Moods {
				l, err := Write(noodles(language, m, seconds), 7)
				if err != nil {
					t.Fatal(err)
				}
				if len(l.Lines) != lines {
					t.Errorf("%s %s %d s: %d lines, want %d", language, m, seconds, len(l.Lines), lines)
				}
				checkForm(t, l, "한빛칼국수")
			}
		}
	}
}

func checkForm(t *testing.T, l claim.Lyric, name string) {
	t.Helper()
	var sections []string
	named, hooks := 0, map[string]int{}
	for _, line := range l.Lines {
		sections = append(sections, line.Section)
		named += strings.Count(line.Text, name)
		if line.Section == "hook" {
			hooks[line.Text]++
			if !strings.Contains(line.Text, name) {
				t.Errorf("the hook %q does not have the name", line.Text)
			}
		}
	}
	if sections[0] != "verse" || sections[len(sections)-1] != "call" || !slices.Contains(sections, "hook") {
		t.Errorf("sections are %v", sections)
	}
	if named < 2 {
		t.Errorf("the name is sung %d times in %v", named, l.Lines)
	}
	if repeated := slices.Max([]int{0, hooks[hookOf(l)]}); len(l.Lines) > 4 && repeated < 2 {
		t.Errorf("the hook is not repeated: %v", l.Lines)
	}
}

func hookOf(l claim.Lyric) string {
	for _, line := range l.Lines {
		if line.Section == "hook" {
			return line.Text
		}
	}
	return ""
}

func TestWriteUsesTheFactsItCites(t *testing.T) {
	t.Parallel()
	l, err := Write(noodles("ko", "bright", 60), 3)
	if err != nil {
		t.Fatal(err)
	}
	words := map[string]string{"f1": "한빛칼국수", "f2": "칼국수집", "f3": "전주 한옥마을", "f4": "바지락칼국수", "f5": "왕만두", "f6": "열한 시부터 아홉 시까지", "f7": "국물이 시원해요", "f8": "1987년부터 3대째", "f9": "063-123-4567", "f10": "점심 만두 한 개 증정"}
	cited := map[string]bool{}
	for _, line := range l.Lines {
		for _, id := range line.Facts {
			cited[id] = true
			if !strings.Contains(line.Text, words[id]) {
				t.Errorf("line %q cites %s without %q", line.Text, id, words[id])
			}
		}
		for id, w := range words {
			if strings.Contains(line.Text, w) && !slices.Contains(line.Facts, id) {
				t.Errorf("line %q has %q and does not cite %s", line.Text, w, id)
			}
		}
	}
	if len(cited) < 6 {
		t.Errorf("only %v are used in %v", cited, l.Lines)
	}
}

func TestWriteIsDecidedByBriefAndSeed(t *testing.T) {
	t.Parallel()
	a, _ := Write(noodles("ko", "warm", 30), 1)
	b, _ := Write(noodles("ko", "warm", 30), 1)
	if d := cmp.Diff(a, b); d != "" {
		t.Errorf("the same seed gave another lyric:\n%s", d)
	}
	seen := map[string]bool{}
	for seed := range int64(30) {
		l, _ := Write(noodles("ko", "warm", 30), seed)
		seen[fmt.Sprint(l)] = true
	}
	if len(seen) < 30 {
		t.Errorf("30 seeds gave %d lyrics", len(seen))
	}
}

func TestWriteStripsWhatIsNoWord(t *testing.T) {
	t.Parallel()
	b := noodles("ko", "bright", 60)
	b.Facts[0].Text = "<b>한빛</b>\u200b칼국수 🍜 https://evil.example/x"
	b.Facts[3].Text = "[Hook] 바지락칼국수\n<script>alert(1)</script>"
	b.Facts[6].Text = "맛있어요 010-1234-5678 www.evil.example"
	for seed := range int64(20) {
		l, err := Write(b, seed)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range append(l.Lines, claim.Line{Text: l.Title}) {
			if strings.ContainsAny(line.Text, "<>[]\n\u200b🍜") || strings.Contains(line.Text, "evil") || strings.Contains(line.Text, "1234-5678") {
				t.Errorf("seed %d: %q", seed, line.Text)
			}
		}
	}
}

func TestEnglishArticlesAgree(t *testing.T) {
	t.Parallel()
	b := claim.Brief{Language: "en", Mood: "bright", Seconds: 60, Facts: []claim.Fact{{ID: "1", Kind: claim.Name, Text: "Olive"}, {ID: "2", Kind: claim.Category, Text: "Italian restaurant"}}}
	for seed := range int64(20) {
		l, err := Write(b, seed)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range l.Lines {
			if strings.Contains(line.Text, " a Italian") {
				t.Errorf("%q", line.Text)
			}
		}
	}
}

func TestAPriceIsUsuallySung(t *testing.T) {
	t.Parallel()
	priced := 0
	for seed := range int64(20) {
		l, err := Write(noodles("ko", "bright", 30), seed)
		if err != nil {
			t.Fatal(err)
		}
		if slices.ContainsFunc(l.Lines, func(x claim.Line) bool { return strings.Contains(x.Text, " 원") }) {
			priced++
		}
	}
	if priced < 10 {
		t.Errorf("%d of 20 lyrics have the price", priced)
	}
}

func TestWriteNamesWhatIsWrongWithTheBrief(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		change func(*claim.Brief)
		field  string
	}{
		"an unknown language":   {func(b *claim.Brief) { b.Language = "jp" }, "language"},
		"an unknown mood":       {func(b *claim.Brief) { b.Mood = "sad" }, "mood"},
		"an unknown length":     {func(b *claim.Brief) { b.Seconds = 20 }, "seconds"},
		"no name":               {func(b *claim.Brief) { b.Facts = b.Facts[1:] }, "facts"},
		"a name without a word": {func(b *claim.Brief) { b.Facts[0].Text = "★★ <b></b>" }, "facts"},
	} {
		b := noodles("ko", "bright", 15)
		row.change(&b)
		_, err := Write(b, 1)
		if fault.KindOf(err) != fault.Invalid || fault.FieldOf(err) != row.field {
			t.Errorf("%s: got %v, want a fault in %s", name, err, row.field)
		}
	}
}

func TestKoreanLinesFitAMelody(t *testing.T) {
	t.Parallel()
	fit, all := 0, 0
	for _, m := range Moods {
		for seed := range int64(10) {
			l, err := Write(noodles("ko", m, 60), seed)
			if err != nil {
				t.Fatal(err)
			}
			for _, line := range l.Lines {
				all++
				n := hangul.Count(line.Text)
				if n >= 7 && n <= 13 {
					fit++
				}
				if n < 5 || n > 15 {
					t.Errorf("%q has %d syllables", line.Text, n)
				}
			}
		}
	}
	if fit*100 < all*95 {
		t.Errorf("%d of %d lines have 7 to 13 syllables", fit, all)
	}
}

func TestEveryPhrasingFillsAndClaimsNothing(t *testing.T) {
	t.Parallel()
	statements := map[string][]string{"ko": {"국물이 시원해요", "국물이 시원하다", "쫄깃한 면"}, "en": {"The broth is lovely"}}
	for language, g := range grammars {
		all := slices.Concat(g.free, g.hook, g.answer, g.call, g.callArea, g.callAny, g.phone, g.titles)
		for _, v := range g.verse {
			all = append(all, v...)
		}
		filled := map[string]bool{}
		for _, statement := range statements[language] {
			facts := noodles(language, "bright", 15).Facts
			facts[1].Text, facts[4].Text = map[string]string{"ko": "칼국수집", "en": "noodle bar"}[language], "바지락칼국수"
			facts[6].Text, facts[7].Text, facts[9].Text = statement, statement, statement
			checker := claim.Against(facts)
			var with []word
			for _, f := range facts {
				if w, ok := g.word(f, food); ok {
					with = append(with, w)
				}
			}
			for _, tmpl := range all {
				text, ok := tmpl.fill(with)
				if !ok {
					continue
				}
				filled[tmpl.key] = true
				problems := checker.CheckLine(claim.Line{Section: "verse", Text: g.mend(text), Facts: cites(tmpl, text, with)})
				if slices.ContainsFunc(g.titles, func(x template) bool { return x.key == tmpl.key }) {
					problems = checker.CheckTitle(text)
				}
				if len(problems) > 0 {
					t.Errorf("%s: %q: %v", language, text, problems)
				}
			}
		}
		keys := map[string]bool{}
		for _, tmpl := range all {
			if !filled[tmpl.key] {
				t.Errorf("%s: %q cannot be filled", language, tmpl.key)
			}
			key := fmt.Sprint(tmpl.key, tmpl.trade, tmpl.moods)
			if keys[key] {
				t.Errorf("%s: %q is there twice", language, tmpl.key)
			}
			keys[key] = true
		}
		if len(all) < 150 {
			t.Errorf("%s has only %d phrasings", language, len(all))
		}
	}
}

// cites returns the ids of the facts that a filled phrasing uses.
func cites(tmpl template, text string, with []word) []string {
	var ids []string
	for _, w := range with {
		if tmpl.uses(w.kind) && strings.Contains(text, w.text) || tmpl.uses(claim.Menu) && w.id == "f4" {
			ids = append(ids, w.id)
		}
	}
	return ids
}

// TestWriteAlwaysPassesTheCheck is the contract between the two: whatever the
// facts say, what is written from them is supported by them.
func TestWriteAlwaysPassesTheCheck(t *testing.T) {
	t.Parallel()
	pieces := []string{"한빛", "칼국수", "제일", "최고", "1위", "24시", "BBQ", "Cafe", "No.1", "<b>", "</b>", " ", " ", "원조", "9천원", "만이천원", "063-111-2222", "evil.kr", "시원해요",
		"1987년", "3대째", "best", "noodle", "\u200b", "\n", "🍜", "&amp;", "(본점)", "100%", "[Hook]", "무료", "골목", "이", "가", "원", "11:00", "~21:00", "@handle", "e\u0301", "ㅋㅋ", "%", "0", "7"}
	text := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 7).Draw(t, "pieces"), rapid.SampledFrom([]string{"", " "}).Draw(t, "glue"))
	})
	kinds := []claim.FactKind{claim.Name, claim.Category, claim.Area, claim.Address, claim.Menu, claim.Hours, claim.Phone, claim.Praise, claim.Story, claim.Offer, "other"}
	rapid.Check(t, func(t *rapid.T) {
		b := claim.Brief{Language: rapid.SampledFrom([]string{"ko", "en"}).Draw(t, "language"), Mood: rapid.SampledFrom(Moods).Draw(t, "mood"), Seconds: rapid.SampledFrom([]int{15, 30, 60}).Draw(t, "seconds")}
		b.Facts = append(b.Facts, claim.Fact{ID: "n", Kind: claim.Name, Text: "가람 " + text.Draw(t, "name")})
		for i := range rapid.IntRange(0, 8).Draw(t, "facts") {
			b.Facts = append(b.Facts, claim.Fact{ID: fmt.Sprint("f", i), Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), Text: text.Draw(t, "text"), Won: rapid.SampledFrom([]int{0, 1, 900, 9000, 10000, 12500, 120000, 99999999}).Draw(t, "won")})
		}
		l, err := Write(b, rapid.Int64().Draw(t, "seed"))
		if err != nil {
			t.Fatalf("%+v: %v", b, err)
		}
		if p := claim.Check(b.Facts, l); len(p) > 0 {
			t.Fatalf("%v", p)
		}
		again := strings.Count("vvhc", "") - 1
		if b.Seconds != 15 {
			again = len(shapes[b.Seconds])
		}
		if len(l.Lines) != again {
			t.Fatalf("%d lines, want %d", len(l.Lines), again)
		}
	})
}
