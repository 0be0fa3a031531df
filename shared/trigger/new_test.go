package trigger

import (
	"context"
	"io"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"time"

	"castad/shared/identity"
	"castad/shared/keyring"

	"github.com/google/go-cmp/cmp"
)

func pub(name, route string, methods ...string) Function {
	return Public(name, httpJSON(route, methods...), quick, hello)
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	bound := func(json string, b Budget) Function { return Public("x", []byte(json), b, hello) }
	in := func(fn Function) []Function { return []Function{fn} }
	type byPath struct {
		ID string `path:"id"`
	}
	long := Budget{Time: 9*time.Minute + 56*time.Second}
	for name, row := range map[string]struct {
		fns    []Function
		change func(*Options)
		says   string
	}{
		"two of a name":             {[]Function{pub("a", "v1/a", "get"), pub("a", "v1/b", "get")}, nil, "two of that name"},
		"two of a route and method": {[]Function{pub("a", "v1/a", "get"), pub("b", "v1/a", "get")}, nil, "GET /api/v1/a is already a"},
		"routes that cannot be told apart": {[]Function{Public("a", httpJSON("v1/{id}/b", "get"), quick, func(context.Context, byPath) (struct{}, error) { return struct{}{}, nil }),
			Public("b", httpJSON("v1/a/{id}", "get"), quick, func(context.Context, byPath) (struct{}, error) { return struct{}{}, nil })}, nil, "conflicts"},
		"a name in upper case":           {in(pub("Ad", "v1/a", "get")), nil, "lower case"},
		"the name host":                  {in(pub("host", "v1/a", "get")), nil, "not host"},
		"the prefix's name":              {in(pub("api", "v1/a", "get")), nil, "is taken"},
		"the metrics' name":              {in(pub("metrics", "v1/a", "get")), nil, "is taken"},
		"a route of the host's":          {in(pub("a", "admin/runs", "get")), nil, `keeps routes that start with "admin"`},
		"one that only begins so":        {in(pub("a", "Administrators", "get")), nil, `keeps routes that start with "admin"`},
		"a route of the runtime's":       {in(pub("a", "runtime-info", "get")), nil, `keeps routes that start with "runtime"`},
		"a route with a constraint":      {in(pub("a", "v1/{id:int}", "get")), nil, "no constraints"},
		"a route with an optional part":  {in(pub("a", "v1/{id?}", "get")), nil, "no optional parts"},
		"a route that goes up":           {in(pub("a", "v1/../x", "get")), nil, "not plain text"},
		"a rest that is not last":        {in(pub("a", "v1/{*path}/x", "get")), nil, "must come last"},
		"a leading slash":                {in(pub("a", "/v1/x", "get")), nil, "not plain text"},
		"no methods":                     {in(bound(`{"bindings":[{"type":"httpTrigger","direction":"in","name":"req","authLevel":"anonymous","route":"v1"},{"type":"http","direction":"out","name":"res"}]}`, quick)), nil, "methods must be listed"},
		"an unknown method":              {in(pub("a", "v1/a", "fetch")), nil, `"FETCH" is unknown`},
		"a method twice":                 {in(pub("a", "v1/a", "get", "GET")), nil, "there twice"},
		"no route":                       {in(bound(`{"bindings":[{"type":"httpTrigger","direction":"in","name":"req","authLevel":"anonymous","methods":["get"]},{"type":"http","direction":"out","name":"res"}]}`, quick)), nil, "needs a route"},
		"a key of the host's":            {in(bound(strings.Replace(string(httpJSON("v1", "get")), "anonymous", "function", 1), quick)), nil, "must be anonymous"},
		"a second output":                {in(bound(strings.Replace(string(httpJSON("v1", "get")), `]}`, `,{"type":"serviceBus","direction":"out","name":"q"}]}`, 2), quick)), nil, "exactly one http output"},
		"no output":                      {in(bound(`{"bindings":[{"type":"httpTrigger","direction":"in","name":"req"}]}`, quick)), nil, "exactly one http output"},
		"an unknown property":            {in(bound(strings.Replace(string(httpJSON("v1", "get")), `{"bindings"`, `{"retry":{},"bindings"`, 1), quick)), nil, "unknown_field (retry)"},
		"no JSON":                        {in(bound(``, quick)), nil, "read function.json"},
		"a name the host refuses":        {in(bound(strings.Replace(string(httpJSON("v1", "get")), `"req"`, `"my_req"`, 1), quick)), nil, "letter, then letters and digits"},
		"code and binding that differ":   {in(Timer("a", queueJSON("a"), quick, func(context.Context) error { return nil })), nil, "is a queue trigger, the code a timer function"},
		"a queue of another name":        {in(Queue("a", queueJSON("b"), quick, noop)), nil, `its queue is "b"`},
		"a queue by setting":             {in(Queue("a", queueJSON("%Q%"), quick, noop)), nil, "written out"},
		"a queue that is not binary":     {in(Queue("a", []byte(strings.Replace(string(queueJSON("a")), `,"dataType":"binary"`, "", 1)), quick, noop)), nil, "without binary"},
		"another connection":             {in(Queue("a", []byte(strings.Replace(string(queueJSON("a")), "CASTAD_SERVICEBUS", "ServiceBus", 1)), quick, noop)), nil, "must be CASTAD_SERVICEBUS"},
		"a timer without a schedule":     {in(Timer("a", []byte(`{"bindings":[{"type":"timerTrigger","direction":"in","name":"t"}]}`), quick, func(context.Context) error { return nil })), nil, "needs a schedule"},
		"a blob trigger":                 {in(bound(`{"bindings":[{"type":"blobTrigger","direction":"in","name":"b"}]}`, quick)), nil, `binding type "blobTrigger"`},
		"no time":                        {in(bound(string(httpJSON("v1", "get")), Budget{})), nil, "time budget is 0s"},
		"two connections":                {in(bound(string(httpJSON("v1", "get")), Budget{Time: 1, Connections: 2})), nil, "holds 0 or 1"},
		"more time than the front end":   {in(bound(string(httpJSON("v1", "get")), Budget{Time: 226 * time.Second})), nil, "front end gives up"},
		"more time than functionTimeout": {in(Queue("a", queueJSON("a"), long, noop)), nil, "does not end 5s before functionTimeout"},
		"a shorter functionTimeout":      {in(Queue("a", queueJSON("a"), Budget{Time: time.Minute}, noop)), func(o *Options) { o.FunctionTimeout = time.Minute }, "does not end 5s before functionTimeout 1m0s"},
		"a stream longer than its life":  {in(watcher(StreamLife+1, nil)), nil, "a stream is closed after"},
		"an upload without a limit": {in(Upload("a", httpJSON("v1", "post"), quick, 0, func(context.Context, identity.Principal, struct{}, io.Reader) (struct{}, error) {
			return struct{}{}, nil
		})), nil, "upload limit is 0"},
		"an upload that is also JSON": {in(Upload("a", httpJSON("v1", "post"), quick, 1, func(context.Context, identity.Principal, struct {
			A string `json:"a"`
		}, io.Reader) (struct{}, error) {
			return struct{}{}, nil
		})), nil, "the body is the file"},
		"a route parameter that nobody reads": {in(pub("a", "v1/{id}", "get")), nil, "the route has the parameters [id]"},
		"a path field that no route has":      {in(Public("a", httpJSON("v1", "get"), quick, func(context.Context, byPath) (struct{}, error) { return struct{}{}, nil })), nil, "the route has the parameters []"},
		"a field from nowhere":                {in(Public("a", httpJSON("v1", "get"), quick, func(context.Context, struct{ A string }) (struct{}, error) { return struct{}{}, nil })), nil, "exactly one of the tags"},
		"a field from two places": {in(Public("a", httpJSON("v1", "get"), quick, func(context.Context, struct {
			A string `query:"a" json:"a"`
		}) (struct{}, error) {
			return struct{}{}, nil
		})), nil, "exactly one of the tags"},
		"a field that text cannot fill": {in(Public("a", httpJSON("v1", "get"), quick, func(context.Context, struct {
			A map[string]int `query:"a"`
		}) (struct{}, error) {
			return struct{}{}, nil
		})), nil, "cannot be read from text"},
		"an input that is no struct": {in(Public("a", httpJSON("v1", "get"), quick, func(context.Context, string) (struct{}, error) { return struct{}{}, nil })), nil, "an input is a struct"},
		"no database to ask":         {in(bound(string(httpJSON("v1", "get")), Budget{Time: 1, Connections: 1})), func(o *Options) { o.Ready = nil }, "options have no Ready"},
		"no verifier":                {in(HTTP("a", httpJSON("v1", "get"), quick, func(context.Context, identity.Principal, struct{}) (struct{}, error) { return struct{}{}, nil })), func(o *Options) { o.Tokens = nil }, "options have no Tokens"},
		"no keys":                    {in(Queue("a", queueJSON("a"), quick, noop)), func(o *Options) { o.Envelopes = keyring.Ring{} }, "no Envelopes keys"},
		"nowhere to keep":            {in(Queue("a", queueJSON("a"), quick, noop)), func(o *Options) { o.Poison = nil }, "no Poison"},
		"no log":                     {nil, func(o *Options) { o.Log = nil }, "Log is missing"},
		"a prefix of two parts":      {nil, func(o *Options) { o.Prefix = "api/v1" }, "one path segment"},
	} {
		o := set(t, nil).o
		if row.change != nil {
			row.change(&o)
		}
		if _, err := New(o, row.fns...); err == nil || !strings.Contains(err.Error(), row.says) {
			t.Errorf("%s: got %v, want it to say %q", name, err, row.says)
		}
	}
}

func TestNewTellsEverythingAtOnce(t *testing.T) {
	t.Parallel()
	_, err := New(Options{}, pub("A", "v1/a", "get"), pub("b", "admin", "get"), Queue("c", queueJSON("c"), quick, noop))
	if err == nil || len(strings.Split(err.Error(), "\n")) != 4 {
		t.Errorf("got %v", err)
	}
}

func TestAFunctionDescribesItself(t *testing.T) {
	t.Parallel()
	type reading struct {
		ID string `path:"id"`
	}
	h := Public("ad-show", httpJSON("v1/ads/{id}", "head", "get"), Budget{Time: time.Second, Connections: 1}, func(context.Context, reading) (song, error) { return song{}, nil })
	q := Queue("song-generate", queueJSON("song-generate"), quick, noop)
	tm := Timer("background-sweep", timerJSON(), quick, func(context.Context) error { return nil })
	up := Upload("place-photo", httpJSON("v1/p", "post"), quick, 20<<20, func(context.Context, identity.Principal, struct{}, io.Reader) (struct{}, error) {
		return struct{}{}, nil
	})
	type row struct {
		Name, Kind, Route, Queue, Schedule, Methods string
		Budget                                      Budget
		Public, Streams                             bool
		Limit                                       int64
	}
	var got []row
	for _, f := range []Function{h, q, tm, up, watcher(time.Second, nil)} {
		if f.Err() != nil {
			t.Error(f.Err())
		}
		got = append(got, row{f.Name(), string(f.Kind()), f.Route(), f.Queue(), f.Schedule(), strings.Join(f.Methods(), " "), f.Budget(), f.Public(), f.Streams(), f.UploadLimit()})
	}
	want := []row{
		{"ad-show", "http", "v1/ads/{id}", "", "", "GET HEAD", Budget{time.Second, 1}, true, false, 0},
		{"song-generate", "queue", "", "song-generate", "", "", quick, false, false, 0},
		{"background-sweep", "timer", "", "", "%CASTAD_SWEEP_SCHEDULE%", "", quick, false, false, 0},
		{"place-photo", "http", "v1/p", "", "", "POST", quick, false, false, 20 << 20},
		{"ad-events", "http", "v1/ads/{id}/events", "", "", "GET", Budget{time.Second, 0}, false, true, 0},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if h.Input() != reflect.TypeFor[reading]() || h.Output() != reflect.TypeFor[song]() || q.Input() != nil || q.Output() != nil {
		t.Errorf("types: %v %v %v %v", h.Input(), h.Output(), q.Input(), q.Output())
	}
	host, err := New(Options{Log: slog.New(slog.DiscardHandler), Ready: func() error { return nil }}, h)
	if err != nil || len(host.Functions()) != 1 {
		t.Errorf("%v %v", host, err)
	}
}
