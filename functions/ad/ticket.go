package ad

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/store"
)

// TicketLife is how long a ticket may wait for its stream: a browser opens it at
// once, and an address that is found in a log later opens nothing.
const TicketLife = time.Minute

// Ticket opens the events of one ad once: a browser's EventSource cannot send an
// Authorization header, and a token in an address would be in every log on the way.
type Ticket struct {
	Ticket    string    `json:"ticket"`
	ExpiresAt time.Time `json:"expires_at"`
}

// Ticket makes a ticket for an ad of the tenant's. Only its hash is kept.
func (s *Store) Ticket(ctx context.Context, tenant id.Tenant, user id.User, ad id.Ad) (Ticket, error) {
	var secret [32]byte
	_, _ = rand.Read(secret[:]) // never fails (Go 1.24)
	hash := sha256.Sum256(secret[:])
	t := Ticket{Ticket: base64.RawURLEncoding.EncodeToString(secret[:]), ExpiresAt: s.now().UTC().Truncate(time.Microsecond).Add(TicketLife)}
	n, err := s.db.Exec(ctx, `INSERT INTO event_tickets (ticket_hash, tenant_id, user_id, ad_id, expires_at)
		SELECT ?, a.tenant_id, ?, a.id, ? FROM ads a WHERE a.tenant_id = ? AND a.id = ? AND a.deleted_at IS NULL`,
		hash[:], user, t.ExpiresAt, tenant, ad)
	if err != nil {
		return Ticket{}, fmt.Errorf("keep ticket for %v: %w", ad, err)
	}
	if n == 0 {
		return Ticket{}, fault.Newf(fault.CodeNotFound, "make ticket: no such %v", ad)
	}
	return t, nil
}

// Redeem uses a ticket up and returns whose it is. One that is unknown, used,
// too old or another ad's is CodeTicketEnded, without saying which.
func (s *Store) Redeem(ctx context.Context, ad id.Ad, ticket string) (tenant id.Tenant, user id.User, err error) {
	no := func(why string) error {
		return fault.Newf(fault.CodeTicketEnded, "redeem ticket for %v: %s", ad, why)
	}
	secret, err := base64.RawURLEncoding.Strict().DecodeString(ticket)
	if err != nil || len(secret) != sha256.Size {
		return 0, 0, no("not a ticket")
	}
	hash, now := sha256.Sum256(secret), s.now().UTC()
	n, err := s.db.Exec(ctx, `UPDATE event_tickets SET used_at = ? WHERE ticket_hash = ? AND ad_id = ? AND used_at IS NULL AND expires_at > ?`, now, hash[:], ad, now)
	if err != nil {
		return 0, 0, fmt.Errorf("use ticket for %v: %w", ad, err)
	}
	if n == 0 {
		return 0, 0, no("unknown, used, too old or another ad's")
	}
	type whose struct {
		tenant id.Tenant
		user   id.User
	}
	w, err := store.One(ctx, s.db, `SELECT tenant_id, user_id FROM event_tickets WHERE ticket_hash = ? LIMIT 1`,
		func(w *whose) []any { return []any{&w.tenant, &w.user} }, hash[:])
	if errors.Is(err, store.ErrNoRows) {
		return 0, 0, no("purged meanwhile")
	}
	if err != nil {
		return 0, 0, fmt.Errorf("read ticket for %v: %w", ad, err)
	}
	return w.tenant, w.user, nil
}

// Purge deletes tickets that ended before a time, at most 1,000.
func (s *Store) Purge(ctx context.Context, before time.Time) (int64, error) {
	n, err := s.db.Exec(ctx, `DELETE FROM event_tickets WHERE expires_at < ? LIMIT 1000`, before)
	if err != nil {
		return 0, fmt.Errorf("purge tickets: %w", err)
	}
	return n, nil
}
