package auth_test

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"castad/functions/auth"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/identity"
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

// kakao signs the people of these tests in.
const kakao = "https://kauth.kakao.com"

// monday is when every bench begins.
var monday = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

// bench is the users' store on a real database.
type bench struct {
	t      *testing.T
	db     *store.DB
	auth   *auth.Store
	config auth.Config

	mu      sync.Mutex
	clock   time.Time
	notices []id.Session
}

func newBench(t *testing.T, opts ...storetest.Option) *bench {
	t.Helper()
	b := &bench{t: t, db: storetest.Open(t, opts...), clock: monday}
	b.config = auth.Config{DB: b.db.Primary(), Seal: sealtest.Sealer(b.now, "a"), API: issuer{"api"}, Admin: issuer{"admin"}, Now: b.now,
		Notice: func(_ context.Context, _ id.Tenant, _ id.User, s id.Session) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.notices = append(b.notices, s)
		}}
	b.auth = auth.New(b.config)
	return b
}

// issuer writes down what it would sign.
type issuer struct{ audience string }

func (i issuer) Issue(who identity.Principal, ttl time.Duration) (string, error) {
	return fmt.Sprintf("%s %v %s %v", i.audience, who.User, who.Role, ttl), nil
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

// signIn signs a person of Kakao's in.
func (b *bench) signIn(subject, name string) auth.Session {
	b.t.Helper()
	s, err := b.auth.SignIn(b.t.Context(), auth.Person{Issuer: kakao, Subject: subject, Name: name})
	b.must(err)
	return s
}

// renew renews with a token; a failure is its code.
func (b *bench) renew(refresh string) string {
	b.t.Helper()
	s, err := b.auth.Renew(b.t.Context(), refresh, auth.ForAPI)
	if err != nil {
		return string(fault.CodeOf(err))
	}
	return s.Refresh
}

func (b *bench) count(query string, args ...any) int {
	b.t.Helper()
	return storetest.Value[int](b.t, b.db.Primary(), query, args...)
}

func (b *bench) exec(query string, args ...any) {
	b.t.Helper()
	storetest.Exec(b.t, b.db.Primary(), query, args...)
}

const ended = string(fault.CodeSessionEnded)
