package instagram_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"castad/shared/fault"
	"castad/shared/provider"
	"castad/shared/provider/instagram"
	"castad/shared/provider/instagram/instagramtest"
	"castad/shared/provider/providertest"
)

// live is a world with one published reel.
func live(t testing.TB) (*world, provider.Sought) {
	t.Helper()
	w := start(t, instagramtest.Options{})
	posted, _, err := w.rounds(t, w.post(&pad{}))
	w.once(t, posted, err)
	return w, provider.Sought{Channel: "instagram", Account: w.account, Access: w.access, ID: posted.ID}
}

func TestAReelWhoseAddressCannotBeReadIsAReelAllTheSame(t *testing.T) {
	t.Parallel()
	for _, f := range []providertest.Fault{{Kind: providertest.Status, Status: 500}, {Kind: providertest.Status, Status: 400, Code: "-1/2207051"},
		{Kind: providertest.Status, Status: 400, Code: "100"}, {Kind: providertest.Malformed}, {Kind: providertest.Page}} {
		w, s := live(t)
		f.Op = "look"
		w.Next(f)
		seen, err := w.client.Look(t.Context(), s)
		if err != nil || seen.ID != s.ID || seen.State != provider.Published || seen.URL != "" || seen.Note == "" {
			t.Errorf("%+v: %+v, %v", f, seen, err)
		}
		if seen, err := w.client.Look(t.Context(), s); err != nil || seen.URL == "" || seen.Note != "" {
			t.Errorf("the next time: %+v, %v", seen, err)
		}
	}
}

func TestADeniedReelIsLookedForInTheList(t *testing.T) {
	t.Parallel()
	w, s := live(t)
	w.Next(providertest.Fault{Kind: providertest.Status, Op: "look", Status: 400, Code: "100/33"})
	if seen, err := w.client.Look(t.Context(), s); err != nil || seen.ID != s.ID || seen.URL != w.Reels()[0].URL {
		t.Errorf("%+v %v", seen, err)
	}
	w.Next(providertest.Fault{Kind: providertest.Status, Op: "look", Status: 400, Code: "100/33"}, providertest.Fault{Kind: providertest.Malformed, Op: "list"})
	if _, err := w.client.Look(t.Context(), s); classOf(err) != "later" {
		t.Errorf("an unreadable list proved something: %v", err)
	}
	w.Delete(s.ID)
	if _, err := w.client.Look(t.Context(), s); !absent(err) {
		t.Errorf("a deleted reel: %v", err)
	}
}

func TestLookingFailsAsItsErrorSays(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		fault providertest.Fault
		class string
	}{
		{providertest.Fault{Kind: providertest.Status, Status: 400, Code: "190"}, "reconnect"},
		{providertest.Fault{Kind: providertest.Status, Status: 400, Code: "32"}, "rate_limited"},
		{providertest.Fault{Kind: providertest.Drop}, "later"},
		{providertest.Fault{Kind: providertest.Status, Status: 500, Times: 2}, "later"},
	} {
		w, s := live(t)
		row.fault.Op = "look"
		w.Next(row.fault)
		_, err := w.client.Look(t.Context(), s)
		w.noSecrets(t, err)
		if classOf(err) != row.class {
			t.Errorf("%+v: %v", row.fault, err)
		}
	}
	w, s := live(t)
	s.ID = "1/2"
	if _, err := w.client.Look(t.Context(), s); fault.KindOf(err) != fault.Misconfigured || w.Asked("look") != 0 {
		t.Errorf("%v", err)
	}
}

func TestWhatWasNeverSentIsProvenAbsent(t *testing.T) {
	t.Parallel()
	w := start(t, instagramtest.Options{})
	notes := &pad{}
	if _, err := w.client.Find(t.Context(), w.sought(notes)); !absent(err) {
		t.Errorf("without notes: %v", err)
	}
	if _, err := w.client.Publish(t.Context(), w.post(notes)); classOf(err) != "not_yet" {
		t.Fatal(err)
	}
	if _, err := w.client.Find(t.Context(), w.sought(notes)); !absent(err) {
		t.Errorf("with a container: %v", err)
	}
	notes.kept = []byte(`{"container":"../me"}`)
	if _, err := w.client.Find(t.Context(), w.sought(notes)); fault.KindOf(err) != fault.Misconfigured {
		t.Errorf("damaged notes proved something: %v", err)
	}
}

// lost publishes a reel whose answer is lost.
func lost(t *testing.T, w *world, caption string) *pad {
	t.Helper()
	notes := &pad{}
	p := w.post(notes)
	p.Caption = caption
	w.Next(providertest.Fault{Kind: providertest.Drop, Op: "publish"})
	if _, _, err := w.rounds(t, p); classOf(err) != "unknown" {
		t.Fatalf("%v", err)
	}
	return notes
}

func TestALostReelIsFoundAmongOthers(t *testing.T) {
	t.Parallel()
	w := start(t, instagramtest.Options{})
	publish := func(caption string) provider.Posted {
		p := w.post(&pad{})
		p.Caption = caption
		posted, _, err := w.rounds(t, p)
		if err != nil {
			t.Fatal(err)
		}
		return posted
	}
	publish("ours") // the same words, an hour ago
	w.pass(time.Hour)
	publish("ours") // and just before
	w.pass(time.Second)
	notes := lost(t, w, "ours")
	want := w.Reels()[2].ID
	for i := range 60 { // more than a page
		publish(fmt.Sprintf("another %d", i))
	}
	if found, err := w.client.Find(t.Context(), w.sought(notes)); err != nil || found.ID != want {
		t.Errorf("%+v %v, want %s", found, err, want)
	}
	w.Delete(w.Reels()[1].ID) // the one that was the newest before: time still bounds the search
	if found, err := w.client.Find(t.Context(), w.sought(notes)); err != nil || found.ID != want {
		t.Errorf("%+v %v, want %s", found, err, want)
	}
}

// An address names a reel otherwise than the API does; the account's list has both.
func TestAReelIsFoundByItsAddress(t *testing.T) {
	t.Parallel()
	w, s := live(t)
	id, code := s.ID, w.Reels()[0].Shortcode
	for _, address := range []string{w.Reels()[0].URL, "https://www.instagram.com/reel/" + code + "/?igsh=x", "https://instagram.com/hanbit/reel/" + code, "https://www.instagram.com/p/" + code} {
		s.URL = address
		if got, err := w.client.Resolve(t.Context(), s); err != nil || got != id {
			t.Errorf("%s: %q, %v", address, got, err)
		}
	}
	s.URL = "https://www.instagram.com/reel/another"
	if got, err := w.client.Resolve(t.Context(), s); !absent(err) {
		t.Errorf("a reel that the account does not have: %q, %v", got, err)
	}
	for _, address := range []string{"https://www.instagram.com/reel/", "https://www.instagram.com/hanbit/", "https://elsewhere.example/reel/" + code, ""} {
		s.URL = address
		if got, err := w.client.Resolve(t.Context(), s); fault.FieldOf(err) != "url" {
			t.Errorf("%q: %q, %v", address, got, err)
		}
	}
}

func TestOfTwoReelsThatFitNoneIsTaken(t *testing.T) {
	t.Parallel()
	w := start(t, instagramtest.Options{})
	notes := lost(t, w, "ours")
	lost(t, w, "ours")
	_, err := w.client.Find(t.Context(), w.sought(notes))
	var e *provider.Error
	if !errors.As(err, &e) || e.Code != "ambiguous" || e.Class != provider.Later {
		t.Errorf("%v", err)
	}
}

func TestALiveReelThatTheListDoesNotShowYetIsNotPublishedAgain(t *testing.T) {
	t.Parallel()
	w := start(t, instagramtest.Options{})
	notes := lost(t, w, "ours")
	w.Delete(w.Reels()[0].ID) // as a list that lags shows it
	w.pass(time.Hour)
	if _, err := w.client.Find(t.Context(), w.sought(notes)); classOf(err) != "not_yet" {
		t.Errorf("%v", err)
	}
	if _, err := w.client.Publish(t.Context(), w.post(notes)); classOf(err) != "unknown" || len(w.Publishes()) != 1 {
		t.Errorf("%v, %d publishes", err, len(w.Publishes()))
	}
}

func TestNothingIsProvenByAnswersThatAreNotUnderstood(t *testing.T) {
	t.Parallel()
	for _, op := range []string{"status", "list"} {
		for _, f := range []providertest.Fault{{Kind: providertest.Drop}, {Kind: providertest.Malformed}, {Kind: providertest.Page}, {Kind: providertest.Status, Status: 500},
			{Kind: providertest.Status, Status: 400, Code: "190"}, {Kind: providertest.Status, Status: 400, Code: "100/33"}, {Kind: providertest.Status, Status: 404}} {
			w := start(t, instagramtest.Options{})
			notes := lost(t, w, "ours")
			w.pass(time.Hour)
			f.Op = op
			w.Next(f)
			if found, err := w.client.Find(t.Context(), w.sought(notes)); absent(err) || err == nil && found.ID != w.Reels()[0].ID {
				t.Errorf("%s %+v: %+v %v", op, f, found, err)
			}
		}
	}
}

func TestFigures(t *testing.T) {
	t.Parallel()
	w, s := live(t)
	m, err := w.client.Metrics(t.Context(), s)
	if want := (provider.Metrics{Views: -1, Likes: -1, Comments: -1, Shares: -1, At: w.Now()}); err != nil || m != want {
		t.Errorf("before Meta has counted: %+v %v", m, err)
	}
	w.pass(140 * time.Second)
	first, err := w.client.Metrics(t.Context(), s)
	if want := (provider.Metrics{Views: 140, Likes: 17, Comments: 2, Shares: 2, At: w.Now()}); err != nil || first != want {
		t.Errorf("%+v %v", first, err)
	}
	w.pass(time.Hour)
	if later, err := w.client.Metrics(t.Context(), s); err != nil || later.Views <= first.Views || later.Likes <= first.Likes {
		t.Errorf("%+v %v", later, err)
	}
	w.Next(providertest.Fault{Kind: providertest.Status, Op: "metrics", Status: 403, Code: "10"})
	if _, err := w.client.Metrics(t.Context(), s); classOf(err) != "reconnect" {
		t.Errorf("without the permission: %v", err)
	}
}

// Meta denies insights of a reel that is gone, and of some that are not: the account's list decides.
func TestTheFiguresOfAReelThatIsGoneSayThatItIsGone(t *testing.T) {
	t.Parallel()
	w, s := live(t)
	w.Next(providertest.Fault{Kind: providertest.Status, Op: "metrics", Status: 400, Code: "100/33"})
	if _, err := w.client.Metrics(t.Context(), s); classOf(err) != "later" {
		t.Errorf("denied, and it is there: %v", err)
	}
	w.Delete(s.ID)
	w.Next(providertest.Fault{Kind: providertest.Status, Op: "list", Status: 503})
	if _, err := w.client.Metrics(t.Context(), s); absent(err) {
		t.Errorf("gone, as far as a list tells that cannot be read: %v", err)
	}
	if _, err := w.client.Metrics(t.Context(), s); !absent(err) {
		t.Errorf("its owner has deleted it: %v", err)
	}
}

// Names of metrics come and go with versions: v21 says plays for views.
func TestAnUnknownMetricCostsOnlyItself(t *testing.T) {
	t.Parallel()
	w, s := live(t)
	w.pass(140 * time.Second)
	w.client = w.clientWith(t, instagram.Config{Version: "v21.0"})
	m, err := w.client.Metrics(t.Context(), s)
	if want := (provider.Metrics{Views: 140, Likes: 17, Comments: 2, Shares: 2, At: w.Now()}); err != nil || m != want {
		t.Errorf("%+v %v", m, err)
	}
	w.Next(providertest.Fault{Kind: providertest.Status, Op: "metrics", Status: 400, Code: "100", Times: 2}) // likes are gone, too
	w.client = w.clientWith(t, instagram.Config{})
	if m, err := w.client.Metrics(t.Context(), s); err != nil || m.Views != -1 || m.Likes != 17 {
		t.Errorf("%+v %v", m, err)
	}
}

func TestRemovingIsTheOwners(t *testing.T) {
	t.Parallel()
	w, s := live(t)
	err := w.client.Remove(t.Context(), s)
	if fault.KindOf(err) != fault.Refused || !strings.Contains(err.Error(), "delete it in Instagram") || w.Asked("remove") != 0 {
		t.Errorf("%v", err)
	}
}

func TestAVersionThatIsGoneIsOurFault(t *testing.T) {
	t.Parallel()
	w := start(t, instagramtest.Options{})
	w.client = w.clientWith(t, instagram.Config{Version: "v20.0"})
	if _, _, err := w.rounds(t, w.post(&pad{})); classOf(err) != "our_fault" {
		t.Errorf("%v", err)
	}
	for _, cfg := range []instagram.Config{{Version: "25"}, {Version: "v25.0/x"}, {AuthorizeURL: "https://x.example/?a=b"}, {AuthorizeURL: "/oauth"}, {GraphURL: "ftp://x"}, {APIURL: "http://x.example"}, {AppID: "-"}} {
		if cfg.AppID == "" {
			cfg.AppID, cfg.AppSecret = "a", "b"
		}
		if _, err := instagram.New(cfg); fault.KindOf(err) != fault.Misconfigured {
			t.Errorf("%+v: %v", cfg, err)
		}
	}
}
