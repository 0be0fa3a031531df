package sandbox_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"castad/shared/fault"
	"castad/shared/message"
	"castad/shared/provider"
	"castad/shared/provider/providertest"
	"castad/shared/provider/sandbox"
	"castad/shared/provider/sandbox/sandboxtest"
)

var jpeg = append([]byte{0xff, 0xd8, 0xff, 0xe0}, make([]byte, 60)...)

// film is n bytes that begin like an MP4.
func film(n int) []byte {
	b := bytes.Repeat([]byte("moovie! "), n/8+1)[:n]
	copy(b, "\x00\x00\x00\x18ftypisom")
	return b
}

func postOf(channel string, video []byte) provider.Post {
	sum := sha256.Sum256(video)
	return provider.Post{Channel: channel, Account: "acc 1", Title: "한빛분식", Caption: "전주 골목", Hashtags: []string{"전주", "분식"}, Marker: "run_x.4.1", Privacy: provider.Public,
		AI: provider.Generated(), Video: bytes.NewReader(video), Bytes: int64(len(video)), SHA256: hex.EncodeToString(sum[:]), Thumbnail: jpeg}
}

func start(t *testing.T, o sandboxtest.Options) (*sandboxtest.Server, *sandbox.Client) {
	t.Helper()
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	s := sandboxtest.Start(t, o)
	return s, client(t, s.URL, o.Key)
}

func client(t *testing.T, url, key string) *sandbox.Client {
	t.Helper()
	c, err := sandbox.New(sandbox.Config{BaseURL: url, Key: key, UploadTimeout: 20 * time.Second, HTTP: provider.HTTP{Timeout: 20 * time.Second}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// hasty is a client that does not wait long, for a server that never answers.
func hasty(t *testing.T, url string) *sandbox.Client {
	t.Helper()
	c, err := sandbox.New(sandbox.Config{BaseURL: url, UploadTimeout: time.Second, HTTP: provider.HTTP{Timeout: time.Second}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func absent(err error) bool { return errors.As(err, &message.Absent{}) }
func notYet(err error) bool { return errors.As(err, &message.NotYet{}) }

var channels = []string{sandbox.YouTube, sandbox.Instagram}

func TestAPostIsPublishedLookedAtAndFound(t *testing.T) {
	t.Parallel()
	for _, channel := range channels {
		var passed atomic.Int64 // nanoseconds
		began := time.Now()
		s, c := start(t, sandboxtest.Options{Key: "k", Processing: time.Minute, Now: func() time.Time { return began.Add(time.Duration(passed.Load())) }})
		video := film(300_000)
		if _, err := c.Find(t.Context(), provider.Sought{Channel: channel, Account: "acc 1", Marker: "run_x.4.1"}); !absent(err) {
			t.Fatalf("before: %v", err)
		}
		p, err := c.Publish(t.Context(), postOf(channel, video))
		if err != nil || p.State != provider.Processing || p.ID == "" {
			t.Fatalf("%+v, %v", p, err)
		}
		passed.Store(int64(2 * time.Minute))
		seen, err := c.Look(t.Context(), provider.Sought{Channel: channel, Account: "acc 1", ID: p.ID})
		if want := (provider.Posted{ID: p.ID, URL: p.URL, State: provider.Published}); err != nil || seen != want {
			t.Errorf("look: %+v, %v", seen, err)
		}
		if found, err := c.Find(t.Context(), provider.Sought{Channel: channel, Account: "acc 1", Marker: "run_x.4.1"}); err != nil || found != seen {
			t.Errorf("find: %+v, %v", found, err)
		}
		for _, other := range [][2]string{{channel, "acc 2"}, {map[string]string{"youtube": "instagram", "instagram": "youtube"}[channel], "acc 1"}} {
			if _, err := c.Find(t.Context(), provider.Sought{Channel: other[0], Account: other[1], Marker: "run_x.4.1"}); !absent(err) {
				t.Errorf("another account's post was found: %v", err)
			}
			if _, err := c.Look(t.Context(), provider.Sought{Channel: other[0], Account: other[1], ID: p.ID}); !absent(err) {
				t.Errorf("another account's post was shown: %v", err)
			}
		}
		kept := s.Posts()[0]
		onDisk, err := os.ReadFile(kept.Film)
		if err != nil || !bytes.Equal(onDisk, video) {
			t.Errorf("the film on disk differs: %v", err)
		}
		if kept.Caption != "전주 골목\n\n#전주 #분식" || !kept.AIGenerated || kept.Marker != "run_x.4.1" || kept.ThumbnailBytes != int64(len(jpeg)) || kept.Account != "acc 1" {
			t.Errorf("%+v", kept)
		}
		page := get(t, p.URL)
		if !strings.Contains(page, "AI 생성") || !strings.Contains(page, "전주 골목") {
			t.Errorf("the page: %s", page)
		}
		if got := get(t, p.URL+"/film.mp4"); got != string(video) {
			t.Errorf("the page's film has %d bytes", len(got))
		}
	}
}

func get(t *testing.T, url string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != 200 {
		t.Fatalf("%s: %d %v", url, res.StatusCode, err)
	}
	return string(body)
}

func TestWhatMustNotBePublishedIsNotSent(t *testing.T) {
	t.Parallel()
	s, c := start(t, sandboxtest.Options{})
	long := func(n int) string { return strings.Repeat("가", n) }
	for _, row := range []struct {
		name, channel, field string
		change               func(*provider.Post)
	}{
		{"a film that is not disclosed", "youtube", "ai", func(p *provider.Post) { p.AI = provider.Disclosure{} }},
		{"a film that is not disclosed, elsewhere", "instagram", "ai", func(p *provider.Post) { p.AI = provider.Disclosure{} }},
		{"a channel that is not there", "tiktok", "channel", func(*provider.Post) {}},
		{"no title on youtube", "youtube", "title", func(p *provider.Post) { p.Title = " " }},
		{"a title of 101 characters", "youtube", "title", func(p *provider.Post) { p.Title = long(101) }},
		{"a title with a bracket", "youtube", "title", func(p *provider.Post) { p.Title = "a<b" }},
		{"a description with a bracket", "youtube", "caption", func(p *provider.Post) { p.Caption = "a>b" }},
		{"a description of 5001 bytes", "youtube", "caption", func(p *provider.Post) { p.Caption, p.Hashtags = strings.Repeat("a", 5001), nil }},
		{"tags of 501 characters", "youtube", "hashtags", func(p *provider.Post) { p.Hashtags = []string{long(501)} }},
		{"a caption of 2201 characters", "instagram", "caption", func(p *provider.Post) { p.Caption, p.Hashtags = long(2201), nil }},
		{"31 hashtags", "instagram", "hashtags", func(p *provider.Post) { p.Hashtags = strings.Split(strings.Repeat("a,", 30)+"a", ",") }},
		{"21 mentions", "instagram", "caption", func(p *provider.Post) { p.Caption = strings.Repeat("@a ", 21) }},
	} {
		p := postOf(row.channel, film(100))
		row.change(&p)
		if _, err := c.Publish(t.Context(), p); fault.KindOf(err) != fault.Refused || fault.FieldOf(err) != row.field {
			t.Errorf("%s: %v, field %q", row.name, err, fault.FieldOf(err))
		}
	}
	if s.Asked("open") != 0 {
		t.Error("something was sent")
	}
	for _, p := range []provider.Post{postOf("youtube", film(100)), postOf("instagram", film(100))} {
		p.Title, p.Caption, p.Hashtags = long(100), long(1600), nil // the most that both take
		if _, err := c.Publish(t.Context(), p); err != nil {
			t.Errorf("%s: %v", p.Channel, err)
		}
	}
}

// The dangerous moment and everything before it, on both channels.
func TestOnlyTheLastRequestCanBeUnknown(t *testing.T) {
	t.Parallel()
	f := func(op string, kind providertest.Kind, status int) providertest.Fault {
		return providertest.Fault{Kind: kind, Op: op, Status: status, RetryAfter: "4"}
	}
	for _, row := range []struct {
		name, channel string
		fault         providertest.Fault
		class         provider.Class
		posts         int
	}{
		{"opening is lost", "youtube", f("open", providertest.Drop, 0), provider.Later, 0},
		{"opening hangs", "instagram", f("open", providertest.Hang, 0), provider.Later, 0},
		{"opening is not understood", "youtube", f("open", providertest.Malformed, 0), provider.Later, 0},
		{"opening meets a broken server", "instagram", f("open", providertest.Status, 503), provider.Later, 0},
		{"opening is too often", "youtube", f("open", providertest.Status, 429), provider.RateLimited, 0},
		{"the key is wrong", "youtube", f("open", providertest.Status, 401), provider.OurFault, 0},
		{"the thumbnail is lost", "youtube", f("thumbnail", providertest.Drop, 0), provider.Later, 0},
		{"the cover meets a broken server", "instagram", f("thumbnail", providertest.Status, 500), provider.Later, 0},
		{"the thumbnail is refused", "youtube", f("thumbnail", providertest.Status, 422), provider.UserFault, 0},
		{"the container's film is lost", "instagram", f("upload", providertest.Drop, 0), provider.Later, 0},
		{"the container's film meets a broken server", "instagram", f("upload", providertest.Status, 502), provider.Later, 0},
		{"the last answer is lost", "youtube", f("publish", providertest.Drop, 0), provider.Unknown, 1},
		{"the last answer is lost", "instagram", f("publish", providertest.Drop, 0), provider.Unknown, 1},
		{"the last answer does not come", "youtube", f("publish", providertest.Hang, 0), provider.Unknown, 1},
		{"the last answer does not come", "instagram", f("publish", providertest.Hang, 0), provider.Unknown, 1},
		{"the last answer breaks off", "youtube", f("publish", providertest.Truncated, 0), provider.Unknown, 1},
		{"the last answer is not understood", "instagram", f("publish", providertest.Malformed, 0), provider.Unknown, 1},
		{"the last answer is a gateway's", "youtube", f("publish", providertest.StatusAfter, 504), provider.Unknown, 1},
		{"the last answer is a gateway's", "instagram", f("publish", providertest.StatusAfter, 502), provider.Unknown, 1},
		{"the last request is lost", "instagram", f("publish", providertest.DropBefore, 0), provider.Unknown, 0},
		{"the last request is too often", "instagram", f("publish", providertest.Status, 429), provider.RateLimited, 0},
	} {
		t.Run(row.name+" on "+row.channel, func(t *testing.T) {
			t.Parallel()
			s, c := start(t, sandboxtest.Options{})
			s.Next(row.fault)
			if row.fault.Hangs() {
				c = hasty(t, s.URL)
			}
			_, err := c.Publish(t.Context(), postOf(row.channel, film(1000)))
			var e *provider.Error
			if !errors.As(err, &e) || e.Class != row.class {
				t.Fatalf("%v, want %v", err, row.class)
			}
			if e.Class == provider.RateLimited && e.RetryAfter != 4*time.Second {
				t.Errorf("retry after %v", e.RetryAfter)
			}
			if n := len(s.Posts()); n != row.posts || s.Asked("publish") > 1 {
				t.Errorf("%d posts, %d times asked to publish", n, s.Asked("publish"))
			}
			c = client(t, s.URL, "")
			// Looking settles what is unknown, and what was later has left nothing.
			_, err = c.Find(t.Context(), provider.Sought{Channel: row.channel, Account: "acc 1", Marker: "run_x.4.1"})
			if row.posts == 1 && err != nil || row.posts == 0 && !absent(err) {
				t.Errorf("find: %v", err)
			}
		})
	}
}

// oneWay is a film that can be read in order only.
type oneWay struct{ io.Reader }

func (oneWay) Seek(int64, int) (int64, error) { return 0, errors.ErrUnsupported }

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errors.New("blob connection lost") }

func TestAFilmThatCannotBeReadToItsEndIsLater(t *testing.T) {
	t.Parallel()
	for _, channel := range channels {
		s, c := start(t, sandboxtest.Options{})
		p := postOf(channel, film(200_000))
		p.Video = oneWay{io.MultiReader(bytes.NewReader(film(100_000)), brokenReader{})}
		_, err := c.Publish(t.Context(), p)
		if fault.KindOf(err) != fault.Unavailable || len(s.Posts()) != 0 {
			t.Errorf("%s: %v", channel, err)
		}
		p.Video = bytes.NewReader(film(100_000)) // shorter than announced
		if _, err := c.Publish(t.Context(), p); fault.KindOf(err) != fault.Unavailable || len(s.Posts()) != 0 {
			t.Errorf("%s: %v", channel, err)
		}
	}
}

func TestAnotherFilmThanAnnouncedIsOurFault(t *testing.T) {
	t.Parallel()
	for _, channel := range channels {
		s, c := start(t, sandboxtest.Options{})
		p := postOf(channel, film(1000))
		other := film(1000)
		other[500] ^= 1
		p.Video = bytes.NewReader(other)
		if _, err := c.Publish(t.Context(), p); fault.KindOf(err) != fault.Misconfigured || len(s.Posts()) != 0 {
			t.Errorf("%s: %v", channel, err)
		}
		q := postOf(channel, []byte("this is no film at all, only text"))
		if _, err := c.Publish(t.Context(), q); fault.KindOf(err) != fault.Refused || len(s.Posts()) != 0 {
			t.Errorf("%s: %v", channel, err)
		}
		q = postOf(channel, film(1000))
		q.Thumbnail = []byte("not a picture")
		if _, err := c.Publish(t.Context(), q); fault.KindOf(err) != fault.Refused || len(s.Posts()) != 0 {
			t.Errorf("%s: %v", channel, err)
		}
		longer := film(1000)
		q = postOf(channel, longer)
		q.Video = bytes.NewReader(append(longer[:len(longer):len(longer)], "and a tail that nobody announced"...))
		if _, err := c.Publish(t.Context(), q); err != nil {
			t.Errorf("%s: only the announced bytes are sent: %v", channel, err)
		}
	}
}

func TestThereIsNoProofOfAbsenceWhileAFilmArrives(t *testing.T) {
	t.Parallel()
	s, c := start(t, sandboxtest.Options{})
	r, w := io.Pipe()
	video := film(100_000)
	p := postOf("youtube", video)
	p.Video = oneWay{r}
	done := make(chan error, 1)
	go func() { _, err := c.Publish(t.Context(), p); done <- err }()
	if _, err := w.Write(video[:50_000]); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(5 * time.Second); ; {
		_, err := c.Find(t.Context(), provider.Sought{Channel: "youtube", Account: "acc 1", Marker: "run_x.4.1"})
		if notYet(err) {
			break
		}
		if !absent(err) || time.Now().After(deadline) {
			t.Fatalf("while arriving: %v", err)
		}
		time.Sleep(5 * time.Millisecond)
	}
	if _, err := w.Write(video[50_000:]); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if found, err := c.Find(t.Context(), provider.Sought{Channel: "youtube", Account: "acc 1", Marker: "run_x.4.1"}); err != nil || found.ID != s.Posts()[0].ID {
		t.Errorf("%+v %v", found, err)
	}
}

func TestWhoAsksTwicePublishesTwice(t *testing.T) {
	t.Parallel()
	s, c := start(t, sandboxtest.Options{})
	var first provider.Posted
	for i := range 2 {
		p, err := c.Publish(t.Context(), postOf("instagram", film(1000)))
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			first = p
		}
	}
	if n := len(s.Posts()); n != 2 {
		t.Errorf("%d posts: a real channel knows no idempotency", n)
	}
	if found, err := c.Find(t.Context(), provider.Sought{Channel: "instagram", Account: "acc 1", Marker: "run_x.4.1"}); err != nil || found.ID != first.ID {
		t.Errorf("not the earliest: %+v %v", found, err)
	}
}

func TestAnswersThatProveNothing(t *testing.T) {
	t.Parallel()
	s, c := start(t, sandboxtest.Options{})
	for _, f := range []providertest.Fault{{Kind: providertest.Page}, {Kind: providertest.Malformed}, {Kind: providertest.Drop}, {Kind: providertest.Truncated},
		{Kind: providertest.Status, Status: 404}, {Kind: providertest.Status, Status: 422, Code: "x"}, {Kind: providertest.Status, Status: 500}, {Kind: providertest.Status, Status: 401}} {
		s.Next(f)
		if _, err := c.Find(t.Context(), provider.Sought{Channel: "youtube", Account: "acc 1", Marker: "m"}); err == nil || absent(err) || fault.KindOf(err) == fault.Refused || fault.KindOf(err) == fault.Unknown {
			t.Errorf("find, %+v: %v", f, err)
		}
		s.Next(f)
		if _, err := c.Look(t.Context(), provider.Sought{Channel: "youtube", Account: "acc 1", ID: "ABC"}); err == nil || absent(err) || fault.KindOf(err) == fault.Refused || fault.KindOf(err) == fault.Unknown {
			t.Errorf("look, %+v: %v", f, err)
		}
	}
	if _, err := c.Look(t.Context(), provider.Sought{Channel: "youtube", Account: "acc 1", ID: "ABC"}); !absent(err) {
		t.Errorf("%v", err)
	}
	if _, err := c.Look(t.Context(), provider.Sought{Channel: "youtube", Account: "acc 1", ID: "../x"}); fault.KindOf(err) != fault.Misconfigured {
		t.Errorf("%v", err)
	}
	if _, err := c.Find(t.Context(), provider.Sought{Channel: "youtube", Account: "acc 1", Marker: ""}); fault.KindOf(err) != fault.Misconfigured {
		t.Errorf("every post was asked for: %v", err)
	}
}

// lines hands on what is written.
type lines chan string

func (l lines) Write(p []byte) (int, error) { l <- string(p); return len(p), nil }

type canned string

func (c canned) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		_, _ = io.Copy(io.Discard, r.Body)
	}
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(string(c))), Request: r}, nil
}

func FuzzAnswers(f *testing.F) {
	f.Add(`{"items":[{"id":"A","url":"u","state":"published"}],"settled":true}`)
	f.Add(`{"id":"A","url":"u","state":"failed"}`)
	f.Add(`{"items":[],"settled":true}`)
	f.Add(`{"items":null}`)
	f.Fuzz(func(t *testing.T, body string) {
		c, err := sandbox.New(sandbox.Config{BaseURL: "https://api.example.com", HTTP: provider.HTTP{Transport: canned(body)}})
		if err != nil {
			t.Fatal(err)
		}
		found, err := c.Find(t.Context(), provider.Sought{Channel: "youtube", Account: "a", Marker: "m"})
		if (err == nil) == (found.ID == "") && !strings.Contains(body, "failed") {
			t.Errorf("%+v %v", found, err)
		}
		var list struct {
			Items   []any
			Settled bool
		}
		if absent(err) && (json.Unmarshal([]byte(body), &list) != nil || len(list.Items) > 0 || !list.Settled) {
			t.Errorf("absence was proven by %q", body)
		}
		if p, err := c.Publish(t.Context(), postOf("youtube", film(100))); err == nil && p.ID == "" || fault.KindOf(err) == fault.Internal {
			t.Errorf("%+v %v", p, err)
		}
	})
}
