package youtube_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"castad/shared/fault"
	"castad/shared/provider"
	"castad/shared/provider/providertest"
	"castad/shared/provider/youtube"
	"castad/shared/provider/youtube/youtubetest"

	"github.com/google/go-cmp/cmp"
)

const (
	verifier = "a-verifier-of-at-least-forty-three-characters-0123456789"
	callback = "https://castad.example/api/v1/social/youtube/callback"
)

func challenge() string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// browse asks for a page as a browser would and does not follow.
func browse(t *testing.T, method, address string, form url.Values) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return send(t, req)
}

// send follows no redirect.
func send(t *testing.T, req *http.Request) (*http.Response, string) {
	t.Helper()
	res, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}

// connect goes the owner's way from our link to the code in the callback.
func (w *world) connect(t *testing.T, account string) (code string) {
	t.Helper()
	res, body := browse(t, http.MethodGet, w.c.AuthorizeURL("st4te", challenge(), callback)+"&login_hint="+account, nil)
	back, err := res.Location()
	if err != nil || back.Query().Get("state") != "st4te" || !strings.HasPrefix(back.String(), callback+"?") {
		t.Fatalf("%d %s %v", res.StatusCode, body, err)
	}
	return back.Query().Get("code")
}

func (w *world) exchange(t *testing.T, code string) (provider.Grant, error) {
	t.Helper()
	return w.c.Exchange(t.Context(), code, verifier, callback)
}

func TestAnOwnerConnectsAndDisconnects(t *testing.T) {
	t.Parallel()
	w := start(t, youtubetest.Options{ClientID: "app", ClientSecret: "app-secret-1"})
	g, err := w.exchange(t, w.connect(t, "shop"))
	if err != nil || g.Access == "" || g.Refresh == "" || !g.RefreshExpires.IsZero() || !g.Expires.Equal(w.now().Add(3599*time.Second)) {
		t.Fatalf("%+v %v", g, err)
	}
	scopes := []string{"https://www.googleapis.com/auth/youtube.upload", "https://www.googleapis.com/auth/youtube.readonly"}
	if diff := cmp.Diff(scopes, g.Scopes); diff != "" {
		t.Error(diff)
	}
	id := youtubetest.ChannelID("shop")
	who, err := w.c.Owner(t.Context(), g.Access)
	if err != nil || who != (provider.Account{ID: id, Name: "shop", URL: w.URL + "/channel/" + id}) {
		t.Errorf("%+v %v", who, err)
	}
	w.passed.Store(int64(time.Hour))
	if _, err := w.c.Owner(t.Context(), g.Access); classOf(err) != provider.Reconnect {
		t.Errorf("an old access token: %v", err)
	}
	next, err := w.c.Refresh(t.Context(), g)
	if err != nil || next.Access == g.Access || next.Refresh != g.Refresh || !next.Expires.Equal(w.now().Add(3599*time.Second)) {
		t.Fatalf("%+v %v", next, err)
	}
	if _, err := w.c.Owner(t.Context(), next.Access); err != nil {
		t.Error(err)
	}
	for range 2 { // what has ended already is disconnected
		if err := w.c.Revoke(t.Context(), next); err != nil {
			t.Error(err)
		}
	}
	if _, err := w.c.Owner(t.Context(), next.Access); classOf(err) != provider.Reconnect {
		t.Errorf("after the end: %v", err)
	}
	if _, err := w.c.Refresh(t.Context(), next); classOf(err) != provider.Reconnect || codeOf(err) != "invalid_grant" {
		t.Errorf("after the end: %v", err)
	}
}

// Google gives no second refresh token to who does not ask for consent again: who
// connects again would be cut off an hour later.
func TestConnectingAgainGivesARefreshToken(t *testing.T) {
	t.Parallel()
	w := start(t, youtubetest.Options{})
	for range 2 {
		if g, err := w.exchange(t, w.connect(t, "shop")); err != nil || g.Refresh == "" {
			t.Errorf("%+v %v", g, err)
		}
	}
}

func TestARefreshAnswerWithoutARefreshTokenKeepsTheOldOne(t *testing.T) {
	t.Parallel()
	w := start(t, youtubetest.Options{})
	g := provider.Grant{Access: w.access, Refresh: w.refresh, Scopes: []string{"kept"}, RefreshExpires: began.Add(time.Hour)}
	next, err := w.c.Refresh(t.Context(), g)
	if err != nil || next.Refresh != w.refresh || !next.RefreshExpires.Equal(g.RefreshExpires) {
		t.Errorf("%+v %v", next, err)
	}
	if _, err := w.c.Refresh(t.Context(), next); err != nil {
		t.Error(err)
	}
}

func TestTheConsentPageAsksAndTakesNo(t *testing.T) {
	t.Parallel()
	w := start(t, youtubetest.Options{Consent: true, ClientID: "app"})
	page := w.c.AuthorizeURL("st4te", challenge(), callback)
	res, body := browse(t, http.MethodGet, page, nil)
	if res.StatusCode != 200 || !strings.Contains(body, "youtube.upload") || !strings.Contains(body, `value="deny"`) || strings.Contains(body, "force-ssl") {
		t.Fatalf("%d %s", res.StatusCode, body)
	}
	form := url.Values{}
	for _, field := range regexp.MustCompile(`type="hidden" name="([^"]*)" value="([^"]*)"`).FindAllStringSubmatch(body, -1) {
		form.Set(field[1], strings.ReplaceAll(field[2], "&#43;", "+"))
	}
	for answer, want := range map[string]string{"allow": "code", "deny": "error"} {
		form.Set("answer", answer)
		res, body = browse(t, http.MethodPost, w.URL+"/o/oauth2/v2/auth", form)
		back, err := res.Location()
		if err != nil || back.Query().Get(want) == "" || back.Query().Get("state") != "st4te" {
			t.Fatalf("%s: %d %s %v", answer, res.StatusCode, body, err)
		}
		if code := back.Query().Get("code"); code != "" {
			if _, err := w.exchange(t, code); err != nil {
				t.Error(err)
			}
		}
	}
	res, _ = browse(t, http.MethodGet, strings.Replace(page, "client_id=app", "client_id=other", 1), nil)
	if res.StatusCode != 400 || res.Header.Get("Location") != "" {
		t.Errorf("another app's: %d", res.StatusCode)
	}
}

func TestACodeWorksOnceAndOnlyForWhoAskedForIt(t *testing.T) {
	t.Parallel()
	w := start(t, youtubetest.Options{})
	code := w.connect(t, "shop")
	for name, try := range map[string]func(context.Context) (provider.Grant, error){
		"another verifier": func(ctx context.Context) (provider.Grant, error) { return w.c.Exchange(ctx, code, "guessed", callback) },
		"no such code": func(ctx context.Context) (provider.Grant, error) {
			return w.c.Exchange(ctx, "4/0x", verifier, callback)
		},
	} {
		if _, err := try(t.Context()); classOf(err) != provider.Reconnect {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := w.c.Exchange(t.Context(), code, verifier, callback+"/"); classOf(err) != provider.OurFault {
		t.Errorf("another address: %v", err)
	}
	g, err := w.exchange(t, code)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.exchange(t, code); classOf(err) != provider.Reconnect || codeOf(err) != "invalid_grant" {
		t.Errorf("used twice: %v", err)
	}
	if _, err := w.c.Refresh(t.Context(), g); classOf(err) != provider.Reconnect {
		t.Errorf("the grant of a code that was used twice lives on: %v", err)
	}
}

func TestTheGrantOfAnAppInTestingEndsAfterSevenDays(t *testing.T) {
	t.Parallel()
	w := start(t, youtubetest.Options{Testing: true})
	g, err := w.exchange(t, w.connect(t, "shop"))
	if err != nil || !g.RefreshExpires.Equal(w.now().Add(7*24*time.Hour-time.Second)) {
		t.Fatalf("the end is not told: %+v %v", g, err)
	}
	w.passed.Store(int64(6 * 24 * time.Hour))
	next, err := w.c.Refresh(t.Context(), g)
	if err != nil || !next.RefreshExpires.Equal(g.RefreshExpires) {
		t.Errorf("the end is forgotten: %+v %v", next, err)
	}
	w.passed.Store(int64(7 * 24 * time.Hour))
	if _, err := w.c.Refresh(t.Context(), next); classOf(err) != provider.Reconnect || fault.CodeOf(err) != fault.CodeReconnect {
		t.Errorf("%v", err)
	}
}

func TestAnAccountWithoutAChannelIsTheOwnersToMend(t *testing.T) {
	t.Parallel()
	w := start(t, youtubetest.Options{})
	access, _ := w.Grant("nochannel-yet")
	if _, err := w.c.Owner(t.Context(), access); classOf(err) != provider.UserFault || codeOf(err) != "youtubeSignupRequired" || fault.FieldOf(err) != "account" {
		t.Errorf("%v", err)
	}
}

func TestTheTokenEndpointsAnswersAreClassed(t *testing.T) {
	t.Parallel()
	w := start(t, youtubetest.Options{})
	g := provider.Grant{Access: w.access, Refresh: w.refresh}
	for _, row := range []struct {
		fault providertest.Fault
		class provider.Class
	}{
		{providertest.Fault{Kind: providertest.Code, Code: "invalid_grant", Text: "no " + w.refresh}, provider.Reconnect},
		{providertest.Fault{Kind: providertest.Code, Code: "invalid_client", Text: "no app-secret-1"}, provider.OurFault},
		{providertest.Fault{Kind: providertest.Code, Code: "invalid_request"}, provider.OurFault},
		{providertest.Fault{Kind: providertest.Status, Status: 503, Text: "down"}, provider.Later},
		{providertest.Fault{Kind: providertest.Status, Status: 429}, provider.RateLimited},
		{providertest.Fault{Kind: providertest.Drop}, provider.Later},
		{providertest.Fault{Kind: providertest.Malformed}, provider.Later},
		{providertest.Fault{Kind: providertest.Page}, provider.Later},
		{providertest.Fault{Kind: providertest.Truncated}, provider.Later},
	} {
		w.Next(row.fault)
		_, err := w.c.Refresh(t.Context(), g)
		if classOf(err) != row.class || strings.Contains(err.Error(), w.refresh) || strings.Contains(err.Error(), "app-secret-1") {
			t.Errorf("%+v: %v", row.fault, err)
		}
	}
	if _, err := w.c.Refresh(t.Context(), g); err != nil {
		t.Errorf("a lost answer must not cost the grant: %v", err)
	}
	if _, err := w.c.Refresh(t.Context(), provider.Grant{Access: w.access}); classOf(err) != provider.Reconnect || w.Asked("refresh") != 10 {
		t.Errorf("%v", err)
	}
}

func TestTheLinkAsksForAsLittleAsPossible(t *testing.T) {
	t.Parallel()
	w := start(t, youtubetest.Options{})
	for may, want := range map[bool]int{false: 2, true: 3} {
		c := w.client(t, func(c *youtube.Config) { c.MayDelete = may })
		u, err := url.Parse(c.AuthorizeURL("a b&c", challenge(), callback))
		if err != nil {
			t.Fatal(err)
		}
		q := u.Query()
		if len(strings.Fields(q.Get("scope"))) != want || q.Get("state") != "a b&c" || q.Get("access_type") != "offline" || q.Get("code_challenge_method") != "S256" || q.Get("client_secret") != "" {
			t.Errorf("%s", u)
		}
	}
}
