package naver

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/jimsmart/grobotstxt"
)

// oneLine fails when a text that was read could not be shown in one line.
func oneLine(t *testing.T, texts ...string) {
	t.Helper()
	for _, s := range texts {
		if !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) || strings.TrimSpace(s) != s {
			t.Errorf("%q", s)
		}
	}
}

func FuzzParseLink(f *testing.F) {
	for _, s := range []string{"https://map.naver.com/p/entry/place/10000001", "https://map.naver.com/p/search/%EA%B0%80/place/10000001?c=1", "naver.me/xYz12", "[네이버 지도]\n가게\n주소\nhttps://naver.me/xYz12",
		"https://naver.me@evil/xYz12", "https://place.map.kakao.com/20000002", "https://naver.me:443/xYz12", "https://m.place.naver.com/restaurant/10000001/home#x", "https:\\\\naver.me/xYz12"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		l, err := ParseLink(text)
		if err != nil {
			return
		}
		u, err := url.Parse(l.URL)
		if err != nil || u.Scheme != "https" || u.User != nil || u.Port() != "" || u.RawQuery != "" || u.Fragment != "" ||
			u.Host != "naver.me" && u.Host != "m.place.naver.com" && u.Host != "place.map.kakao.com" {
			t.Errorf("%q leads to %q", text, l.URL)
		}
		if strings.Trim(l.ID, "0123456789") != "" || (l.ID == "") != (u.Host == "naver.me") {
			t.Errorf("%q has the id %q", text, l.ID)
		}
		again, err := ParseLink(l.URL)
		if l.Name, l.Address = "", ""; err != nil || again != l {
			t.Errorf("%q: %+v, again %+v, %v", text, l, again, err)
		}
	})
}

func FuzzParsePage(f *testing.F) {
	files, err := filepath.Glob("navertest/page/*.html")
	if err != nil || len(files) == 0 {
		f.Fatal("no fixtures", err)
	}
	for _, file := range files {
		page, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(page)
	}
	f.Add([]byte(`window.__APOLLO_STATE__ = {"PlaceDetailBase:10000001":{"name":"a","menus":[{"__ref":"PlaceDetailBase:10000001"}],"businessHours":{"day":"월","start":"1:00","end":"2:00"}}}`))
	f.Fuzz(func(t *testing.T, page []byte) {
		p, err := ParsePage(page, "10000001")
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n\r") || len(err.Error()) > 200 {
				t.Errorf("the error %q", err)
			}
			return
		}
		oneLine(t, p.Name, p.Category, p.Address, p.Phone, p.Hours)
		oneLine(t, append(p.Keywords, p.Conveniences...)...)
		for _, i := range p.Menu {
			if oneLine(t, i.Name); i.Won < 0 || i.Won > 100_000_000 || i.Name == "" {
				t.Errorf("%+v", i)
			}
		}
		if p.Name == "" || p.Lat != 0 && (p.Lat < 33 || p.Lat > 39 || p.Lng < 124 || p.Lng > 132) {
			t.Errorf("%+v", p)
		}
	})
}

func FuzzSearchAnswer(f *testing.F) {
	for _, s := range []string{`{"items":[{"title":"<b>a</b> &amp; b","link":"https://a.example","category":"x","telephone":"","address":"y","roadAddress":"","mapx":"1269783882","mapy":375666103}]}`,
		`{"items":[{"title":"a","link":"javascript:x","thumbnail":"https://t","sizewidth":"1080","sizeheight":-1}]}`, `{"items":null}`, `{"items":[1,"a",null,[]]}`, `[]`,
		`{"status":"OK","addresses":[{"roadAddress":"a","x":"126.97","y":"37.56"}]}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		list, err := items(body)
		if err == nil {
			for _, h := range hits(list) {
				if oneLine(t, h.Name, h.Category, h.Address, h.RoadAddress, h.URL); h.Name == "" || h.Phone != "" || h.ID != "" {
					t.Errorf("%+v", h)
				}
			}
			for _, p := range pictures(list) {
				if u, err := url.Parse(p.Page); err != nil || u.Scheme != "https" && u.Scheme != "http" || p.Width < 0 || p.Height < 0 {
					t.Errorf("%+v", p)
				}
			}
		}
		var g geocoded
		if json.Unmarshal(body, &g) == nil {
			for _, p := range g.positions() {
				if oneLine(t, p.RoadAddress, p.Address); p.Lat < 33 || p.Lat > 39 || p.Lng < 124 || p.Lng > 132 {
					t.Errorf("%+v", p)
				}
			}
		}
		var w wrong
		_ = json.Unmarshal(body, &w)
	})
}

// A robots.txt is read by a library; whatever is in it, a last group that forbids us
// everything is obeyed.
func FuzzRobots(f *testing.F) {
	for _, s := range []string{"User-agent: *\nDisallow: /\n", "user-agent: castad\nallow: /place/\ndisallow: /*?*x$", "\ufeffUser-agent: *\r\nDisallow: /a # b", "Crawl-delay: -1", "Disallow: /(", ""} {
		f.Add(s, "/place/10000001/home")
	}
	f.Fuzz(func(t *testing.T, text, path string) {
		u := (&url.URL{Scheme: "https", Host: "m.place.naver.com", Path: "/" + path}).String()
		grobotstxt.AgentAllowed(text, agent, u)
		if strings.Contains(strings.ToLower(text), "castad") || strings.Contains(strings.ToLower(text), "allow") {
			return
		}
		if grobotstxt.AgentAllowed(text+"\nUser-agent: CastAD\nDisallow: /\n", agent, u) {
			t.Errorf("%q is allowed", u)
		}
	})
}
