package naver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"castad/shared/provider"
)

const name = "naver"

// Adapter says by which of Naver's two doors a Client searches.
type Adapter string

// The adapters.
const (
	Legacy Adapter = "legacy" // Developers Center, until 2027-06-30
	Hub    Adapter = "hub"    // NAVER API HUB
)

// The vendor's own addresses.
const (
	LegacyURL = "https://openapi.naver.com"
	HubURL    = "https://naverapihub.apigw.ntruss.com"
	MapURL    = "https://maps.apigw.ntruss.com"
)

// Config is what a Client is made of.
type Config struct {
	// Adapter chooses the door of the search APIs. BaseURL is its address, "" = the vendor's own.
	Adapter Adapter
	BaseURL string
	// ID and Secret are the application's.
	ID, Secret string
	// MapURL is the geocoder's address ("" = the vendor's own), MapID and MapSecret its
	// application's; without MapID, Geocode fails.
	MapURL, MapID, MapSecret string
	HTTP                     provider.HTTP
}

// Client searches. It is safe for concurrent use.
type Client struct {
	search, maps *provider.Client
	c            Config
	now          func() time.Time

	mu    sync.Mutex
	busy  time.Time // when a search was refused for its rate, with no answer since
	spent time.Time // no search before
}

// New returns a client.
func New(c Config) (*Client, error) {
	switch c.Adapter {
	case Legacy:
		c.BaseURL = or(c.BaseURL, LegacyURL)
	case Hub:
		c.BaseURL = or(c.BaseURL, HubURL)
	default:
		return nil, &provider.Error{Provider: name, Op: "configure", Class: provider.OurFault, Code: "bad_setting", Err: fmt.Errorf("no adapter %q", c.Adapter)}
	}
	s := &Client{c: c, now: c.HTTP.Now}
	if s.now == nil {
		s.now = time.Now
	}
	for _, secret := range []string{c.ID, c.Secret, c.MapID, c.MapSecret} {
		if strings.ContainsFunc(secret, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return nil, &provider.Error{Provider: name, Op: "configure", Class: provider.OurFault, Code: "bad_setting",
				Err: errors.New("an id or secret contains spaces, line breaks or non-ASCII characters")}
		}
	}
	var err error
	if s.search, err = provider.NewClient(name, c.BaseURL, "", c.HTTP); err != nil {
		return nil, err
	}
	s.maps, err = provider.NewClient(name, or(c.MapURL, MapURL), "", c.HTTP)
	return s, err
}

// Close closes idle connections; the client stays usable.
func (c *Client) Close() { c.search.Close(); c.maps.Close() }

// call is one search as the adapter sends it.
func (c *Client) call(op string, q url.Values) provider.Call {
	if c.c.Adapter == Legacy {
		return provider.Call{Op: op, Method: http.MethodGet, Path: "/v1/search/" + op + ".json", Query: q,
			Header: http.Header{"X-Naver-Client-Id": {c.c.ID}, "X-Naver-Client-Secret": {c.c.Secret}}}
	}
	q.Set("format", "json")
	return provider.Call{Op: op, Method: http.MethodGet, Path: "/search/v1/" + op, Query: q, Header: gateway(c.c.ID, c.c.Secret)}
}

func gateway(id, secret string) http.Header {
	return http.Header{"X-Ncp-Apigw-Api-Key-Id": {id}, "X-Ncp-Apigw-Api-Key": {secret}}
}

// ask sends one search, unless the day's quota is known to be spent.
func (c *Client) ask(ctx context.Context, op, query string, q url.Values) ([]json.RawMessage, error) {
	query = strings.TrimSpace(query)
	if query == "" || !validText(query) {
		return nil, provider.Refused(name, op, "query", "is empty or not one line of text")
	}
	q.Set("query", query)
	call := c.call(op, q)
	if err := c.closed(call); err != nil {
		return nil, err
	}
	asked := c.now()
	a, err := c.search.Do(ctx, call)
	if err != nil {
		return nil, err
	}
	if a.Status == http.StatusTooManyRequests {
		return nil, c.limited(call, a, asked)
	}
	if a.Status >= 400 {
		return nil, c.refused(c.search, call, a)
	}
	c.answered()
	list, err := items(a.Body)
	if err != nil {
		return nil, c.search.Unintelligible(call, a, err)
	}
	return list, nil
}

// items reads an answer's list.
func items(body []byte) ([]json.RawMessage, error) {
	var page struct {
		Items *[]json.RawMessage `json:"items"`
	}
	if err := json.Unmarshal(body, &page); err != nil {
		return nil, err
	}
	if page.Items == nil {
		return nil, errors.New("no list of items")
	}
	return *page.Items, nil
}

// Local returns at most five places for a name and neighbourhood, the most fitting
// first. A hit has no ID and no Phone (the API tells none); an item that cannot be
// read is left out. Hits are to choose from and must not be stored (see the package comment).
func (c *Client) Local(ctx context.Context, query string) ([]provider.PlaceHit, error) {
	list, err := c.ask(ctx, "local", query, url.Values{"display": {"5"}})
	if err != nil {
		return nil, err
	}
	return hits(list), nil
}

func hits(list []json.RawMessage) []provider.PlaceHit {
	out := []provider.PlaceHit{}
	for _, raw := range list {
		var i struct {
			Title, Link, Category, Address, RoadAddress loose
			MapX, MapY                                  loose
		}
		if json.Unmarshal(raw, &i) != nil || plain(string(i.Title)) == "" {
			continue
		}
		h := provider.PlaceHit{Name: plain(string(i.Title)), Category: plain(string(i.Category)), Address: plain(string(i.Address)),
			RoadAddress: plain(string(i.RoadAddress)), URL: webURL(string(i.Link)), Source: name}
		h.Lat, h.Lng = position(string(i.MapX), string(i.MapY))
		out = append(out, h)
	}
	return out
}

// OthersPicture is a picture that image search found. It belongs to somebody else: it
// may be linked to, it must never be part of an ad, and it must not be stored. There is
// on purpose no way from it to a place's photo.
type OthersPicture struct {
	Title string
	// Page is where the picture is; Thumbnail is Naver's small copy of it.
	Page, Thumbnail string
	// Width and Height are in pixels, 0 when not told.
	Width, Height int
}

// Image returns at most ten pictures for a query.
func (c *Client) Image(ctx context.Context, query string) ([]OthersPicture, error) {
	list, err := c.ask(ctx, "image", query, url.Values{"display": {"10"}, "sort": {"sim"}})
	if err != nil {
		return nil, err
	}
	return pictures(list), nil
}

func pictures(list []json.RawMessage) []OthersPicture {
	out := []OthersPicture{}
	for _, raw := range list {
		var i struct{ Title, Link, Thumbnail, SizeWidth, SizeHeight loose }
		if json.Unmarshal(raw, &i) != nil || webURL(string(i.Link)) == "" {
			continue
		}
		out = append(out, OthersPicture{Title: plain(string(i.Title)), Page: webURL(string(i.Link)), Thumbnail: webURL(string(i.Thumbnail)),
			Width: pixels(i.SizeWidth), Height: pixels(i.SizeHeight)})
	}
	return out
}
