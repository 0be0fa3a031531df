package kakao

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"castad/shared/fault"
	"castad/shared/provider"

	"github.com/golang-jwt/jwt/v5"
)

const name = "kakao"

// The public origins.
const (
	AuthURL  = "https://kauth.kakao.com"
	APIURL   = "https://kapi.kakao.com"
	LocalURL = "https://dapi.kakao.com"
)

// Issuer is who signs Kakao's id_tokens, whatever AuthURL is.
const Issuer = AuthURL

// Config is what a Client is made of.
type Config struct {
	// AuthURL, APIURL and LocalURL are the origins; "" = Kakao's own.
	AuthURL, APIURL, LocalURL string
	// AppID is the app's number, which webhooks carry.
	AppID string
	// RESTKey is the app's REST API key: the client id, and the key of Local search.
	RESTKey string
	// ClientSecret is sent with codes and refresh tokens; "" = the app has none.
	ClientSecret string
	// AdminKey opens UnlinkUser and proves webhooks; "" = neither.
	AdminKey string
	// NativeKeys are the native app keys whose id_tokens VerifyNative takes.
	NativeKeys []string
	// Scopes are asked for in addition to what the app's console says; none = no scope
	// is sent. openid is added: without it a scope parameter means no id_token.
	Scopes []string
	HTTP   provider.HTTP
	// Keys keeps Kakao's key set for all instances, which trust it; nil = this process alone.
	Keys Keeper
	// Now is the clock; nil = time.Now.
	Now func() time.Time
}

// Client is one app at Kakao. It is safe for concurrent use.
type Client struct {
	cfg              Config
	auth, api, local *provider.Client
	keys             *keySet
	browser, native  *jwt.Parser
}

// New returns a client.
func New(cfg Config) (*Client, error) {
	for _, u := range []struct {
		url *string
		own string
	}{{&cfg.AuthURL, AuthURL}, {&cfg.APIURL, APIURL}, {&cfg.LocalURL, LocalURL}} {
		if *u.url == "" {
			*u.url = u.own
		}
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Keys == nil {
		cfg.Keys = unshared{}
	}
	cfg.NativeKeys = slices.DeleteFunc(slices.Clone(cfg.NativeKeys), func(k string) bool { return k == "" })
	c := &Client{cfg: cfg}
	small := cfg.HTTP
	if small.MaxBytes <= 0 {
		small.MaxBytes = 64 << 10
	}
	var err, err2, err3 error
	c.auth, err = provider.NewClient(name, cfg.AuthURL, "", small)
	c.api, err2 = provider.NewClient(name, cfg.APIURL, "", small)
	c.local, err3 = provider.NewClient(name, cfg.LocalURL, "", cfg.HTTP)
	if err := errors.Join(err, err2, err3); err != nil {
		return nil, err
	}
	for field, key := range map[string]string{"REST API key": cfg.RESTKey, "admin key": cfg.AdminKey, "client secret": cfg.ClientSecret} {
		if strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) || key == "" && field == "REST API key" {
			e := c.auth.Fail(provider.Call{Op: "configure"}, nil, provider.OurFault, "bad_setting", "")
			e.Err = errors.New("the " + field + " is missing, or has spaces, line breaks or non-ASCII characters")
			return nil, e
		}
	}
	c.keys = &keySet{ask: c.fetchKeys, shared: cfg.Keys, name: cfg.AuthURL, now: cfg.Now}
	c.browser, c.native = c.parser(cfg.RESTKey), c.parser(cfg.NativeKeys...)
	return c, nil
}

// Close closes idle connections; the client stays usable.
func (c *Client) Close() {
	c.auth.Close()
	c.api.Close()
	c.local.Close()
}

// AuthorizeURL returns where the browser goes to sign in. state and nonce are random
// and bound to the browser by the caller, challenge is PKCE's S256 of the verifier
// (RFC 7636), redirectURI one of those that the app's console lists.
func (c *Client) AuthorizeURL(state, nonce, challenge, redirectURI string) string {
	q := url.Values{"client_id": {c.cfg.RESTKey}, "redirect_uri": {redirectURI}, "response_type": {"code"}, "state": {state}, "nonce": {nonce}}
	if challenge != "" {
		q.Set("code_challenge", challenge)
		q.Set("code_challenge_method", "S256")
	}
	if len(c.cfg.Scopes) > 0 {
		scopes := c.cfg.Scopes
		if !slices.Contains(scopes, "openid") {
			scopes = append([]string{"openid"}, scopes...)
		}
		q.Set("scope", strings.Join(scopes, ",")) // commas, where OAuth 2.0 has spaces
	}
	return c.auth.BaseURL() + "/oauth/authorize?" + q.Encode()
}

// ParseRedirect reads what the browser brings back: the code, or why there is none.
// The state is the caller's to compare, before this.
func (c *Client) ParseRedirect(q url.Values) (code string, err error) {
	if why := q.Get("error"); why != "" {
		return "", c.refused(provider.Call{Op: "authorize"}, nil, kauthError{Error: why, Description: q.Get("error_description"), Code: q.Get("error_code")})
	}
	code = q.Get("code")
	if code == "" || len(code) > 1024 {
		return "", fault.Newf(fault.CodeBadValue, "the redirect has neither code nor error").In("code")
	}
	return code, nil
}

// form is a form post.
func form(op, path string, values url.Values) provider.Call {
	text := values.Encode()
	return provider.Call{Op: op, Method: http.MethodPost, Path: path, Body: strings.NewReader(text), Length: int64(len(text)),
		Type: "application/x-www-form-urlencoded;charset=utf-8"}
}

// ask sends a call to kapi with the credential ("Bearer …", "KakaoAK …") and decodes its
// answer, which it returns for whoever finds that it says nothing.
func (c *Client) ask(ctx context.Context, call provider.Call, credential string, out any) (*provider.Answer, error) {
	call.Header = http.Header{"Authorization": {credential}}
	a, err := c.api.Do(ctx, call)
	if err != nil {
		return nil, err
	}
	return a, c.open(call, a, credential, out)
}
