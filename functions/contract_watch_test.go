package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// contract is the committed document, against which every answer is held that a test of
// the whole app gets.
type contract struct {
	paths     map[string]map[string]operation
	headers   map[string]headerShape
	responses map[string]json.RawMessage
	examples  map[string]shownExample
	mu        sync.Mutex // of all below
	from      *jsonschema.Compiler
	made      map[string]*jsonschema.Schema
}

type operation struct {
	ID        string                     `json:"operationId"`
	Security  []map[string][]string      `json:"security"`
	Body      *content                   `json:"requestBody"`
	Responses map[string]json.RawMessage `json:"responses"`
	path      string
	method    string
}

type content struct {
	Ref     string `json:"$ref"`
	Content map[string]struct {
		Schema json.RawMessage            `json:"schema"`
		Events map[string]json.RawMessage `json:"x-events"`
	} `json:"content"`
	Headers map[string]struct {
		Ref string `json:"$ref"`
	} `json:"headers"`
}

// shownExample is an example of the document's components.
type shownExample struct {
	Value json.RawMessage `json:"value"`
}

// headerShape is a header of the document's components.
type headerShape struct {
	Required bool `json:"required"`
}

const documentURL = "https://castad.example/openapi.json"

// committed reads the document and makes it stricter than it is for clients: an answer may
// say nothing that is not described.
var committed = sync.OnceValues(func() (*contract, error) {
	text, err := os.ReadFile(contractFile)
	if err != nil {
		return nil, err
	}
	c := &contract{from: jsonschema.NewCompiler(), made: map[string]*jsonschema.Schema{}}
	var shape struct {
		Paths      map[string]map[string]operation `json:"paths"`
		Components struct {
			Headers   map[string]headerShape     `json:"headers"`
			Responses map[string]json.RawMessage `json:"responses"`
			Examples  map[string]shownExample    `json:"examples"`
		} `json:"components"`
	}
	if err := json.Unmarshal(text, &shape); err != nil {
		return nil, err
	}
	c.paths, c.headers, c.responses, c.examples = shape.Paths, shape.Components.Headers, shape.Components.Responses, shape.Components.Examples
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	at := func(v any, name string) map[string]any { return v.(map[string]any)[name].(map[string]any) }
	for _, s := range at(at(document, "components"), "schemas") {
		s := s.(map[string]any)
		if _, open := s["additionalProperties"]; !open && s["properties"] != nil {
			s["additionalProperties"] = false
		}
	}
	c.from.DefaultDraft(jsonschema.Draft2020)
	c.from.AssertFormat()
	return c, c.from.AddResource(documentURL, document)
})

// find returns the operation that a request is for; of two that fit, the one with more fixed words.
func (c *contract) find(method, path string) (operation, bool) {
	best, found := operation{}, false
	for template, methods := range c.paths {
		o, ok := methods[strings.ToLower(method)]
		if !ok || !fits(template, path) || found && strings.Count(template, "{") > strings.Count(best.path, "{") {
			continue
		}
		o.path, o.method = template, strings.ToLower(method)
		best, found = o, true
	}
	return best, found
}

func fits(template, path string) bool {
	want, got := strings.Split(template, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return false
	}
	for i, w := range want {
		if !strings.HasPrefix(w, "{") && w != got[i] {
			return false
		}
	}
	return true
}

// check holds a JSON text against a part of the document.
func (c *contract) check(pointer string, text []byte) error {
	c.mu.Lock()
	schema, ok := c.made[pointer]
	if !ok {
		var err error
		if schema, err = c.from.Compile(documentURL + "#" + pointer); err != nil {
			c.mu.Unlock()
			return fmt.Errorf("compile %s: %w", pointer, err)
		}
		c.made[pointer] = schema
	}
	c.mu.Unlock()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return err
	}
	return schema.Validate(v)
}

// pointer makes a JSON pointer of names.
func pointer(names ...string) string {
	var b strings.Builder
	for _, n := range names {
		b.WriteString("/" + strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(n, "~", "~0"), "/", "~1"), "%", "%25"))
	}
	return strings.NewReplacer("{", "%7B", "}", "%7D", " ", "%20").Replace(b.String())
}

// answerProblems says in what an answer is not what the document promises.
func (c *contract) answerProblems(o operation, status int, header http.Header, body []byte) error {
	raw, ok := o.Responses[strconv.Itoa(status)]
	if !ok {
		return fmt.Errorf("the status %d is not in the document: %.300s", status, body)
	}
	var r content
	if err := json.Unmarshal(raw, &r); err != nil {
		return err
	}
	at := []string{"paths", o.path, o.method, "responses", strconv.Itoa(status)}
	if name := strings.TrimPrefix(r.Ref, "#/components/responses/"); name != "" {
		at = []string{"components", "responses", name}
		if err := json.Unmarshal(c.responses[name], &r); err != nil {
			return fmt.Errorf("read the response %s: %w", name, err)
		}
	}
	if err := c.headerProblems(r, header); err != nil {
		return err
	}
	if len(body) == 0 && (len(r.Content) == 0 || o.method == "head" || status == http.StatusNotModified) {
		return nil
	}
	kind, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	media, ok := r.Content[kind]
	switch {
	case err != nil || !ok:
		return fmt.Errorf("the Content-Type %q is not in the document", header.Get("Content-Type"))
	case kind == "text/event-stream":
		return c.eventProblems(append(at, "content", kind, "x-events"), body)
	case strings.HasSuffix(kind, "json") && len(media.Schema) > 2:
		if err := c.check(pointer(append(at, "content", kind, "schema")...), body); err != nil {
			return fmt.Errorf("%w\n%.2000s", err, body)
		}
	}
	return nil
}

func (c *contract) headerProblems(r content, header http.Header) error {
	for name, h := range r.Headers {
		component := strings.TrimPrefix(h.Ref, "#")
		value := header.Get(name)
		if value == "" {
			if c.headers[strings.TrimPrefix(component, "/components/headers/")].Required {
				return fmt.Errorf("the header %s is missing", name)
			}
			continue
		}
		text, err := json.Marshal(value)
		if err != nil {
			return err
		}
		if _, err := strconv.Atoi(value); err == nil {
			text = []byte(value)
		}
		if err := c.check(component+"/schema", text); err != nil {
			return fmt.Errorf("the header %s: %w", name, err)
		}
	}
	return nil
}

// eventProblems looks at each whole event of a stream.
func (c *contract) eventProblems(at []string, body []byte) error {
	text := string(body)
	for {
		event, rest, whole := strings.Cut(text, "\n\n")
		if !whole {
			return nil
		}
		text = rest
		name, data := "", ""
		for line := range strings.SplitSeq(event, "\n") {
			if v, ok := strings.CutPrefix(line, "event: "); ok {
				name = v
			} else if v, ok := strings.CutPrefix(line, "data: "); ok {
				data = v
			}
		}
		if name == "" {
			continue // retry: or a heartbeat
		}
		if err := c.check(pointer(append(at, name)...), []byte(data)); err != nil {
			return fmt.Errorf("event %s: %w\n%s", name, err, data)
		}
	}
}

// watcher holds what an app answers against the document, and remembers what it saw.
type watcher struct {
	t    testing.TB
	next http.Handler
	// hidden is the storage's host, which is in no answer; "" = there is no storage.
	hidden string
	*contract
	seenMu sync.Mutex
	seen   map[string]map[int]int // operation, status: how often
	over   bool
	// shown are answers by component, nil = none are kept.
	shown map[string]string
}

// watched is a handler whose answers must be what the document promises; a test that gets
// another one fails, whatever it was about.
func watched(t testing.TB, next http.Handler, hidden string) *watcher {
	t.Helper()
	c, err := committed()
	must(t, err)
	w := &watcher{t: t, next: next, hidden: hidden, contract: c, seen: map[string]map[int]int{}}
	t.Cleanup(func() {
		w.seenMu.Lock()
		defer w.seenMu.Unlock()
		w.over = true
	})
	return w
}

// longest is how much of an answer is looked at; files are not.
const longest = 8 << 20

func (w *watcher) ServeHTTP(to http.ResponseWriter, r *http.Request) {
	path, ok := strings.CutPrefix(r.URL.Path, "/api/v1")
	if !ok {
		w.next.ServeHTTP(to, r)
		return
	}
	copied := &recorder{ResponseWriter: to}
	asked := &heard{ReadCloser: r.Body}
	r.Body = asked
	defer func() {
		p := recover()
		if copied.status != 0 && p == nil {
			answered.note(w.t.Name(), copied.Header().Get("Location"), copied.text.Bytes())
			if err := w.judge(r, path, copied, asked.text.Bytes()); err != nil {
				w.say("%s %s answered %d: %v", r.Method, r.URL, copied.status, err)
			}
		}
		if p != nil {
			panic(p)
		}
	}()
	w.next.ServeHTTP(copied, r)
}

func (w *watcher) say(format string, args ...any) {
	w.seenMu.Lock()
	defer w.seenMu.Unlock()
	if !w.over {
		w.t.Errorf(format, args...)
	}
}

func (w *watcher) judge(r *http.Request, path string, got *recorder, asked []byte) error {
	if w.hidden != "" && strings.Contains(got.text.String()+fmt.Sprint(got.Header()), w.hidden) {
		return errors.New("the answer names the storage's host")
	}
	o, ok := w.find(r.Method, path)
	if !ok {
		if r.Method == http.MethodOptions || got.status == http.StatusNotFound || got.status == http.StatusMethodNotAllowed {
			return nil
		}
		return errors.New("there is no such operation in the document")
	}
	w.seenMu.Lock()
	if w.seen[o.ID] == nil {
		w.seen[o.ID] = map[int]int{}
	}
	w.seen[o.ID][got.status]++
	if w.shown != nil {
		w.show(o, got)
	}
	w.seenMu.Unlock()
	if got.status >= 400 {
		answered.refuse(o.ID, got.text.Bytes())
	}
	if err := w.answerProblems(o, got.status, got.Header(), got.text.Bytes()); err != nil {
		return err
	}
	if o.Body == nil || got.status/100 != 2 || len(asked) == 0 {
		return nil
	}
	if media, ok := o.Body.Content["application/json"]; !ok || len(media.Schema) <= 2 {
		return nil
	}
	// What is taken is what is offered.
	if err := w.check(pointer("paths", o.path, o.method, "requestBody", "content", "application/json", "schema"), asked); err != nil {
		return fmt.Errorf("it takes a body that the document does not offer: %w\n%.1000s", err, asked)
	}
	return nil
}

// recorder keeps a copy of what is written, unless it is a file.
type recorder struct {
	http.ResponseWriter
	status int
	text   bytes.Buffer
}

// Unwrap lets http.ResponseController through, to flush and to set deadlines.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(p []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	if kind := r.Header().Get("Content-Type"); r.text.Len() < longest && (strings.Contains(kind, "json") || strings.HasPrefix(kind, "text/")) {
		r.text.Write(p)
	} else if r.text.Len() == 0 && len(p) > 0 {
		r.text.WriteByte(p[0]) // there was something
	}
	return r.ResponseWriter.Write(p)
}

// heard keeps a copy of a request's body.
type heard struct {
	io.ReadCloser
	text bytes.Buffer
}

func (h *heard) Read(p []byte) (int, error) {
	n, err := h.ReadCloser.Read(p)
	if h.text.Len() < longest {
		h.text.Write(p[:n])
	}
	return n, err
}
