package instagram

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"time"

	"castad/shared/message"
	"castad/shared/provider"
)

const (
	// page and maxPages bound a search in an account's media, newest first.
	page     = 50
	maxPages = 10
	// skew is how far Meta's clock may be behind ours.
	skew = 5 * time.Minute
	// reelFields are read of one reel and of a list.
	reelFields = "id,permalink,media_product_type,timestamp,is_ai_generated"
)

func absent(err error) bool { return errors.As(err, &message.Absent{}) }

// reel is a published reel.
type reel struct {
	ID        text   `json:"id"`
	Permalink string `json:"permalink"`
	Product   string `json:"media_product_type"` // "REELS"
	Caption   string `json:"caption"`
	// Timestamp is 2026-11-29T01:02:03+0000.
	Timestamp   string `json:"timestamp"`
	AIGenerated *bool  `json:"is_ai_generated"`
}

func (r reel) lacks() string { return created{r.ID}.lacks() }

// at is when it was published; zero when that cannot be read.
func (r reel) at() time.Time {
	for _, form := range []string{"2006-01-02T15:04:05-0700", time.RFC3339} {
		if t, err := time.Parse(form, r.Timestamp); err == nil {
			return t
		}
	}
	return time.Time{}
}

func (r reel) posted() provider.Posted {
	out := provider.Posted{ID: string(r.ID), URL: r.Permalink, State: provider.Published}
	switch {
	case r.Permalink == "":
		out.Note = "Instagram did not tell the reel's address"
	case r.AIGenerated != nil && !*r.AIGenerated:
		out.Note = "Instagram does not show its AI label"
	}
	return out
}

// media is one page of an account's media, newest first.
type media struct {
	Data   []reel `json:"data"`
	Paging struct {
		Cursors struct {
			After string `json:"after"`
		} `json:"cursors"`
		// Next holds the token; only whether it is there is of use.
		Next string `json:"next"`
	} `json:"paging"`
}

func (m media) lacks() string {
	if m.Data == nil { // an empty account has an empty list
		return "a list of media"
	}
	return ""
}

// first is the newest id, "" of an empty account.
func (m media) first() string {
	if len(m.Data) == 0 {
		return ""
	}
	return string(m.Data[0].ID)
}

// list reads one page of the account's media.
func (c *Client) list(ctx context.Context, w who, after string, limit int) (media, error) {
	query := url.Values{"fields": {reelFields + ",caption"}, "limit": {strconv.Itoa(limit)}}
	if after != "" {
		query.Set("after", after)
	}
	call := c.get("list", w, "/"+w.account+"/media", query)
	var m media
	err := c.do(ctx, c.graph, call, &m, w.access)
	return m, err
}

// each calls do for the account's media, newest first, until it says enough. ended
// says that nothing was left out.
func (c *Client) each(ctx context.Context, w who, do func(reel) (enough bool)) (ended bool, err error) {
	after := ""
	for range maxPages {
		m, err := c.list(ctx, w, after, page)
		if err != nil {
			return false, err
		}
		for _, r := range m.Data {
			if do(r) {
				return true, nil
			}
		}
		if after = m.Paging.Cursors.After; m.Paging.Next == "" || after == "" {
			return true, nil
		}
	}
	return false, nil
}

// Look asks about a reel by its id. message.Absent means that the account does not
// have it (any more), proven by its list: "does not exist" is said of reels that do.
// A reel whose address or label cannot be read is a reel all the same (Posted.Note).
func (c *Client) Look(ctx context.Context, s provider.Sought) (provider.Posted, error) {
	if err := errors.Join(c.node("look", s.ID), c.node("look", s.Account)); err != nil {
		return provider.Posted{}, err
	}
	r, err := c.reel(ctx, s, reelFields)
	var e *provider.Error
	switch {
	case err == nil:
		return r.posted(), nil
	case denied(err):
		return c.listed(ctx, s, err)
	case errors.As(err, &e) && (e.Class == provider.Reconnect || e.Class == provider.RateLimited || e.Status == 0):
		return provider.Posted{}, err
	}
	if r, again := c.reel(ctx, s, "id"); again == nil {
		return r.posted(), nil
	}
	return provider.Posted{}, err
}

func (c *Client) reel(ctx context.Context, s provider.Sought, fields string) (reel, error) {
	call := c.get("look", who{s.Account, s.Access}, "/"+s.ID, url.Values{"fields": {fields}})
	var r reel
	if err := c.do(ctx, c.graph, call, &r, s.Access); err != nil {
		return r, err
	}
	if string(r.ID) != s.ID {
		return r, &provider.Error{Provider: name, Op: call.Op, Class: provider.Later, Code: "unintelligible", Err: errors.New("the answer is about another reel or none")}
	}
	return r, nil
}

// listed decides by the account's list whether a reel that Meta denies is there.
func (c *Client) listed(ctx context.Context, s provider.Sought, said error) (provider.Posted, error) {
	var found *reel
	ended, err := c.each(ctx, who{s.Account, s.Access}, func(r reel) bool {
		if string(r.ID) == s.ID {
			found = &r
		}
		return found != nil
	})
	switch {
	case err != nil:
		return provider.Posted{}, err
	case found != nil:
		return found.posted(), nil
	case !ended:
		return provider.Posted{}, said // more media than are looked through: no proof
	}
	return provider.Posted{}, provider.Absent()
}

// Find looks for a reel whose publishing got no answer, or an unbelievable one, by
// what was noted. provider.Unfinished means that it never was about to be published;
// message.Absent that it is not live and nothing under way
// can make it so; provider.NotYet that this cannot be told yet.
func (c *Client) Find(ctx context.Context, s provider.Sought) (provider.Posted, error) {
	if err := c.node("find", s.Account); err != nil {
		return provider.Posted{}, err
	}
	n, err := c.readNotes("find", s.Notes)
	switch {
	case err != nil:
		return provider.Posted{}, err
	case s.ID != "":
		return c.Look(ctx, s)
	case n.ID != "":
		s.ID = n.ID
		return c.Look(ctx, s)
	case n.Publishing.IsZero(): // noted before it is sent: it never was
		return provider.Posted{}, provider.Unfinished()
	}
	return c.find(ctx, who{s.Account, s.Access}, n)
}

// find settles a publication that was about to become visible.
func (c *Client) find(ctx context.Context, w who, n notes) (provider.Posted, error) {
	settled := n.Publishing.Add(c.settle).Sub(c.now())
	code, _, err := c.state(ctx, w, n.Container)
	switch {
	case denied(err):
		posted, not := c.locate(ctx, w, n)
		if not == nil {
			return posted, nil
		}
		return provider.Posted{}, err // the container exists: it was about to be published
	case err != nil:
		return provider.Posted{}, err
	case code == published:
		return c.locate(ctx, w, n)
	case code == inProgress:
		return provider.Posted{}, provider.NotYet(c.poll)
	case code == broken: // "failed to complete the publishing process", which may have been begun
		posted, err := c.locate(ctx, w, n)
		var not message.NotYet
		if !errors.As(err, &not) {
			return posted, err
		}
	}
	if settled > 0 { // the request may still be under way
		return provider.Posted{}, provider.NotYet(settled)
	}
	return provider.Posted{}, provider.Absent()
}

// Resolve returns the id of the reel at the address that its owner gave, from the
// account's list. message.Absent: it is not in there, or too far back.
func (c *Client) Resolve(ctx context.Context, s provider.Sought) (string, error) {
	if err := c.node("resolve", s.Account); err != nil {
		return "", err
	}
	_, want := c.nameAt(s.URL)
	id := ""
	if want == "" {
		return "", provider.Refused(name, "resolve", "url", "is not the address of a reel")
	}
	_, err := c.each(ctx, who{s.Account, s.Access}, func(r reel) bool {
		if _, reel := c.nameAt(r.Permalink); reel == want && validID(string(r.ID)) {
			id = string(r.ID)
		}
		return id != ""
	})
	if err == nil && id == "" {
		err = provider.Absent()
	}
	return id, err
}

// locate finds the id of a reel that is live; provider.NotYet while the account's
// list does not show it.
func (c *Client) locate(ctx context.Context, w who, n notes) (provider.Posted, error) {
	since := n.Publishing
	if since.IsZero() {
		since = n.MadeAt
	}
	var fit []reel
	_, err := c.each(ctx, w, func(r reel) bool {
		at := r.at()
		if string(r.ID) == n.Before || !at.IsZero() && at.Before(since.Add(-skew)) {
			return true // older than our request
		}
		if validID(string(r.ID)) && (r.Product == "REELS" || r.Product == "") && captionHash(r.Caption) == n.Caption {
			fit = append(fit, r)
		}
		return false
	})
	switch {
	case err != nil:
		return provider.Posted{}, err
	case len(fit) == 0:
		return provider.Posted{}, provider.NotYet(c.poll)
	case len(fit) > 1:
		return provider.Posted{}, &provider.Error{Provider: name, Op: "find", Class: provider.Later, Code: "ambiguous",
			Err: errors.New("the reel is live, and several reels of that moment have its caption")}
	}
	return fit[0].posted(), nil
}
