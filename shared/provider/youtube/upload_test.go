package youtube_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"castad/shared/fault"
	"castad/shared/provider"
	"castad/shared/provider/providertest"
	"castad/shared/provider/youtube"
	"castad/shared/provider/youtube/youtubetest"
)

func upload(kind providertest.Kind, status int) providertest.Fault {
	return providertest.Fault{Kind: kind, Op: "upload", Status: status, RetryAfter: "4"}
}

// Up to the last chunk nothing is visible; the last chunk is the dangerous moment.
func TestOnlyTheLastChunkCanBeUnknown(t *testing.T) {
	t.Parallel()
	last := []byte{'x'}
	for _, row := range []struct {
		name   string
		before []providertest.Fault
		video  []byte
		class  provider.Class
		videos int
	}{
		{"opening is lost", []providertest.Fault{{Kind: providertest.Drop, Op: "insert"}}, film(unit), provider.Later, 0},
		{"opening hangs", []providertest.Fault{{Kind: providertest.Hang, Op: "insert"}}, film(unit), provider.Later, 0},
		{"opening meets a broken server", []providertest.Fault{{Kind: providertest.Status, Op: "insert", Status: 502}}, film(unit), provider.Later, 0},
		{"a session without an address", []providertest.Fault{{Kind: providertest.Page, Op: "insert"}}, film(unit), provider.Later, 0},
		{"a chunk is lost", []providertest.Fault{upload(providertest.Drop, 0)}, film(2 * unit), provider.Later, 0},
		{"a chunk hangs", []providertest.Fault{upload(providertest.Hang, 0)}, film(2 * unit), provider.Later, 0},
		{"a chunk meets a broken server", []providertest.Fault{upload(providertest.Status, 503)}, film(2 * unit), provider.Later, 0},
		{"a chunk is too often", []providertest.Fault{upload(providertest.Status, 429)}, film(2 * unit), provider.RateLimited, 0},
		{"the last answer is lost", []providertest.Fault{upload(providertest.Drop, 0)}, last, provider.Unknown, 1},
		{"the last answer does not come", []providertest.Fault{upload(providertest.Hang, 0)}, last, provider.Unknown, 1},
		{"the last answer breaks off", []providertest.Fault{upload(providertest.Truncated, 0)}, last, provider.Unknown, 1},
		{"the last answer is not understood", []providertest.Fault{upload(providertest.Malformed, 0)}, last, provider.Unknown, 1},
		{"the last answer is a page", []providertest.Fault{upload(providertest.Page, 0)}, last, provider.Unknown, 1},
		{"the last answer is a gateway's", []providertest.Fault{upload(providertest.StatusAfter, 504)}, last, provider.Unknown, 1},
		{"the last chunk is lost", []providertest.Fault{upload(providertest.DropBefore, 0)}, last, provider.Unknown, 0},
		{"the last chunk finds no session", []providertest.Fault{upload(providertest.Expire, 410)}, last, provider.Unknown, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := start(t, youtubetest.Options{})
			w.Next(row.before...)
			c := w.c
			if row.before[0].Hangs() {
				c = w.client(t, hasty)
			}
			p := w.post(row.video)
			_, err := c.Publish(t.Context(), p)
			if classOf(err) != row.class {
				t.Fatalf("%v, want %v", err, row.class)
			}
			if s := row.before[0].Status; (s == 503 || s == 429) && fault.RetryAfterOf(err) != 4*time.Second {
				t.Errorf("retry after %v", fault.RetryAfterOf(err))
			}
			if n := len(w.Videos()); n != row.videos {
				t.Errorf("%d videos", n)
			}
			found, err := w.c.Find(t.Context(), w.sought(p))
			switch {
			case row.videos == 1 && (err != nil || found.ID != w.only(t).ID):
				t.Errorf("find: %+v %v", found, err)
			case row.videos == 0 && err == nil:
				t.Errorf("found %+v", found)
			}
			if w.Asked("upload") > 1 || w.Asked("insert") > 1 {
				t.Errorf("%d chunks, %d sessions", w.Asked("upload"), w.Asked("insert"))
			}
			w.goesOn(t, p, row.before[0].Kind == providertest.Expire)
		})
	}
}

// goesOn publishes without asking first: that ends with one video, or with none when
// the session is lost.
func (w *world) goesOn(t *testing.T, p provider.Post, gone bool) {
	t.Helper()
	var err error
	for range 3 {
		if _, err = w.c.Publish(t.Context(), p); err == nil {
			break
		}
	}
	if n := len(w.Videos()); gone && (n != 0 || classOf(err) != provider.Unknown) || !gone && (n != 1 || err != nil) {
		t.Errorf("%d videos, %v", n, err)
	}
}

// Seen at once in a chunk: what is stored may be less than what was sent, and no Range means nothing.
func TestAnUploadGoesOnWhereYouTubeSaysThatItIs(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		fault   providertest.Fault
		resent  int64
		uploads int
	}{
		"308 with a Range lower than sent": {upload(providertest.Partial, 0), unit, 4},
		"308 without Range":                {upload(providertest.Forget, 0), 0, 4},
		"no fault":                         {providertest.Fault{Kind: providertest.Slow, Op: "thumbnail"}, 0, 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := start(t, youtubetest.Options{}, func(c *youtube.Config) { c.ChunkBytes = 2 * unit })
			video := film(5*unit + 77)
			p := w.post(video)
			w.Next(row.fault)
			if _, err := w.c.Publish(t.Context(), p); err != nil {
				t.Fatal(err)
			}
			v := w.only(t)
			if v.SHA256 != p.SHA256 || v.Received != int64(len(video))+row.resent || w.Asked("upload") != row.uploads || w.Inserts() != 1 {
				t.Errorf("%+v, %d chunks", v, w.Asked("upload"))
			}
		})
	}
}

func TestAServerThatKeepsNothingIsGivenUp(t *testing.T) {
	t.Parallel()
	w := start(t, youtubetest.Options{})
	f := upload(providertest.Forget, 0)
	f.Times = 100
	w.Next(f)
	_, err := w.c.Publish(t.Context(), w.post(film(2*unit)))
	if classOf(err) != provider.Later || codeOf(err) != "no_progress" || w.Asked("upload") != 3 {
		t.Errorf("%v after %d chunks", err, w.Asked("upload"))
	}
}

func TestALostSessionIsOpenedAnewOnlyBeforeItsLastByte(t *testing.T) {
	t.Parallel()
	for _, status := range []int{404, 410} {
		w := start(t, youtubetest.Options{})
		p := w.post(film(3 * unit))
		w.Next(providertest.Fault{Kind: providertest.Expire, Op: "upload", Status: status})
		if _, err := w.c.Publish(t.Context(), p); classOf(err) != provider.Later || codeOf(err) != "session_gone" {
			t.Fatalf("%d: %v", status, err)
		}
		if _, err := w.c.Find(t.Context(), w.sought(p)); !absent(err) {
			t.Errorf("%d: nothing can be there: %v", status, err)
		}
		if _, err := w.c.Publish(t.Context(), p); err != nil || w.only(t).SHA256 != p.SHA256 || w.Inserts() != 2 {
			t.Errorf("%d: %v, %d sessions", status, err, w.Inserts())
		}

		w = start(t, youtubetest.Options{})
		p = w.post(film(3 * unit))
		w.Next(providertest.Fault{Kind: providertest.Slow, Op: "upload", Times: 2}, providertest.Fault{Kind: providertest.Drop, Op: "upload"},
			providertest.Fault{Kind: providertest.Expire, Op: "probe", Status: status, Times: 9})
		for range 2 { // the last answer is lost, then the session
			if _, err := w.c.Publish(t.Context(), p); classOf(err) != provider.Unknown {
				t.Fatalf("%d: %v", status, err)
			}
		}
		if found, err := w.c.Find(t.Context(), w.sought(p)); err != nil || found.ID != w.only(t).ID || w.Inserts() != 1 {
			t.Errorf("%d: %+v %v, %d sessions", status, found, err, w.Inserts())
		}
	}
}

func TestNotFoundIsNoProofOnceTheLastByteWasSent(t *testing.T) {
	t.Parallel()
	w := start(t, youtubetest.Options{})
	p := w.post(film(100))
	w.Next(upload(providertest.DropBefore, 0), providertest.Fault{Kind: providertest.Expire, Op: "probe"})
	if _, err := w.c.Publish(t.Context(), p); classOf(err) != provider.Unknown {
		t.Fatal(err)
	}
	if _, err := w.c.Find(t.Context(), w.sought(p)); !notYet(err) {
		t.Errorf("%v", err)
	}
	s := w.sought(p)
	s.Notes = []byte("no notes at all")
	if _, err := w.c.Find(t.Context(), s); !notYet(err) {
		t.Errorf("%v", err)
	}
}

func TestALivingSessionProvesThatNothingIsThere(t *testing.T) {
	t.Parallel()
	w := start(t, youtubetest.Options{})
	p := w.post(film(2*unit + 5))
	w.Next(upload(providertest.Drop, 0))
	if _, err := w.c.Publish(t.Context(), p); classOf(err) != provider.Later {
		t.Fatal(err)
	}
	if _, err := w.c.Find(t.Context(), w.sought(p)); !absent(err) {
		t.Errorf("%v", err)
	}
	if w.Asked("channels") != 0 {
		t.Error("the channel was searched, though the session knows")
	}
	if _, err := w.c.Publish(t.Context(), p); err != nil {
		t.Error(err)
	}
	if v := w.only(t); v.Received != p.Bytes || w.Inserts() != 1 {
		t.Errorf("%d of %d bytes, %d sessions", v.Received, p.Bytes, w.Inserts())
	}
}

// Everything is there and no video yet: it may appear at any time.
func TestAWholeFilmWithoutAVideoIsUnknown(t *testing.T) {
	t.Parallel()
	w := start(t, youtubetest.Options{})
	c := w.client(t, func(c *youtube.Config) { c.HTTP.Transport = unended{} })
	p := w.post(film(10))
	for range 2 {
		if _, err := c.Publish(t.Context(), p); classOf(err) != provider.Unknown {
			t.Errorf("%v", err)
		}
	}
	if _, err := c.Find(t.Context(), w.sought(p)); !notYet(err) {
		t.Errorf("%v", err)
	}
}

// unended has ten bytes of film and does not get on with them.
type unended struct{}

func (unended) RoundTrip(r *http.Request) (*http.Response, error) {
	_, _ = io.Copy(io.Discard, r.Body)
	res := &http.Response{StatusCode: 308, Header: http.Header{"Range": {"bytes=0-9"}}, Body: http.NoBody, Request: r}
	if r.Method == http.MethodPost {
		res.StatusCode, res.Header = 200, http.Header{"Location": {"http://" + r.URL.Host + "/upload/youtube/v3/videos?upload_id=s"}}
	}
	return res, nil
}

type brokenReader struct{ io.ReadSeeker }

func (b brokenReader) Read(p []byte) (int, error) {
	if at, _ := b.Seek(0, io.SeekCurrent); at > 100 {
		return 0, errors.New("blob connection lost")
	}
	return b.ReadSeeker.Read(p[:min(len(p), 60)])
}

type unseekable struct{ io.ReadSeeker }

func (unseekable) Seek(int64, int) (int64, error) { return 0, errors.New("blob is gone") }

func TestAFilmThatCannotBeReadToItsEndIsLater(t *testing.T) {
	t.Parallel()
	for name, video := range map[string]func(io.ReadSeeker) io.ReadSeeker{
		"breaks off":  func(r io.ReadSeeker) io.ReadSeeker { return brokenReader{r} },
		"no place":    func(r io.ReadSeeker) io.ReadSeeker { return unseekable{r} },
		"too short":   func(io.ReadSeeker) io.ReadSeeker { return strings.NewReader("short") },
		"nothing yet": func(io.ReadSeeker) io.ReadSeeker { return strings.NewReader("") },
	} {
		w := start(t, youtubetest.Options{})
		p := w.post(film(1000))
		whole := p.Video
		p.Video = video(p.Video)
		if _, err := w.c.Publish(t.Context(), p); classOf(err) != provider.Later || len(w.Videos()) != 0 {
			t.Errorf("%s: %v", name, err)
		}
		p.Video = whole
		if _, err := w.c.Publish(t.Context(), p); err != nil || w.only(t).SHA256 != p.SHA256 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

type fullMemo struct {
	*memo
	left int
}

func (m *fullMemo) Keep(ctx context.Context, notes []byte) error {
	if m.left--; m.left < 0 {
		return errors.New("database is away")
	}
	return m.memo.Keep(ctx, notes)
}

func TestWhatIsNotKeptIsNotDone(t *testing.T) {
	t.Parallel()
	for keeps, uploads := range []int{0, 1, 2, 2} {
		w := start(t, youtubetest.Options{})
		p := w.post(film(2*unit + 1))
		p.Notes = &fullMemo{&memo{}, keeps}
		_, err := w.c.Publish(t.Context(), p)
		if classOf(err) != provider.Later || codeOf(err) != "notes_not_kept" || w.Asked("upload") != uploads {
			t.Errorf("%d notes: %v, %d chunks", keeps, err, w.Asked("upload"))
		}
	}
}

// A process whose lease has run out may still be uploading when the next one begins.
func TestTheLastChunkIsSentOnlyWhileThePostIsOurs(t *testing.T) {
	t.Parallel()
	for _, first := range []providertest.Kind{providertest.Slow, providertest.DropBefore} { // the last chunk was never tried, or was
		w := start(t, youtubetest.Options{})
		p := w.post(film(unit + 1))
		w.Next(upload(providertest.Slow, 0), upload(first, 0), upload(providertest.DropBefore, 0))
		left := 2 // the session, the first chunk
		if first == providertest.DropBefore {
			_, _ = w.c.Publish(t.Context(), p)
			left = 0
		}
		before := w.Asked("upload")
		p.Notes = &fullMemo{p.Notes.(*memo), left}
		_, err := w.c.Publish(t.Context(), p)
		if codeOf(err) != "notes_not_kept" || w.Asked("upload")-before != left/2 || len(w.Videos()) != 0 {
			t.Errorf("%v, %d chunks", err, w.Asked("upload")-before)
		}
	}
}

// An invocation has minutes; a long film on a slow line takes several of them, and none is a failure.
func TestAFilmThatIsTooLongForOneCallGoesOnInTheNext(t *testing.T) {
	t.Parallel()
	var passed atomic.Int64
	real := time.Now()
	w := start(t, youtubetest.Options{}, func(c *youtube.Config) {
		c.Now = func() time.Time { return real.Add(time.Duration(passed.Load())) }
		c.HTTP.Transport = rewrite(func(r *http.Request) {
			if r.ContentLength == unit {
				passed.Add(int64(100 * time.Second)) // what a chunk takes
			}
		})
	})
	p := w.post(film(5*unit + 1))
	calls := 1
	for ; ; calls++ {
		passed.Store(0)
		ctx, cancel := context.WithDeadline(t.Context(), real.Add(300*time.Second))
		_, err := w.c.Publish(ctx, p)
		cancel()
		if err == nil {
			break
		}
		if !notYet(err) || len(w.Videos()) != 0 || calls == 9 {
			t.Fatalf("call %d: %v", calls, err)
		}
	}
	if v := w.only(t); calls != 3 || v.Received != p.Bytes || w.Inserts() != 1 {
		t.Errorf("%d calls, %d of %d bytes, %d sessions", calls, v.Received, p.Bytes, w.Inserts())
	}
}
