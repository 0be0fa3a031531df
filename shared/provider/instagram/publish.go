package instagram

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"castad/shared/fault"
	"castad/shared/pattern"
	"castad/shared/provider"
)

const (
	// maxContainers bounds the containers of one publication: a film that Meta cannot
	// fetch or process five times will not do at the sixth.
	maxContainers = 5
	// maxUnread is how often in a row Meta may deny a container before another is made.
	maxUnread = 3
)

// Publish makes one advance towards a live reel, and is called again and again until
// it ends. provider.NotYet means that nothing is to be seen yet and says when
// to come again; once media_publish was sent a reel that is not seen is Unknown. Posts that must not or cannot be published are refused before anything
// is sent. Other errors are *provider.Error (class Unknown: the reel may be live, look with
// Find), or of kind Unavailable when the notes could not be kept.
func (c *Client) Publish(ctx context.Context, p provider.Post) (provider.Posted, error) {
	if err := c.check(p); err != nil {
		return provider.Posted{}, err
	}
	n, err := c.readNotes("publish", p.Notes.Last())
	switch {
	case err != nil:
		return provider.Posted{}, err
	case n.ID != "":
		return provider.Posted{ID: n.ID, State: provider.Published}, nil
	case !n.Publishing.IsZero():
		return c.goOn(ctx, p, n)
	case n.Container == "":
		return provider.Posted{}, c.contain(ctx, p, n)
	}
	return c.advance(ctx, p, n)
}

func whose(p provider.Post) who { return who{p.Account, p.Access} }

// check refuses what must not or cannot be published.
func (c *Client) check(p provider.Post) error {
	if err := p.Check(); err != nil {
		return err
	}
	switch {
	case p.Channel != name:
		return c.ours("publish", "the post is for another channel")
	case p.Privacy != provider.Public:
		return provider.Refused(name, "publish", "privacy", "a reel is always public")
	case p.Notes == nil:
		return c.ours("publish", "a publication needs notes to survive a crash")
	case p.Access == "":
		return c.ours("publish", "there is no access token")
	case p.VideoURL == "":
		return c.ours("publish", "Instagram fetches the film itself: it needs a public address (CASTAD_PUBLIC_URL)")
	case len(p.Thumbnail) > 0 && p.CoverURL == "":
		return c.ours("publish", "Instagram fetches the cover itself: without an address it would be left out")
	}
	for _, raw := range []string{p.VideoURL, p.CoverURL} {
		if u, err := url.Parse(raw); raw != "" && (err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http") {
			return c.ours("publish", "the film's or cover's address is not an absolute URL")
		}
	}
	if err := c.node("publish", p.Account); err != nil {
		return err
	}
	return provider.ReelCaption.Check(name, "publish", captionOf(p))
}

// CheckText refuses a post whose caption Instagram would refuse, with the field,
// before there is anything to publish.
func (c *Client) CheckText(p provider.Post) error {
	return provider.ReelCaption.Check(name, "publish", captionOf(p))
}

// Identify says whether an address is a reel's. Its id is "": what addresses have is
// another name, for which the account's list must be read (Resolve). known is the one
// address that stands for all of its. Class UserFault: it is not.
func (c *Client) Identify(address string) (id, known string, err error) {
	at, reel := c.nameAt(address)
	if reel == "" {
		return "", "", provider.Refused(name, "identify", "url", "is not the address of a reel")
	}
	return "", at + "/reel/" + reel + "/", nil
}

// site is where people see reels.
const site = "https://www.instagram.com"

// nameAt is the name by which an address calls its reel, and where; "" = it is no reel's.
func (c *Client) nameAt(address string) (at, reel string) {
	u, err := url.Parse(address)
	own, _ := url.Parse(c.graph.BaseURL()) // a stand-in shows its reels itself
	switch {
	case err != nil || u.User != nil || u.Scheme != "https" && u.Scheme != own.Scheme:
	case u.Host != "www.instagram.com" && u.Host != "instagram.com" && u.Host != own.Host:
	default:
		at = site
		if u.Host == own.Host {
			at = own.Scheme + "://" + own.Host
		}
		parts := strings.Split(strings.Trim(u.Path, "/"), "/")
		if n := len(parts); n >= 2 && slices.Contains([]string{"reel", "reels", "p"}, parts[n-2]) && reelName.MatchString(parts[n-1]) {
			return at, parts[n-1]
		}
	}
	return "", ""
}

var reelName = pattern.New(`^[A-Za-z0-9_-]{1,64}$`)

// container is the body of POST /{user}/media. The API once took VIDEO; a single
// video must be a reel now.
type container struct {
	MediaType   string `json:"media_type"`
	VideoURL    string `json:"video_url"`
	Caption     string `json:"caption"`
	CoverURL    string `json:"cover_url,omitempty"`
	ShareToFeed bool   `json:"share_to_feed"`
	AIGenerated bool   `json:"is_ai_generated"`
}

// contain makes a container; nothing is visible yet. One whose answer is lost is not
// noted, and not missed.
func (c *Client) contain(ctx context.Context, p provider.Post, n notes) error {
	if err := c.allowance(ctx, p); err != nil {
		return err
	}
	caption := captionOf(p)
	call := c.post("container", whose(p), "/"+p.Account+"/media", container{MediaType: "REELS", VideoURL: p.VideoURL, Caption: caption,
		CoverURL: p.CoverURL, ShareToFeed: true, AIGenerated: p.AI.Generated()})
	var out created
	if err := c.do(ctx, c.graph, call, &out, p.Access, p.VideoURL, p.CoverURL); err != nil {
		return err
	}
	n = notes{Ended: n.Ended, Container: string(out.ID), MadeAt: c.now(), Caption: captionHash(caption)}
	if err := keep(ctx, p, n); err != nil {
		return err
	}
	return provider.NotYet(c.poll)
}

type limit struct {
	Data []struct {
		Usage  number `json:"quota_usage"`
		Config struct {
			Total number `json:"quota_total"`
		} `json:"config"`
	} `json:"data"`
}

func (l limit) lacks() string {
	if len(l.Data) == 0 {
		return "the account's limit"
	}
	return ""
}

// allowance reads how many reels the account may still publish today; none is class
// RateLimited. The figure differs between documents and accounts, so it is not ours to know.
func (c *Client) allowance(ctx context.Context, p provider.Post) error {
	call := c.get("limit", whose(p), "/"+p.Account+"/content_publishing_limit", url.Values{"fields": {"quota_usage,config"}})
	var out limit
	if err := c.do(ctx, c.graph, call, &out, p.Access); err != nil {
		return err
	}
	for _, d := range out.Data {
		if d.Config.Total > 0 && d.Usage >= d.Config.Total { // without a total media_publish decides
			return &provider.Error{Provider: name, Op: "limit", Class: provider.RateLimited, Code: "publishing_limit", RetryAfter: provider.MaxRetryAfter,
				Err: errors.New("the account has published as many reels as Instagram allows in 24 h")}
		}
	}
	return nil
}

// States of a container.
const (
	inProgress = "IN_PROGRESS"
	finished   = "FINISHED"
	published  = "PUBLISHED"
	expired    = "EXPIRED"
	broken     = "ERROR"
)

type status struct {
	Code   string `json:"status_code"`
	Status string `json:"status"`
}

func (s status) lacks() string {
	switch s.Code {
	case inProgress, finished, published, expired, broken:
		return ""
	}
	return "a state that is known"
}

// state asks a container how it is.
func (c *Client) state(ctx context.Context, w who, id string) (code string, sub number, err error) {
	call := c.get("status", w, "/"+id, url.Values{"fields": {"status_code,status"}})
	var out status
	err = c.do(ctx, c.graph, call, &out, w.access)
	return out.Code, statusSubcode(out.Status), err
}

// advance looks at the container and takes the next step.
func (c *Client) advance(ctx context.Context, p provider.Post, n notes) (provider.Posted, error) {
	code, sub, err := c.state(ctx, whose(p), n.Container)
	switch {
	case denied(err): // said of containers that exist, too
		if n.Unread++; n.Unread >= maxUnread {
			return provider.Posted{}, c.drop(ctx, p, n, subContainerGone)
		}
		if err := keep(ctx, p, n); err != nil {
			return provider.Posted{}, err
		}
		return provider.Posted{}, provider.NotYet(c.poll)
	case err != nil:
		return provider.Posted{}, err
	case code == finished:
		return c.publish(ctx, p, n)
	case code == published: // by a request whose answer denied it
		n.Publishing = n.MadeAt
		if err := keep(ctx, p, n); err != nil {
			return provider.Posted{}, err
		}
		posted, err := c.locate(ctx, whose(p), n)
		return posted, unseen(err)
	case code == expired:
		return provider.Posted{}, c.drop(ctx, p, n, subExpired)
	case code == broken:
		return provider.Posted{}, c.drop(ctx, p, n, sub)
	}
	return provider.Posted{}, provider.NotYet(c.poll)
}

// denied says whether Meta claims that something does not exist.
func denied(err error) bool {
	var e *provider.Error
	return errors.As(err, &e) && e.Code == "100/33"
}

// drop forgets a container that will not be published. The next call makes another,
// unless the reason is the film's or the account's, or there were enough.
func (c *Client) drop(ctx context.Context, p provider.Post, n notes, reason number) error {
	e := &provider.Error{Provider: name, Op: "status", Class: bySubcode[reason], Code: (graphError{Code: -1, Subcode: reason}).code()}
	switch {
	case e.Class == provider.UserFault || e.Class == provider.BadResult:
		e.Err = errors.New("the film is of no use to Instagram")
	case n.Ended+1 < maxContainers:
		if err := keep(ctx, p, notes{Ended: n.Ended + 1}); err != nil {
			return err
		}
		return provider.NotYet(c.poll)
	case reason == subUnfetchable || reason == subUnfetchable2 || reason == subUnfetchable3:
		e.Class, e.Err = provider.OurFault, errors.New("the film could not be fetched from CastAD's public address")
	default:
		e.Class, e.Err = provider.Failed, errors.New("several containers of the film came to nothing")
	}
	if err := keep(ctx, p, notes{}); err != nil { // who tries again begins anew
		return err
	}
	return e
}

// publish sends the request that people see.
func (c *Client) publish(ctx context.Context, p provider.Post, n notes) (provider.Posted, error) {
	newest, err := c.list(ctx, whose(p), "", 1)
	if err != nil {
		return provider.Posted{}, err
	}
	n.Publishing, n.Before, n.Unread = c.now(), newest.first(), 0
	if err := keep(ctx, p, n); err != nil {
		return provider.Posted{}, err
	}
	call := c.post("publish", whose(p), "/"+p.Account+"/media_publish", map[string]string{"creation_id": n.Container})
	call.Paid = true
	var out created
	if err := c.do(ctx, c.graph, call, &out, p.Access); err != nil {
		return provider.Posted{}, c.unpublished(ctx, p, n, err)
	}
	n.ID = string(out.ID)
	_ = keep(ctx, p, n) // it is live and its id is told: notes that cannot be kept change neither
	return provider.Posted{ID: n.ID, State: provider.Published}, nil
}

// unpublished notes what an error of media_publish proves, and returns what follows.
func (c *Client) unpublished(ctx context.Context, p provider.Post, n notes, err error) error {
	var e *provider.Error
	if !errors.As(err, &e) {
		return err
	}
	code, sub, _ := strings.Cut(e.Code, "/")
	unsure := e.Class == provider.Unknown
	switch {
	case unsure && sub == strconv.Itoa(subSpam):
		n.Blocked = true
	case unsure:
		return e
	default:
		n.Publishing = time.Time{}
	}
	if err := keep(ctx, p, n); err != nil && !unsure {
		return err
	}
	if code == strconv.Itoa(codeNotReady) { // FINISHED, and not ready after all
		return provider.NotYet(c.poll)
	}
	return e
}

// unseen is err of a look at a reel that may be live: class Unknown, whatever it is.
// NotYet and refusals would say that nobody can see it.
func unseen(err error) error {
	if err == nil {
		return nil
	}
	lost := provider.Error{Provider: name, Op: "find", Code: "not_seen_yet", Err: errors.New("the reel may be live, and is not seen yet")}
	if e := (*provider.Error)(nil); errors.As(err, &e) {
		lost = *e
	}
	lost.Class = provider.Unknown
	return &lost
}

// goOn takes up a publication that was about to become visible: it looks, and
// publishes only what is proven not to be live.
func (c *Client) goOn(ctx context.Context, p provider.Post, n notes) (provider.Posted, error) {
	posted, err := c.find(ctx, whose(p), n)
	if !absent(err) {
		return posted, unseen(err)
	}
	if n.Blocked {
		e := &provider.Error{Provider: name, Op: "publish", Class: provider.UserFault, Code: (graphError{Code: codeRequestLimit, Subcode: subSpam}).code(),
			Err: fault.Newf(fault.CodeAccountRefused, "the account is blocked from publishing, as spam; the reel is not live").In("account")}
		if err := keep(ctx, p, notes{}); err != nil {
			return provider.Posted{}, err
		}
		return provider.Posted{}, e
	}
	n.Publishing = time.Time{}
	if err := keep(ctx, p, n); err != nil {
		return provider.Posted{}, err
	}
	return c.advance(ctx, p, n)
}
