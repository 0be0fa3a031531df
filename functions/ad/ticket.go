package ad

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
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

// Bearer is who has a ticket.
type Bearer struct {
	Tenant id.Tenant
	User   id.User
	// Session is the one in which it was made, and with which it ends; 0 = none.
	Session id.Session
}

const (
	// secretBytes are random, sessionBytes follow them and name the session. The hash is of
	// both, so the ticket says itself whose it is and nobody can make it another's.
	secretBytes  = 32
	sessionBytes = 8
)

// Ticket makes a ticket for an ad of the bearer's. Only its hash is kept.
func (s *Store) Ticket(ctx context.Context, who Bearer, ad id.Ad) (Ticket, error) {
	var random [secretBytes]byte
	_, _ = rand.Read(random[:]) // never fails (Go 1.24)
	secret := binary.BigEndian.AppendUint64(random[:], uint64(who.Session))
	hash := sha256.Sum256(secret)
	t := Ticket{Ticket: base64.RawURLEncoding.EncodeToString(secret), ExpiresAt: s.now().UTC().Truncate(time.Microsecond).Add(TicketLife)}
	n, err := s.db.Exec(ctx, `INSERT INTO event_tickets (ticket_hash, tenant_id, user_id, ad_id, expires_at)
		SELECT ?, a.tenant_id, ?, a.id, ? FROM ads a WHERE a.tenant_id = ? AND a.id = ? AND a.deleted_at IS NULL`,
		hash[:], who.User, t.ExpiresAt, who.Tenant, ad)
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
func (s *Store) Redeem(ctx context.Context, ad id.Ad, ticket string) (Bearer, error) {
	no := func(why string) error {
		return fault.Newf(fault.CodeTicketEnded, "redeem ticket for %v: %s", ad, why)
	}
	secret, err := base64.RawURLEncoding.Strict().DecodeString(ticket)
	if err != nil || len(secret) != secretBytes+sessionBytes {
		return Bearer{}, no("not a ticket")
	}
	hash, now := sha256.Sum256(secret), s.now().UTC()
	n, err := s.db.Exec(ctx, `UPDATE event_tickets SET used_at = ? WHERE ticket_hash = ? AND ad_id = ? AND used_at IS NULL AND expires_at > ?`, now, hash[:], ad, now)
	if err != nil {
		return Bearer{}, fmt.Errorf("use ticket for %v: %w", ad, err)
	}
	if n == 0 {
		return Bearer{}, no("unknown, used, too old or another ad's")
	}
	who, err := store.One(ctx, s.db, `SELECT tenant_id, user_id FROM event_tickets WHERE ticket_hash = ? LIMIT 1`,
		func(b *Bearer) []any { return []any{&b.Tenant, &b.User} }, hash[:])
	if errors.Is(err, store.ErrNoRows) {
		return Bearer{}, no("purged meanwhile")
	}
	if err != nil {
		return Bearer{}, fmt.Errorf("read ticket for %v: %w", ad, err)
	}
	who.Session = id.Session(binary.BigEndian.Uint64(secret[secretBytes:]))
	return who, nil
}

// Purge deletes tickets that ended before a time, at most 1,000.
func (s *Store) Purge(ctx context.Context, before time.Time) (int64, error) {
	n, err := s.db.Exec(ctx, `DELETE FROM event_tickets WHERE expires_at < ? LIMIT 1000`, before)
	if err != nil {
		return 0, fmt.Errorf("purge tickets: %w", err)
	}
	return n, nil
}
