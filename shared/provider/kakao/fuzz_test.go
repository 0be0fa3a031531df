package kakao_test

import (
	"errors"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/golang-jwt/jwt/v5"

	"castad/shared/fault"
	"castad/shared/provider"
	"castad/shared/provider/kakao"
	"castad/shared/provider/kakao/kakaotest"
)

// canned answers every call with one text.
type canned struct {
	status int
	body   string
}

func (c canned) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: c.status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(c.body)), Request: r}, nil
}

func answering(t *testing.T, body string) *kakao.Client { return answeringStatus(t, 200, body) }

func answeringStatus(t *testing.T, status int, body string) *kakao.Client {
	t.Helper()
	c, err := kakao.New(kakao.Config{RESTKey: restKey, AdminKey: adminKey, AppID: "1234", NativeKeys: []string{nativeKey},
		Now: func() time.Time { return time.Unix(1795000000, 0) }, HTTP: provider.HTTP{Transport: canned{status, body}}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// sane says whether an error is of the kinds that callers know, and short.
func sane(t *testing.T, err error) {
	t.Helper()
	var e *provider.Error
	if err != nil && (!errors.As(err, &e) || fault.KindOf(err) == fault.Internal || len(err.Error()) > 4*provider.SnippetBytes || strings.ContainsFunc(err.Error(), unicode.IsControl)) {
		t.Errorf("%v", err)
	}
}

func FuzzTokens(f *testing.F) {
	f.Add(200, `{"token_type":"bearer","access_token":"a","expires_in":21599,"refresh_token":"r","refresh_token_expires_in":5183999,"id_token":"x","scope":"openid account_email"}`)
	f.Add(200, `{"token_type":"Bearer","access_token":"a","expires_in":"1e999"}`)
	f.Add(400, `{"error":"invalid_grant","error_description":"authorization code not found for code=abcdef","error_code":"KOE320"}`)
	f.Add(502, `<html>`)
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 100 || status > 999 {
			return
		}
		c := answeringStatus(t, status, body)
		tokens, err := c.Refresh(t.Context(), "old")
		sane(t, err)
		if err == nil && (tokens.Access == "" || tokens.Refresh == "" || tokens.Expires.Before(time.Unix(1795000000, 0)) || tokens.Expires.Year() > 2040) {
			t.Errorf("%+v", tokens)
		}
		_, err = c.Exchange(t.Context(), "the-code", "", home)
		sane(t, err)
		if err != nil && strings.Contains(err.Error(), "the-code") {
			t.Errorf("the code is told: %v", err)
		}
	})
}

func FuzzUser(f *testing.F) {
	f.Add(200, `{"id":9007199254740993,"kakao_account":{"profile":{"nickname":"한빛"},"email_needs_agreement":false,"is_email_valid":true,"is_email_verified":true,"email":"a@b.kr"}}`)
	f.Add(200, `{"id":"1","code":-401,"msg":"x"}`)
	f.Add(403, `{"msg":"insufficient scopes.","code":-402,"required_scopes":["account_email","`+"\x01"+`"]}`)
	f.Add(400, `{"msg":"x","code":1e3}`)
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 100 || status > 999 {
			return
		}
		c := answeringStatus(t, status, body)
		u, err := c.Me(t.Context(), "the-access-token")
		sane(t, err)
		if n, bad := strconv.ParseInt(u.ID, 10, 64); err == nil && (bad != nil || n <= 0) || strings.ContainsFunc(u.Nickname, unicode.IsControl) {
			t.Errorf("%+v", u)
		}
		if err := c.UnlinkUser(t.Context(), "7"); err != nil {
			sane(t, err)
		}
	})
}

func FuzzSearch(f *testing.F) {
	f.Add(200, `{"meta":{"total_count":1,"pageable_count":1,"is_end":true},"documents":[{"id":"26338954","place_name":"한빛분식","x":"126.92","y":"37.55","place_url":"http://place.map.kakao.com/26338954"}]}`)
	f.Add(400, `{"errorType":"MissingParameter","message":"query parameter required"}`)
	f.Add(200, `{"meta":{"is_end":false},"documents":[{"id":"1","place_name":"a","x":"1e999","y":"NaN","place_url":"//place.map.kakao.com@evil"}]}`)
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 100 || status > 999 {
			return
		}
		hits, _, err := answeringStatus(t, status, body).Search(t.Context(), "분식", 1)
		sane(t, err)
		for _, h := range hits {
			if h.ID == "" || h.Name == "" || math.IsNaN(h.Lat) || h.Lat != 0 && (h.Lat < 33 || h.Lng > 132) ||
				h.URL != "" && !strings.HasPrefix(h.URL, "https://place.map.kakao.com") || strings.ContainsFunc(h.Name+h.Address+h.URL, unicode.IsControl) {
				t.Errorf("%+v", h)
			}
		}
	})
}

func FuzzUnlink(f *testing.F) {
	f.Add("KakaoAK "+adminKey, "app_id=1234&user_id=7&referrer_type=UNLINK_FROM_APPS")
	f.Add("KakaoAK "+adminKey, "app_id=1234&user_id=007&user_id=1&referrer_type=x%00")
	f.Add("", "")
	c, err := kakao.New(kakao.Config{RESTKey: restKey, AdminKey: adminKey, AppID: "1234"})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, key, query string) {
		form, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		u, err := c.ParseUnlink(http.Header{"Authorization": {key}}, form)
		if err == nil && (key != "KakaoAK "+adminKey || form.Get("app_id") != "1234" || u.UserID != form.Get("user_id") || u.Reason == "") {
			t.Errorf("%+v", u)
		}
		if k := fault.KindOf(err); err != nil && k != fault.Unauthenticated && k != fault.Invalid {
			t.Errorf("%v", err)
		}
	})
}

func FuzzIDToken(f *testing.F) {
	s := kakaotest.New(kakaotest.Options{RESTKey: restKey, Now: func() time.Time { return time.Unix(1795000000, 0) }})
	good := s.IDToken(owner, restKey, "n")
	set := jwks(f, s)
	f.Add(good, set)
	f.Add(good[:len(good)-2], set)
	f.Add("eyJhbGciOiJub25lIn0.eyJzdWIiOiI3In0.", set)
	f.Add(good, `{"keys":[{"kid":"key-1","kty":"RSA","n":"AQAB","e":"AQAB"}]}`)
	f.Fuzz(func(t *testing.T, token, set string) {
		got, err := answering(t, set).VerifyLogin(t.Context(), token, "n")
		if err == nil { // a seed, of whichever process's keys
			claims := jwt.MapClaims{}
			parsed, _, bad := jwt.NewParser().ParseUnverified(token, claims)
			if bad != nil || parsed.Method.Alg() != "RS256" || claims["aud"] != restKey || claims["nonce"] != "n" || claims["iss"] != kakaotest.Issuer ||
				claims["exp"] == nil || claims["sub"] != got.UserID || len(token) > 8<<10 {
				t.Errorf("%+v of %s", got, token)
			}
		}
		if err != nil && fault.KindOf(err) != fault.Unauthenticated && fault.KindOf(err) != fault.Unavailable {
			t.Errorf("%v", err)
		}
	})
}

// jwks is the key set that the stand-in publishes.
func jwks(f *testing.F, s http.Handler) string {
	f.Helper()
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/.well-known/jwks.json", nil))
	return w.Body.String()
}
