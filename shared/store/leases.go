package store

import (
	"context"
	"errors"
	"time"
)

// LeaseSkew is how long after its expiry a lease may be taken from its owner:
// clocks disagree, and a process can be frozen between its check and its write.
const LeaseSkew = 30 * time.Second

type leaseRow struct {
	owner         string
	fence         int64
	live, expired bool
}

// Lease takes or renews the named lease for d. ok is false while another owner
// has it. The fence rises with every change of hands and stays on a renewal in
// time; guard writes with it. owner must be unique to the process: a restarted
// process is another owner. Times are the server's.
func (p *Primary) Lease(ctx context.Context, name, owner string, d time.Duration) (fence int64, ok bool, err error) {
	err = p.Tx(ctx, func(ctx context.Context, tx *Tx) error {
		fence, ok = 0, false
		row, err := One(ctx, tx, `SELECT owner, fence, expires_at > NOW(6), owner = '' OR expires_at < NOW(6) - INTERVAL ? MICROSECOND
			FROM leases WHERE name = ? LIMIT 1 FOR UPDATE`,
			func(r *leaseRow) []any { return []any{&r.owner, &r.fence, &r.live, &r.expired} }, LeaseSkew.Microseconds(), name)
		switch {
		case errors.Is(err, ErrNoRows):
			fence = 1
			_, err = tx.Exec(ctx, `INSERT INTO leases (name, owner, fence, expires_at) VALUES (?, ?, 1, NOW(6) + INTERVAL ? MICROSECOND)`,
				name, owner, d.Microseconds())
			if _, taken := Duplicate(err); taken {
				return nil // another process was first
			}
			ok = err == nil
			return err
		case err != nil:
			return err
		case row.owner == owner && row.live:
			fence = row.fence
		case row.owner == owner || row.expired:
			fence = row.fence + 1
		default:
			return nil
		}
		ok = true
		_, err = tx.Exec(ctx, `UPDATE leases SET owner = ?, fence = ?, expires_at = NOW(6) + INTERVAL ? MICROSECOND WHERE name = ?`,
			owner, fence, d.Microseconds(), name)
		return err
	})
	if err != nil || !ok {
		return 0, false, err
	}
	return fence, true, nil
}

// Release gives the lease back, so that the next owner need not wait for its
// expiry. A lease that has another owner or fence by now is left alone.
func (p *Primary) Release(ctx context.Context, name, owner string, fence int64) error {
	_, err := p.Exec(ctx, `UPDATE leases SET owner = '', expires_at = NOW(6) WHERE name = ? AND owner = ? AND fence = ?`, name, owner, fence)
	return err
}
