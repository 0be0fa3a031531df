package kakao

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"

	"castad/shared/provider"
)

const opRefresh = "refresh"

// Tokens are what a login or a refresh gave. All of them are secrets.
type Tokens struct {
	provider.Grant
	// IDToken says who signed in; "" when the app has OpenID Connect switched off. It is
	// not verified yet: VerifyLogin.
	IDToken string
}

// Exchange turns the code of a redirect into tokens. verifier is PKCE's, "" = none was
// sent; redirectURI is the one of AuthorizeURL. A code works once: when it was used or
// has ended, the error is fault.CodeUnauthenticated; when the answer is lost, class
// Unknown, and the person signs in anew.
func (c *Client) Exchange(ctx context.Context, code, verifier, redirectURI string) (Tokens, error) {
	values := url.Values{"grant_type": {"authorization_code"}, "redirect_uri": {redirectURI}, "code": {code}}
	if verifier != "" {
		values.Set("code_verifier", verifier)
	}
	call := c.grant("exchange", values)
	call.Paid = true // a code that may have been used must not look like one that may be tried again
	return c.tokens(ctx, call, code, verifier)
}

// Refresh buys a new access token. The tokens' Refresh is a new one only when Kakao
// sent one (with RefreshExpires); else it is the one given.
func (c *Client) Refresh(ctx context.Context, refresh string) (Tokens, error) {
	t, err := c.tokens(ctx, c.grant(opRefresh, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh}}), refresh)
	if err == nil && t.Refresh == "" {
		t.Refresh = refresh
	}
	return t, err
}

// grant is the form post for tokens.
func (c *Client) grant(op string, values url.Values) provider.Call {
	values.Set("client_id", c.cfg.RESTKey)
	if c.cfg.ClientSecret != "" {
		values.Set("client_secret", c.cfg.ClientSecret) // in the form: Kakao does not take it as Basic
	}
	return form(op, "/oauth/token", values)
}

func (c *Client) tokens(ctx context.Context, call provider.Call, secrets ...string) (Tokens, error) {
	a, err := c.auth.Do(ctx, call)
	if err != nil {
		return Tokens{}, err
	}
	var in struct {
		Access         string `json:"access_token"`
		Type           string `json:"token_type"`
		Refresh        string `json:"refresh_token"`
		IDToken        string `json:"id_token"`
		Expires        span   `json:"expires_in"`
		RefreshExpires span   `json:"refresh_token_expires_in"`
		Scope          string `json:"scope"`
	}
	if err := c.openAuth(call, a, &in, secrets...); err != nil {
		return Tokens{}, err
	}
	if in.Access == "" || in.Expires == 0 || !strings.EqualFold(in.Type, "bearer") {
		return Tokens{}, c.auth.Unintelligible(call, a, errors.New("the answer has no bearer token with an end"))
	}
	now := c.cfg.Now().UTC()
	t := Tokens{Grant: provider.Grant{Access: in.Access, Refresh: in.Refresh, Expires: now.Add(time.Duration(in.Expires)),
		Scopes: strings.Fields(in.Scope)}, IDToken: in.IDToken}
	if in.Refresh != "" && in.RefreshExpires > 0 {
		t.RefreshExpires = now.Add(time.Duration(in.RefreshExpires))
	}
	return t, nil
}

// span is a JSON number of seconds, or its text. It is never negative, and at most
// ten years, so that no sum overflows.
type span time.Duration

func (s *span) UnmarshalJSON(b []byte) error {
	var n json.Number
	if err := json.Unmarshal(b, &n); err != nil {
		return err
	}
	f, err := strconv.ParseFloat(string(n), 64)
	if n != "" && err != nil && !errors.Is(err, strconv.ErrRange) {
		return err
	}
	const most = 10 * 365 * 24 * time.Hour
	*s = span(min(max(f, 0), most.Seconds()) * float64(time.Second))
	return nil
}
