package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"castad/functions/auth"
	"castad/shared/config"
	"castad/shared/fault"
	"castad/shared/provider/kakao/kakaotest"
	"castad/shared/provider/providertest"
)

const nativeKey = "native"

// withKakao is an app where people can sign in.
func withKakao(k *kakaotest.Server) func(*config.Config) {
	return func(c *config.Config) {
		c.AppURL, c.KakaoAuthURL, c.KakaoAPIURL, c.KakaoLocalURL, c.KakaoAppID = c.PublicURL, k.URL, k.URL, k.URL, "1"
		c.KakaoRESTKey, c.KakaoClientSecret = config.NewSecret("key"), config.NewSecret("s")
		c.KakaoAdminKey, c.KakaoNativeKey = config.NewSecret("admin"), config.NewSecret(nativeKey)
	}
}

func startKakao(t *testing.T) *kakaotest.Server {
	t.Helper()
	return kakaotest.Start(t, kakaotest.Options{RESTKey: "key", ClientSecret: "s", AdminKey: "admin", AppID: "1", Agree: true,
		Users: []kakaotest.User{{ID: 9007199254740993, Nickname: "한빛", Email: "same@example.kr"}, {ID: 9007199254740992, Nickname: "한빛", Email: "same@example.kr"}}})
}

// signedIn is a bench whose caller has signed in with Kakao.
func signedIn(t *testing.T) (*kakaotest.Server, *bench, *surfer) {
	t.Helper()
	k := startKakao(t)
	b, s := newBench(t, withKakao(k)), newSurfer(t)
	s.get(s.begin(b.url, "/"))
	_, got := s.renew(b.url)
	b.token = got.Access
	return k, b, s
}

// surfer is a browser that follows no redirect by itself.
type surfer struct {
	t   *testing.T
	jar http.CookieJar
	c   http.Client
}

func newSurfer(t *testing.T) *surfer {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &surfer{t: t, jar: jar, c: http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// get opens an address and returns the status, where it leads to and the body.
func (s *surfer) get(address string) (status int, to, body string) {
	s.t.Helper()
	return s.do(http.MethodGet, address, "")
}

func (s *surfer) do(method, address, body string) (status int, to, text string) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	a, err := s.c.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer a.Body.Close()
	raw, err := io.ReadAll(a.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return a.StatusCode, a.Header.Get("Location"), string(raw)
}

// cookie is what the browser would send to an address, nil = nothing of that name.
func (s *surfer) cookie(address, name string) *http.Cookie {
	s.t.Helper()
	at, err := url.Parse(address)
	must(s.t, err)
	all := s.jar.Cookies(at)
	if i := slices.IndexFunc(all, func(c *http.Cookie) bool { return c.Name == name }); i >= 0 {
		return all[i]
	}
	return nil
}

// begin goes to Kakao, consents there, and returns the address of the way back.
func (s *surfer) begin(api, next string) (back string) {
	s.t.Helper()
	status, to, body := s.get(api + "/api/v1/auth/kakao/start?next=" + url.QueryEscape(next))
	if status != http.StatusSeeOther {
		s.t.Fatalf("start: %d %s", status, body)
	}
	if status, back, body = s.get(to); status != http.StatusFound {
		s.t.Fatalf("consent: %d %s", status, body)
	}
	return back
}

// session is what renew answers.
type session struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
	Expires int    `json:"expires_in"`
	Code    string `json:"code"`
}

func (s *surfer) renew(api string) (int, session) {
	s.t.Helper()
	status, _, body := s.do(http.MethodPost, api+"/api/v1/auth/renew", "")
	return status, s.read(body)
}

func (s *surfer) read(body string) (out session) {
	s.t.Helper()
	if err := json.Unmarshal([]byte(body), &out); err != nil {
		s.t.Fatalf("%v: %s", err, body)
	}
	return out
}

// problem is the code of a problem.
func problem(t *testing.T, body string) fault.Code {
	t.Helper()
	var p struct{ Code fault.Code }
	if err := json.Unmarshal([]byte(body), &p); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return p.Code
}

func (b *bench) users() int {
	b.t.Helper()
	return b.count(`SELECT COUNT(*) FROM users`)
}

func TestABrowserSignsInAndNobodyElseDoes(t *testing.T) {
	t.Parallel()
	k := startKakao(t)
	b := newBench(t, withKakao(k))
	victim, attacker := newSurfer(t), newSurfer(t)
	refused := func(what string, s *surfer, address string, want fault.Code) {
		t.Helper()
		status, to, body := s.get(address)
		if status != want.Kind().Status() || to != "" || problem(t, body) != want {
			t.Errorf("%s: %d %s %s", what, status, to, body)
		}
		if n := b.users(); n != 0 {
			t.Errorf("%s: %d users", what, n)
		}
	}
	sentBack := func(what string, s *surfer, address, path string, want fault.Code) {
		t.Helper()
		status, to, body := s.get(address)
		if status != http.StatusSeeOther || to != b.url+path+"login_error="+string(want) || body != "" || s.cookie(b.url, "castad_refresh") != nil {
			t.Errorf("%s: %d %s %s", what, status, to, body)
		}
	}
	for _, next := range []string{"https://evil.example", "//evil.example", "/\\evil.example", "/%0d%0aa"} {
		refused("next "+next, victim, b.url+"/api/v1/auth/kakao/start?next="+url.QueryEscape(next), fault.CodeBadValue)
	}
	back := victim.begin(b.url, "/shop?tab=2")
	callback := b.url + "/api/v1/auth/kakao/callback"
	refused("no state", victim, callback+"?code=x", fault.CodeLoginState)
	refused("an unknown state", victim, callback+"?code=x&state="+auth.NewAttempt("").State, fault.CodeLoginState)
	refused("the state in another browser", attacker, back, fault.CodeLoginState)
	refused("the attacker's code in the victim's browser", victim, attacker.begin(b.url, "/"), fault.CodeLoginState)
	forged, _ := url.Parse(attacker.begin(b.url, "/shop?tab=3"))
	q := forged.Query()
	code := q.Get("code")
	q.Del("code")
	q.Set("error", "access_denied")
	sentBack("called off", attacker, callback+"?"+q.Encode(), "/shop?tab=3&", fault.CodeLoginRefused)
	mine, _ := url.Parse(newSurfer(t).begin(b.url, "/")) // a code that belongs to another attempt: its nonce is another
	again := newSurfer(t)
	other, _ := url.Parse(again.begin(b.url, "/"))
	q = other.Query()
	q.Set("code", mine.Query().Get("code"))
	sentBack("another attempt's code", again, callback+"?"+q.Encode(), "/?", fault.CodeUnauthenticated)
	k.Next(providertest.Fault{Kind: providertest.Status, Status: 503, Op: "token"})
	late := newSurfer(t)
	sentBack("Kakao out of order", late, late.begin(b.url, "/"), "/?", fault.CodeVendorUnknown)
	if n := b.users(); n != 0 {
		t.Errorf("%d users", n)
	}

	status, to, body := victim.get(back)
	if status != http.StatusSeeOther || to != b.url+"/shop?tab=2" {
		t.Fatalf("the way back: %d %s %s", status, to, body)
	}
	if status, _, body = victim.get(back); status != http.StatusBadRequest || problem(t, body) != fault.CodeLoginState {
		t.Errorf("the way back again: %d %s", status, body)
	}
	spent := newSurfer(t)
	u, _ := url.Parse(spent.begin(b.url, "/"))
	q = u.Query()
	used, _ := url.Parse(back)
	q.Set("code", used.Query().Get("code"))
	sentBack("a code that was used, with a good state", spent, callback+"?"+q.Encode(), "/?", fault.CodeLoginState)
	if n := b.users(); n != 1 {
		t.Errorf("%d users", n)
	}
	if code == "" || strings.Contains(body, code) {
		t.Error("a code is shown")
	}
	fit := map[bool]int{} // Kakao does not look at the verifier
	for _, e := range k.Ledger() {
		if e.Op == "authorize" && !strings.Contains(string(e.Request), "S256") {
			t.Errorf("no PKCE was sent: %s", e.Request)
		}
		if e.Op == "token" {
			fit[strings.Contains(string(e.Request), `"verifier_fits":"true"`)]++
		}
	}
	if fit[true] != 1 || fit[false] != 1 {
		t.Errorf("%d verifiers fit, %d do not; the other attempt's does not", fit[true], fit[false])
	}
}

func TestASessionGoesOnByItsCookieOnly(t *testing.T) {
	t.Parallel()
	b := newBench(t, withKakao(startKakao(t)))
	s := newSurfer(t)
	if status, got := s.renew(b.url); status != http.StatusUnauthorized || got.Code != string(fault.CodeUnauthenticated) {
		t.Errorf("without a session: %d %+v", status, got)
	}
	status, _, _ := s.get(s.begin(b.url, "/"))
	cookie := s.cookie(b.url, "castad_refresh")
	if status != http.StatusSeeOther || cookie == nil {
		t.Fatalf("%d, %v", status, cookie)
	}
	status, got := s.renew(b.url)
	if status != http.StatusOK || got.Access == "" || got.Refresh != "" || got.Expires != 900 {
		t.Fatalf("renewed: %d %+v", status, got)
	}
	me := b.send("GET", "/auth/me", got.Access, nil, nil)
	var user auth.User
	if err := json.Unmarshal(me.body, &user); err != nil || me.status != 200 || user.Name != "한빛" || user.Role != "owner" || me.header.Get("Etag") == "" {
		t.Errorf("me: %d %s", me.status, me.body)
	}
	if same := b.send("GET", "/auth/me", got.Access, map[string]string{"If-None-Match": me.header.Get("Etag")}, nil); same.status != http.StatusNotModified {
		t.Errorf("me again: %d", same.status)
	}
	for name, token := range map[string]string{"the refresh token": cookie.Value, "nothing": ""} {
		if a := b.send("GET", "/auth/me", token, nil, nil); a.status != http.StatusUnauthorized {
			t.Errorf("%s opens the API: %d", name, a.status)
		}
	}
	status, _, body := s.do(http.MethodPost, b.url+"/api/v1/auth/renew", `{"audience":"admin"}`)
	if status != http.StatusForbidden || problem(t, body) != fault.CodeDenied {
		t.Errorf("an owner asks for an operator's token: %d %s", status, body)
	}
	if a := b.send("POST", "/auth/leave", got.Access, nil, nil); a.status != http.StatusBadRequest {
		t.Errorf("leaving without saying which session: %d %s", a.status, a.body)
	}
	left := b.send("POST", "/auth/leave", got.Access, map[string]string{"Cookie": "castad_refresh=" + cookie.Value}, nil)
	if string(left.body) != `{"sessions_ended":1}`+"\n" || !strings.Contains(left.header.Get("Set-Cookie"), "castad_refresh=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax") {
		t.Errorf("leaving: %s %v", left.body, left.header)
	}
	if status, got := s.renew(b.url); status != http.StatusUnauthorized || got.Code != string(fault.CodeSessionEnded) {
		t.Errorf("after leaving: %d %+v", status, got)
	}
}

func TestANativeAppSignsInWithItsIDToken(t *testing.T) {
	t.Parallel()
	k := startKakao(t)
	b := newBench(t, withKakao(k))
	nonce := auth.NewAttempt("").State
	one := kakaotest.User{ID: 9007199254740993, Nickname: "한빛", Email: "same@example.kr"}
	post := func(token, nonce string) answer {
		t.Helper()
		body, _ := json.Marshal(map[string]string{"id_token": token, "nonce": nonce})
		return b.send("POST", "/auth/kakao/token", "", map[string]string{"Content-Type": "application/json"}, body)
	}
	old := k.Claims(one, nativeKey, nonce)
	old["iat"] = time.Now().Add(-auth.AttemptLife - time.Minute).Unix()
	ageless := k.Claims(one, nativeKey, nonce)
	delete(ageless, "iat")
	for name, a := range map[string]answer{
		"the website's token":    post(k.IDToken(one, "key", nonce), nonce),
		"another nonce":          post(k.IDToken(one, nativeKey, nonce), auth.NewAttempt("").State),
		"an old token":           post(k.Sign(old), nonce),
		"a token of no time":     post(k.Sign(ageless), nonce),
		"an access token":        post(b.token, nonce),
		"somebody else's signer": post(startKakao(t).Sign(k.Claims(one, nativeKey, nonce))+"x", nonce),
	} {
		if a.status != http.StatusUnauthorized {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	if a := post(k.IDToken(one, nativeKey, "short"), "short"); a.status != http.StatusBadRequest {
		t.Errorf("a nonce that can be guessed: %d %s", a.status, a.body)
	}
	token := k.IDToken(one, nativeKey, nonce)
	a := post(token, nonce)
	var s session
	if err := json.Unmarshal(a.body, &s); err != nil || a.status != 200 || s.Access == "" || s.Refresh == "" {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if a := post(token, nonce); a.status != http.StatusUnauthorized {
		t.Errorf("the token again: %d %s", a.status, a.body)
	}
	nonce = auth.NewAttempt("").State
	if post(k.IDToken(kakaotest.User{ID: 9007199254740992, Nickname: "한빛", Email: "same@example.kr"}, nativeKey, nonce), nonce); b.users() != 2 {
		t.Errorf("two people of one nickname and address are %d users", b.users())
	}
	body, _ := json.Marshal(map[string]string{"refresh_token": s.Refresh})
	renewed := b.send("POST", "/auth/renew", "", map[string]string{"Content-Type": "application/json"}, body)
	var next session
	if err := json.Unmarshal(renewed.body, &next); err != nil || next.Refresh == "" || next.Refresh == s.Refresh || renewed.header.Get("Set-Cookie") != "" {
		t.Errorf("renewed: %d %s %v", renewed.status, renewed.body, renewed.header)
	}
	if n := b.count(`SELECT COUNT(*) FROM users WHERE name LIKE '%@%' OR subject LIKE '%@%'`); n != 0 {
		t.Error("an e-mail address is kept")
	}
}

// Kakao wants its answer within three seconds whatever is the matter with the channels
// and with Kakao itself.
func TestKakaosWordThatALinkHasEndedIsTakenWhileEveryVendorHangs(t *testing.T) {
	t.Parallel()
	k, b, s := signedIn(t)
	b.account("youtube")
	hang := providertest.Fault{Kind: providertest.Hang, Times: 100}
	b.youtube.Next(hang)
	for _, op := range []string{"token", "keys", "me", "unlink"} {
		f := hang
		f.Op = op
		k.Next(f)
	}
	to := b.url + "/api/v1/auth/kakao/unlink"
	for user, want := range map[string]int{"9007199254740993": 200, "12345": 200, "x": 400} {
		if status, err := k.SendUnlink("POST", to, user, ""); status != want || err != nil {
			t.Errorf("user %s: %d, %v", user, status, err)
		}
	}
	if status, got := s.renew(b.url); status != http.StatusUnauthorized || got.Code != string(fault.CodeSessionEnded) {
		t.Errorf("the session after the link's end: %d %+v", status, got)
	}
	form := url.Values{"app_id": {"1"}, "user_id": {"9007199254740992"}}.Encode()
	for name, key := range map[string]string{"no key": "", "another key": "KakaoAK other", "a bearer": "Bearer " + b.token} {
		header := map[string]string{"Content-Type": "application/x-www-form-urlencoded"}
		if key != "" {
			header["Authorization"] = key
		}
		if a := b.send("POST", "/auth/kakao/unlink", "", header, []byte(form)); a.status != http.StatusUnauthorized {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
}

func TestWithoutAKakaoAppNobodySignsInAndOnlyTheKeysAreShown(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, path := range []string{"/auth/kakao/start", "/auth/kakao/callback?state=x&code=y"} {
		if a := b.send("GET", path, "", nil, nil); a.status != http.StatusUnprocessableEntity || problem(t, string(a.body)) != fault.CodeLoginOff {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
	for path, body := range map[string]string{"/auth/kakao/token": `{"id_token":"x","nonce":"0123456789012345678901"}`, "/auth/kakao/unlink": ``} {
		if a := b.send("POST", path, "", map[string]string{"Content-Type": "application/json"}, []byte(body)); a.status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
	a := b.send("GET", "/auth/keys", "", nil, nil)
	if want := `{"keys":[{"kty":"OKP","crv":"Ed25519","x":"`; !strings.HasPrefix(string(a.body), want) || a.header.Get("Cache-Control") != "public, max-age=300" {
		t.Errorf("keys: %s %v", a.body, a.header)
	}
	if a := b.send("GET", "/auth/me", b.token, nil, nil); a.status != http.StatusUnauthorized || problem(t, string(a.body)) != fault.CodeSessionEnded { // a developer's token
		t.Errorf("me of nobody: %d %s", a.status, a.body)
	}
}
