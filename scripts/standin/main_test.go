package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// ask is one request, as curl sends it.
func ask(t *testing.T, method, url, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	res, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(text)
}

func TestEveryStandInKeepsALedgerAndTakesFaults(t *testing.T) {
	t.Parallel()
	for name := range vendors {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, stop := context.WithCancel(t.Context())
			in, out := io.Pipe()
			ended := make(chan error, 1)
			go func() { ended <- run(ctx, []string{name}, out) }()
			line, err := bufio.NewReader(in).ReadString('\n')
			base, ok := strings.CutPrefix(strings.TrimSpace(line), name+" ready on ")
			if err != nil || !ok {
				t.Fatalf("it printed %q: %v", line, err)
			}
			if status, text := ask(t, http.MethodGet, base+"/ledger", ""); status != http.StatusOK || !json.Valid([]byte(text)) {
				t.Errorf("the ledger: %d %s", status, text)
			}
			if status, text := ask(t, http.MethodPost, base+"/faults", `{"kind":"drop"}`); status != http.StatusNoContent {
				t.Errorf("a fault: %d %s", status, text)
			}
			if status, text := ask(t, http.MethodPost, base+"/faults", `{"kind":"nonsense"}`); status != http.StatusBadRequest {
				t.Errorf("a fault that is none: %d %s", status, text)
			}
			stop()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
	}
}

func TestWrongArgumentsAreTold(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{nil, {"myspace"}, {"kakao", "suno"}, {"-addr", "0.0.0.0:8090", "kakao"}, {"-addr", "127.0.0.1", "kakao"}, {"-addr", "localhost:0", "kakao"}} {
		if err := run(t.Context(), args, io.Discard); err == nil {
			t.Errorf("%q was taken", args)
		}
	}
}

func TestCurlNeedsNoMoreThanTheVendorDoes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ vendor, method, path, key, body, want string }{
		"a search without page and size": {"kakao", "GET", "/v2/local/search/keyword.json?query=" + url.QueryEscape("7호점"), "KakaoAK k", "", `"한빛분식 7호점"`},
		"JSON that curl -d calls a form": {"instagram", "POST", "/accounts", "", `{"username":"shop","account_type":"PERSONAL"}`, `"username":"shop"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := vendors[c.vendor](t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(s.Close)
			r := httptest.NewRequestWithContext(t.Context(), c.method, c.path, strings.NewReader(c.body))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Authorization", c.key)
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			if w.Code >= 300 || !strings.Contains(w.Body.String(), c.want) {
				t.Errorf("%d %s", w.Code, w.Body)
			}
		})
	}
}
