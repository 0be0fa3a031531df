package naver

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"castad/shared/provider"
)

// Limits of page fetching; see the package comment.
const (
	maxPage   = 4 << 20
	maxRobots = 512 << 10
	maxHops   = 5
	// StopFor is how long no page is asked for after Naver has refused one (403, 429).
	StopFor = time.Hour
	// Every is the least time between two requests of one kind by this process, when there is no guard.
	Every = 5 * time.Second
)

// The reasons why a page gives no facts, as the Code of the *provider.Error. Each
// leaves the owner's own facts standing.
const (
	StopRobots     = "robots"      // robots.txt forbids the page, or cannot be had
	StopRefused    = "refused"     // 401, 403 or 429: Naver does not want to be asked
	StopGone       = "gone"        // there is no such place (any more)
	StopElsewhere  = "elsewhere"   // a link that leads out of Naver, or to another place
	StopUnreadable = "unreadable"  // a page whose form is not known
	StopNotFetched = "not_fetched" // a place whose vendor's pages are never fetched
)

// PagesConfig is what Pages is made of.
type PagesConfig struct {
	// Contact is where the operator can be written to, an e-mail address or an https
	// URL. It is a part of the user agent.
	Contact string
	// Via is the address of a stand-in for all of Naver's hosts, each below a path of its
	// name ({Via}/naver.me/xyz); "" = Naver.
	Via string
	// Guard spaces the requests of all instances (operations page, short and robots of
	// vendor naver); nil = one of each kind in Every by this process alone.
	Guard provider.Guard
	// Timeout bounds one request; 0 = 10 s.
	Timeout time.Duration
	// Now is the clock; nil = time.Now.
	Now func() time.Time
}

// Pages fetches the pages of places. It is safe for concurrent use.
type Pages struct {
	c    PagesConfig
	from provider.Downloader

	mu      sync.Mutex
	stopped time.Time // no request before
	robots  map[string]rules
}

// New returns what fetches pages.
func NewPages(c PagesConfig) (*Pages, error) {
	bad := func(format string, args ...any) (*Pages, error) {
		return nil, &provider.Error{Provider: name, Op: "configure", Class: provider.OurFault, Code: "bad_setting", Err: fmt.Errorf(format, args...)}
	}
	if !contactable(c.Contact) {
		return bad("the contact must be an e-mail address or an https address: Naver must be able to write to whoever asks")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Timeout <= 0 {
		c.Timeout = 10 * time.Second
	}
	if c.Guard == nil {
		c.Guard = &spacing{now: c.Now, last: map[string]time.Time{}}
	}
	c.Via = strings.TrimRight(c.Via, "/")
	p := &Pages{c: c, robots: map[string]rules{}}
	p.from = provider.Downloader{Provider: name, Guard: c.Guard, UserAgent: "CastAD/1 (+" + c.Contact + ")", Timeout: c.Timeout}
	for host := range hosts {
		p.from.Allow = append(p.from.Allow, "https://"+host)
	}
	if c.Via != "" {
		u, err := url.Parse(c.Via)
		if err != nil || u.Host == "" {
			return bad("the stand-in's address is not an absolute URL")
		}
		p.from.Allow = []string{u.Scheme + "://" + u.Host}
	}
	return p, p.from.Check()
}

// hosts are the ones that are asked; a link that leads elsewhere is not followed.
var hosts = map[string]bool{"naver.me": true, "m.place.naver.com": true, "map.naver.com": true, "m.map.naver.com": true}

func contactable(s string) bool {
	if s == "" || len(s) > 100 || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("()<>\"\\", r) }) {
		return false
	}
	return strings.HasPrefix(s, "https://") || strings.Contains(strings.Trim(s, "@"), "@")
}

// Page returns what the shop's page says about it. link must be of a place at Naver;
// a short link is followed first. Errors are *provider.Error: of class OurFault or
// BadResult with one of the Stop codes as Code when asking again is of no use, RateLimited
// or Later (with the time to wait) when it may be.
func (p *Pages) Page(ctx context.Context, link Link) (Place, error) {
	link, err := p.Resolve(ctx, link)
	if err != nil {
		return Place{}, err
	}
	at, chain := link.URL, &once{guard: p.c.Guard}
	for range maxHops {
		u, err := url.Parse(at)
		if err != nil || u.Host != "m.place.naver.com" {
			return Place{}, p.fail("page", provider.BadResult, StopElsewhere, 0, errors.New("the page is elsewhere"))
		}
		a, err := p.look(ctx, "page", u, chain, maxPage)
		if err != nil {
			return Place{}, err
		}
		if a.Status >= 300 && a.Status < 400 {
			next, err := p.next(u, a)
			if err != nil {
				return Place{}, err
			}
			if l, err := ParseLink(next.String()); err != nil || l.ID != link.ID { // place/1/home leads to restaurant/1/home, and to no other place
				return Place{}, p.fail("page", provider.BadResult, StopElsewhere, a.Status, errors.New("the page leads to another place"))
			}
			at = "https://" + next.Host + next.EscapedPath()
			continue
		}
		return p.read(a, link.ID)
	}
	return Place{}, p.fail("page", provider.BadResult, StopElsewhere, 0, errors.New("too many redirects"))
}

// read takes the facts out of an answer.
func (p *Pages) read(a *provider.Answer, id string) (Place, error) {
	switch kind, _, _ := mime.ParseMediaType(a.Header.Get("Content-Type")); {
	case a.Status == http.StatusNotFound, a.Status == http.StatusGone:
		return Place{}, p.fail("page", provider.BadResult, StopGone, a.Status, nil)
	case a.Status != http.StatusOK:
		return Place{}, p.fail("page", provider.Later, "", a.Status, nil)
	case kind != "text/html" && kind != "application/xhtml+xml":
		return Place{}, p.fail("page", provider.BadResult, StopUnreadable, a.Status, errors.New("not a web page"))
	}
	place, err := ParsePage(a.Body, id)
	if err != nil {
		return Place{}, p.fail("page", provider.BadResult, StopUnreadable, a.Status, err)
	}
	return place, nil
}

// Resolve says which place a short link names; other links are returned as they are.
// Every hop must be a known host of Naver, by https, and the address that is dialled a public one.
func (p *Pages) Resolve(ctx context.Context, link Link) (Link, error) {
	if link.Vendor != Naver {
		return link, p.fail("short", provider.OurFault, StopNotFetched, 0, errors.New("only Naver's pages are fetched"))
	}
	u, err := url.Parse(link.URL)
	if err != nil {
		return link, p.fail("short", provider.OurFault, StopElsewhere, 0, errors.New("not an address"))
	}
	chain := &once{guard: p.c.Guard}
	for hop := 0; link.ID == ""; hop++ {
		if hop == maxHops {
			return link, p.fail("short", provider.BadResult, StopElsewhere, 0, errors.New("too many redirects"))
		}
		a, err := p.look(ctx, "short", u, chain, 64<<10)
		if err != nil {
			return link, err
		}
		switch {
		case a.Status == http.StatusNotFound, a.Status == http.StatusGone:
			return link, p.fail("short", provider.BadResult, StopGone, a.Status, nil)
		case a.Status >= 500:
			return link, p.fail("short", provider.Later, "", a.Status, nil)
		case a.Status < 300 || a.Status > 399:
			return link, p.fail("short", provider.BadResult, StopElsewhere, a.Status, errors.New("the short link leads nowhere"))
		}
		if u, err = p.next(u, a); err != nil {
			return link, err
		}
		if l, err := ParseLink(u.String()); err == nil && l.Vendor == Naver && l.ID != "" {
			l.Name, l.Address = link.Name, link.Address
			return l, nil // it need not be asked for: its address says it all
		}
	}
	return link, nil
}

// next is where a redirect leads, if it may be followed.
func (p *Pages) next(from *url.URL, a *provider.Answer) (*url.URL, error) {
	to, err := from.Parse(a.Header.Get("Location"))
	if err == nil && a.Header.Get("Location") == "" {
		err = errors.New("a redirect to nowhere")
	}
	if err == nil {
		err = allowed(to)
	}
	if err != nil {
		return nil, p.fail("short", provider.BadResult, StopElsewhere, a.Status, err)
	}
	return to, nil
}

// allowed says whether u may be asked for: https, a known host in plain spelling, nothing before or after it.
func allowed(u *url.URL) error {
	switch {
	case u.Scheme != "https":
		return errors.New("it leads to what is not https")
	case u.User != nil || u.Opaque != "":
		return errors.New("it leads to an address with userinfo")
	case !hosts[u.Host]: // also a port, another case, a trailing dot
		return errors.New("it leads to a host that is not a known one of Naver's")
	}
	return nil
}

// look sends one request, if robots.txt, the guard and Naver's last word allow it.
// A redirect belongs to its request, which is what chain is for.
func (p *Pages) look(ctx context.Context, op string, u *url.URL, chain *once, limit int64) (*provider.Answer, error) {
	if err := allowed(u); err != nil {
		return nil, p.fail(op, provider.OurFault, StopElsewhere, 0, err)
	}
	if err := p.goingOn(op); err != nil {
		return nil, err
	}
	if op != "robots" {
		if err := p.permitted(ctx, op, u); err != nil {
			return nil, err
		}
	}
	from := p.from
	from.Guard = chain
	a, err := from.Look(ctx, op, p.at(u), limit)
	if err != nil {
		var e *provider.Error
		if errors.As(err, &e) && e.Class == provider.BadResult {
			e.Code = StopUnreadable
		}
		return nil, err
	}
	switch a.Status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests:
		p.stop()
		return nil, p.fail(op, provider.OurFault, StopRefused, a.Status, nil)
	}
	return a, nil
}

// at is the address that is really asked.
func (p *Pages) at(u *url.URL) string {
	v := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath, RawQuery: u.RawQuery}
	if p.c.Via == "" {
		return v.String()
	}
	v.Scheme, v.Host = "", ""
	return p.c.Via + "/" + u.Host + v.String()
}

func (p *Pages) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stopped = p.c.Now().Add(StopFor)
}

// goingOn refuses everything for StopFor after Naver has refused something.
func (p *Pages) goingOn(op string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.c.Now().Before(p.stopped) {
		return p.fail(op, provider.OurFault, StopRefused, 0, errors.New("not asked: Naver has refused a short while ago"))
	}
	return nil
}

func (p *Pages) fail(op string, class provider.Class, code string, status int, err error) *provider.Error {
	return &provider.Error{Provider: name, Op: op, Class: class, Code: code, Status: status, Err: err}
}

// once is the guard of a request and its redirects: it asks for the first, and tells
// how each has ended, since the last is the one that says what Naver thinks of being asked.
type once struct {
	guard provider.Guard
	pass  provider.Pass
}

// Allow implements provider.Guard.
func (o *once) Allow(ctx context.Context, a provider.Attempt) (provider.Pass, error) {
	if o.pass != nil {
		return o.pass, nil
	}
	pass, err := o.guard.Allow(ctx, a)
	if err == nil {
		o.pass = pass
	}
	return pass, err
}

// spacing is a guard of one process.
type spacing struct {
	now  func() time.Time
	mu   sync.Mutex
	last map[string]time.Time
}

// Allow implements provider.Guard.
func (s *spacing) Allow(_ context.Context, a provider.Attempt) (provider.Pass, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if at, ok := s.last[a.Op]; ok && now.Sub(at) < Every {
		return nil, &provider.Error{Provider: name, Op: a.Op, Class: provider.RateLimited, Code: "spacing", RetryAfter: Every - now.Sub(at)}
	}
	s.last[a.Op] = now
	return func(provider.Outcome) {}, nil
}
