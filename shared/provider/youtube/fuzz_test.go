package youtube

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"castad/shared/fault"
	"castad/shared/message"
	"castad/shared/provider"
)

// answering answers everything with one status and body.
type answering struct {
	status int
	body   string
}

func (a answering) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		_, _ = io.Copy(io.Discard, r.Body)
	}
	return &http.Response{StatusCode: a.status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(a.body)), Request: r}, nil
}

func fuzzed(t testing.TB, status int, body string) *Client {
	t.Helper()
	c, err := New(Config{ClientID: "app", ClientSecret: "app-secret", HTTP: provider.HTTP{Transport: answering{status, body}}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func FuzzRange(f *testing.F) {
	for _, s := range []string{"", "bytes=0-0", "bytes=0-262143", "bytes=1-5", "bytes=0-", "0-5", "bytes=0-9223372036854775807", "bytes=0-+5", "bytes=0-1,3-4", "bytes=0--1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, h string) {
		next, err := parseRange(h)
		switch {
		case err != nil && next != 0, next < 0:
			t.Errorf("%q: %d %v", h, next, err)
		case err == nil && h != "" && strings.TrimLeft(strings.TrimPrefix(h, "bytes=0-"), "0") != strings.TrimLeft(fmt.Sprint(next-1), "0"):
			t.Errorf("%q is %d", h, next)
		}
	})
}

func FuzzVideos(f *testing.F) {
	f.Add(`{"items":[{"id":"abc","status":{"uploadStatus":"processed","privacyStatus":"public"},"statistics":{"viewCount":"5"}}]}`)
	f.Add(`{"items":[{"id":"abc","status":{"uploadStatus":"rejected","rejectionReason":"duplicate"}}]}`)
	f.Add(`{"items":[{"id":"abc","status":{"uploadStatus":"uploaded"},"processingDetails":{"processingStatus":"failed"}}]}`)
	f.Add(`{"items":[]}`)
	f.Add(`{"items":null}`)
	f.Add(`{"kind":"youtube#channelListResponse","items":[{"id":"UC1","contentDetails":{"relatedPlaylists":{"uploads":"UU1"}}}]}`)
	f.Fuzz(func(t *testing.T, body string) {
		c := fuzzed(t, 200, body)
		s := provider.Sought{Channel: name, Account: "UC1", Access: "a", Marker: "m", ID: "abc"}
		p, err := c.Look(t.Context(), s)
		if err == nil && (p.ID != "abc" || p.State == "") || fault.KindOf(err) == fault.Unknown || fault.KindOf(err) == fault.Internal {
			t.Errorf("look: %+v %v", p, err)
		}
		var list struct {
			Items *[]struct{ Status struct{ UploadStatus string } }
		}
		if errors.As(err, &message.Absent{}) && (json.Unmarshal([]byte(body), &list) != nil || list.Items == nil || len(*list.Items) > 0 && (*list.Items)[0].Status.UploadStatus != "deleted") {
			t.Errorf("absence was proven by %q", body)
		}
		if m, err := c.Metrics(t.Context(), s); err == nil && (m.Views < -1 || m.Likes < -1 || m.Comments < -1) {
			t.Errorf("%+v", m)
		}
		s.ID = ""
		if p, err := c.Find(t.Context(), s); err == nil && p.ID == "" || fault.KindOf(err) == fault.Unknown || fault.KindOf(err) == fault.Internal {
			t.Errorf("find: %+v %v", p, err)
		}
		if who, err := c.Owner(t.Context(), "a"); err == nil && !validID(who.ID) {
			t.Errorf("%+v", who)
		}
	})
}

func FuzzErrors(f *testing.F) {
	f.Add(`{"error":{"code":403,"message":"m","errors":[{"reason":"quotaExceeded"}]}}`, 403)
	f.Add(`{"error":{"code":401,"message":"m","status":"UNAUTHENTICATED"}}`, 401)
	f.Add(`{"error":"invalid_grant","error_description":"Bad Request tok-secret-1"}`, 400)
	f.Add(`<html>502 tok-secret-1 https://h.example/?upload_id=tok-secret-1`, 502)
	f.Fuzz(func(t *testing.T, body string, status int) {
		if status < 400 || status > 599 {
			status = 400 + int(uint(status)%200)
		}
		c := fuzzed(t, status, body)
		_, err := c.Look(t.Context(), provider.Sought{Access: "tok-secret-1", ID: "abc"})
		var e *provider.Error
		if !errors.As(err, &e) || e.Class == provider.Unknown || strings.Contains(e.Error(), "tok-secret-1") || strings.ContainsAny(e.Error(), "\n\r") {
			t.Errorf("%v", err)
		}
		_, err = c.Refresh(t.Context(), provider.Grant{Refresh: "tok-secret-1"})
		if !errors.As(err, &e) || e.Class == provider.Unknown || strings.Contains(e.Error(), "tok-secret-1") {
			t.Errorf("%v", err)
		}
		call := provider.Call{Op: "upload", Paid: true}
		if e := c.fail(call, &provider.Answer{Status: status, Body: []byte(body)}, "tok-secret-1"); e.Class == provider.Later || status >= 500 && e.Class == provider.OurFault && reasons[e.Code].class != provider.OurFault {
			t.Errorf("%d %q after the last byte: %v", status, body, e)
		}
	})
}

func FuzzTokens(f *testing.F) {
	f.Add(`{"access_token":"ya29.a","expires_in":3599,"refresh_token":"1//0a","scope":"a b","token_type":"Bearer"}`)
	f.Add(`{"access_token":"ya29.a","expires_in":3599,"refresh_token_expires_in":604799,"token_type":"Bearer"}`)
	f.Add(`{"access_token":"a\nb","expires_in":1,"token_type":"Bearer"}`)
	f.Add(`{"access_token":"a","expires_in":9223372036854775807,"token_type":"bearer"}`)
	now := time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, body string) {
		g, err := grantOf([]byte(body), now)
		if err != nil {
			if g.Access != "" || g.Refresh != "" {
				t.Errorf("%+v", g)
			}
			return
		}
		if g.Access == "" || !g.Expires.After(now) || g.Expires.Year() > 2028 || !g.RefreshExpires.IsZero() && !g.RefreshExpires.After(now) || strings.ContainsAny(g.Access+g.Refresh, " \r\n") {
			t.Errorf("%+v", g)
		}
	})
}

// Notes and the session's address in them come from outside.
func FuzzNotes(f *testing.F) {
	f.Add(`{"v":1,"session":"https://www.googleapis.com/upload/youtube/v3/videos?upload_id=a","bytes":10,"offset":3,"last":true}`)
	f.Add(`{"v":1,"session":"https://www.googleapis.com@elsewhere.example/","bytes":10}`)
	f.Add(`{"v":1,"session":"https://www.googleapis.com","bytes":1,"offset":2}`)
	f.Add(`{"v":2}`)
	c := fuzzed(f, 200, "")
	f.Fuzz(func(t *testing.T, notes string) {
		m, err := recall([]byte(notes))
		if err != nil {
			return
		}
		if m.Offset < 0 || m.Offset > m.Bytes || m.Video != "" && !validID(m.Video) {
			t.Errorf("%+v", m)
		}
		path, err := c.sessionPath(m.Session)
		if err != nil {
			return
		}
		// Whatever the path is, the request goes where it should.
		u, err := url.Parse(c.api.BaseURL() + path)
		if err != nil || u.Scheme != "https" || u.Host != "www.googleapis.com" || u.User != nil {
			t.Errorf("%q leads to %v %v", m.Session, u, err)
		}
	})
}
