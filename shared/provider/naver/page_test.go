package naver_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"castad/shared/provider/naver"
	"castad/shared/provider/naver/navertest"
)

func TestAPagesFactsAreRead(t *testing.T) {
	t.Parallel()
	want := naver.Place{ID: "10000001", Name: "돌담골목 칼국수", Category: "칼국수, 만두", Address: "서울 중구 을지로 999길 7 1층", Phone: "0507-0000-0001",
		Hours:    "화–일 11:00–21:00, 월 쉼",
		Menu:     []naver.Item{{Name: "얼큰 칼국수", Won: 9000}, {Name: "바지락 칼국수", Won: 10000}, {Name: "해물파전"}, {Name: "손만두 }; 반 접시"}, {Name: "곱빼기 추가"}},
		Keywords: []string{"칼국수", "을지로맛집"}, Conveniences: []string{"포장", "주차", "무선 인터넷"}, Lat: 37.5666103, Lng: 126.9783882}
	got, err := naver.ParsePage(navertest.Page("10000001"), "10000001")
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func TestAPageOfAnotherShapeIsRead(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]naver.Place{
		"10000002": {Name: "솔빛 미용실", Category: "미용, 헤어샵", Address: "전주시 완산구 솔빛길 2", Phone: "0507-0000-0002", Hours: "월·화 10:00–20:00, 일 쉼",
			Menu: []naver.Item{{Name: "커트", Won: 18000}, {Name: "펌", Won: 90000}, {Name: "염색"}}, Keywords: []string{"커트", "펌", "염색"}, Lat: 35.815, Lng: 127.1485},
		"10000003": {Name: "바다민박", Category: "민박", Address: "강릉시 바다길 3", Phone: "033-000-0003", Hours: "연중무휴",
			Menu: []naver.Item{{Name: "2인실", Won: 60000}, {Name: "4인실", Won: 100000}}, Lat: 37.75, Lng: 128.87},
		"10000008": {Name: "고리", Menu: []naver.Item{{Name: "꽈배기", Won: 1000}}},
	} {
		want.ID = id
		got, err := naver.ParsePage(navertest.Page(id), id)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", id, err, diff)
		}
	}
}

// What guests wrote, and who they are, is not decoded, and so it cannot come along.
func TestNothingThatGuestsWroteComesAlong(t *testing.T) {
	t.Parallel()
	page := navertest.Page("10000001")
	for _, told := range []string{"사장님이 친절하고", "을지로먹보", "음식이 맛있어요", "인생 칼국수", "리뷰가 많아요"} {
		if !strings.Contains(string(page), told) {
			t.Fatalf("the fixture has lost %q", told)
		}
	}
	// Also when a review stands where a shop's own text is expected.
	page = []byte(strings.Replace(string(page), `"keywordList": [`, `"keywordList": [{"__ref": "VisitorReview:1"}, {"__ref": "VisitorReviewAuthor:1"}, `, 1))
	page = []byte(strings.Replace(string(page), `"body": "`, `"name": "`, 1))
	page = []byte(strings.Replace(string(page), `"nickname": "`, `"name": "`, 1))
	got, err := naver.ParsePage(page, "10000001")
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	for _, told := range []string{"친절", "먹보", "맛있어요", "인생", "리뷰"} {
		if strings.Contains(string(text), told) {
			t.Errorf("%q came along: %s", told, text)
		}
	}
	if len(got.Keywords) != 2 {
		t.Errorf("keywords %q", got.Keywords)
	}
}

func TestAnotherPlacesFactsAreNotTaken(t *testing.T) {
	t.Parallel()
	got, err := naver.ParsePage(navertest.Page("10000001"), "10000001")
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range got.Menu {
		if strings.Contains(i.Name, "다른") {
			t.Errorf("a dish of place 100000012: %+v", i)
		}
	}
	if got, err := naver.ParsePage(navertest.Page("10000007"), "10000007"); err == nil {
		t.Errorf("a page about another place: %+v", got)
	}
	if got, err := naver.ParsePage(navertest.Page("10000001"), "20000002"); err != nil || got.Name != "옆집 국수" || len(got.Menu) != 0 || got.Hours != "" {
		t.Errorf("the place next door: %+v, %v", got, err)
	}
}

func TestAPageWithoutFactsSaysWhy(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ page, want string }{
		"discontinued":            {string(navertest.Page("10000006")), "no embedded state"},
		"broken off":              {string(navertest.Page("10000005")), "unexpected EOF"},
		"an empty state":          {"window.__APOLLO_STATE__ = {};", "is empty"},
		"a state that is null":    {"window.__APOLLO_STATE__ = null;", "is empty"},
		"a state that is a list":  {"window.__APOLLO_STATE__ = [];", "not an object"},
		"a state that is a call":  {"window.__APOLLO_STATE__ = load();", "read embedded state"},
		"a state of nothing":      {"window.__APOLLO_STATE__ = ", "EOF"},
		"nested without an end":   {"window.__APOLLO_STATE__ = " + strings.Repeat(`{"a":`, 20000), "read embedded state"},
		"a place without a name":  {`window.__APOLLO_STATE__ = {"PlaceDetailBase:10000005":{"id":"10000005"}};`, "does not name"},
		"a name that is a review": {`window.__APOLLO_STATE__ = {"PlaceDetailBase:10000005":{"__ref":"Review:1"},"Review:1":{"name":"x"}};`, "does not name"},
		"a name without an end":   {`window.__APOLLO_STATE__ = {"PlaceDetailBase:10000005":{"name":"` + strings.Repeat("가", 201) + `"}};`, "does not name"},
		"no page":                 {"", "no embedded state"},
	} {
		got, err := naver.ParsePage([]byte(c.page), "10000005")
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestHostileTextsStayTexts(t *testing.T) {
	t.Parallel()
	got, err := naver.ParsePage(navertest.Page("10000004"), "10000004")
	if err != nil || got.Name != "한빛&분식" || got.Address != "전주시 한빛길 4" {
		t.Errorf("%q, %q, %v", got.Name, got.Address, err)
	}
	var names []string
	for _, i := range got.Menu {
		names = append(names, i.Name)
		if i.Name == "순대" && i.Won != 0 || strings.Contains(i.Name, "김밥") && i.Won != 0 {
			t.Errorf("a price that is none: %+v", i)
		}
		if strings.ContainsAny(i.Name, "\n\u202e") || len([]rune(i.Name)) > 200 {
			t.Errorf("%q", i.Name)
		}
	}
	if len(names) != 7 { // all but the dish of 500 letters; whether they are fit to be facts is package place's business
		t.Errorf("%q", names)
	}
}

func TestPricesAreOneNumberOrNone(t *testing.T) {
	t.Parallel()
	for price, want := range map[string]int{
		`"9,000원"`: 9000, `"9000"`: 9000, `9000`: 9000, `"9,000 원"`: 9000, `"₩9,000"`: 9000, `"12,000won"`: 12000, `9000.0`: 9000, `{"value":9000}`: 9000,
		`"변동"`: 0, `""`: 0, `null`: 0, `"9,000원~"`: 0, `"9,000~12,000원"`: 0, `"9,00원"`: 0, `"-9000"`: 0, `-9000`: 0, `9000.5`: 0, `"9천원"`: 0, `1e99`: 0, `"100000001"`: 0, `[]`: 0, `true`: 0,
		`"９０００"`: 0, `"시가 9000"`: 0,
	} {
		page := fmt.Sprintf(`window.__APOLLO_STATE__ = {"PlaceDetailBase:1234":{"name":"가게","menus":[{"name":"떡","price":%s}]}}`, price)
		got, err := naver.ParsePage([]byte(page), "1234")
		if err != nil || len(got.Menu) != 1 || got.Menu[0].Won != want {
			t.Errorf("%s: %+v, %v, want %d", price, got.Menu, err, want)
		}
	}
}

func TestHoursAreInWordsOrNotAtAll(t *testing.T) {
	t.Parallel()
	for hours, want := range map[string]string{
		`[{"day":"매일","start":"09:00","end":"18:00"}]`:                                              "매일 09:00–18:00",
		`[{"day":"평일","start":"9:00","end":"18:00"},{"day":"주말","description":"휴무"}]`:               "평일 09:00–18:00, 주말 쉼",
		`[{"day":"월요일","start":"09:00","end":"18:00"},{"day":"수요일","start":"09:00","end":"18:00"}]`: "월 09:00–18:00, 수 09:00–18:00",
		`[{"businessHours":[{"day":"토","businessHours":{"start":"18:00","end":"26:00"}}]}]`:         "토 18:00–26:00",
		`[{"day":"월","start":"09:00","end":"18:00"},{"day":"월","start":"10:00","end":"18:00"}]`:     "",
		`[{"day":"11/29","start":"09:00","end":"18:00"}]`:                                           "",
		`[{"day":"월","start":"아침","end":"저녁"}]`:                                                     "",
		`[{"day":"월","start":"09:00","end":"18:00"},{"day":"화"}]`:                                   "",
		`"매일 10시부터"`: "매일 10시부터", `[]`: "", `null`: "", `7`: "", `{"day":"매일","start":"09:00","end":"18:00"}`: "매일 09:00–18:00",
	} {
		got, err := naver.ParsePage(fmt.Appendf(nil, `window.__APOLLO_STATE__ = {"PlaceDetailBase:1234":{"name":"가게","businessHours":%s}}`, hours), "1234")
		if err != nil || got.Hours != want {
			t.Errorf("%s: %q, %v, want %q", hours, got.Hours, err, want)
		}
	}
}

// Whatever else is in the state, nothing panics, and a name that is found is short and of one line.
func TestAnyJSONAroundAPlaceIsRead(t *testing.T) {
	t.Parallel()
	fields := []string{"id", "name", "category", "roadAddress", "phone", "businessHours", "newBusinessHours", "menus", "coordinate", "x", "y", "conveniences", "informationTab", "keywordList", "price", "day", "start", "end", "base", "__ref", "type", "items"}
	var value func(depth int) *rapid.Generator[any]
	value = func(depth int) *rapid.Generator[any] {
		kinds := []*rapid.Generator[any]{rapid.String().AsAny(), rapid.Float64Range(-1e12, 1e12).AsAny(), rapid.Bool().AsAny(), rapid.Just[any](nil),
			rapid.SampledFrom([]any{"PlaceDetailBase:1234", "A", "ROOT_QUERY", "Menu:1234_0", "월", "11:00", "9,000원", "1234"})}
		if depth > 0 {
			kinds = append(kinds, rapid.SliceOfN(value(depth-1), 0, 3).AsAny(), rapid.MapOfN(rapid.SampledFrom(fields), value(depth-1), 0, 5).AsAny())
		}
		return rapid.OneOf(kinds...)
	}
	rapid.Check(t, func(t *rapid.T) {
		state := rapid.MapOfN(rapid.SampledFrom([]string{"PlaceDetailBase:1234", `Place:{"id":"1234"}`, "A", "ROOT_QUERY", "Menu:1234_0", "Menu:1234_x", "VisitorReview:1234"}), value(4), 0, 6).Draw(t, "state")
		text, err := json.Marshal(state)
		if err != nil {
			t.Skip("not JSON")
		}
		before := rapid.SampledFrom([]string{"", "<script>", "window.__APOLLO_STATE__", "};"}).Draw(t, "before")
		p, err := naver.ParsePage([]byte(before+" window.__APOLLO_STATE__ = "+string(text)+"; "+before), "1234")
		if err == nil && (p.Name == "" || strings.ContainsAny(p.Name+p.Address+p.Category+p.Hours, "\n\r\x00") || len([]rune(p.Name)) > 200) {
			t.Fatalf("%+v", p)
		}
	})
}

func TestAPageThatRefersToOneLargeEntityAgainAndAgainIsNotUnfolded(t *testing.T) {
	t.Parallel()
	large := strings.Repeat(`"x",`, 30<<10) + `"x"` // 120 KB
	page := func(refs int) []byte {
		return []byte(`<script>window.__APOLLO_STATE__ = {"PlaceDetailBase:10000001":{"name":"a","menus":[` +
			strings.Repeat(`{"__ref":"B"},`, refs) + `{"name":"b"}]},"B":{"list":[` + large + `]}};</script>`)
	}
	if p, err := naver.ParsePage(page(2), "10000001"); err != nil || len(p.Menu) != 1 {
		t.Errorf("twice: %+v, %v", p, err)
	}
	if _, err := naver.ParsePage(page(200), "10000001"); err == nil { // 24 MB
		t.Error("two hundred times: it was unfolded")
	}
}
