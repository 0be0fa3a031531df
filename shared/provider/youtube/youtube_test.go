package youtube_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"castad/shared/fault"
	"castad/shared/provider"
	"castad/shared/provider/providertest"
	"castad/shared/provider/youtube"
	"castad/shared/provider/youtube/youtubetest"

	"github.com/google/go-cmp/cmp"
)

func TestAFilmIsPublishedLookedAtFoundAndRemoved(t *testing.T) {
	t.Parallel()
	w := start(t, youtubetest.Options{Processing: time.Minute}, func(c *youtube.Config) { c.MayDelete = true })
	video := film(2*unit + 1000)
	p := w.post(video)
	if _, err := w.c.Find(t.Context(), w.sought(p)); !absent(err) {
		t.Fatalf("before: %v", err)
	}
	got, err := w.c.Publish(t.Context(), p)
	id := got.ID
	want := provider.Posted{ID: id, URL: w.URL + "/watch?v=" + id, State: provider.Processing, Privacy: provider.Public}
	if err != nil || got != want || id == "" {
		t.Fatalf("%+v, %v", got, err)
	}
	w.passed.Store(int64(20 * time.Minute))
	want.State = provider.Published
	s := w.sought(p)
	if found, err := w.c.Find(t.Context(), s); err != nil || found != want {
		t.Errorf("found %+v, %v", found, err)
	}
	s.Notes = nil // by the marker alone
	if found, err := w.c.Find(t.Context(), s); err != nil || found != want {
		t.Errorf("found by its marker: %+v, %v", found, err)
	}
	s.ID = id
	if seen, err := w.c.Look(t.Context(), s); err != nil || seen != want {
		t.Errorf("seen %+v, %v", seen, err)
	}
	if m, err := w.c.Metrics(t.Context(), s); err != nil || m != (provider.Metrics{Views: 120, Likes: 12, Comments: 2, Shares: -1, At: w.now()}) {
		t.Errorf("%+v, %v", m, err)
	}
	page := get(t, got.URL)
	for _, text := range []string{"AI 생성", "전주 골목\n\n#전주 #분식", "한빛분식"} {
		if !strings.Contains(page, text) {
			t.Errorf("%q is not on the page", text)
		}
	}
	if get(t, w.URL+"/film/"+id) != string(video) {
		t.Error("the film differs")
	}
	if other, _ := w.Grant("another"); classOf(w.c.Remove(t.Context(), provider.Sought{Access: other, ID: id})) != provider.UserFault {
		t.Error("a video that is another channel's is no fault of ours")
	}
	for range 2 { // what is gone already is removed
		if err := w.c.Remove(t.Context(), s); err != nil {
			t.Error(err)
		}
	}
	if _, err := w.c.Look(t.Context(), s); !absent(err) {
		t.Errorf("after: %v", err)
	}
}

func get(t *testing.T, address string) string {
	t.Helper()
	res, body := browse(t, http.MethodGet, address, nil)
	if res.StatusCode != 200 {
		t.Fatalf("%s: %d", address, res.StatusCode)
	}
	return body
}

func TestNothingThatMattersIsLeftToYouTubesDefaults(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	for _, privacy := range []string{provider.Public, provider.Unlisted, provider.Private} {
		for _, kids := range []bool{false, true} {
			w := start(t, youtubetest.Options{})
			p := w.post(film(1000))
			p.Privacy, p.MadeForKids = privacy, kids
			got, err := w.c.Publish(t.Context(), p)
			if err != nil || got.Privacy != privacy || got.Note != "" {
				t.Fatalf("%+v %v", got, err)
			}
			v := w.only(t)
			said := map[bool]*bool{true: &yes, false: &no}[kids]
			if diff := cmp.Diff(said, v.Status.SelfDeclaredMadeForKids); diff != "" {
				t.Errorf("made for kids: %s", diff)
			}
			if diff := cmp.Diff(&yes, v.Status.ContainsSyntheticMedia); diff != "" {
				t.Errorf("made by AI: %s", diff)
			}
			notify := map[bool]string{true: "true", false: "false"}[privacy == provider.Public]
			if v.Status.PrivacyStatus != privacy || v.Notify != notify || v.Snippet.CategoryID != "22" || v.Snippet.DefaultLanguage != "ko" {
				t.Errorf("%+v", v)
			}
			if diff := cmp.Diff([]string{"전주", "분식", marker}, v.Snippet.Tags); diff != "" {
				t.Errorf("tags: %s", diff)
			}
		}
	}
}

// A channel's default settings may overrule what we ask for; the stand-in's omitted part does it here.
func TestADifferentPrivacyIsTold(t *testing.T) {
	t.Parallel()
	w := start(t, youtubetest.Options{})
	p := w.post(film(1000))
	p.Privacy = provider.Private
	c := w.client(t, func(c *youtube.Config) {
		c.HTTP.Transport = rewrite(func(r *http.Request) {
			r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "part=snippet%2Cstatus&", "part=snippet&", 1)
		})
	})
	got, err := c.Publish(t.Context(), p)
	if err != nil || got.Privacy != provider.Public || !strings.Contains(got.Note, "the privacy is public, not private") || w.only(t).Status.PrivacyStatus != "public" {
		t.Errorf("%+v %v", got, err)
	}
}

// rewrite changes requests on their way.
type rewrite func(*http.Request)

func (f rewrite) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	f(r)
	return http.DefaultTransport.RoundTrip(r)
}

func TestWhatMustNotBePublishedIsNotSent(t *testing.T) {
	t.Parallel()
	w := start(t, youtubetest.Options{})
	long := func(n int) string { return strings.Repeat("가", n) }
	for _, row := range []struct {
		name, field string
		change      func(*provider.Post)
	}{
		{"a film that is not disclosed", "ai", func(p *provider.Post) { p.AI = provider.Disclosure{} }},
		{"a post whose privacy is not said", "privacy", func(p *provider.Post) { p.Privacy = "" }},
		{"no title", "title", func(p *provider.Post) { p.Title = " " }},
		{"a title of 101 characters", "title", func(p *provider.Post) { p.Title = long(101) }},
		{"a title with a bracket", "title", func(p *provider.Post) { p.Title = "a<b" }},
		{"a description with a bracket", "caption", func(p *provider.Post) { p.Caption = "a>b" }},
		{"a description of 5001 bytes", "caption", func(p *provider.Post) { p.Caption, p.Hashtags = strings.Repeat("a", 5001), nil }},
		{"tags that leave no room for the marker", "hashtags", func(p *provider.Post) { p.Hashtags = []string{long(495)} }},
	} {
		p := w.post(film(100))
		row.change(&p)
		if _, err := w.c.Publish(t.Context(), p); fault.KindOf(err) != fault.Refused || fault.FieldOf(err) != row.field {
			t.Errorf("%s: %v, field %q", row.name, err, fault.FieldOf(err))
		}
	}
	for _, change := range []func(*provider.Post){
		func(p *provider.Post) { p.Channel = "instagram" },
		func(p *provider.Post) { p.Notes = nil },
		func(p *provider.Post) { p.Access = "" },
		func(p *provider.Post) { p.Marker = "a,b" },
	} {
		p := w.post(film(100))
		change(&p)
		if _, err := w.c.Publish(t.Context(), p); classOf(err) != provider.OurFault {
			t.Errorf("%v", err)
		}
	}
	if w.Inserts() != 0 || w.Asked("insert") != 0 {
		t.Error("something was sent")
	}
	p := w.post(film(100))
	p.Title, p.Caption, p.Hashtags = long(100), long(1100), []string{long(490)} // the most that is taken
	if _, err := w.c.Publish(t.Context(), p); err != nil {
		t.Error(err)
	}
}

func TestAThumbnailCannotLoseAVideo(t *testing.T) {
	t.Parallel()
	for _, f := range []providertest.Fault{
		{Kind: providertest.Code, Op: "thumbnail", Code: "forbidden"},
		{Kind: providertest.Code, Op: "thumbnail", Code: "uploadRateLimitExceeded"},
		{Kind: providertest.Drop, Op: "thumbnail"},
		{Kind: providertest.Status, Op: "thumbnail", Status: 503},
	} {
		w := start(t, youtubetest.Options{})
		p := w.post(testdata(t, "turned.mp4"))
		p.Thumbnail = jpeg
		w.Next(f)
		got, err := w.c.Publish(t.Context(), p)
		if err != nil || got.ID != w.only(t).ID || !strings.Contains(got.Note, "the thumbnail was not taken") {
			t.Errorf("%v: %+v %v", f, got, err)
		}
	}
}

func TestAThumbnailThatIsForgottenIsTold(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		film       string
		processing time.Duration
		wide       bool
		told, set  bool
	}{
		{"film.mp4", time.Minute, false, true, false}, // a Short
		{"turned.mp4", time.Minute, true, false, true},
		{"film.mp4", 0, false, false, true},
	} {
		w := start(t, youtubetest.Options{Processing: row.processing})
		p := w.post(testdata(t, row.film))
		p.Thumbnail, p.Wide = jpeg, row.wide
		got, err := w.c.Publish(t.Context(), p)
		if err != nil || strings.Contains(got.Note, "before processing had ended") != row.told {
			t.Errorf("%+v: %+v %v", row, got, err)
		}
		if v := w.only(t); (v.ThumbnailBytes > 0) != row.set || (v.Ignored > 0) == row.set {
			t.Errorf("%+v: %+v", row, v)
		}
		w.passed.Store(int64(row.processing)) // a round after processing gives it once more, and a Short takes it, too
		if again, err := w.c.Publish(t.Context(), p); err != nil || again.ID != got.ID || again.Note != "" || w.only(t).ThumbnailBytes == 0 {
			t.Errorf("%+v: %+v %v", row, again, err)
		}
	}
}

func TestWhatYouTubeMakesOfAFilmIsTold(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]provider.Class{"duplicate": provider.UserFault, "copyright": provider.UserFault, "codec": provider.Failed, "tooSmall": provider.Failed} {
		w := start(t, youtubetest.Options{})
		w.Next(providertest.Fault{Kind: providertest.Fail, Op: "insert", Code: code})
		p := w.post(film(1000))
		got, err := w.c.Publish(t.Context(), p)
		if err != nil || got.ID == "" || got.State != provider.Processing {
			t.Fatalf("a rejected film is a post all the same: %+v %v", got, err)
		}
		s := w.sought(p)
		s.ID = got.ID
		seen, err := w.c.Look(t.Context(), s)
		if classOf(err) != want || codeOf(err) != code || seen.ID != got.ID || want == provider.UserFault && fault.FieldOf(err) != "video" {
			t.Errorf("%s: %+v %v", code, seen, err)
		}
	}
	w := start(t, youtubetest.Options{})
	w.Next(providertest.Fault{Kind: providertest.Never, Op: "insert"})
	p := w.post(film(1000))
	got, err := w.c.Publish(t.Context(), p)
	w.passed.Store(int64(10 * time.Hour))
	w.access, _ = w.Grant(owner)
	s := w.sought(p)
	s.ID = got.ID
	if seen, err2 := w.c.Look(t.Context(), s); err != nil || err2 != nil || seen.State != provider.Processing {
		t.Errorf("%+v %v %v", seen, err, err2)
	}
}

func TestAnswersThatProveNothing(t *testing.T) {
	t.Parallel()
	w := start(t, youtubetest.Options{})
	s := w.sought(w.post(film(10)))
	for _, f := range []providertest.Fault{{Kind: providertest.Page}, {Kind: providertest.Malformed}, {Kind: providertest.Drop}, {Kind: providertest.Truncated},
		{Kind: providertest.Status, Status: 404}, {Kind: providertest.Status, Status: 500}, {Kind: providertest.Code, Code: "quotaExceeded"}, {Kind: providertest.Code, Code: "authError"}} {
		w.Next(f)
		if _, err := w.c.Find(t.Context(), s); err == nil || absent(err) || classOf(err) == provider.Unknown {
			t.Errorf("find, %+v: %v", f, err)
		}
		s := s
		s.ID = "abc"
		w.Next(f)
		if _, err := w.c.Look(t.Context(), s); err == nil || absent(err) || classOf(err) == provider.Unknown {
			t.Errorf("look, %+v: %v", f, err)
		}
	}
	other, _ := w.Grant("somebody else")
	s.Access = other
	if _, err := w.c.Find(t.Context(), s); classOf(err) != provider.OurFault {
		t.Errorf("another channel proved that nothing is there: %v", err)
	}
	s.ID = "../x"
	if _, err := w.c.Look(t.Context(), s); classOf(err) != provider.OurFault {
		t.Errorf("%v", err)
	}
}

func TestHiddenNumbersAreNotZero(t *testing.T) {
	t.Parallel()
	w := start(t, youtubetest.Options{})
	c := w.client(t, func(c *youtube.Config) {
		c.HTTP.Transport = canned(`{"items":[{"id":"abc","statistics":{"viewCount":"7"}}]}`)
	})
	m, err := c.Metrics(t.Context(), provider.Sought{Access: "a", ID: "abc"})
	if err != nil || m != (provider.Metrics{Views: 7, Likes: -1, Comments: -1, Shares: -1, At: w.now()}) {
		t.Errorf("%+v %v", m, err)
	}
}

// canned answers everything with one body.
type canned string

func (c canned) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		_, _ = io.Copy(io.Discard, r.Body)
	}
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(string(c))), Request: r}, nil
}

func TestWithoutPermissionToDeleteTheOwnerIsTold(t *testing.T) {
	t.Parallel()
	w := start(t, youtubetest.Options{})
	if err := w.c.Remove(t.Context(), provider.Sought{Access: w.access, ID: "abc"}); classOf(err) != provider.UserFault || w.Asked("delete") != 0 {
		t.Errorf("%v", err)
	}
}

func TestSettingsThatCannotWorkAreRefused(t *testing.T) {
	t.Parallel()
	for _, change := range []func(*youtube.Config){
		func(c *youtube.Config) { c.ClientSecret = "" },
		func(c *youtube.Config) { c.ChunkBytes = unit + 1 },
		func(c *youtube.Config) { c.AuthorizeURL = "/auth" },
		func(c *youtube.Config) { c.APIURL = "http://example.com" },
		func(c *youtube.Config) { c.TokenURL = "://" },
	} {
		cfg := youtube.Config{ClientID: "a", ClientSecret: "b"}
		if c, err := youtube.New(cfg); err != nil {
			t.Fatal(err)
		} else {
			c.Close()
		}
		change(&cfg)
		if _, err := youtube.New(cfg); classOf(err) != provider.OurFault {
			t.Errorf("%v", err)
		}
	}
}
