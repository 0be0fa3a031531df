package creatomate_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"castad/shared/fault"
	"castad/shared/provider"
	"castad/shared/provider/clienttest"
	"castad/shared/provider/creatomate"
	"castad/shared/provider/creatomate/creatomatetest"
	"castad/shared/provider/providertest"
)

func TestWebhooksOfTheStandIn(t *testing.T) {
	t.Parallel()
	for kind, want := range map[providertest.Kind][]string{"": {"ID tag"}, providertest.CallbackTwice: {"ID tag", "ID tag"},
		providertest.CallbackForged: {"forged-ID forged", "ID tag"}, providertest.CallbackEarly: {"ID tag"}, providertest.Fail: {"ID tag"}} {
		t.Run("webhook "+string(kind), func(t *testing.T) {
			t.Parallel()
			got := make(chan string, 8)
			us := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				id, tag, err := creatomate.ParseWebhook(body)
				if err != nil {
					tag = err.Error()
				}
				got <- id + " " + tag
			}))
			t.Cleanup(us.Close)
			s := creatomatetest.Start(t, creatomatetest.Options{})
			if kind != "" {
				s.Next(providertest.Fault{Kind: kind})
			}
			id, err := client(t, creatomate.Config{BaseURL: s.URL}).Render(t.Context(), script, us.URL, "tag")
			if err != nil {
				t.Fatal(err)
			}
			for _, w := range want {
				select {
				case m := <-got:
					if m != strings.ReplaceAll(w, "ID", id) {
						t.Errorf("%q, want %q", m, w)
					}
				case <-time.After(10 * time.Second):
					t.Fatalf("%q did not come", w)
				}
			}
		})
	}
}

func TestFaultsOfJobs(t *testing.T) {
	t.Parallel()
	ask := func(kind providertest.Kind) (provider.Render, error) {
		s := creatomatetest.Start(t, creatomatetest.Options{})
		s.Next(providertest.Fault{Kind: kind, Text: "the source is not a video"})
		c := client(t, creatomate.Config{BaseURL: s.URL})
		id, err := c.Render(t.Context(), script, "", "tag")
		if err != nil {
			t.Fatal(err)
		}
		r, err := c.Status(t.Context(), id)
		if r.URL == "" {
			return r, err
		}
		got, err := provider.Downloader{Allow: []string{s.URL}}.Get(t.Context(), r.URL, 1<<20)
		if err == nil {
			_, err = io.Copy(io.Discard, got.Body)
			got.Body.Close()
		}
		return r, err
	}
	if _, err := ask(providertest.Never); !clienttest.NotYet(err) {
		t.Errorf("%v", err)
	}
	if _, err := ask(providertest.Fail); fault.CodeOf(err) != fault.CodeVendorFailed || !strings.Contains(err.Error(), "not a video") {
		t.Errorf("%v", err)
	}
	if _, err := ask(providertest.ResultPage); fault.CodeOf(err) != fault.CodeVendorResult {
		t.Errorf("%v", err)
	}
	if _, err := ask(providertest.ResultMissing); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("%v", err)
	}
	if _, err := ask(providertest.ResultTruncated); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%v", err)
	}
}

func TestParseWebhook(t *testing.T) {
	t.Parallel()
	id, tag, err := creatomate.ParseWebhook([]byte(`{"id":"01234567-0000-4000-8000-0123456789ab","status":"succeeded","metadata":"run_x.3.1"}`))
	if err != nil || id != "01234567-0000-4000-8000-0123456789ab" || tag != "run_x.3.1" {
		t.Errorf("%s %s %v", id, tag, err)
	}
	for _, body := range []string{"", "null", "[]", "{", "{}", `{"id":"../x"}`, `{"id":7}`, `{"id":"a","metadata":{}}`, strings.Repeat(" ", 1<<20+1)} {
		if id, _, err := creatomate.ParseWebhook([]byte(body)); fault.KindOf(err) != fault.Invalid || id != "" {
			t.Errorf("%.80s: %q %v", body, id, err)
		}
	}
}

func FuzzParseWebhook(f *testing.F) {
	f.Add([]byte(`{"id":"r1","metadata":"tag"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		id, _, err := creatomate.ParseWebhook(body)
		if err != nil && fault.KindOf(err) != fault.Invalid || err == nil && (id == "" || strings.ContainsAny(id, "/?#%. \n")) {
			t.Errorf("%q %v", id, err)
		}
	})
}
