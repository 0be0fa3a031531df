package collect

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"testing"

	"castad/scripts/localcloud/blobserver/blobtest"
	"castad/shared/claim"
	"castad/shared/fault"
	"castad/shared/message"
	"castad/shared/provider"

	"github.com/google/go-cmp/cmp"
)

// music answers as it is told.
type music struct {
	task  func(id string) (provider.SongTask, error)
	words func(track string) ([]provider.Word, error)
}

func (m music) Task(_ context.Context, id string) (provider.SongTask, error) { return m.task(id) }

func (m music) Words(_ context.Context, _, track string) ([]provider.Word, error) {
	return m.words(track)
}

// web has files by their address.
type web map[string][]byte

func (w web) Get(_ context.Context, url string, _ int64, _ ...provider.Format) (*provider.Download, error) {
	b, ok := w[url]
	if !ok {
		return nil, fault.New(fault.CodeUnavailable)
	}
	return &provider.Download{Body: io.NopCloser(bytes.NewReader(b)), Type: "audio/mpeg", Length: int64(len(b))}, nil
}

// take is a tone of four seconds.
func take(t *testing.T, n int) []byte {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("../../../shared/provider/suno/sunotest/take-%d.mp3", n))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var ordered = message.SongGenerate{Lyric: claim.Lyric{Title: "칼국수", Lines: []claim.Line{
	{Section: "verse", Text: "을지로 골목 안에"}, {Section: "verse", Text: "김이 나는 칼국수"}, {Section: "hook", Text: "돌담골목 칼국수"}}}}

// sing is what a provider says is sung: the given lines, one second each.
func sing(lines ...int) []provider.Word {
	var out []provider.Word
	for i, n := range lines {
		out = append(out, provider.Word{Text: ordered.Lyric.Lines[n].Text, Start: float64(i) + 0.25, End: float64(i) + 1})
	}
	return out
}

const ours = "https://castad/api/v1/callbacks/song/"

func call() message.Call {
	token := []byte("a token of ours")
	return message.Call{Run: 9, Step: 3, Attempt: 1, ExternalID: "task-1", TokenHash: sha256.Sum256(token),
		CallbackURL: ours + base64.RawURLEncoding.EncodeToString(token)}
}

func done(string) (provider.SongTask, error) {
	return provider.SongTask{ID: "task-1", CallbackURL: call().CallbackURL,
		Tracks: []provider.Track{{ID: "a", AudioURL: "https://v/a"}, {ID: "b", AudioURL: "https://v/b"}}}, nil
}

func TestBothTakesAreKeptAndTheBetterSungIsChosen(t *testing.T) {
	t.Parallel()
	kept := blobtest.Store(t)
	c := collector{music{done, func(track string) ([]provider.Word, error) {
		if track == "a" {
			return sing(0, 2), nil // the second line is not sung
		}
		return sing(0, 1, 2), nil
	}}, web{"https://v/a": take(t, 1), "https://v/b": take(t, 2)}, kept}
	for range 2 { // the second time, as after a crash before the commit
		made, artifacts, err := c.ask(t.Context(), ordered, call())
		if err != nil {
			t.Fatal(err)
		}
		if made.Chosen != 1 || len(made.Takes) != 2 || len(artifacts) != 2 {
			t.Fatalf("takes %+v, artifacts %+v", made, artifacts)
		}
		want := []message.LineTime{{Text: "을지로 골목 안에", Start: 0.25, End: 1}, {Text: "돌담골목 칼국수", Start: 1.25, End: 2}}
		if diff := cmp.Diff(want, made.Takes[0].Lines); diff != "" {
			t.Errorf("lines of the first take (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([][]int{{1}, nil, nil, nil}, [][]int{made.Takes[0].Missing, made.Takes[0].Swapped, made.Takes[1].Missing, made.Takes[1].Swapped}); diff != "" {
			t.Errorf("missing and swapped lines of the takes (-want +got):\n%s", diff)
		}
		for i, tk := range made.Takes {
			if tk.Seconds < 3.9 || tk.Seconds > 4.2 || tk.Type != "audio/mpeg" || tk.Bytes != int64(len(take(t, i+1))) || artifacts[i].Blob != tk.Blob ||
				artifacts[i].SHA256 != sha256.Sum256(take(t, i+1)) || artifacts[i].Kind != fmt.Sprintf("take-%d", i+1) {
				t.Errorf("take %+v, artifact %+v", tk, artifacts[i])
			}
			o, err := kept.Open(t.Context(), tk.Blob)
			if err != nil {
				t.Fatal(err)
			}
			if o.Size() != tk.Bytes {
				t.Errorf("%s has %d bytes", tk.Blob, o.Size())
			}
			if err := o.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestASongThatIsNoneIsNotDone(t *testing.T) {
	t.Parallel()
	all := func(string) ([]provider.Word, error) { return sing(0, 1, 2), nil }
	good := web{"https://v/a": take(t, 1), "https://v/b": take(t, 2)}
	for name, c := range map[string]struct {
		music music
		web   web
		want  fault.Kind
	}{
		"no take sings the lyric": {music{done, func(string) ([]provider.Word, error) {
			return []provider.Word{{Text: "something else", Start: 0, End: 3}}, nil
		}}, good, fault.Refused},
		"no take sings the hook": {music{done, func(string) ([]provider.Word, error) { return sing(0, 1), nil }}, good, fault.Refused},
		"no take at all": {music{func(string) (provider.SongTask, error) { return provider.SongTask{ID: "task-1"}, nil }, all},
			good, fault.Refused},
		"a take that is a web page":         {music{done, all}, web{"https://v/a": []byte("<html>gone</html>"), "https://v/b": take(t, 2)}, fault.Refused},
		"a take that is not there yet":      {music{done, all}, web{"https://v/a": take(t, 1)}, fault.Unavailable},
		"times that are not known yet":      {music{done, func(string) ([]provider.Word, error) { return nil, fault.New(fault.CodeUnavailable) }}, good, fault.Unavailable},
		"a task that the provider gave up":  {music{func(string) (provider.SongTask, error) { return provider.SongTask{}, fault.New(fault.CodeVendorFailed) }, all}, good, fault.CodeVendorFailed.Kind()},
		"a task that is still being worked": {music{func(string) (provider.SongTask, error) { return provider.SongTask{}, message.NotYet{} }, all}, good, fault.Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			made, artifacts, err := collector{c.music, c.web, blobtest.Store(t)}.ask(t.Context(), ordered, call())
			if err == nil || fault.KindOf(err) != c.want {
				t.Errorf("%v; %+v, %+v", err, made, artifacts)
			}
		})
	}
}

// An order whose answer was lost is recognised by the callback address that it
// carried, and by nothing else.
func TestAnUnsureOrderIsOnlyTakenWhenItIsOurs(t *testing.T) {
	t.Parallel()
	foreign := ours + base64.RawURLEncoding.EncodeToString([]byte("another's token"))
	notYet := message.NotYet{}
	for name, c := range map[string]struct {
		id   string
		task provider.SongTask
		err  error
		want *message.NotYet // nil: the song is collected
	}{
		"no callback has told an id":           {"", provider.SongTask{}, errors.New("must not be asked"), &message.NotYet{}},
		"a job of someone else's, finished":    {"task-1", provider.SongTask{CallbackURL: foreign}, nil, &message.NotYet{}},
		"a job of someone else's, running":     {"task-1", provider.SongTask{CallbackURL: foreign}, notYet, &message.NotYet{}},
		"a job of someone else's, failed":      {"task-1", provider.SongTask{CallbackURL: foreign}, fault.New(fault.CodeVendorFailed), &message.NotYet{}},
		"an address that is no token":          {"task-1", provider.SongTask{CallbackURL: "https://x/%%"}, nil, &message.NotYet{}},
		"an id that the provider denies":       {"task-1", provider.SongTask{}, message.Absent{}, &message.NotYet{}},
		"our job, running":                     {"task-1", provider.SongTask{CallbackURL: call().CallbackURL}, notYet, &message.NotYet{ExternalID: "task-1"}},
		"a running job that echoes no address": {"task-1", provider.SongTask{}, notYet, &message.NotYet{ExternalID: "task-1"}},
		"our job, finished":                    {"task-1", provider.SongTask{CallbackURL: call().CallbackURL}, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			task := c.task
			if c.want == nil {
				task.Tracks = []provider.Track{{ID: "a", AudioURL: "https://v/a"}}
			}
			m := music{func(string) (provider.SongTask, error) { return task, c.err }, func(string) ([]provider.Word, error) { return sing(0, 1, 2), nil }}
			lost := call()
			lost.Unsure, lost.ExternalID = true, c.id
			made, _, err := collector{m, web{"https://v/a": take(t, 1)}, blobtest.Store(t)}.ask(t.Context(), ordered, lost)
			if c.want == nil {
				if err != nil || len(made.Takes) != 1 {
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

func TestATakeIsHeardIfItCanBeDecoded(t *testing.T) {
	t.Parallel()
	decodable, err := os.ReadFile("../../../shared/media/testdata/song.mp3")
	if err != nil {
		t.Fatal(err)
	}
	all := func(string) ([]provider.Word, error) { return sing(0, 1, 2), nil }
	c := collector{music{done, all}, web{"https://v/a": decodable, "https://v/b": take(t, 1) /* at 16 kHz */}, blobtest.Store(t)}
	made, _, err := c.ask(t.Context(), ordered, call())
	if err != nil || len(made.Takes) != 2 {
		t.Fatalf("%+v, %v", made, err)
	}
	heard, not := made.Takes[0], made.Takes[1]
	if heard.Loudness == nil || *heard.Loudness > -3 || *heard.Loudness < -40 || heard.TruePeak == nil || *heard.TruePeak < *heard.Loudness || heard.Tempo != 0 {
		t.Errorf("a second of a tone: %+v", heard)
	}
	if not.Loudness != nil || not.TruePeak != nil || not.Tempo != 0 || not.Beats != nil || len(not.Lines) != 3 {
		t.Errorf("a song that cannot be decoded: %+v", not)
	}
}
