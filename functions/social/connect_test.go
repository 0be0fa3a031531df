package social_test

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"castad/functions/social"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/provider"
	"castad/shared/store"

	"github.com/google/go-cmp/cmp"
)

func TestAConsentIsKeptAsAnAccountThatShowsNoToken(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.connect("youtube", "UC1", b.short(1))
	want := social.Account{ID: a.ID, Channel: "youtube", ExternalID: "UC1", Name: "가게 UC1", URL: "https://example.com/UC1", State: social.Connected,
		Scopes: []string{"upload", "read"}, MissingScopes: []string{}, CreatedAt: b.now(), UpdatedAt: b.now()}
	if diff := cmp.Diff(want, a); diff != "" {
		t.Errorf("kept (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, b.shown(a.ID)); diff != "" {
		t.Errorf("listed (-want +got):\n%s", diff)
	}
	if external, token, err := b.social.Access(t.Context(), owner, "youtube", a.ID); external != "UC1" || token != "access-1" || err != nil {
		t.Errorf("%q %q %v", external, token, err)
	}
	if n := b.count(`SELECT COUNT(*) FROM social_accounts WHERE connected_by = ?`, person); n != 1 {
		t.Error("who connected it is not kept")
	}
	if others, err := b.social.List(t.Context(), stranger); len(others) != 0 || err != nil {
		t.Errorf("a stranger sees %v, %v", others, err)
	}
}

func TestAStateIsGoodOnceInItsBrowserForItsChannelAndTenMinutes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	refused := func(what, channel, state, cookie string) {
		t.Helper()
		if _, err := b.social.Spend(t.Context(), channel, state, cookie); fault.CodeOf(err) != fault.CodeState {
			t.Errorf("%s: %v", what, err)
		}
	}
	a, other := b.begin("youtube"), b.begin("youtube")
	refused("no state", "youtube", "", a.Cookie)
	refused("an unknown state", "youtube", social.NewAttempt("").State, a.Cookie)
	refused("another channel's callback", "instagram", a.State, a.Cookie)
	refused("no cookie", "youtube", a.State, "")
	refused("another browser's cookie", "youtube", a.State, other.Cookie)
	c, err := b.social.Spend(t.Context(), "youtube", a.State, a.Cookie) // none of that has spoilt it
	if err != nil || c.Tenant != owner || c.User != person || c.Channel != "youtube" || c.Verifier != a.Verifier {
		t.Fatalf("%+v, %v", c, err)
	}
	refused("used", "youtube", a.State, a.Cookie)
	b.later(social.StateLife)
	refused("expired", "youtube", other.State, other.Cookie)
	if n := b.count(`SELECT COUNT(*) FROM social_accounts`); n != 0 {
		t.Errorf("%d accounts", n)
	}
}

// Whoever begins with a stolen access token does not finish when its owner has left.
func TestAnAttemptEndsWithItsSession(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.config.Ended = func(s id.Session) bool { return s == 5 }
	accounts := social.New(b.config)
	begin := func(a social.Attempt) social.Attempt {
		b.must(accounts.Begin(t.Context(), owner, person, "youtube", a))
		return a
	}
	over, other, developers := begin(social.NewAttempt("").In(5)), begin(social.NewAttempt("").In(6)), begin(social.NewAttempt(""))
	cut := over
	cut.State = over.State[:43]
	for what, a := range map[string]social.Attempt{"the ended session's": over, "without its session": cut, "as another session's": cut.In(6)} {
		if _, err := accounts.Spend(t.Context(), "youtube", a.State, a.Cookie); fault.CodeOf(err) != fault.CodeState {
			t.Errorf("%s: %v", what, err)
		}
	}
	for what, a := range map[string]social.Attempt{"another session's": other, "one of no session": developers} {
		if _, err := accounts.Spend(t.Context(), "youtube", a.State, a.Cookie); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// The attacker begins with an account of his own and sends the victim's browser to
// the callback with his code: the victim's ads would go to the attacker's account,
// or the attacker's to the victim's.
func TestAnAttackersConsentCannotBeFinishedInAVictimsBrowser(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	attackers, victims := b.begin("youtube"), b.begin("youtube")
	if _, err := b.social.Spend(t.Context(), "youtube", attackers.State, victims.Cookie); fault.CodeOf(err) != fault.CodeState {
		t.Errorf("the attacker's state in the victim's browser: %v", err)
	}
	if _, err := b.social.Spend(t.Context(), "youtube", victims.State, victims.Cookie); err != nil {
		t.Errorf("the victim's own: %v", err)
	}
}

func TestAStateThatIsUsedTwiceAtOnceIsUsedOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.begin("youtube")
	var wg sync.WaitGroup
	var mu sync.Mutex
	good := 0
	for range 20 {
		wg.Go(func() {
			_, err := b.social.Spend(t.Context(), "youtube", a.State, a.Cookie)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				good++
			} else if fault.CodeOf(err) != fault.CodeState {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if good != 1 {
		t.Errorf("%d were let in", good)
	}
}

func TestTwoTabsOfOneBrowserDoNotDisturbEachOther(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	first := b.begin("youtube")
	second := social.NewAttempt(first.Cookie)
	b.must(b.social.Begin(t.Context(), owner, person, "instagram", second))
	for channel, a := range map[string]social.Attempt{"youtube": first, "instagram": second} {
		if _, err := b.social.Spend(t.Context(), channel, a.State, first.Cookie); err != nil {
			t.Errorf("%s: %v", channel, err)
		}
	}
	for _, odd := range []string{"x", first.Cookie + "A", strings.Repeat("=", 43)} {
		if a := social.NewAttempt(odd); a.Cookie == odd {
			t.Errorf("the cookie %q is not ours and stays", odd)
		}
	}
}

func TestConnectingAgainIsTheSameAccountAndLosesNoRefreshToken(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	first := b.connect("youtube", "UC1", b.short(1))
	b.channel.answers(ended)
	b.later(2 * time.Hour)
	if got := b.access(first); got != "social.reconnect_needed" {
		t.Fatalf("access %q", got)
	}
	again := b.short(2)
	again.Refresh = "" // Google gives one the first time only
	second := b.connect("youtube", "UC1", again)
	if second.ID != first.ID || second.State != social.Connected {
		t.Errorf("%+v", second)
	}
	var with string
	b.channel.answers(func(_ int, g provider.Grant) (provider.Grant, error) {
		with = g.Refresh
		return b.short(3), nil
	})
	b.later(2 * time.Hour)
	if got := b.access(first); got != "access-3" || with != "refresh-0" {
		t.Errorf("access %q, renewed with %q", got, with)
	}
	third := b.short(4)
	third.Refresh = "refresh-1"
	b.connect("youtube", "UC1", third)
	b.later(2 * time.Hour)
	if b.access(first); with != "refresh-1" {
		t.Errorf("renewed with %q after a new one was given", with)
	}
	if n := b.count(`SELECT COUNT(*) FROM social_accounts`); n != 1 {
		t.Errorf("%d accounts", n)
	}
	if theirs := b.connectFor(stranger, "youtube", "UC1", b.short(1)); theirs.ID == first.ID {
		t.Error("another tenant's account of the same channel is the same")
	}
}

func TestScopesThatWereNotGivenAreShown(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	part := b.short(1)
	part.Scopes = []string{"read"}
	a := b.connect("youtube", "UC1", part)
	if diff := cmp.Diff([]string{"upload"}, a.MissingScopes); diff != "" || len(a.Scopes) != 1 {
		t.Errorf("scopes %v, missing (-want +got):\n%s", a.Scopes, diff)
	}
	if got := b.shown(a.ID); len(got.MissingScopes) != 1 || got.State != social.ReconnectNeeded {
		t.Errorf("listed: %+v", got)
	}
	// Nobody pays for a film that cannot be posted there, and nobody renews for nothing.
	if err := b.social.Ready(t.Context(), owner, "youtube", a.ID); fault.CodeOf(err) != fault.CodeReconnect || b.count(`SELECT COUNT(*) FROM social_accounts WHERE renew_at IS NOT NULL`) != 0 {
		t.Errorf("an account without the scope that posting needs is ready: %v", err)
	}
	if a = b.connect("youtube", "UC1", b.short(2)); len(a.MissingScopes) != 0 || len(a.Scopes) != 2 || a.State != social.Connected {
		t.Errorf("all given: %+v", a)
	}
	less := b.short(3)
	less.Scopes = []string{"upload"}
	if a = b.connect("youtube", "UC1", less); len(a.MissingScopes) != 1 || a.State != social.Connected || b.access(a) != "access-3" {
		t.Errorf("without a scope that posting does not need: %+v", a)
	}
	if a = b.connect("youtube", "UC1", part); len(a.MissingScopes) != 1 {
		t.Errorf("taken back with a new consent: %+v", a)
	}
	untold := b.long(1)
	untold.Scopes = nil // an answer without scopes means the ones that were asked for (RFC 6749 section 5.1)
	if a = b.connect("instagram", "1", untold); len(a.MissingScopes) != 0 || len(a.Scopes) != 2 {
		t.Errorf("untold: %+v", a)
	}
}

func TestTheScopesThatAnAddressAsksForAreRead(t *testing.T) {
	t.Parallel()
	for address, want := range map[string][]string{
		"https://a.example/auth?scope=x.upload+x.read&state=s": {"x.upload", "x.read"},
		"https://a.example/auth?scope=basic%2Cpublish":         {"basic", "publish"},
		"https://a.example/auth":                               {},
		"::":                                                   nil,
	} {
		if diff := cmp.Diff(want, social.Asked(address)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", address, diff)
		}
	}
}

func TestEqualConsentsAtOnceAreOneAccount(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			at := social.NewAttempt("")
			if err := b.social.Begin(t.Context(), owner, person, "youtube", at); err != nil {
				t.Error(err)
				return
			}
			c, err := b.social.Spend(t.Context(), "youtube", at.State, at.Cookie)
			if err != nil {
				t.Error(err)
				return
			}
			if _, err := b.social.Keep(t.Context(), c, provider.Account{ID: "UC1"}, b.short(n)); err != nil && fault.KindOf(err) != fault.Unavailable {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := b.count(`SELECT COUNT(*) FROM social_accounts`); n != 1 {
		t.Errorf("%d accounts", n)
	}
}

// dump is every byte of the module's tables.
func (b *bench) dump() []byte {
	b.t.Helper()
	type cells [20][]byte
	all := func(query string, n int) []cells {
		rows, err := store.All(b.t.Context(), b.db.Primary(), query, func(c *cells) []any {
			into := make([]any, n)
			for i := range into {
				into[i] = &c[i]
			}
			return into
		})
		b.must(err)
		return rows
	}
	var out bytes.Buffer
	for _, rows := range [][]cells{
		all(`SELECT id, tenant_id, channel, external_id, name, url, scopes, missing_scopes, state, grant_sealed, version, connected_by FROM social_accounts LIMIT 100`, 12),
		all(`SELECT state_hash, cookie_hash, tenant_id, user_id, channel, scopes, verifier_sealed FROM oauth_states LIMIT 100`, 7),
		all(`SELECT name, owner FROM leases LIMIT 100`, 2),
	} {
		for _, row := range rows {
			for _, cell := range row {
				out.Write(cell)
			}
		}
	}
	return out.Bytes()
}

func TestADumpOfTheTablesOpensNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	under := b.begin("youtube")
	a := b.connect("youtube", "UC1", provider.Grant{Access: "canary-access", Refresh: "canary-refresh", Expires: b.now().Add(time.Hour)})
	b.channel.answers(func(int, provider.Grant) (provider.Grant, error) {
		return provider.Grant{Access: "canary-second", Expires: b.now().Add(time.Hour)}, nil
	})
	b.later(2 * time.Hour)
	if got := b.access(a); got != "canary-second" {
		t.Fatal(got)
	}
	all := b.dump()
	if !bytes.Contains(all, []byte("UC1")) || !bytes.Contains(all, []byte("token-refresh:"+a.ID.String())) {
		t.Fatal("the dump is not one")
	}
	for _, canary := range []string{"canary", under.State, under.Cookie, under.Verifier} {
		for _, form := range []string{canary, fmt.Sprintf("%x", canary), fmt.Sprintf("%q", canary)} {
			if bytes.Contains(all, []byte(form)) {
				t.Errorf("the tables hold %q", form)
			}
		}
	}
}

func TestNobodyFillsTheTableWithConnectionsUnderWay(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	first := b.begin("youtube")
	for range 99 {
		b.begin("youtube")
	}
	begin := func() error { return b.social.Begin(t.Context(), owner, person, "youtube", social.NewAttempt("")) }
	if err := begin(); fault.KindOf(err) != fault.TooMany || fault.RetryAfterOf(err) != social.StateLife {
		t.Errorf("the 101st: %v", err)
	}
	b.must(b.social.Begin(t.Context(), stranger, person, "youtube", social.NewAttempt(""))) // is no other tenant's trouble
	if _, err := b.social.Spend(t.Context(), "youtube", first.State, first.Cookie); err != nil {
		t.Error(err)
	}
	if err := begin(); err != nil {
		t.Errorf("after one was finished: %v", err)
	}
	b.later(social.StateLife)
	if err := begin(); err != nil {
		t.Errorf("after they ended: %v", err)
	}
}

func TestStatesThatEndedAreDeleted(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.begin("youtube")
	b.later(time.Hour)
	left := b.begin("youtube")
	if n, err := b.social.Purge(t.Context(), b.now()); n != 1 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if _, err := b.social.Spend(t.Context(), "youtube", left.State, left.Cookie); err != nil {
		t.Error(err)
	}
}
