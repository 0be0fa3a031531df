package youtube_test

import (
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"castad/shared/fault"
	"castad/shared/provider"
	"castad/shared/provider/providertest"
	"castad/shared/provider/youtube"
	"castad/shared/provider/youtube/youtubetest"
)

func TestYouTubesReasonsAreClassed(t *testing.T) {
	t.Parallel()
	w := start(t, youtubetest.Options{})
	for _, row := range []struct {
		reason string
		class  provider.Class
		field  string
	}{
		{"quotaExceeded", provider.QuotaExhausted, ""},
		{"rateLimitExceeded", provider.RateLimited, ""},
		{"userRateLimitExceeded", provider.RateLimited, ""},
		{"uploadLimitExceeded", provider.UserFault, "account"},
		{"youtubeSignupRequired", provider.UserFault, "account"},
		{"authenticatedUserAccountSuspended", provider.UserFault, "account"},
		{"invalidTitle", provider.UserFault, "title"},
		{"invalidDescription", provider.UserFault, "caption"},
		{"invalidTags", provider.UserFault, "hashtags"},
		{"forbiddenPrivacySetting", provider.UserFault, "privacy"},
		{"authError", provider.Reconnect, ""},
		{"insufficientPermissions", provider.Reconnect, ""},
		{"invalidCategoryId", provider.OurFault, ""},
		{"accessNotConfigured", provider.OurFault, ""},
		{"forbidden", provider.OurFault, ""},
		{"processingFailure", provider.Later, ""},
		{"backendError", provider.Later, ""},
		{"somethingNew", provider.OurFault, ""},
	} {
		w.Next(providertest.Fault{Kind: providertest.Code, Op: "insert", Code: row.reason, Text: "said with " + w.access})
		_, err := w.c.Publish(t.Context(), w.post(film(10)))
		if classOf(err) != row.class || codeOf(err) != row.reason || fault.FieldOf(err) != row.field || strings.Contains(err.Error(), w.access) || !strings.Contains(err.Error(), "said with") {
			t.Errorf("%s: %v, field %q", row.reason, err, fault.FieldOf(err))
		}
	}
	w.Next(providertest.Fault{Kind: providertest.Status, Op: "insert", Status: 401})
	if _, err := w.c.Publish(t.Context(), w.post(film(10))); classOf(err) != provider.Reconnect {
		t.Errorf("401 without a reason: %v", err)
	}
	w.Next(providertest.Fault{Kind: providertest.Code, Op: "upload", Code: "processingFailure"})
	if _, err := w.c.Publish(t.Context(), w.post(film(10))); classOf(err) != provider.Unknown {
		t.Errorf("of the last chunk: %v", err)
	}
	if n := len(w.Videos()); n != 0 {
		t.Errorf("%d videos", n)
	}
}

func TestTheHundredAndFirstUploadOfADayWaitsForMidnightInLosAngeles(t *testing.T) {
	t.Parallel()
	w := start(t, youtubetest.Options{})
	spend(t, w, 99)
	if _, err := w.c.Publish(t.Context(), w.post(film(10))); err != nil || w.Inserts() != 100 {
		t.Fatalf("%v, %d opened", err, w.Inserts())
	}
	p := w.post(film(10))
	if _, err := w.c.Publish(t.Context(), p); classOf(err) != provider.QuotaExhausted || fault.RetryAfterOf(err) != time.Hour {
		t.Errorf("five hours before: %v, after %v", err, fault.RetryAfterOf(err))
	}
	w.passed.Store(int64(4*time.Hour + 50*time.Minute)) // 23:50 there
	w.access, _ = w.Grant(owner)
	p.Access = w.access
	if _, err := w.c.Publish(t.Context(), p); classOf(err) != provider.QuotaExhausted || fault.RetryAfterOf(err) != 10*time.Minute {
		t.Errorf("ten minutes before: %v, after %v", err, fault.RetryAfterOf(err))
	}
	w.passed.Store(int64(5 * time.Hour))
	if _, err := w.c.Publish(t.Context(), p); err != nil || w.Inserts() != 1 {
		t.Errorf("after: %v, %d opened", err, w.Inserts())
	}
}

// spend opens uploads that nobody goes on with.
func spend(t *testing.T, w *world, n int) {
	t.Helper()
	for range n {
		w.open(t, plainFilm, 1)
	}
}

func TestAChannelsOwnLimitStopsNobodyElse(t *testing.T) {
	t.Parallel()
	w := start(t, youtubetest.Options{})
	w.Next(providertest.Fault{Kind: providertest.Code, Op: "insert", Code: "uploadLimitExceeded"})
	_, err := w.c.Publish(t.Context(), w.post(film(10)))
	if classOf(err) != provider.UserFault || fault.FieldOf(err) != "account" || fault.CodeOf(err) != fault.CodeAccountRefused {
		t.Errorf("%v", err)
	}
	other := w.post(film(10))
	other.Account = youtubetest.ChannelID("other")
	other.Access, _ = w.Grant("other")
	if _, err := w.c.Publish(t.Context(), other); err != nil {
		t.Error(err)
	}
}

// The stand-in is killed and started again between any two requests.
func TestTheStandInsStateSurvivesARestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w := open(t, youtubetest.Options{Dir: dir})
	first := w.post(film(100))
	one, err := w.c.Publish(t.Context(), first)
	if err != nil {
		t.Fatal(err)
	}
	second := w.post(film(2*unit + 9))
	w.Next(upload(providertest.Drop, 0))
	if _, err := w.c.Publish(t.Context(), second); classOf(err) != provider.Later {
		t.Fatal(err)
	}
	again, err := youtubetest.New(youtubetest.Options{Dir: dir, Now: w.now})
	if err != nil {
		t.Fatal(err)
	}
	address := providertest.Start(t, again, again.Close)
	c := w.client(t, func(c *youtube.Config) { c.HTTP.Transport = moved(strings.TrimPrefix(address, "http://")) })
	w.Server = again
	s := w.sought(first)
	s.ID = one.ID
	if seen, err := c.Look(t.Context(), s); err != nil || seen.ID != one.ID {
		t.Errorf("%+v %v", seen, err)
	}
	two, err := c.Publish(t.Context(), second)
	if v := again.Videos(); err != nil || len(v) != 2 || v[1].ID != two.ID || v[1].SHA256 != second.SHA256 || v[1].Received != unit+9 || again.Inserts() != 2 {
		t.Errorf("%+v, %v, %d opened", v, err, again.Inserts())
	}
	if film, err := os.ReadFile(again.Videos()[0].Film); err != nil || len(film) != 100 {
		t.Errorf("%d bytes, %v", len(film), err)
	}
}

// moved leads every request to another host.
type moved string

func (m moved) RoundTrip(r *http.Request) (*http.Response, error) {
	return rewrite(func(r *http.Request) { r.URL.Host = string(m) }).RoundTrip(r)
}
