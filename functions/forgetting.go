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

// forgetters are all who have such rows. The ad's own go last: by them the next purge
// finds what one that was broken off has left. Files whose rows are gone are deleted
// like those of a crash (background-purge).
type forgetters struct {
	ads    *ad.Store
	others []forgetter
}

// goneAtOnce bounds the ads of one purge; the timer comes again.
const goneAtOnce = 50

func forgetting(p parts) forgetters {
	return forgetters{p.ads, []forgetter{p.lyrics, p.songs, p.videos, p.posts, p.engine}}
}

// Forget deletes the ads that were put away before a time. One that cannot be deleted
// does not keep the others.
func (f forgetters) Forget(ctx context.Context, before time.Time) error {
	gone, err := f.ads.Gone(ctx, before, goneAtOnce)
	for _, g := range gone {
		for _, one := range append(f.others, f.ads) {
			if failed := one.Forget(ctx, g.Tenant, g.Ad); failed != nil {
				err = errors.Join(err, fmt.Errorf("forget %v: %w", g.Ad, failed))
				break
			}
		}
	}
	return err
}
