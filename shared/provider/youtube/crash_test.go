package youtube_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"castad/shared/provider"
	"castad/shared/provider/providertest"
	"castad/shared/provider/youtube"
	"castad/shared/provider/youtube/youtubetest"

	"pgregory.net/rapid"
)

// A mortal process dies at its n-th step: each request has three (before it, in the middle of its
// body, after its answer came and before anybody saw it), each note two. After it
// nothing happens any more.
type mortal struct {
	left int
	dead bool
}

type killed struct{}

// step is one of the points where the process may end.
func (m *mortal) step() {
	if m.left--; m.left < 0 {
		m.dead = true
	}
	if m.dead {
		panic(killed{})
	}
}

func (m *mortal) RoundTrip(r *http.Request) (*http.Response, error) {
	m.step()
	if r.ContentLength > 1000 {
		if m.left--; m.left < 0 {
			m.dead = true
			r = r.Clone(r.Context())
			r.Body = io.NopCloser(io.MultiReader(io.LimitReader(r.Body, r.ContentLength*2/3), cut{})) // kill -9 closes the connection
		}
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	m.step()
	return res, err
}

type cut struct{}

func (cut) Read([]byte) (int, error) { return 0, errors.New("the process is dead") }

// mortalMemo are the notes that a mortal process keeps; what it kept is there for the next.
type mortalMemo struct {
	provider.Notes
	m *mortal
}

func (n mortalMemo) Keep(ctx context.Context, notes []byte) error {
	n.m.step()
	err := n.Notes.Keep(ctx, notes)
	n.m.step()
	return err
}

// publishMortal publishes until the n-th step.
func publishMortal(w *world, p provider.Post, n int, client func(http.RoundTripper) *youtube.Client) (posted provider.Posted, err error, died bool) {
	m := &mortal{left: n}
	defer func() {
		switch r := recover(); r {
		case nil:
		case killed{}:
			died = true
		default:
			panic(r)
		}
	}()
	p.Notes = mortalMemo{p.Notes, m}
	posted, err = client(m).Publish(context.Background(), p)
	return posted, err, false
}

// settle does what the step engine does with a post whose outcome may be unknown: it
// looks, and publishes again only what is proven absent.
func settle(w *world, c *youtube.Client, p provider.Post, posted provider.Posted, err error, died bool) (id string, settled bool) {
	unsure := died || classOf(err) == provider.Unknown
	if !unsure {
		return posted.ID, err == nil
	}
	found, err := c.Find(context.Background(), w.sought(p))
	return found.ID, err == nil
}

func TestAProcessThatDiesAnywhereLeavesOneVideo(t *testing.T) {
	t.Parallel()
	const chunk = 2 * unit
	video := film(2*chunk + 5*1000)
	steps := 0
	for died := true; died; steps++ {
		w := start(t, youtubetest.Options{})
		client := func(via http.RoundTripper) *youtube.Client {
			return w.client(t, func(c *youtube.Config) { c.ChunkBytes, c.HTTP.Transport = chunk, via })
		}
		p := w.post(video)
		posted, err, dead := publishMortal(w, p, steps, client)
		died = dead
		id, settled := settle(w, w.c, p, posted, err, dead)
		if !settled {
			if posted, err = client(nil).Publish(t.Context(), p); err != nil {
				t.Fatalf("step %d: %v", steps, err)
			}
			id = posted.ID
		}
		v := w.only(t)
		if v.ID != id || v.SHA256 != p.SHA256 {
			t.Errorf("step %d: %s, not %s", steps, id, v.ID)
		}
		// What was cut may come twice; a chunk that YouTube has answered does not.
		if v.Received-v.Bytes >= chunk || w.Inserts() > 2 {
			t.Errorf("step %d: %d of %d bytes, %d sessions", steps, v.Received, v.Bytes, w.Inserts())
		}
		// And again, as an engine would that was told nothing.
		again, err := client(nil).Publish(t.Context(), p)
		if err != nil || again.ID != v.ID || len(w.Videos()) != 1 {
			t.Errorf("step %d: published again: %+v %v", steps, again, err)
		}
	}
	if steps < 18 {
		t.Errorf("only %d steps", steps)
	}
}

// A process that dies after the last byte and before the picture leaves a video that
// shows a frame of itself. Nobody goes back to it, so whoever finds it says so; and of
// one whose picture is known to be there nothing is said.
func TestAVideoThatWasLeftWithoutItsThumbnailSaysSo(t *testing.T) {
	t.Parallel()
	bare, steps := 0, 0
	for died := true; died; steps++ {
		w := start(t, youtubetest.Options{})
		client := func(via http.RoundTripper) *youtube.Client {
			return w.client(t, func(c *youtube.Config) { c.HTTP.Transport = via })
		}
		p := w.post(film(1000))
		p.Thumbnail = jpeg
		posted, err, dead := publishMortal(w, p, steps, client)
		died = dead
		id, settled := settle(w, w.c, p, posted, err, dead)
		if !settled {
			continue
		}
		s := w.sought(p)
		s.ID = id
		seen, err := w.c.Look(t.Context(), s)
		if err != nil {
			t.Fatalf("step %d: %v", steps, err)
		}
		said, has := seen.Note != "", w.only(t).ThumbnailBytes > 0
		if !has && !said || !died && said {
			t.Errorf("step %d: a thumbnail %v, and the note is %q", steps, has, seen.Note)
		}
		if !has {
			bare++
		}
	}
	if bare == 0 || steps < 10 {
		t.Errorf("%d of %d deaths left a video without its thumbnail", bare, steps)
	}
}

// Deaths and faults in any order: never two videos, and one in the end unless the
// session is lost at the dangerous moment, when a person must look.
func TestNoOrderOfDeathsAndFaultsPostsTwice(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		dir, err := os.MkdirTemp(t.TempDir(), "")
		if err != nil {
			r.Fatal(err)
		}
		w := open(r, youtubetest.Options{Dir: dir})
		chunk := int64(unit) * rapid.Int64Range(1, 3).Draw(r, "units of a chunk")
		p := w.post(film(rapid.IntRange(1, 3*unit+7).Draw(r, "bytes")))
		client := func(via http.RoundTripper) *youtube.Client {
			return w.client(r, func(c *youtube.Config) { c.ChunkBytes, c.HTTP.Transport = chunk, via })
		}
		faults := rapid.SliceOfN(rapid.Custom(func(r *rapid.T) providertest.Fault {
			f := providertest.Fault{Op: rapid.SampledFrom([]string{"insert", "upload", "upload", "probe"}).Draw(r, "op"), Status: 503}
			f.Kind = rapid.SampledFrom([]providertest.Kind{providertest.Drop, providertest.DropBefore, providertest.Status, providertest.StatusAfter, providertest.Truncated, providertest.Malformed}).Draw(r, "kind")
			if f.Op != "insert" && rapid.IntRange(0, 2).Draw(r, "of an upload") == 0 {
				f.Kind = rapid.SampledFrom([]providertest.Kind{providertest.Partial, providertest.Forget, providertest.Expire}).Draw(r, "keeps")
				f.Status = 404
			}
			return f
		}), 0, 4).Draw(r, "faults")
		w.Next(faults...)
		settled, id, last := false, "", error(nil)
		for round := 0; round < 12 && !settled; round++ {
			n := 1000
			if round < 4 {
				n = rapid.IntRange(0, 30).Draw(r, "dies at step")
			}
			posted, err, died := publishMortal(w, p, n, client)
			id, settled = settle(w, w.c, p, posted, err, died)
			last = err
		}
		videos := w.Videos()
		switch {
		case len(videos) > 1:
			r.Fatalf("%d videos", len(videos))
		case settled && (len(videos) != 1 || videos[0].ID != id || videos[0].SHA256 != p.SHA256):
			r.Fatalf("%s is not %+v", id, videos)
		case !settled && codeOf(last) != "session_gone":
			r.Fatalf("not settled: %v", last)
		}
	})
}

// miser is YouTube with one session that keeps of each chunk what it likes.
type miser struct {
	total int
	keep  func(most int) int
	store []byte
	wrong string
}

func (m *miser) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	res := &http.Response{StatusCode: 200, Header: http.Header{}, Body: http.NoBody, Request: r}
	say := func(text string) { res.Body = io.NopCloser(strings.NewReader(text)) }
	var from, to int
	switch span := r.Header.Get("Content-Range"); {
	case r.Method == http.MethodPost:
		res.Header.Set("Location", "https://www.googleapis.com/upload/youtube/v3/videos?upload_id=s")
		return res, nil
	case r.Method == http.MethodGet:
		say(`{"items":[{"id":"v","status":{"uploadStatus":"uploaded","privacyStatus":"public"}}]}`)
		return res, nil
	case span == fmt.Sprintf("bytes */%d", m.total):
	default:
		n, err := fmt.Sscanf(span, fmt.Sprintf("bytes %%d-%%d/%d", m.total), &from, &to)
		if err != nil || n != 2 || from != len(m.store) || to-from+1 != len(body) || len(body) != min(unit, m.total-from) {
			m.wrong = fmt.Sprintf("%s with %d bytes, %d are there", span, len(body), len(m.store))
		}
		m.store = append(m.store, body[:m.keep(len(body))]...)
	}
	if len(m.store) == m.total {
		say(`{"id":"v","status":{"privacyStatus":"public"}}`)
		return res, nil
	}
	if res.StatusCode = 308; len(m.store) > 0 {
		res.Header.Set("Range", fmt.Sprintf("bytes=0-%d", len(m.store)-1))
	}
	return res, nil
}

func TestEachByteIsSentFromWhereYouTubeIs(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		m := &miser{total: rapid.IntRange(1, 3*unit).Draw(r, "bytes")}
		m.keep = func(most int) int {
			return rapid.OneOf(rapid.Just(most), rapid.IntRange(0, most), rapid.Just(0)).Draw(r, "kept")
		}
		c, err := youtube.New(youtube.Config{ClientID: "a", ClientSecret: "b", ChunkBytes: unit, HTTP: provider.HTTP{Transport: m}})
		if err != nil {
			r.Fatal(err)
		}
		p := (&world{access: "a"}).post(film(m.total))
		for range 100 {
			got, err := c.Publish(t.Context(), p)
			if m.wrong != "" {
				r.Fatal(m.wrong)
			}
			if err == nil {
				if got.ID != "v" || !bytes.Equal(m.store, film(m.total)) {
					r.Fatalf("%+v, %d of %d bytes", got, len(m.store), m.total)
				}
				return
			}
			if codeOf(err) != "no_progress" {
				r.Fatal(err)
			}
		}
	})
}
