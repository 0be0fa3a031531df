package instagram_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"castad/shared/provider/instagram"
	"castad/shared/provider/instagram/instagramtest"
	"castad/shared/provider/providertest"
)

// call is a request by hand, as curl would make it.
func (w *world) call(t *testing.T, method, path string, form url.Values) (int, map[string]any) {
	t.Helper()
	form.Set("access_token", w.access)
	target, body := w.URL+path, ""
	if method == http.MethodGet {
		target += "?" + form.Encode()
	} else {
		body = form.Encode()
	}
	req, err := http.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]any{}
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatalf("%s %s: %s", method, path, text)
	}
	return res.StatusCode, out
}

// subcode is an error's, 0 when it has none.
func subcode(out map[string]any) float64 {
	e, _ := out["error"].(map[string]any)
	sub, _ := e["error_subcode"].(float64)
	return sub
}

// The stand-in does not trust its client: the same rules hold for what is sent by hand.
func TestTheServerRefusesByItself(t *testing.T) {
	t.Parallel()
	w := start(t, instagramtest.Options{Processing: time.Minute})
	node := "/v25.0/" + w.account
	reel := func(change ...string) url.Values {
		form := url.Values{"media_type": {"REELS"}, "video_url": {w.media + "/film.mp4"}, "caption": {"c"}}
		for i := 0; i < len(change); i += 2 {
			form.Set(change[i], change[i+1])
		}
		return form
	}
	other, _ := w.Account("other", "BUSINESS")
	for _, row := range []struct {
		name, method, path string
		form               url.Values
		code, sub          float64
	}{
		{"a single video that is no reel", "POST", node + "/media", reel("media_type", "VIDEO"), 100, 2207067},
		{"an unknown kind of media", "POST", node + "/media", reel("media_type", "SONG"), 100, 2207023},
		{"a film without an address", "POST", node + "/media", reel("video_url", ""), 100, 0},
		{"a long caption", "POST", node + "/media", reel("caption", strings.Repeat("가", 2201)), 100, 2207010},
		{"31 hashtags", "POST", node + "/media", reel("caption", strings.Repeat("#a ", 31)), 100, 2207010},
		{"21 mentions", "POST", node + "/media", reel("caption", strings.Repeat("@a ", 21)), 100, 2207040},
		{"another's account", "POST", "/v25.0/" + other + "/media", reel(), 10, 0},
		{"a container that is not there", "POST", node + "/media_publish", url.Values{"creation_id": {"1"}}, 100, 33},
		{"a reel that is not there", "GET", "/v25.0/18000", url.Values{}, 100, 33},
		{"a field that is not there", "GET", "/v25.0/me", url.Values{"fields": {"user_id,password"}}, 100, 0},
		{"a version that is gone", "GET", "/v20.0/me", url.Values{}, 2635, 0},
		{"no version", "GET", "/latest/me", url.Values{}, 100, 0},
		{"deleting", "DELETE", "/v25.0/18000", url.Values{}, 100, 33},
	} {
		status, out := w.call(t, row.method, row.path, row.form)
		e, _ := out["error"].(map[string]any)
		if status < 400 || e["code"] != row.code || subcode(out) != row.sub {
			t.Errorf("%s: %d %v", row.name, status, out)
		}
	}
	if n := len(w.Containers()); n != 0 {
		t.Fatalf("%d containers", n)
	}
	_, made := w.call(t, "POST", node+"/media", reel())
	id, _ := made["id"].(string)
	w.Settle()
	if status, out := w.call(t, "POST", node+"/media_publish", url.Values{"creation_id": {id}}); status != 400 || subcode(out) != 2207027 {
		t.Errorf("published before it was finished: %d %v", status, out)
	}
	w.access = "IGAAforged"
	if status, out := w.call(t, "GET", "/v25.0/me", url.Values{}); status != 400 || out["error"].(map[string]any)["code"] != 190.0 {
		t.Errorf("%d %v", status, out)
	}
}

func TestWhoPublishesAContainerTwicePublishesTwice(t *testing.T) {
	t.Parallel()
	w := start(t, instagramtest.Options{})
	node := "/v25.0/" + w.account
	_, made := w.call(t, "POST", node+"/media", url.Values{"media_type": {"REELS"}, "video_url": {w.media + "/film.mp4"}})
	id, _ := made["id"].(string)
	w.Settle()
	for range 2 {
		if status, out := w.call(t, "POST", node+"/media_publish", url.Values{"creation_id": {id}}); status != 200 {
			t.Fatalf("%d %v", status, out)
		}
	}
	if len(w.Reels()) != 2 {
		t.Errorf("%d reels: Instagram knows no idempotency", len(w.Reels()))
	}
}

func TestTheServersStateSurvivesARestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w := start(t, instagramtest.Options{Dir: dir})
	posted, _, err := w.rounds(t, w.post(&pad{}))
	w.once(t, posted, err)
	w.Next(providertest.Fault{Kind: providertest.Hang, Op: "container"}) // made, and nobody knows
	hasty, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	notes := &pad{}
	p := w.post(notes)
	p.VideoURL += "?sig=signed"
	if _, err := w.client.Publish(hasty, p); classOf(err) != "later" {
		t.Fatal(err)
	}
	w.Settle()
	again := instagramtest.Start(t, instagramtest.Options{Dir: dir, Now: w.Now})
	again.Settle()
	for name, diff := range map[string]string{"reels": cmp.Diff(w.Reels(), again.Reels()), "containers": cmp.Diff(w.Containers(), again.Containers()), "publishes": cmp.Diff(w.Publishes(), again.Publishes())} {
		if diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	w.Server = again
	w.client = w.clientWith(t, instagram.Config{})
	if _, err := w.client.Owner(t.Context(), w.access); err != nil {
		t.Errorf("the token is forgotten: %v", err)
	}
	if got := get(t, again.URL+"/reel/"+w.Reels()[0].Shortcode+"/film.mp4"); got != string(film) {
		t.Errorf("the film has %d bytes", len(got))
	}
	if _, _, err := w.rounds(t, w.post(notes)); err != nil || len(w.Reels()) != 2 {
		t.Errorf("%v, %d reels", err, len(w.Reels()))
	}
	var ledger struct {
		Items, Containers, Publishes []map[string]any
	}
	text := get(t, again.URL+"/ledger")
	if strings.Contains(text, "signed") {
		t.Errorf("the ledger shows a signed address: %s", text)
	}
	if err := json.Unmarshal([]byte(text), &ledger); err != nil || len(ledger.Items) != 2 || len(ledger.Containers) != 3 || len(ledger.Publishes) != 2 || ledger.Items[0]["sha256"] == "" {
		t.Errorf("%+v %v", ledger, err)
	}
}
