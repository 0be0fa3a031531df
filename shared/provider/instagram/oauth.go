package instagram

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"castad/shared/provider"
)

// Scopes are what an owner is asked for: who it is, publishing, and figures.
var Scopes = []string{"instagram_business_basic", "instagram_business_content_publish", "instagram_business_manage_insights"}

// Needs are those of them without which nothing can be published: figures are not.
func (c *Client) Needs() []string { return Scopes[:2:2] }

const (
	// longLife is how long a long-lived token works, from its making or renewal.
	longLife = 60 * 24 * time.Hour
	// renewable is the age from which it can be renewed.
	renewable = 24 * time.Hour
)

// AuthorizeURL is where an owner consents. Instagram takes no PKCE challenge: state,
// the browser's cookie and the single use of the code have to do, so challenge is not sent.
func (c *Client) AuthorizeURL(state, challenge, redirectURI string) string {
	return c.authorize + "?" + url.Values{"client_id": {c.appID}, "redirect_uri": {redirectURI}, "response_type": {"code"},
		"scope": {strings.Join(Scopes, ",")}, "state": {state}}.Encode()
}

// token is the answer of the token endpoints; the first one wraps it in "data" by
// its documentation and does not in practice.
type token struct {
	Access      string      `json:"access_token"`
	Permissions permissions `json:"permissions"`
	ExpiresIn   number      `json:"expires_in"` // seconds
	Data        []token     `json:"data"`
}

func (t *token) lacks() string {
	if t.Access == "" && len(t.Data) > 0 { // as documented
		*t = t.Data[0]
	}
	if t.Access == "" {
		return "a token"
	}
	return ""
}

// longToken is one that has to say how long it lives.
type longToken struct{ token }

func (t *longToken) lacks() string {
	if l := t.token.lacks(); l != "" || t.ExpiresIn > 0 && t.ExpiresIn <= 400*24*3600 {
		return l
	}
	return "a lifetime"
}

// permissions are a list or one text with commas.
type permissions []string

func (p *permissions) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*p = nil
		for s := range strings.SplitSeq(one, ",") {
			if s = strings.TrimSpace(s); s != "" {
				*p = append(*p, s)
			}
		}
		return nil
	}
	var list []string
	err := json.Unmarshal(b, &list)
	*p = list
	return err
}

// Exchange turns the code of a consent into a long-lived token, by way of a short-lived
// one; verifier is not sent, since Instagram has no PKCE. A code works once: from the
// moment that the first request may have arrived every failure that is not our
// settings' is class Reconnect, and the owner, who is still there, consents again.
func (c *Client) Exchange(ctx context.Context, code, verifier, redirectURI string) (provider.Grant, error) {
	code = strings.TrimSuffix(code, "#_") // Instagram puts it behind the redirect address
	if code == "" {
		return provider.Grant{}, c.ours("exchange", "there is no code")
	}
	form := url.Values{"client_id": {c.appID}, "client_secret": {c.appSecret}, "grant_type": {"authorization_code"},
		"redirect_uri": {redirectURI}, "code": {code}}.Encode()
	call := provider.Call{Op: "exchange", Method: http.MethodPost, Path: "/oauth/access_token", Body: strings.NewReader(form),
		Length: int64(len(form)), Type: "application/x-www-form-urlencoded", Paid: true}
	var short token
	if err := c.do(ctx, c.api, call, &short, code); err != nil {
		return provider.Grant{}, spent(err)
	}
	long, err := c.tokens(ctx, "lengthen", "/access_token", short.Access, url.Values{"grant_type": {"ig_exchange_token"}, "client_secret": {c.appSecret}})
	if err != nil {
		return provider.Grant{}, spent(err)
	}
	long.Scopes = short.Permissions
	return long, nil
}

// spent classes a failure after which the code may not work again. Of our own faults
// are those that name the app, its secret or the redirect address.
func spent(err error) error {
	var e *provider.Error
	if !errors.As(err, &e) {
		return err
	}
	said := strings.ToLower(e.Snippet)
	switch {
	case e.Class == provider.Later && e.Status == 0 && e.Op == "exchange": // no connection: the code is as it was
	case strings.Contains(said, "secret"), strings.Contains(said, "redirect_uri"), strings.Contains(said, "client_id"), strings.Contains(said, "platform app"):
		e.Class = provider.OurFault
	default:
		e.Class = provider.Reconnect
	}
	return e
}

// tokens asks for a token that lives 60 days.
func (c *Client) tokens(ctx context.Context, op, path, access string, query url.Values) (provider.Grant, error) {
	query.Set("access_token", access) // the only documented place
	call := provider.Call{Op: op, Method: http.MethodGet, Path: path, Query: query}
	var t longToken
	if err := c.do(ctx, c.graph, call, &t, access); err != nil {
		return provider.Grant{}, err
	}
	return provider.Grant{Access: t.Access, Expires: c.now().Add(time.Duration(t.ExpiresIn) * time.Second), Scopes: t.Permissions}, nil
}

// Refresh renews a long-lived token for 60 days. It replaces no other: when the
// answer is lost the old one works until its own end, so that is class Later. An expired
// one cannot be renewed (class Reconnect, nothing is sent); one that is younger than
// 24 h is returned as it is, since Instagram would refuse and it has 59 days left.
func (c *Client) Refresh(ctx context.Context, g provider.Grant) (provider.Grant, error) {
	left := g.Expires.Sub(c.now())
	switch {
	case g.Access == "":
		return provider.Grant{}, c.ours("refresh", "there is no token to renew")
	case left <= 0:
		return provider.Grant{}, &provider.Error{Provider: name, Op: "refresh", Class: provider.Reconnect, Code: "expired",
			Err: errors.New("a long-lived token cannot be renewed once it has expired")}
	case left > longLife-renewable:
		return g, nil
	}
	fresh, err := c.tokens(ctx, "refresh", "/refresh_access_token", g.Access, url.Values{"grant_type": {"ig_refresh_token"}})
	if err != nil {
		return provider.Grant{}, err
	}
	if len(fresh.Scopes) == 0 {
		fresh.Scopes = g.Scopes
	}
	return fresh, nil
}

// professional are the account types that can publish by API.
var professional = map[string]bool{"BUSINESS": true, "MEDIA_CREATOR": true, "CREATOR": true}

// owner is GET /me. Its "id" is the app's own name for the account, and publishes nothing.
type owner struct {
	UserID   text   `json:"user_id"`
	Username string `json:"username"`
	Type     string `json:"account_type"`
}

func (o owner) lacks() string {
	if !validID(string(o.UserID)) || o.Username == "" {
		return "an account's id or name"
	}
	return ""
}

// Owner says whose account a token is for. A personal account cannot publish: the user's fault.
func (c *Client) Owner(ctx context.Context, access string) (provider.Account, error) {
	call := c.get("owner", who{access: access}, "/me", url.Values{"fields": {"user_id,username,account_type"}})
	var me owner
	if err := c.do(ctx, c.graph, call, &me, access); err != nil {
		return provider.Account{}, err
	}
	if !professional[strings.ToUpper(me.Type)] {
		return provider.Account{}, provider.Refused(name, "owner", "account", "only professional accounts (business or creator) can publish; this one can be switched in Instagram's settings")
	}
	return provider.Account{ID: string(me.UserID), Name: me.Username, URL: "https://www.instagram.com/" + url.PathEscape(me.Username) + "/"}, nil
}

// Revoke refuses: Instagram Login documents no call that withdraws a token. The
// caller deletes what it keeps; the owner can withdraw the permission in Instagram
// under "Apps and websites", and an unrenewed token ends by itself after 60 days.
func (c *Client) Revoke(context.Context, provider.Grant) error {
	return provider.Refused(name, "revoke", "account", `Instagram lets no app withdraw its permission: do it in Instagram under "Apps and websites"`)
}
