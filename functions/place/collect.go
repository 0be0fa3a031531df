package place

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"castad/shared/claim"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/message"
	"castad/shared/pipeline"
	"castad/shared/store"
)

// Fetch reads the page of a place. A Stop is final; any other error means that the
// page may be had later.
type Fetch func(ctx context.Context, link Link) (Found, error)

// Stop says why a page gives no facts.
type Stop struct {
	Outcome Outcome
	Err     error
}

func (s Stop) Error() string {
	return fmt.Sprintf("no facts from the place's page (%s): %v", s.Outcome, s.Err)
}

// Unwrap returns the cause.
func (s Stop) Unwrap() error { return s.Err }

const (
	// tries is how often a page that does not answer is asked for in one order.
	tries = 3
	// spare is how much of the step's time is left when it stops waiting for its turn.
	spare = 10 * time.Minute
)

// learned is what a claim has found out about a place's page; nothing of it is written yet.
type learned struct {
	outcome Outcome
	asked   bool // the page was asked for
	link    string
	found   Found
}

// Collect runs the place step: the facts and photos as they are now become the step's
// output. A page that is to be fetched is fetched first, with no connection held;
// its facts are written by the transaction that ends the step, so that a process that
// dies in between loses nothing: the next claim fetches again. A page that cannot be had fails
// no order, except when the place has no name without it. fetch is nil when pages are not fetched.
func (s *Store) Collect(ctx context.Context, w message.Wake, fetch Fetch) error {
	var news *learned
	return pipeline.Do(ctx, s.engine, w, message.Place,
		func(ctx context.Context, in message.PlaceCollect, call message.Call) (message.PlaceFacts, error) {
			p, err := s.Show(ctx, call.Tenant, in.Place)
			if fault.KindOf(err) == fault.NotFound {
				return message.PlaceFacts{}, fault.Newf(fault.CodeRefused, "collect %v: %w", in.Place, err)
			}
			if err != nil {
				return message.PlaceFacts{}, err
			}
			if news, err = s.learn(ctx, p, call, fetch); err != nil {
				return message.PlaceFacts{}, err
			}
			if !p.named(news) {
				return message.PlaceFacts{}, s.dead(ctx, p, call, news)
			}
			return p.Collected(), nil
		},
		func(ctx context.Context, tx *store.Tx, ref pipeline.Ref, out message.PlaceFacts) (message.PlaceFacts, error) {
			if news == nil {
				return out, nil
			}
			return s.keep(ctx, tx, ref, out, *news)
		})
}

// about says that the page is still the place's: its owner may have changed the link meanwhile.
func (l learned) about(p Place) bool { return p.Source != nil && p.Source.Link == l.link }

// typedName says that the owner has typed the place's name.
func (p Place) typedName() bool {
	return slices.ContainsFunc(byOwner(p.Facts), func(f claim.Fact) bool { return f.Kind == claim.Name })
}

// named says that the place has a name once the news are kept.
func (p Place) named(news *learned) bool {
	switch {
	case p.typedName():
		return true
	case news == nil:
		return p.Name != ""
	}
	return news.found.Details.fit().Name != ""
}

// learn fetches the place's page if that is due. nil says that there is nothing new.
func (s *Store) learn(ctx context.Context, p Place, call message.Call, fetch Fetch) (*learned, error) {
	if !p.Source.due(s.now()) {
		return nil, nil
	}
	switch {
	case fetch == nil && p.Source.Outcome == Off:
		return nil, nil
	case fetch == nil:
		return &learned{link: p.Source.Link, outcome: Off}, nil
	}
	found, err := fetch(ctx, Link{Vendor: p.Source.vendor, ID: p.Source.external, URL: p.Source.Link})
	var stop Stop
	switch {
	case err == nil:
		return &learned{link: p.Source.Link, outcome: Fetched, asked: true, found: found}, nil
	case errors.As(err, &stop):
		return &learned{link: p.Source.Link, outcome: stop.Outcome, asked: true}, nil
	case fault.KindOf(err) == fault.TooMany && s.now().Add(fault.RetryAfterOf(err)).Before(call.Deadline.Add(-spare)), fault.KindOf(err) != fault.TooMany && call.Attempt < tries:
		return nil, fmt.Errorf("fetch the page of %v: %w", p.ID, err)
	}
	return &learned{link: p.Source.Link, outcome: Unreachable, asked: true}, nil
}

// dead ends an order for a place that nobody has named, and keeps the reason for the owner.
func (s *Store) dead(ctx context.Context, p Place, call message.Call, news *learned) error {
	outcome := Unreachable
	if p.Source != nil {
		outcome = p.Source.Outcome
	}
	if news != nil {
		if outcome = news.outcome; outcome == Fetched { // the page has no name that could be sung
			outcome = Unreadable
		}
		err := s.db.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
			p, last, err := s.locked(ctx, tx, call.Tenant, p.ID)
			if err != nil {
				return err
			}
			if !p.Source.due(s.now()) || !news.about(p) {
				return fault.Newf(fault.CodeUnavailable, "another order has fetched it meanwhile") // the next claim sees
			}
			if _, err := s.forget(ctx, tx, call.Tenant, p); err != nil {
				return err
			}
			return settle(ctx, tx, call.Tenant, p.ID, learned{outcome: outcome, asked: news.asked}, s.now(), last)
		})
		if err != nil {
			return fmt.Errorf("keep the outcome for %v: %w", p.ID, err)
		}
	}
	return fault.Newf(fault.CodeNoFacts, "collect %v: no name is typed and its page gave none (%s)", p.ID, outcome).In("name")
}

// locked locks a place, so that of two claims one writes, and reads it.
func (s *Store) locked(ctx context.Context, tx *store.Tx, tenant id.Tenant, place id.Place) (Place, int, error) {
	if err := lock(ctx, tx, tenant, place); err != nil {
		return Place{}, 0, err
	}
	return read(ctx, tx, tenant, place)
}

// keep writes what was learned and returns the place as it is then. When another
// order's claim has been faster, what that one wrote is taken.
func (s *Store) keep(ctx context.Context, tx *store.Tx, ref pipeline.Ref, out message.PlaceFacts, news learned) (message.PlaceFacts, error) {
	p, last, err := s.locked(ctx, tx, ref.Tenant, out.Place)
	if err != nil {
		return out, err
	}
	if !news.about(p) && p.Name == "" {
		return out, fault.Newf(fault.CodeUnavailable, "the link of %v was changed meanwhile", p.ID) // the next claim reads the new one
	}
	if (!p.Source.due(ref.Now) || !news.about(p)) && p.Name != "" { // without a name the other one has failed, and ours is better
		return p.Collected(), nil
	}
	if p, err = s.forget(ctx, tx, ref.Tenant, p); err != nil {
		return out, err
	}
	if news.outcome == Fetched {
		added := merge(p.Facts, news.found, last)
		if err := insertFacts(ctx, tx, ref.Tenant, p.ID, added); err != nil {
			return out, err
		}
		p.Facts, last = append(p.Facts, added...), last+len(added)
		if p.Name == "" {
			p.Name = news.found.Details.fit().Name
			if err := rename(ctx, tx, ref.Tenant, p); err != nil {
				return out, err
			}
		}
	}
	if err := settle(ctx, tx, ref.Tenant, p.ID, news, ref.Now, last); err != nil {
		return out, err
	}
	p.Source.Outcome = news.outcome
	return p.Collected(), nil
}

// forget deletes what was fetched and is too old to be used, whatever has come now; of a
// place that was purged that is its name.
func (s *Store) forget(ctx context.Context, tx *store.Tx, tenant id.Tenant, p Place) (Place, error) {
	if _, err := tx.Exec(ctx, `DELETE FROM place_facts WHERE tenant_id = ? AND place_id = ? AND source <> ?`, tenant, p.ID, owner); err != nil {
		return p, fmt.Errorf("forget what was fetched about %v: %w", p.ID, err)
	}
	if !p.typedName() {
		p.Name = ""
		if err := rename(ctx, tx, tenant, p); err != nil {
			return p, err
		}
	}
	p.Facts = byOwner(p.Facts)
	return p, nil
}

func rename(ctx context.Context, tx *store.Tx, tenant id.Tenant, p Place) error {
	if _, err := tx.Exec(ctx, `UPDATE places SET name = ? WHERE tenant_id = ? AND id = ?`, p.Name, tenant, p.ID); err != nil {
		return fmt.Errorf("name %v: %w", p.ID, err)
	}
	return nil
}

// settle writes an outcome; last is the highest number that a fact of the place has had.
func settle(ctx context.Context, tx *store.Tx, tenant id.Tenant, p id.Place, news learned, now time.Time, last int) error {
	now = now.UTC().Truncate(time.Microsecond)
	var asked, fetched *time.Time
	if news.asked {
		asked = &now
	}
	if news.outcome == Fetched {
		fetched = &now
	}
	external := news.found.Link.ID
	_, err := tx.Exec(ctx, `UPDATE place_sources SET outcome = ?, asked_at = COALESCE(?, asked_at), fetched_at = ?, last_fact = GREATEST(last_fact, ?),
		external_id = CASE WHEN ? = '' THEN external_id ELSE ? END WHERE tenant_id = ? AND place_id = ?`,
		news.outcome, asked, fetched, last, external, external, tenant, p)
	if err != nil {
		return fmt.Errorf("write the outcome of fetching for %v: %w", p, err)
	}
	return touch(ctx, tx, tenant, p, last, now)
}
