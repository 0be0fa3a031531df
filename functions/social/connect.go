package social

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/provider"
	"castad/shared/seal"
	"castad/shared/store"
	"castad/shared/webapp"
)

// StateLife is how long a connection may be under way.
const StateLife = 10 * time.Minute

// Attempt is a connection that begins. State travels through the channel, Cookie
// stays in the browser, Verifier stays here; all are secrets.
type Attempt struct {
	State, Cookie, Verifier string
	// Scopes are what the owner will be asked for.
	Scopes []string
	// Next is the path of the web client where it ends; "" = it ends with an answer.
	Next string
}

// NewAttempt makes an attempt. cookie is what the browser has from another attempt
// that is under way, so that two tabs do not disturb each other; anything else
// than a cookie of ours is replaced.
func NewAttempt(cookie string) Attempt {
	a := Attempt{State: secret(), Cookie: cookie, Verifier: secret()}
	if raw, err := base64.RawURLEncoding.Strict().DecodeString(cookie); err != nil || len(raw) != 32 {
		a.Cookie = secret()
	}
	return a
}

// In is the attempt as one of a session, with which it ends: whoever has stolen an access
// token finishes nothing once its owner has left. The state itself carries the session,
// under the hash by which it is known, so nobody can put another one in.
func (a Attempt) In(session id.Session) Attempt {
	a.State += base64.RawURLEncoding.EncodeToString(binary.BigEndian.AppendUint64(nil, uint64(session)))
	return a
}

// sessionOf is the session of an attempt's state; 0 = none.
func sessionOf(state string) id.Session {
	const secretLength = 43
	raw, err := base64.RawURLEncoding.Strict().DecodeString(state[min(secretLength, len(state)):])
	if err != nil || len(raw) != 8 {
		return 0
	}
	return id.Session(binary.BigEndian.Uint64(raw))
}

// secret is 256 random bits as 43 characters.
func secret() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // crypto/rand.Read never fails (Go 1.24)
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// Challenge is the verifier's PKCE challenge, method S256 (RFC 7636).
func (a Attempt) Challenge() string {
	sum := sha256.Sum256([]byte(a.Verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// Asked returns the scopes that an authorize URL asks for. They are separated by
// spaces (RFC 6749 section 3.3) or, as Meta does, by commas.
func Asked(authorizeURL string) []string {
	u, err := url.Parse(authorizeURL)
	if err != nil {
		return nil
	}
	return strings.FieldsFunc(u.Query().Get("scope"), func(r rune) bool { return r == ' ' || r == ',' })
}

// underWay is how many connections of one tenant may be under way: more than people
// with many tabs have, and few enough that nobody fills the table.
const underWay = 100

// Begin keeps an attempt of the tenant's; TooMany when a hundred are under way,
// CodeBadValue for a next that is not a path of the app.
func (s *Store) Begin(ctx context.Context, tenant id.Tenant, user id.User, channel string, a Attempt) error {
	if a.Next != "" {
		if err := webapp.Check(a.Next); err != nil {
			return fmt.Errorf("begin connection to %s: %w", channel, err)
		}
	}
	hash, cookie := sha256.Sum256([]byte(a.State)), sha256.Sum256([]byte(a.Cookie))
	live, err := store.One(ctx, s.c.DB, `SELECT COUNT(*) FROM oauth_states WHERE tenant_id = ? AND expires_at > ? AND used_at IS NULL`,
		func(n *int) []any { return []any{n} }, tenant, s.now())
	if err != nil {
		return fmt.Errorf("begin connection to %s: %w", channel, err)
	}
	if live >= underWay {
		return fault.Newf(fault.CodeTooMany, "begin connection to %s: %d are under way", channel, live).After(StateLife)
	}
	sealed, err := s.c.Seal.Seal(ctx, verifierLabel(tenant, channel, hash), []byte(a.Verifier))
	if err != nil {
		return fmt.Errorf("begin connection to %s: %w", channel, err)
	}
	_, err = s.c.DB.Exec(ctx, `INSERT INTO oauth_states (state_hash, cookie_hash, tenant_id, user_id, channel, scopes, verifier_sealed, next, expires_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`, hash[:], cookie[:], tenant, user, channel, text(a.Scopes), sealed, a.Next, s.now().Add(StateLife))
	if err != nil {
		return fmt.Errorf("begin connection to %s: %w", channel, err)
	}
	return nil
}

func verifierLabel(tenant id.Tenant, channel string, state [sha256.Size]byte) seal.Label {
	return seal.Label{Tenant: tenant, Subject: hex.EncodeToString(state[:]), Provider: channel, Purpose: "verifier"}
}

// Consent is an attempt that came back from the channel, in the browser where it began.
type Consent struct {
	Tenant   id.Tenant
	User     id.User
	Channel  string
	Verifier string
	// Next is the attempt's.
	Next  string
	asked []string
	// key is ready, so that what the channel grants can be kept whatever happens to the vault.
	key seal.Key
}

// Spend uses an attempt up. A state that is missing, unknown, used, expired, of
// another channel, of another browser or of a session that has ended is CodeState, and nothing is written: the
// browser to which it belongs can still finish it.
func (s *Store) Spend(ctx context.Context, channel, state, cookie string) (Consent, error) {
	type attempt struct {
		tenant   id.Tenant
		user     id.User
		scopes   string
		verifier []byte
		next     string
	}
	hash, browser, now := sha256.Sum256([]byte(state)), sha256.Sum256([]byte(cookie)), s.now()
	a, err := store.One(ctx, s.c.DB, `SELECT tenant_id, user_id, scopes, verifier_sealed, next FROM oauth_states
		WHERE state_hash = ? AND cookie_hash = ? AND channel = ? AND used_at IS NULL AND expires_at > ? LIMIT 1`,
		func(a *attempt) []any { return []any{&a.tenant, &a.user, &a.scopes, &a.verifier, &a.next} }, hash[:], browser[:], channel, now)
	if errors.Is(err, store.ErrNoRows) {
		return Consent{}, fault.Newf(fault.CodeState, "finish connection to %s: no such attempt in this browser", channel)
	}
	if err != nil {
		return Consent{}, fmt.Errorf("find connection to %s: %w", channel, err)
	}
	if s.c.Ended != nil && s.c.Ended(sessionOf(state)) {
		return Consent{}, fault.Newf(fault.CodeState, "finish connection to %s: the session has ended in which it was begun", channel)
	}
	c := Consent{Tenant: a.tenant, User: a.user, Channel: channel, Next: a.next, asked: words(a.scopes)}
	verifier, err := s.c.Seal.Open(ctx, verifierLabel(a.tenant, channel, hash), a.verifier)
	if err != nil {
		return Consent{}, fmt.Errorf("finish connection to %s: %w", channel, err)
	}
	c.Verifier = string(verifier)
	if c.key, err = s.c.Seal.Key(ctx, a.tenant); err != nil {
		return Consent{}, fmt.Errorf("finish connection to %s: %w", channel, err)
	}
	n, err := s.c.DB.Exec(ctx, `UPDATE oauth_states SET used_at = ? WHERE state_hash = ? AND used_at IS NULL AND expires_at > ?`, now, hash[:], now)
	if err != nil {
		return Consent{}, fmt.Errorf("use connection to %s: %w", channel, err)
	}
	if n != 1 {
		return Consent{}, fault.Newf(fault.CodeState, "finish connection to %s: it was used at the same time", channel)
	}
	return c, nil
}

// keepTries is how often Keep begins anew when the account changed under it.
const keepTries = 5

// Keep stores what an owner has granted: a new account, or the same one connected
// again. A refresh token that the channel did not give anew is kept.
func (s *Store) Keep(ctx context.Context, c Consent, owner provider.Account, g provider.Grant) (Account, error) {
	if owner.ID == "" || len(owner.ID) > maxExternalID {
		return Account{}, fault.Newf(fault.CodeVendorResult, "keep account of %s: its id has %d bytes", c.Channel, len(owner.ID))
	}
	for range keepTries {
		old, err := s.known(ctx, c, owner)
		var r row
		done := false
		switch {
		case errors.Is(err, store.ErrNoRows):
			r, done, err = s.insert(ctx, c, owner, g)
		case err == nil:
			r, done, err = s.replace(ctx, c, old, owner, g)
		}
		if err != nil {
			return Account{}, fmt.Errorf("keep account of %s: %w", c.Channel, err)
		}
		if done {
			return r.shown(), nil
		}
	}
	return Account{}, fault.Newf(fault.CodeUnavailable, "keep account of %s: it changes all the time", c.Channel)
}

func (s *Store) known(ctx context.Context, c Consent, owner provider.Account) (row, error) {
	return store.One(ctx, s.c.DB, `SELECT id, tenant_id, channel, external_id, name, url, scopes, missing_scopes, state, grant_sealed, version, created_at, updated_at
		FROM social_accounts WHERE tenant_id = ? AND channel = ? AND external_id = ? LIMIT 1`, columns, c.Tenant, c.Channel, owner.ID)
}

// insert writes a new account; done is false when another callback was first.
func (s *Store) insert(ctx context.Context, c Consent, owner provider.Account, g provider.Grant) (r row, done bool, err error) {
	now := s.now()
	k := keep(g, kept{Scopes: c.asked}, now)
	r = row{tenant: c.Tenant, version: 1, Account: Account{ID: id.New[id.Account](now), Channel: c.Channel, ExternalID: owner.ID, CreatedAt: now}}
	if err := s.set(&r, c, owner, k, now); err != nil {
		return row{}, false, err
	}
	_, err = s.c.DB.Exec(ctx, `INSERT INTO social_accounts (id, tenant_id, channel, external_id, name, url, scopes, missing_scopes, state, grant_sealed, version,
		renew_at, connected_by, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		r.ID, r.tenant, r.Channel, r.ExternalID, r.Name, r.URL, r.scopes, r.missing, r.State, r.sealed, r.version, r.renewAt(k), c.User, now, now)
	if _, dup := store.Duplicate(err); dup {
		return row{}, false, nil
	}
	return r, err == nil, err
}

// replace writes the new grant over the old one; done is false when that has changed meanwhile.
func (s *Store) replace(ctx context.Context, c Consent, old row, owner provider.Account, g provider.Grant) (r row, done bool, err error) {
	before := kept{Scopes: c.asked}
	if g.Refresh == "" && old.State != disconnected {
		was, err := s.open(ctx, old.label(), old.sealed)
		switch {
		case err == nil:
			before.Refresh, before.RefreshExpires = was.Refresh, was.RefreshExpires
		case fault.KindOf(err) == fault.Unavailable: // what cannot be read now is not overwritten
			return row{}, false, err
		}
	}
	now := s.now()
	k := keep(g, before, now)
	r = old
	r.version = old.version + 1
	if err := s.set(&r, c, owner, k, now); err != nil {
		return row{}, false, err
	}
	n, err := s.c.DB.Exec(ctx, `UPDATE social_accounts SET name = ?, url = ?, scopes = ?, missing_scopes = ?, state = ?, grant_sealed = ?, version = ?,
		renew_at = ?, connected_by = ?, updated_at = ? WHERE tenant_id = ? AND id = ? AND version = ?`,
		r.Name, r.URL, r.scopes, r.missing, r.State, r.sealed, r.version, r.renewAt(k), c.User, now, r.tenant, r.ID, old.version)
	return r, err == nil && n == 1, err
}

// Lengths of the columns that hold a channel's words, in characters.
const (
	maxExternalID = 128
	maxName       = 200
	maxURL        = 500
)

// set fills in what a consent has brought. An account that has not given what posting
// needs is no account to order films for: its owner must connect it again, and give that.
func (s *Store) set(r *row, c Consent, owner provider.Account, k kept, now time.Time) error {
	r.Name, r.URL, r.UpdatedAt = clip(owner.Name, maxName), owner.URL, now
	if len(r.URL) > maxURL {
		r.URL = ""
	}
	missing := slices.DeleteFunc(slices.Clone(c.asked), func(scope string) bool { return slices.Contains(k.Scopes, scope) })
	r.scopes, r.missing = text(k.Scopes), text(missing)
	r.State = Connected
	if slices.ContainsFunc(missing, func(scope string) bool { return slices.Contains(s.c.Channels.Needs(c.Channel), scope) }) {
		r.State = ReconnectNeeded
	}
	var err error
	r.sealed, err = k.close(c.key, r.label())
	return err
}

// renewAt is when the timer renews the grant that an account has; nil = never.
func (r *row) renewAt(k kept) *time.Time {
	if r.State != Connected {
		return nil
	}
	return k.renewAt()
}

func clip(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most])
	}
	return s
}
