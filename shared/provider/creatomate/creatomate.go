package creatomate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"castad/shared/fault"
	"castad/shared/provider"
)

const name = "creatomate"

// Config is what a Client is made of.
type Config struct {
	// BaseURL is the vendor's origin: https://api.creatomate.com.
	BaseURL string
	// Key is the project's API key.
	Key  string
	HTTP provider.HTTP
}

// Client orders films. It is safe for concurrent use.
type Client struct{ p *provider.Client }

// New returns a client.
func New(cfg Config) (*Client, error) {
	p, err := provider.NewClient(name, cfg.BaseURL, cfg.Key, cfg.HTTP)
	if err != nil {
		return nil, err
	}
	return &Client{p: p}, nil
}

// Close closes idle connections; the client stays usable.
func (c *Client) Close() { c.p.Close() }

type order struct {
	Script
	WebhookURL string `json:"webhook_url,omitempty"`
	Metadata   string `json:"metadata,omitempty"`
	DryRun     bool   `json:"dry_run,omitempty"`
}

// render is the vendor's render object, as far as it is used.
type render struct {
	ID           string  `json:"id"`
	Status       string  `json:"status"`
	URL          string  `json:"url"`
	SnapshotURL  string  `json:"snapshot_url"`
	ErrorMessage string  `json:"error_message"`
	Metadata     string  `json:"metadata"`
	Width        float64 `json:"width"`
	Height       float64 `json:"height"`
	Duration     float64 `json:"duration"`
	FileSize     float64 `json:"file_size"`
}

// Render orders a film and returns the render's id. It is paid; errors are
// *provider.Error, of class Unknown whenever a render may have been started.
// metadata is echoed (use the call's tag); webhookURL may be "".
func (c *Client) Render(ctx context.Context, s Script, webhookURL, metadata string) (id string, err error) {
	call := provider.Call{Op: "render", Method: http.MethodPost, Path: "/v2/renders", Paid: true,
		JSON: order{Script: s, WebhookURL: webhookURL, Metadata: metadata}}
	if err := s.check(); err != nil {
		return "", c.notSent(call, err)
	}
	a, err := c.p.Do(ctx, call)
	if err != nil {
		return "", err
	}
	if a.Status >= 400 {
		return "", c.fail(call, a)
	}
	r, err := decode(a.Body)
	if err != nil {
		return "", c.p.Unintelligible(call, a, err)
	}
	return r.ID, nil
}

// decode reads one render; v1 answers a list of one.
func decode(body []byte) (render, error) {
	var r render
	if b := bytes.TrimSpace(body); len(b) > 0 && b[0] == '[' {
		var list []render
		if err := json.Unmarshal(b, &list); err != nil {
			return r, err
		}
		if len(list) != 1 {
			return r, fmt.Errorf("%d renders instead of one", len(list))
		}
		r = list[0]
	} else if err := json.Unmarshal(b, &r); err != nil {
		return r, err
	}
	if !validID(r.ID) {
		return r, errors.New("no render id")
	}
	return r, nil
}

// Status asks about a render. While it runs the error is message.NotYet; the Render
// then holds what is known, so that an unsure order can be recognised by its
// Metadata. A failed render is class Failed; message.Absent means that the vendor
// says that it has no such render.
func (c *Client) Status(ctx context.Context, id string) (provider.Render, error) {
	call := provider.Call{Op: "status", Method: http.MethodGet, Path: "/v2/renders/" + id}
	if !validID(id) {
		return provider.Render{}, c.notSent(call, errBadID)
	}
	a, err := c.p.Do(ctx, call)
	if err != nil {
		return provider.Render{}, err
	}
	if a.Status >= 400 {
		return provider.Render{}, c.gone(call, a)
	}
	r, err := decode(a.Body)
	if err == nil && r.ID != id {
		err = errors.New("the answer is about another render")
	}
	if err != nil {
		return provider.Render{}, c.p.Unintelligible(call, a, err)
	}
	a.Good()
	out := provider.Render{ID: r.ID, Metadata: r.Metadata, Width: int(bounded(r.Width, 1<<20)), Height: int(bounded(r.Height, 1<<20)),
		Seconds: bounded(r.Duration, 1<<20), Bytes: int64(bounded(r.FileSize, 1<<50))}
	switch r.Status {
	case "planned", "waiting", "transcribing", "rendering":
		return out, provider.NotYet(0) // the url that is already there does not work yet
	case "succeeded":
		if r.URL == "" {
			return out, c.p.Unintelligible(call, a, errors.New("succeeded without a URL"))
		}
		out.URL, out.SnapshotURL = r.URL, r.SnapshotURL
		return out, nil
	case "failed", "cancelled":
		return out, c.p.Fail(call, a, provider.Failed, r.Status, or(r.ErrorMessage, "-"))
	}
	return out, c.p.Fail(call, a, provider.Later, r.Status, "-")
}

// Check has a script examined without rendering it; free. It returns what the vendor
// warns about; a script that would not render is an *provider.Error of class OurFault.
func (c *Client) Check(ctx context.Context, s Script) (warnings []string, err error) {
	call := provider.Call{Op: "check", Method: http.MethodPost, Path: "/v2/renders", JSON: order{Script: s, DryRun: true}}
	if err := s.check(); err != nil {
		return nil, c.notSent(call, err)
	}
	a, err := c.p.Do(ctx, call)
	if err != nil {
		return nil, err
	}
	if a.Status >= 400 {
		return nil, c.fail(call, a)
	}
	var out struct {
		Valid    *bool             `json:"valid"`
		Errors   []json.RawMessage `json:"errors"`
		Warnings []json.RawMessage `json:"warnings"`
	}
	if r, err := decode(a.Body); err == nil && r.Status != "" {
		// The vendor did not know dry_run and has started a render.
		return nil, c.p.Fail(call, a, provider.Unknown, "rendered", "a render was started: "+r.ID)
	}
	if err := json.Unmarshal(a.Body, &out); err != nil || out.Valid == nil {
		return nil, c.p.Unintelligible(call, a, errors.New("no verdict on the script"))
	}
	if !*out.Valid {
		return nil, c.p.Fail(call, a, provider.OurFault, "invalid_script", strings.Join(texts(out.Errors), "; "))
	}
	return texts(out.Warnings), nil
}

// texts makes one line of each advisory, whether it is a text or an object with a message.
func texts(list []json.RawMessage) []string {
	var out []string
	for _, raw := range list {
		var s string
		var o struct{ Message, Hint, Path string }
		switch {
		case json.Unmarshal(raw, &s) == nil:
		case json.Unmarshal(raw, &o) == nil && o.Message+o.Hint != "":
			s = strings.TrimSpace(o.Path + " " + or(o.Message, o.Hint))
		default:
			s = string(raw)
		}
		out = append(out, provider.Redact(s))
	}
	return out
}

// Cancel stops a render. One that has ended already is left as it is, and a
// render that the vendor does not know is message.Absent. See the package comment.
func (c *Client) Cancel(ctx context.Context, id string) error {
	call := provider.Call{Op: "cancel", Method: http.MethodDelete, Path: "/v2/renders/" + id}
	if !validID(id) {
		return c.notSent(call, errBadID)
	}
	a, err := c.p.Do(ctx, call)
	switch {
	case err != nil:
		return err
	case a.Status == http.StatusConflict: // ended already
		return nil
	case a.Status >= 400:
		return c.gone(call, a)
	}
	return nil
}

// hint is the vendor's error body.
type hint struct {
	Hint string `json:"hint"`
}

func (c *Client) fail(call provider.Call, a *provider.Answer) *provider.Error {
	class := provider.StatusClass(a.Status, call.Paid)
	if class == provider.UserFault {
		class = provider.OurFault // the script is ours
	}
	var h hint
	_ = json.Unmarshal(a.Body, &h) // a 429 is plain text
	return c.p.Fail(call, a, class, "", h.Hint)
}

// gone tells a render that does not exist from an address that does not.
func (c *Client) gone(call provider.Call, a *provider.Answer) error {
	var h hint
	if a.Status == http.StatusNotFound && json.Unmarshal(a.Body, &h) == nil && h.Hint != "" {
		return provider.Absent()
	}
	return c.fail(call, a)
}

var errBadID = errors.New("a render id has 1–128 letters, digits, - and _")

func (c *Client) notSent(call provider.Call, err error) error {
	e := c.p.Fail(call, nil, provider.OurFault, "not_sent", "")
	e.Err = err
	return e
}

// validID says whether s can be a render's id; it becomes a path part.
func validID(s string) bool {
	return s != "" && len(s) <= 128 && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '-' && r != '_'
	})
}

// bounded keeps a vendor's number usable: not negative, not absurd.
func bounded(f, most float64) float64 {
	if f >= 0 && f <= most {
		return f
	}
	return 0
}

func or(s, other string) string {
	if s != "" {
		return s
	}
	return other
}

const maxWebhook = 1 << 20 // real ones echo the modifications and are some KiB

// ParseWebhook reads the render's id and metadata of a webhook. The body is a
// stranger's word, and a hint: ask Status. Errors are of kind Invalid.
func ParseWebhook(body []byte) (id, metadata string, err error) {
	if len(body) > maxWebhook {
		return "", "", fault.Newf(fault.CodeTooLarge, "render webhook of %d bytes", len(body))
	}
	var in struct {
		ID       string `json:"id"`
		Metadata string `json:"metadata"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return "", "", fault.Newf(fault.CodeMalformedJSON, "read render webhook: %w", err)
	}
	if !validID(in.ID) {
		return "", "", fault.New(fault.CodeBadValue).In("id")
	}
	return in.ID, in.Metadata, nil
}
