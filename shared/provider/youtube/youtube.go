package youtube

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

const name = "youtube"

// YouTube's addresses.
const (
	APIURL       = "https://www.googleapis.com"
	TokenURL     = "https://oauth2.googleapis.com" // #nosec G101 -- an address
	AuthorizeURL = "https://accounts.google.com/o/oauth2/v2/auth"
	WatchURL     = "https://www.youtube.com"
)

// Limits of chunks.
const (
	ChunkUnit    = 256 << 10
	DefaultChunk = 8 << 20
)

// Config is what a Client is made of.
type Config struct {
	// APIURL, TokenURL and WatchURL are origins, AuthorizeURL is a page; "" = YouTube's.
	APIURL, TokenURL, AuthorizeURL, WatchURL string
	ClientID, ClientSecret                   string
	// Category is the id of the videos' category; "" = 22, People & Blogs.
	Category string
	// Language is that of titles and descriptions; "" = ko.
	Language string
	// MayDelete asks owners for the permission to delete videos.
	MayDelete bool
	// ChunkBytes is a multiple of ChunkUnit; 0 = DefaultChunk.
	ChunkBytes int64
	// ChunkTimeout bounds the upload of one chunk; 0 = 2 min.
	ChunkTimeout time.Duration
	HTTP         provider.HTTP
	// Now is the clock; nil = time.Now.
	Now func() time.Time
}

// Client publishes on YouTube. It is safe for concurrent use.
type Client struct {
	api, tokens *provider.Client
	origin      *url.URL // of api
	cfg         Config
	pacific     *time.Location
}

// New returns a client. A wrong setting is an Error of class OurFault.
func New(cfg Config) (*Client, error) {
	for _, d := range []struct {
		at *string
		or string
	}{{&cfg.APIURL, APIURL}, {&cfg.TokenURL, TokenURL}, {&cfg.AuthorizeURL, AuthorizeURL}, {&cfg.WatchURL, WatchURL}, {&cfg.Category, "22"}, {&cfg.Language, "ko"}} {
		if *d.at == "" {
			*d.at = d.or
		}
	}
	cfg.WatchURL = strings.TrimRight(cfg.WatchURL, "/")
	if cfg.ChunkBytes == 0 {
		cfg.ChunkBytes = DefaultChunk
	}
	if cfg.ChunkTimeout <= 0 {
		cfg.ChunkTimeout = 2 * time.Minute
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.HTTP.Now == nil {
		cfg.HTTP.Now = cfg.Now
	}
	pacific, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		return nil, badSetting("load the quota's time zone: " + err.Error())
	}
	page, err := url.Parse(cfg.AuthorizeURL)
	switch {
	case cfg.ClientID == "" || cfg.ClientSecret == "":
		return nil, badSetting("client id and client secret are needed")
	case cfg.ChunkBytes < 0 || cfg.ChunkBytes%ChunkUnit != 0:
		return nil, badSetting("a chunk is a multiple of 256 KiB")
	case err != nil || page.Host == "" || page.RawQuery != "":
		return nil, badSetting("the authorize URL is not an absolute URL without a query")
	}
	c := &Client{cfg: cfg, pacific: pacific}
	upload := cfg.HTTP
	upload.Resumable = true
	if c.api, err = provider.NewClient(name, cfg.APIURL, "", upload); err != nil {
		return nil, err
	}
	if c.tokens, err = provider.NewClient(name, cfg.TokenURL, "", cfg.HTTP); err != nil {
		return nil, err
	}
	if c.origin, err = url.Parse(c.api.BaseURL()); err != nil {
		return nil, badSetting("the API's URL is not a URL")
	}
	return c, nil
}

func badSetting(text string) error {
	return &provider.Error{Provider: name, Op: "configure", Class: provider.OurFault, Code: "bad_setting", Err: errors.New(text)}
}

// Close closes idle connections; the client stays usable.
func (c *Client) Close() { c.api.Close(); c.tokens.Close() }

// notSent is the error of a call that was not made, for a reason of ours.
func (c *Client) notSent(op, text string) error {
	e := c.api.Fail(provider.Call{Op: op}, nil, provider.OurFault, "not_sent", "")
	e.Err = errors.New(text)
	return e
}

// later is the error of something on our side that may work the next time.
func (c *Client) later(op, code string, cause error) *provider.Error {
	e := c.api.Unintelligible(provider.Call{Op: op}, &provider.Answer{}, cause) // redacts the cause
	e.Code = code
	return e
}

// send makes one call of the Data API with an access token and returns its answer
// below status 400; 308 is one.
func (c *Client) send(ctx context.Context, access string, call provider.Call) (*provider.Answer, error) {
	if access == "" {
		return nil, c.notSent(call.Op, "no access token")
	}
	if call.Header == nil {
		call.Header = http.Header{}
	}
	call.Header.Set("Authorization", "Bearer "+access)
	a, err := c.api.Do(ctx, call)
	if err != nil {
		return nil, err
	}
	if a.Status >= 400 {
		return a, c.fail(call, a, access)
	}
	return a, nil
}

// read asks the Data API and decodes the answer, which is returned for whoever
// finds that it makes no sense.
func (c *Client) read(ctx context.Context, access, op, path string, query url.Values, into any) (*provider.Answer, error) {
	call := provider.Call{Op: op, Method: http.MethodGet, Path: "/youtube/v3/" + path, Query: query}
	a, err := c.send(ctx, access, call)
	if err != nil {
		return nil, err
	}
	if a.Status != http.StatusOK {
		return nil, c.api.Unintelligible(call, a, errors.New("neither an answer nor an error"))
	}
	if err := json.Unmarshal(a.Body, into); err != nil {
		return nil, c.api.Unintelligible(call, a, err)
	}
	return a, nil
}

// nonsense is the error of an answer that was read and cannot be.
func (c *Client) nonsense(op string, a *provider.Answer, text string) error {
	return c.api.Unintelligible(provider.Call{Op: op}, a, errors.New(text))
}

// validID says whether s can be the id of a video, playlist or channel. Ids come from outside.
func validID(s string) bool {
	return s != "" && len(s) <= 128 && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '-' && r != '_'
	})
}
