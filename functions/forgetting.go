package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"castad/functions/ad"

	"castad/shared/id"
)

// forgetter deletes its rows of an ad that nobody can bring back.
type forgetter interface {
	Forget(ctx context.Context, tenant id.Tenant, ad id.Ad) error
}

// runs are the engine's rows of an ad, with their files.
type runs struct{ parts }

func (r runs) Forget(ctx context.Context, tenant id.Tenant, ad id.Ad) error {
	return r.engine.Forget(ctx, tenant, ad, r.files.Delete)
}

// forgetters delete the ads that nobody can bring back, with their files.
type forgetters struct {
	ads *ad.Store
	// rows are all who have rows of an ad, the ad's own the last: by them the next purge
	// finds what one that was broken off has left.
	rows []forgetter
}

// goneAtOnce is how many ads are looked for at once, goneRounds how often in one purge.
// The timer comes again.
const (
	goneAtOnce = 50
	goneRounds = 20
)

func forgetting(p parts) forgetters {
	return forgetters{p.ads, []forgetter{p.lyrics, p.songs, p.videos, p.posts, runs{p}, p.ads}}
}

// Forget deletes the ads that were put away before a time. One that cannot be deleted
// does not keep the others.
func (f forgetters) Forget(ctx context.Context, before time.Time) error {
	var stuck []error
	var after *ad.Gone
	for range goneRounds {
		gone, err := f.ads.Gone(ctx, before, after, goneAtOnce)
		if err != nil {
			return errors.Join(append(stuck, err)...)
		}
		for _, g := range gone {
			after = &g
			if err := f.forget(ctx, g); err != nil {
				stuck = append(stuck, err)
			}
		}
		if len(gone) < goneAtOnce {
			break
		}
	}
	return errors.Join(stuck...)
}

func (f forgetters) forget(ctx context.Context, g ad.Gone) error {
	for _, one := range f.rows {
		if err := one.Forget(ctx, g.Tenant, g.Ad); err != nil {
			return fmt.Errorf("forget %v: %w", g.Ad, err)
		}
	}
	return nil
}
