package social

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"castad/shared/chaos"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/seal"
	"castad/shared/store"
)

const (
	// refreshTime bounds one question to a channel; its token endpoints answer within a second.
	refreshTime = 15 * time.Second
	// storeTime bounds how long a new grant is tried to be stored. It counts from the
	// channel's answer and does not end with the caller, who may have gone.
	storeTime = 10 * time.Second
	// leaseTime covers both. A killed process keeps the others out for this and store.LeaseSkew.
	leaseTime = refreshTime + storeTime + 5*time.Second
	// waitTime is how long a caller waits for another's renewal, looking every lookEvery.
	waitTime  = 20 * time.Second
	lookEvery = 100 * time.Millisecond
)

// Access returns the channel's own id of an account and an access token that
// lives. NotFound: the account is not the tenant's on that channel. CodeReconnect:
// its owner must connect it again. Unavailable: the token has ended and cannot be
// renewed at the moment.
func (s *Store) Access(ctx context.Context, tenant id.Tenant, channel string, account id.Account) (external, access string, err error) {
	r, err := s.read(ctx, tenant, account)
	if err == nil {
		err = r.ready(channel)
	}
	if err != nil {
		return "", "", err
	}
	k, err := s.open(ctx, r.label(), r.sealed)
	if err != nil {
		return "", "", err
	}
	if k.due(s.now()) {
		fresh, err := s.renew(ctx, r, k)
		switch {
		case err == nil:
			k = fresh
		case fault.CodeOf(err) == fault.CodeReconnect, fault.KindOf(err) == fault.NotFound, !k.alive(s.now()):
			return "", "", err
		} // otherwise renewing can wait: what is here still works
	}
	return r.ExternalID, k.Access, nil
}

// Reject says that the channel no longer takes an access token which should still
// live. The next Access renews; where there is nothing to renew with, or the token
// of a renewal is rejected again within the hour (a permission is missing, not a
// token), the account must be connected again. A token that has been replaced or
// rejected meanwhile changes nothing.
func (s *Store) Reject(ctx context.Context, tenant id.Tenant, account id.Account, access string) error {
	r, err := s.read(ctx, tenant, account)
	if err != nil || r.State != Connected {
		return err
	}
	k, err := s.open(ctx, r.label(), r.sealed)
	now := s.now()
	if err != nil || k.Access != access || !k.alive(now) { // another, or one that is over already: the next Access renews
		return err
	}
	if k.Refresh == "" || now.Sub(k.Rejected) < rejectAgain {
		_, err := s.end(ctx, r)
		return err
	}
	key, err := s.c.Seal.Key(ctx, tenant)
	if err != nil {
		return fmt.Errorf("reject token of %v: %w", account, err)
	}
	k.Expires, k.Rejected = now, now
	_, err = s.put(ctx, r, k, key)
	return err
}

// renew renews a grant as the only one to do so, or takes over what another has renewed.
func (s *Store) renew(ctx context.Context, r row, k kept) (kept, error) {
	key, err := s.c.Seal.Key(ctx, r.tenant) // before the channel is asked: what it answers must be kept
	if err != nil {
		return kept{}, fmt.Errorf("renew token of %v: %w", r.ID, err)
	}
	wait, cancel := context.WithTimeout(ctx, waitTime)
	defer cancel()
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		fresh, over, err := s.once(ctx, r, k, key)
		if over || err != nil {
			return fresh, err
		}
		select {
		case <-look.C:
		case <-wait.Done():
			return kept{}, fault.Newf(fault.CodeUnavailable, "renew token of %v: another process is at it", r.ID).After(2 * time.Second)
		}
	}
}

// once tries to be the one that renews; over is false while another is at it and
// there is no token that works until then.
func (s *Store) once(ctx context.Context, r row, k kept, key seal.Key) (fresh kept, over bool, err error) {
	lease, owner := "token-refresh:"+r.ID.String(), rand.Text()
	fence, mine, err := s.c.DB.Lease(ctx, lease, owner, leaseTime)
	if err != nil {
		return kept{}, false, fmt.Errorf("renew token of %v: %w", r.ID, err)
	}
	if mine {
		defer s.release(ctx, lease, owner, fence)
	}
	now, fresh, changed, err := s.again(ctx, r, k)
	switch {
	case err != nil:
		return kept{}, false, err
	case changed && !fresh.due(s.now()):
		return fresh, true, nil
	case mine:
		fresh, err = s.ask(ctx, now, fresh, key)
		return fresh, err == nil, err
	}
	return k, k.alive(s.now()), nil
}

func (s *Store) release(ctx context.Context, lease, owner string, fence int64) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTime)
	defer cancel()
	_ = s.c.DB.Release(ctx, lease, owner, fence) // otherwise it ends by itself
}

// again reads the account anew; changed says whether its grant is another one than k.
func (s *Store) again(ctx context.Context, r row, k kept) (now row, fresh kept, changed bool, err error) {
	now, err = s.read(ctx, r.tenant, r.ID)
	if err == nil {
		err = now.ready(r.Channel)
	}
	if err != nil || now.version == r.version {
		return now, k, false, err
	}
	fresh, err = s.open(ctx, now.label(), now.sealed)
	return now, fresh, err == nil, err
}

// ask renews at the channel and stores the answer before anybody uses it.
func (s *Store) ask(ctx context.Context, r row, k kept, key seal.Key) (kept, error) {
	asked, cancel := context.WithTimeout(ctx, refreshTime)
	defer cancel()
	g, err := s.c.Channels.Refresh(asked, r.Channel, k.grant())
	if fault.CodeOf(err) == fault.CodeReconnect {
		return s.refused(ctx, r, k, err)
	}
	if err != nil {
		return kept{}, fmt.Errorf("renew token of %v: %w", r.ID, err)
	}
	chaos.Point("U7", r.Channel)
	fresh := keep(g, k, s.now())
	ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), storeTime)
	defer cancel()
	stored, err := s.put(ctx, r, fresh, key)
	if err != nil {
		return kept{}, err
	}
	if !stored { // it was connected anew or disconnected meanwhile: that counts
		_, now, _, err := s.again(ctx, r, fresh)
		return now, err
	}
	return fresh, nil
}

// refused is what a channel's "no" means: the permission has ended, unless the
// grant that was asked with is no longer the one that counts.
func (s *Store) refused(ctx context.Context, r row, k kept, said error) (kept, error) {
	ended, err := s.end(ctx, r)
	if err != nil || ended {
		return kept{}, errors.Join(said, err)
	}
	_, now, changed, err := s.again(ctx, r, k)
	if err != nil || !changed {
		return kept{}, errors.Join(said, err)
	}
	return now, nil
}

// put stores a grant over the one that r has; false when that is no longer there, or
// the account has ended meanwhile.
func (s *Store) put(ctx context.Context, r row, k kept, key seal.Key) (stored bool, err error) {
	sealed, err := k.close(key, r.label())
	if err != nil {
		return false, err
	}
	err = s.c.DB.TxCertain(ctx, func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.Exec(ctx, `UPDATE social_accounts SET grant_sealed = ?, version = ?, scopes = ?, renew_at = ?, updated_at = ?
			WHERE tenant_id = ? AND id = ? AND version = ? AND state = ?`,
			sealed, r.version+1, text(k.Scopes), k.renewAt(), s.now(), r.tenant, r.ID, r.version, Connected)
		stored = n == 1
		return err
	}, func(ctx context.Context, q store.Querier) (bool, error) {
		n, err := store.One(ctx, q, `SELECT COUNT(*) FROM social_accounts WHERE tenant_id = ? AND id = ? AND grant_sealed = ?`, func(n *int) []any { return []any{n} },
			r.tenant, r.ID, sealed)
		return n == 1, err
	})
	if err != nil {
		return false, fmt.Errorf("store token of %v: %w", r.ID, err)
	}
	return stored, nil
}

// end makes an account reconnect_needed if it still has the grant of r, and gives
// notice; ended is false when it has another one, or has ended before.
func (s *Store) end(ctx context.Context, r row) (ended bool, err error) {
	n, err := s.c.DB.Exec(ctx, `UPDATE social_accounts SET state = ?, renew_at = NULL, updated_at = ? WHERE tenant_id = ? AND id = ? AND version = ? AND state = ?`,
		ReconnectNeeded, s.now(), r.tenant, r.ID, r.version, Connected)
	if err != nil {
		return false, fmt.Errorf("mark %v: %w", r.ID, err)
	}
	if n == 1 && s.c.Notice != nil {
		s.c.Notice(ctx, r.tenant, r.ID, r.Channel)
	}
	return n == 1, nil
}
