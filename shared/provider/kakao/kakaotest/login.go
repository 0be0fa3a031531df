package kakaotest

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"castad/shared/provider/providertest"

	"github.com/golang-jwt/jwt/v5"
)

// Issuer is who the id_tokens say has made them, as the real ones do, wherever the stand-in runs.
const Issuer = "https://kauth.kakao.com"

const (
	codeLife    = 10 * time.Minute
	accessLife  = 21599 * time.Second
	refreshLife = 5183999 * time.Second
	month       = 30 * 24 * time.Hour
)

// authorize shows the consent page, or, asked with an answer, redirects.
func (s *Server) authorize(r *http.Request, body []byte) providertest.Reply {
	q := r.URL.Query()
	page := func(code, text string) providertest.Reply { // Kakao shows these to the person, and does not redirect
		return providertest.Reply{Status: http.StatusBadRequest, Type: "text/html; charset=utf-8",
			Body: fmt.Appendf(nil, "<!doctype html><title>%s</title><p>%s (%s)", code, text, code)}
	}
	to, err := url.Parse(q.Get("redirect_uri"))
	switch {
	case !s.known(q.Get("client_id"), s.o.RESTKey):
		return page("KOE101", "Not exist client_id")
	case err != nil || to.Host == "" || len(s.o.Redirects) > 0 && !slices.Contains(s.o.Redirects, to.String()):
		return page("KOE006", "Redirect URI mismatch")
	}
	back := func(values url.Values) providertest.Reply {
		if state := q.Get("state"); state != "" {
			values.Set("state", state)
		}
		u := *to
		u.RawQuery = values.Encode()
		return providertest.Reply{Status: http.StatusFound, Header: http.Header{"Location": {u.String()}}}
	}
	refuse := func(kind, code, text string) providertest.Reply {
		return back(url.Values{"error": {kind}, "error_code": {code}, "error_description": {text}})
	}
	if q.Get("response_type") != "code" {
		return refuse("invalid_request", "KOE201", "Unsupported response type")
	}
	var scopes []string
	if q.Get("scope") != "" {
		scopes = strings.Split(q.Get("scope"), ",")
	}
	for _, scope := range scopes {
		if !slices.Contains(s.o.Scopes, scope) {
			return refuse("invalid_scope", "KOE205", "invalid scope: "+scope)
		}
	}
	answer := query(body)
	if r.Method == http.MethodGet {
		if !s.o.Agree {
			return consentPage(r.URL.String(), s.o.Users)
		}
		answer = url.Values{"answer": {"agree"}}
	}
	user, ok := s.find(answer.Get("user"))
	if answer.Get("answer") != "agree" || !ok {
		return refuse("access_denied", "", "User denied access")
	}
	code := secret()
	l := login{user: user, client: q.Get("client_id"), redirect: q.Get("redirect_uri"), nonce: q.Get("nonce"), challenge: q.Get("code_challenge"), ends: s.o.Now().Add(codeLife),
		openid: len(scopes) == 0 || slices.Contains(scopes, "openid"), scopes: strings.Join(scopes, " ")}
	s.mu.Lock()
	s.codes[code] = l
	delete(s.unlinked, user.ID)
	s.mu.Unlock()
	s.enter("authorize", user.ID, map[string]string{"scope": q.Get("scope"), "code_challenge_method": q.Get("code_challenge_method")})
	return back(url.Values{"code": {code}})
}

func consentPage(action string, users []User) providertest.Reply {
	var b strings.Builder
	fmt.Fprintf(&b, "<!doctype html><html lang=ko><meta charset=utf-8><title>카카오 로그인 (stand-in)</title><form method=post action=\"%s\"><select name=user>", html.EscapeString(action))
	for _, u := range users {
		fmt.Fprintf(&b, "<option value=%d>%s", u.ID, html.EscapeString(u.Nickname))
	}
	b.WriteString("</select><button name=answer value=agree>동의하고 계속하기</button><button name=answer value=cancel>취소</button></form>")
	return providertest.Reply{Type: "text/html; charset=utf-8", Body: []byte(b.String())}
}

func (s *Server) token(_ *http.Request, body []byte) providertest.Reply {
	f := query(body)
	switch {
	case !s.known(f.Get("client_id"), s.o.RESTKey):
		return kauth(http.StatusUnauthorized, "invalid_client", "KOE101", "Not exist client_id ["+f.Get("client_id")+"]")
	case f.Get("client_secret") != s.o.ClientSecret:
		return kauth(http.StatusUnauthorized, "invalid_client", "KOE010", "Bad client credentials")
	}
	switch f.Get("grant_type") {
	case "authorization_code":
		return s.exchange(f)
	case "refresh_token":
		return s.renew(f)
	}
	return kauth(http.StatusBadRequest, "invalid_request", "KOE201", "unsupported grant type")
}

func (s *Server) exchange(f url.Values) providertest.Reply {
	s.mu.Lock()
	l, ok := s.codes[f.Get("code")]
	delete(s.codes, f.Get("code")) // once, whatever comes of it
	s.mu.Unlock()
	switch {
	case !ok || s.o.Now().After(l.ends):
		return kauth(http.StatusBadRequest, "invalid_grant", "KOE320", "authorization code not found for code="+f.Get("code"))
	case l.redirect != f.Get("redirect_uri") || l.client != f.Get("client_id"):
		return kauth(http.StatusBadRequest, "invalid_grant", "KOE303", "Redirect URI mismatch.")
	}
	access, refresh, now := secret(), secret(), s.o.Now()
	s.mu.Lock()
	s.access[access] = grant{l.user, now.Add(accessLife)}
	s.refresh[refresh] = grant{l.user, now.Add(refreshLife)}
	s.mu.Unlock()
	answer := map[string]any{"token_type": "bearer", "access_token": access, "expires_in": int(accessLife.Seconds()),
		"refresh_token": refresh, "refresh_token_expires_in": int(refreshLife.Seconds())}
	if l.scopes != "" {
		answer["scope"] = l.scopes
	}
	if l.openid {
		answer["id_token"] = s.IDToken(l.user, l.client, l.nonce)
	}
	sum := sha256.Sum256([]byte(f.Get("code_verifier"))) // RFC 7636 section 4.6
	fits := strconv.FormatBool(l.challenge == base64.RawURLEncoding.EncodeToString(sum[:]))
	s.enter("token", l.user.ID, map[string]string{"grant_type": "authorization_code", "verifier_fits": fits})
	return providertest.Reply{JSON: answer}
}

func (s *Server) renew(f url.Values) providertest.Reply {
	old, now := f.Get("refresh_token"), s.o.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	g, ok := s.refresh[old]
	if !ok || now.After(g.ends) || s.unlinked[g.user.ID] {
		return kauth(http.StatusBadRequest, "invalid_grant", "KOE322", "expired_or_invalid_refresh_token")
	}
	access := secret()
	s.access[access] = grant{g.user, now.Add(accessLife)}
	answer := map[string]any{"token_type": "bearer", "access_token": access, "expires_in": int(accessLife.Seconds())}
	if g.ends.Sub(now) < month {
		next := secret()
		delete(s.refresh, old)
		s.refresh[next] = grant{g.user, now.Add(refreshLife)}
		answer["refresh_token"], answer["refresh_token_expires_in"] = next, int(refreshLife.Seconds())
	}
	s.enter("token", g.user.ID, map[string]string{"grant_type": "refresh_token"})
	return providertest.Reply{JSON: answer}
}

// IDToken returns what Kakao says of a user who signs in now, for the app key.
func (s *Server) IDToken(u User, key, nonce string) string {
	return s.Sign(s.Claims(u, key, nonce))
}

// Claims are those of IDToken.
func (s *Server) Claims(u User, key, nonce string) jwt.MapClaims {
	now := s.o.Now()
	return jwt.MapClaims{"iss": Issuer, "aud": key, "sub": strconv.FormatInt(u.ID, 10), "iat": now.Unix(), "exp": now.Add(accessLife).Unix(),
		"auth_time": now.Unix(), "nonce": nonce, "nickname": u.Nickname, "email": u.Email}
}

// Sign signs any claims as Kakao would sign its own.
func (s *Server) Sign(claims jwt.MapClaims) string {
	kid, key := s.Key()
	t := jwt.NewWithClaims(jwt.SigningMethodRS256, claims)
	t.Header["kid"] = kid
	text, err := t.SignedString(key)
	if err != nil {
		panic("kakaotest: sign: " + err.Error())
	}
	return text
}

func (s *Server) jwks(*http.Request, []byte) providertest.Reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	keys := []any{}
	for _, k := range s.signing {
		keys = append(keys, map[string]string{"kid": k.kid, "kty": "RSA", "alg": "RS256", "use": "sig",
			"n": base64.RawURLEncoding.EncodeToString(k.key.N.Bytes()), "e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(k.key.E)).Bytes())})
	}
	return providertest.Reply{JSON: map[string]any{"keys": keys}}
}

func (s *Server) sdk(_ *http.Request, body []byte) providertest.Reply {
	var in struct{ User, Key, Nonce string }
	if err := json.Unmarshal(body, &in); err != nil {
		return providertest.Reply{Status: http.StatusBadRequest, Type: "text/plain", Body: []byte(err.Error())}
	}
	u, ok := s.find(in.User)
	if !ok {
		return providertest.Reply{Status: http.StatusNotFound}
	}
	return providertest.Reply{JSON: map[string]string{"id_token": s.IDToken(u, in.Key, in.Nonce)}}
}
