// Package sunotest is a stand-in for sunoapi.org: orders, record-info, three-stage
// callbacks, timestamped lyrics and two small files for each order. Faults and
// ledger: package providertest. Operations: generate, task, words, credits, file. An
// account begins with 1,000 credits, and a song costs 12.
//
// The takes are sine tones of four seconds (16 kbit/s mono MP3, 8 KiB each), made with
//
//	ffmpeg -f lavfi -i sine=frequency=440:duration=4 -ac 1 -ar 16000 -b:a 16k -map_metadata -1 -fflags +bitexact -flags:a +bitexact take-1.mp3
//
// and 554 Hz for take-2.mp3.
package sunotest

import (
	"crypto/hmac"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"castad/shared/provider/providertest"
)

//go:embed take-1.mp3 take-2.mp3
var takes embed.FS

// Seconds is the length of each take.
const Seconds = 4.104

// Options make a Server.
type Options struct {
	// Key is the only key that is accepted; "" = any.
	Key string
	// After is how long a task runs; 0 = it is done when it is accepted.
	After time.Duration
	// ResponseAsText sends record-info's response as a JSON string, as some versions do.
	ResponseAsText bool
	// SignKey signs callbacks as kie.ai does; "" = they are unsigned.
	SignKey string
}

// Server is the stand-in.
type Server struct {
	*providertest.Desk
	// URL is the base URL; set by Start.
	URL string
	o   Options
	mux *http.ServeMux

	mu      sync.Mutex
	tasks   map[string]*task
	forgets bool
}

type task struct {
	id       string
	body     json.RawMessage
	order    order
	accepted time.Time
	finished bool // by Finish
	fault    providertest.Fault
	called   sync.Once
}

type order struct {
	CustomMode   *bool  `json:"customMode"`
	Instrumental *bool  `json:"instrumental"`
	Model        string `json:"model"`
	Prompt       string `json:"prompt"`
	Style        string `json:"style"`
	Title        string `json:"title"`
	CallBackURL  string `json:"callBackUrl"`
}

// New returns a server that is not listening; it is an http.Handler.
func New(o Options) *Server {
	s := &Server{Desk: providertest.NewDesk(wrong), o: o, mux: http.NewServeMux(), tasks: map[string]*task{}}
	s.mux.HandleFunc("POST /api/v1/generate", func(w http.ResponseWriter, r *http.Request) {
		s.Serve(w, r, "generate", true, func(b []byte, job providertest.Fault) providertest.Reply { return s.generate(r, b, job) })
	})
	s.mux.HandleFunc("GET /api/v1/generate/record-info", func(w http.ResponseWriter, r *http.Request) {
		s.Serve(w, r, "task", false, func([]byte, providertest.Fault) providertest.Reply { return s.record(r) })
	})
	s.mux.HandleFunc("POST /api/v1/generate/get-timestamped-lyrics", func(w http.ResponseWriter, r *http.Request) {
		s.Serve(w, r, "words", false, func(b []byte, _ providertest.Fault) providertest.Reply { return s.words(r, b) })
	})
	for _, path := range []string{"/api/v1/generate/credit", "/api/v1/chat/credit"} { // sunoapi.org's and kie.ai's
		s.mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
			s.Serve(w, r, "credits", false, func([]byte, providertest.Fault) providertest.Reply { return s.credits(r) })
		})
	}
	s.mux.HandleFunc("GET /files/{task}/{take}", s.file)
	s.Routes(s.mux)
	return s
}

// Start listens on a loopback port until the test ends.
func Start(t providertest.TB, o Options) *Server {
	t.Helper()
	s := New(o)
	s.URL = providertest.Start(t, s, s.Close)
	return s
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

func wrong(f providertest.Fault) providertest.Reply {
	code, err := strconv.Atoi(f.Code)
	if err != nil {
		code = http.StatusInternalServerError
	}
	status := http.StatusInternalServerError
	if f.Kind == providertest.Code {
		status = http.StatusOK
	}
	return providertest.Reply{Status: status, JSON: map[string]any{"code": code, "msg": f.Text, "data": nil}}
}

func refuse(code int, text string) providertest.Reply {
	return wrong(providertest.Fault{Kind: providertest.Code, Code: strconv.Itoa(code), Text: text})
}

func ok(data any) providertest.Reply {
	return providertest.Reply{JSON: map[string]any{"code": 200, "msg": "success", "data": data}}
}

func (s *Server) keyed(r *http.Request) bool {
	return s.o.Key == "" || r.Header.Get("Authorization") == "Bearer "+s.o.Key
}

func (s *Server) generate(r *http.Request, body []byte, job providertest.Fault) providertest.Reply {
	if !s.keyed(r) {
		return refuse(401, "You do not have access permissions")
	}
	t := &task{body: body, accepted: time.Now(), fault: job}
	if err := json.Unmarshal(body, &t.order); err != nil {
		return refuse(400, "invalid JSON")
	}
	switch o := t.order; {
	case o.CustomMode == nil || o.Instrumental == nil || o.Model == "":
		return refuse(400, "customMode, instrumental and model are required")
	case *o.CustomMode && (o.Title == "" || o.Style == "" || o.Prompt == ""):
		return refuse(400, "title, style and prompt are required")
	}
	s.mu.Lock()
	t.id = fmt.Sprintf("%08x%08x", len(s.tasks)+1, time.Now().UnixNano()&0xffffffff)
	s.tasks[t.id] = t
	s.mu.Unlock()
	e := providertest.Entry{ID: t.id, Op: "generate", Callback: t.order.CallBackURL, Request: body, AcceptedAt: t.accepted.UTC()}
	if job.Kind != "" {
		e.Faults = append(e.Faults, job.Kind)
	}
	s.Accept(e)
	base := "http://" + r.Host
	if job.Kind == providertest.CallbackEarly {
		t.called.Do(func() { s.callback(t, base) }) // while the caller still waits for its answer
	} else {
		s.Later(s.o.After, func() { t.called.Do(func() { s.callback(t, base) }) })
	}
	return ok(map[string]string{"taskId": t.id})
}

// Finish ends a task now, whatever its time.
func (s *Server) Finish(taskID string) {
	s.mu.Lock()
	t := s.tasks[taskID]
	if t != nil {
		t.finished = true
	}
	s.mu.Unlock()
	if t != nil {
		s.Later(0, func() { t.called.Do(func() { s.callback(t, s.URL) }) })
	}
}

// callback sends the stages.
func (s *Server) callback(t *task, base string) {
	url := t.order.CallBackURL
	if url == "" || t.fault.Kind == providertest.CallbackNever || t.fault.Kind == providertest.Never {
		return
	}
	message := func(id, stage string, n int) map[string]any {
		data := []any{}
		for i := 1; i <= n; i++ {
			data = append(data, map[string]any{"id": trackID(id, i), "audio_url": trackURL(base, id, i), "title": t.order.Title,
				"prompt": t.order.Prompt, "createTime": t.accepted.UnixMilli(), "duration": Seconds})
		}
		return map[string]any{"code": 200, "msg": "ok", "data": map[string]any{"callbackType": stage, "task_id": id, "data": data}}
	}
	if t.fault.Kind == providertest.CallbackForged {
		s.Post(url, message("forged-"+t.id, "complete", 2)) // unsigned: the forger has no key
	}
	stages := []map[string]any{message(t.id, "text", 0), message(t.id, "first", 1), message(t.id, "complete", 2)}
	if t.fault.Kind == providertest.Fail {
		stages = []map[string]any{{"code": 501, "msg": "generation failed", "data": map[string]any{"callbackType": "error", "task_id": t.id, "data": nil}}}
	}
	for _, m := range stages {
		s.PostWith(url, m, s.signature(t.id))
		if t.fault.Kind == providertest.CallbackTwice {
			s.PostWith(url, m, s.signature(t.id))
		}
	}
}

// signature is kie.ai's: of the task's id and the time.
func (s *Server) signature(taskID string) http.Header {
	if s.o.SignKey == "" {
		return nil
	}
	at := strconv.FormatInt(time.Now().Unix(), 10)
	mac := hmac.New(sha256.New, []byte(s.o.SignKey))
	mac.Write([]byte(taskID + "." + at))
	return http.Header{"X-Webhook-Timestamp": {at}, "X-Webhook-Signature": {base64.StdEncoding.EncodeToString(mac.Sum(nil))}}
}

func (s *Server) credits(r *http.Request) providertest.Reply {
	if !s.keyed(r) {
		return refuse(401, "You do not have access permissions")
	}
	return ok(1000 - 12*len(s.Ledger()))
}

func trackID(task string, n int) string { return fmt.Sprintf("%s-%d", task, n) }
func trackURL(base, task string, n int) string {
	return fmt.Sprintf("%s/files/%s/%d.mp3", base, task, n)
}

// state returns a task's status and how many of its takes are told.
func (s *Server) state(t *task) (string, int) {
	age, after := time.Since(t.accepted), s.o.After
	switch {
	case t.fault.Kind == providertest.Never:
		return "TEXT_SUCCESS", 0
	case !t.finished && age < after/3:
		return "PENDING", 0
	case !t.finished && age < after*2/3:
		return "TEXT_SUCCESS", 0
	case !t.finished && age < after:
		return "FIRST_SUCCESS", 1
	case t.fault.Kind == providertest.Fail && t.fault.Code != "":
		return t.fault.Code, map[string]int{"CALLBACK_EXCEPTION": 2}[t.fault.Code]
	case t.fault.Kind == providertest.Fail:
		return "GENERATE_AUDIO_FAILED", 0
	}
	return "SUCCESS", 2
}

func (s *Server) record(r *http.Request) providertest.Reply {
	if !s.keyed(r) {
		return refuse(401, "You do not have access permissions")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tasks[r.URL.Query().Get("taskId")]
	if t == nil {
		return refuse(422, "recordInfo is null")
	}
	status, n := s.state(t)
	data := []any{}
	for i := 1; i <= 2; i++ {
		track := map[string]any{"id": trackID(t.id, i), "audioUrl": "", "title": t.order.Title, "prompt": t.order.Prompt, "duration": nil}
		if i <= n || t.fault.Kind == providertest.EarlyURL {
			track["audioUrl"], track["duration"] = trackURL("http://"+r.Host, t.id, i), Seconds
		}
		data = append(data, track)
	}
	var response any = map[string]any{"taskId": t.id, "sunoData": data}
	if status == "PENDING" && t.fault.Kind != providertest.EarlyURL {
		response = nil
	}
	if s.o.ResponseAsText && response != nil {
		text, _ := json.Marshal(response) // made of text and numbers
		response = string(text)
	}
	record := map[string]any{"taskId": t.id, "status": status, "type": "GENERATE", "param": string(t.body), "errorCode": nil, "errorMessage": nil, "response": response}
	if t.fault.Kind == providertest.Fail && status != "SUCCESS" {
		record["errorMessage"] = t.fault.Text
	}
	return ok(record)
}

// Forget has the singers leave out the second half of every lyric from now on, or no more.
func (s *Server) Forget(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forgets = on
}

// words spreads the lyric's words evenly over the take, markers and line breaks included, as the vendor does.
func (s *Server) words(r *http.Request, body []byte) providertest.Reply {
	var in struct{ TaskID, AudioID string }
	if err := json.Unmarshal(body, &in); err != nil || !s.keyed(r) {
		return refuse(401, "You do not have access permissions")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tasks[in.TaskID]
	if t == nil {
		return refuse(422, "no such task")
	}
	sung := t.order.Prompt
	if s.forgets {
		lines := strings.Split(sung, "\n")
		sung = strings.Join(lines[:len(lines)/2], "\n")
	}
	all := strings.SplitAfter(strings.Join(strings.Fields(strings.ReplaceAll(sung, "\n", "\n ")), " "), " ")
	out := []any{}
	for i, w := range all {
		step := Seconds / float64(len(all))
		out = append(out, map[string]any{"word": w, "success": true, "startS": step * float64(i), "endS": step * float64(i+1), "palign": 0})
	}
	return ok(map[string]any{"alignedWords": out, "waveformData": []float64{}, "hootCer": 0.1, "isStreamed": false})
}

func (s *Server) file(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	t := s.tasks[r.PathValue("task")]
	ready := false
	if t != nil {
		status, n := s.state(t)
		ready = status == "SUCCESS" || n > 0 && r.PathValue("take") == "1.mp3" || n == 2
	}
	s.mu.Unlock()
	body, err := takes.ReadFile("take-" + r.PathValue("take"))
	if !ready || err != nil {
		http.NotFound(w, r)
		return
	}
	providertest.File(w, t.fault, "audio/mpeg", body)
}
