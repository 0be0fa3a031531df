package instagram

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"castad/shared/pattern"
	"castad/shared/provider"
)

const name = "instagram"

// Defaults of Config.
const (
	DefaultGraphURL     = "https://graph.instagram.com"
	DefaultAPIURL       = "https://api.instagram.com"
	DefaultAuthorizeURL = "https://www.instagram.com/oauth/authorize"
	// DefaultVersion is supported until 2028-07-29.
	DefaultVersion = "v25.0"
	// DefaultPoll is how often Meta asks to look at a container.
	DefaultPoll = time.Minute
	// DefaultSettle is above one call's deadline (30 s) and what Meta needs to make a
	// reel of a request that it has taken.
	DefaultSettle = 2 * time.Minute
)

// Config is what a Client is made of.
type Config struct {
	// GraphURL and APIURL are origins, AuthorizeURL the page where owners consent;
	// "" = Instagram's own.
	GraphURL, APIURL, AuthorizeURL string
	// Version is the Graph API's ("v25.0"); "" = DefaultVersion.
	Version          string
	AppID, AppSecret string
	// Poll is how long Publish asks to wait for a container; 0 = DefaultPoll.
	Poll time.Duration
	// Settle is how long after media_publish an unpublished container is no proof,
	// since the request may still be under way; 0 = DefaultSettle.
	Settle time.Duration
	HTTP   provider.HTTP
	// Now is the clock; nil = time.Now.
	Now func() time.Time
}

// Client publishes on Instagram. It is safe for concurrent use.
type Client struct {
	graph, api       *provider.Client
	authorize        string
	version          string
	appID, appSecret string
	poll, settle     time.Duration
	now              func() time.Time
}

var versionForm = pattern.New(`^v[0-9]{1,3}\.[0-9]$`)

// New returns a client. A wrong setting is a *provider.Error of class OurFault.
func New(cfg Config) (*Client, error) {
	c := &Client{authorize: or(cfg.AuthorizeURL, DefaultAuthorizeURL), version: or(cfg.Version, DefaultVersion),
		appID: cfg.AppID, appSecret: cfg.AppSecret, poll: cfg.Poll, settle: cfg.Settle, now: cfg.Now}
	var err error
	if c.graph, err = provider.NewClient(name, or(cfg.GraphURL, DefaultGraphURL), "", cfg.HTTP); err != nil {
		return nil, err
	}
	if c.api, err = provider.NewClient(name, or(cfg.APIURL, DefaultAPIURL), "", cfg.HTTP); err != nil {
		return nil, err
	}
	page, err := url.Parse(c.authorize)
	switch {
	case err != nil || page.Host == "" || page.RawQuery != "" || page.Scheme != "https" && page.Scheme != "http":
		return nil, c.ours("configure", "the authorize address is not an absolute URL without a query")
	case !versionForm.MatchString(c.version):
		return nil, c.ours("configure", `the version is written as "v25.0"`)
	case c.appID == "" || c.appSecret == "":
		return nil, c.ours("configure", "an app id and an app secret are needed")
	}
	if c.poll <= 0 {
		c.poll = DefaultPoll
	}
	if c.settle <= 0 {
		c.settle = DefaultSettle
	}
	if c.now == nil {
		c.now = time.Now
	}
	return c, nil
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// Close closes idle connections; the client stays usable.
func (c *Client) Close() {
	c.graph.Close()
	c.api.Close()
}

// ours is a mistake of CastAD's that was found before anything was sent.
func (c *Client) ours(op, text string) *provider.Error {
	return &provider.Error{Provider: name, Op: op, Class: provider.OurFault, Code: "not_sent", Err: errors.New(text)}
}

// who is the account that a call is made for: Meta counts calls for each.
type who struct{ account, access string }

// get is a read below the configured version with the account's token.
func (c *Client) get(op string, w who, path string, query url.Values) provider.Call {
	return provider.Call{Op: op, Scope: w.account, Method: http.MethodGet, Path: "/" + c.version + path, Query: query, Header: w.bearer()}
}

func (c *Client) post(op string, w who, path string, body any) provider.Call {
	return provider.Call{Op: op, Scope: w.account, Method: http.MethodPost, Path: "/" + c.version + path, JSON: body, Header: w.bearer()}
}

func (w who) bearer() http.Header {
	return http.Header{"Authorization": {"Bearer " + w.access}}
}

// answer is what an answer is decoded into.
type answer interface {
	// lacks says what it does not hold although its status promised it, "" = nothing.
	lacks() string
}

// created is the id of a new container or reel.
type created struct {
	ID text `json:"id"`
}

func (a created) lacks() string {
	if !validID(string(a.ID)) {
		return "an id"
	}
	return ""
}

// do sends a call and decodes its answer into out. Errors are *provider.Error, by
// the table of package instagram. secrets are masked in what the answer says.
func (c *Client) do(ctx context.Context, p *provider.Client, call provider.Call, out answer, secrets ...string) error {
	a, err := p.Do(ctx, call)
	if err != nil {
		return err
	}
	if e, told := readError(a.Body); told || a.Status >= 400 {
		return c.refusal(p, call, a, e, secrets)
	}
	lacks := "the JSON that was asked for"
	if json.Unmarshal(a.Body, out) == nil {
		lacks = out.lacks()
	}
	if lacks != "" {
		return p.Unintelligible(call, a, errors.New("the answer lacks "+lacks))
	}
	return nil
}

// node checks what a Graph path is made of: ids are decimal.
func (c *Client) node(op, id string) error {
	if !validID(id) {
		return c.ours(op, "an id of Instagram has 1–32 digits")
	}
	return nil
}

func validID(s string) bool {
	return s != "" && len(s) <= 32 && strings.Trim(s, "0123456789") == ""
}
