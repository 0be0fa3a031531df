package naver_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"castad/shared/fault"
	"castad/shared/provider/naver"
)

const home = "https://m.place.naver.com/place/10000001/home"

func TestEveryFormOfALinkIsRead(t *testing.T) {
	t.Parallel()
	restaurant := "https://m.place.naver.com/restaurant/10000001/home"
	for text, want := range map[string]naver.Link{
		"https://map.naver.com/p/entry/place/10000001":                                       {Vendor: "naver", ID: "10000001", URL: home},
		"https://map.naver.com/p/entry/place/10000001?lng=127.1&placePath=%2Fhome&entry=plt": {Vendor: "naver", ID: "10000001", URL: home},
		"https://map.naver.com/p/search/%EC%B9%BC%EA%B5%AD%EC%88%98/place/10000001?c=15,0,0": {Vendor: "naver", ID: "10000001", URL: home},
		"https://map.naver.com/p/search/칼국수/place/10000001":                                  {Vendor: "naver", ID: "10000001", URL: home},
		"https://map.naver.com/p/search/place/place/10000001":                                {Vendor: "naver", ID: "10000001", URL: home},
		"https://map.naver.com/v5/entry/place/10000001":                                      {Vendor: "naver", ID: "10000001", URL: home},
		"https://map.naver.com/v5/search/x/place/10000001":                                   {Vendor: "naver", ID: "10000001", URL: home},
		"https://m.place.naver.com/restaurant/10000001/home":                                 {Vendor: "naver", ID: "10000001", URL: restaurant},
		"https://m.place.naver.com/restaurant/10000001":                                      {Vendor: "naver", ID: "10000001", URL: restaurant},
		"https://m.place.naver.com/restaurant/10000001/review/visitor?entry=ple#x":           {Vendor: "naver", ID: "10000001", URL: restaurant},
		"https://pcmap.place.naver.com/restaurant/10000001/menu/list":                        {Vendor: "naver", ID: "10000001", URL: restaurant},
		"http://m.place.naver.com/place/10000001":                                            {Vendor: "naver", ID: "10000001", URL: home},
		"HTTPS://M.Place.Naver.COM/place/10000001/":                                          {Vendor: "naver", ID: "10000001", URL: home},
		"m.place.naver.com/place/10000001":                                                   {Vendor: "naver", ID: "10000001", URL: home},
		"https://naver.me/xYz12":                                                             {Vendor: "naver", URL: "https://naver.me/xYz12"},
		"naver.me/xYz12":                                                                     {Vendor: "naver", URL: "https://naver.me/xYz12"},
		"https://place.map.kakao.com/20000002":                                               {Vendor: "kakao", ID: "20000002", URL: "https://place.map.kakao.com/20000002"},
		"https://map.kakao.com/link/map/20000002":                                            {Vendor: "kakao", ID: "20000002", URL: "https://place.map.kakao.com/20000002"},
		"[네이버 지도]\n돌담골목 칼국수\n서울 중구 을지로 999길 7\nhttps://naver.me/xYz12":                       {Vendor: "naver", URL: "https://naver.me/xYz12", Name: "돌담골목 칼국수", Address: "서울 중구 을지로 999길 7"},
		"[네이버지도] 돌담골목 칼국수\r\n서울 중구\r\n\r\nhttps://naver.me/xYz12\r\n":                        {Vendor: "naver", URL: "https://naver.me/xYz12", Name: "돌담골목 칼국수", Address: "서울 중구"},
		"[네이버 지도]\n한빛분식\nhttps://naver.me/xYz12":                                             {Vendor: "naver", URL: "https://naver.me/xYz12", Name: "한빛분식"},
		"[네이버 지도]\nhttps://naver.me/xYz12":                                                   {Vendor: "naver", URL: "https://naver.me/xYz12"},
		"[카카오맵] 한빛분식\n전주시 1\nhttps://place.map.kakao.com/20000002":                           {Vendor: "kakao", ID: "20000002", URL: "https://place.map.kakao.com/20000002", Name: "한빛분식", Address: "전주시 1"},
		"우리 가게예요\nTEL:063-000-0000\nhttps://naver.me/xYz12 https://naver.me/xYz12":           {Vendor: "naver", URL: "https://naver.me/xYz12"},
		"  https://m.place.naver.com/hairshop/00012345678901234567/home\u00a0":               {Vendor: "naver", ID: "00012345678901234567", URL: "https://m.place.naver.com/hairshop/00012345678901234567/home"},
		"https://m.map.naver.com/p/entry/place/10000001":                                     {Vendor: "naver", ID: "10000001", URL: home},
	} {
		got, err := naver.ParseLink(text)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%q: %v (-want +got):\n%s", text, err, diff)
		}
	}
}

func TestALookAlikeIsNoLinkOfAPlace(t *testing.T) {
	t.Parallel()
	for why, text := range map[string]string{
		"nothing":                     " ",
		"no link":                     "돌담골목 칼국수",
		"userinfo":                    "https://naver.me@evil.example/xYz12",
		"userinfo with a password":    "https://naver.me:x@evil.example/xYz12",
		"userinfo before the host":    "https://me@naver.me/xYz12",
		"a host that goes on":         "https://naver.me.evil.example/xYz12",
		"a host that begins before":   "https://evilnaver.me/xYz12",
		"a host below":                "https://x.naver.me/xYz12",
		"a trailing dot":              "https://naver.me./xYz12",
		"a Cyrillic letter":           "https://nаver.me/xYz12",
		"a full-width letter":         "https://ｎaver.me/xYz12",
		"punycode":                    "https://xn--nver-73d.me/xYz12",
		"an encoded dot":              "https://m%2eplace.naver.com/place/10000001",
		"a backslash":                 `https://naver.me\@evil.example/xYz12`,
		"a tab":                       "https://naver.me/x\tYz12",
		"a port":                      "https://naver.me:8443/xYz12",
		"the usual port":              "https://naver.me:443/xYz12",
		"an empty port":               "https://naver.me:/xYz12",
		"another scheme":              "ftp://naver.me/xYz12",
		"a script":                    "javascript:location='https://naver.me/xYz12'",
		"no authority":                "https:naver.me/xYz12",
		"no host":                     "https:///place/10000001",
		"an id in the query":          "https://m.place.naver.com/?id=10000001",
		"an id in the fragment":       "https://map.naver.com/p/#/entry/place/10000001",
		"an id in the searched words": "https://map.naver.com/p/search/place%2F99999999",
		"an encoded id":               "https://m.place.naver.com/place/%31%30000001",
		"letters in an id":            "https://m.place.naver.com/place/1000000a",
		"digits of another script":    "https://m.place.naver.com/place/１００００００１",
		"an id of three digits":       "https://m.place.naver.com/place/123",
		"an id without an end":        "https://m.place.naver.com/place/" + strings.Repeat("1", 21),
		"a short link with more":      "https://naver.me/xYz12/more",
		"a short link with a dot":     "https://naver.me/x.Yz12",
		"the host alone":              "https://naver.me/",
		"a list of favourites":        "https://map.naver.com/p/favorite/place/folder/10000001",
		"another service of Naver's":  "https://blog.naver.com/place/10000001",
		"Kakao's short link":          "https://kko.to/abcdef",
		"a share with Kakao's":        "[카카오맵] 한빛분식\nhttps://kko.to/abcdef",
		"two places":                  "https://naver.me/xYz12 https://naver.me/xYz13",
		"a place and something else":  "https://naver.me/xYz12 https://evil.example/",
		"a text without an end":       "https://naver.me/xYz12 " + strings.Repeat("a", 2000),
		"invalid UTF-8":               "https://naver.me/xYz12 \xff",
		"a metadata service":          "http://169.254.169.254/place/10000001",
	} {
		if got, err := naver.ParseLink(text); fault.CodeOf(err) != fault.CodeNotPlaceLink {
			t.Errorf("%s: %+v, %v", why, got, err)
		}
	}
}

func TestALinkReadAgainIsTheSame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.StringMatching(`[0-9]{4,20}`).Draw(t, "id")
		kind := rapid.SampledFrom([]string{"place", "restaurant", "cafe", "hairshop", "nailshop", "hospital", "accommodation"}).Draw(t, "kind")
		words := rapid.StringMatching(`[가-힣a-z0-9%]{1,9}`).Draw(t, "words")
		form := rapid.SampledFrom([]string{"https://map.naver.com/p/entry/%[1]s/%[2]s", "https://map.naver.com/p/search/%[3]s/%[1]s/%[2]s?c=1", "m.place.naver.com/%[1]s/%[2]s/home#a",
			"http://pcmap.place.naver.com/%[1]s/%[2]s/menu/list", "[네이버 지도]\n가게\n주소\nhttps://map.naver.com/v5/entry/%[1]s/%[2]s"}).Draw(t, "form")
		if strings.Contains(words, "%") {
			words = "x" // a stray % is no address at all
		}
		first, err := naver.ParseLink(fmt.Sprintf(form+"%.0[1]s%.0[2]s%.0[3]s", kind, id, words))
		if err != nil || first.ID != id || first.Vendor != naver.Naver {
			t.Fatalf("%+v, %v", first, err)
		}
		again, err := naver.ParseLink(first.URL)
		first.Name, first.Address = "", ""
		if err != nil || again != first {
			t.Fatalf("%+v, again %+v, %v", first, again, err)
		}
	})
}
