package claim

import (
	"strings"
	"testing"
)

var golden = []Fact{
	{ID: "name", Kind: Name, Text: "제일식당"},
	{ID: "area", Kind: Area, Text: "을지로 3가"},
	{ID: "noodle", Kind: Menu, Text: "칼국수", Won: 9000},
	{ID: "dumpling", Kind: Menu, Text: "왕만두", Won: 12000},
	{ID: "hours", Kind: Hours, Text: "매일 11:00~21:00"},
	{ID: "phone", Kind: Phone, Text: "02-123-4567"},
	{ID: "praise", Kind: Praise, Text: "국물이 최고예요 문의 010-9999-8888"},
	{ID: "story", Kind: Story, Text: "1987년부터 3대째, 동네 1위"},
	{ID: "offer", Kind: Offer, Text: "만두 10% 할인, hello.kr"},
	{ID: "organic", Kind: Story, Text: "Organic flour only"},
}

func TestCheckJudgesALineByTheFactsItCites(t *testing.T) {
	t.Parallel()
	checker := Against(golden)
	for _, row := range []struct {
		name, text, facts string
		want              Code // "" = passes
	}{
		{"a line without a claim needs no fact", "오늘도 걸어요 이 길을", "", ""},
		{"an English line without a claim needs no fact", "walk with me down the street tonight", "", ""},
		{"a price in digits is in the cited dish", "칼국수 한 그릇 9,000원", "noodle", ""},
		{"a price in words is in the cited dish", "칼국수 한 그릇 구천 원", "noodle", ""},
		{"a price in words without a space is read too", "칼국수 구천원이면 돼", "noodle", ""},
		{"a mixed price is read", "왕만두는 1만 2천 원", "dumpling", ""},
		{"a mixed price without spaces is read", "왕만두 1만2천원", "dumpling", ""},
		{"a price in English is in the cited dish", "a bowl for nine thousand won", "noodle", ""},
		{"won after digits is a price", "just 9000 won a bowl", "noodle", ""},
		{"a price in words with a space inside is read", "왕만두 만 이천 원이면 돼요", "dumpling", ""},
		{"the end of a conjunction is no ten thousand", "비싸지만 구천 원", "noodle", ""},
		{"a wrong price is refused", "칼국수 8,000원", "noodle", Number},
		{"a wrong price in words is refused", "칼국수 팔천 원", "noodle", Number},
		{"a wrong price glued to a word is refused", "칼국수단돈오천원", "noodle", Number},
		{"a wrong English price is refused", "only eight thousand won", "noodle", Number},
		{"a bare price after 단돈 is refused", "칼국수가 단돈 오천", "noodle", Number},
		{"a bare compound price is refused", "왕만두 만삼천에 먹자", "dumpling", Number},
		{"a right price without a citation is refused", "칼국수 9,000원", "", Number},
		{"another dish's price is refused", "칼국수 만이천 원", "noodle", Number},
		{"a price is paired with the dish before it", "칼국수 만이천 원 왕만두 구천 원", "noodle,dumpling", Number},
		{"two dishes with their own prices pass", "칼국수 구천 원 왕만두 만이천 원", "noodle,dumpling", ""},
		{"a price is not a head count", "구천 명이 다녀간 맛", "noodle", Number},
		{"full-width digits do not slip through", "칼국수 ８，０００원", "noodle", Number},
		{"digits split by an invisible character are joined", "칼국수 80\u200b00원", "noodle", Shape},
		{"opening hours in words pass", "열한 시부터 아홉 시까지", "hours", ""},
		{"opening hours with the part of day pass", "아침 열한 시부터 밤 아홉 시까지", "hours", ""},
		{"opening hours in English pass", "eleven a.m. to nine p.m.", "hours", ""},
		{"the wrong half of the day is refused", "밤 열한 시부터 열어요", "hours", Number},
		{"the wrong hour is refused", "아침 열 시에 문을 열어", "hours", Number},
		{"twenty-four hours are not in the hours", "24시간 열려 있어요", "hours", Term},
		{"a year in digits is in the story", "1987년부터 그 자리에", "story", ""},
		{"a year in English words is in the story", "here since nineteen eighty-seven", "story", ""},
		{"a wrong year is refused", "here since nineteen seventy-seven", "story", Number},
		{"a count derived from a year is refused", "40년 전통의 맛", "story", Number},
		{"generations in words are in the story", "삼대째 이어 온", "story", ""},
		{"more generations are refused", "사대째 이어 온", "story", Number},
		{"kinds of dishes need a fact", "열 가지 반찬이", "noodle", Number},
		{"a second number after the first is seen", "세 가지 네 가지", "", Number},
		{"this time is no number", "이 시간 이 번 주 이대로", "", ""},
		{"slowly is no number", "천천히 만나요 오시면 좋겠어", "", ""},
		{"a wish is no price", "그대가 원하는 이 원 안에", "", ""},
		{"not for a moment is no hour", "한시도 잊지 못해", "", ""},
		{"thousand smiles alone is an idiom", "a thousand smiles tonight", "", ""},
		{"number one is refused", "을지로 3가 1위 맛집", "area", Superlative},
		{"number one passes when the story has it", "동네 1위라네", "story", ""},
		{"another spelling of the same claim passes", "동네 넘버원", "story", ""},
		{"the best is refused", "최고의 칼국수", "noodle", Superlative},
		{"the best with a gap is refused", "최 고의 칼국수", "noodle", Superlative},
		{"decomposed Hangul does not slip through", "최고의 맛", "noodle", Superlative},
		{"a cited customer may say best", "국물이 최고예요", "praise", ""},
		{"most as a whole word is refused", "가장 맛있는 한 그릇", "noodle", Superlative},
		{"the edge is not most", "가장자리에 앉아", "", ""},
		{"a name may hold a superlative", "제일식당으로 와요", "name", ""},
		{"a name does not license the superlative", "제일식당이 제일", "name", Superlative},
		{"a hundred percent is refused", "100% 만족", "", Superlative},
		{"a hundred percent in words is refused", "백퍼센트 만족", "", Superlative},
		{"best in English is refused", "the best bowl in town", "noodle", Superlative},
		{"No.1 is refused", "No. 1 in your heart", "", Superlative},
		{"guaranteed is refused", "fresh guaranteed", "", Superlative},
		{"perfect is refused", "a perfect night", "", Superlative},
		{"only with a price is no superlative", "only 9,000 won", "noodle", ""},
		{"the only one is refused", "the only noodle for you", "", Superlative},
		{"free of charge is refused", "커피는 무료예요", "", Term},
		{"organic is refused without its fact", "organic and warm", "noodle", Term},
		{"organic passes with its fact", "organic flour for you", "organic", ""},
		{"a discount passes with its offer", "만두 10% 할인", "offer", ""},
		{"a larger discount is refused", "만두 20% 할인", "offer", Number},
		{"the shop's phone passes", "전화는 02-123-4567", "phone", ""},
		{"the shop's phone with other separators passes", "02 123 4567로 걸어요", "phone", ""},
		{"the shop's phone in international form passes", "call +82 2-123-4567", "phone", ""},
		{"another phone is refused", "전화는 02-123-4568", "phone", Contact},
		{"a phone from a customer's words is refused", "문의 010-9999-8888", "praise", Contact},
		{"the shop's link passes", "hello.kr 에서 만나요", "offer", ""},
		{"a phone said digit by digit is refused", "전화는 공일공 구구구구 팔팔팔팔", "", Contact},
		{"a phone said within a word is refused", "면이공일공 구구구구 팔팔팔팔쫄깃", "", Contact},
		{"another link is refused", "visit evil.example.com", "offer", Contact},
		{"a handle is refused", "follow @hanbit_official", "", Contact},
		{"an unknown fact id is refused", "오늘도 좋아", "nope", UnknownFact},
		{"markup is refused", "<b>오늘</b>도 좋아", "", Shape},
		{"a control character is refused", "오늘도\n좋아", "", Shape},
		{"an empty line is refused", "   ", "", Shape},
		{"a very long line is refused", strings.Repeat("아", MaxLine+1), "", Shape},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			line := Line{Section: "verse", Text: row.text}
			if row.facts != "" {
				line.Facts = strings.Split(row.facts, ",")
			}
			got := checker.Check(Lyric{Title: "노래", Lines: []Line{line}})
			if row.want == "" && len(got) > 0 {
				t.Fatalf("%q was refused: %v", row.text, got)
			}
			if row.want != "" && !hasCode(got, row.want) {
				t.Fatalf("%q: got %v, want a problem of code %s", row.text, got, row.want)
			}
		})
	}
}

func hasCode(ps []Problem, c Code) bool {
	for _, p := range ps {
		if p.Code == c {
			return true
		}
	}
	return false
}

func TestCheckNamesTheFactThatShouldHaveBeenCited(t *testing.T) {
	t.Parallel()
	got := Check(golden, Lyric{Title: "t", Lines: []Line{{Section: "hook", Text: "칼국수 9,000원"}}})
	if len(got) != 1 || !strings.Contains(got[0].Reason, `"noodle"`) || got[0].String() != "line 1: "+got[0].Reason {
		t.Fatalf("got %v", got)
	}
}

func TestCheckJudgesTheTitleByAllFacts(t *testing.T) {
	t.Parallel()
	ok := []Line{{Section: "hook", Text: "라라라"}}
	if got := Check(golden, Lyric{Title: "칼국수 9,000원의 노래", Lines: ok}); len(got) > 0 {
		t.Errorf("a supported title was refused: %v", got)
	}
	if got := Check(golden, Lyric{Title: "세계 최대 칼국수", Lines: ok}); len(got) != 1 || got[0].Line != TitleLine {
		t.Errorf("an unsupported title: got %v", got)
	}
	if got := Check(golden, Lyric{Title: "노래"}); len(got) != 1 || got[0].Line != WholeLyric {
		t.Errorf("no lines: got %v", got)
	}
	if got := Check(golden, Lyric{Title: "노래", Lines: []Line{{Section: "chorus", Text: "라라"}}}); !hasCode(got, Shape) {
		t.Errorf("a foreign section: got %v", got)
	}
}

func FuzzCheckReadsAnything(f *testing.F) {
	f.Add("칼국수 1만 2천 원 밤 열두 시", "만이천원 24:00")
	f.Add("two thousand and nineteen eighty", "①²９")
	f.Fuzz(func(t *testing.T, line, fact string) {
		l := Lyric{Title: "t", Lines: []Line{{Section: "verse", Text: line, Facts: []string{"f"}}}}
		for _, p := range Check([]Fact{{ID: "f", Kind: Story, Text: fact}}, l) {
			if p.Reason == "" || p.Code == "" {
				t.Fatalf("%q: an empty problem %+v", line, p)
			}
		}
		// A fact supports itself whenever it can be shown at all.
		l.Lines[0].Text = fact
		for _, p := range Check([]Fact{{ID: "f", Kind: Story, Text: fact}}, l) {
			if p.Code != Shape {
				t.Fatalf("the fact %q does not support itself: %v", fact, p)
			}
		}
	})
}
