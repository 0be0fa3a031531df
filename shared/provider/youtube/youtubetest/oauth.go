package youtubetest

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"castad/shared/provider/providertest"
)

// Lifetimes, as Google has them.
const (
	codeLife    = 10 * time.Minute
	accessLife  = time.Hour
	testingLife = 7 * 24 * time.Hour
)

// Scopes.
const (
	scopePrefix = "https://www.googleapis.com/auth/youtube"
	scopeUpload = scopePrefix + ".upload"
	scopeRead   = scopePrefix + ".readonly"
	scopeAll    = scopePrefix + ".force-ssl"
)

// code is an authorization code.
type code struct {
	Account   string    `json:"account"`
	ClientID  string    `json:"client_id"`
	Redirect  string    `json:"redirect"`
	Challenge string    `json:"challenge"`
	Scopes    []string  `json:"scopes"`
	Offline   bool      `json:"offline"`
	At        time.Time `json:"at"`
	// Used is the refresh token or, without one, the access token it was spent for.
	Used string `json:"used,omitempty"`
}

// grant is what an account has allowed.
type grant struct {
	Account string    `json:"account"`
	Scopes  []string  `json:"scopes"`
	At      time.Time `json:"at"`
	Revoked bool      `json:"revoked"`
}

type access struct {
	Account string    `json:"account"`
	Scopes  []string  `json:"scopes"`
	Ends    time.Time `json:"ends"`
	Grant   string    `json:"grant"` // refresh token, "" = none
}

// ChannelID is the id of a Google account's channel; "" for one whose name begins with "nochannel".
func ChannelID(account string) string {
	if strings.HasPrefix(account, "nochannel") {
		return ""
	}
	sum := sha256.Sum256([]byte(account))
	return "UC" + base64.RawURLEncoding.EncodeToString(sum[:])[:22]
}

// Grant lets an account allow everything at once and returns tokens, as after the
// consent page.
func (s *Server) Grant(account string) (accessToken, refreshToken string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	refreshToken = "1//0" + rand.Text()
	s.state.Grants[refreshToken] = &grant{Account: account, Scopes: []string{scopeUpload, scopeRead, scopeAll}, At: s.o.Now()}
	accessToken = s.newAccess(account, s.state.Grants[refreshToken].Scopes, refreshToken)
	s.save()
	return accessToken, refreshToken
}

// RevokeAll ends everything that an account has allowed, as its owner can at Google.
func (s *Server) RevokeAll(account string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for token, g := range s.state.Grants {
		if g.Account == account {
			s.end(token)
		}
	}
	s.save()
}

// end ends a grant and its access tokens.
func (s *Server) end(refresh string) {
	if g := s.state.Grants[refresh]; g != nil {
		g.Revoked = true
	}
	for token, a := range s.state.Access {
		if a.Grant == refresh {
			delete(s.state.Access, token)
		}
	}
}

func (s *Server) newAccess(account string, scopes []string, refresh string) string {
	token := "ya29." + rand.Text()
	s.state.Access[token] = &access{Account: account, Scopes: scopes, Ends: s.o.Now().Add(accessLife), Grant: refresh}
	return token
}

// save writes the state; a stand-in that cannot is of no use.
func (s *Server) save() {
	if err := s.shelf.writeState(s.state); err != nil {
		panic("youtubetest: " + err.Error())
	}
}

var consentPage = template.Must(template.New("consent").Parse(`<!doctype html>
<html lang="ko"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Sign in with YouTube (stand-in)</title>
<style>body{font-family:sans-serif;max-width:26rem;margin:3rem auto;padding:0 1rem}button{padding:.6rem 1.2rem;margin-right:.5rem}</style>
<h1>{{.Account}}</h1><p>CastAD wants to:</p><ul>{{range .Scopes}}<li>{{.}}</li>{{end}}</ul>
<form method="post">{{range $k, $v := .Fields}}<input type="hidden" name="{{$k}}" value="{{$v}}">{{end}}
<button name="answer" value="allow">Allow</button><button name="answer" value="deny">Deny</button></form></html>
`))

// consent shows what is asked for, or allows it at once.
func (s *Server) consent(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if text := s.badRequest(q); text != "" {
		http.Error(w, text, http.StatusBadRequest) // never redirects to an address that may be wrong
		return
	}
	if !s.o.Consent {
		s.answer(w, r, q, "allow")
		return
	}
	fields := map[string]string{}
	for k := range q {
		fields[k] = q.Get(k)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = consentPage.Execute(w, map[string]any{"Account": accountOf(q), "Scopes": strings.Fields(q.Get("scope")), "Fields": fields})
}

// decide is what the buttons do.
func (s *Server) decide(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if text := s.badRequest(r.PostForm); text != "" {
		http.Error(w, text, http.StatusBadRequest)
		return
	}
	s.answer(w, r, r.PostForm, r.PostForm.Get("answer"))
}

// accountOf is the account that the person picks, which the tests say by login_hint. Who is
// not asked to pick one stays with the one that they are signed in with.
func accountOf(q url.Values) string {
	if a := q.Get("login_hint"); a != "" && slices.Contains(strings.Fields(q.Get("prompt")), "select_account") {
		return a
	}
	return "owner"
}

func (s *Server) badRequest(q url.Values) string {
	u, err := url.Parse(q.Get("redirect_uri"))
	switch {
	case q.Get("client_id") == "" || s.o.ClientID != "" && q.Get("client_id") != s.o.ClientID:
		return "Error 401: invalid_client"
	case err != nil || u.Host == "" || u.Fragment != "":
		return "Error 400: redirect_uri_mismatch"
	case q.Get("response_type") != "code" || q.Get("scope") == "":
		return "Error 400: invalid_request"
	case q.Get("code_challenge") != "" && q.Get("code_challenge_method") != "S256":
		return "Error 400: invalid_request (code_challenge_method)"
	}
	return ""
}

func (s *Server) answer(w http.ResponseWriter, r *http.Request, q url.Values, decision string) {
	back, _ := url.Parse(q.Get("redirect_uri")) // badRequest has parsed it
	out := back.Query()
	if state := q.Get("state"); state != "" {
		out.Set("state", state)
	}
	if decision != "allow" {
		out.Set("error", "access_denied")
	} else {
		out.Set("code", s.newCode(q))
		out.Set("scope", q.Get("scope"))
	}
	back.RawQuery = out.Encode()
	http.Redirect(w, r, back.String(), http.StatusFound)
}

func (s *Server) newCode(q url.Values) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	account := accountOf(q)
	// Google gives a refresh token for offline access, the first time or when asked to ask again.
	offline := q.Get("access_type") == "offline"
	for _, g := range s.state.Grants {
		if g.Account == account && !g.Revoked && !slices.Contains(strings.Fields(q.Get("prompt")), "consent") {
			offline = false
		}
	}
	text := "4/0" + rand.Text()
	s.state.Codes[text] = code{Account: account, ClientID: q.Get("client_id"), Redirect: q.Get("redirect_uri"), Challenge: q.Get("code_challenge"),
		Scopes: strings.Fields(q.Get("scope")), Offline: offline, At: s.o.Now()}
	s.save()
	return text
}

// token is the token endpoint; exchange and refresh are operations of their own.
func (s *Server) token(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
	op, work := "exchange", s.exchange
	if r.ParseForm() == nil && r.PostForm.Get("grant_type") == "refresh_token" {
		op, work = "refresh", s.refresh
	}
	s.Stream(w, r, op, false, func(providertest.Fault) providertest.Reply {
		f := r.PostForm
		if s.o.ClientID != "" && f.Get("client_id") != s.o.ClientID || s.o.ClientSecret != "" && f.Get("client_secret") != s.o.ClientSecret {
			return refuseToken("invalid_client", "The OAuth client was not found.")
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		defer s.save()
		return work(f)
	})
}

func (s *Server) exchange(f url.Values) providertest.Reply {
	c, ok := s.state.Codes[f.Get("code")]
	sum := sha256.Sum256([]byte(f.Get("code_verifier")))
	switch {
	case f.Get("grant_type") != "authorization_code":
		return refuseToken("invalid_request", "unsupported grant_type")
	case !ok || s.o.Now().Sub(c.At) > codeLife:
		return refuseToken("invalid_grant", "Malformed auth code.")
	case c.Used != "":
		s.end(c.Used) // RFC 6749 4.1.2: what was issued for it is revoked
		delete(s.state.Access, c.Used)
		return refuseToken("invalid_grant", "Bad Request")
	case c.ClientID != f.Get("client_id") || c.Redirect != f.Get("redirect_uri"):
		return refuseToken("redirect_uri_mismatch", "Bad Request")
	case c.Challenge != "" && c.Challenge != base64.RawURLEncoding.EncodeToString(sum[:]):
		return refuseToken("invalid_grant", "Invalid code verifier.")
	}
	out := map[string]any{"expires_in": int(accessLife.Seconds()) - 1, "scope": strings.Join(c.Scopes, " "), "token_type": "Bearer"}
	refresh := ""
	if c.Offline {
		refresh = "1//0" + rand.Text()
		s.state.Grants[refresh] = &grant{Account: c.Account, Scopes: c.Scopes, At: s.o.Now()}
		out["refresh_token"] = refresh
		if s.o.Testing {
			out["refresh_token_expires_in"] = int(testingLife.Seconds()) - 1
		}
	}
	token := s.newAccess(c.Account, c.Scopes, refresh)
	if c.Used = refresh; refresh == "" {
		c.Used = token
	}
	s.state.Codes[f.Get("code")] = c
	out["access_token"] = token
	return providertest.Reply{JSON: out}
}

func (s *Server) refresh(f url.Values) providertest.Reply {
	g := s.state.Grants[f.Get("refresh_token")]
	switch {
	case g == nil:
		return refuseToken("invalid_grant", "Bad Request")
	case g.Revoked:
		return refuseToken("invalid_grant", "Token has been expired or revoked.")
	case s.o.Testing && s.o.Now().Sub(g.At) >= testingLife:
		return refuseToken("invalid_grant", "Token has been expired or revoked.")
	}
	return providertest.Reply{JSON: map[string]any{"access_token": s.newAccess(g.Account, g.Scopes, f.Get("refresh_token")),
		"expires_in": int(accessLife.Seconds()) - 1, "scope": strings.Join(g.Scopes, " "), "token_type": "Bearer"}}
}

func (s *Server) revoke(r *http.Request) providertest.Reply {
	if err := r.ParseForm(); err != nil {
		return refuseToken("invalid_request", err.Error())
	}
	token := r.Form.Get("token")
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.save()
	if a := s.state.Access[token]; a != nil {
		if a.Grant != "" {
			token = a.Grant
		} else {
			delete(s.state.Access, token)
			return providertest.Reply{JSON: map[string]any{}}
		}
	}
	if g := s.state.Grants[token]; g == nil || g.Revoked {
		return refuseToken("invalid_token", "Token expired or revoked")
	}
	// Google takes back what the account has allowed the app, not one token of it.
	for refresh, g := range s.state.Grants {
		if g.Account == s.state.Grants[token].Account {
			s.end(refresh)
		}
	}
	return providertest.Reply{JSON: map[string]any{}}
}

// who returns the account of a request's access token, which must have one of the scopes.
func (s *Server) who(r *http.Request, scopes ...string) (account string, no *providertest.Reply) {
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.state.Access[token]
	if a == nil || !s.o.Now().Before(a.Ends) {
		reply := refuse("authError", "Invalid Credentials")
		return "", &reply
	}
	if !slices.ContainsFunc(scopes, func(scope string) bool { return slices.Contains(a.Scopes, scope) }) {
		reply := refuse("insufficientPermissions", "Request had insufficient authentication scopes.")
		return "", &reply
	}
	return a.Account, nil
}
