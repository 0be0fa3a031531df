// Package collect is queue place-collect: the facts and photos as they are now become
// the input of everything that follows.
//
// Ends the place step. Calls Naver for the place's own page once, when that is
// switched on, the owner has consented and it has not been read yet; robots.txt is
// obeyed. A page that cannot be had leaves the typed facts, and the reason is in the step's
// output and in GET /places/{id}. A place that is gone, or has no name at all, fails the step.
package collect

import (
	"cmp"
	"context"
	_ "embed"
	"errors"
	"time"

	"castad/functions/place"
	"castad/shared/message"
	"castad/shared/provider"
	"castad/shared/provider/naver"
	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

// Places runs the place step.
type Places interface {
	Collect(context.Context, message.Wake, place.Fetch) error
}

// Pages reads the pages of places.
type Pages interface {
	Page(context.Context, naver.Link) (naver.Place, error)
}

const (
	// budget leaves the outcome its time after the slowest fetch.
	budget = 60 * time.Second
	// patience bounds robots.txt, a short link's hops and the page together.
	patience = 40 * time.Second
)

// New returns the function. pages is nil when none are fetched.
func New(places Places, pages Pages) trigger.Function {
	var fetch place.Fetch
	if pages != nil {
		fetch = func(ctx context.Context, link place.Link) (place.Found, error) { return read(ctx, pages, link) }
	}
	return trigger.Queue("place-collect", binding, trigger.Budget{Time: budget, Connections: 1},
		func(ctx context.Context, w message.Wake) error { return places.Collect(ctx, w, fetch) })
}

// read fetches one page. Conveniences and keywords are left out: there is no kind of fact for them.
func read(ctx context.Context, pages Pages, link place.Link) (place.Found, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	p, err := pages.Page(ctx, naver.Link{Vendor: link.Vendor, ID: link.ID, URL: link.URL})
	if err != nil {
		return place.Found{}, outcome(err)
	}
	d := place.Details{Name: p.Name, Category: p.Category, Address: p.Address, Phone: p.Phone, Hours: p.Hours}
	for _, i := range p.Menu {
		d.Menu = append(d.Menu, place.Item{Name: i.Name, Won: i.Won})
	}
	return place.Found{Link: place.Link{Vendor: link.Vendor, ID: p.ID, URL: link.URL}, Details: d}, nil
}

// outcomes are the fetcher's final words.
var outcomes = map[string]place.Outcome{naver.StopRobots: place.Robots, naver.StopRefused: place.Refused, naver.StopGone: place.Gone,
	naver.StopElsewhere: place.Elsewhere, naver.StopUnreadable: place.Unreadable, naver.StopNotFetched: place.NotFetched}

// outcome tells an error that is final from one that may pass. What the network rules
// refuse (an address that is not public) is a link that leads elsewhere.
func outcome(err error) error {
	var e *provider.Error
	if !errors.As(err, &e) || e.Class != provider.OurFault && e.Class != provider.BadResult {
		return err
	}
	return place.Stop{Outcome: cmp.Or(outcomes[e.Code], place.Elsewhere), Err: err}
}
