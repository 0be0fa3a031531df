package kakao_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"castad/shared/fault"
	"castad/shared/provider"
	"castad/shared/provider/clienttest"
	"castad/shared/provider/kakao"
	"castad/shared/provider/kakao/kakaotest"
	"castad/shared/provider/providertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	restKey   = "rest-key-0123456789"
	nativeKey = "native-key-0123456789"
	adminKey  = "admin-key-0123456789"
	home      = "https://castad.example/auth/kakao/callback"
	bigID     = "9007199254740993" // 2^53 + 1
)

// clock is a clock that tests move.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func start(t *testing.T, o kakaotest.Options) (*kakaotest.Server, *kakao.Client, *clock) {
	t.Helper()
	c := &clock{at: time.Date(2026, 11, 29, 3, 0, 0, 0, time.UTC)}
	o.RESTKey, o.AdminKey, o.AppID, o.Now = restKey, adminKey, "1234", c.now
	o.Redirects, o.Agree = []string{home}, true
	s := kakaotest.Start(t, o)
	return s, client(t, s.URL, o.ClientSecret, c.now), c
}

func client(t *testing.T, base, secret string, now func() time.Time, scopes ...string) *kakao.Client {
	t.Helper()
	c, err := kakao.New(kakao.Config{AuthURL: base, APIURL: base, LocalURL: base, AppID: "1234", RESTKey: restKey, ClientSecret: secret,
		AdminKey: adminKey, NativeKeys: []string{nativeKey, ""}, Scopes: scopes, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// browse opens an authorize URL as the browser of a person who agrees, and returns
// what comes back.
func browse(t *testing.T, authorize string) url.Values {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, authorize, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	to, err := res.Location()
	if err != nil || res.StatusCode != http.StatusFound || !strings.HasPrefix(to.String(), home+"?") {
		t.Fatalf("%d, to %v: %v", res.StatusCode, to, err)
	}
	return to.Query()
}

// login is a login up to the tokens.
func login(t *testing.T, c *kakao.Client, nonce string) kakao.Tokens {
	t.Helper()
	code, err := c.ParseRedirect(browse(t, c.AuthorizeURL("state", nonce, "challenge", home)))
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := c.Exchange(t.Context(), code, "verifier", home)
	if err != nil {
		t.Fatal(err)
	}
	return tokens
}

func TestALoginEndsWithTheSamePersonFromBothSides(t *testing.T) {
	t.Parallel()
	s, c, clock := start(t, kakaotest.Options{ClientSecret: "secret-0123456789"})
	back := browse(t, c.AuthorizeURL("the state", "the nonce", "challenge", home))
	if back.Get("state") != "the state" {
		t.Errorf("state %q", back.Get("state"))
	}
	code, err := c.ParseRedirect(back)
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := c.Exchange(t.Context(), code, "verifier", home)
	if err != nil {
		t.Fatal(err)
	}
	if !tokens.Expires.Equal(clock.at.Add(21599*time.Second)) || !tokens.RefreshExpires.Equal(clock.at.Add(5183999*time.Second)) || tokens.Refresh == "" {
		t.Errorf("%v %v", tokens.Expires, tokens.RefreshExpires)
	}
	claims, err := c.VerifyLogin(t.Context(), tokens.IDToken, "the nonce")
	if diff := cmp.Diff(kakao.Claims{UserID: bigID, Nickname: "한빛", Key: restKey, At: clock.at, Issued: clock.at}, claims); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
	user, err := c.Me(t.Context(), tokens.Access)
	if diff := cmp.Diff(kakao.User{ID: bigID, Nickname: "한빛", Email: "owner@example.kr"}, user); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
	if text, _ := json.Marshal(s.Ledger()); strings.Contains(string(text), tokens.Access) || !strings.Contains(string(text), `"code_challenge_method":"S256"`) {
		t.Errorf("%s", text)
	}
}

func TestAuthorizeURLAsksForScopesWithCommasAndForOpenID(t *testing.T) {
	t.Parallel()
	for want, scopes := range map[string][]string{"": nil, "openid,account_email": {"account_email"}, "profile_nickname,openid": {"profile_nickname", "openid"}} {
		u, err := url.Parse(client(t, "https://kauth.example", "", nil, scopes...).AuthorizeURL("s", "n", "", home))
		if q := u.Query(); err != nil || q.Get("scope") != want || q.Has("code_challenge_method") || q.Get("nonce") != "n" || q.Get("client_id") != restKey {
			t.Errorf("%v: %v %v", scopes, u, err)
		}
	}
}

func TestACodeWorksOnce(t *testing.T) {
	t.Parallel()
	_, c, clock := start(t, kakaotest.Options{})
	code, err := c.ParseRedirect(browse(t, c.AuthorizeURL("s", "n", "", home)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Exchange(t.Context(), code, "", home); err != nil {
		t.Fatal(err)
	}
	_, err = c.Exchange(t.Context(), code, "", home)
	e := clienttest.ErrorOf(t, err)
	if e.Code != "KOE320" || e.Class != provider.UserFault || fault.CodeOf(err) != fault.CodeUnauthenticated {
		t.Errorf("%v", err)
	}
	if strings.Contains(err.Error(), code) || !strings.Contains(e.Snippet, "authorization code not found") {
		t.Errorf("the code is told: %v", err)
	}
	code, err = c.ParseRedirect(browse(t, c.AuthorizeURL("s", "n", "", home)))
	if err != nil {
		t.Fatal(err)
	}
	clock.at = clock.at.Add(11 * time.Minute)
	if _, err := c.Exchange(t.Context(), code, "", home); fault.CodeOf(err) != fault.CodeUnauthenticated {
		t.Errorf("after its time: %v", err)
	}
}

func TestARefreshWithoutANewRefreshTokenKeepsTheOldOne(t *testing.T) {
	t.Parallel()
	_, c, clock := start(t, kakaotest.Options{})
	first := login(t, c, "n")
	again, err := c.Refresh(t.Context(), first.Refresh)
	if err != nil || again.Refresh != first.Refresh || !again.RefreshExpires.IsZero() || again.Access == first.Access || again.Access == "" {
		t.Errorf("%v", err)
	}
	clock.at = clock.at.Add(40 * 24 * time.Hour) // 20 days are left
	last, err := c.Refresh(t.Context(), first.Refresh)
	if err != nil || last.Refresh == first.Refresh || last.Refresh == "" || last.RefreshExpires.IsZero() {
		t.Errorf("%v", err)
	}
	if _, err := c.Refresh(t.Context(), first.Refresh); clienttest.ErrorOf(t, err).Class != provider.Reconnect || clienttest.ErrorOf(t, err).Code != "KOE322" {
		t.Errorf("the replaced one: %v", err)
	}
	if _, err := c.Me(t.Context(), first.Access); clienttest.ErrorOf(t, err).Class != provider.Reconnect {
		t.Errorf("the first access token: %v", err)
	}
}

func TestAnEmailThatKakaoHasNotVerifiedIsNotTold(t *testing.T) {
	t.Parallel()
	for want, u := range map[string]kakaotest.User{
		"owner@example.kr": {ID: 7, Email: "owner@example.kr"},
		"":                 {ID: 7, Email: "owner@example.kr", EmailUnverified: true},
	} {
		_, c, _ := start(t, kakaotest.Options{Users: []kakaotest.User{u}})
		if got, err := c.Me(t.Context(), login(t, c, "n").Access); err != nil || got.Email != want || got.ID != "7" {
			t.Errorf("%+v %v", got, err)
		}
	}
	for _, account := range []string{`{"email":"a@b.kr"}`, `{"email":"a@b.kr","is_email_verified":true}`, `{"email":"a@b.kr","is_email_valid":true,"is_email_verified":false}`,
		`{"email":"a@b.kr","is_email_valid":true,"is_email_verified":true,"email_needs_agreement":true}`} {
		c := answering(t, `{"id":7,"kakao_account":`+account+`}`)
		if got, err := c.Me(t.Context(), "a"); err != nil || got.Email != "" {
			t.Errorf("%s: %+v %v", account, got, err)
		}
	}
}

func TestAUserIDIsNeverAFloat(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"id":9007199254740993}`: bigID, `{"id":"9007199254740993"}`: bigID, `{"id":9223372036854775807}`: "9223372036854775807",
		`{"id":9.007199254740993e15}`: "", `{"id":9223372036854775808}`: "", `{"id":1.5}`: "", `{"id":0}`: "", `{"id":-3}`: "", `{"id":null}`: "", `{}`: "", `{"id":"007"}`: "", `[]`: "", `x`: "",
	} {
		got, err := answering(t, body).Me(t.Context(), "a")
		if got.ID != want || (err == nil) != (want != "") || err != nil && clienttest.ErrorOf(t, err).Class != provider.Later {
			t.Errorf("%s: %+v %v", body, got, err)
		}
	}
}

func TestUnlinkingTwiceIsNoError(t *testing.T) {
	t.Parallel()
	s, c, _ := start(t, kakaotest.Options{Users: []kakaotest.User{{ID: 7}, {ID: 9007199254740993}}})
	tokens := login(t, c, "n")
	for range 2 {
		if err := c.Unlink(t.Context(), tokens.Access); err != nil {
			t.Error(err)
		}
		if err := c.UnlinkUser(t.Context(), bigID); err != nil {
			t.Error(err)
		}
	}
	done := 0
	for _, e := range s.Ledger() {
		if e.Op == "unlink" {
			done++
		}
	}
	if done != 2 {
		t.Errorf("%d unlinks in the ledger", done)
	}
	if _, err := c.Refresh(t.Context(), tokens.Refresh); clienttest.ErrorOf(t, err).Class != provider.Reconnect {
		t.Errorf("the refresh token afterwards: %v", err)
	}
	if err := c.UnlinkUser(t.Context(), "7 or 1=1"); fault.KindOf(err) != fault.Invalid {
		t.Errorf("%v", err)
	}
	if err := c.Unlink(t.Context(), "ended"); clienttest.ErrorOf(t, err).Class != provider.Reconnect {
		t.Errorf("with a token that has ended: %v", err)
	}
}

func TestLogoutEndsTheTokenOnce(t *testing.T) {
	t.Parallel()
	_, c, _ := start(t, kakaotest.Options{})
	tokens := login(t, c, "n")
	for range 2 {
		if err := c.Logout(t.Context(), tokens.Access); err != nil {
			t.Error(err)
		}
	}
	if _, err := c.Me(t.Context(), tokens.Access); clienttest.ErrorOf(t, err).Class != provider.Reconnect {
		t.Errorf("%v", err)
	}
}

func TestWhatTheRedirectSays(t *testing.T) {
	t.Parallel()
	_, c, _ := start(t, kakaotest.Options{})
	for query, want := range map[string]fault.Code{
		"error=access_denied&error_description=User+denied+access": fault.CodeUnauthenticated,
		"error=invalid_scope&error_code=KOE205":                    fault.CodeVendorSettings,
		"error=invalid_request&error_code=KOE006":                  fault.CodeVendorSettings,
		"error=server_error":                                       fault.CodeVendorDown,
		"error=never_seen&code=abc":                                fault.CodeVendorSettings,
		"":                                                         fault.CodeBadValue,
		"code=" + strings.Repeat("a", 1025):                        fault.CodeBadValue,
	} {
		q, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		if code, err := c.ParseRedirect(q); fault.CodeOf(err) != want || code != "" {
			t.Errorf("%.60s: %v", query, err)
		}
	}
}

func TestAScopeThatTheConsoleHasNotEnabledIsOurFault(t *testing.T) {
	t.Parallel()
	s, _, clock := start(t, kakaotest.Options{Scopes: []string{"openid", "profile_nickname"}})
	c := client(t, s.URL, "", clock.now, "account_email")
	_, err := c.ParseRedirect(browse(t, c.AuthorizeURL("s", "n", "", home)))
	if e := clienttest.ErrorOf(t, err); e.Class != provider.OurFault || e.Code != "KOE205" {
		t.Errorf("%v", err)
	}
}

func TestWhatKakaoRefusesHasItsClass(t *testing.T) {
	t.Parallel()
	exchange := func(c *kakao.Client) error { _, err := c.Exchange(context.Background(), "code", "", home); return err }
	refresh := func(c *kakao.Client) error { _, err := c.Refresh(context.Background(), "refresh"); return err }
	me := func(c *kakao.Client) error { _, err := c.Me(context.Background(), "access"); return err }
	admin := func(c *kakao.Client) error { return c.UnlinkUser(context.Background(), "7") }
	search := func(c *kakao.Client) error { _, _, err := c.Search(context.Background(), "분식", 1); return err }
	for _, row := range []struct {
		name  string
		call  func(*kakao.Client) error
		fault providertest.Fault
		class provider.Class
		code  fault.Code
	}{
		{"a code that was used", exchange, providertest.Fault{Kind: "code", Code: "KOE320"}, provider.UserFault, fault.CodeUnauthenticated},
		{"another redirect URI", exchange, providertest.Fault{Kind: "code", Code: "KOE303"}, provider.OurFault, fault.CodeVendorSettings},
		{"a wrong client secret", exchange, providertest.Fault{Kind: "status", Status: 401, Code: "KOE010"}, provider.OurFault, fault.CodeVendorSettings},
		{"too many codes", exchange, providertest.Fault{Kind: "status", Status: 429, Code: "KOE237"}, provider.RateLimited, fault.CodeVendorBusy},
		{"a code never seen", exchange, providertest.Fault{Kind: "code", Code: "KOE999"}, provider.OurFault, fault.CodeVendorSettings},
		{"a grant that is refused for a reason never seen", exchange, providertest.Fault{Kind: "code", Code: "KOE399"}, provider.UserFault, fault.CodeUnauthenticated},
		{"a refresh that is refused for a reason never seen", refresh, providertest.Fault{Kind: "code", Code: "KOE399"}, provider.Reconnect, fault.CodeReconnect},
		{"an outage before a code was used", exchange, providertest.Fault{Kind: "status", Status: 503, Code: "KOE003"}, provider.Later, fault.CodeVendorDown},
		{"a gateway's 502", exchange, providertest.Fault{Kind: "status_after", Status: 502, Code: "KOE888"}, provider.Unknown, fault.CodeVendorUnknown},
		{"the answer with the tokens is lost", exchange, providertest.Fault{Kind: "drop"}, provider.Unknown, fault.CodeVendorUnknown},
		{"a refusal that cannot be read", exchange, providertest.Fault{Kind: "malformed"}, provider.OurFault, fault.CodeVendorSettings},
		{"a refresh token that has ended", refresh, providertest.Fault{Kind: "code", Code: "KOE322"}, provider.Reconnect, fault.CodeReconnect},
		{"a lost refresh", refresh, providertest.Fault{Kind: "drop"}, provider.Later, fault.CodeVendorDown},
		{"a page instead of tokens", refresh, providertest.Fault{Kind: "page"}, provider.Later, fault.CodeVendorDown},
		{"a token that has ended", me, providertest.Fault{Kind: "code", Code: "-401"}, provider.Reconnect, fault.CodeReconnect},
		{"a consent that is missing", me, providertest.Fault{Kind: "code", Code: "-402"}, provider.Reconnect, fault.CodeReconnect},
		{"a quota that is told as 400", me, providertest.Fault{Kind: "code", Code: "-10"}, provider.QuotaExhausted, fault.CodeVendorQuota},
		{"an outage that is told as 400", me, providertest.Fault{Kind: "code", Code: "-1"}, provider.Later, fault.CodeVendorDown},
		{"maintenance that is told as 400", me, providertest.Fault{Kind: "code", Code: "-7"}, provider.Later, fault.CodeVendorDown},
		{"a child", me, providertest.Fault{Kind: "code", Code: "-406"}, provider.UserFault, fault.CodeDenied},
		{"a feature that is switched off", me, providertest.Fault{Kind: "code", Code: "-3"}, provider.OurFault, fault.CodeVendorSettings},
		{"too many questions", me, providertest.Fault{Kind: "status", Status: 429, Code: "-99", RetryAfter: "7"}, provider.RateLimited, fault.CodeVendorBusy},
		{"an admin key that is wrong", admin, providertest.Fault{Kind: "code", Code: "-401"}, provider.OurFault, fault.CodeVendorSettings},
		{"a search key that is wrong", search, providertest.Fault{Kind: "status", Status: 401, Code: "AccessDeniedError"}, provider.OurFault, fault.CodeVendorSettings},
		{"too many searches", search, providertest.Fault{Kind: "status", Status: 429, Code: "RequestThrottled"}, provider.RateLimited, fault.CodeVendorBusy},
		{"a page instead of places", search, providertest.Fault{Kind: "page"}, provider.Later, fault.CodeVendorDown},
		{"half of the places", search, providertest.Fault{Kind: "truncated"}, provider.Later, fault.CodeVendorDown},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s, c, _ := start(t, kakaotest.Options{})
			s.Next(row.fault)
			err := row.call(c)
			if e := clienttest.ErrorOf(t, err); e.Class != row.class || fault.CodeOf(err) != row.code {
				t.Errorf("%s, %s: %v", e.Class, fault.CodeOf(err), err)
			}
			if s := err.Error(); strings.Contains(s, restKey) || strings.Contains(s, adminKey) {
				t.Errorf("a key is told: %s", s)
			}
		})
	}
}

func TestAMissingConsentNamesTheScopes(t *testing.T) {
	t.Parallel()
	_, err := answeringStatus(t, 403, `{"msg":"insufficient scopes.","code":-402,"required_scopes":["account_email"]}`).Me(t.Context(), "a")
	var missing *kakao.MissingConsent
	if !errors.As(err, &missing) || cmp.Diff([]string{"account_email"}, missing.Scopes) != "" || clienttest.ErrorOf(t, err).Class != provider.Reconnect {
		t.Errorf("%v", err)
	}
}

func TestTokensWithoutWhatMakesThemUsableAreNotTaken(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{}`, `null`, `[]`, `{"access_token":"a","token_type":"bearer"}`, `{"access_token":"a","expires_in":1,"token_type":"mac"}`,
		`{"access_token":"a","expires_in":-5,"token_type":"bearer"}`, `{"access_token":"a","expires_in":"soon","token_type":"bearer"}`, `{"access_token":7,"expires_in":5,"token_type":"bearer"}`} {
		_, err := answering(t, body).Refresh(t.Context(), "r")
		if clienttest.ErrorOf(t, err).Class != provider.Later {
			t.Errorf("%s: %v", body, err)
		}
		if _, err = answering(t, body).Exchange(t.Context(), "c", "", home); clienttest.ErrorOf(t, err).Class != provider.Unknown {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func TestWrongSettingsAreRefusedAtTheStart(t *testing.T) {
	t.Parallel()
	for _, cfg := range []kakao.Config{{}, {RESTKey: "a b"}, {RESTKey: "a", AdminKey: "b\n"}, {RESTKey: "a", AuthURL: "http://kauth.kakao.com"}, {RESTKey: "a", LocalURL: "nowhere"}} {
		if _, err := kakao.New(cfg); fault.KindOf(err) != fault.Misconfigured {
			t.Errorf("%+v: %v", cfg, err)
		}
	}
}
