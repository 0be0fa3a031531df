// Package browser is an owner at a browser who connects a channel account: it asks
// CastAD where to go, presses "allow" on the channel's page and comes back with the
// cookie, as a person would. It is for the stand-ins: no real channel lets a
// program consent.
package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"

	"golang.org/x/net/html"
)

// Account is what CastAD says of a connected account.
type Account struct {
	ID      string `json:"id"`
	Channel string `json:"channel"`
	Name    string `json:"name"`
	State   string `json:"state"`
}

// Connect connects an account of a channel for the owner of token. api is CastAD's
// API (http://127.0.0.1:7071/api/v1). fill has what the owner types into the page,
// by the field's name; the rest is left as the page has it.
func Connect(ctx context.Context, api, token, channel string, fill map[string]string) (Account, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return Account{}, fmt.Errorf("connect %s: %w", channel, err)
	}
	b := &visit{client: &http.Client{Jar: jar}, fill: fill}
	a, err := b.connect(ctx, api, token, channel)
	if err != nil {
		return Account{}, fmt.Errorf("connect %s: %w", channel, err)
	}
	return a, nil
}

type visit struct {
	client *http.Client
	fill   map[string]string
}

// page is what the browser shows at the end of the redirects.
type page struct {
	at     *url.URL
	status int
	html   bool
	body   []byte
}

func (v *visit) connect(ctx context.Context, api, token, channel string) (Account, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, api+"/social/"+channel+"/start", nil)
	if err != nil {
		return Account{}, err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	began, err := v.open(r)
	if err != nil {
		return Account{}, err
	}
	var start struct {
		URL string `json:"authorize_url"`
	}
	if err := began.read(&start); err != nil {
		return Account{}, err
	}
	if r, err = http.NewRequestWithContext(ctx, http.MethodGet, start.URL, nil); err != nil {
		return Account{}, err
	}
	shown, err := v.open(r)
	if err == nil && shown.html {
		if r, err = v.allow(ctx, shown); err == nil {
			shown, err = v.open(r)
		}
	}
	if err != nil {
		return Account{}, err
	}
	var done struct {
		Account Account `json:"account"`
	}
	if err := shown.read(&done); err != nil {
		return Account{}, err
	}
	if done.Account.ID == "" {
		return Account{}, fmt.Errorf("the last page names no account: %s", clip(shown.body))
	}
	return done.Account, nil
}

func (v *visit) open(r *http.Request) (page, error) {
	a, err := v.client.Do(r)
	if err != nil {
		return page{}, err
	}
	defer a.Body.Close()
	body, err := io.ReadAll(io.LimitReader(a.Body, 1<<20))
	kind, _, _ := mime.ParseMediaType(a.Header.Get("Content-Type"))
	return page{a.Request.URL, a.StatusCode, kind == "text/html", body}, err
}

func (p page) read(into any) error {
	if p.status/100 != 2 {
		return fmt.Errorf("%s answers %d: %s", p.at.Path, p.status, clip(p.body))
	}
	return json.Unmarshal(p.body, into)
}

func clip(b []byte) string { return string(b[:min(len(b), 300)]) }

// allow fills the page's form in and presses its button.
func (v *visit) allow(ctx context.Context, p page) (*http.Request, error) {
	root, err := html.Parse(strings.NewReader(string(p.body)))
	if err != nil {
		return nil, fmt.Errorf("read the page at %s: %w", p.at.Path, err)
	}
	action, values := p.at, url.Values{}
	forms := 0
	for n := range root.Descendants() {
		name := attribute(n, "name")
		switch n.Data {
		case "form":
			if forms++; attribute(n, "action") != "" {
				if action, err = p.at.Parse(attribute(n, "action")); err != nil {
					return nil, fmt.Errorf("read the page at %s: %w", p.at.Path, err)
				}
			}
		case "input":
			values.Set(name, attribute(n, "value"))
		case "button":
			if attribute(n, "value") == "allow" {
				values.Set(name, "allow")
			}
		}
	}
	if forms != 1 {
		return nil, fmt.Errorf("the page at %s has %d forms: %s", p.at.Path, forms, clip(p.body))
	}
	for k, text := range v.fill {
		values.Set(k, text)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, action.String(), strings.NewReader(values.Encode()))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r, nil
}

func attribute(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}
