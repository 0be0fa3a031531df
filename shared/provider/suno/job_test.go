package suno_test

import (
	"context"
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
	"castad/shared/provider/providertest"
	"castad/shared/provider/suno"
	"castad/shared/provider/suno/sunotest"
)

// receiver collects callbacks.
func receiver(t *testing.T) (string, func(n int) []string) {
	got := make(chan string, 16)
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		id, stage, err := suno.ParseCallback(body)
		if err != nil {
			stage = err.Error()
		}
		got <- id + " " + stage
	}))
	t.Cleanup(s.Close)
	return s.URL, func(n int) (all []string) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		for range n {
			select {
			case m := <-got:
				all = append(all, m)
			case <-ctx.Done():
				t.Fatalf("only %q came", all)
			}
		}
		return all
	}
}

func TestCallbacksOfTheStandIn(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		kind providertest.Kind
		want []string // ID stands for the task's id
	}{
		{"", []string{"ID text", "ID first", "ID complete"}},
		{providertest.CallbackTwice, []string{"ID text", "ID text", "ID first", "ID first", "ID complete", "ID complete"}},
		{providertest.CallbackForged, []string{"forged-ID complete", "ID text", "ID first", "ID complete"}},
		{providertest.CallbackEarly, []string{"ID text", "ID first", "ID complete"}},
		{providertest.Fail, []string{"ID error"}},
	} {
		t.Run("callback "+string(row.kind), func(t *testing.T) {
			t.Parallel()
			url, received := receiver(t)
			s := sunotest.Start(t, sunotest.Options{})
			if row.kind != "" {
				s.Next(providertest.Fault{Kind: row.kind})
			}
			in := song
			in.CallbackURL = url
			id, err := client(t, suno.Config{BaseURL: s.URL}).Generate(t.Context(), in)
			if err != nil {
				t.Fatal(err)
			}
			want := strings.Split(strings.ReplaceAll(strings.Join(row.want, ","), "ID", id), ",")
			if diff := cmp.Diff(want, received(len(want))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFaultsOfJobs(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		fault providertest.Fault
		check func(provider.SongTask, error) bool
	}{
		{providertest.Fault{Kind: providertest.Never}, func(_ provider.SongTask, err error) bool { return clienttest.NotYet(err) }},
		{providertest.Fault{Kind: providertest.Fail, Text: "no GPU"}, func(_ provider.SongTask, err error) bool {
			return fault.CodeOf(err) == fault.CodeVendorFailed && strings.Contains(err.Error(), "no GPU")
		}},
		{providertest.Fault{Kind: providertest.Fail, Code: "SENSITIVE_WORD_ERROR"}, func(_ provider.SongTask, err error) bool {
			return fault.CodeOf(err) == fault.CodeVendorRefused
		}},
		{providertest.Fault{Kind: providertest.Fail, Code: "CALLBACK_EXCEPTION"}, func(task provider.SongTask, err error) bool {
			return err == nil && len(task.Tracks) == 2
		}},
	} {
		s := sunotest.Start(t, sunotest.Options{})
		s.Next(row.fault)
		c := client(t, suno.Config{BaseURL: s.URL})
		id, err := c.Generate(t.Context(), song)
		if err != nil {
			t.Fatal(err)
		}
		if task, err := c.Task(t.Context(), id); !row.check(task, err) {
			t.Errorf("%+v: %+v, %v", row.fault, task, err)
		}
	}
	for kind, want := range map[providertest.Kind]provider.Class{providertest.ResultPage: provider.BadResult, providertest.ResultMissing: provider.Later, providertest.ResultTruncated: provider.Later} {
		s := sunotest.Start(t, sunotest.Options{})
		s.Next(providertest.Fault{Kind: kind})
		c := client(t, suno.Config{BaseURL: s.URL})
		id, err := c.Generate(t.Context(), song)
		if err != nil {
			t.Fatal(err)
		}
		task, err := c.Task(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		got, err := provider.Downloader{Allow: []string{s.URL}}.Get(t.Context(), task.Tracks[0].AudioURL, 1<<20)
		if err == nil {
			_, err = io.Copy(io.Discard, got.Body)
			got.Body.Close()
		}
		if clienttest.ErrorOf(t, err).Class != want {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

func TestAURLThatIsToldEarlyIsNotUsed(t *testing.T) {
	t.Parallel()
	s := sunotest.Start(t, sunotest.Options{After: time.Hour})
	s.Next(providertest.Fault{Kind: providertest.EarlyURL})
	c := client(t, suno.Config{BaseURL: s.URL})
	id, err := c.Generate(t.Context(), song)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Task(t.Context(), id); !clienttest.NotYet(err) {
		t.Errorf("%v", err)
	}
}

func TestParseCallback(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"code":200,"data":{"callbackType":"complete","task_id":"t1","data":[]}}`: "t1 complete",
		`{"code":501,"data":{"callbackType":"error","taskId":"t1"}}`:               "t1 error",
	} {
		id, stage, err := suno.ParseCallback([]byte(body))
		if err != nil || id+" "+stage != want {
			t.Errorf("%s: %s %s %v", body, id, stage, err)
		}
	}
	for _, body := range []string{"", "null", "[]", "{", `{"data":null}`, `{"data":{"task_id":"t1"}}`, `{"data":{"callbackType":"complete"}}`,
		`{"data":{"callbackType":"complete","task_id":"../x"}}`, `{"data":{"callbackType":"pwned","task_id":"t1"}}`, `{"data":{"callbackType":"text","task_id":7}}`,
		`{"data":{"callbackType":"text","task_id":"` + strings.Repeat("a", 129) + `"}}`, strings.Repeat(" ", 1<<20+1)} {
		if id, _, err := suno.ParseCallback([]byte(body)); fault.KindOf(err) != fault.Invalid || id != "" {
			t.Errorf("%.80s: %q %v", body, id, err)
		}
	}
}

func FuzzParseCallback(f *testing.F) {
	f.Add([]byte(`{"code":200,"data":{"callbackType":"complete","task_id":"t1","data":[{"id":"a1"}]}}`))
	f.Add([]byte(`{"data":{"callbackType":"text","taskId":"x"}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		id, stage, err := suno.ParseCallback(body)
		if err != nil && fault.KindOf(err) != fault.Invalid || err == nil && (id == "" || stage == "" || strings.ContainsAny(id, "/?#%. \n")) {
			t.Errorf("%q %q %v", id, stage, err)
		}
	})
}

type canned string

func (c canned) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(string(c))), Request: r}, nil
}

func FuzzTask(f *testing.F) {
	f.Add(`{"code":200,"data":{"taskId":"t1","status":"SUCCESS","param":"{\"callBackUrl\":\"u\"}","response":"{\"sunoData\":[{\"id\":\"a\",\"audioUrl\":\"https://c/a.mp3\",\"duration\":\"1e999\"}]}"}}`)
	f.Add(`{"code":"200","data":{"taskId":"t1","status":"CALLBACK_EXCEPTION","response":{"sunoData":[{}]},"errorCode":[]}}`)
	f.Add(`{"code":200,"data":{"alignedWords":[{"word":"[a","startS":1,"endS":-1}]}}`)
	f.Fuzz(func(t *testing.T, body string) {
		c, err := suno.New(suno.Config{BaseURL: "https://api.example.com", Model: "V5", HTTP: provider.HTTP{Transport: canned(body)}})
		if err != nil {
			t.Fatal(err)
		}
		task, err := c.Task(t.Context(), "t1")
		if err == nil && (task.ID != "t1" || len(task.Tracks) == 0) {
			t.Errorf("%+v", task)
		}
		for _, track := range task.Tracks {
			if track.ID == "" || track.AudioURL == "" || track.Seconds < 0 || math.IsInf(track.Seconds, 0) {
				t.Errorf("%+v", track)
			}
		}
		if id, err := c.Generate(t.Context(), song); err == nil && id == "" || err != nil && fault.KindOf(err) == fault.Internal {
			t.Errorf("%q %v", id, err)
		}
		words, _ := c.Words(t.Context(), "t1", "a1")
		for _, w := range words {
			if w.Text == "" || w.End < w.Start || w.Start < 0 {
				t.Errorf("%+v", w)
			}
		}
	})
}
