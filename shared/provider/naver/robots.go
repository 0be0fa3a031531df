package naver

import (
	"context"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"time"

	"castad/shared/provider"

	"github.com/jimsmart/grobotstxt"
)

// agent is our product token in robots.txt (RFC 9309 section 2.2.1).
const agent = "CastAD"

const (
	robotsLife = 6 * time.Hour    // of a robots.txt that was read
	robotsWait = 10 * time.Minute // before one that could not be had is asked for again
)

// rules are a host's robots.txt, good until then.
type rules struct {
	text   string
	denied bool // everything is forbidden
	until  time.Time
}

// permitted says whether robots.txt of u's host lets us ask for u.
func (p *Pages) permitted(ctx context.Context, op string, u *url.URL) error {
	r, err := p.rules(ctx, u.Host)
	if err != nil {
		return err
	}
	if r.denied || !grobotstxt.AgentAllowed(r.text, agent, u.String()) {
		return p.fail(op, provider.OurFault, StopRobots, 0, errors.New("robots.txt forbids it"))
	}
	return nil
}

// rules returns the host's rules, from memory while they are fresh. A robots.txt that
// is not there (404, 410) forbids nothing; one that cannot be had or read forbids
// everything (RFC 9309 section 2.3.1.4), and so does one that is refused, which is
// stricter than the RFC.
func (p *Pages) rules(ctx context.Context, host string) (rules, error) {
	p.mu.Lock()
	r, ok := p.robots[host]
	p.mu.Unlock()
	if now := p.c.Now(); ok && now.Before(r.until) {
		return r, nil
	}
	text, err := p.fetchRules(ctx, host)
	var e *provider.Error
	switch {
	case ctx.Err() != nil: // our own time is over: that says nothing about the host
		return r, p.fail("robots", provider.Later, "cancelled", 0, ctx.Err())
	case errors.As(err, &e) && (e.Class == provider.RateLimited || e.Code == StopRefused || e.Class == provider.Later && e.Code != "no_answer" && e.Code != "broken_off"):
		return r, err // it was not asked (the guard), or is not to be asked
	}
	life := robotsLife
	if err != nil {
		life = robotsWait
	}
	r = rules{text: text, denied: err != nil, until: p.c.Now().Add(life)}
	p.mu.Lock()
	p.robots[host] = r
	p.mu.Unlock()
	return r, nil
}

// fetchRules asks for the host's robots.txt; at most maxHops redirects, none to another host.
func (p *Pages) fetchRules(ctx context.Context, host string) (string, error) {
	u := &url.URL{Scheme: "https", Host: host, Path: "/robots.txt"}
	chain := &once{guard: p.c.Guard}
	for range maxHops {
		a, err := p.look(ctx, "robots", u, chain, maxRobots)
		if err != nil {
			return "", err
		}
		switch {
		case a.Status >= 300 && a.Status < 400:
			if u, err = p.next(u, a); err != nil {
				return "", err
			}
			if u.Host != host {
				return "", errors.New("robots.txt is elsewhere")
			}
			continue
		case a.Status == http.StatusNotFound, a.Status == http.StatusGone:
			return "", nil
		case a.Status != http.StatusOK:
			return "", errors.New("robots.txt cannot be had")
		}
		// A web page in its place (a login, a shell of a single-page app) is no robots.txt.
		if kind, _, err := mime.ParseMediaType(a.Header.Get("Content-Type")); err == nil && kind != "text/plain" {
			return "", errors.New("robots.txt is not plain text")
		}
		return string(a.Body), nil
	}
	return "", errors.New("robots.txt is behind too many redirects")
}
