package social

import (
	"context"
	"errors"
	"fmt"
	"time"

	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/provider"
	"castad/shared/seal"
	"castad/shared/store"
)

// Channels are the channels' OAuth clients; channel is "youtube", "instagram".
type Channels interface {
	// Refresh renews a grant. An error of code social.reconnect_needed says that the
	// permission has ended; every other one that the grant is as it was.
	Refresh(ctx context.Context, channel string, g provider.Grant) (provider.Grant, error)
	// Needs are the scopes without which nothing can be posted to a channel.
	Needs(channel string) []string
	// Revoke withdraws the permission at the channel.
	Revoke(ctx context.Context, channel string, g provider.Grant) error
}

// Config makes a Store.
type Config struct {
	DB       *store.Primary
	Seal     *seal.Sealer
	Channels Channels
	// Ended says whether a session has ended, as far as this process knows; nil = nobody knows.
	Ended func(session id.Session) bool
	// Notice is told once when an account must be connected again.
	Notice func(ctx context.Context, tenant id.Tenant, account id.Account, channel string)
	Now    func() time.Time
}

// Store holds every statement that writes the accounts' tables.
type Store struct{ c Config }

// New returns the store.
func New(c Config) *Store { return &Store{c: c} }

func (s *Store) now() time.Time { return s.c.Now().UTC().Truncate(time.Microsecond) }

// row is an account as it is stored.
type row struct {
	Account
	tenant          id.Tenant
	scopes, missing string
	sealed          []byte
	version         int
}

func (r row) label() seal.Label { return label(r.tenant, r.ID, r.Channel) }

func (r row) shown() Account {
	a := r.Account
	a.Scopes, a.MissingScopes = words(r.scopes), words(r.missing)
	return a
}

func columns(r *row) []any {
	return []any{&r.ID, &r.tenant, &r.Channel, &r.ExternalID, &r.Name, &r.URL, &r.scopes, &r.missing, &r.State, &r.sealed, &r.version, &r.CreatedAt, &r.UpdatedAt}
}

// read returns the tenant's account; NotFound when it is not the tenant's.
func (s *Store) read(ctx context.Context, tenant id.Tenant, account id.Account) (row, error) {
	r, err := store.One(ctx, s.c.DB, `SELECT id, tenant_id, channel, external_id, name, url, scopes, missing_scopes, state, grant_sealed, version, created_at, updated_at
		FROM social_accounts WHERE tenant_id = ? AND id = ? AND state <> 'disconnected'`, columns, tenant, account)
	if errors.Is(err, store.ErrNoRows) {
		return row{}, fault.Newf(fault.CodeNotFound, "read %v: no such account", account)
	}
	if err != nil {
		return row{}, fmt.Errorf("read %v: %w", account, err)
	}
	return r, nil
}

// most is how many accounts one tenant can list; the few channels allow some each.
const most = 100

// List returns the tenant's accounts, the oldest first.
func (s *Store) List(ctx context.Context, tenant id.Tenant) ([]Account, error) {
	rows, err := store.All(ctx, s.c.DB, `SELECT id, tenant_id, channel, external_id, name, url, scopes, missing_scopes, state, grant_sealed, version, created_at, updated_at
		FROM social_accounts WHERE tenant_id = ? AND state <> 'disconnected' ORDER BY id LIMIT ?`, columns, tenant, most)
	if err != nil {
		return nil, fmt.Errorf("list accounts: %w", err)
	}
	accounts := make([]Account, 0, len(rows))
	for _, r := range rows {
		accounts = append(accounts, r.shown())
	}
	return accounts, nil
}

// Ready refuses an account that cannot be posted to: NotFound when it is not the
// tenant's on that channel, CodeReconnect when its owner must connect it again.
func (s *Store) Ready(ctx context.Context, tenant id.Tenant, channel string, account id.Account) error {
	r, err := s.read(ctx, tenant, account)
	if err != nil {
		return err
	}
	return r.ready(channel)
}

func (r row) ready(channel string) error {
	if r.Channel != channel {
		return fault.Newf(fault.CodeNotFound, "%v is not an account of %s", r.ID, channel)
	}
	if r.State != Connected {
		return fault.Newf(fault.CodeReconnect, "%v is %s", r.ID, r.State)
	}
	return nil
}

// revokeTime bounds the question to the channel when an account is disconnected:
// the row goes away whether it answers or not.
const revokeTime = 8 * time.Second

// Disconnect withdraws the permission at the channel and deletes the tokens and all
// that was known of the account, also when the channel cannot be reached or the grant
// cannot be read; revoked says whether the channel agreed. The row stays with the
// channel's id of the account, so that the account is the same one when its owner
// connects it again: its posts, and orders that name it, are still its own. Where another tenant has
// connected the same channel account nothing is withdrawn: Google ends everything
// that the account has allowed us, not one token. CodeConflict: its owner has connected
// it again meanwhile, and it stays; whether what was granted anew was withdrawn along with
// the old is asked at once, and it is reconnect_needed if so.
func (s *Store) Disconnect(ctx context.Context, tenant id.Tenant, account id.Account) (revoked bool, err error) {
	r, err := s.read(ctx, tenant, account)
	if err != nil {
		return false, err
	}
	shared, err := s.shared(ctx, r)
	if err != nil {
		return false, err
	}
	k, err := s.open(ctx, r.label(), r.sealed)
	if err == nil && !shared {
		ask, cancel := context.WithTimeout(ctx, revokeTime)
		revoked = s.c.Channels.Revoke(ask, r.Channel, k.grant()) == nil
		cancel()
	}
	err = s.clear(ctx, r, k)
	if revoked && fault.CodeOf(err) == fault.CodeConflict {
		err = errors.Join(err, s.prove(ctx, r))
	}
	return revoked, err
}

// prove renews the grant that an account has now, though it may live on: the channel then
// says whether it still counts. What it says is kept by renew; other trouble is the next Access's.
func (s *Store) prove(ctx context.Context, r row) error {
	r, err := s.read(ctx, r.tenant, r.ID)
	if err != nil || r.State != Connected {
		return err
	}
	k, err := s.open(ctx, r.label(), r.sealed)
	if err == nil {
		_, err = s.renew(ctx, r, k)
	}
	return err
}

// clear deletes what is known of an account that has the grant k, or one that was
// renewed with it; of one that is disconnected already there is nothing left.
func (s *Store) clear(ctx context.Context, r row, k kept) error {
	for range keepTries {
		n, err := s.c.DB.Exec(ctx, `UPDATE social_accounts SET state = 'disconnected', grant_sealed = '', name = '', url = '', scopes = '', missing_scopes = '',
			renew_at = NULL, version = version + 1, updated_at = ? WHERE tenant_id = ? AND id = ? AND version = ?`, s.now(), r.tenant, r.ID, r.version)
		if err != nil {
			return fmt.Errorf("disconnect %v: %w", r.ID, err)
		}
		if n == 1 {
			return nil
		}
		if r, err = s.read(ctx, r.tenant, r.ID); fault.KindOf(err) == fault.NotFound {
			return nil
		}
		if err != nil {
			return fmt.Errorf("disconnect %v: %w", r.ID, err)
		}
		now, err := s.open(ctx, r.label(), r.sealed)
		if err != nil {
			return fmt.Errorf("disconnect %v: %w", r.ID, err)
		}
		if k.Refresh == "" || now.Refresh != k.Refresh {
			return fault.Newf(fault.CodeConflict, "disconnect %v: it was connected again meanwhile", r.ID)
		}
	}
	return fault.Newf(fault.CodeUnavailable, "disconnect %v: it changes all the time", r.ID)
}

// shared says whether another tenant has connected the same channel account. It
// looks beyond the tenant and tells nothing of what it sees.
func (s *Store) shared(ctx context.Context, r row) (bool, error) {
	n, err := store.One(ctx, s.c.DB, `SELECT COUNT(*) FROM social_accounts WHERE channel = ? AND external_id = ? AND tenant_id <> ? AND state <> 'disconnected'`,
		func(n *int) []any { return []any{n} }, r.Channel, r.ExternalID, r.tenant)
	if err != nil {
		return false, fmt.Errorf("look for others with %v: %w", r.ID, err)
	}
	return n > 0, nil
}

// Purge deletes states that ended before the given time, at most a thousand, and returns how many.
func (s *Store) Purge(ctx context.Context, before time.Time) (int64, error) {
	n, err := s.c.DB.Exec(ctx, `DELETE FROM oauth_states WHERE expires_at < ? ORDER BY expires_at LIMIT 1000`, before)
	if err != nil {
		return 0, fmt.Errorf("purge states: %w", err)
	}
	return n, nil
}

// Progress is how far resealing has come.
type Progress struct {
	// Last is the last account that was looked at; 0 = there are no more.
	Last id.Account
	// Changed were resealed. Left are still under another key: they were renewed at
	// the same moment, and come with the next round.
	Changed, Left int
	// Lost cannot be opened, each for its reason in Why: with none of the keys, or because it
	// was changed. They are left as they are.
	Lost int
	Why  error
}

// Reseal brings at most limit accounts after the given one under the current key
// version; one that cannot be opened does not keep the others. It can be killed anywhere
// and begun anew.
func (s *Store) Reseal(ctx context.Context, after id.Account, limit int) (Progress, error) {
	var p Progress
	rows, err := store.All(ctx, s.c.DB, `SELECT id, tenant_id, channel, external_id, name, url, scopes, missing_scopes, state, grant_sealed, version, created_at, updated_at
		FROM social_accounts WHERE id > ? AND state <> 'disconnected' ORDER BY id LIMIT ?`, columns, after, limit)
	if err != nil {
		return p, fmt.Errorf("read accounts after %v: %w", after, err)
	}
	for _, r := range rows {
		fresh, old, err := s.c.Seal.Reseal(ctx, r.label(), r.sealed)
		switch {
		case seal.Lost(err):
			p.Lost, p.Why = p.Lost+1, errors.Join(p.Why, fmt.Errorf("reseal %v: %w", r.ID, err))
		case err != nil:
			return p, fmt.Errorf("reseal %v: %w", r.ID, err)
		case old:
			n, err := s.c.DB.Exec(ctx, `UPDATE social_accounts SET grant_sealed = ? WHERE id = ? AND version = ? AND grant_sealed = ?`, fresh, r.ID, r.version, r.sealed)
			if err != nil {
				return p, fmt.Errorf("reseal %v: %w", r.ID, err)
			}
			p.Changed += int(n)
			p.Left += 1 - int(n)
		}
		p.Last = r.ID
	}
	if len(rows) < limit {
		p.Last = 0
	}
	return p, nil
}
