package instagram_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"castad/shared/fault"
	"castad/shared/provider"
	"castad/shared/provider/instagram"
)

// answers is a vendor that says the same whatever it is asked, and counts what it was asked to show.
type answers struct {
	status    int
	body      string
	published int
}

func (a *answers) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		_, _ = io.Copy(io.Discard, r.Body)
	}
	if strings.HasSuffix(r.URL.Path, "/media_publish") {
		a.published++
	}
	return &http.Response{StatusCode: a.status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(a.body)), Request: r}, nil
}

var fuzzNow = time.Date(2026, 11, 29, 9, 0, 0, 0, time.UTC)

func fuzzed(t *testing.T, status int, body string) (*instagram.Client, *answers) {
	t.Helper()
	if status < 200 || status > 599 {
		status = 200
	}
	a := &answers{status: status, body: body}
	c, err := instagram.New(instagram.Config{AppID: "a", AppSecret: "a-secret", Now: func() time.Time { return fuzzNow }, HTTP: provider.HTTP{Transport: a}})
	if err != nil {
		t.Fatal(err)
	}
	return c, a
}

const fuzzToken = "IGAAthetokenofthisaccount"

func fuzzPost(notes provider.Notes) provider.Post {
	return provider.Post{Channel: "instagram", Account: "17841", Access: fuzzToken, Caption: "c", Marker: "m", Privacy: provider.Public, AI: provider.Generated(),
		Video: strings.NewReader("x"), Bytes: 1, SHA256: strings.Repeat("ab", 32), VideoURL: "https://castad.example/media/x", Notes: notes}
}

// sane fails on an error that has no kind, or tells a secret.
func sane(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		return
	}
	if fault.KindOf(err) == fault.Internal {
		t.Errorf("nobody classed %v", err)
	}
	if strings.Contains(err.Error(), fuzzToken) || strings.Contains(err.Error(), "a-secret") || len(err.Error()) > 1000 {
		t.Errorf("an error tells too much: %v", err)
	}
}

func FuzzErrors(f *testing.F) {
	f.Add(400, `{"error":{"message":"Media ID is not available","type":"OAuthException","code":9007,"error_subcode":2207027,"is_transient":false,"fbtrace_id":"A"}}`)
	f.Add(403, `{"error":{"message":"`+fuzzToken+`","code":"4","error_subcode":"2207051","error_user_msg":"x"}}`)
	f.Add(200, `{"error":{"code":-1,"error_subcode":2207001}}`)
	f.Add(400, `{"error_type":"OAuthException","code":400,"error_message":"Matching code was not found"}`)
	f.Add(502, `<html>Bad gateway</html>`)
	f.Add(400, `{"error":null}`)
	f.Fuzz(func(t *testing.T, status int, body string) {
		c, a := fuzzed(t, status, body)
		ready := &pad{kept: []byte(`{"container":"17900","publishing":"2026-11-29T08:00:00Z"}`)}
		for _, do := range []func() error{
			func() error { _, err := c.Publish(t.Context(), fuzzPost(&pad{})); return err },
			func() error { _, err := c.Publish(t.Context(), fuzzPost(ready)); return err },
			func() error { _, err := c.Exchange(t.Context(), "AQ", "", "https://x.example/"); return err },
			func() error { _, err := c.Owner(t.Context(), fuzzToken); return err },
		} {
			sane(t, do())
		}
		if strings.Contains(body, `"error"`) && status >= 400 && a.published > 0 {
			t.Error("published on the word of an error")
		}
	})
}

func FuzzContainers(f *testing.F) {
	f.Add(200, `{"status_code":"FINISHED","status":"Finished","id":"17900"}`)
	f.Add(200, `{"status_code":"ERROR","status":"Error: Media upload has failed with error code 2207026"}`)
	f.Add(200, `{"status_code":"PUBLISHED","data":[{"id":"18000","caption":"c"}]}`)
	f.Add(200, `{"status_code":"IN_PROGRESS"}`)
	f.Add(200, `{"status_code":7}`)
	f.Fuzz(func(t *testing.T, status int, body string) {
		c, a := fuzzed(t, status, body)
		var in struct {
			Code string `json:"status_code"`
		}
		_ = json.Unmarshal([]byte(body), &in)
		posted, err := c.Publish(t.Context(), fuzzPost(&pad{kept: []byte(`{"container":"17900"}`)}))
		sane(t, err)
		if a.published > 0 && in.Code != "FINISHED" || a.published > 1 {
			t.Errorf("published %d times on %q", a.published, body)
		}
		if err == nil && posted.ID == "" {
			t.Errorf("%+v", posted)
		}
		_, err = c.Find(t.Context(), provider.Sought{Channel: "instagram", Account: "17841", Access: fuzzToken, Marker: "m",
			Notes: []byte(`{"container":"17900","publishing":"2026-11-29T08:00:00Z"}`)})
		sane(t, err)
		if absent(err) && in.Code != "FINISHED" && in.Code != "EXPIRED" && in.Code != "ERROR" {
			t.Errorf("absence was proven by %q", body)
		}
	})
}

func FuzzTokens(f *testing.F) {
	f.Add(`{"access_token":"IGAA1","user_id":17841,"permissions":["a","b"]}`)
	f.Add(`{"data":[{"access_token":"IGAA1","user_id":"17841","permissions":"a,b"}]}`)
	f.Add(`{"access_token":"IGAA2","token_type":"bearer","expires_in":5183944}`)
	f.Add(`{"access_token":"IGAA2","expires_in":"5183944","permissions":null}`)
	f.Add(`{"user_id":"17841","username":"hanbit","account_type":"BUSINESS"}`)
	f.Fuzz(func(t *testing.T, body string) {
		c, _ := fuzzed(t, 200, body)
		g, err := c.Exchange(t.Context(), "AQ", "", "https://x.example/")
		sane(t, err)
		if err == nil && (g.Access == "" || !g.Expires.After(fuzzNow)) {
			t.Errorf("%+v", g)
		}
		g, err = c.Refresh(t.Context(), provider.Grant{Access: fuzzToken, Expires: fuzzNow.Add(time.Hour)})
		sane(t, err)
		if err == nil && (g.Access == "" || !g.Expires.After(fuzzNow)) {
			t.Errorf("%+v", g)
		}
		who, err := c.Owner(t.Context(), fuzzToken)
		sane(t, err)
		if err == nil && (who.ID == "" || strings.Trim(who.ID, "0123456789") != "" || who.Name == "") {
			t.Errorf("%+v", who)
		}
	})
}

func FuzzLists(f *testing.F) {
	f.Add(`{"status_code":"PUBLISHED","data":[{"id":"18000","caption":"c","timestamp":"2026-11-29T08:00:01+0000","permalink":"https://www.instagram.com/reel/D/"}],"paging":{"cursors":{"after":"x"},"next":"https://x"}}`)
	f.Add(`{"status_code":"PUBLISHED","data":[{"id":18000,"caption":"c"},{"id":"18001","caption":" c "}]}`)
	f.Add(`{"status_code":"PUBLISHED","data":[]}`)
	f.Add(`{"status_code":"PUBLISHED","data":null}`)
	f.Add(`{"id":"18000","permalink":7,"data":[{"name":"views","values":[{"value":3}]}]}`)
	f.Fuzz(func(t *testing.T, body string) {
		c, _ := fuzzed(t, 200, body)
		s := provider.Sought{Channel: "instagram", Account: "17841", Access: fuzzToken, Marker: "m",
			Notes: []byte(`{"container":"17900","publishing":"2026-11-29T08:00:00Z","caption":"x"}`)}
		found, err := c.Find(t.Context(), s)
		sane(t, err)
		if err == nil && strings.Trim(found.ID, "0123456789") != "" || err == nil && found.ID == "" {
			t.Errorf("%+v", found)
		}
		s.ID = "18000"
		seen, err := c.Look(t.Context(), s)
		sane(t, err)
		if err == nil && seen.ID != s.ID {
			t.Errorf("%+v", seen)
		}
		m, err := c.Metrics(t.Context(), s)
		sane(t, err)
		if err == nil && (m.Views < -1 || m.Likes < -1 || m.Comments < -1 || m.Shares < -1) {
			t.Errorf("%+v", m)
		}
	})
}
