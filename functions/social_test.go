package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	socialcallback "castad/functions/social/callback"
	socialdisconnect "castad/functions/social/disconnect"
	sociallist "castad/functions/social/list"
	socialstart "castad/functions/social/start"

	"castad/functions/social"
	"castad/shared/config"
	"castad/shared/id"
	"castad/shared/identity"
	"castad/shared/provider/instagram"
	"castad/shared/provider/instagram/instagramtest"
	"castad/shared/provider/youtube"
	"castad/shared/provider/youtube/youtubetest"
	"castad/shared/seal"
	"castad/shared/store"
	"castad/shared/store/storetest"
	"castad/shared/trigger"
)

// socialBench is the functions of connected accounts behind the host's door, with
// stand-ins for YouTube and Instagram.
type socialBench struct {
	t         *testing.T
	url       string
	db        *store.DB
	social    *social.Store
	youtube   *youtubetest.Server
	instagram *instagramtest.Server
	issuer    *identity.Issuer
	out       bytes.Buffer // everything that was answered
	mu        sync.Mutex
	clock     time.Time
}

func (b *socialBench) now() time.Time { b.mu.Lock(); defer b.mu.Unlock(); return b.clock }

func (b *socialBench) later(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.clock = b.clock.Add(d)
}

// appAt is where the web client is.
const appAt = "https://app.example"

func newSocialBench(t *testing.T) *socialBench {
	t.Helper()
	return newSocialBenchFor(t, appAt)
}

// newSocialBenchFor has its web client there; "" = there is none.
func newSocialBenchFor(t *testing.T, client string) *socialBench {
	t.Helper()
	b := &socialBench{t: t, db: storetest.Open(t), clock: time.Now()}
	b.youtube = youtubetest.Start(t, youtubetest.Options{Dir: t.TempDir(), Consent: true, Now: b.now})
	b.instagram = instagramtest.Start(t, instagramtest.Options{Now: b.now})
	tube, err := youtube.New(youtube.Config{APIURL: b.youtube.URL, TokenURL: b.youtube.URL, AuthorizeURL: b.youtube.URL + "/o/oauth2/v2/auth",
		ClientID: "c", ClientSecret: "s", Now: b.now})
	must(t, err)
	gram, err := instagram.New(instagram.Config{GraphURL: b.instagram.URL, APIURL: b.instagram.URL, AuthorizeURL: b.instagram.URL + "/oauth/authorize",
		AppID: "c", AppSecret: "s", Now: b.now})
	must(t, err)
	channels := consents{"youtube": tube, "instagram": gram}
	sealer, err := seal.Configured(time.Now, sealKey, "", nil)
	must(t, err)
	b.social = social.New(social.Config{DB: b.db.Primary(), Seal: sealer, Channels: channels, Now: b.now})
	keys, err := identity.ParseKeys(tokenKey)
	must(t, err)
	b.issuer, err = identity.NewIssuer(keys, "castad", "castad-api", time.Now)
	must(t, err)
	a := &app{db: b.db}
	a.tokens, err = identity.NewVerifier(keys, "castad", "castad-api", time.Now)
	must(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	b.url = "http://" + listener.Addr().String()
	log, g := slog.New(slog.NewJSONHandler(io.Discard, nil)), &gate{}
	must(t, g.open(t.Context(), b.db, log))
	must(t, a.limit(config.Config{Stage: config.Local, RateLimits: wide}, log, newMeter(), &parts{}))
	host, err := a.host(config.Config{}, parts{}, log, newMeter(), g, socialstart.New(b.social, channels, b.url),
		socialcallback.New(b.social, channels, b.url, client), sociallist.New(b.social), socialdisconnect.New(b.social))
	must(t, err)
	server := &http.Server{Handler: watched(t, host.Handler(), ""), ReadHeaderTimeout: time.Second}
	wait := background(func() { _ = server.Serve(listener) })
	t.Cleanup(func() { _ = server.Close(); wait() })
	return b
}

// user is a person: a browser with its cookies, signed in to an account of their own.
type user struct {
	b      *socialBench
	token  string
	client *http.Client
}

func (b *socialBench) user() *user {
	b.t.Helper()
	jar, err := cookiejar.New(nil)
	must(b.t, err)
	token, err := b.issuer.Issue(identity.Principal{Tenant: id.New[id.Tenant](time.Now()), User: id.New[id.User](time.Now()), Role: "owner"}, time.Hour)
	must(b.t, err)
	return &user{b: b, token: token, client: &http.Client{Jar: jar, Transport: &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// ask makes a request; one to CastAD's API that is not the callback carries the bearer token.
func (u *user) ask(method, target string, form url.Values) answer {
	u.b.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(u.b.t.Context(), method, target, body)
	must(u.b.t, err)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	own := strings.HasPrefix(target, u.b.url)
	if own && !strings.Contains(target, "/callback") {
		r.Header.Set("Authorization", "Bearer "+u.token)
	}
	a, err := u.client.Do(r)
	must(u.b.t, err)
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	must(u.b.t, err)
	if own && !strings.Contains(target, "/start") { // start's answer leads to the channel with the state, of course
		u.b.out.Write(text)
	}
	return answer{a.StatusCode, a.Header, text}
}

func (u *user) api(method, path string) answer {
	u.b.t.Helper()
	return u.ask(method, u.b.url+"/api/v1/social"+path, nil)
}

// start begins and returns the channel's consent page.
func (u *user) start(channel string) *url.URL {
	u.b.t.Helper()
	return u.startFor(channel, "")
}

// startFor is start for a path of the web client; "" = for none.
func (u *user) startFor(channel, next string) *url.URL {
	u.b.t.Helper()
	target := "/" + channel + "/start"
	if next != "" {
		target += "?next=" + url.QueryEscape(next)
	}
	a := u.api(http.MethodGet, target)
	var out struct {
		AuthorizeURL string `json:"authorize_url"`
	}
	if err := json.Unmarshal(a.body, &out); err != nil || a.status != http.StatusOK {
		u.b.t.Fatalf("start: %d %s", a.status, a.body)
	}
	to, err := url.Parse(out.AuthorizeURL)
	must(u.b.t, err)
	return to
}

// consent presses a button on the consent page; with is added to what the page sends.
// It returns where the channel leads the browser.
func (u *user) consent(page *url.URL, press string, with url.Values) string {
	u.b.t.Helper()
	form := page.Query()
	for k, v := range with {
		form[k] = v
	}
	form.Set("answer", press)
	form.Set("decision", press)
	a := u.ask(http.MethodPost, (&url.URL{Scheme: page.Scheme, Host: page.Host, Path: page.Path}).String(), form)
	back := a.header.Get("Location")
	if a.status != http.StatusFound || !strings.HasPrefix(back, u.b.url) {
		u.b.t.Fatalf("consent: %d %q %s", a.status, back, a.body)
	}
	back, _, _ = strings.Cut(back, "#") // browsers keep that to themselves
	return back
}

// connect goes all the way and returns the account.
func (u *user) connect(channel string, with url.Values) social.Account {
	u.b.t.Helper()
	a := u.ask(http.MethodGet, u.consent(u.start(channel), "allow", with), nil)
	var out struct{ Account social.Account }
	if err := json.Unmarshal(a.body, &out); err != nil || a.status != http.StatusOK {
		u.b.t.Fatalf("callback: %d %s", a.status, a.body)
	}
	return out.Account
}

func (b *socialBench) accounts() int {
	b.t.Helper()
	n, err := store.One(b.t.Context(), b.db.Primary(), `SELECT COUNT(*) FROM social_accounts WHERE state <> 'disconnected'`, func(n *int) []any { return []any{n} })
	must(b.t, err)
	return n
}

// exchanged is how often the channels were asked for tokens.
func (b *socialBench) exchanged() int {
	return b.youtube.Asked("exchange") + b.instagram.Asked("exchange")
}

func code(a answer) string {
	var problem struct{ Code string }
	_ = json.Unmarshal(a.body, &problem)
	return fmt.Sprintf("%d %s", a.status, problem.Code)
}

func TestAnOwnerConnectsBothChannelsAndTakesThemBack(t *testing.T) {
	t.Parallel()
	b := newSocialBench(t)
	u := b.user()
	tube, gram := u.connect("youtube", nil), u.connect("instagram", url.Values{"username": {"hanbit"}})
	if tube.ExternalID != youtubetest.ChannelID("owner") || gram.Name != "hanbit" || len(tube.MissingScopes)+len(gram.MissingScopes) != 0 {
		t.Errorf("%+v\n%+v", tube, gram)
	}
	var listed struct{ Items []social.Account }
	if err := json.Unmarshal(u.api(http.MethodGet, "/accounts").body, &listed); err != nil || len(listed.Items) != 2 {
		t.Errorf("listed %+v, %v", listed, err)
	}
	if again := u.connect("youtube", nil); again.ID != tube.ID {
		t.Errorf("connected again: %v, first %v", again.ID, tube.ID)
	}
	if _, token, err := b.social.Access(t.Context(), tenantOf(t, u), "youtube", tube.ID); err != nil || !strings.HasPrefix(token, "ya29.") || strings.Contains(b.out.String(), token) {
		t.Errorf("%.5s, %v", token, err)
	}
	for _, secret := range []string{"ya29.", "1//0", "IGAA"} {
		if strings.Contains(b.out.String(), secret) {
			t.Errorf("an answer shows a token:\n%s", b.out.String())
		}
	}
	if a := u.api(http.MethodDelete, "/accounts/"+tube.ID.String()); a.status != http.StatusOK || !strings.Contains(string(a.body), `"revoked":true`) || b.youtube.Asked("revoke") != 1 {
		t.Errorf("disconnect: %d %s, revoked %d times", a.status, a.body, b.youtube.Asked("revoke"))
	}
	if n := b.accounts(); n != 1 {
		t.Errorf("%d accounts are left", n)
	}
}

func tenantOf(t *testing.T, u *user) id.Tenant {
	t.Helper()
	keys, err := identity.ParseKeys(tokenKey)
	must(t, err)
	v, err := identity.NewVerifier(keys, "castad", "castad-api", time.Now)
	must(t, err)
	who, err := v.Verify(u.token)
	must(t, err)
	return who.Tenant
}

func TestACallbackThatIsNotOursIsRefusedBeforeTheChannelIsAsked(t *testing.T) {
	t.Parallel()
	b := newSocialBench(t)
	u, victim := b.user(), b.user()
	back := u.consent(u.start("youtube"), "allow", nil)
	victim.start("youtube") // the victim's browser has a cookie of its own
	parsed, err := url.Parse(back)
	must(t, err)
	with := func(path string, change func(url.Values)) string {
		to, q := *parsed, parsed.Query()
		change(q)
		to.RawQuery = q.Encode()
		if path != "" {
			to.Path = path
		}
		return to.String()
	}
	for name, a := range map[string]answer{
		"no state":                u.ask("GET", with("", func(q url.Values) { q.Del("state") }), nil),
		"an invented state":       u.ask("GET", with("", func(q url.Values) { q.Set("state", strings.Repeat("A", 43)) }), nil),
		"in a victim's browser":   victim.ask("GET", back, nil),
		"in a browser without":    b.user().ask("GET", back, nil),
		"at another's callback":   u.ask("GET", with("/api/v1/social/instagram/callback", func(url.Values) {}), nil),
		"at a channel unheard of": u.ask("GET", with("/api/v1/social/x/callback", func(url.Values) {}), nil),
	} {
		if got := code(a); got != "400 social.bad_state" {
			t.Errorf("%s: %s", name, got)
		}
	}
	if b.accounts() != 0 || b.exchanged() != 0 {
		t.Errorf("%d accounts, %d questions", b.accounts(), b.exchanged())
	}
	if a := u.ask("GET", back, nil); a.status != http.StatusOK {
		t.Fatalf("the owner's own: %d %s", a.status, a.body)
	}
	if got := code(u.ask("GET", back, nil)); got != "400 social.bad_state" {
		t.Errorf("again: %s", got)
	}
	late := u.consent(u.start("youtube"), "allow", nil)
	b.later(social.StateLife)
	if got := code(u.ask("GET", late, nil)); got != "400 social.bad_state" {
		t.Errorf("after ten minutes: %s", got)
	}
	if b.accounts() != 1 || b.exchanged() != 1 {
		t.Errorf("%d accounts, %d questions", b.accounts(), b.exchanged())
	}
}

func TestWhatTheChannelOrTheOwnerRefusesIsTold(t *testing.T) {
	t.Parallel()
	b := newSocialBench(t)
	u := b.user()
	if got := code(u.ask("GET", u.consent(u.start("youtube"), "deny", nil), nil)); got != "422 social.consent_refused" {
		t.Errorf("denied: %s", got)
	}
	used, err := url.Parse(u.consent(u.start("youtube"), "allow", nil))
	must(t, err)
	u.ask("GET", used.String(), nil)
	again, err := url.Parse(u.consent(u.start("youtube"), "allow", nil))
	must(t, err)
	q := again.Query()
	q.Set("code", used.Query().Get("code"))
	again.RawQuery = q.Encode()
	if got := code(u.ask("GET", again.String(), nil)); got != "400 social.consent_spent" {
		t.Errorf("a code that was used: %s", got)
	}
	before := b.accounts()
	for name, back := range map[string]string{
		"a Google account without a channel": u.consent(u.start("youtube"), "allow", url.Values{"login_hint": {"nochannel"}}),
		"a personal Instagram account":       u.consent(u.start("instagram"), "allow", url.Values{"username": {"me"}, "account_type": {"PERSONAL"}}),
	} {
		if got := code(u.ask("GET", back, nil)); got != "422 vendor.refused_content" {
			t.Errorf("%s: %s", name, got)
		}
	}
	if b.accounts() != before || b.youtube.Asked("revoke") != 1 {
		t.Errorf("%d accounts, %d before; what nobody will use was given back %d times", b.accounts(), before, b.youtube.Asked("revoke"))
	}
}

func TestWhoMayConnectAndDisconnect(t *testing.T) {
	t.Parallel()
	b := newSocialBench(t)
	u, stranger, nobody := b.user(), b.user(), b.user()
	nobody.token = "x"
	a := u.connect("youtube", nil)
	for name, row := range map[string]struct {
		got  answer
		want string
	}{
		"start without signing in":            {nobody.api("GET", "/youtube/start"), "401 auth.unauthenticated"},
		"list without signing in":             {nobody.api("GET", "/accounts"), "401 auth.unauthenticated"},
		"a channel that is not set up":        {u.api("GET", "/myspace/start"), "404 resource.not_found"},
		"another tenant's account":            {stranger.api("DELETE", "/accounts/"+a.ID.String()), "404 resource.not_found"},
		"an account that never was":           {u.api("DELETE", "/accounts/"+id.New[id.Account](time.Now()).String()), "404 resource.not_found"},
		"an id of another kind":               {u.api("DELETE", "/accounts/"+id.New[id.Ad](time.Now()).String()), "400 request.bad_value"},
		"disconnecting without signing in":    {nobody.api("DELETE", "/accounts/"+a.ID.String()), "401 auth.unauthenticated"},
		"a stranger's list, which is his own": {stranger.api("GET", "/accounts"), "200 "},
	} {
		if got := code(row.got); got != row.want {
			t.Errorf("%s: %s, want %s", name, got, row.want)
		}
	}
	if n := b.accounts(); n != 1 || b.youtube.Asked("revoke") != 0 {
		t.Errorf("%d accounts", n)
	}
}

func TestTheCookieIsTheBrowsersAlone(t *testing.T) {
	t.Parallel()
	b := newSocialBench(t)
	u := b.user()
	a := u.api(http.MethodGet, "/youtube/start")
	cookie := a.header.Get("Set-Cookie")
	for _, part := range []string{"castad_social=", "; Path=/;", "; Max-Age=600", "; HttpOnly", "; SameSite=Lax"} {
		if !strings.Contains(cookie, part) {
			t.Errorf("%q has no %q", cookie, part)
		}
	}
	if a.header.Get("Cache-Control") != "no-store" {
		t.Errorf("Cache-Control %q", a.header.Get("Cache-Control"))
	}
	secure := trigger.Cookie("a", "b", "/", time.Minute, true).String()
	if !strings.Contains(secure, "; Secure") {
		t.Errorf("behind https: %q", secure)
	}
}
