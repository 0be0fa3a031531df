package instagram_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"castad/shared/fault"
	"castad/shared/provider"
	"castad/shared/provider/instagram"
	"castad/shared/provider/instagram/instagramtest"
	"castad/shared/provider/providertest"
)

const redirect = "https://castad.example/api/v1/social/instagram/callback"

// consent presses the button on the consent page and returns the address that the
// browser is sent to.
func (w *world) consent(t *testing.T, change map[string]string) *url.URL {
	t.Helper()
	at, err := url.Parse(w.client.AuthorizeURL("state-1", "challenge", redirect))
	if err != nil {
		t.Fatal(err)
	}
	form := at.Query()
	form.Set("username", "hanbit")
	for k, v := range change {
		form.Set(k, v)
	}
	c := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := c.PostForm(at.Scheme+"://"+at.Host+at.Path, form)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	to, err := res.Location()
	if err != nil || res.StatusCode != http.StatusFound {
		t.Fatalf("%d %v", res.StatusCode, err)
	}
	return to
}

func (w *world) code(t *testing.T) string {
	t.Helper()
	return w.consent(t, nil).Query().Get("code")
}

func TestAnAccountIsConnected(t *testing.T) {
	t.Parallel()
	w := start(t, instagramtest.Options{AppID: "app1", AppSecret: "app-secret-1"})
	page := get(t, w.client.AuthorizeURL("state-1", "challenge", redirect))
	if !strings.Contains(page, "instagram_business_content_publish") || strings.Contains(page, "challenge") {
		t.Errorf("%s", page)
	}
	to := w.consent(t, nil)
	if to.Query().Get("state") != "state-1" || to.Fragment != "_" {
		t.Errorf("%v", to)
	}
	g, err := w.client.Exchange(t.Context(), to.Query().Get("code"), "verifier", redirect)
	if err != nil || !g.Expires.Equal(w.Now().Add(60*24*time.Hour)) || !slices.Equal(g.Scopes, instagram.Scopes) || g.Refresh != "" {
		t.Fatalf("%+v %v", g, err)
	}
	who, err := w.client.Owner(t.Context(), g.Access)
	if want := (provider.Account{ID: w.account, Name: "hanbit", URL: "https://www.instagram.com/hanbit/"}); err != nil || who != want {
		t.Errorf("%+v %v", who, err)
	}
	if err := w.client.Revoke(t.Context(), g); fault.KindOf(err) != fault.Refused { // nil would tell the owner that it is withdrawn
		t.Error(err)
	}
	refused := w.consent(t, map[string]string{"decision": "deny"})
	if refused.Query().Get("error") != "access_denied" || refused.Query().Get("code") != "" {
		t.Errorf("%v", refused)
	}
}

// The browser's address ends in #_; who copies the code from there copies that, too.
func TestTheTailOfACodeIsCutOff(t *testing.T) {
	t.Parallel()
	w := start(t, instagramtest.Options{})
	if _, err := w.client.Exchange(t.Context(), w.code(t)+"#_", "", redirect); err != nil {
		t.Error(err)
	}
}

func TestACodeThatMayBeSpentNeedsANewConsent(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		fault providertest.Fault
		class string
	}{
		"the first answer is lost":         {providertest.Fault{Op: "exchange", Kind: providertest.Drop}, "reconnect"},
		"the first answer is a gateway's":  {providertest.Fault{Op: "exchange", Kind: providertest.StatusAfter, Status: 502}, "reconnect"},
		"the first answer is broken":       {providertest.Fault{Op: "exchange", Kind: providertest.Malformed}, "reconnect"},
		"the second request is lost":       {providertest.Fault{Op: "lengthen", Kind: providertest.DropBefore}, "reconnect"},
		"the second answer is lost":        {providertest.Fault{Op: "lengthen", Kind: providertest.Drop}, "reconnect"},
		"the second meets a broken server": {providertest.Fault{Op: "lengthen", Kind: providertest.Status, Status: 500}, "reconnect"},
		"the app's secret is wrong":        {providertest.Fault{Op: "lengthen", Kind: providertest.Status, Status: 400, Code: "1", Text: "Error validating client secret."}, "our_fault"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := start(t, instagramtest.Options{})
			w.Next(row.fault)
			_, err := w.client.Exchange(t.Context(), w.code(t), "", redirect)
			w.noSecrets(t, err)
			if classOf(err) != row.class {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestRefusedCodes(t *testing.T) {
	t.Parallel()
	w := start(t, instagramtest.Options{AppID: "app1", AppSecret: "app-secret-1"})
	code := w.code(t)
	if _, err := w.client.Exchange(t.Context(), code, "", redirect); err != nil {
		t.Fatal(err)
	}
	if _, err := w.client.Exchange(t.Context(), code, "", redirect); classOf(err) != "reconnect" || strings.Contains(err.Error(), code) {
		t.Errorf("a code that was used: %v", err)
	}
	if _, err := w.client.Exchange(t.Context(), w.code(t), "", "https://elsewhere.example/"); classOf(err) != "our_fault" {
		t.Errorf("another redirect address: %v", err)
	}
	if _, err := w.client.Exchange(t.Context(), "#_", "", redirect); fault.KindOf(err) != fault.Misconfigured {
		t.Errorf("no code: %v", err)
	}
	code = w.code(t)
	w.pass(2 * time.Hour)
	if _, err := w.client.Exchange(t.Context(), code, "", redirect); classOf(err) != "reconnect" {
		t.Errorf("an old code: %v", err)
	}
	closed := w.clientWith(t, instagram.Config{HTTP: provider.HTTP{Transport: unreachable{}}})
	if _, err := closed.Exchange(t.Context(), "AQ1", "", redirect); classOf(err) != "reconnect" {
		t.Errorf("a transport that proves nothing: %v", err)
	}
}

// unreachable is a network that fails without saying whether anything was sent.
type unreachable struct{}

func (unreachable) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, http.ErrServerClosed
}

func TestALongLivedTokenIsRenewedInTime(t *testing.T) {
	t.Parallel()
	w := start(t, instagramtest.Options{})
	g, err := w.client.Exchange(t.Context(), w.code(t), "", redirect)
	if err != nil {
		t.Fatal(err)
	}
	if same, err := w.client.Refresh(t.Context(), g); err != nil || same.Access != g.Access || w.Asked("refresh") != 0 {
		t.Errorf("a token of today: %+v %v, asked %d times", same, err, w.Asked("refresh"))
	}
	w.pass(45 * 24 * time.Hour)
	w.Next(providertest.Fault{Kind: providertest.Drop, Op: "refresh"})
	if _, err := w.client.Refresh(t.Context(), g); classOf(err) != "later" {
		t.Errorf("a lost answer: %v", err)
	}
	if _, err := w.client.Owner(t.Context(), g.Access); err != nil {
		t.Errorf("the old token does not work any more: %v", err)
	}
	fresh, err := w.client.Refresh(t.Context(), g)
	if err != nil || fresh.Access == g.Access || !fresh.Expires.Equal(w.Now().Add(60*24*time.Hour)) || !slices.Equal(fresh.Scopes, g.Scopes) {
		t.Errorf("%+v %v", fresh, err)
	}
	w.Withdraw("hanbit")
	w.pass(2 * 24 * time.Hour)
	if _, err := w.client.Refresh(t.Context(), fresh); classOf(err) != "reconnect" {
		t.Errorf("a permission that was taken back: %v", err)
	}
}

func TestAnExpiredTokenIsNotSentToBeRenewed(t *testing.T) {
	t.Parallel()
	w := start(t, instagramtest.Options{})
	g := provider.Grant{Access: w.access, Expires: w.Now().Add(60 * 24 * time.Hour)}
	w.pass(60 * 24 * time.Hour)
	if _, err := w.client.Refresh(t.Context(), g); classOf(err) != "reconnect" || w.Asked("refresh") != 0 {
		t.Errorf("%v, asked %d times", err, w.Asked("refresh"))
	}
	if _, err := w.client.Owner(t.Context(), g.Access); classOf(err) != "reconnect" {
		t.Errorf("%v", err)
	}
}

func TestAPersonalAccountCannotPublish(t *testing.T) {
	t.Parallel()
	w := start(t, instagramtest.Options{})
	for kind, want := range map[string]string{"BUSINESS": "ok", "MEDIA_CREATOR": "ok", "PERSONAL": "user_fault", "SOMETHING_NEW": "user_fault"} {
		_, access := w.Account("a_"+strings.ToLower(kind), kind)
		_, err := w.client.Owner(t.Context(), access)
		if classOf(err) != want || err != nil && fault.FieldOf(err) != "account" {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

func TestNoErrorTellsASecret(t *testing.T) {
	t.Parallel()
	w := start(t, instagramtest.Options{})
	g := provider.Grant{Access: w.access, Expires: w.Now().Add(24 * time.Hour)}
	for _, f := range []providertest.Fault{
		{Kind: providertest.Drop}, {Kind: providertest.Redirect}, {Kind: providertest.Malformed},
		{Kind: providertest.Status, Status: 400, Code: "190", Text: "Invalid OAuth access token - Cannot parse " + w.access + " of app-secret-1"},
		{Kind: providertest.Status, Status: 400, Code: "1", Text: "called " + w.URL + "/refresh_access_token?access_token=" + w.access},
	} {
		for op, do := range map[string]func() error{
			"refresh": func() error { _, err := w.client.Refresh(t.Context(), g); return err },
			"owner":   func() error { _, err := w.client.Owner(t.Context(), w.access); return err },
			"limit":   func() error { _, err := w.client.Publish(t.Context(), w.post(&pad{})); return err },
		} {
			f.Op = op
			w.Next(f)
			err := do()
			if err == nil {
				t.Errorf("%s %+v: no error", op, f)
			}
			w.noSecrets(t, err)
		}
	}
}
