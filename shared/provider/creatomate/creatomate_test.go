package creatomate_test

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"castad/shared/fault"
	"castad/shared/provider"
	"castad/shared/provider/clienttest"
	"castad/shared/provider/creatomate"
	"castad/shared/provider/creatomate/creatomatetest"
	"castad/shared/provider/providertest"
)

var script = creatomate.Script{OutputFormat: creatomate.MP4, Width: 1080, Height: 1920, FrameRate: 30, SnapshotTime: creatomate.Num(1.5),
	Elements: []creatomate.Element{
		{Type: creatomate.TypeImage, Track: 1, Time: creatomate.Num(0), Duration: creatomate.Num(4), Source: "https://castad.kr/media/x", Fit: "cover",
			Animations: []creatomate.Animation{{Type: "scale", Time: creatomate.Text("start"), StartScale: creatomate.Percent(110), EndScale: creatomate.Percent(100)}}},
		{Type: creatomate.TypeText, Track: 2, Text: "한빛분식", Y: creatomate.Percent(80), FontSizeMaximum: creatomate.Vmin(9)},
		{Type: creatomate.TypeAudio, Track: 3, Source: "https://castad.kr/media/y", Duration: creatomate.Null(), Volume: creatomate.Percent(0)},
		{Type: creatomate.TypeComposition, Elements: []creatomate.Element{{Type: creatomate.TypeShape, FillColor: creatomate.Solid("#000")}}},
	}}

func client(t *testing.T, cfg creatomate.Config) *creatomate.Client {
	t.Helper()
	c, err := creatomate.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestAFilmIsOrderedAskedForAndFetched(t *testing.T) {
	t.Parallel()
	for _, array := range []bool{false, true} {
		s := creatomatetest.Start(t, creatomatetest.Options{Key: "k", After: time.Hour, Array: array})
		c := client(t, creatomate.Config{BaseURL: s.URL, Key: "k"})
		id, err := c.Render(t.Context(), script, "", "run_x.3.1")
		if err != nil {
			t.Fatal(err)
		}
		if e := s.Ledger()[0]; e.Tag != "run_x.3.1" || e.ID != id {
			t.Errorf("ledger: %+v", e)
		}
		r, err := c.Status(t.Context(), id)
		if !clienttest.NotYet(err) || r.Metadata != "run_x.3.1" || r.URL != "" {
			t.Errorf("while running: %+v, %v", r, err)
		}
		s.Finish(id)
		r, err = c.Status(t.Context(), id)
		if err != nil || r.Width != creatomatetest.Width || r.Height != creatomatetest.Height || r.Seconds != creatomatetest.Seconds || r.Bytes == 0 || r.Metadata != "run_x.3.1" {
			t.Fatalf("when done: %+v, %v", r, err)
		}
		for url, kind := range map[string]string{r.URL: "video/mp4", r.SnapshotURL: "image/jpeg"} {
			got, err := provider.Downloader{Allow: []string{s.URL}}.Get(t.Context(), url, 1<<20)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(got.Body)
			got.Body.Close()
			if err != nil || got.Type != kind || kind == "video/mp4" && int64(len(body)) != r.Bytes {
				t.Errorf("%d bytes of %s, %v", len(body), got.Type, err)
			}
		}
	}
}

func TestWhatIsLeftZeroIsLeftOut(t *testing.T) {
	t.Parallel()
	s := creatomatetest.Start(t, creatomatetest.Options{})
	if _, err := client(t, creatomate.Config{BaseURL: s.URL}).Render(t.Context(), script, "https://castad.kr/cb", "tag"); err != nil {
		t.Fatal(err)
	}
	var got, want any
	if err := json.Unmarshal(s.Ledger()[0].Request, &got); err != nil {
		t.Fatal(err)
	}
	err := json.Unmarshal([]byte(`{"output_format":"mp4","width":1080,"height":1920,"frame_rate":30,"snapshot_time":1.5,"webhook_url":"https://castad.kr/cb","metadata":"tag","elements":[
		{"type":"image","track":1,"time":0,"duration":4,"source":"https://castad.kr/media/x","fit":"cover","animations":[{"type":"scale","time":"start","start_scale":"110%","end_scale":"100%"}]},
		{"type":"text","track":2,"text":"한빛분식","y":"80%","font_size_maximum":"9 vmin"},
		{"type":"audio","track":3,"source":"https://castad.kr/media/y","duration":null,"volume":"0%"},
		{"type":"composition","elements":[{"type":"shape","fill_color":"#000"}]}]}`), &want)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	var back creatomate.Script
	if err := json.Unmarshal(s.Ledger()[0].Request, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(script, back, cmp.Comparer(func(a, b creatomate.Value) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
}

func TestALostOrderIsUnknownAndNeverRepeated(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name     string
		fault    providertest.Fault
		class    provider.Class
		accepted int
	}{
		{"dropped before it was accepted", providertest.Fault{Kind: providertest.DropBefore}, provider.Unknown, 0},
		{"dropped after it was accepted", providertest.Fault{Kind: providertest.Drop}, provider.Unknown, 1},
		{"accepted, and no answer", providertest.Fault{Kind: providertest.Hang}, provider.Unknown, 1},
		{"accepted, and the answer breaks off", providertest.Fault{Kind: providertest.Truncated}, provider.Unknown, 1},
		{"accepted, and broken JSON", providertest.Fault{Kind: providertest.Malformed}, provider.Unknown, 1},
		{"accepted, and a web page", providertest.Fault{Kind: providertest.Page}, provider.Unknown, 1},
		{"accepted, and a gateway's timeout", providertest.Fault{Kind: providertest.StatusAfter, Status: 504}, provider.Unknown, 1},
		{"a server error", providertest.Fault{Kind: providertest.Status, Status: 500}, provider.Unknown, 0},
		{"a timeout of the server", providertest.Fault{Kind: providertest.Status, Status: 408}, provider.Unknown, 0},
		{"a conflict", providertest.Fault{Kind: providertest.Status, Status: 409}, provider.Unknown, 0},
		{"a script that is refused", providertest.Fault{Kind: providertest.Status, Status: 400}, provider.OurFault, 0},
		{"a wrong key", providertest.Fault{Kind: providertest.Status, Status: 401}, provider.OurFault, 0},
		{"no credits", providertest.Fault{Kind: providertest.Status, Status: 402}, provider.QuotaExhausted, 0},
		{"a wrong address", providertest.Fault{Kind: providertest.Status, Status: 404}, provider.OurFault, 0},
		{"a script too large", providertest.Fault{Kind: providertest.Status, Status: 413}, provider.OurFault, 0},
		{"a script that is not understood", providertest.Fault{Kind: providertest.Status, Status: 422}, provider.OurFault, 0},
		{"too many requests", providertest.Fault{Kind: providertest.Status, Status: 429, RetryAfter: "5"}, provider.RateLimited, 0},
		{"too many requests, without a time", providertest.Fault{Kind: providertest.Status, Status: 429}, provider.RateLimited, 0},
		{"a redirect", providertest.Fault{Kind: providertest.Redirect, Status: 308}, provider.OurFault, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := creatomatetest.Start(t, creatomatetest.Options{})
			s.Next(row.fault)
			_, err := client(t, creatomate.Config{BaseURL: s.URL, HTTP: clienttest.Patience(row.fault)}).Render(t.Context(), script, "", "tag")
			e := clienttest.ErrorOf(t, err)
			if e.Class != row.class || len(s.Ledger()) != row.accepted || s.Asked("render") != 1 {
				t.Errorf("%v, want %v; %d accepted, %d asked", err, row.class, len(s.Ledger()), s.Asked("render"))
			}
			if row.fault.RetryAfter != "" && e.RetryAfter != 5*time.Second {
				t.Errorf("retry after %v", e.RetryAfter)
			}
		})
	}
}

func TestEveryFailedQuestionIsAskedAgain(t *testing.T) {
	t.Parallel()
	for _, f := range []providertest.Fault{{Kind: providertest.DropBefore}, {Kind: providertest.Hang}, {Kind: providertest.Truncated}, {Kind: providertest.Malformed},
		{Kind: providertest.Page}, {Kind: providertest.Status, Status: 500}, {Kind: providertest.Status, Status: 409}, {Kind: providertest.Status, Status: 400},
		{Kind: providertest.Status, Status: 422}, {Kind: providertest.Status, Status: 429}, {Kind: providertest.Status, Status: 401}} {
		s := creatomatetest.Start(t, creatomatetest.Options{})
		c := client(t, creatomate.Config{BaseURL: s.URL, HTTP: clienttest.Patience(f)})
		id, err := c.Render(t.Context(), script, "", "tag")
		if err != nil {
			t.Fatal(err)
		}
		f.Op = "status"
		s.Next(f)
		_, err = c.Status(t.Context(), id)
		// The engine takes a refusal and a proof of absence as the job's end; anything else it asks again.
		if err == nil || clienttest.Absent(err) || fault.KindOf(err) == fault.Refused || fault.KindOf(err) == fault.Unknown {
			t.Errorf("%+v: %v", f, err)
		}
	}
}

func answer(t *testing.T, status int, body string) *creatomate.Client {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status); _, _ = io.WriteString(w, body) }))
	t.Cleanup(s.Close)
	return client(t, creatomate.Config{BaseURL: s.URL})
}

func TestWhatARendersStatusMeans(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ status, more, want string }{
		{"planned", "", "running"}, {"waiting", "", "running"}, {"transcribing", "", "running"}, {"rendering", "", "running"},
		{"succeeded", "", "done"}, {"succeeded", `,"url":""`, "later"}, {"failed", `,"error_message":"cannot fetch https://castad.kr/media/SECRET?sig=SECRET"`, "failed"},
		{"cancelled", "", "failed"}, {"paused", "", "later"}, {"", "", "later"}, {"succeeded", `,"width":-1,"duration":1e300,"file_size":1e300`, "done"},
		{"succeeded", `,"id":"r2"`, "later"}, {"succeeded", `,"id":""`, "later"}, {"succeeded", `,"id":7`, "later"},
	} {
		t.Run(row.status+row.more, func(t *testing.T) {
			t.Parallel()
			c := answer(t, 200, fmt.Sprintf(`{"id":"r1","status":%q,"url":"https://cdn/f.mp4","metadata":"tag"%s}`, row.status, row.more))
			r, err := c.Status(t.Context(), "r1")
			switch row.want {
			case "running":
				if !clienttest.NotYet(err) || r.URL != "" || r.Metadata != "tag" {
					t.Errorf("%+v, %v", r, err)
				}
			case "done":
				if err != nil || r.URL != "https://cdn/f.mp4" || r.Width < 0 || r.Seconds > 1<<20 || r.Bytes < 0 {
					t.Errorf("%+v, %v", r, err)
				}
			default:
				if e := clienttest.ErrorOf(t, err); e.Class.String() != row.want || strings.Contains(err.Error(), "SECRET") {
					t.Errorf("%v, want %s", err, row.want)
				}
			}
		})
	}
}

func TestAnOrderNeedsExactlyOneRender(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", "null", "{}", "[]", `[{"id":"a"},{"id":"b"}]`, `{"id":"../x"}`, `{"id":5}`, `"x"`} {
		if id, err := answer(t, 202, body).Render(t.Context(), script, "", "tag"); clienttest.ErrorOf(t, err).Class != provider.Unknown || id != "" {
			t.Errorf("%s: %q %v", body, id, err)
		}
	}
}

func TestARenderThatIsNotThereIsAbsent(t *testing.T) {
	t.Parallel()
	s := creatomatetest.Start(t, creatomatetest.Options{})
	c := client(t, creatomate.Config{BaseURL: s.URL})
	if _, err := c.Status(t.Context(), "no-such-render"); !clienttest.Absent(err) {
		t.Errorf("%v", err)
	}
	if err := c.Cancel(t.Context(), "no-such-render"); !clienttest.Absent(err) {
		t.Errorf("%v", err)
	}
	if _, err := answer(t, 404, "<html>no such page").Status(t.Context(), "r1"); clienttest.Absent(err) || clienttest.ErrorOf(t, err).Class != provider.OurFault {
		t.Errorf("a wrong base URL was taken as a proof of absence: %v", err)
	}
	for _, bad := range []string{"", "../renders", "a b", strings.Repeat("a", 129)} {
		if _, err := c.Status(t.Context(), bad); clienttest.ErrorOf(t, err).Class != provider.OurFault {
			t.Errorf("%q: %v", bad, err)
		}
		if err := c.Cancel(t.Context(), bad); clienttest.ErrorOf(t, err).Class != provider.OurFault {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestCheckOrdersNothing(t *testing.T) {
	t.Parallel()
	s := creatomatetest.Start(t, creatomatetest.Options{})
	c := client(t, creatomate.Config{BaseURL: s.URL})
	if warnings, err := c.Check(t.Context(), script); err != nil || len(warnings) != 0 {
		t.Errorf("%q %v", warnings, err)
	}
	if len(s.Ledger()) != 0 {
		t.Error("a check was a render")
	}
	got, err := answer(t, 200, `{"valid":true,"warnings":["a",{"message":"m","path":"elements[0]"},{"hint":"h"},7]}`).Check(t.Context(), script)
	if diff := cmp.Diff([]string{"a", "elements[0] m", "h", "7"}, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	for body, want := range map[string]provider.Class{`{"valid":false,"errors":["no font"]}`: provider.OurFault, `{}`: provider.Later, `x`: provider.Later,
		`{"id":"r1","status":"planned"}`: provider.Unknown} {
		if _, err := answer(t, 200, body).Check(t.Context(), script); clienttest.ErrorOf(t, err).Class != want {
			t.Errorf("%s: %v", body, err)
		}
	}
	if _, err := answer(t, 402, `{"hint":"no credits"}`).Check(t.Context(), script); clienttest.ErrorOf(t, err).Class != provider.QuotaExhausted {
		t.Errorf("%v", err)
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	s := creatomatetest.Start(t, creatomatetest.Options{After: time.Hour})
	c := client(t, creatomate.Config{BaseURL: s.URL})
	id, err := c.Render(t.Context(), script, "", "tag")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Cancel(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Status(t.Context(), id); clienttest.ErrorOf(t, err).Class != provider.Failed || clienttest.ErrorOf(t, err).Code != "cancelled" {
		t.Errorf("%v", err)
	}
	if err := answer(t, 409, `{"hint":"ended"}`).Cancel(t.Context(), "r1"); err != nil {
		t.Errorf("cancelling what has ended: %v", err)
	}
	if err := answer(t, 405, `{"hint":"no such method"}`).Cancel(t.Context(), "r1"); clienttest.ErrorOf(t, err).Class != provider.OurFault {
		t.Errorf("a vendor that cannot cancel: %v", err)
	}
}

func TestScriptsThatNoVendorRendersAreNotSent(t *testing.T) {
	t.Parallel()
	s := creatomatetest.Start(t, creatomatetest.Options{})
	c := client(t, creatomate.Config{BaseURL: s.URL})
	deep := creatomate.Element{Type: creatomate.TypeText}
	for range 10 {
		deep = creatomate.Element{Type: creatomate.TypeComposition, Elements: []creatomate.Element{deep}}
	}
	for name, change := range map[string]func(*creatomate.Script){
		"another format":       func(s *creatomate.Script) { s.OutputFormat = "avi" },
		"no elements":          func(s *creatomate.Script) { s.Elements = nil },
		"a frame rate of 120":  func(s *creatomate.Script) { s.FrameRate = 120 },
		"a negative width":     func(s *creatomate.Script) { s.Width = -1 },
		"an unknown type":      func(s *creatomate.Script) { s.Elements = []creatomate.Element{{Type: "hologram"}} },
		"an image of nothing":  func(s *creatomate.Script) { s.Elements = []creatomate.Element{{Type: creatomate.TypeImage}} },
		"a number that is not": func(s *creatomate.Script) { s.Duration = creatomate.Num(math.NaN()) },
		"a bottomless nesting": func(s *creatomate.Script) { s.Elements = []creatomate.Element{deep} },
	} {
		in := script
		change(&in)
		if _, err := c.Render(t.Context(), in, "", ""); clienttest.ErrorOf(t, err).Class != provider.OurFault {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := c.Check(t.Context(), in); clienttest.ErrorOf(t, err).Class != provider.OurFault {
			t.Errorf("%s: %v", name, err)
		}
	}
	if s.Asked("render") != 0 {
		t.Error("something was sent")
	}
}

type canned string

func (c canned) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(string(c))), Request: r}, nil
}

func FuzzRender(f *testing.F) {
	f.Add(`{"id":"r1","status":"succeeded","url":"u","width":1e99,"file_size":-1}`)
	f.Add(`[{"id":"r1","status":"failed","error_message":"x"}]`)
	f.Add(`{"valid":false,"errors":[{"message":"m"},1,null]}`)
	f.Fuzz(func(t *testing.T, body string) {
		c, err := creatomate.New(creatomate.Config{BaseURL: "https://api.example.com", HTTP: provider.HTTP{Transport: canned(body)}})
		if err != nil {
			t.Fatal(err)
		}
		r, err := c.Status(t.Context(), "r1")
		if err == nil && (r.ID != "r1" || r.URL == "") || r.Width < 0 || r.Bytes < 0 || math.IsInf(r.Seconds, 0) || r.Seconds < 0 {
			t.Errorf("%+v %v", r, err)
		}
		if id, err := c.Render(t.Context(), script, "", ""); (err == nil) == (id == "") || err != nil && fault.KindOf(err) != fault.Unknown {
			t.Errorf("%q %v", id, err)
		}
		if _, err := c.Check(t.Context(), script); err != nil && fault.KindOf(err) == fault.Internal {
			t.Errorf("%v", err)
		}
	})
}
