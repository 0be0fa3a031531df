package social

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/provider"
	"castad/shared/seal"
)

const (
	// shortLeft is how much of a short-lived access token must be left to use it.
	shortLeft = 5 * time.Minute
	// longLeft is how much of a long-lived one, and longAge from which age it can be renewed.
	longLeft = 15 * 24 * time.Hour
	longAge  = 24 * time.Hour
	// rejectAgain is within which time a second rejection says that renewing does not help.
	rejectAgain = time.Hour
	// useWithin is how long a refresh token may lie unused.
	useWithin = 90 * 24 * time.Hour
)

// kept is a grant as it is sealed.
type kept struct {
	Access         string    `json:"a"`
	Refresh        string    `json:"r,omitempty"`
	Expires        time.Time `json:"e"`
	RefreshExpires time.Time `json:"f"`
	Scopes         []string  `json:"s"`
	// At is when the access token was obtained.
	At time.Time `json:"t"`
	// Rejected is when the channel last rejected one before its time; zero = never.
	Rejected time.Time `json:"x"`
}

// keep makes a grant that was obtained now into what is kept. What the answer left
// out stays as it was: a refresh token that still works, the scopes.
func keep(g provider.Grant, old kept, now time.Time) kept {
	k := kept{Access: g.Access, Refresh: g.Refresh, Expires: g.Expires.UTC(), RefreshExpires: g.RefreshExpires.UTC(), Scopes: g.Scopes, At: now, Rejected: old.Rejected}
	if k.Refresh == "" {
		k.Refresh, k.RefreshExpires = old.Refresh, old.RefreshExpires
	}
	if len(k.Scopes) == 0 {
		k.Scopes = old.Scopes
	}
	if k.Access == old.Access && k.Expires.Equal(old.Expires) { // the channel gave the same one again
		k.At = old.At
	}
	return k
}

func (k kept) grant() provider.Grant {
	return provider.Grant{Access: k.Access, Refresh: k.Refresh, Expires: k.Expires, RefreshExpires: k.RefreshExpires, Scopes: k.Scopes}
}

// alive says whether the access token works now, as far as the channel has told.
func (k kept) alive(now time.Time) bool {
	return k.Access != "" && (k.Expires.IsZero() || now.Before(k.Expires))
}

// due says whether the grant is renewed before it is used.
func (k kept) due(now time.Time) bool {
	switch {
	case !k.alive(now):
		return true
	case k.Expires.IsZero():
		return false
	case k.Refresh != "":
		return k.Expires.Sub(now) < shortLeft
	default:
		return k.Expires.Sub(now) < longLeft && now.Sub(k.At) >= longAge
	}
}

// renewAt is when the timer renews the grant though nobody uses it; nil = never.
func (k kept) renewAt() *time.Time {
	var at time.Time
	switch {
	case k.Refresh != "":
		at = k.At.Add(useWithin)
	case k.Expires.IsZero():
		return nil
	default:
		at = k.Expires.Add(-longLeft)
		if oldEnough := k.At.Add(longAge); at.Before(oldEnough) {
			at = oldEnough
		}
	}
	return &at
}

// label is what an account's grant is sealed for.
func label(tenant id.Tenant, account id.Account, channel string) seal.Label {
	return seal.Label{Tenant: tenant, Subject: account.String(), Provider: channel, Purpose: "grant"}
}

// close seals the grant with a key that is ready.
func (k kept) close(key seal.Key, l seal.Label) ([]byte, error) {
	value, err := json.Marshal(k)
	if err != nil {
		return nil, fmt.Errorf("write grant of %s: %w", l.Subject, err)
	}
	return key.Seal(l, value)
}

func (s *Store) open(ctx context.Context, l seal.Label, sealed []byte) (kept, error) {
	value, err := s.c.Seal.Open(ctx, l, sealed)
	if err != nil {
		return kept{}, fmt.Errorf("read grant of %s: %w", l.Subject, err)
	}
	var k kept
	if json.Unmarshal(value, &k) != nil { // its error may quote a token
		return kept{}, fault.Newf(fault.CodeInternal, "read grant of %s: not a grant", l.Subject)
	}
	return k, nil
}
