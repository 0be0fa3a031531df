package main

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"castad/functions/social"
	"castad/shared/fault"
	"castad/shared/provider/providertest"
	"castad/shared/store"
)

// back follows the channel's way back and returns where the browser is sent, which tells
// neither of the secrets that it came with.
func (u *user) back(channel, next, press string, change func(url.Values)) string {
	u.b.t.Helper()
	from, err := url.Parse(u.consent(u.startFor(channel, next), press, nil))
	must(u.b.t, err)
	q := from.Query()
	if change != nil {
		change(q)
	}
	from.RawQuery = q.Encode()
	a := u.ask(http.MethodGet, from.String(), nil)
	to := a.header.Get("Location")
	if a.status != http.StatusSeeOther || len(a.body) != 0 {
		u.b.t.Fatalf("the way back: %d %q %s", a.status, to, a.body)
	}
	for _, secret := range []string{q.Get("state"), q.Get("code")} {
		if secret != "" && strings.Contains(to, secret) {
			u.b.t.Errorf("a secret is told: %s", to)
		}
	}
	return to
}

func TestWhoConnectsAnAccountEndsInTheAppWhereTheyBegan(t *testing.T) {
	t.Parallel()
	b := newSocialBench(t)
	u := b.user()
	id := u.connect("youtube", nil).ID.String()
	for next, want := range map[string]string{
		"/":                                     "/?connected=" + id,
		"/settings?tab=2#yt":                    "/settings?tab=2&connected=" + id + "#yt",
		"/settings?connect_error=x&connected=y": "/settings?connected=" + id,
	} {
		if got := u.back("youtube", next, "allow", nil); got != appAt+want {
			t.Errorf("%s: %s", next, got)
		}
	}
	var used string
	u.back("youtube", "/", "allow", func(q url.Values) { used = q.Get("code") })
	before := b.accounts()
	failed := func(what string, got string, want fault.Code) {
		t.Helper()
		if got != appAt+"/settings?connect_error="+string(want) || b.accounts() != before {
			t.Errorf("%s: %s", what, got)
		}
	}
	failed("denied", u.back("youtube", "/settings?connected="+id, "deny", nil), fault.CodeConsentRefused)
	failed("a code that was used", u.back("youtube", "/settings", "allow", func(q url.Values) { q.Set("code", used) }), fault.CodeConsentSpent)
	b.youtube.Next(providertest.Fault{Kind: providertest.Status, Status: 503, Op: "exchange"})
	failed("the channel out of order", u.back("youtube", "/settings", "allow", nil), fault.CodeVendorDown)
}

func TestAConnectionEndsOnNoOtherSite(t *testing.T) {
	t.Parallel()
	b := newSocialBench(t)
	u, victim := b.user(), b.user()
	for _, next := range []string{"https://evil.example", "//evil.example", "/\\evil.example", "/%0d%0aa", "/a/../b", "settings", "javascript:alert(1)", "/" + strings.Repeat("a", 500)} {
		a := u.api(http.MethodGet, "/youtube/start?next="+url.QueryEscape(next))
		if got := code(a); got != "400 request.bad_value" || !strings.Contains(string(a.body), `"next"`) || a.header.Get("Set-Cookie") != "" {
			t.Errorf("%s: %s %s", next, got, a.body)
		}
	}
	n, err := store.One(t.Context(), b.db.Primary(), `SELECT COUNT(*) FROM oauth_states`, func(n *int) []any { return []any{n} })
	if err != nil || n != 0 {
		t.Errorf("%d connections are under way, %v", n, err)
	}
	back := u.consent(u.startFor("youtube", "/settings"), "allow", nil)
	victim.startFor("youtube", "/settings")
	refused := func(what string, a answer) {
		t.Helper()
		if got := code(a); got != "400 social.bad_state" || a.header.Get("Location") != "" {
			t.Errorf("%s: %s, to %q", what, got, a.header.Get("Location"))
		}
	}
	refused("in a victim's browser", victim.ask(http.MethodGet, back, nil))
	refused("an invented state", u.ask(http.MethodGet, b.url+"/api/v1/social/youtube/callback?code=x&next=/settings&state="+strings.Repeat("A", 43), nil))
	late := u.consent(u.startFor("youtube", "/settings"), "allow", nil)
	b.later(social.StateLife)
	refused("after ten minutes", u.ask(http.MethodGet, late, nil))
	if b.accounts() != 0 || b.exchanged() != 0 {
		t.Errorf("%d accounts, %d questions", b.accounts(), b.exchanged())
	}
}

func TestWithoutAWebClientAConnectionEndsWithAnAnswer(t *testing.T) {
	t.Parallel()
	u := newSocialBenchFor(t, "").user()
	a := u.ask(http.MethodGet, u.consent(u.startFor("youtube", "/settings"), "allow", nil), nil)
	if a.status != http.StatusOK || a.header.Get("Location") != "" || !strings.Contains(string(a.body), `"account":{"id":"channel_`) {
		t.Errorf("%d %s", a.status, a.body)
	}
}

// Google has a box for each scope. Without the one that says whose it is nothing is connected,
// and what was connected goes on working; without the one for posting nobody can order.
func TestABoxThatIsLeftEmptyCostsNobodyAnything(t *testing.T) {
	t.Parallel()
	b := newSocialBenchFor(t, "")
	u := b.user()
	tube := u.connect("youtube", nil)
	some := func(scope string) answer {
		return u.ask("GET", u.consent(u.start("youtube"), "allow", url.Values{"scope": {"https://www.googleapis.com/auth/youtube." + scope}}), nil)
	}
	works := func() error {
		_, _, err := b.social.Access(t.Context(), tenantOf(t, u), "youtube", tube.ID)
		return err
	}
	if got := code(some("upload")); got != "422 social.consent_refused" {
		t.Errorf("the box of reading is empty: %s", got)
	}
	b.later(2 * time.Hour)
	if err := works(); err != nil {
		t.Errorf("the account that was connected before: %v", err)
	}
	if a := some("readonly"); a.status != http.StatusOK || !strings.Contains(string(a.body), `"state":"reconnect_needed"`) || fault.CodeOf(works()) != fault.CodeReconnect {
		t.Errorf("the box of posting is empty: %d %s, %v", a.status, a.body, works())
	}
	if again := u.connect("youtube", nil); again.ID != tube.ID || again.State != social.Connected || works() != nil {
		t.Errorf("all boxes: %+v, %v", again, works())
	}
}
