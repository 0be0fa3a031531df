package collect

import (
	"context"
	"errors"
	"testing"

	"castad/functions/place"
	"castad/shared/fault"
	"castad/shared/provider"
	"castad/shared/provider/naver"
	"castad/shared/provider/naver/navertest"
	"castad/shared/provider/providertest"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type freely struct{}

func (freely) Allow(context.Context, provider.Attempt) (provider.Pass, error) {
	return func(provider.Outcome) {}, nil
}

func pages(t *testing.T, s *navertest.Server) *naver.Pages {
	t.Helper()
	p, err := naver.NewPages(naver.PagesConfig{Contact: "ops@castad.example", Via: s.URL, Guard: freely{}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var restaurant = place.Link{Vendor: "naver", ID: "10000001", URL: "https://m.place.naver.com/restaurant/10000001/home"}

func TestAPageIsToldInTheOwnersTerms(t *testing.T) {
	t.Parallel()
	got, err := read(t.Context(), pages(t, navertest.Start(t, navertest.Options{})), restaurant)
	want := place.Found{Link: restaurant, Details: place.Details{Name: "돌담골목 칼국수", Category: "칼국수, 만두", Address: "서울 중구 을지로 999길 7 1층", Phone: "0507-0000-0001", Hours: "화–일 11:00–21:00, 월 쉼",
		Menu: []place.Item{{Name: "얼큰 칼국수", Won: 9000}, {Name: "바지락 칼국수", Won: 10000}, {Name: "해물파전"}, {Name: "손만두 }; 반 접시"}, {Name: "곱빼기 추가"}}}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func TestEveryWayInWhichAPageFailsHasAnOutcome(t *testing.T) {
	t.Parallel()
	link := func(id string) place.Link {
		return place.Link{Vendor: "naver", ID: id, URL: "https://m.place.naver.com/restaurant/" + id + "/home"}
	}
	for name, c := range map[string]struct {
		o       navertest.Options
		fault   providertest.Fault
		link    place.Link
		outcome place.Outcome
	}{
		"robots.txt":                 {navertest.Options{Robots: "User-agent: *\nDisallow: /"}, providertest.Fault{}, restaurant, place.Robots},
		"403":                        {navertest.Options{}, providertest.Fault{Kind: providertest.Status, Status: 403, Op: "page"}, restaurant, place.Refused},
		"429":                        {navertest.Options{}, providertest.Fault{Kind: providertest.Status, Status: 429, Op: "page"}, restaurant, place.Refused},
		"404":                        {navertest.Options{}, providertest.Fault{}, link("99999999"), place.Gone},
		"discontinued":               {navertest.Options{}, providertest.Fault{}, link("10000006"), place.Unreadable},
		"a short link nobody knows":  {navertest.Options{}, providertest.Fault{}, place.Link{Vendor: "naver", URL: "https://naver.me/xYz12"}, place.Gone},
		"a link that is not Naver's": {navertest.Options{}, providertest.Fault{}, place.Link{Vendor: "naver", URL: "https://evil.example/xYz12"}, place.Elsewhere},
		"Kakao":                      {navertest.Options{}, providertest.Fault{}, place.Link{Vendor: "kakao", ID: "20000002", URL: "https://place.map.kakao.com/20000002"}, place.NotFetched},
	} {
		s := navertest.Start(t, c.o)
		if c.fault.Kind != "" {
			s.Next(c.fault)
		}
		_, err := read(t.Context(), pages(t, s), c.link)
		var stop place.Stop
		if !errors.As(err, &stop) || stop.Outcome != c.outcome {
			t.Errorf("%s: %v", name, err)
		}
	}
	s := navertest.Start(t, navertest.Options{})
	s.Next(providertest.Fault{Kind: providertest.Drop, Op: "page"})
	if _, err := read(t.Context(), pages(t, s), restaurant); errors.As(err, new(place.Stop)) || fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a dropped connection: %v", err)
	}
}
