package trigger

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"castad/shared/envelope"
	"castad/shared/fault"
	"castad/shared/identity"
	"castad/shared/message"
)

const done = `{"Outputs":{},"Logs":[],"ReturnValue":null}`

func TestAMessageOfOursIsHeard(t *testing.T) {
	t.Parallel()
	var got message.Wake
	var trace, request string
	var left time.Duration
	b := set(t, func(o *Options) {
		o.Invocation = func(ctx context.Context, name string, kind Kind, connections int) context.Context {
			return context.WithValue(ctx, hookKey{}, fmt.Sprintf("%s %s %d", name, kind, connections))
		}
	}, Queue("song-generate", queueJSON("song-generate"), Budget{Time: 45 * time.Second, Connections: 1}, func(ctx context.Context, w message.Wake) error {
		got, trace, request = w, envelope.Trace(ctx), requestID(ctx)
		if hook := ctx.Value(hookKey{}); hook != "song-generate queue 1" {
			t.Errorf("the invocation hook gave %v", hook)
		}
		end, _ := ctx.Deadline()
		left = time.Until(end)
		Note(ctx, "take", 2)
		return nil
	}))
	w := b.deliver("/song-generate", hosted("job", sealed(t, "song-generate", wakeJSON), `"3"`), "X-Azure-Functions-InvocationId", "5d1e0000-0000-4000-8000-00000000abcd")
	if w.Code != http.StatusOK || w.Body.String() != done || w.Header().Get("Content-Type") != "application/json" {
		t.Errorf("status %d, %v, %s", w.Code, w.Header(), w.Body)
	}
	if got != (message.Wake{Run: 5, Step: 3}) || trace != someTrace || request != "5d1e0000-0000-4000-8000-00000000abcd" || left < 40*time.Second || left > 45*time.Second {
		t.Errorf("heard %+v, trace %q, request %q, time left %v", got, trace, request, left)
	}
	line := b.lines(t)[0]
	for name, want := range map[string]any{"msg": "invocation", "function": "song-generate", "kind": "queue", "status": 200., "code": "ok", "run": "run_0000000000005",
		"step": 3., "delivery": 3., "take": 2., "message": "m1", "trace": someTrace[3:35], "request_id": request} {
		if line[name] != want {
			t.Errorf("the log's %s is %v, want %v", name, line[name], want)
		}
	}
	if len(b.meter) != 1 || b.meter[0] != "song-generate queue ok" {
		t.Errorf("counted %q", b.meter)
	}
}

type hookKey struct{}

func TestWhatIsNotOursIsKeptAndDoesNotComeAgain(t *testing.T) {
	t.Parallel()
	good := sealed(t, "song-generate", wakeJSON)
	seal := func(body string, ttl time.Duration, at time.Time) []byte {
		raw, err := envelope.Seal(at, key(t, "envelopes"), "song-generate", "m1", "", []byte(body), ttl)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	foreign, err := envelope.Seal(time.Now(), key(t, "stranger"), "song-generate", "m1", "", []byte(wakeJSON), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	for name, row := range map[string]struct {
		raw  []byte
		says string
	}{
		"a bare body":                        {[]byte(wakeJSON), "not an envelope"},
		"a body that overwrites metadata":    {[]byte(`{"messageId":"x","deliveryCount":9,"run":"run_0000000000005","step":1}`), "not an envelope"},
		"rubble":                             {[]byte("\x00\xff"), "not an envelope"},
		"nothing":                            {[]byte{}, "not an envelope"},
		"a stranger's key":                   {foreign, "no live key"},
		"a changed body":                     {[]byte(strings.Replace(string(good), `"m1"`, `"m2"`, 1)), "signature"},
		"a message of another queue":         {sealed(t, "song-collect", wakeJSON), "another queue"},
		"a message that is too old":          {seal(wakeJSON, time.Minute, time.Now().Add(-time.Hour)), "expired"},
		"our envelope around something else": {seal(`{"hello":1}`, time.Hour, time.Now()), "unknown_field"},
		"our envelope around no run":         {seal(`{"step":1}`, time.Hour, time.Now()), "wakes no step"},
		"our envelope around a negative":     {seal(`{"run":"run_0000000000005","step":-1}`, time.Hour, time.Now()), "wakes no step"},
	} {
		called := false
		b := set(t, nil, Queue("song-generate", queueJSON("song-generate"), quick, func(context.Context, message.Wake) error { called = true; return nil }))
		w := b.deliver("/song-generate", hosted("job", row.raw, `"1"`))
		if w.Code != http.StatusOK || w.Body.String() != done || called {
			t.Errorf("%s: status %d, %s, called %v", name, w.Code, w.Body, called)
		}
		if len(b.kept) != 1 || !strings.HasPrefix(b.kept[0], "song-generate: "+string(row.raw)+": ") || !strings.Contains(b.kept[0], row.says) {
			t.Errorf("%s: kept %q, want the reason %q", name, b.kept, row.says)
		}
		if line := b.lines(t)[0]; line["code"] != "queue.poison" {
			t.Errorf("%s: logged %v", name, line)
		}
	}
}

func TestAMessageThatCannotBeKeptStays(t *testing.T) {
	t.Parallel()
	b := set(t, func(o *Options) {
		o.Poison = func(context.Context, string, []byte, string) error { return errors.New("disk full") }
	}, Queue("song-generate", queueJSON("song-generate"), quick, noop))
	if w := b.deliver("/song-generate", hosted("job", []byte("x"), `"1"`)); w.Code != http.StatusServiceUnavailable {
		t.Errorf("status %d", w.Code)
	}
}

func TestWhatAFunctionReturnsDecidesAboutTheMessage(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		fn     func(context.Context) error
		status int
		code   string
	}{
		"nil":                      {func(context.Context) error { return nil }, 200, "ok"},
		"nothing left to do":       {func(context.Context) error { return fmt.Errorf("stale: %w", &fault.Error{Kind: fault.Done}) }, 200, "ok"},
		"a fault that passes":      {func(context.Context) error { return fault.New(fault.CodeUnavailable) }, 503, "castad.unavailable"},
		"not yet":                  {func(context.Context) error { return message.NotYet{} }, 503, "castad.unavailable"},
		"too many":                 {func(context.Context) error { return fault.New(fault.CodeVendorBusy) }, 500, "vendor.busy"},
		"a plain error":            {func(context.Context) error { return errors.New("x") }, 500, "castad.internal"},
		"something invalid":        {func(context.Context) error { return fault.New(fault.CodeConflict) }, 500, "resource.conflict"},
		"a panic":                  {func(context.Context) error { panic("boom") }, 500, "castad.internal"},
		"the end of its time":      {func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, 500, "castad.timeout"},
		"an error with a kind 200": {func(context.Context) error { return &fault.Error{Kind: fault.Unknown, Code: fault.CodeUnknown} }, 500, "castad.unknown_outcome"},
	} {
		budget := Budget{Time: 20 * time.Millisecond}
		b := set(t, nil, Queue("song-generate", queueJSON("song-generate"), budget, func(ctx context.Context, _ message.Wake) error { return row.fn(ctx) }),
			Timer("background-sweep", timerJSON(), budget, row.fn))
		for uri, body := range map[string]string{
			"/song-generate":    hosted("job", sealed(t, "song-generate", wakeJSON), `"1"`),
			"/background-sweep": `{"Data":{"timer":{"Schedule":{"AdjustForDST":true},"ScheduleStatus":null,"IsPastDue":false}},"Metadata":{"sys":{"MethodName":"x"}}}`,
		} {
			w := b.deliver(uri, body)
			want := row.status
			if uri == "/background-sweep" { // a timer has no message; its failure keeps the number that says most
				switch row.code {
				case "vendor.busy":
					want = 429
				case "resource.conflict":
					want = 409
				case "castad.timeout":
					want = 504
				}
			}
			if w.Code != want {
				t.Errorf("%s at %s: status %d, want %d", name, uri, w.Code, want)
			}
			if w.Code < 300 && w.Body.String() != done {
				t.Errorf("%s at %s: answered %q, on which the host hangs", name, uri, w.Body)
			}
			if w.Code >= 300 && strings.Contains(w.Body.String(), "boom") {
				t.Errorf("%s at %s: the cause is answered: %s", name, uri, w.Body)
			}
		}
		for _, line := range b.lines(t) {
			if line["code"] != row.code {
				t.Errorf("%s: logged as %v", name, line["code"])
			}
			if _, stack := line["stack"]; stack != (name == "a panic") {
				t.Errorf("%s: stack in the log: %v", name, stack)
			}
		}
	}
}

func TestOnlyTheHostsOwnCallsAreHeard(t *testing.T) {
	t.Parallel()
	called := false
	b := set(t, nil, Queue("song-generate", queueJSON("song-generate"), quick, func(context.Context, message.Wake) error { called = true; return nil }),
		Timer("background-sweep", timerJSON(), quick, func(context.Context) error { called = true; return nil }))
	raw := base64.StdEncoding.EncodeToString(sealed(t, "song-generate", wakeJSON))
	for name, row := range map[string]struct{ uri, kind, body string }{
		"the envelope itself":           {"/song-generate", "application/json", string(sealed(t, "song-generate", wakeJSON))},
		"no metadata":                   {"/song-generate", "application/json", `{"Data":{"job":"` + raw + `"}}`},
		"metadata of null":              {"/song-generate", "application/json", `{"Data":{"job":"` + raw + `"},"Metadata":null}`},
		"another binding":               {"/song-generate", "application/json", `{"Data":{"req":"` + raw + `"},"Metadata":{}}`},
		"two bindings":                  {"/song-generate", "application/json", `{"Data":{"job":"` + raw + `","x":1},"Metadata":{}}`},
		"text instead of base64":        {"/song-generate", "application/json", `{"Data":{"job":"\"{}\""},"Metadata":{}}`},
		"an object":                     {"/song-generate", "application/json", `{"Data":{"job":{}},"Metadata":{}}`},
		"null":                          {"/song-generate", "application/json", `{"Data":{"job":null},"Metadata":{}}`},
		"a list":                        {"/song-generate", "application/json", `[]`},
		"a form":                        {"/song-generate", "application/x-www-form-urlencoded", `Data=1`},
		"no type":                       {"/song-generate", "", `{"Data":{"job":"` + raw + `"},"Metadata":{}}`},
		"nothing":                       {"/song-generate", "application/json", ``},
		"more than a queue can carry":   {"/song-generate", "application/json", `{"Data":{"job":"` + strings.Repeat("A", maxBody) + `"},"Metadata":{}}`},
		"a timer without its value":     {"/background-sweep", "application/json", `{"Data":{},"Metadata":{}}`},
		"a timer called with a message": {"/background-sweep", "application/json", `{"Data":{"job":"` + raw + `"},"Metadata":{}}`},
	} {
		w := b.ask("POST", row.uri, row.body, "Content-Type", row.kind)
		if w.Code < 400 || called || len(b.kept) > 0 {
			t.Errorf("%s: status %d, called %v, kept %q", name, w.Code, called, b.kept)
		}
	}
}

func TestDeliveryCountIsReadInEverySpelling(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]int{`1`: 1, `"2"`: 2, `"\"3\""`: 3, `" 4 "`: 4, `null`: 0, `{}`: 0, `"x"`: 0, `[1]`: 0, `1.5`: 0, `true`: 0} {
		var m metadata
		if err := json.Unmarshal([]byte(`{"DeliveryCount":`+in+`}`), &m); err != nil || int(m.DeliveryCount) != want {
			t.Errorf("%s is %d, %v; want %d", in, m.DeliveryCount, err, want)
		}
	}
}

func TestAQueueWaitsForTheDatabaseInsteadOfBurningDeliveries(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		called := false
		b := set(t, func(o *Options) {
			o.Ready = func() error {
				if time.Since(begin) < 3*time.Second {
					return errors.New("connection refused")
				}
				return nil
			}
		}, Queue("song-generate", queueJSON("song-generate"), Budget{Time: 45 * time.Second, Connections: 1}, func(context.Context, message.Wake) error { called = true; return nil }))
		if w := b.deliver("/song-generate", hosted("job", sealed(t, "song-generate", wakeJSON), `"1"`)); w.Code != 200 || !called {
			t.Errorf("status %d, called %v", w.Code, called)
		}
		if waited := time.Since(begin); waited < 3*time.Second || waited > 5*time.Second {
			t.Errorf("it waited %v for a database that came after 3s", waited)
		}
		begin = time.Now().Add(time.Hour) // it does not come at all
		called = false
		from := time.Now()
		if w := b.deliver("/song-generate", hosted("job", sealed(t, "song-generate", wakeJSON), `"1"`)); w.Code != 503 || called {
			t.Errorf("status %d, called %v", w.Code, called)
		}
		if waited := time.Since(from); waited < waitReady || waited > waitReady+time.Second {
			t.Errorf("it waited %v, want %v", waited, waitReady)
		}
	})
}

func TestAFailureIsHeldBackLongerEachTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := set(t, func(o *Options) { o.Pause = nil }, Queue("song-generate", queueJSON("song-generate"), quick,
			func(context.Context, message.Wake) error { return errors.New("x") }))
		var all time.Duration
		for delivery := 1; delivery <= 10; delivery++ {
			from := time.Now()
			w := b.deliver("/song-generate", hosted("job", sealed(t, "song-generate", wakeJSON), fmt.Sprintf(`"%d"`, delivery)))
			took := time.Since(from)
			if w.Code != 500 || took != Backoff(delivery) {
				t.Errorf("delivery %d: status %d after %v, want %v", delivery, w.Code, took, Backoff(delivery))
			}
			all += took
		}
		if all < time.Minute {
			t.Errorf("ten deliveries are used up in %v", all)
		}
		from := time.Now()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		r := newRequest(ctx, hosted("job", sealed(t, "song-generate", wakeJSON), `"9"`))
		b.Handler().ServeHTTP(discard{}, r)
		if took := time.Since(from); took != 0 {
			t.Errorf("a host that is gone is waited for: %v", took)
		}
	})
}

func TestAWorkersContextOutlivesTheHostsConnection(t *testing.T) {
	t.Parallel()
	var inside error
	ctx, cancel := context.WithCancel(t.Context())
	b := set(t, nil, Queue("song-generate", queueJSON("song-generate"), quick, func(fn context.Context, _ message.Wake) error {
		cancel()
		inside = fn.Err()
		return nil
	}))
	b.Handler().ServeHTTP(discard{}, newRequest(ctx, hosted("job", sealed(t, "song-generate", wakeJSON), `"1"`)))
	if inside != nil {
		t.Errorf("what was begun is cancelled with the connection: %v", inside)
	}
}

func TestAHostThatDoesNotProxyIsToldWhatToSet(t *testing.T) {
	t.Parallel()
	called := false
	b := set(t, nil, HTTP("ad-list", httpJSON("v1/ads", "get"), quick, func(context.Context, identity.Principal, struct{}) (struct{}, error) {
		called = true
		return struct{}{}, nil
	}))
	w := b.deliver("/ad-list", `{"Data":{"req":{"Url":"https://h/api/v1/ads","Method":"GET","Query":{},"Headers":{"Authorization":["Bearer `+b.token+`"]},"Params":{},"Identities":[]}},"Metadata":{"sys":{}}}`)
	var got struct {
		Outputs map[string]struct {
			StatusCode int
			Headers    map[string]string
			Body       problem
		}
		Logs        []string
		ReturnValue any
	}
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != http.StatusOK {
		t.Fatalf("status %d: %v: %s", w.Code, err, w.Body)
	}
	res := got.Outputs["res"]
	if called || res.StatusCode != 500 || res.Headers["Content-Type"] != "application/problem+json" || res.Body.Code != string(fault.CodeMisconfigured) ||
		!strings.Contains(res.Body.Detail, "enableProxyingHttpRequest") || len(got.Logs) != 1 {
		t.Errorf("called %v, %+v", called, got)
	}
	if line := b.lines(t)[0]; line["level"] != "ERROR" || !strings.Contains(line["err"].(string), "enableProxyingHttpRequest") {
		t.Errorf("logged %v", line)
	}
	if w := b.deliver("/ad-list", `{}`); w.Code != http.StatusBadRequest {
		t.Errorf("a stranger on this machine: status %d", w.Code)
	}
}
