package providertest_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"castad/shared/provider/providertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start serves one operation that accepts jobs and names the job's fault.
func start(t *testing.T) (*providertest.Desk, string) {
	d := providertest.NewDesk(func(f providertest.Fault) providertest.Reply {
		return providertest.Reply{Status: 500, JSON: map[string]string{"code": f.Code}}
	})
	mux := http.NewServeMux()
	for _, op := range []string{"order", "ask"} {
		mux.HandleFunc("POST /"+op, func(w http.ResponseWriter, r *http.Request) {
			d.Serve(w, r, op, op == "order", func(body []byte, job providertest.Fault) providertest.Reply {
				d.Accept(providertest.Entry{ID: "j", Op: op, Request: body, Faults: []providertest.Kind{job.Kind}})
				return providertest.Reply{JSON: map[string]string{"job": string(job.Kind)}}
			})
		})
	}
	d.Routes(mux)
	return d, providertest.Start(t, mux, d.Close)
}

func do(t *testing.T, method, url, body string, header ...string) (int, string, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range header {
		req.Header.Add("X-Fault", h)
	}
	c := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := c.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return res.StatusCode, string(text), err
}

func TestFaultsAreQueuedOverHTTP(t *testing.T) {
	t.Parallel()
	d, url := start(t)
	if status, text, _ := do(t, "POST", url+"/faults", `[{"kind":"status","op":"ask","status":503,"code":"c","times":2},{"kind":"never"}]`); status != 204 {
		t.Fatalf("%d %s", status, text)
	}
	for i, want := range []struct {
		op, text string
		status   int
	}{
		{"ask", `{"code":"c"}`, 503}, {"order", `{"job":"never"}`, 200}, {"ask", `{"code":"c"}`, 503}, {"ask", `{"job":""}`, 200}, {"order", `{"job":""}`, 200},
	} {
		if status, text, err := do(t, "POST", url+"/"+want.op, "{}"); status != want.status || text != want.text || err != nil {
			t.Errorf("request %d: %d %s %v", i, status, text, err)
		}
	}
	if n := d.Asked("ask"); n != 3 {
		t.Errorf("%d questions", n)
	}
	var ledger struct{ Items []providertest.Entry }
	_, text, _ := do(t, "GET", url+"/ledger", "")
	if err := json.Unmarshal([]byte(text), &ledger); err != nil || len(ledger.Items) != 3 || ledger.Items[0].Faults[0] != providertest.Never || ledger.Items[0].AcceptedAt.IsZero() {
		t.Errorf("%s %v", text, err)
	}
}

func TestAFaultInAHeaderIsForThatRequest(t *testing.T) {
	t.Parallel()
	_, url := start(t)
	status, text, _ := do(t, "POST", url+"/order", "{}", `{"kind":"fail"}`)
	if status != 200 || text != `{"job":"fail"}` {
		t.Errorf("%d %s", status, text)
	}
	if _, _, err := do(t, "POST", url+"/order", "{}", `{"kind":"drop"}`); !errors.Is(err, io.EOF) {
		t.Errorf("%v", err)
	}
	if _, _, err := do(t, "POST", url+"/order", "{}", `{"kind":"truncated"}`); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%v", err)
	}
	if status, text, _ := do(t, "POST", url+"/order", "{}"); status != 200 || text != `{"job":""}` {
		t.Errorf("the next request: %d %s", status, text)
	}
}

func TestALateRequestIsAcceptedAfterItsConnectionHasDied(t *testing.T) {
	t.Parallel()
	d, url := start(t)
	if _, _, err := do(t, "POST", url+"/order", "{}", `{"kind":"late","millis":5}`); !errors.Is(err, io.EOF) {
		t.Errorf("%v", err)
	}
	for deadline := time.Now().Add(10 * time.Second); len(d.Ledger()) == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it never arrived")
		}
	}
}

func TestMistakesAreTold(t *testing.T) {
	t.Parallel()
	_, url := start(t)
	for _, body := range []string{"", "{}", `{"kind":"nonsense"}`, `{"kind":"drop","typo":1}`, `{"kind":"status","status":99}`, `[{"kind":"drop"},{"kind":"x"}]`} {
		if status, _, _ := do(t, "POST", url+"/faults", body); status != 400 {
			t.Errorf("%q: %d", body, status)
		}
		if status, _, _ := do(t, "POST", url+"/order", "{}", body); status != 400 && body != "" {
			t.Errorf("header %q: %d", body, status)
		}
	}
	if status, text, _ := do(t, "POST", url+"/order", "{}"); status != 200 || text != `{"job":""}` {
		t.Errorf("half of a wrong list was queued: %d %s", status, text)
	}
}

func TestClearForgetsTheQueue(t *testing.T) {
	t.Parallel()
	d, url := start(t)
	d.Next(providertest.Fault{Kind: providertest.Drop, Times: 5})
	if status, _, _ := do(t, "DELETE", url+"/faults", ""); status != 204 {
		t.Errorf("%d", status)
	}
	if status, _, err := do(t, "POST", url+"/order", "{}"); status != 200 {
		t.Errorf("%d %v", status, err)
	}
}

func TestCloseLetsHangingRequestsGo(t *testing.T) {
	t.Parallel()
	d, url := start(t)
	d.Next(providertest.Fault{Kind: providertest.Hang})
	done := make(chan error, 1)
	go func() { _, _, err := do(t, "POST", url+"/order", "{}"); done <- err }()
	for len(d.Ledger()) == 0 {
		time.Sleep(time.Millisecond)
	}
	d.Close()
	if err := <-done; err == nil {
		t.Error("a hanging request was answered")
	}
}
