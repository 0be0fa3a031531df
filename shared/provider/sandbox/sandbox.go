package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"castad/shared/provider"
)

const name = "sandbox"

// The channels.
const (
	YouTube   = "youtube"
	Instagram = "instagram"
)

// Config is what a Client is made of.
type Config struct {
	BaseURL string
	Key     string
	// UploadTimeout bounds one film's upload; 0 = 10 min.
	UploadTimeout time.Duration
	HTTP          provider.HTTP
}

// Client publishes to the sandbox. It is safe for concurrent use.
type Client struct {
	p      *provider.Client
	upload time.Duration
}

// New returns a client.
func New(cfg Config) (*Client, error) {
	p, err := provider.NewClient(name, cfg.BaseURL, cfg.Key, cfg.HTTP)
	if err != nil {
		return nil, err
	}
	c := &Client{p: p, upload: cfg.UploadTimeout}
	if c.upload <= 0 {
		c.upload = 10 * time.Minute
	}
	return c, nil
}

// Close closes idle connections; the client stays usable.
func (c *Client) Close() { c.p.Close() }

// metadata is what opens an upload or makes a container.
type metadata struct {
	Title       string   `json:"title,omitempty"`
	Caption     string   `json:"caption"`
	Tags        []string `json:"tags,omitempty"`
	Marker      string   `json:"marker"`
	AIGenerated bool     `json:"ai_generated"`
	Bytes       int64    `json:"bytes"`
	SHA256      string   `json:"sha256"`
}

type posted struct {
	ID    string `json:"id"`
	URL   string `json:"url"`
	State string `json:"state"`
}

// Publish publishes a film. Posts that must not or cannot be published are
// refused before any byte is sent. Errors of the channel are *provider.Error;
// class Unknown means that the post may be visible: look with Find.
func (c *Client) Publish(ctx context.Context, p provider.Post) (provider.Posted, error) {
	if err := p.Check(); err != nil {
		return provider.Posted{}, fmt.Errorf("publish on %s: %w", name, err)
	}
	if err := check(p); err != nil {
		return provider.Posted{}, err
	}
	if p.Channel == YouTube {
		return c.youtube(ctx, p)
	}
	return c.instagram(ctx, p)
}

func (c *Client) youtube(ctx context.Context, p provider.Post) (provider.Posted, error) {
	meta := metadata{Title: p.Title, Caption: p.FullCaption(), Tags: p.Hashtags, Marker: p.Marker, AIGenerated: p.AI.Generated(), Bytes: p.Bytes, SHA256: p.SHA256}
	id, err := c.open(ctx, "/youtube/"+url.PathEscape(p.Account)+"/uploads", meta)
	if err != nil {
		return provider.Posted{}, err
	}
	if err := c.picture(ctx, "/youtube/uploads/"+id+"/thumbnail", p.Thumbnail); err != nil {
		return provider.Posted{}, err
	}
	film := &counted{from: io.LimitReader(p.Video, p.Bytes)}
	call := provider.Call{Op: "publish", Method: http.MethodPut, Path: "/youtube/uploads/" + id, Paid: true,
		Body: film, Length: p.Bytes, Type: "video/mp4", Timeout: c.upload}
	a, err := c.p.Do(ctx, call)
	var lost *provider.Error
	if errors.As(err, &lost) && lost.Class == provider.Unknown && film.n.Load() < p.Bytes {
		lost.Class, lost.Code = provider.Later, "upload_broken"
	}
	return c.published(call, a, err)
}

func (c *Client) instagram(ctx context.Context, p provider.Post) (provider.Posted, error) {
	meta := metadata{Caption: p.FullCaption(), Marker: p.Marker, AIGenerated: p.AI.Generated(), Bytes: p.Bytes, SHA256: p.SHA256}
	account := "/instagram/" + url.PathEscape(p.Account)
	id, err := c.open(ctx, account+"/media", meta)
	if err != nil {
		return provider.Posted{}, err
	}
	if err := c.picture(ctx, "/instagram/containers/"+id+"/cover", p.Thumbnail); err != nil {
		return provider.Posted{}, err
	}
	film := provider.Call{Op: "upload", Method: http.MethodPut, Path: "/instagram/containers/" + id, Body: io.LimitReader(p.Video, p.Bytes),
		Length: p.Bytes, Type: "video/mp4", Timeout: c.upload}
	if a, err := c.p.Do(ctx, film); err != nil {
		return provider.Posted{}, err
	} else if a.Status >= 400 {
		return provider.Posted{}, c.fail(film, a)
	}
	call := provider.Call{Op: "publish", Method: http.MethodPost, Path: account + "/media_publish", Paid: true, JSON: map[string]string{"creation_id": id}}
	a, err := c.p.Do(ctx, call)
	return c.published(call, a, err)
}

// open starts an upload or a container; nothing is visible yet.
func (c *Client) open(ctx context.Context, path string, meta metadata) (id string, err error) {
	call := provider.Call{Op: "open", Method: http.MethodPost, Path: path, JSON: meta}
	a, err := c.p.Do(ctx, call)
	if err != nil {
		return "", err
	}
	if a.Status >= 400 {
		return "", c.fail(call, a)
	}
	var out struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(a.Body, &out); err != nil || !validID(out.ID) {
		return "", c.p.Unintelligible(call, a, errors.New("opened without an id"))
	}
	return out.ID, nil
}

func (c *Client) picture(ctx context.Context, path string, jpeg []byte) error {
	if len(jpeg) == 0 {
		return nil
	}
	call := provider.Call{Op: "thumbnail", Method: http.MethodPut, Path: path, Body: bytes.NewReader(jpeg), Length: int64(len(jpeg)), Type: "image/jpeg"}
	a, err := c.p.Do(ctx, call)
	if err != nil {
		return err
	}
	if a.Status >= 400 {
		return c.fail(call, a)
	}
	return nil
}

// published reads the answer to the request that made the post visible.
func (c *Client) published(call provider.Call, a *provider.Answer, err error) (provider.Posted, error) {
	if err != nil {
		return provider.Posted{}, err
	}
	if a.Status >= 400 {
		return provider.Posted{}, c.fail(call, a)
	}
	return c.read(call, a, a.Body)
}

func (c *Client) read(call provider.Call, a *provider.Answer, body []byte) (provider.Posted, error) {
	var p posted
	if err := json.Unmarshal(body, &p); err != nil {
		return provider.Posted{}, c.p.Unintelligible(call, a, err)
	}
	out := provider.Posted{ID: p.ID, URL: p.URL, State: p.State}
	switch {
	case !validID(p.ID):
		return provider.Posted{}, c.p.Unintelligible(call, a, errors.New("a post without an id"))
	case p.State == provider.Processing || p.State == provider.Published:
		return out, nil
	case p.State == "failed":
		return out, c.p.Fail(call, a, provider.Failed, p.State, "-")
	}
	return provider.Posted{}, c.p.Unintelligible(call, a, errors.New("a post in an unknown state"))
}

// Look asks about a post by its id; message.Absent when the channel does not have it (any more).
func (c *Client) Look(ctx context.Context, s provider.Sought) (provider.Posted, error) {
	call := provider.Call{Op: "look", Method: http.MethodGet, Path: "/" + url.PathEscape(s.Channel) + "/" + url.PathEscape(s.Account) + "/posts/" + url.PathEscape(s.ID)}
	if !validID(s.ID) {
		return provider.Posted{}, c.notSent(call, "a post's id has letters, digits, - and _")
	}
	a, err := c.p.Do(ctx, call)
	switch {
	case err != nil:
		return provider.Posted{}, err
	case a.Status == http.StatusNotFound && codeOf(a) == "not_found":
		return provider.Posted{}, provider.Absent()
	case a.Status >= 400:
		return provider.Posted{}, c.fail(call, a)
	}
	return c.read(call, a, a.Body)
}

// Find looks for a post by its marker: the earliest, should there be several.
// message.Absent means that the channel has none and is not receiving one;
// while it is receiving one the error is message.NotYet.
func (c *Client) Find(ctx context.Context, s provider.Sought) (provider.Posted, error) {
	call := provider.Call{Op: "find", Method: http.MethodGet, Path: "/" + url.PathEscape(s.Channel) + "/" + url.PathEscape(s.Account) + "/posts",
		Query: url.Values{"marker": {s.Marker}}}
	if s.Marker == "" {
		return provider.Posted{}, c.notSent(call, "no marker to look for")
	}
	a, err := c.p.Do(ctx, call)
	if err != nil {
		return provider.Posted{}, err
	}
	if a.Status >= 400 {
		return provider.Posted{}, c.fail(call, a)
	}
	var out struct {
		Items   *[]json.RawMessage `json:"items"`
		Settled *bool              `json:"settled"`
	}
	if err := json.Unmarshal(a.Body, &out); err != nil || out.Items == nil || out.Settled == nil {
		return provider.Posted{}, c.p.Unintelligible(call, a, errors.New("not a list of posts"))
	}
	switch {
	case len(*out.Items) > 0:
		return c.read(call, a, (*out.Items)[0])
	case !*out.Settled:
		return provider.Posted{}, provider.NotYet(0)
	}
	return provider.Posted{}, provider.Absent()
}

// counted counts what the transport has taken.
type counted struct {
	from io.Reader
	n    atomic.Int64
}

func (r *counted) Read(p []byte) (int, error) {
	n, err := r.from.Read(p)
	r.n.Add(int64(n))
	return n, err
}
