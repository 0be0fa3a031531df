package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"net/http"
	"strings"
	"testing"

	"castad/functions/ad"
	"castad/shared/fault"
	"castad/shared/provider/providertest"

	"github.com/google/go-cmp/cmp"
)

func wish(b *bench, photos int) ad.Wish {
	return ad.Wish{Place: b.place(photos).ID, Channels: []ad.Channel{{Channel: "youtube", Account: b.account("youtube"), Privacy: "unlisted"},
		{Channel: "instagram", Account: b.account("instagram")}}}
}

func TestAPlaceBecomesAPublishedFilm(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	w := wish(b, 2)
	var a, again ad.Ad
	b.do(http.MethodPost, "/ads", "order-1", w, &a)
	b.do(http.MethodPost, "/ads", "order-1", w, &again)
	if a.ID != again.ID {
		t.Errorf("the same key made %v and %v", a.ID, again.ID)
	}
	got := b.ended(a.ID)
	if got.State != "succeeded" {
		t.Fatalf("the ad %s: %+v", got.State, got.Steps)
	}
	if n := len(b.music.Ledger()); n != 1 {
		t.Errorf("%d song tasks", n)
	}
	if n := len(b.renderer.Ledger()); n != 1 {
		t.Errorf("%d renders", n)
	}
	videos, reels := b.youtube.Videos(), b.instagram.Reels()
	if len(videos) != 1 || len(reels) != 1 || len(got.Posts) != 2 {
		t.Fatalf("%d videos, %d reels, %d posts in the ad", len(videos), len(reels), len(got.Posts))
	}
	if v := videos[0]; v.SHA256 != got.Video.SHA256 || v.Status.PrivacyStatus != "unlisted" || got.Posts[0].Privacy != "unlisted" {
		t.Errorf("the video %+v, its post %+v", v, got.Posts[0])
	}
	if r := reels[0]; r.SHA256 != got.Video.SHA256 || r.CoverBytes == 0 || !r.AIGenerated || got.Posts[1].URL != r.URL {
		t.Errorf("the reel %+v, its post %+v", r, got.Posts[1])
	}
	for _, p := range got.Posts {
		if p.State != "published" || p.URL == "" || p.ExternalID == "" {
			t.Errorf("post %+v", p)
		}
	}
	film := b.send(http.MethodGet, fmt.Sprintf("/files/%v", got.Video.File), b.token, map[string]string{"Range": "bytes=4-7"}, nil)
	if film.status != http.StatusPartialContent || string(film.body) != "ftyp" {
		t.Errorf("the film's bytes 4-7: %d %q", film.status, film.body)
	}
	if other := b.send(http.MethodGet, fmt.Sprintf("/files/%v", got.Video.File), b.signIn(), nil, nil); other.status != http.StatusNotFound {
		t.Errorf("another owner's film: %d", other.status)
	}
	events := b.send(http.MethodGet, fmt.Sprintf("/ads/%v/events", a.ID), b.token, nil, nil)
	if s := string(events.body); !strings.Contains(s, "event: change") || !strings.Contains(s, "event: end") || !strings.Contains(s, `"succeeded"`) {
		t.Errorf("events: %s", s)
	}
	if again := b.send(http.MethodPost, "/ads", b.token, jsonKey("order-1"), []byte(strings.Replace(mustJSON(t, w), `"unlisted"`, `"private"`, 1))); again.status != 422 {
		t.Errorf("the key with another wish: %d %s", again.status, again.body)
	}
}

func TestALostAnswerOfTheMusicProviderIsPaidForOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.music.Next(providertest.Fault{Op: "generate", Kind: providertest.Drop})
	var a ad.Ad
	b.do(http.MethodPost, "/ads", "order-1", wish(b, 1), &a)
	if got := b.ended(a.ID); got.State != "succeeded" {
		t.Errorf("the ad %s: %+v", got.State, got.Steps)
	}
	if n := len(b.music.Ledger()); n != 1 {
		t.Errorf("%d song tasks", n)
	}
}

// A channel's answer to what makes a post public is lost, or is an error although
// the post is there: it is found, and there is one.
func TestALostAnswerOfAChannelIsOnePost(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.youtube.Next(providertest.Fault{Op: "upload", Kind: providertest.Drop})
	b.instagram.Next(providertest.Fault{Op: "publish", Kind: providertest.StatusAfter, Status: 400, Code: "4/2207051"})
	var a ad.Ad
	b.do(http.MethodPost, "/ads", "order-1", wish(b, 1), &a)
	got := b.ended(a.ID)
	videos, reels := b.youtube.Videos(), b.instagram.Reels()
	if got.State != "succeeded" || len(videos) != 1 || len(reels) != 1 {
		t.Fatalf("the ad %s with %d videos and %d reels: %+v", got.State, len(videos), len(reels), got.Steps)
	}
	if got.Posts[0].ExternalID != videos[0].ID || got.Posts[1].ExternalID != reels[0].ID {
		t.Errorf("the ad's posts are %+v", got.Posts)
	}
}

// The owner withdraws the permission after ordering: the step says what to do, and
// goes on from there once the account is connected again.
func TestAnAccountThatIsCutOffIsConnectedAgainAndTheAdGoesOn(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	w := wish(b, 1)
	w.Channels = w.Channels[:1]
	b.youtube.RevokeAll("owner")
	var a ad.Ad
	b.do(http.MethodPost, "/ads", "order-1", w, &a)
	got := b.ended(a.ID)
	if got.State != "failed" || got.Fail == nil || got.Fail.Code != fault.CodeReconnect {
		t.Fatalf("the ad %s: %+v", got.State, got.Fail)
	}
	if again := b.send(http.MethodPost, "/ads", b.token, jsonKey("order-2"), []byte(mustJSON(t, w))); again.status != 422 || !strings.Contains(string(again.body), string(fault.CodeReconnect)) {
		t.Errorf("another order for the account: %d %s", again.status, again.body)
	}
	if account := b.account("youtube"); account != w.Channels[0].Account {
		t.Errorf("connected again it is %s, it was %s", account, w.Channels[0].Account)
	}
	for _, key := range []string{"retry", "retry", "pressed-again"} {
		b.do(http.MethodPost, fmt.Sprintf("/ads/%v/retry", a.ID), key, struct{}{}, &a)
	}
	if got := b.ended(a.ID); got.State != "succeeded" || len(b.youtube.Videos()) != 1 || len(b.music.Ledger()) != 1 {
		t.Errorf("the ad %s with %d videos and %d songs", got.State, len(b.youtube.Videos()), len(b.music.Ledger()))
	}
}

func jsonKey(key string) map[string]string {
	return map[string]string{"Content-Type": "application/json", "Idempotency-Key": key}
}

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	s, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(s)
}

// hugePNG is a PNG that says it has so many pixels, and has none.
func hugePNG(width, height uint32) string {
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32([]byte("IHDR"), width), height)
	head = append(head, 8, 2, 0, 0, 0)
	return "\x89PNG\r\n\x1a\n\x00\x00\x00\x0d" + string(binary.BigEndian.AppendUint32(head, crc32.ChecksumIEEE(head)))
}

// Every bad input gets a coded sentence in both languages and writes no row.
func TestBadInputSaysWhyAndWritesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p := b.place(1)
	bare := b.place(0)
	var a ad.Ad
	b.do(http.MethodPost, "/ads", "order-1", ad.Wish{Place: p.ID, Publish: "none"}, &a)
	b.ended(a.ID)
	before := b.rows()
	other := b.signIn()
	mine := b.token
	b.token = other
	others := b.account("youtube")
	b.token = mine
	order := fmt.Sprintf(`{"place":%q,"publish":"none"}`, p.ID)
	for name, c := range map[string]struct {
		method, path, token string
		header              map[string]string
		body                string
		status              int
		code                fault.Code
	}{
		"no token":                        {"POST", "/places", "", nil, `{"name":"x"}`, 401, fault.CodeUnauthenticated},
		"a token that is none":            {"POST", "/places", "abc", nil, `{"name":"x"}`, 401, fault.CodeUnauthenticated},
		"malformed JSON":                  {"POST", "/places", b.token, nil, `{"name":`, 400, fault.CodeMalformedJSON},
		"an unknown field":                {"POST", "/places", b.token, nil, `{"name":"x","owner":"me"}`, 400, fault.CodeUnknownField},
		"a field twice":                   {"POST", "/places", b.token, nil, `{"name":"x","name":"y"}`, 400, fault.CodeDuplicateField},
		"no name":                         {"POST", "/places", b.token, nil, `{"area":"x"}`, 400, fault.CodeMissingField},
		"a negative price":                {"POST", "/places", b.token, nil, `{"name":"x","menu":[{"name":"y","won":-1}]}`, 400, fault.CodeBadValue},
		"a body of the wrong type":        {"POST", "/places", b.token, map[string]string{"Content-Type": "text/plain"}, `{"name":"x"}`, 415, fault.CodeContentType},
		"a JSON body of 2 MB":             {"POST", "/places", b.token, nil, `{"name":"` + strings.Repeat("x", 2<<20) + `"}`, 413, fault.CodeTooLarge},
		"a photo that is text":            {"POST", fmt.Sprintf("/places/%v/photos", p.ID), b.token, map[string]string{"Content-Type": "image/jpeg"}, "hello", 400, fault.CodeNotAnImage},
		"a photo that is HTML":            {"POST", fmt.Sprintf("/places/%v/photos", p.ID), b.token, map[string]string{"Content-Type": "image/png"}, "<html><script>", 400, fault.CodeNotAnImage},
		"a photo in a form":               {"POST", fmt.Sprintf("/places/%v/photos", p.ID), b.token, map[string]string{"Content-Type": "multipart/form-data; boundary=b"}, "--b\r\n\r\nx\r\n--b--\r\n", 415, fault.CodeContentType},
		"a photo of a telephone's own":    {"POST", fmt.Sprintf("/places/%v/photos", p.ID), b.token, map[string]string{"Content-Type": "image/heic"}, "\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic....", 400, fault.CodeImageHEIC},
		"a photo of 400 megapixels":       {"POST", fmt.Sprintf("/places/%v/photos", p.ID), b.token, map[string]string{"Content-Type": "image/png"}, hugePNG(20_000, 20_000), 400, fault.CodeImageTooLarge},
		"a link to this machine":          {"POST", "/places", b.token, nil, `{"name":"x","link":"http://localhost/"}`, 400, fault.CodeBadLink},
		"a colour by its name":            {"POST", "/places", b.token, nil, `{"name":"x","colors":["red"]}`, 400, fault.CodeBadColor},
		"four colours":                    {"POST", "/places", b.token, nil, `{"name":"x","colors":["#000000","#000001","#000002","#000003"]}`, 400, fault.CodeBadValue},
		"a photo of 21 MB":                {"POST", fmt.Sprintf("/places/%v/photos", p.ID), b.token, map[string]string{"Content-Type": "image/jpeg"}, strings.Repeat("x", 21<<20), 413, fault.CodeTooLarge},
		"a photo for another's place":     {"POST", fmt.Sprintf("/places/%v/photos", p.ID), other, map[string]string{"Content-Type": "image/jpeg"}, "x", 404, fault.CodeNotFound},
		"an unknown id":                   {"GET", "/ads/ad_0000000000001", b.token, nil, "", 404, fault.CodeNotFound},
		"an id of another kind":           {"GET", "/ads/" + p.ID.String(), b.token, nil, "", 400, fault.CodeBadValue},
		"another owner's ad":              {"GET", "/ads/" + a.ID.String(), other, nil, "", 404, fault.CodeNotFound},
		"another owner's events":          {"GET", "/ads/" + a.ID.String() + "/events", other, nil, "", 404, fault.CodeNotFound},
		"another owner's place":           {"GET", "/places/" + p.ID.String(), other, nil, "", 404, fault.CodeNotFound},
		"cancelling another owner's ad":   {"POST", "/ads/" + a.ID.String() + "/cancel", other, nil, "", 404, fault.CodeNotFound},
		"retrying another owner's ad":     {"POST", "/ads/" + a.ID.String() + "/retry", other, nil, "", 404, fault.CodeNotFound},
		"an order for another's place":    {"POST", "/ads", other, jsonKey("k"), order, 404, fault.CodeNotFound},
		"an order without a key":          {"POST", "/ads", b.token, nil, order, 400, fault.CodeKeyRequired},
		"an order without photos":         {"POST", "/ads", b.token, jsonKey("k"), fmt.Sprintf(`{"place":%q,"publish":"none"}`, bare.ID), 422, fault.CodeNoPhotos},
		"an order of 20 seconds":          {"POST", "/ads", b.token, jsonKey("k"), fmt.Sprintf(`{"place":%q,"publish":"none","seconds":20}`, p.ID), 400, fault.CodeBadValue},
		"an order of an unknown template": {"POST", "/ads", b.token, jsonKey("k"), fmt.Sprintf(`{"place":%q,"publish":"none","template":"opera"}`, p.ID), 400, fault.CodeBadValue},
		"an order of 3:4":                 {"POST", "/ads", b.token, jsonKey("k"), fmt.Sprintf(`{"place":%q,"publish":"none","aspect":"3:4"}`, p.ID), 400, fault.CodeBadValue},
		"an order of draft quality":       {"POST", "/ads", b.token, jsonKey("k"), fmt.Sprintf(`{"place":%q,"publish":"none","quality":"draft"}`, p.ID), 400, fault.CodeBadValue},
		"a preview that is to be posted":  {"POST", "/ads", b.token, jsonKey("k"), fmt.Sprintf(`{"place":%q,"quality":"preview","channels":[{"channel":"youtube","account":"channel_0000000000009"}]}`, p.ID), 400, fault.CodeBadValue},
		"an order to an unknown channel":  {"POST", "/ads", b.token, jsonKey("k"), fmt.Sprintf(`{"place":%q,"channels":[{"channel":"myspace","account":"a"}]}`, p.ID), 400, fault.CodeBadValue},
		"an order to nobody's account":    {"POST", "/ads", b.token, jsonKey("k"), fmt.Sprintf(`{"place":%q,"channels":[{"channel":"youtube","account":"channel_0000000000009"}]}`, p.ID), 404, fault.CodeNotFound},
		"an order to another's account":   {"POST", "/ads", b.token, jsonKey("k"), fmt.Sprintf(`{"place":%q,"channels":[{"channel":"youtube","account":%q}]}`, p.ID, others), 404, fault.CodeNotFound},
		"an order of a private reel":      {"POST", "/ads", b.token, jsonKey("k"), fmt.Sprintf(`{"place":%q,"channels":[{"channel":"instagram","account":"channel_0000000000009","privacy":"private"}]}`, p.ID), 400, fault.CodeBadValue},
		"an order posted nowhere":         {"POST", "/ads", b.token, jsonKey("k"), fmt.Sprintf(`{"place":%q,"publish":"auto"}`, p.ID), 400, fault.CodeMissingField},
		"an order that sets its state":    {"POST", "/ads", b.token, jsonKey("k"), fmt.Sprintf(`{"place":%q,"publish":"none","state":"succeeded","tenant_id":1}`, p.ID), 400, fault.CodeUnknownField},
		"the key with another wish":       {"POST", "/ads", b.token, jsonKey("order-1"), fmt.Sprintf(`{"place":%q,"publish":"none","mood":"warm"}`, p.ID), 422, fault.CodeKeyReused},
		"cancelling what has ended":       {"POST", "/ads/" + a.ID.String() + "/cancel", b.token, nil, "", 409, fault.CodeAdEnded},
		"retrying what has not failed":    {"POST", "/ads/" + a.ID.String() + "/retry", b.token, nil, "", 409, fault.CodeAdNotFailed},
		"a list of a thousand":            {"GET", "/ads?limit=1000", b.token, nil, "", 400, fault.CodeBadValue},
		"a route that is not there":       {"GET", "/nothing", b.token, nil, "", 404, fault.CodeRouteNotFound},
		"a callback with a wrong token":   {"POST", "/callbacks/song/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "", nil, `{}`, 404, fault.CodeNotFound},
		"a callback with no token at all": {"POST", "/callbacks/video/x", "", nil, `{}`, 404, fault.CodeNotFound},
		"media with a wrong token":        {"GET", "/media/t.AAAA", "", nil, "", 404, fault.CodeNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			header := c.header
			if header == nil && c.body != "" {
				header = map[string]string{"Content-Type": "application/json"}
			}
			got := b.send(c.method, c.path, c.token, header, []byte(c.body))
			var p struct {
				Code    fault.Code        `json:"code"`
				Message map[string]string `json:"message"`
				Next    map[string]string `json:"next"`
				ID      string            `json:"request_id"`
			}
			if err := json.Unmarshal(got.body, &p); err != nil {
				t.Fatalf("%d %s: %v", got.status, got.body, err)
			}
			if got.status != c.status || p.Code != c.code {
				t.Errorf("%d %s, want %d %s: %s", got.status, p.Code, c.status, c.code, got.body)
			}
			if p.Message["ko"] == "" || p.Message["en"] == "" || p.Next["ko"] == "" || p.ID == "" || !strings.HasPrefix(got.header.Get("Content-Type"), "application/problem+json") {
				t.Errorf("not a problem in two languages: %s", got.body)
			}
		})
	}
	if diff := cmp.Diff(before, b.rows()); diff != "" {
		t.Errorf("rows were written (-before +after):\n%s", diff)
	}
}

// A stranger reaches no worker, and a message that is not ours changes nothing.
func TestWorkersTakeOnlyOurOwnMessages(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, path := range []string{"/api/song-generate", "/api/../song-generate", "//song-generate", "/song-generate/", "/SONG-GENERATE", "/api/v1/../../song-generate", "/%73ong-generate"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.url, bytes.NewReader([]byte(`{"Data":{"wake":"e30="},"Metadata":{}}`)))
		if err != nil {
			t.Fatal(err)
		}
		r.URL.Opaque = path
		a, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		a.Body.Close()
		if a.StatusCode != http.StatusNotFound && a.StatusCode != http.StatusBadRequest {
			t.Errorf("POST %s: %d", path, a.StatusCode)
		}
	}
	if err := b.invoke(t.Context(), "song-generate", `{"Data":{"wake":"eyJydW4iOiJydW5fMDAwMDAwMDAwMDAwMSJ9"},"Metadata":{"DeliveryCount":"1"}}`); err != nil {
		t.Errorf("an unsigned message must be acknowledged: %v", err)
	}
	dead, err := b.parts.outbox.Dead(t.Context(), 10)
	if err != nil || len(dead) != 1 {
		t.Fatalf("dead letters: %+v, %v", dead, err)
	}
	if err := b.parts.outbox.Redrive(t.Context(), dead[0].ID); fault.KindOf(err) != fault.Refused {
		t.Errorf("an unsigned dead letter was redriven: %v", err)
	}
}
