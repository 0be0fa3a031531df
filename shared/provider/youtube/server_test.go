package youtube_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"castad/shared/provider"
	"castad/shared/provider/youtube/youtubetest"
)

// call is a request by hand, as curl would make it.
func (w *world) call(t *testing.T, method, path, body string, header ...string) (status int, answer string, h http.Header) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, w.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+w.access)
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, text := send(t, req)
	return res.StatusCode, text, res.Header
}

const (
	insertPath = "/upload/youtube/v3/videos?uploadType=resumable&part=snippet,status"
	plainFilm  = `{"snippet":{"title":"a"},"status":{"privacyStatus":"private"}}`
)

// open opens an upload of n bytes by hand and returns the session's path.
func (w *world) open(t *testing.T, body string, n int) string {
	t.Helper()
	status, text, h := w.call(t, http.MethodPost, insertPath, body, "X-Upload-Content-Length", strconv.Itoa(n))
	if status != 200 {
		t.Fatalf("%d %s", status, text)
	}
	return strings.TrimPrefix(h.Get("Location"), w.URL)
}

// The stand-in does not trust its client: YouTube's rules hold for what is sent by hand.
func TestTheStandInRefusesWhatYouTubeRefuses(t *testing.T) {
	t.Parallel()
	w := start(t, youtubetest.Options{})
	w.open(t, plainFilm, 1)
	long := strings.Repeat("a", 5001)
	for _, row := range []struct {
		name, method, path, body string
		header                   []string
		status                   int
		reason                   string
	}{
		{"a stranger", "POST", insertPath, plainFilm, []string{"Authorization", "Bearer x"}, 401, "authError"},
		{"no title", "POST", insertPath, `{}`, []string{"X-Upload-Content-Length", "1"}, 400, "invalidTitle"},
		{"a title of 101", "POST", insertPath, `{"snippet":{"title":"` + long[:101] + `"}}`, []string{"X-Upload-Content-Length", "1"}, 400, "invalidTitle"},
		{"a long description", "POST", insertPath, `{"snippet":{"title":"a","description":"` + long + `"}}`, []string{"X-Upload-Content-Length", "1"}, 400, "invalidDescription"},
		{"long tags", "POST", insertPath, `{"snippet":{"title":"a","tags":["` + long[:250] + `","` + long[:250] + `"]}}`, []string{"X-Upload-Content-Length", "1"}, 400, "invalidTags"},
		{"no such privacy", "POST", insertPath, `{"snippet":{"title":"a"},"status":{"privacyStatus":"secret"}}`, []string{"X-Upload-Content-Length", "1"}, 400, "invalidVideoMetadata"},
		{"no length", "POST", insertPath, plainFilm, nil, 400, "mediaBodyRequired"},
		{"no JSON", "POST", insertPath, `title=a`, []string{"X-Upload-Content-Length", "1"}, 400, "parseError"},
		{"another kind of upload", "POST", "/upload/youtube/v3/videos?uploadType=media", plainFilm, nil, 400, "badRequest"},
		{"no parts", "POST", "/upload/youtube/v3/videos?uploadType=multipart", plainFilm, nil, 400, "badRequest"},
		{"no such session", "PUT", "/upload/youtube/v3/videos?upload_id=NOTHERE", "x", nil, 404, ""},
		{"a path for a session", "PUT", "/upload/youtube/v3/videos?upload_id=../../videos", "x", nil, 404, ""},
		{"a picture for nothing", "POST", "/upload/youtube/v3/thumbnails/set?videoId=x", string(jpeg), nil, 404, "videoNotFound"},
		{"nobody's channel", "GET", "/youtube/v3/channels?part=snippet", "", nil, 400, "missingRequiredParameter"},
		{"no ids", "GET", "/youtube/v3/videos?part=snippet", "", nil, 400, "missingRequiredParameter"},
		{"no such playlist", "GET", "/youtube/v3/playlistItems?playlistId=UUx", "", nil, 404, "playlistNotFound"},
		{"nothing to delete", "DELETE", "/youtube/v3/videos?id=x", "", nil, 404, "videoNotFound"},
	} {
		status, text, _ := w.call(t, row.method, row.path, row.body, row.header...)
		var e struct {
			Error struct {
				Errors []struct{ Reason string }
			}
		}
		if row.reason != "" && (json.Unmarshal([]byte(text), &e) != nil || len(e.Error.Errors) == 0 || e.Error.Errors[0].Reason != row.reason) || status != row.status {
			t.Errorf("%s: %d %s", row.name, status, text)
		}
	}
	if n := w.Inserts(); n != 1 {
		t.Errorf("%d inserts were counted: what is refused costs none", n)
	}
}

func TestTheStandInKeepsToTheUploadProtocol(t *testing.T) {
	t.Parallel()
	w := start(t, youtubetest.Options{})
	n := 2*unit + 3
	session := w.open(t, plainFilm, n)
	body := string(film(n))
	put := func(span, body string) (int, string) {
		status, text, h := w.call(t, http.MethodPut, session, body, "Content-Range", span)
		if status == 308 {
			text = h.Get("Range")
		}
		return status, text
	}
	for _, row := range []struct {
		name, span, body string
		status           int
		answer           string
	}{
		{"nothing is there", fmt.Sprintf("bytes */%d", n), "", 308, ""},
		{"a chunk with a gap before it", fmt.Sprintf("bytes %d-%d/%d", unit, 2*unit-1, n), body[unit : 2*unit], 400, "missing"},
		{"a chunk of an odd length", fmt.Sprintf("bytes 0-99/%d", n), body[:100], 400, "multiple"},
		{"a chunk of another film", "bytes 0-9/10", body[:10], 400, "Content-Range"},
		{"a chunk that is not so long", fmt.Sprintf("bytes 0-%d/%d", unit-1, n), body[:10], 400, "disagree"},
		{"a chunk", fmt.Sprintf("bytes 0-%d/%d", unit-1, n), body[:unit], 308, fmt.Sprintf("bytes=0-%d", unit-1)},
		{"it is there", fmt.Sprintf("bytes */%d", n), "", 308, fmt.Sprintf("bytes=0-%d", unit-1)},
		{"the rest", fmt.Sprintf("bytes %d-%d/%d", unit, n-1, n), body[unit:], 201, `"privacyStatus":"private"`},
		{"asked again", fmt.Sprintf("bytes */%d", n), "", 200, `"privacyStatus":"private"`},
	} {
		if status, text := put(row.span, row.body); status != row.status || !strings.Contains(text, row.answer) {
			t.Errorf("%s: %d %s", row.name, status, text)
		}
	}
	v := w.only(t)
	// A private video is not there for strangers; its channel's others do not see it either.
	w.access, _ = w.Grant("somebody else")
	if status, text, _ := w.call(t, http.MethodGet, "/youtube/v3/videos?part=status&id="+v.ID, ""); status != 200 || strings.Contains(text, v.ID) {
		t.Errorf("%d %s", status, text)
	}
	for _, path := range []string{"/watch?v=" + v.ID, "/film/" + v.ID, "/picture/" + v.ID} {
		if status, _, _ := w.call(t, http.MethodGet, path, ""); status != 404 {
			t.Errorf("%s: %d", path, status)
		}
	}
	if status, text, _ := w.call(t, http.MethodDelete, "/youtube/v3/videos?id="+v.ID, ""); status != 403 {
		t.Errorf("somebody else deleted it: %d %s", status, text)
	}
	if _, text, _ := w.call(t, http.MethodGet, "/ledger", ""); !strings.Contains(text, v.ID) || !strings.Contains(text, `"inserts":1`) || strings.Contains(text, v.Session) {
		t.Errorf("the ledger: %s", text)
	}
}

func TestWhoUploadsTwicePublishesTwice(t *testing.T) {
	t.Parallel()
	w := start(t, youtubetest.Options{})
	for range 2 {
		if _, err := w.c.Publish(t.Context(), w.post(film(10))); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(w.Videos()); n != 2 {
		t.Errorf("%d videos: a real channel knows no idempotency", n)
	}
}

// Lost posts are found behind newer ones, in few calls.
func TestFindReadsPagesTheNewestFirst(t *testing.T) {
	t.Parallel()
	w := start(t, youtubetest.Options{Inserts: 1000})
	p := w.post(film(10))
	got, err := w.c.Publish(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	for range 55 {
		body := "--x\r\nContent-Type: application/json\r\n\r\n" + `{"snippet":{"title":"newer"}}` + "\r\n--x\r\nContent-Type: video/mp4\r\n\r\nfilm\r\n--x--"
		if status, text, _ := w.call(t, http.MethodPost, "/upload/youtube/v3/videos?uploadType=multipart&part=snippet", body, "Content-Type", "multipart/related; boundary=x"); status != 201 {
			t.Fatal(status, text)
		}
	}
	s := w.sought(p)
	s.Notes = nil
	before := w.Asked("videos")
	if found, err := w.c.Find(t.Context(), s); err != nil || found.ID != got.ID || w.Asked("playlist") != 2 || w.Asked("videos")-before != 2 {
		t.Errorf("%+v %v after %d pages", found, err, w.Asked("playlist"))
	}
	s.Marker = "another post's"
	if _, err := w.c.Find(t.Context(), s); !absent(err) {
		t.Errorf("%v", err)
	}
	s.Marker = ""
	if _, err := w.c.Find(t.Context(), s); classOf(err) != provider.OurFault {
		t.Errorf("any video was taken for ours: %v", err)
	}
}

func TestAnOwnerMayWithdrawAtGoogle(t *testing.T) {
	t.Parallel()
	w := start(t, youtubetest.Options{})
	w.RevokeAll(owner)
	if _, err := w.c.Publish(t.Context(), w.post(film(10))); classOf(err) != provider.Reconnect || len(w.Videos()) != 0 {
		t.Errorf("%v", err)
	}
	if _, err := w.c.Refresh(t.Context(), provider.Grant{Refresh: w.refresh}); classOf(err) != provider.Reconnect {
		t.Errorf("%v", err)
	}
}
