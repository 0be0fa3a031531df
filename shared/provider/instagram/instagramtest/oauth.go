package instagramtest

import (
	"crypto/rand"
	"encoding/json"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"time"

	"castad/shared/provider/providertest"
)

const (
	shortLife = time.Hour
	longLife  = 60 * 24 * time.Hour
	renewable = 24 * time.Hour
)

var consent = template.Must(template.New("consent").Parse(`<!doctype html>
<html lang="ko"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Instagram (stand-in)</title>
<form method="post" action="/oauth/authorize"><h1>Instagram (stand-in)</h1>
<p>{{.Get "client_id"}} asks for: {{.Get "scope"}}</p>
{{range $k, $v := .}}<input type="hidden" name="{{$k}}" value="{{index $v 0}}">
{{end}}<label>account <input name="username" value="hanbit_bunsik"></label>
<select name="account_type"><option>BUSINESS<option>MEDIA_CREATOR<option>PERSONAL</select>
<button name="decision" value="allow">Allow</button> <button name="decision" value="deny">Cancel</button></form></html>
`))

func (s *Server) oauthRoutes() {
	s.mux.HandleFunc("GET /oauth/authorize", func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		if text := s.badRequest(q); text != "" {
			http.Error(w, text, http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_ = consent.Execute(w, q) // an error is the reader's connection
	})
	oauth := func(pattern, op string, do func(r *http.Request, in url.Values) providertest.Reply) {
		s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			s.Serve(w, r, op, op == "exchange", func(body []byte, _ providertest.Fault) providertest.Reply {
				in, err := parameters(r, body)
				if err != nil {
					return oauthError(err.Error())
				}
				s.mu.Lock()
				defer s.mu.Unlock()
				reply := do(r, in)
				if err := s.files.save(&s.st); err != nil {
					return graphError(http.StatusInternalServerError, 2, 0, err.Error())
				}
				return reply
			})
		})
	}
	oauth("POST /oauth/authorize", "consent", s.decide)
	oauth("POST /oauth/access_token", "exchange", s.exchange)
	oauth("GET /access_token", "lengthen", s.lengthen)
	oauth("GET /refresh_access_token", "refresh", s.refresh)
	oauth("POST /accounts", "account", func(_ *http.Request, in url.Values) providertest.Reply {
		a := s.st.named(orElse(in.Get("username"), "hanbit_bunsik"), orElse(in.Get("account_type"), "BUSINESS"))
		return providertest.Reply{Status: http.StatusCreated, JSON: map[string]any{"user_id": a.ID, "username": a.Username, "access_token": s.issue(a.ID, allScopes, true), "expires_in": int(longLife.Seconds())}}
	})
	s.mux.HandleFunc("POST /accounts/{username}/withdraw", func(w http.ResponseWriter, r *http.Request) {
		s.Withdraw(r.PathValue("username"))
		w.WriteHeader(http.StatusNoContent)
	})
}

const allScopes = "instagram_business_basic,instagram_business_content_publish,instagram_business_manage_insights"

// Account makes an account of a type ("BUSINESS") without the browser, and a
// long-lived token for it.
func (s *Server) Account(username, kind string) (id, access string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.st.named(username, kind)
	access = s.issue(a.ID, allScopes, true)
	if err := s.files.save(&s.st); err != nil {
		panic("instagramtest: " + err.Error()) // the test's folder is unusable
	}
	return a.ID, access
}

// Withdraw ends every token of an account, as its owner can.
func (s *Server) Withdraw(username string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, t := range s.st.Tokens {
		if a := s.st.account(t.Account); a != nil && a.Username == username {
			delete(s.st.Tokens, key)
		}
	}
	_ = s.files.save(&s.st) // a folder that broke shows at the next request
}

func (s *Server) issue(account, scope string, long bool) string {
	key, life := "IGAA"+rand.Text()+rand.Text(), shortLife
	if long {
		life = longLife
	}
	now := s.o.Now().UTC()
	s.st.Tokens[key] = token{Account: account, Scope: scope, Long: long, Issued: now, Expires: now.Add(life)}
	return key
}

// badRequest says what is wrong with a request for consent, "" = nothing.
func (s *Server) badRequest(q url.Values) string {
	redirect, err := url.Parse(q.Get("redirect_uri"))
	switch {
	case q.Get("client_id") == "" || s.o.AppID != "" && q.Get("client_id") != s.o.AppID:
		return "Invalid platform app"
	case err != nil || redirect.Host == "":
		return "Invalid redirect_uri"
	case q.Get("response_type") != "code":
		return "Invalid response_type"
	case !strings.Contains(q.Get("scope"), "instagram_business_basic"):
		return "Invalid scope"
	}
	return ""
}

// decide is the button on the consent page.
func (s *Server) decide(_ *http.Request, in url.Values) providertest.Reply {
	if text := s.badRequest(in); text != "" {
		return providertest.Reply{Status: http.StatusBadRequest, Type: "text/plain", Body: []byte(text)}
	}
	to := in.Get("redirect_uri") + "?"
	if in.Get("decision") == "deny" {
		to += url.Values{"error": {"access_denied"}, "error_reason": {"user_denied"}, "error_description": {"The user denied your request"}, "state": {in.Get("state")}}.Encode()
	} else {
		a := s.st.named(orElse(in.Get("username"), "hanbit_bunsik"), orElse(in.Get("account_type"), "BUSINESS"))
		key := "AQ" + rand.Text()
		s.st.Codes[key] = code{Account: a.ID, Redirect: in.Get("redirect_uri"), Scope: in.Get("scope"), At: s.o.Now().UTC()}
		to += url.Values{"code": {key}, "state": {in.Get("state")}}.Encode() + "#_"
	}
	return providertest.Reply{Status: http.StatusFound, Header: http.Header{"Location": {to}}, Type: "text/plain", Body: []byte("redirecting\n")}
}

// oauthError is how the OAuth host says no: not as the Graph API does.
func oauthError(text string) providertest.Reply {
	return providertest.Reply{Status: http.StatusBadRequest, JSON: map[string]any{"error_type": "OAuthException", "code": 400, "error_message": text}}
}

func (s *Server) exchange(_ *http.Request, in url.Values) providertest.Reply {
	c, known := s.st.Codes[in.Get("code")] // "…#_" is not known
	switch {
	case s.o.AppID != "" && in.Get("client_id") != s.o.AppID:
		return oauthError("Invalid platform app")
	case s.o.AppSecret != "" && in.Get("client_secret") != s.o.AppSecret:
		return oauthError("Error validating client secret.")
	case in.Get("grant_type") != "authorization_code":
		return oauthError("Invalid grant_type")
	case !known || c.Used || s.o.Now().Sub(c.At) > time.Hour:
		return oauthError("Matching code was not found or was already used.")
	case c.Redirect != in.Get("redirect_uri"):
		return oauthError("Error validating verification code. Please make sure your redirect_uri is identical to the one you used in the OAuth dialog request")
	}
	c.Used = true
	s.st.Codes[in.Get("code")] = c
	return providertest.Reply{JSON: map[string]any{"access_token": s.issue(c.Account, c.Scope, false), "user_id": json.Number(s.st.account(c.Account).scoped()), "permissions": strings.Split(c.Scope, ",")}}
}

func (s *Server) lengthen(r *http.Request, in url.Values) providertest.Reply {
	t, no := s.tokenOf(r, in)
	switch {
	case no != nil:
		return *no
	case in.Get("grant_type") != "ig_exchange_token":
		return graphError(http.StatusBadRequest, codeInvalid, 0, "Unsupported grant_type")
	case s.o.AppSecret != "" && in.Get("client_secret") != s.o.AppSecret:
		return graphError(http.StatusBadRequest, 1, 0, "Error validating client secret.")
	case t.Long:
		return graphError(http.StatusBadRequest, codeInvalid, 0, "Session key invalid: the token is long-lived already")
	}
	return s.long(t)
}

func (s *Server) refresh(r *http.Request, in url.Values) providertest.Reply {
	t, no := s.tokenOf(r, in)
	switch {
	case no != nil:
		return *no
	case in.Get("grant_type") != "ig_refresh_token" || !t.Long:
		return graphError(http.StatusBadRequest, codeInvalid, 0, "Only a long-lived token can be refreshed")
	case s.o.Now().Sub(t.Issued) < renewable:
		return graphError(http.StatusBadRequest, codeInvalid, 0, "The token is less than 24 hours old")
	}
	return s.long(t)
}

func (s *Server) long(t token) providertest.Reply {
	return providertest.Reply{JSON: map[string]any{"access_token": s.issue(t.Account, t.Scope, true), "token_type": "bearer", "expires_in": int(longLife.Seconds())}}
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
