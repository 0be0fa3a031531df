package trigger

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
	"time"

	"castad/shared/fault"
	"castad/shared/identity"
	"castad/shared/message"
)

// Budget is what one invocation may use.
type Budget struct {
	// Time ends the invocation's context. The host's own limit (functionTimeout)
	// kills the whole process, so this one must come first.
	Time time.Duration
	// Connections is how many database connections the invocation may hold: 0 or 1.
	Connections int
}

// Kind is how a function is started.
type Kind string

// The kinds.
const (
	KindHTTP  Kind = "http"
	KindQueue Kind = "queue"
	KindTimer Kind = "timer"
)

// Function is one Azure Function: a binding (its function.json), a budget and
// the Go function behind it. Make one with HTTP, Public, Admin, Upload, Stream,
// Queue or Timer; a mistake in one of the arguments is reported by New.
type Function struct {
	name    string
	budget  Budget
	binding binding
	public  bool
	admin   bool
	stream  bool
	// preflight: it answers for CORS.
	preflight bool
	// stray: it lets through what no other function takes.
	stray bool
	limit int64 // upload: bytes
	in    *input
	out   reflect.Type
	err   error

	http  httpFunc
	queue func(context.Context, message.Wake) error
	timer func(context.Context) error
}

// httpFunc decodes a request, calls the function and returns what to answer.
type httpFunc func(c *call) (any, error)

// HTTP is a function that a signed-in caller reaches by its route: the input
// is read from the request (see the package comment), the output is answered
// as JSON, or as what it embeds (Reply) or is (Redirect, File, struct{} = 204).
func HTTP[In, Out any](name string, binding []byte, b Budget, fn func(context.Context, identity.Principal, In) (Out, error)) Function {
	f := httpFunction[In, Out](name, binding, b)
	f.http = func(c *call) (any, error) {
		var in In
		if err := f.in.read(c, reflect.ValueOf(&in).Elem()); err != nil {
			return nil, err
		}
		return fn(c.ctx, c.who, in)
	}
	return f
}

// Public is an HTTP function that anybody may call; it has a guard of its own
// (a state, a single-purpose token, a shared secret) or nothing to protect.
// It is the only way to be anonymous.
func Public[In, Out any](name string, binding []byte, b Budget, fn func(context.Context, In) (Out, error)) Function {
	f := httpFunction[In, Out](name, binding, b)
	f.public = true
	f.http = func(c *call) (any, error) {
		var in In
		if err := f.in.read(c, reflect.ValueOf(&in).Elem()); err != nil {
			return nil, err
		}
		return fn(c.ctx, in)
	}
	return f
}

// Admin is an HTTP function for operators: the caller's token is one for the
// audience of operators (Options.Operators), and Options.Operator is asked on
// every request whether they are one still. An owner's ordinary token is denied
// (403), what is no token at all is not signed in (401). It needs a connection,
// since operators are known by the database and by nothing else.
func Admin[In, Out any](name string, binding []byte, b Budget, fn func(context.Context, identity.Actor, In) (Out, error)) Function {
	f := HTTP(name, binding, b, func(ctx context.Context, who identity.Principal, in In) (Out, error) {
		return fn(ctx, identity.Actor{User: who.User, Request: requestID(ctx)}, in)
	})
	f.admin = true
	if f.err == nil && b.Connections != 1 {
		f.err = fmt.Errorf("its connection budget is %d; whether the caller is an operator is looked up in the database", b.Connections)
	}
	return f
}

// Stray is the function of every address that is no other's, a catch-all. The Functions host
// answers what no function.json names by itself, with a 404 that says nothing; what it hands
// through is routed here anew, and what then is nobody's is told what is wrong with it.
func Stray(name string, binding []byte) Function {
	f := httpFunction[anyPath, struct{}](name, binding, Budget{Time: time.Second})
	f.public, f.stray = true, true
	f.http = func(c *call) (any, error) { return nil, c.host.nowhere(c.w.Header(), c.r) }
	return f
}

// anyPath is what a catch-all takes.
type anyPath struct {
	Path string `path:"path"`
}

// Upload is an HTTP function whose body is a file of at most limit bytes, read
// as a stream. Reading more fails with request.too_large, reading from a
// client that stalls for 30 s with castad.timeout.
func Upload[In, Out any](name string, binding []byte, b Budget, limit int64, fn func(context.Context, identity.Principal, In, io.Reader) (Out, error)) Function {
	f := httpFunction[In, Out](name, binding, b)
	f.limit = limit
	if f.err == nil && limit <= 0 {
		f.err = fmt.Errorf("the upload limit is %d bytes", limit)
	}
	if f.err == nil && f.in.hasBody() {
		f.err = fmt.Errorf("the body is the file, but %v reads fields from it", reflect.TypeFor[In]())
	}
	f.http = func(c *call) (any, error) {
		var in In
		if err := f.in.read(c, reflect.ValueOf(&in).Elem()); err != nil {
			return nil, err
		}
		body, err := c.upload(limit)
		if err != nil {
			return nil, err
		}
		return fn(c.ctx, c.who, in, body)
	}
	return f
}

// Stream is an HTTP function that reports progress: as server-sent events, or
// as one JSON answer when the query has wait= (long poll). Events says which.
// An error before the first event is answered like any other.
func Stream[In any](name string, binding []byte, b Budget, fn func(context.Context, identity.Principal, In, *Events) error) Function {
	f := httpFunction[In, struct{}](name, binding, b)
	f.stream = true
	if f.err == nil && b.Time > StreamLife {
		f.err = fmt.Errorf("a stream is closed after %v, its time budget is %v", StreamLife, b.Time)
	}
	f.http = func(c *call) (any, error) {
		var in In
		if err := f.in.read(c, reflect.ValueOf(&in).Elem()); err != nil {
			return nil, err
		}
		return c.watch(func(ctx context.Context, e *Events) error { return fn(ctx, c.who, in, e) })
	}
	return f
}

// Queue is a function that a Service Bus message starts. fn is called only for
// an envelope that was sealed by us for this queue and has not expired; nil
// and errors of kind Done acknowledge the message, every other error gives it
// back to be delivered again.
func Queue(name string, binding []byte, b Budget, fn func(context.Context, message.Wake) error) Function {
	f := newFunction(name, KindQueue, binding, b)
	f.queue = fn
	if f.err == nil && f.binding.queue != name {
		f.err = fmt.Errorf("its queue is %q; function, folder and queue have one name", f.binding.queue)
	}
	return f
}

// Timer is a function that a schedule starts. Two may run at the same time
// (the host overlaps while it restarts, and anybody on this machine can call
// it): fn must be harmless then.
func Timer(name string, binding []byte, b Budget, fn func(context.Context) error) Function {
	f := newFunction(name, KindTimer, binding, b)
	f.timer = fn
	return f
}

func httpFunction[In, Out any](name string, binding []byte, b Budget) Function {
	f := newFunction(name, KindHTTP, binding, b)
	f.out = reflect.TypeFor[Out]()
	if f.err != nil {
		return f
	}
	f.in, f.err = compileInput(reflect.TypeFor[In](), f.binding.params())
	return f
}

func newFunction(name string, kind Kind, raw []byte, b Budget) Function {
	f := Function{name: name, budget: b}
	f.binding, f.err = parseBinding(raw)
	switch {
	case f.err != nil:
	case f.binding.kind != kind:
		f.err = fmt.Errorf("its function.json is a %s trigger, the code a %s function", f.binding.kind, kind)
	case b.Time <= 0:
		f.err = fmt.Errorf("its time budget is %v", b.Time)
	case b.Connections != 0 && b.Connections != 1:
		f.err = fmt.Errorf("its connection budget is %d; an invocation holds 0 or 1", b.Connections)
	}
	return f
}

// Name is the function's name, which is also its folder's.
func (f Function) Name() string { return f.name }

// Kind is how it is started.
func (f Function) Kind() Kind { return f.binding.kind }

// Route is an HTTP function's route without the prefix, "v1/ads/{id}".
func (f Function) Route() string { return f.binding.route }

// Methods are an HTTP function's methods in upper case, sorted.
func (f Function) Methods() []string { return slices.Clone(f.binding.methods) }

// Queue is a queue function's queue, or "".
func (f Function) Queue() string { return f.binding.queue }

// Schedule is a timer's schedule as function.json has it, or "".
func (f Function) Schedule() string { return f.binding.schedule }

// Budget is what one invocation may use.
func (f Function) Budget() Budget { return f.budget }

// Public says whether anybody may call it.
func (f Function) Public() bool { return f.public }

// Admin says whether it is for operators only.
func (f Function) Admin() bool { return f.admin }

// Preflights says whether it answers browsers' OPTIONS requests, for all routes.
func (f Function) Preflights() bool { return f.preflight }

// Strays says whether it only lets through what no other function takes.
func (f Function) Strays() bool { return f.stray }

// Streams says whether it reports progress as server-sent events.
func (f Function) Streams() bool { return f.stream }

// UploadLimit is the largest file it accepts in bytes; 0 for other functions.
func (f Function) UploadLimit() int64 { return f.limit }

// Input is the type an HTTP function reads, for documentation; nil otherwise.
func (f Function) Input() reflect.Type {
	if f.in == nil {
		return nil
	}
	return f.in.typ
}

// Output is the type an HTTP function answers with; nil otherwise.
func (f Function) Output() reflect.Type { return f.out }

// Err is what is wrong with the function's definition; New refuses it.
func (f Function) Err() error { return f.err }

// Reply is embedded in an output to set what surrounds the JSON.
type Reply struct {
	// Status is the HTTP status; 0 = 200 (204 when there is nothing to write).
	Status int `json:"-"`
	// Header is added to the answer's.
	Header http.Header `json:"-"`
	// Cookies are set.
	Cookies []*http.Cookie `json:"-"`
	// made is where what was made can be read, see MadeAt.
	made string
	// instead is where the browser goes, see Instead.
	instead *Redirect
}

func (r Reply) reply() Reply { return r }

// Redirect is an output that sends the browser elsewhere.
type Redirect struct {
	Reply
	// Location is an absolute https URL or a path on this site, "/…"; http is
	// allowed for loopback only. The function has checked that it is not a stranger's.
	Location string
	// Failed is why it leads to where failures are told, nil = it does not: a person
	// in a browser can do nothing with a problem document. The call counts as that failure.
	Failed error
}

// File is an output that is streamed: a range (of several the whole), conditional
// requests and HEAD are answered from Content, which is closed afterwards.
type File struct {
	Reply
	Content io.ReadSeekCloser
	// Type is the Content-Type; it is never guessed.
	Type string
	// ETag is a quoted entity tag, or "".
	ETag string
	// Name, when set, makes it a download of that name.
	Name string
	// Modified is when the content was made; zero = not told.
	Modified time.Time
}

var errNoAnswer = fault.Newf(fault.CodeInternal, "the function gave no answer")
