package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"castad/functions/ad"
	"castad/functions/place"
	"castad/shared/claim"
	"castad/shared/config"
	"castad/shared/fault"
	"castad/shared/provider/kakao/kakaotest"
	"castad/shared/provider/naver/navertest"
	"castad/shared/provider/providertest"

	"github.com/google/go-cmp/cmp"
)

// readsPages switches the reading of place pages on, at a stand-in.
func readsPages(s *navertest.Server) func(*config.Config) {
	return func(c *config.Config) {
		c.PlaceFetch, c.PlaceFetchContact, c.PlaceFetchVia = "on", "ops@castad.example", s.URL
	}
}

// pasted is what the owner of place 10000001 pastes from the app.
const pasted = "[네이버 지도]\n돌담골목 칼국수\n서울 중구 을지로 999길 7\nhttps://naver.me/xYz12"

func TestAPastedLinkBecomesAFilmOfWhatThePageSays(t *testing.T) {
	t.Parallel()
	s := navertest.Start(t, navertest.Options{})
	s.Lead("xYz12", "https://map.naver.com/p/entry/place/10000001?entry=plt")
	b := newBench(t, readsPages(s))
	body := mustJSON(t, map[string]any{"link": pasted, "consent": map[string]bool{"page": true}})
	p, again := b.linked(body), b.linked(body)
	if p.ID != again.ID || p.Name != "돌담골목 칼국수" || p.Source == nil || p.Source.Outcome != place.Waiting {
		t.Fatalf("%+v", p)
	}
	if n := len(s.Ledger()); n != 0 {
		t.Errorf("Naver was asked %d times before there is an order", n)
	}
	if other := b.send(http.MethodPost, "/places", b.token, jsonKey("linked"), []byte(mustJSON(t, map[string]any{"link": pasted}))); other.status != 422 {
		t.Errorf("the key again, without the consent: %d %s", other.status, other.body)
	}
	var a ad.Ad
	b.do(http.MethodPost, "/ads", "order-1", ad.Wish{Place: p.ID, Publish: "none"}, &a)
	if got := b.ended(a.ID); got.State != "succeeded" {
		t.Fatalf("the ad %s: %+v", got.State, got.Steps)
	}
	var now place.Place
	shown := b.send(http.MethodGet, fmt.Sprintf("/places/%v", p.ID), b.token, nil, nil)
	if err := json.Unmarshal(shown.body, &now); err != nil {
		t.Fatal(err)
	}
	want := append(p.Facts, claim.Fact{ID: "f4", Kind: claim.Category, Text: "칼국수, 만두", Source: "naver:10000001"},
		claim.Fact{ID: "f5", Kind: claim.Phone, Text: "0507-0000-0001", Source: "naver:10000001"},
		claim.Fact{ID: "f6", Kind: claim.Hours, Text: "화–일 11:00–21:00, 월 쉼", Source: "naver:10000001"},
		claim.Fact{ID: "f7", Kind: claim.Menu, Text: "얼큰 칼국수", Won: 9000, Source: "naver:10000001"},
		claim.Fact{ID: "f8", Kind: claim.Menu, Text: "바지락 칼국수", Won: 10000, Source: "naver:10000001"},
		claim.Fact{ID: "f9", Kind: claim.Menu, Text: "해물파전", Source: "naver:10000001"},
		claim.Fact{ID: "f10", Kind: claim.Menu, Text: "손만두 ; 반 접시", Source: "naver:10000001"},
		claim.Fact{ID: "f11", Kind: claim.Menu, Text: "곱빼기 추가", Source: "naver:10000001"})
	if diff := cmp.Diff(want, now.Facts); diff != "" || now.Source == nil || now.Source.Outcome != place.Fetched || now.Source.Link != "https://naver.me/xYz12" || now.Source.Reason != nil {
		t.Errorf("%s (-want +got):\n%s", shown.body, diff)
	}
	if len(b.chat.Ledger()) != 1 || strings.Contains(string(b.chat.Ledger()[0].Request), "먹보") || !strings.Contains(string(b.chat.Ledger()[0].Request), "바지락") {
		t.Errorf("what the writer was given: %d requests", len(b.chat.Ledger()))
	}
}

func TestAHostilePageReachesNoLyricWriter(t *testing.T) {
	t.Parallel()
	s := navertest.Start(t, navertest.Options{})
	b := newBench(t, readsPages(s))
	p := b.linked(`{"link":"https://m.place.naver.com/restaurant/10000004/home","consent":{"page":true}}`)
	var a ad.Ad
	b.do(http.MethodPost, "/ads", "order-1", ad.Wish{Place: p.ID, Publish: "none"}, &a)
	if got := b.ended(a.ID); got.State != "succeeded" {
		t.Fatalf("the ad %s: %+v", got.State, got.Steps)
	}
	for _, e := range b.chat.Ledger() {
		asked := strings.ToLower(string(e.Request))
		for _, hostile := range []string{"ignore all previous", "지시를 모두 무시", "alert(1)", "010-1234-5678", "evil.example"} {
			if strings.Contains(asked, hostile) {
				t.Errorf("%q reached the writer", hostile)
			}
		}
		if !strings.Contains(asked, "떡볶이") || !strings.Contains(asked, "한빛") {
			t.Errorf("the page's own facts did not: %s", asked)
		}
	}
}

func TestALinkThatGivesNothingIsRefusedBeforeThereIsAnOrder(t *testing.T) {
	t.Parallel()
	s := navertest.Start(t, navertest.Options{})
	on, off := newBench(t, readsPages(s)), newBench(t)
	if a := off.send(http.MethodGet, "/places?query=x", off.token, nil, nil); a.status != 500 || !strings.Contains(string(a.body), string(fault.CodeVendorSettings)) {
		t.Errorf("a search that is not set up: %d %s", a.status, a.body)
	}
	const yes = `,"consent":{"page":true}`
	for name, c := range map[string]struct {
		b     *bench
		body  string
		code  fault.Code
		field string
	}{
		"a link alone, fetching off":      {off, `{"link":"https://naver.me/xYz12"` + yes + `}`, fault.CodeNoFacts, "name"},
		"a link alone, no consent":        {on, `{"link":"https://naver.me/xYz12"}`, fault.CodeNoFacts, "name"},
		"a consent that says no":          {on, `{"link":"https://naver.me/xYz12","consent":{"page":false}}`, fault.CodeNoFacts, "name"},
		"a link to Kakao alone":           {on, `{"link":"https://place.map.kakao.com/20000002"` + yes + `}`, fault.CodeNoFacts, "name"},
		"neither link nor name":           {on, `{"area":"을지로"}`, fault.CodeMissingField, "name"},
		"another page, and no name":       {on, `{"link":"https://a.example/"}`, fault.CodeMissingField, "name"},
		"a consent to another page":       {on, `{"name":"가게","link":"https://a.example/"` + yes + `}`, fault.CodeNotPlaceLink, "link"},
		"a consent to nothing":            {on, `{"name":"가게"` + yes + `}`, fault.CodeNotPlaceLink, "link"},
		"a look-alike":                    {on, `{"name":"가게","link":"https://naver.me.evil.example/xYz12"` + yes + `}`, fault.CodeNotPlaceLink, "link"},
		"userinfo":                        {on, `{"name":"가게","link":"https://naver.me@evil.example/xYz12"}`, fault.CodeBadLink, "link"},
		"Kakao's short link with consent": {on, `{"name":"가게","link":"https://kko.to/abcdef"` + yes + `}`, fault.CodeNotPlaceLink, "link"},
		"a text that holds no link":       {on, `{"name":"가게","link":"[네이버 지도]\n가게"}`, fault.CodeBadValue, "link"},
		"a consent that is no object":     {on, `{"link":"https://naver.me/xYz12","consent":true}`, fault.CodeBadValue, "consent"},
	} {
		a := c.b.send(http.MethodPost, "/places", c.b.token, jsonKey(""), []byte(c.body))
		var p struct{ Code, Field string }
		if err := json.Unmarshal(a.body, &p); err != nil || p.Code != string(c.code) || p.Field != c.field || a.status != c.code.Kind().Status() {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	for name, c := range map[string]struct {
		b       *bench
		body    string
		outcome place.Outcome
	}{
		"a link and a name, fetching off": {off, `{"name":"가게","link":"https://naver.me/xYz12"` + yes + `}`, place.Off},
		"a link and a name, no consent":   {on, `{"name":"가게","link":"naver.me/xYz12"}`, place.NoConsent},
		"a link to Kakao and a name":      {on, `{"name":"가게","link":"https://place.map.kakao.com/20000002"` + yes + `}`, place.NotFetched},
		"a shared text":                   {off, mustJSON(t, map[string]string{"link": pasted}), place.NoConsent},
		"a link alone":                    {on, `{"link":"https://naver.me/xYz12"` + yes + `}`, place.Waiting},
	} {
		a := c.b.send(http.MethodPost, "/places", c.b.token, jsonKey(""), []byte(c.body))
		var p place.Place
		if err := json.Unmarshal(a.body, &p); err != nil || a.status != http.StatusCreated || p.Source == nil || p.Source.Outcome != c.outcome {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	if len(s.Ledger()) != 0 {
		t.Errorf("Naver was asked: %+v", s.Ledger())
	}
}

// linked makes a place from a body, with a photo.
func (b *bench) linked(body string) place.Place {
	b.t.Helper()
	var p place.Place
	b.do(http.MethodPost, "/places", "linked", json.RawMessage(body), &p)
	photo, err := os.ReadFile("../docs/sample/photos/1-front.jpg")
	if err != nil {
		b.t.Fatal(err)
	}
	if a := b.send(http.MethodPost, fmt.Sprintf("/places/%v/photos", p.ID), b.token, map[string]string{"Content-Type": "image/jpeg"}, photo); a.status/100 != 2 {
		b.t.Fatalf("photo: %d %s", a.status, a.body)
	}
	return p
}

func TestKakaoIsSearchedFirst(t *testing.T) {
	t.Parallel()
	k, s := kakaotest.Start(t, kakaotest.Options{RESTKey: "k"}), navertest.Start(t, navertest.Options{})
	b := newBench(t, func(c *config.Config) {
		c.KakaoRESTKey, c.KakaoLocalURL = config.NewSecret("k"), k.URL
		c.NaverAdapter, c.NaverURL, c.NaverID, c.NaverSecret = "legacy", s.URL, "i", config.NewSecret("secret")
	})
	for query, want := range map[string]string{"분식": `"source":"kakao","id":"2`, "돌담골목": `"source":"naver"`} {
		if a := b.send(http.MethodGet, "/places?query="+url.QueryEscape(query), b.token, nil, nil); a.status != 200 || !strings.Contains(string(a.body), want) {
			t.Errorf("%s: %d %s", query, a.status, a.body)
		}
	}
}

func TestPlacesAreSearchedForAndNotKept(t *testing.T) {
	t.Parallel()
	s := navertest.Start(t, navertest.Options{ID: "i", Secret: "secret"})
	b := newBench(t, func(c *config.Config) {
		c.NaverAdapter, c.NaverURL, c.NaverID, c.NaverSecret = "hub", s.URL, "i", config.NewSecret("secret")
	})
	search := func(query string) answer {
		return b.send(http.MethodGet, "/places?query="+url.QueryEscape(query), b.token, nil, nil)
	}
	const want = `{"items":[{"source":"naver","name":"돌담골목 칼국수 & 만두","category":"음식점>칼국수,만두","address":"서울특별시 중구 을지로3가 999-7","road_address":"서울특별시 중구 을지로999길 7 1층","lat":37.5666103,"lng":126.9783882,"url":"https://doldam.example.com/"}]}`
	if a := search("돌담골목 을지로"); a.status != 200 || strings.TrimSpace(string(a.body)) != want || a.header.Get("Cache-Control") != "no-store" {
		t.Errorf("%d %s %q", a.status, a.body, a.header.Get("Cache-Control"))
	}
	if a := search("없는 가게"); a.status != 200 || strings.TrimSpace(string(a.body)) != `{"items":[]}` {
		t.Errorf("nothing found: %d %s", a.status, a.body)
	}
	if a := search(""); a.status != 400 {
		t.Errorf("no query: %d %s", a.status, a.body)
	}
	if a := b.send(http.MethodGet, "/places?query=x", "", nil, nil); a.status != 401 {
		t.Errorf("no token: %d", a.status)
	}
	s.Next(providertest.Fault{Kind: providertest.Status, Status: 429, Op: "local"})
	if a := search("돌담골목"); a.status != 429 || a.header.Get("Retry-After") == "" {
		t.Errorf("a busy search: %d %s", a.status, a.body)
	}
	if n := b.rows()["places"]; n != 0 {
		t.Errorf("%d places are kept", n)
	}
}
