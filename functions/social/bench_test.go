package social_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"castad/functions/social"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/provider"
	"castad/shared/seal/sealtest"
	"castad/shared/store"
	"castad/shared/store/storetest"
)

func TestMain(m *testing.M) {
	if dsn := os.Getenv("CASTAD_TEST_RENEW"); dsn != "" {
		renewAndHang(dsn)
		return
	}
	storetest.Main(m)
}

const (
	owner    id.Tenant = 7
	stranger id.Tenant = 8
	person   id.User   = 70
)

// channel is the OAuth client of a channel, with what the test makes of it.
type channel struct {
	mu      sync.Mutex
	asked   int
	refresh func(n int, g provider.Grant) (provider.Grant, error)
	revoke  func(g provider.Grant) error
}

func (c *channel) Refresh(_ context.Context, _ string, g provider.Grant) (provider.Grant, error) {
	c.mu.Lock()
	c.asked++
	n, f := c.asked, c.refresh
	c.mu.Unlock()
	if f == nil {
		return provider.Grant{}, errors.New("no refresh was expected")
	}
	return f(n, g)
}

func (c *channel) Needs(string) []string { return []string{"upload"} }

func (c *channel) Revoke(_ context.Context, _ string, g provider.Grant) error {
	if c.revoke == nil {
		return nil
	}
	return c.revoke(g)
}

func (c *channel) times() int { c.mu.Lock(); defer c.mu.Unlock(); return c.asked }

// answers lets the channel answer each question with this.
func (c *channel) answers(f func(n int, g provider.Grant) (provider.Grant, error)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refresh = f
}

func ended(int, provider.Grant) (provider.Grant, error) {
	return provider.Grant{}, &provider.Error{Provider: "p", Op: "refresh", Class: provider.Reconnect, Code: "invalid_grant"}
}

func down(int, provider.Grant) (provider.Grant, error) {
	return provider.Grant{}, &provider.Error{Provider: "p", Op: "refresh", Class: provider.Later}
}

// bench is the accounts' store on a real database.
type bench struct {
	t       *testing.T
	db      *store.DB
	social  *social.Store
	config  social.Config
	channel *channel

	mu      sync.Mutex
	clock   time.Time
	notices []id.Account
}

// monday is when every bench begins.
var monday = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, db: storetest.Open(t), channel: &channel{}, clock: monday}
	b.config = social.Config{DB: b.db.Primary(), Seal: sealtest.Sealer(b.now, "a"), Channels: b.channel, Now: b.now, Notice: func(_ context.Context, _ id.Tenant, a id.Account, _ string) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.notices = append(b.notices, a)
	}}
	b.social = social.New(b.config)
	return b
}

func (b *bench) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) now() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.clock
}

func (b *bench) later(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.clock = b.clock.Add(d)
}

func (b *bench) noticed() int { b.mu.Lock(); defer b.mu.Unlock(); return len(b.notices) }

// begin starts an attempt of the owner's.
func (b *bench) begin(channel string) social.Attempt {
	b.t.Helper()
	a := social.NewAttempt("")
	a.Scopes = []string{"upload", "read"}
	b.must(b.social.Begin(b.t.Context(), owner, person, channel, a))
	return a
}

// connect connects an account of the owner's.
func (b *bench) connect(channel, external string, g provider.Grant) social.Account {
	b.t.Helper()
	return b.connectFor(owner, channel, external, g)
}

func (b *bench) connectFor(tenant id.Tenant, channel, external string, g provider.Grant) social.Account {
	b.t.Helper()
	at := social.NewAttempt("")
	at.Scopes = []string{"upload", "read"}
	b.must(b.social.Begin(b.t.Context(), tenant, person, channel, at))
	c, err := b.social.Spend(b.t.Context(), channel, at.State, at.Cookie)
	b.must(err)
	a, err := b.social.Keep(b.t.Context(), c, provider.Account{ID: external, Name: "가게 " + external, URL: "https://example.com/" + external}, g)
	b.must(err)
	return a
}

// short is a grant as Google gives it; long as Instagram does.
func (b *bench) short(n int) provider.Grant {
	return provider.Grant{Access: fmt.Sprintf("access-%d", n), Refresh: "refresh-0", Expires: b.now().Add(time.Hour), Scopes: []string{"upload", "read"}}
}

func (b *bench) long(n int) provider.Grant {
	return provider.Grant{Access: fmt.Sprintf("long-%d", n), Expires: b.now().Add(60 * 24 * time.Hour), Scopes: []string{"upload", "read"}}
}

// access asks for the owner's token; a failure is its code.
func (b *bench) access(a social.Account) string {
	b.t.Helper()
	_, token, err := b.social.Access(b.t.Context(), owner, a.Channel, a.ID)
	if err != nil {
		return string(fault.CodeOf(err))
	}
	return token
}

// shown returns the owner's account as the list has it.
func (b *bench) shown(a id.Account) social.Account {
	b.t.Helper()
	all, err := b.social.List(b.t.Context(), owner)
	b.must(err)
	for _, one := range all {
		if one.ID == a {
			return one
		}
	}
	b.t.Fatalf("%v is not listed", a)
	return social.Account{}
}

func (b *bench) count(query string, args ...any) int {
	b.t.Helper()
	return storetest.Value[int](b.t, b.db.Primary(), query, args...)
}

func (b *bench) exec(query string, args ...any) {
	b.t.Helper()
	storetest.Exec(b.t, b.db.Primary(), query, args...)
}
