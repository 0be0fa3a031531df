package instagram

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"castad/shared/provider"
)

// metrics are the names of each figure, the newest first: views replaced plays in v22.0.
var metrics = [4][]string{{"views", "plays"}, {"likes"}, {"comments"}, {"shares"}}

type insights struct {
	Data []struct {
		Name   string `json:"name"`
		Values []struct {
			Value *number `json:"value"`
		} `json:"values"`
		Total struct {
			Value *number `json:"value"`
		} `json:"total_value"`
	} `json:"data"`
}

// lacks nothing: what Meta has not counted yet is left out.
func (in insights) lacks() string { return "" }

// figure returns a metric's value; Meta leaves out what it has not counted yet.
func (in insights) figure(metric string) (int64, bool) {
	for _, d := range in.Data {
		v := d.Total.Value
		if len(d.Values) > 0 {
			v = d.Values[0].Value
		}
		if d.Name == metric && v != nil && *v >= 0 {
			return int64(*v), true
		}
	}
	return -1, false
}

// Metrics reads how a reel is doing; figures are up to 48 h old. A metric that the
// configured version does not know costs only itself: it is -1. Without the
// permission for insights the class is Reconnect. message.Absent: the account does not
// have the reel any more, proven by its list (see Look).
func (c *Client) Metrics(ctx context.Context, s provider.Sought) (provider.Metrics, error) {
	if err := errors.Join(c.node("metrics", s.ID), c.node("metrics", s.Account)); err != nil {
		return provider.Metrics{}, err
	}
	var all []string
	for _, names := range metrics {
		all = append(all, names[0])
	}
	got, err := c.insights(ctx, s, strings.Join(all, ","))
	whole := err == nil
	if denied(err) { // said of reels that exist, too
		if _, not := c.listed(ctx, s, err); not != nil {
			err = not
		}
	}
	if !whole && !unknownMetric(err) {
		return provider.Metrics{}, err
	}
	var values [4]int64
	for i, names := range metrics {
		values[i] = -1
		for _, name := range names {
			if !whole {
				if got, err = c.insights(ctx, s, name); unknownMetric(err) {
					continue
				} else if err != nil {
					return provider.Metrics{}, err
				}
			}
			if v, ok := got.figure(name); ok {
				values[i] = v
				break
			}
		}
	}
	return provider.Metrics{Views: values[0], Likes: values[1], Comments: values[2], Shares: values[3], At: c.now()}, nil
}

func (c *Client) insights(ctx context.Context, s provider.Sought, names string) (in insights, err error) {
	call := c.get("metrics", who{s.Account, s.Access}, "/"+s.ID+"/insights", url.Values{"metric": {names}})
	err = c.do(ctx, c.graph, call, &in, s.Access)
	return in, err
}

// unknownMetric says whether a request named a metric that is not known: code 100
// without "does not exist".
func unknownMetric(err error) bool {
	var e *provider.Error
	return errors.As(err, &e) && (e.Code == "100" || strings.HasPrefix(e.Code, "100/") && e.Code != "100/33")
}

// Remove refuses: with Instagram Login the API deletes nothing (only Facebook Login
// has instagram_manage_contents). The owner deletes a reel in Instagram; Look then
// says message.Absent.
func (c *Client) Remove(context.Context, provider.Sought) error {
	return provider.Refused(name, "remove", "channel", "Instagram lets no app delete a reel of this kind of account: delete it in Instagram itself")
}
