package youtube_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"castad/shared/provider"
	"castad/shared/provider/providertest"
	"castad/shared/provider/youtube"
	"castad/shared/provider/youtube/youtubetest"
)

// The session's address is where our film and token go.
func TestAForeignSessionGetsNothing(t *testing.T) {
	t.Parallel()
	var asked []string
	elsewhere := providertest.Start(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked = append(asked, r.URL.String()) }), func() {})
	for _, session := range []string{elsewhere + "/upload/youtube/v3/videos?upload_id=SECRETSESSION", "http://169.254.169.254/?upload_id=SECRETSESSION",
		"file:///etc/SECRETSESSION", "//elsewhere.example/SECRETSESSION", "%zzSECRETSESSION", "/upload?upload_id=SECRETSESSION", "HOST@elsewhere.example/?upload_id=SECRETSESSION",
		"HOST.elsewhere.example/?upload_id=SECRETSESSION", "HOST/a#SECRETSESSION", "SHOUTED:/SECRETSESSION", "HOST/?upload_id=" + strings.Repeat("SECRETSESSION", 400)} {
		w := start(t, youtubetest.Options{})
		session = strings.Replace(session, "HOST", w.URL, 1)
		c := w.client(t, func(c *youtube.Config) { c.HTTP.Transport = located(session) })
		p := w.post(film(10))
		_, err := c.Publish(t.Context(), p)
		if classOf(err) != provider.OurFault || strings.Contains(err.Error(), "SECRETSESSION") {
			t.Errorf("answered %.60s: %v", session, err)
		}
		// The same from notes, which are outside text, too.
		text, err := json.Marshal(map[string]any{"v": 1, "session": session, "bytes": p.Bytes, "sha256": p.SHA256})
		if err != nil {
			t.Fatal(err)
		}
		_ = p.Notes.Keep(t.Context(), text)
		if _, err := w.c.Publish(t.Context(), p); classOf(err) != provider.OurFault || strings.Contains(err.Error(), "SECRETSESSION") {
			t.Errorf("noted %.60s: %v", session, err)
		}
	}
	if len(asked) > 0 {
		t.Errorf("asked elsewhere: %v", asked)
	}
}

// located answers the opening of an upload with an address.
type located string

func (l located) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodPost {
		return http.DefaultTransport.RoundTrip(r)
	}
	_, _ = io.Copy(io.Discard, r.Body)
	return &http.Response{StatusCode: 200, Header: http.Header{"Location": {string(l)}}, Body: http.NoBody, Request: r}, nil
}

func TestNotesOfAnotherFilmAreNotContinued(t *testing.T) {
	t.Parallel()
	w := start(t, youtubetest.Options{})
	p := w.post(film(2 * unit))
	w.Next(upload(providertest.Drop, 0))
	if _, err := w.c.Publish(t.Context(), p); err == nil {
		t.Fatal("published")
	}
	other := w.post(bytes.Repeat([]byte{7}, 2*unit))
	other.Notes = p.Notes
	if _, err := w.c.Publish(t.Context(), other); classOf(err) != provider.OurFault || w.Asked("upload") != 1 {
		t.Errorf("%v", err)
	}
	_ = p.Notes.Keep(t.Context(), []byte(`{"v":9}`)) // a later version's
	if _, err := w.c.Publish(t.Context(), p); classOf(err) != provider.Unknown || w.Asked("insert") != 1 {
		t.Errorf("%v", err)
	}
}

func TestTheSessionIsInNoError(t *testing.T) {
	t.Parallel()
	for _, f := range []providertest.Fault{upload(providertest.Drop, 0), upload(providertest.Status, 500), upload(providertest.Redirect, 307), upload(providertest.Truncated, 0),
		{Kind: providertest.Code, Op: "upload", Code: "backendError", Text: "ECHO"}} {
		w := start(t, youtubetest.Options{})
		p := w.post(film(2 * unit))
		w.Next(upload(providertest.Drop, 0))
		_, first := w.c.Publish(t.Context(), p)
		var kept struct{ Session string }
		if err := json.Unmarshal(p.Notes.Last(), &kept); err != nil || first == nil {
			t.Fatal(first, err)
		}
		if f.Text != "" { // a server that quotes what it was sent
			f.Text = "cannot take " + kept.Session + " with " + w.access
		}
		w.Next(f)
		_, second := w.c.Publish(t.Context(), p)
		_, id, _ := strings.Cut(kept.Session, "upload_id=")
		for _, err := range []error{first, second} {
			if text := fmt.Sprintf("%v %+v", err, err); err == nil || len(id) < 10 || strings.Contains(text, id) || strings.Contains(text, "upload_id") || strings.Contains(text, w.access) {
				t.Errorf("%s", text)
			}
		}
	}
}
