package funchost

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
)

func TestRoutingAnswersWithoutTheHandler(t *testing.T) {
	t.Parallel()
	functions := map[string]string{
		"web":   webBinding,
		"Plain": `{"bindings":[{"type":"httpTrigger","name":"req","authLevel":"anonymous","methods":["get"]},{"type":"http","direction":"out","name":"res"}]}`,
		"off":   `{"disabled":true,"bindings":[{"type":"httpTrigger","name":"req","authLevel":"anonymous"},{"type":"http","direction":"out","name":"res"}]}`,
		"off2":  `{"bindings":[{"type":"httpTrigger","name":"req","authLevel":"anonymous"},{"type":"http","direction":"out","name":"res"}]}`,
	}
	app := site{t: t, functions: functions, env: []string{"AzureWebJobs.off2.Disabled=TRUE"}}.load()
	r := runHost(t, app, Options{}).up(t)
	for _, test := range []struct {
		method, path string
		want         int
	}{
		{"GET", "/", 200}, {"GET", "/api/T/echo", 200}, {"GET", "/API/t/echo", 200}, {"GET", "/t/echo", 404}, {"GET", "/api", 404},
		{"GET", "/apit/echo", 404}, {"GET", "/api/other", 404}, {"POST", "/api/plain", 404}, {"GET", "/api/off", 404}, {"GET", "/api/off2", 404},
		{"GET", "/api/plain/", 503}, // reached: the handler knows no such thing
	} {
		if got := send(t, test.method, r.url+test.path, nil); got.status != test.want {
			t.Errorf("%s %s got %d, want %d", test.method, test.path, got.status, test.want)
		}
	}
}

func TestKeysOpenFunctions(t *testing.T) {
	t.Parallel()
	bind := func(level string) string {
		return strings.NewReplacer("anonymous", level, "t/{*what}", level+"/{*what}").Replace(webBinding)
	}
	app := site{t: t, functions: map[string]string{"f": bind("function"), "a": bind("admin"), "n": bind("anonymous")}}
	app.functions["a"] = strings.Replace(app.functions["a"], `"route":"admin/`, `"route":"x/admin/`, 1)
	r := runHost(t, app.load(), Options{Auth: true, MasterKey: "master", FunctionKeys: map[string]string{"f": "own", "": "host"}}).up(t)
	for _, test := range []struct {
		path, key string
		want      int
	}{
		{"/api/anonymous/echo", "", 200}, {"/api/function/echo", "", 401}, {"/api/function/echo", "wrong", 401}, {"/api/function/echo", "own", 200},
		{"/api/function/echo", "host", 200}, {"/api/function/echo", "master", 200}, {"/api/x/admin/echo", "host", 401}, {"/api/x/admin/echo", "master", 200},
		{"/admin/host/status", "", 401}, {"/admin/host/status", "master", 200}, {"/admin/host/ping", "", 200},
	} {
		if got := send(t, http.MethodGet, r.url+test.path, nil, "x-functions-key", test.key); got.status != test.want {
			t.Errorf("%s with key %q in the header got %d, want %d", test.path, test.key, got.status, test.want)
		}
		if got := send(t, http.MethodGet, r.url+test.path+"?code="+test.key, nil); got.status != test.want {
			t.Errorf("%s with key %q in the query got %d, want %d", test.path, test.key, got.status, test.want)
		}
	}
}

func TestBodiesAreLimited(t *testing.T) {
	t.Parallel()
	for name, mode := range map[string]string{"proxying": proxyMode, "forwarding": forwardMode} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app := site{t: t, mode: mode, env: []string{"FUNCTIONS_REQUEST_BODY_SIZE_LIMIT=1000"}}.load()
			r := runHost(t, app, Options{}).up(t)
			body := bytes.Repeat([]byte("x"), 1001)
			if got := send(t, http.MethodPost, r.url+"/api/t/echo", bytes.NewReader(body)); got.status != http.StatusRequestEntityTooLarge {
				t.Errorf("a body over the limit got %d", got.status)
			}
			if got := send(t, http.MethodPost, r.url+"/api/t/echo", bytes.NewReader(body[:1000])).echo(t); len(got.Body) != 1000 {
				t.Errorf("a body at the limit arrived with %d bytes", len(got.Body))
			}
			if mode != proxyMode {
				return
			}
			if got := send(t, http.MethodPost, r.url+"/api/t/echo", chunked(string(body))); got.status != http.StatusRequestEntityTooLarge {
				t.Errorf("a chunked body over the limit got %d", got.status)
			}
		})
	}
	if app := (site{t: t}).load(); app.BodyLimit != 100<<20 {
		t.Errorf("the default limit is %d", app.BodyLimit)
	}
}

func TestThrottlesRefuseAndQueue(t *testing.T) {
	t.Parallel()
	app := site{t: t, rest: `,"extensions":{"http":{"maxOutstandingRequests":2,"maxConcurrentRequests":1}}`}.load()
	r := runHost(t, app, Options{}).up(t)
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() {
			if got := send(t, http.MethodGet, r.url+"/api/t/slow?for=400ms", nil); got.status != http.StatusOK {
				t.Errorf("an admitted request got %d", got.status)
			}
		})
	}
	throttled := r.front.(*front).host.throttle
	eventually(t, "both requests are outstanding", func() bool { return len(throttled.outstanding) == 2 })
	if got := send(t, http.MethodGet, r.url+"/api/t/echo", nil); got.status != http.StatusTooManyRequests || got.header.Get("Retry-After") == "" {
		t.Errorf("the third request got %+v", got)
	}
	if running := len(journal(t, app, "slow")) - len(journal(t, app, "slow done")); running > 1 {
		t.Errorf("%d requests ran at once", running)
	}
	all.Wait()
	if got := send(t, http.MethodGet, r.url+"/api/t/echo", nil); got.status != http.StatusOK {
		t.Errorf("afterwards a request got %d", got.status)
	}
}

func TestAdminEndpoints(t *testing.T) {
	t.Parallel()
	app := site{t: t, functions: map[string]string{"web": webBinding, "work": queueBinding}}.load()
	r := runHost(t, app, Options{Instance: "me", MasterKey: "master"}).up(t)
	call := func(method, path, body string) answer {
		return send(t, method, r.url+path, strings.NewReader(body), "x-functions-key", "master")
	}
	var status struct{ State, InstanceID string }
	if err := json.Unmarshal([]byte(call("GET", "/admin/host/status", "").body), &status); err != nil || status.State != "Running" || status.InstanceID != "me" {
		t.Errorf("status %+v, %v", status, err)
	}
	for _, test := range []struct {
		path, body string
		want       int
	}{
		{"/admin/functions/none", "{}", 404}, {"/admin/functions/web", "{}", 400}, {"/admin/functions/work", "{", 400},
		{"/admin/functions/work", `{"input":"{\"ID\":\"by hand\",\"Pause\":\"300ms\"}"}`, 202}, {"/admin/host/nothing", "", 404},
	} {
		if got := call("POST", test.path, test.body); got.status != test.want {
			t.Errorf("POST %s %s got %d, want %d", test.path, test.body, got.status, test.want)
		}
	}
	if got := send(t, "POST", r.url+"/admin/functions/work", strings.NewReader("{}")); got.status != http.StatusUnauthorized {
		t.Errorf("without the key: %d", got.status)
	}
	eventually(t, "the function ran", func() bool {
		calls := journal(t, app, "invoke")
		return len(calls) == 1 && calls[0].Function == "work" && calls[0].ID == "by hand"
	})
	drain := func() string {
		var state struct{ State string }
		if err := json.Unmarshal([]byte(call("GET", "/admin/host/drain/status", "").body), &state); err != nil {
			t.Fatal(err)
		}
		return state.State
	}
	if got := drain(); got != "Disabled" {
		t.Errorf("drain state %s before the drain", got)
	}
	if got := call("POST", "/admin/host/drain", ""); got.status != http.StatusAccepted {
		t.Errorf("drain got %d", got.status)
	}
	if got := drain(); got != "InProgress" {
		t.Errorf("drain state %s while the function runs", got)
	}
	eventually(t, "the drain completed", func() bool { return drain() == "Completed" })
	if got := call("POST", "/admin/host/resume", ""); got.status != http.StatusAccepted {
		t.Errorf("resume got %d", got.status)
	}
	eventually(t, "the host resumed", func() bool { return drain() == "Disabled" && len(journal(t, app, "start")) == 2 })
	var list []struct{ Name string }
	if err := json.Unmarshal([]byte(call("GET", "/admin/functions", "").body), &list); err != nil || len(list) != 2 {
		t.Errorf("functions %+v, %v", list, err)
	}
}
