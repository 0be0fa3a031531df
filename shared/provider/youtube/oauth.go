package youtube

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"castad/shared/fault"
	"castad/shared/provider"
)

// The scopes; see the package comment for what each is for.
const (
	scopeUpload = "https://www.googleapis.com/auth/youtube.upload"
	scopeRead   = "https://www.googleapis.com/auth/youtube.readonly"
	scopeDelete = "https://www.googleapis.com/auth/youtube.force-ssl"
)

// AuthorizeURL is where an owner allows us to publish. challenge is the S256 PKCE
// challenge. access_type=offline asks for a refresh token, prompt=consent for one also
// when the owner has allowed us before, and select_account which account it is: whoever
// is signed in with one would otherwise never get to connect a second.
func (c *Client) AuthorizeURL(state, challenge, redirectURI string) string {
	scopes := scopeUpload + " " + scopeRead
	if c.cfg.MayDelete {
		scopes += " " + scopeDelete
	}
	return c.cfg.AuthorizeURL + "?" + url.Values{
		"client_id": {c.cfg.ClientID}, "redirect_uri": {redirectURI}, "response_type": {"code"}, "scope": {scopes}, "state": {state},
		"access_type": {"offline"}, "prompt": {"select_account consent"}, "code_challenge": {challenge}, "code_challenge_method": {"S256"},
	}.Encode()
}

// Needs are the scopes without which nothing can be published. Google asks for each with
// a box of its own, which people leave empty.
func (c *Client) Needs() []string { return []string{scopeUpload, scopeRead} }

// Exchange turns the code of a callback into a grant. A code works once: one that
// was used, or whose answer was lost, is class Reconnect the next time. The
// grant's Refresh is "" when Google gave none; what is kept from before stays valid then.
func (c *Client) Exchange(ctx context.Context, code, verifier, redirectURI string) (provider.Grant, error) {
	return c.token(ctx, "exchange", url.Values{"grant_type": {"authorization_code"}, "code": {code}, "code_verifier": {verifier}, "redirect_uri": {redirectURI}})
}

// Refresh buys the next access token. Google seldom gives a new refresh token with
// it: the old one stays. A grant that was withdrawn, is six months unused, or seven
// days old while the app is in testing, is class Reconnect.
func (c *Client) Refresh(ctx context.Context, g provider.Grant) (provider.Grant, error) {
	if g.Refresh == "" {
		e := c.tokens.Fail(provider.Call{Op: "refresh"}, nil, provider.Reconnect, "no_refresh_token", "")
		return provider.Grant{}, e
	}
	next, err := c.token(ctx, "refresh", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {g.Refresh}})
	if err != nil {
		return provider.Grant{}, err
	}
	if next.Refresh == "" {
		next.Refresh = g.Refresh
	}
	if next.RefreshExpires.IsZero() {
		next.RefreshExpires = g.RefreshExpires
	}
	if len(next.Scopes) == 0 {
		next.Scopes = g.Scopes
	}
	return next, nil
}

// token posts a form to the token endpoint.
func (c *Client) token(ctx context.Context, op string, form url.Values) (provider.Grant, error) {
	form.Set("client_id", c.cfg.ClientID)
	form.Set("client_secret", c.cfg.ClientSecret)
	call := formCall(op, "/token", form)
	asked := c.cfg.Now()
	a, err := c.tokens.Do(ctx, call)
	if err != nil {
		return provider.Grant{}, err
	}
	if a.Status >= 400 {
		return provider.Grant{}, c.tokenFail(call, a, form)
	}
	g, err := grantOf(a.Body, asked)
	if err != nil {
		return provider.Grant{}, c.tokens.Unintelligible(call, a, err)
	}
	return g, nil
}

func formCall(op, path string, form url.Values) provider.Call {
	body := form.Encode()
	return provider.Call{Op: op, Method: http.MethodPost, Path: path, Body: strings.NewReader(body), Length: int64(len(body)), Type: "application/x-www-form-urlencoded"}
}

// grantOf reads a token answer that was asked for at a time.
func grantOf(body []byte, asked time.Time) (provider.Grant, error) {
	var t struct {
		Access         string `json:"access_token"`
		Refresh        string `json:"refresh_token"`
		Expires        int64  `json:"expires_in"`
		RefreshExpires int64  `json:"refresh_token_expires_in"` // while the app is in testing, or the owner set an end
		Scope          string `json:"scope"`
		Type           string `json:"token_type"`
	}
	if json.Unmarshal(body, &t) != nil { // its error may quote a token
		return provider.Grant{}, errors.New("not a token answer")
	}
	const year = 366 * 24 * 60 * 60 // far beyond any; also keeps the sum from overflowing
	switch {
	case t.Access == "" || strings.ContainsFunc(t.Access+t.Refresh, func(r rune) bool { return r <= ' ' || r > '~' }):
		return provider.Grant{}, errors.New("no usable access token")
	case !strings.EqualFold(t.Type, "Bearer"):
		return provider.Grant{}, errors.New("not a bearer token")
	case t.Expires <= 0 || t.Expires > year || t.RefreshExpires < 0 || t.RefreshExpires > 10*year:
		return provider.Grant{}, errors.New("no usable lifetime")
	}
	g := provider.Grant{Access: t.Access, Refresh: t.Refresh, Expires: asked.Add(time.Duration(t.Expires) * time.Second), Scopes: strings.Fields(t.Scope)}
	if t.RefreshExpires > 0 {
		g.RefreshExpires = asked.Add(time.Duration(t.RefreshExpires) * time.Second)
	}
	return g, nil
}

// tokenClasses is the token endpoint's table; what it does not have goes by the status.
var tokenClasses = map[string]provider.Class{
	"invalid_grant":         provider.Reconnect,
	"access_denied":         provider.Reconnect,
	"admin_policy_enforced": provider.Reconnect, // the owner's organisation forbids it
	"rate_limit_exceeded":   provider.RateLimited,
	"invalid_client":        provider.OurFault,
	"unauthorized_client":   provider.OurFault,
	"redirect_uri_mismatch": provider.OurFault,
	"invalid_request":       provider.OurFault,
}

func (c *Client) tokenFail(call provider.Call, a *provider.Answer, form url.Values) *provider.Error {
	var e struct {
		Error string `json:"error"`
		Text  string `json:"error_description"`
	}
	if json.Unmarshal(a.Body, &e) != nil || e.Text == "" {
		e.Text = "-"
	}
	class, ok := tokenClasses[e.Error]
	if !ok {
		class = provider.StatusClass(a.Status, false)
	}
	for _, secret := range []string{"code", "code_verifier", "refresh_token", "client_secret", "token"} {
		if v := form.Get(secret); v != "" {
			e.Error, e.Text = strings.ReplaceAll(e.Error, v, "***"), strings.ReplaceAll(e.Text, v, "***")
		}
	}
	return c.tokens.Fail(call, a, class, e.Error, e.Text)
}

// Owner returns the channel that an access token publishes on. A Google account
// without a channel is the owner's to mend (field account).
func (c *Client) Owner(ctx context.Context, access string) (provider.Account, error) {
	ch, err := c.channel(ctx, access, "owner", "snippet")
	if err != nil {
		return provider.Account{}, err
	}
	return provider.Account{ID: ch.ID, Name: ch.Snippet.Title, URL: c.cfg.WatchURL + "/channel/" + ch.ID}, nil
}

type channel struct {
	ID      string `json:"id"`
	Snippet struct {
		Title string `json:"title"`
	} `json:"snippet"`
	ContentDetails struct {
		RelatedPlaylists struct {
			Uploads string `json:"uploads"`
		} `json:"relatedPlaylists"`
	} `json:"contentDetails"`
}

// channel reads the access token's own channel.
func (c *Client) channel(ctx context.Context, access, op, part string) (channel, error) {
	var list struct {
		Items []channel `json:"items"`
		Kind  string    `json:"kind"`
	}
	a, err := c.read(ctx, access, op, "channels", url.Values{"part": {part}, "mine": {"true"}}, &list)
	if err != nil {
		return channel{}, err
	}
	switch { // without a channel the list has no items at all, so the kind must show that it is a list
	case list.Kind != "youtube#channelListResponse" || len(list.Items) > 0 && !validID(list.Items[0].ID):
		return channel{}, c.nonsense(op, a, "not a list of channels")
	case len(list.Items) == 0:
		e := c.api.Fail(provider.Call{Op: op}, nil, provider.UserFault, "youtubeSignupRequired", "")
		e.Err = fault.Newf(fault.CodeVendorRefused, "the Google account has no YouTube channel").In("account")
		return channel{}, e
	}
	return list.Items[0], nil
}

// Revoke gives the owner's permission back. A grant that has ended already is no error.
func (c *Client) Revoke(ctx context.Context, g provider.Grant) error {
	token := g.Refresh // ends the access tokens made from it, too
	if token == "" {
		token = g.Access
	}
	if token == "" {
		return c.notSent("revoke", "no token")
	}
	form := url.Values{"token": {token}}
	call := formCall("revoke", "/revoke", form)
	a, err := c.tokens.Do(ctx, call)
	if err != nil {
		return err
	}
	if a.Status >= 400 {
		if e := c.tokenFail(call, a, form); e.Code != "invalid_token" {
			return e
		}
	}
	return nil
}
