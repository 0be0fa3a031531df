package funchost

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// chunked hides a body's length, so that it is sent chunked.
func chunked(text string) io.Reader {
	return io.MultiReader(strings.NewReader(text))
}

func TestProxyingLeavesTheRequestAlone(t *testing.T) {
	t.Parallel()
	r := runHost(t, site{t: t}.load(), Options{}).up(t)
	uri := "/api/t/%EB%B0%A5%2Fx/echo?a=1&a=2&b=%20c;d"
	got := send(t, http.MethodPut, r.url+uri, chunked("chunked body"), "Content-Encoding", "br", "Accept-Encoding", "zstd",
		"X-Forwarded-For", "203.0.113.9:1, 198.51.100.7:2", "X-Two", "1", "X-Two", "2", "User-Agent", "me").echo(t)
	if got.Method != http.MethodPut || got.URI != uri || got.Body != "chunked body" || got.Length != -1 {
		t.Errorf("the handler saw %s %s, %q, length %d", got.Method, got.URI, got.Body, got.Length)
	}
	for name, want := range map[string]string{"Content-Encoding": "br", "Accept-Encoding": "zstd", "X-Two": "1|2", "User-Agent": "me",
		"X-Forwarded-For": "203.0.113.9:1, 198.51.100.7:2", "Host": strings.TrimPrefix(r.url, "http://"), "X-Azure-Functions-Hostversion": version} {
		if got.Headers[name] != want {
			t.Errorf("header %s = %q, want %q", name, got.Headers[name], want)
		}
	}
	id := got.Headers["X-Azure-Functions-Invocationid"]
	if len(id) != 36 || got.Headers["X-Ms-Invocation-Id"] != id {
		t.Errorf("invocation ids %q and %q", id, got.Headers["X-Ms-Invocation-Id"])
	}
}

func TestProxyingPassesTheAnswerOn(t *testing.T) {
	t.Parallel()
	r := runHost(t, site{t: t}.load(), Options{}).up(t)
	if got := send(t, http.MethodGet, r.url+"/api/t/gzip", nil); got.status != http.StatusTeapot || got.header.Get("Content-Encoding") != "gzip" || got.body != "not really gzip" {
		t.Errorf("got %+v", got)
	}
	if got := send(t, http.MethodGet, r.url+"/api/t/redirect", nil); got.status != http.StatusFound || got.header.Get("Location") != "/api/t/echo" {
		t.Errorf("a redirect became %+v", got)
	}
	if got := send(t, http.MethodGet, r.url+"/api/t/nonsense", nil); got.status != http.StatusServiceUnavailable {
		t.Errorf("the handler's 503 became %d", got.status)
	}
	if f := r.Stats().Functions["web"]; f.Invocations != 3 || f.Failures != 0 {
		t.Errorf("%+v: an HTTP status is never a failed invocation", f)
	}
}

func TestProxyingStreamsBothWaysAtOnce(t *testing.T) {
	t.Parallel()
	r := runHost(t, site{t: t}.load(), Options{}).up(t)
	reader, writer := io.Pipe()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.url+"/api/t/talk", reader)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	lines := bufio.NewReader(response.Body)
	for _, word := range []string{"one\n", "two\n", "three\n"} {
		if _, err := io.WriteString(writer, word); err != nil {
			t.Fatal(err)
		}
		// The next word is sent only after the answer to this one has come.
		if got, err := lines.ReadString('\n'); err != nil || got != "heard "+word {
			t.Fatalf("heard %q, %v after sending %q", got, err, word)
		}
	}
	writer.Close()
	if rest, err := io.ReadAll(lines); err != nil || len(rest) > 0 {
		t.Errorf("the stream ended with %q, %v", rest, err)
	}
}

func TestAClientThatLeavesCancelsOnlyTheProxiedRequest(t *testing.T) {
	t.Parallel()
	app := site{t: t}.load()
	r := runHost(t, app, Options{}).up(t)
	ctx, cancel := context.WithCancel(t.Context())
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.url+"/api/t/wait", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	response.Body.Close()
	eventually(t, "the handler noticed", func() bool { return len(journal(t, app, "client left")) == 1 })
	eventually(t, "the invocation ended", func() bool { return r.Stats().Outstanding == 0 })
}

func TestProxyingCutsAnExchangeThatStandsStill(t *testing.T) {
	t.Parallel()
	app := site{t: t}.load()
	r := runHost(t, app, Options{ActivityTimeout: 300 * time.Millisecond}).up(t)
	if got := send(t, http.MethodGet, r.url+"/api/t/slow?for=20s", nil); got.status != http.StatusInternalServerError {
		t.Errorf("a silent handler's request got %d", got.status)
	}
	if r.Stats().Crashes+r.Stats().Restarts != 0 {
		t.Error("the handler was stopped for it")
	}
	if len(r.logs.find(errInactive.Error())) != 1 {
		t.Error("the cut was not reported")
	}
}

func TestProxyingBridgesARestart(t *testing.T) {
	t.Parallel()
	app := site{t: t}.load()
	r := runHost(t, app, Options{}).up(t)
	old := r.Stats().PID
	var all sync.WaitGroup
	all.Go(func() { r.KillHandler() })
	for range 20 {
		all.Go(func() {
			if got := send(t, http.MethodGet, r.url+"/api/t/echo", nil); got.status != http.StatusOK {
				t.Errorf("a request during the restart got %d", got.status)
			}
		})
	}
	all.Wait()
	if r.Stats().PID == old {
		t.Error("the handler was not restarted")
	}
}

func TestARequestInFlightFailsWithItsHandlerUnlessItHasNoBody(t *testing.T) {
	t.Parallel()
	app := site{t: t}.load()
	r := runHost(t, app, Options{}).up(t)
	if got := send(t, http.MethodPost, r.url+"/api/t/exit?code=1", strings.NewReader("once")); got.status != http.StatusInternalServerError {
		t.Errorf("got %d", got.status)
	}
	if exits := journal(t, app, "exit"); len(exits) != 1 {
		t.Errorf("a request with a body was sent %d times", len(exits))
	}
	eventually(t, "the handler is back", func() bool { return len(journal(t, app, "start")) == 2 })
	eventually(t, "it listens", func() bool { return send(t, http.MethodGet, r.url+"/api/t/echo", nil).status == http.StatusOK })
	// Exit 200 is not counted, so this one could go on for ten tries.
	send(t, http.MethodPost, r.url+"/api/t/exit?code=200", nil)
	if exits := journal(t, app, "exit"); len(exits) < 3 {
		t.Errorf("a request without a body was sent %d times, want more than once", len(exits)-1)
	}
}

func TestAResponseThatBreaksOffBreaksOffAtTheClient(t *testing.T) {
	t.Parallel()
	r := runHost(t, site{t: t}.load(), Options{}).up(t)
	response, err := http.Get(r.url + "/api/t/broken")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if text, err := io.ReadAll(response.Body); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("read %q, %v", text, err)
	}
	eventually(t, "the invocation failed", func() bool {
		s := r.Stats()
		return s.Outstanding == 0 && s.Functions["web"].Failures == 1
	})
}

func TestForwardingLosesWhatTheHostLoses(t *testing.T) {
	t.Parallel()
	r := runHost(t, site{t: t, mode: forwardMode}.load(), Options{}).up(t)
	got := send(t, http.MethodPost, r.url+"/api/t/%EB%B0%A5/echo?a=1&a=2&A=3&b=%7ec", strings.NewReader("body"),
		"Content-Type", "text/x", "Content-Encoding", "br", "Content-Language", "ko", "Content-Disposition", "inline",
		"X-Functions-Key", "secret", "User-Agent", "me", "X-Two", "1", "X-Two", "2").echo(t)
	if got.Method != http.MethodPost || got.URI != "/api/t/%EB%B0%A5/echo?a=1%2C2%2C3&b=~c" || got.Body != "body" || got.Length != 4 {
		t.Errorf("the handler saw %s %s, %q, length %d", got.Method, got.URI, got.Body, got.Length)
	}
	want := map[string]string{"Host": strings.TrimPrefix(r.url, "http://"), "Content-Type": "text/x", "Content-Length": "4",
		"X-Functions-Key": "secret", "User-Agent": "me Azure-Functions-Host/" + version, "X-Two": "1|2", "X-Azure-Functions-Hostversion": version}
	delete(got.Headers, "X-Azure-Functions-Invocationid")
	if diff := cmp.Diff(want, got.Headers); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
	if got := send(t, http.MethodPost, r.url+"/api/t/echo", chunked("chunked body")).echo(t); got.Body != "" || got.Length > 0 {
		t.Errorf("a chunked body arrived: %q", got.Body)
	}
	answer := send(t, http.MethodGet, r.url+"/api/t/redirect", nil)
	if answer.status != http.StatusFound {
		t.Errorf("a redirect was followed: %d", answer.status)
	}
	if answer := send(t, http.MethodGet, r.url+"/api/t/gzip", nil); answer.status != http.StatusTeapot || answer.header.Get("Content-Encoding") != "gzip" {
		t.Errorf("the answer became %+v", answer)
	}
	if answer := send(t, http.MethodPost, r.url+"/api/t/exit?code=1", nil); answer.status != http.StatusInternalServerError || answer.body != "" {
		t.Errorf("a handler that died gave %d, %q", answer.status, answer.body)
	}
}

func TestDefaultModeIsJSONBothWays(t *testing.T) {
	t.Parallel()
	app := site{t: t, mode: plainMode, functions: map[string]string{"web": strings.Replace(webBinding, "t/{*what}", "t/{id:int}", 1)}}.load()
	r := runHost(t, app, Options{FunctionTimeout: 2 * time.Second}).up(t)
	got := send(t, http.MethodPost, r.url+"/api/t/7?a=1&a=2", strings.NewReader(`{"Do":"respond","Log":"from the handler"}`), "Content-Type", "application/json")
	if got.status != http.StatusCreated || got.header.Get("X-Made") != "yes" || got.body != `{"n":1}` {
		t.Errorf("got %+v", got)
	}
	calls := journal(t, app, "invoke")
	var body struct {
		Data struct {
			Req struct {
				URL, Method, Body string
				Query, Params     map[string]string
				Headers           map[string][]string
			}
		}
	}
	if err := json.Unmarshal(calls[0].Body, &body); err != nil {
		t.Fatal(err)
	}
	request := body.Data.Req
	if request.URL != r.url+"/api/t/7?a=1&a=2" || request.Method != "POST" || request.Query["a"] != "1,2" || request.Params["id"] != "7" ||
		request.Headers["Content-Type"][0] != "application/json" || !strings.Contains(request.Body, "respond") {
		t.Errorf("the handler saw %+v", request)
	}
	logged := r.logs.find("from the handler")
	if len(logged) != 1 || logged[0].Category != "Function.web.User" || logged[0].Invocation != calls[0].Headers["X-Azure-Functions-Invocationid"] {
		t.Errorf("Logs were logged as %+v", logged)
	}
	if got := send(t, http.MethodPost, r.url+"/api/t/7", chunked(`{"Do":"respond"}`)); got.status != http.StatusOK {
		t.Errorf("without a body the handler made %d", got.status)
	}
	if got := send(t, http.MethodPost, r.url+"/api/t/7", strings.NewReader(`{"Do":"fail","Log":"lost"}`)); got.status != http.StatusInternalServerError || got.body != "" {
		t.Errorf("a failure became %d, %q", got.status, got.body)
	}
	if len(r.logs.find("lost")) != 0 {
		t.Error("the Logs of a failure were kept")
	}
	pid := r.Stats().PID
	if got := send(t, http.MethodPost, r.url+"/api/t/7", strings.NewReader(`{"Do":"empty"}`)); got.status != http.StatusInternalServerError {
		t.Errorf("an empty answer became %d", got.status)
	}
	eventually(t, "the handler was killed for it", func() bool { s := r.Stats(); return s.Timeouts == 1 && s.PID != 0 && s.PID != pid })
}

func TestUpgradesPassThrough(t *testing.T) {
	t.Parallel()
	r := runHost(t, site{t: t}.load(), Options{}).up(t)
	connection, err := net.Dial("tcp", strings.TrimPrefix(r.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	// The test handler refuses upgrades; the refusal must come back whole.
	io.WriteString(connection, "GET /api/t/upgrade HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	if err != nil || response.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("answer %v, %v", response, err)
	}
}
