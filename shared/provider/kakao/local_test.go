package kakao_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"castad/shared/fault"
	"castad/shared/provider"
	"castad/shared/provider/kakao/kakaotest"
)

func TestASearchIsReadToItsEnd(t *testing.T) {
	t.Parallel()
	s, c, _ := start(t, kakaotest.Options{})
	seen := map[string]bool{}
	for page, more := 1, true; more; page++ {
		var hits []provider.PlaceHit
		var err error
		if hits, more, err = c.Search(t.Context(), " 한빛분식 ", page); err != nil || len(hits) != 15 {
			t.Fatalf("page %d: %d %v", page, len(hits), err)
		}
		for _, h := range hits {
			seen[h.ID] = true
		}
	}
	if len(seen) != 45 || s.Asked("search") != 3 {
		t.Errorf("%d places in %d pages", len(seen), s.Asked("search"))
	}
	hits, more, err := c.Search(t.Context(), "한빛분식 7호점", 1)
	want := []provider.PlaceHit{{ID: "26338007", Name: "한빛분식 7호점", Category: "음식점 > 분식", Phone: "02-312-0007", Address: "서울 마포구 서교동 7",
		RoadAddress: "서울 마포구 양화로 7", Lat: 37.550007, Lng: 126.920007, URL: "https://place.map.kakao.com/26338007", Source: "kakao"}}
	if diff := cmp.Diff(want, hits); diff != "" || more || err != nil {
		t.Errorf("%v %v %s", more, err, diff)
	}
	if hits, more, err := c.Search(t.Context(), "없는 가게", 1); len(hits) != 0 || more || err != nil {
		t.Errorf("%v %v %v", hits, more, err)
	}
}

func TestASearchThatKakaoWouldRefuseIsNotSent(t *testing.T) {
	t.Parallel()
	s, c, _ := start(t, kakaotest.Options{})
	for query, field := range map[string]string{"": "query", " \n": "query", strings.Repeat("가", 101): "query", "a\xff": "query"} {
		if _, _, err := c.Search(t.Context(), query, 1); fault.FieldOf(err) != field || fault.KindOf(err) != fault.Refused {
			t.Errorf("%.20q: %v", query, err)
		}
	}
	for _, page := range []int{0, -1, 4} {
		if _, _, err := c.Search(t.Context(), "분식", page); fault.FieldOf(err) != "page" {
			t.Errorf("%d: %v", page, err)
		}
	}
	if n := s.Asked("search"); n != 0 {
		t.Errorf("%d were sent", n)
	}
}

func TestResultsThatCannotBeUsedAreLeftOut(t *testing.T) {
	t.Parallel()
	hits, _, err := answering(t, `{"meta":{"is_end":true},"documents":[{"id":"1","place_name":"a\u202eb\n c","x":"200","y":"37.5","place_url":"https://evil.example/1"},
		{"id":"2"},{"place_name":"x"},{"id":"../3","place_name":"x"},{"id":"4","place_name":"x","x":"NaN","y":"NaN","place_url":"javascript:alert(1)"}]}`).Search(t.Context(), "a", 1)
	want := []provider.PlaceHit{{ID: "1", Name: "ab c", Source: "kakao"}, {ID: "4", Name: "x", Source: "kakao"}}
	if diff := cmp.Diff(want, hits); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
}
