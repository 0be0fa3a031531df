package collect

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"testing"

	"castad/scripts/localcloud/blobserver/blobtest"
	"castad/shared/fault"
	"castad/shared/media"
	"castad/shared/message"
	"castad/shared/provider"

	"github.com/google/go-cmp/cmp"
)

type renderer func(id string) (provider.Render, error)

func (r renderer) Status(_ context.Context, id string) (provider.Render, error) { return r(id) }

// web has files by their address.
type web map[string][]byte

func (w web) Get(_ context.Context, url string, _ int64, _ ...provider.Format) (*provider.Download, error) {
	b, ok := w[url]
	if !ok {
		return nil, fault.New(fault.CodeUnavailable)
	}
	return &provider.Download{Body: io.NopCloser(bytes.NewReader(b)), Length: int64(len(b))}, nil
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile("../../../shared/" + path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const (
	vendor = "provider/creatomate/creatomatetest/"
	clips  = "media/testdata/"
)

var call = message.Call{Run: 9, Step: 4, Attempt: 1, Tag: "run.4.1", ExternalID: "render-1"}

var upright = message.VideoRender{Aspect: "9:16"}

func done(string) (provider.Render, error) {
	return provider.Render{ID: "render-1", URL: "https://v/film", SnapshotURL: "https://v/snapshot", Metadata: "run.4.1"}, nil
}

func TestAFilmIsLookedAtAndKept(t *testing.T) {
	t.Parallel()
	kept := blobtest.Store(t)
	c := collector{renderer(done), web{"https://v/film": read(t, vendor+"film.mp4"), "https://v/snapshot": read(t, vendor+"snapshot.jpg")}, kept}
	first, _, err := c.ask(t.Context(), upright, call)
	if err != nil {
		t.Fatal(err)
	}
	again, artifacts, err := c.ask(t.Context(), upright, call) // as after a crash before the commit
	if diff := cmp.Diff(first, again); diff != "" || err != nil {
		t.Errorf("%v, the second time (-first +second):\n%s", err, diff)
	}
	if first.Width != 180 || first.Height != 320 || first.Seconds != 2 || first.Bytes != int64(len(read(t, vendor+"film.mp4"))) {
		t.Errorf("film %+v", first)
	}
	if len(artifacts) != 2 || artifacts[0].Blob != first.Blob || artifacts[0].Kind != "film" || artifacts[1].Blob != first.Thumbnail || artifacts[1].Type != "image/jpeg" {
		t.Errorf("artifacts %+v", artifacts)
	}
}

func TestAFileThatIsNotTheFilmIsNotDone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		film []byte
		want fault.Kind
	}{
		"a film of another shape":    {read(t, clips+"film.mp4"), fault.Refused},
		"a film without sound":       {read(t, clips+"silent.mp4"), fault.Refused},
		"sound without a film":       {read(t, clips+"opus.mp4"), fault.Refused},
		"a photo":                    {read(t, clips+"photo.jpg"), fault.Refused},
		"half a film":                {read(t, vendor+"film.mp4")[:2000], fault.Refused},
		"a file that does not come":  {nil, fault.Unavailable},
		"an empty file":              {[]byte{}, fault.Refused},
		"a page that says not found": {[]byte("<html>404</html>"), fault.Refused},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := web{"https://v/snapshot": read(t, vendor+"snapshot.jpg")}
			if c.film != nil {
				w["https://v/film"] = c.film
			}
			made, _, err := collector{renderer(done), w, blobtest.Store(t)}.ask(t.Context(), upright, call)
			if err == nil || fault.KindOf(err) != c.want {
				t.Errorf("%v; %+v", err, made)
			}
		})
	}
}

func TestWhatAFilmMustBe(t *testing.T) {
	t.Parallel()
	good := media.MP4Info{Width: 1080, Height: 1920, VideoSeconds: 15, AudioSeconds: 15.04, VideoCodec: "h264", AudioCodec: "aac"}
	for name, c := range map[string]struct {
		change func(*media.MP4Info)
		ok     bool
	}{
		"as ordered":                             {func(*media.MP4Info) {}, true},
		"scaled down by the renderer":            {func(i *media.MP4Info) { i.Width, i.Height = 720, 1280 }, true},
		"scaled to whole and even pixels":        {func(i *media.MP4Info) { i.Width, i.Height = 270, 482 }, true},
		"HEVC":                                   {func(i *media.MP4Info) { i.VideoCodec = "hevc" }, false},
		"MP3 inside":                             {func(i *media.MP4Info) { i.AudioCodec = "mp3" }, false},
		"no sound":                               {func(i *media.MP4Info) { i.AudioCodec, i.AudioSeconds = "", 0 }, false},
		"lying":                                  {func(i *media.MP4Info) { i.Width, i.Height = 1920, 1080 }, false},
		"square":                                 {func(i *media.MP4Info) { i.Width = 1920 }, false},
		"upright but not 9:16":                   {func(i *media.MP4Info) { i.Height = 1440 }, false},
		"of no size":                             {func(i *media.MP4Info) { i.Width, i.Height = 0, 0 }, false},
		"of no height":                           {func(i *media.MP4Info) { i.Height = 0 }, false},
		"the picture ends 0.1 s before the song": {func(i *media.MP4Info) { i.VideoSeconds = 14.94 }, false},
		"the song ends 0.1 s before the picture": {func(i *media.MP4Info) { i.AudioSeconds = 14.9 }, false},
	} {
		info := good
		c.change(&info)
		err := judge(info, "9:16")
		if (err == nil) != c.ok || err != nil && fault.CodeOf(err) != fault.CodeVendorResult {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A film has the shape that was ordered, final or preview, and no other that can be ordered.
func TestAFilmHasTheOrderedShape(t *testing.T) {
	t.Parallel()
	sizes := map[string][][2]int{"9:16": {{1080, 1920}, {360, 640}}, "1:1": {{1080, 1080}, {360, 360}}, "16:9": {{1920, 1080}, {640, 360}}}
	for aspect := range sizes {
		for of, all := range sizes {
			for _, size := range all {
				info := media.MP4Info{Width: size[0], Height: size[1], VideoSeconds: 15, AudioSeconds: 15, VideoCodec: "h264", AudioCodec: "aac"}
				if err := judge(info, aspect); (err == nil) != (of == aspect) || err != nil && fault.CodeOf(err) != fault.CodeVendorResult {
					t.Errorf("%d×%d for %s: %v", size[0], size[1], aspect, err)
				}
			}
		}
	}
	if err := judge(media.MP4Info{Width: 3, Height: 4, VideoCodec: "h264", AudioCodec: "aac"}, "3:4"); fault.KindOf(err) != fault.Internal {
		t.Errorf("an aspect that nobody can order: %v", err)
	}
}

// A render whose answer was lost is recognised by the tag that it carries.
func TestAnUnsureRenderIsOnlyTakenWhenItIsOurs(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		id   string
		tag  string
		err  error
		want *message.NotYet // nil: the film is collected
	}{
		"no webhook has told an id":         {"", "", errors.New("must not be asked"), &message.NotYet{}},
		"a job of someone else's, finished": {"render-1", "run.4.2", nil, &message.NotYet{}},
		"a job of someone else's, running":  {"render-1", "run.4.2", message.NotYet{}, &message.NotYet{}},
		"an id that the provider denies":    {"render-1", "", message.Absent{}, &message.NotYet{}},
		"our job, running":                  {"render-1", "run.4.1", message.NotYet{}, &message.NotYet{ExternalID: "render-1"}},
		"our job, finished":                 {"render-1", "run.4.1", nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status := func(string) (provider.Render, error) {
				r, _ := done("")
				r.Metadata = c.tag
				return r, c.err
			}
			lost := call
			lost.Unsure, lost.ExternalID = true, c.id
			w := web{"https://v/film": read(t, vendor+"film.mp4"), "https://v/snapshot": read(t, vendor+"snapshot.jpg")}
			made, _, err := collector{renderer(status), w, blobtest.Store(t)}.ask(t.Context(), upright, lost)
			if c.want == nil {
				if err != nil || made.Bytes == 0 {
					t.Errorf("%+v, %v", made, err)
				}
				return
			}
			var got message.NotYet
			if !errors.As(err, &got) || got != *c.want {
				t.Errorf("%#v, want %#v", err, *c.want)
			}
		})
	}
}
