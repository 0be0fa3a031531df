package providertest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Desk holds the faults and the ledger of one stand-in.
type Desk struct {
	// Wrong makes the vendor's answer for a status or code fault.
	Wrong func(Fault) Reply

	mu     sync.Mutex
	queue  []Fault
	ledger []Entry
	asked  map[string]int
	ctx    context.Context // ends with Close: a server outlives every request
	cancel context.CancelFunc
	work   sync.WaitGroup
	client *http.Client
}

// NewDesk returns an empty desk.
func NewDesk(wrong func(Fault) Reply) *Desk {
	ctx, cancel := context.WithCancel(context.Background())
	return &Desk{Wrong: wrong, ctx: ctx, cancel: cancel, asked: map[string]int{},
		client: &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{Proxy: nil, DisableKeepAlives: true}}}
}

// Close lets hanging requests go and waits for callbacks under way.
func (d *Desk) Close() {
	d.mu.Lock()
	d.cancel()
	d.mu.Unlock()
	d.work.Wait()
}

// Accept writes a job into the ledger.
func (d *Desk) Accept(e Entry) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if e.AcceptedAt.IsZero() {
		e.AcceptedAt = time.Now().UTC()
	}
	d.ledger = append(d.ledger, e)
}

// Ledger returns every accepted job, in order.
func (d *Desk) Ledger() []Entry {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.ledger)
}

// Asked returns how many API requests of an operation have arrived.
func (d *Desk) Asked(op string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.asked[op]
}

// Reply is an answer before its delivery.
type Reply struct {
	Status int
	Header http.Header
	// JSON is the body; with Body and Type set instead, those are.
	JSON any
	Body []byte
	Type string
}

// Serve answers one API request of operation op. starts says that the request
// starts a job; work does what the vendor does, knowing the job's fault.
func (d *Desk) Serve(w http.ResponseWriter, r *http.Request, op string, starts bool, work func(body []byte, job Fault) Reply) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 10<<20))
	if err != nil {
		return // the client went away or sent too much: net/http closes the connection
	}
	d.Stream(w, r, op, starts, func(job Fault) Reply { return work(body, job) })
}

// Stream is Serve for requests whose body is too large to be held: work reads it.
func (d *Desk) Stream(w http.ResponseWriter, r *http.Request, op string, starts bool, work func(job Fault) Reply) {
	d.mu.Lock()
	d.asked[op]++
	d.mu.Unlock()
	f, job, err := d.take(r, op, starts)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	switch f.Kind {
	case HangBefore:
		d.hang(r)
	case DropBefore:
		drop(w)
	case Late:
		d.Later(time.Duration(orElse(f.Millis, 20))*time.Millisecond, func() { work(job) })
		drop(w)
	case Status, Code:
		d.wrong(w, f)
	case Redirect:
		w.Header().Set("Location", "/elsewhere"+r.URL.Path)
		w.WriteHeader(orElse(f.Status, http.StatusTemporaryRedirect))
	default:
		d.deliver(w, r, f, work(job))
	}
}

// deliver sends the answer of a job that was accepted, as the fault says.
func (d *Desk) deliver(w http.ResponseWriter, r *http.Request, f Fault, reply Reply) {
	reply.Status = orElse(reply.Status, http.StatusOK)
	switch f.Kind {
	case Hang:
		d.hang(r)
	case Drop:
		drop(w)
	case StatusAfter:
		d.wrong(w, f)
	case Page:
		send(w, Reply{Status: http.StatusOK, Type: "text/html", Body: []byte("<!doctype html><title>Just a moment</title>")})
	case Malformed:
		_, body := reply.encode()
		send(w, Reply{Status: reply.Status, Type: "application/json", Body: append([]byte("{]"), body...)})
	case Truncated:
		body := begin(w, reply)
		_, _ = w.Write(body[:len(body)/2])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler) // closes the connection
	case Slow:
		d.trickle(w, r, f, reply)
	default:
		send(w, reply)
	}
}

func (d *Desk) trickle(w http.ResponseWriter, r *http.Request, f Fault, reply Reply) {
	body := begin(w, reply)
	pause := time.NewTicker(time.Duration(orElse(f.Millis, 20)) * time.Millisecond)
	defer pause.Stop()
	for piece := range slices.Chunk(body, max(1, len(body)/10)) {
		_, _ = w.Write(piece)
		_ = http.NewResponseController(w).Flush()
		select {
		case <-pause.C:
		case <-r.Context().Done():
			return
		case <-d.ctx.Done():
			return
		}
	}
}

func (d *Desk) wrong(w http.ResponseWriter, f Fault) {
	reply := d.Wrong(f)
	if f.Kind != Code && f.Status != 0 {
		reply.Status = f.Status
	}
	if reply.Header == nil {
		reply.Header = http.Header{}
	}
	if f.RetryAfter != "" {
		reply.Header.Set("Retry-After", f.RetryAfter)
	}
	send(w, reply)
}

func (d *Desk) hang(r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-d.ctx.Done():
	}
	panic(http.ErrAbortHandler)
}

// drop closes the connection without an answer.
func drop(http.ResponseWriter) { panic(http.ErrAbortHandler) }

func (r Reply) encode() (kind string, body []byte) {
	if r.JSON == nil {
		return r.Type, r.Body
	}
	body, err := json.Marshal(r.JSON)
	if err != nil {
		panic(fmt.Sprintf("providertest: encode answer: %v", err)) // a bug of the stand-in
	}
	return "application/json", body
}

func send(w http.ResponseWriter, r Reply) {
	_, _ = w.Write(begin(w, r))
}

// begin writes status and headers of an answer and returns its body.
func begin(w http.ResponseWriter, r Reply) []byte {
	kind, body := r.encode()
	for k, v := range r.Header {
		w.Header()[k] = v
	}
	if kind != "" {
		w.Header().Set("Content-Type", kind)
	}
	if r.Status != http.StatusNoContent {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	}
	w.WriteHeader(orElse(r.Status, http.StatusOK))
	return body
}

// Later runs do in the background after a pause, unless the desk is closed before.
func (d *Desk) Later(after time.Duration, do func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ctx.Err() != nil {
		return
	}
	d.work.Add(1)
	go func() {
		defer d.work.Done()
		pause := time.NewTimer(after)
		defer pause.Stop()
		select {
		case <-pause.C:
			do()
		case <-d.ctx.Done():
		}
	}()
}

// Post sends a callback once; what the receiver answers is of no interest to vendors.
func (d *Desk) Post(url string, body any) { d.PostWith(url, body, nil) }

// PostWith is Post with headers.
func (d *Desk) PostWith(url string, body any, header http.Header) {
	_, text := Reply{JSON: body}.encode()
	req, err := http.NewRequestWithContext(d.ctx, http.MethodPost, url, bytes.NewReader(text))
	if err != nil {
		return
	}
	for k, v := range header {
		req.Header[k] = v
	}
	req.Header.Set("Content-Type", "application/json")
	if res, err := d.client.Do(req); err == nil {
		_ = res.Body.Close()
	}
}

// Routes adds the desk's own routes to a stand-in's.
func (d *Desk) Routes(mux *http.ServeMux) {
	d.FaultRoutes(mux)
	mux.HandleFunc("GET /ledger", func(w http.ResponseWriter, _ *http.Request) {
		items := d.Ledger()
		if items == nil {
			items = []Entry{}
		}
		send(w, Reply{JSON: map[string]any{"items": items}})
	})
}

// FaultRoutes adds only those of the faults, for stand-ins with a ledger of their own.
func (d *Desk) FaultRoutes(mux *http.ServeMux) {
	mux.HandleFunc("POST /faults", func(w http.ResponseWriter, r *http.Request) {
		text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err == nil {
			var list []Fault
			if list, err = decodeFaults(text); err == nil {
				d.Next(list...)
				w.WriteHeader(http.StatusNoContent)
				return
			}
		}
		http.Error(w, err.Error(), http.StatusBadRequest)
	})
	mux.HandleFunc("DELETE /faults", func(w http.ResponseWriter, _ *http.Request) {
		d.Clear()
		w.WriteHeader(http.StatusNoContent)
	})
}

// TB is the part of testing.TB that Start needs.
type TB interface {
	Helper()
	Cleanup(func())
}

// Start serves h on a loopback port until the test ends and returns its base URL.
// letGo is called before the server waits for its last requests.
func Start(t TB, h http.Handler, letGo func()) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(fmt.Sprintf("providertest: listen: %v", err))
	}
	s := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	done := make(chan struct{})
	go func() { defer close(done); _ = s.Serve(l) }()
	t.Cleanup(func() { letGo(); _ = s.Close(); <-done })
	return "http://" + l.Addr().String()
}

// File serves a result file as the job's fault says.
func File(w http.ResponseWriter, f Fault, kind string, body []byte) {
	switch f.Kind {
	case ResultMissing:
		http.Error(w, "no such file", http.StatusNotFound)
	case ResultPage:
		send(w, Reply{Type: "text/html", Body: []byte("<!doctype html><title>Sign in</title>")})
	case ResultTruncated:
		w.Header().Set("Content-Type", kind)
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = w.Write(body[:len(body)/2])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	default:
		send(w, Reply{Type: kind, Body: body})
	}
}

func orElse(v, other int) int {
	if v == 0 {
		return other
	}
	return v
}
