package suno_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"castad/shared/fault"
	"castad/shared/provider"
	"castad/shared/provider/clienttest"
	"castad/shared/provider/providertest"
	"castad/shared/provider/suno"
	"castad/shared/provider/suno/sunotest"
)

var song = provider.Song{Title: "한빛분식 송", Lyrics: "[Verse 1]\n전주 골목 끝에\n[Hook]\n한빛 한빛", Style: "k-pop, bright", Voice: "f",
	CallbackURL: "http://127.0.0.1:9/api/v1/callbacks/song/token"}

func client(t *testing.T, cfg suno.Config) *suno.Client {
	t.Helper()
	if cfg.Model == "" {
		cfg.Model = "V4_5"
	}
	c, err := suno.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestASongIsOrderedAskedForAndFetched(t *testing.T) {
	t.Parallel()
	for _, asText := range []bool{false, true} {
		s := sunotest.Start(t, sunotest.Options{Key: "k", After: time.Hour, ResponseAsText: asText})
		c := client(t, suno.Config{BaseURL: s.URL, Key: "k"})
		id, err := c.Generate(t.Context(), song)
		if err != nil {
			t.Fatal(err)
		}
		var sent map[string]any
		if err := json.Unmarshal(s.Ledger()[0].Request, &sent); err != nil {
			t.Fatal(err)
		}
		want := map[string]any{"customMode": true, "instrumental": false, "model": "V4_5", "prompt": song.Lyrics, "style": song.Style,
			"title": song.Title, "vocalGender": "f", "callBackUrl": song.CallbackURL}
		if diff := cmp.Diff(want, sent); diff != "" {
			t.Error(diff)
		}
		task, err := c.Task(t.Context(), id)
		if !clienttest.NotYet(err) || task.CallbackURL != song.CallbackURL || task.ID != id {
			t.Errorf("while running: %+v, %v", task, err)
		}
		s.Finish(id)
		task, err = c.Task(t.Context(), id)
		if err != nil || len(task.Tracks) != 2 || task.CallbackURL != song.CallbackURL {
			t.Fatalf("when done: %+v, %v", task, err)
		}
		for _, track := range task.Tracks {
			got, err := provider.Downloader{Allow: []string{s.URL}}.Get(t.Context(), track.AudioURL, 1<<20)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(got.Body)
			if err != nil || got.Type != "audio/mpeg" || len(body) == 0 || track.Seconds != sunotest.Seconds || track.Title != song.Title {
				t.Errorf("%+v: %d bytes of %s, %v", track, len(body), got.Type, err)
			}
			got.Body.Close()
		}
		words, err := c.Words(t.Context(), id, task.Tracks[0].ID)
		var sung []string
		for i, w := range words {
			sung = append(sung, w.Text)
			if w.End <= w.Start || i > 0 && w.Start < words[i-1].End-1e-9 || w.End > sunotest.Seconds+1e-9 {
				t.Errorf("word %d: %+v", i, w)
			}
		}
		if err != nil || strings.Join(sung, " ") != "전주 골목 끝에 한빛 한빛" {
			t.Errorf("%q, %v", sung, err)
		}
	}
}

// Every way in which an order's answer can be lost, and whether a task may exist.
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
		{"not accepted, and no answer", providertest.Fault{Kind: providertest.HangBefore}, provider.Unknown, 0},
		{"accepted, and the answer breaks off", providertest.Fault{Kind: providertest.Truncated}, provider.Unknown, 1},
		{"accepted, and broken JSON", providertest.Fault{Kind: providertest.Malformed}, provider.Unknown, 1},
		{"accepted, and a web page", providertest.Fault{Kind: providertest.Page}, provider.Unknown, 1},
		{"accepted, and a bad gateway", providertest.Fault{Kind: providertest.StatusAfter, Status: 502, Code: "x"}, provider.Unknown, 1},
		{"a server error of HTTP", providertest.Fault{Kind: providertest.Status, Status: 500, Code: "500"}, provider.Unknown, 0},
		{"a redirect", providertest.Fault{Kind: providertest.Redirect}, provider.OurFault, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := sunotest.Start(t, sunotest.Options{})
			s.Next(row.fault)
			_, err := client(t, suno.Config{BaseURL: s.URL, HTTP: clienttest.Patience(row.fault)}).Generate(t.Context(), song)
			if e := clienttest.ErrorOf(t, err); e.Class != row.class {
				t.Errorf("%v, want %v", err, row.class)
			}
			if len(s.Ledger()) != row.accepted || s.Asked("generate") != 1 {
				t.Errorf("%d accepted, %d asked", len(s.Ledger()), s.Asked("generate"))
			}
		})
	}
	slow := sunotest.Start(t, sunotest.Options{})
	slow.Next(providertest.Fault{Kind: providertest.Slow, Millis: 1})
	if id, err := client(t, suno.Config{BaseURL: slow.URL}).Generate(t.Context(), song); err != nil || id == "" {
		t.Errorf("a slow answer within the deadline: %v", err)
	}
}

// answer serves the same body to every request.
func answer(t *testing.T, status int, body string) *suno.Client {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "11")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(s.Close)
	return client(t, suno.Config{BaseURL: s.URL})
}

func TestTheCodeInTheBodyDecides(t *testing.T) {
	t.Parallel()
	const (
		unknown, later, rate, quota = provider.Unknown, provider.Later, provider.RateLimited, provider.QuotaExhausted
		user, ours                  = provider.UserFault, provider.OurFault
	)
	for _, row := range []struct {
		code      int
		suno, kie provider.Class // for an order
		read      provider.Class // for a question, by sunoapi.org's table
	}{
		{400, user, user, ours}, {401, ours, ours, ours}, {402, quota, quota, quota}, {405, rate, ours, rate}, {409, unknown, unknown, later},
		{413, user, user, ours}, {429, quota, rate, quota}, {430, rate, rate, rate}, {451, user, user, ours}, {455, later, later, later},
		{500, unknown, unknown, later}, {531, unknown, unknown, later}, {418, ours, ours, ours}, {0, ours, ours, ours},
	} {
		t.Run(fmt.Sprint(row.code), func(t *testing.T) {
			t.Parallel()
			s := sunotest.Start(t, sunotest.Options{})
			for table, want := range map[*suno.CodeTable]provider.Class{ptr(suno.SunoAPI()): row.suno, ptr(suno.Kie()): row.kie} {
				s.Next(providertest.Fault{Kind: providertest.Code, Code: fmt.Sprint(row.code), Text: "why", RetryAfter: "11"})
				_, err := client(t, suno.Config{BaseURL: s.URL, Table: *table}).Generate(t.Context(), song)
				e := clienttest.ErrorOf(t, err)
				if e.Class != want || e.Code != fmt.Sprint(row.code) || e.Snippet != "why" || e.RetryAfter != 11*time.Second {
					t.Errorf("order: %v, want %v", err, want)
				}
			}
			s.Next(providertest.Fault{Kind: providertest.Code, Code: fmt.Sprint(row.code), Text: "why"})
			_, err := client(t, suno.Config{BaseURL: s.URL}).Task(t.Context(), "t1")
			if e := clienttest.ErrorOf(t, err); e.Class != row.read {
				t.Errorf("question: %v, want %v", err, row.read)
			}
			if len(s.Ledger()) != 0 {
				t.Error("something was accepted")
			}
		})
	}
}

func ptr(t suno.CodeTable) *suno.CodeTable { return &t }

func TestContradictionsAndPages(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		status int
		body   string
		order  provider.Class
		read   provider.Class
	}{
		{"success without a task id", 200, `{"code":200,"data":{}}`, provider.Unknown, provider.Later},
		{"success without data", 200, `{"code":200,"data":null}`, provider.Unknown, provider.Later},
		{"success with a task id that is none", 200, `{"code":200,"data":{"taskId":"../x"}}`, provider.Unknown, provider.Later},
		{"a code of success with a status of failure", 500, `{"code":200,"data":{"taskId":"t1"}}`, provider.Unknown, provider.Later},
		{"a refusal in a gateway's status", 503, `{"code":401,"msg":"key"}`, provider.OurFault, provider.OurFault},
		{"a code in quotes", 200, `{"code":"430","msg":"slow"}`, provider.RateLimited, provider.RateLimited},
		{"no code", 200, `{"msg":"hello"}`, provider.Unknown, provider.Later},
		{"no JSON", 200, `hello`, provider.Unknown, provider.Later},
		{"a wrapper that has lost its session", 500, `{"error":"Failed to get session id, you may need to update the SUNO_COOKIE"}`, provider.Unknown, provider.Later},
		{"a wrapper that is asked for a captcha", 500, `{"errors":[{"message":"CAPTCHA verification is required","code":"requires_captcha"}]}`, provider.Unknown, provider.Later},
		{"a page with 401", 401, `<html>`, provider.OurFault, provider.OurFault},
		{"a page with 404", 404, `<html>`, provider.OurFault, provider.OurFault},
		{"a page with 429", 429, `<html>`, provider.RateLimited, provider.RateLimited},
		{"a page with 502", 502, `<html>`, provider.Unknown, provider.Later},
		{"data that is a list", 200, `{"code":200,"data":[1]}`, provider.Unknown, provider.Later},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			c := answer(t, row.status, row.body)
			_, err := c.Generate(t.Context(), song)
			if e := clienttest.ErrorOf(t, err); e.Class != row.order {
				t.Errorf("order: %v, want %v", err, row.order)
			}
			_, err = c.Task(t.Context(), "t1")
			if clienttest.Absent(err) {
				t.Fatal("an unclear answer was taken as a proof of absence: it leads to a second payment")
			}
			if e := clienttest.ErrorOf(t, err); e.Class != row.read {
				t.Errorf("question: %v, want %v", err, row.read)
			}
		})
	}
}

func TestWhatATasksStatusMeans(t *testing.T) {
	t.Parallel()
	const both = `{"sunoData":[{"id":"a1","audioUrl":"https://c/1.mp3","title":"T","duration":131.4},{"id":"a2","audioUrl":"https://c/2.mp3","duration":"98.5"}]}`
	const one = `{"sunoData":[{"id":"a1","audioUrl":"https://c/1.mp3"},{"id":"a2","audioUrl":""}]}`
	asText, err := json.Marshal(both)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name, status, response, more string
		want                         string // "done", "running", or a class
	}{
		{"accepted", "PENDING", "null", "", "running"},
		{"the lyrics are there", "TEXT_SUCCESS", one, "", "running"},
		{"one of two songs is there", "FIRST_SUCCESS", one, "", "running"},
		{"done", "SUCCESS", both, "", "done"},
		{"done, the response as text", "SUCCESS", string(asText), "", "done"},
		{"done, but the record lags", "SUCCESS", one, "", "later"},
		{"done, without a response", "SUCCESS", "null", "", "later"},
		{"done, with a song that has no file", "SUCCESS", strings.Replace(both, "https://c/2.mp3", "https://cdn1.suno.ai/None.mp3", 1), "", "later"},
		{"done, with an address that is none", "SUCCESS", strings.Replace(both, "https://c/2.mp3", "pending", 1), "", "later"},
		{"done, with a response that cannot be read", "SUCCESS", `"{"`, "", "later"},
		{"our callback failed, the songs exist", "CALLBACK_EXCEPTION", both, "", "done"},
		{"our callback failed early on", "CALLBACK_EXCEPTION", one, "", "running"},
		{"our callback failed, nothing is there yet", "CALLBACK_EXCEPTION", "null", "", "running"},
		{"the task failed", "CREATE_TASK_FAILED", "null", `,"errorMessage":"no"`, "failed"},
		{"the audio failed", "GENERATE_AUDIO_FAILED", "null", `,"errorCode":500`, "failed"},
		{"the lyrics are copyrighted", "CREATE_TASK_FAILED", "null", `,"errorCode":"400"`, "user_fault"},
		{"a sensitive word", "SENSITIVE_WORD_ERROR", "null", "", "user_fault"},
		{"a status of the future", "REMASTERING", both, "", "later"},
		{"no status", "", both, "", "later"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			c := answer(t, 200, fmt.Sprintf(`{"code":200,"data":{"taskId":"t1","status":%q,"param":"{\"callBackUrl\":\"https://us/cb\"}","response":%s%s}}`, row.status, row.response, row.more))
			task, err := c.Task(t.Context(), "t1")
			if task.CallbackURL != "https://us/cb" {
				t.Errorf("the callback address is lost: %+v", task)
			}
			switch row.want {
			case "done":
				want := []provider.Track{{ID: "a1", AudioURL: "https://c/1.mp3", Title: "T", Seconds: 131.4}, {ID: "a2", AudioURL: "https://c/2.mp3", Seconds: 98.5}}
				if diff := cmp.Diff(want, task.Tracks); err != nil || diff != "" {
					t.Errorf("%v %s", err, diff)
				}
			case "running":
				if !clienttest.NotYet(err) {
					t.Errorf("%v", err)
				}
			default:
				if e := clienttest.ErrorOf(t, err); e.Class.String() != row.want || e.Code != row.status {
					t.Errorf("%v, want %s", err, row.want)
				}
			}
		})
	}
}

func TestATaskThatIsNotThereIsAbsent(t *testing.T) {
	t.Parallel()
	s := sunotest.Start(t, sunotest.Options{})
	if _, err := client(t, suno.Config{BaseURL: s.URL}).Task(t.Context(), "no-such-task"); !clienttest.Absent(err) {
		t.Errorf("%v", err)
	}
	if _, err := answer(t, 200, `{"code":404,"msg":"not found"}`).Task(t.Context(), "t1"); !clienttest.Absent(err) {
		t.Errorf("%v", err)
	}
	if _, err := answer(t, 404, `{"code":404,"msg":"no such path"}`).Task(t.Context(), "t1"); clienttest.Absent(err) || clienttest.ErrorOf(t, err).Class != provider.OurFault {
		t.Errorf("a wrong base URL was taken as a proof of absence: %v", err)
	}
	other := answer(t, 200, `{"code":200,"data":{"taskId":"t2","status":"SUCCESS","response":{"sunoData":[{"id":"a1","audioUrl":"https://c/1.mp3"}]}}}`)
	if _, err := other.Task(t.Context(), "t1"); clienttest.Absent(err) || clienttest.ErrorOf(t, err).Class != provider.Later {
		t.Errorf("an answer about another task: %v", err)
	}
	if _, err := other.Task(t.Context(), "../../x?y"); clienttest.ErrorOf(t, err).Class != provider.OurFault {
		t.Errorf("an id that is a path: %v", err)
	}
}

func TestLimitsAreCheckedBeforeSending(t *testing.T) {
	t.Parallel()
	long := func(n int) string { return strings.Repeat("가", n) }
	for _, row := range []struct {
		name, model, field string
		change             func(*provider.Song)
		ok                 bool
	}{
		{"a title of 80 characters for V4", "V4", "title", func(s *provider.Song) { s.Title = long(80) }, true},
		{"a title of 81 characters for V4", "V4", "title", func(s *provider.Song) { s.Title = long(81) }, false},
		{"a title of 81 characters for V4_5ALL", "V4_5ALL", "title", func(s *provider.Song) { s.Title = long(81) }, false},
		{"a title of 100 characters for V5", "V5", "title", func(s *provider.Song) { s.Title = long(100) }, true},
		{"a title of 101 characters for V5", "V5", "title", func(s *provider.Song) { s.Title = long(101) }, false},
		{"lyrics of 3001 characters for V4", "V4", "lyrics", func(s *provider.Song) { s.Lyrics = long(3001) }, false},
		{"lyrics of 5000 characters for V4_5", "V4_5", "lyrics", func(s *provider.Song) { s.Lyrics = long(5000) }, true},
		{"lyrics of 5001 characters for V4_5", "V4_5", "lyrics", func(s *provider.Song) { s.Lyrics = long(5001) }, false},
		{"a style of 201 characters for V4", "V4", "style", func(s *provider.Song) { s.Style = long(201) }, false},
		{"a style of 1000 characters for V4_5ALL", "V4_5ALL", "style", func(s *provider.Song) { s.Style = long(1000) }, true},
		{"a style of 1001 characters", "V5_5", "style", func(s *provider.Song) { s.Style = long(1001) }, false},
		{"no title", "V5", "title", func(s *provider.Song) { s.Title = " " }, false},
		{"no lyrics", "V5", "lyrics", func(s *provider.Song) { s.Lyrics = "" }, false},
		{"no style", "V5", "style", func(s *provider.Song) { s.Style = "" }, false},
		{"broken text", "V5", "lyrics", func(s *provider.Song) { s.Lyrics = "\xff" }, false},
		{"a voice of its own", "V5", "voice", func(s *provider.Song) { s.Voice = "x" }, false},
		{"no voice", "V5", "voice", func(s *provider.Song) { s.Voice = "" }, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := sunotest.Start(t, sunotest.Options{})
			in := song
			row.change(&in)
			_, err := client(t, suno.Config{BaseURL: s.URL, Model: row.model}).Generate(t.Context(), in)
			if row.ok {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if fault.KindOf(err) != fault.Refused || fault.FieldOf(err) != row.field || s.Asked("generate") != 0 {
				t.Errorf("%v, field %q, asked %d", err, fault.FieldOf(err), s.Asked("generate"))
			}
		})
	}
}

func TestAnOrderWithoutACallbackAddress(t *testing.T) {
	t.Parallel()
	in := song
	in.CallbackURL = ""
	s := sunotest.Start(t, sunotest.Options{})
	if _, err := client(t, suno.Config{BaseURL: s.URL}).Generate(t.Context(), in); err != nil || strings.Contains(string(s.Ledger()[0].Request), "callBackUrl") {
		t.Errorf("%v", err)
	}
	_, err := answer(t, 200, `{"code":400,"msg":"callBackUrl is required"}`).Generate(t.Context(), in)
	if e := clienttest.ErrorOf(t, err); e.Class != provider.OurFault {
		t.Errorf("the user is blamed for our missing address: %v", err)
	}
	in.CallbackURL = "/relative"
	if _, err := client(t, suno.Config{BaseURL: s.URL}).Generate(t.Context(), in); clienttest.ErrorOf(t, err).Class != provider.OurFault {
		t.Errorf("%v", err)
	}
}

func TestAClientNeedsAModel(t *testing.T) {
	t.Parallel()
	if _, err := suno.New(suno.Config{BaseURL: "https://api.sunoapi.org"}); fault.KindOf(err) != fault.Misconfigured {
		t.Errorf("%v", err)
	}
}
