package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"castad/functions/auth"
	"castad/functions/social"
	"castad/shared/config"
	"castad/shared/fault"
)

// Another host of the domain can give a visitor a cookie of any name but one that begins
// with __Host-. Else an attempt that somebody else has begun would be finished by them.
func TestACookieOfAnotherHostOfTheDomainFinishesNothing(t *testing.T) {
	t.Parallel()
	const site = "https://castad.example"
	k := startKakao(t)
	b := newBench(t, withKakao(k), func(c *config.Config) { c.PublicURL, c.AppURL = site, "https://app.example" })
	visit := func(path, cookie, token string) answer { // follows no redirect
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.url+"/api/v1"+path, http.NoBody)
		must(t, err)
		r.Header = http.Header{"Cookie": {cookie}, "Authorization": {token}}
		a, err := http.DefaultTransport.RoundTrip(r)
		must(t, err)
		defer a.Body.Close()
		body, err := io.ReadAll(a.Body)
		must(t, err)
		return answer{a.StatusCode, a.Header, body}
	}
	// led is where a consent leads back to, and the cookie that goes with it.
	led := func(begun answer, page *url.URL, press url.Values, name string) (path, value string) {
		t.Helper()
		cookie := begun.header.Get("Set-Cookie")
		value, attributes, _ := strings.Cut(strings.TrimPrefix(cookie, "__Host-"+name+"="), ";")
		if !strings.HasPrefix(cookie, "__Host-"+name+"=") || attributes != " Path=/; Max-Age=600; HttpOnly; Secure; SameSite=Lax" {
			t.Fatalf("the cookie is %q", cookie)
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, page.String(), http.NoBody)
		if press != nil {
			r, err = http.NewRequestWithContext(t.Context(), http.MethodPost, page.Scheme+"://"+page.Host+page.Path, strings.NewReader(page.RawQuery+"&"+press.Encode()))
		}
		must(t, err)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		a, err := http.DefaultTransport.RoundTrip(r)
		must(t, err)
		must(t, a.Body.Close())
		path, ours := strings.CutPrefix(a.Header.Get("Location"), site+"/api/v1")
		if !ours {
			t.Fatalf("consent: %d %v", a.StatusCode, a.Header)
		}
		return path, value
	}
	begun := visit("/auth/kakao/start?next=/shop", "", "")
	page, err := url.Parse(begun.header.Get("Location"))
	must(t, err)
	path, cookie := led(begun, page, nil, "castad_login")
	if a := visit(path, "castad_login="+cookie, ""); a.status != http.StatusBadRequest || problem(t, string(a.body)) != fault.CodeLoginState || b.users() != 0 {
		t.Errorf("a sign-in by another host's cookie: %d %s", a.status, a.body)
	}
	if a := visit(path, "__Host-castad_login="+cookie, ""); a.status != http.StatusSeeOther || a.header.Get("Location") != "https://app.example/shop" || !strings.HasPrefix(a.header.Get("Set-Cookie"), "__Host-castad_refresh=") {
		t.Errorf("a sign-in by one's own: %d %v %s", a.status, a.header, a.body)
	}
	begun = visit("/social/youtube/start", "", "Bearer "+b.token)
	var consent struct {
		URL string `json:"authorize_url"`
	}
	must(t, json.Unmarshal(begun.body, &consent))
	page, err = url.Parse(consent.URL)
	must(t, err)
	path, cookie = led(begun, page, url.Values{"answer": {"allow"}}, "castad_social")
	if a := visit(path, "castad_social="+cookie, ""); a.status != http.StatusBadRequest || problem(t, string(a.body)) != fault.CodeState || b.youtube.Asked("exchange") != 0 {
		t.Errorf("an account by another host's cookie: %d %s", a.status, a.body)
	}
	if a := visit(path, "__Host-castad_social="+cookie, ""); a.status != http.StatusOK {
		t.Errorf("an account by one's own: %d %s", a.status, a.body)
	}
}

// Without TLS there is no such name: a developer's browser would not keep it.
func TestWithoutTLSTheCookiesHaveTheirPlainNames(t *testing.T) {
	t.Parallel()
	plain, secure := "http://127.0.0.1:7071", "https://castad.example"
	for _, address := range []string{plain, secure} {
		at, err := url.Parse(address)
		must(t, err)
		site := auth.Site{API: address}
		for _, name := range []string{site.LoginCookie(), site.RefreshCookie(), social.CookieOf(address).Name} {
			if strings.HasPrefix(name, "__Host-") != (at.Scheme == "https") {
				t.Errorf("%s: %s", address, name)
			}
		}
	}
}
