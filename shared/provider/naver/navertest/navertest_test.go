package navertest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"castad/shared/provider/naver/navertest"
	"castad/shared/provider/providertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Nothing of CastAD's asks here: the stand-in is Naver for whoever can speak HTTP.
func TestAnybodyCanAskTheStandIn(t *testing.T) {
	t.Parallel()
	s := navertest.Start(t, navertest.Options{ID: "id", Secret: "secret"})
	s.Lead("xYz12", "https://map.naver.com/p/entry/place/10000001")
	plain := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	get := func(path string, header ...string) (int, string, http.Header) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i+1 < len(header); i += 2 {
			req.Header.Set(header[i], header[i+1])
		}
		res, err := plain.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(body), res.Header
	}
	legacy := []string{"X-Naver-Client-Id", "id", "X-Naver-Client-Secret", "secret"}
	hub := []string{"X-NCP-APIGW-API-KEY-ID", "id", "X-NCP-APIGW-API-KEY", "secret"}
	for _, c := range []struct {
		path   string
		header []string
		status int
		has    string
	}{
		{"/v1/search/local.json?query=돌담골목", legacy, 200, `"telephone":""`},
		{"/search/v1/local?query=돌담골목&format=json", hub, 200, `"mapx":"1269783882"`},
		{"/search/v1/local?query=돌담골목", hub, 200, "<rss/>"},
		{"/v1/search/local.json?query=돌담골목", hub, 401, `"024"`},
		{"/v1/search/local.json", legacy, 400, "SE01"},
		{"/v1/search/local.json?query=a&display=9", legacy, 400, "SE02"},
		{"/v1/search/local.json?query=a", append(legacy, "X-Fault", `{"kind":"status","status":429,"code":"012"}`), 429, "012"},
		{"/map-geocode/v2/geocode?query=을지로", hub, 200, `"x":"126.9783882"`},
		{"/m.place.naver.com/robots.txt", nil, 200, "User-agent"},
		{"/m.place.naver.com/restaurant/10000001/home", nil, 200, "__APOLLO_STATE__"},
		{"/m.place.naver.com/restaurant/99999999/home", nil, 404, "없는"},
		{"/naver.me/nobody", nil, 404, "없는"},
	} {
		if status, body, _ := get(strings.ReplaceAll(c.path, " ", "%20"), c.header...); status != c.status || !strings.Contains(body, c.has) {
			t.Errorf("%s: %d %.200s", c.path, status, body)
		}
	}
	if status, _, header := get("/naver.me/xYz12", "User-Agent", "curl/8"); status != 302 || header.Get("Location") != "https://map.naver.com/p/entry/place/10000001" {
		t.Errorf("a short link: %d %q", status, header.Get("Location"))
	}
	_, text, _ := get("/ledger")
	var ledger struct{ Items []providertest.Entry }
	if err := json.Unmarshal([]byte(text), &ledger); err != nil || len(ledger.Items) != 5 || !strings.Contains(string(ledger.Items[4].Request), `"user_agent":"curl/8"`) {
		t.Errorf("%v: %s", err, text)
	}
}
