// Command handler is a custom handler that misbehaves on demand. What it did is
// written to the file $JOURNAL, one JSON object per line.
//
// At start it takes the first word of the file $STARTS (one word per start):
// "run", "exit=<code>", or "mute" (never listens). HTTP paths below /api name
// what to do; so does the body {"do":"…"} of other invocations.
package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

var journalLock sync.Mutex

func journal(event string, fields map[string]any) {
	if fields == nil {
		fields = map[string]any{}
	}
	fields["event"], fields["pid"] = event, os.Getpid()
	fields["instance"], fields["port"] = os.Getenv("WEBSITE_INSTANCE_ID"), os.Getenv("FUNCTIONS_CUSTOMHANDLER_PORT")
	line, err := json.Marshal(fields)
	if err != nil {
		panic(err)
	}
	path := os.Getenv("JOURNAL")
	if path == "" {
		return
	}
	journalLock.Lock()
	defer journalLock.Unlock()
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		panic(err)
	}
	defer file.Close()
	if _, err := file.Write(append(line, '\n')); err != nil {
		panic(err)
	}
}

// nextStart pops the first word of $STARTS. Instances that start at the same
// moment must not pop the same word, hence the lock on the file.
func nextStart() string {
	file, err := os.OpenFile(os.Getenv("STARTS"), os.O_RDWR, 0)
	if err != nil {
		return "run"
	}
	defer file.Close()
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		panic(err)
	}
	text, err := io.ReadAll(file)
	if err != nil {
		panic(err)
	}
	words := strings.Fields(string(text))
	if len(words) == 0 {
		return "run"
	}
	if err := file.Truncate(0); err != nil {
		panic(err)
	}
	if _, err := file.WriteAt([]byte(strings.Join(words[1:], " ")), 0); err != nil {
		panic(err)
	}
	return words[0]
}

func main() {
	directory, _ := os.Getwd()
	journal("start", map[string]any{"args": os.Args[1:], "dir": directory, "env": os.Environ()})
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	go func() {
		for s := range signals {
			journal("signal", map[string]any{"signal": s.String()})
		}
	}()
	fmt.Println("hello from stdout")
	fmt.Fprintln(os.Stderr, "hello from stderr")
	switch how := nextStart(); {
	case how == "mute":
		select {}
	case strings.HasPrefix(how, "exit="):
		code, _ := strconv.Atoi(how[len("exit="):])
		fmt.Fprintln(os.Stderr, "exiting as told")
		os.Exit(code)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:"+os.Getenv("FUNCTIONS_CUSTOMHANDLER_PORT"))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/api/", web)
	mux.HandleFunc("/API/", web)
	mux.HandleFunc("POST /{function}", invoke)
	panic(http.Serve(listener, mux))
}

func headers(r *http.Request) map[string]string {
	all := map[string]string{"Host": r.Host}
	for name, values := range r.Header {
		all[name] = strings.Join(values, "|")
	}
	return all
}

// web does what the last part of the path says.
func web(w http.ResponseWriter, r *http.Request) {
	control := http.NewResponseController(w)
	what := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
	switch what {
	case "echo":
		body, err := io.ReadAll(r.Body)
		if err != nil {
			journal("echo-broken", map[string]any{"error": err.Error()})
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Set-Cookie", "a=b")
		_ = json.NewEncoder(w).Encode(map[string]any{"method": r.Method, "uri": r.RequestURI, "headers": headers(r),
			"body": string(body), "length": r.ContentLength, "pid": os.Getpid(), "instance": os.Getenv("WEBSITE_INSTANCE_ID")})
	case "talk": // answers every line of the request while it is still coming
		_ = control.EnableFullDuplex()
		w.Header().Set("Content-Type", "text/event-stream")
		_ = control.Flush()
		chunk := make([]byte, 1<<10)
		for {
			n, err := r.Body.Read(chunk)
			if n > 0 {
				fmt.Fprintf(w, "heard %s", chunk[:n])
				_ = control.Flush()
			}
			if err != nil {
				return
			}
		}
	case "wait": // until the client leaves
		journal("waiting", nil)
		_ = control.Flush()
		select {
		case <-r.Context().Done():
			journal("client left", nil)
		case <-time.After(time.Minute):
		}
	case "slow":
		journal("slow", nil)
		pause, _ := time.ParseDuration(r.URL.Query().Get("for"))
		time.Sleep(pause)
		fmt.Fprint(w, "done")
		journal("slow done", nil)
	case "gzip":
		w.Header().Set("Content-Encoding", "gzip")
		w.WriteHeader(http.StatusTeapot)
		fmt.Fprint(w, "not really gzip")
	case "redirect":
		http.Redirect(w, r, "/api/t/echo", http.StatusFound)
	case "exit":
		journal("exit", nil)
		code, _ := strconv.Atoi(r.URL.Query().Get("code"))
		os.Exit(code)
	case "broken":
		w.Header().Set("Content-Length", "100")
		fmt.Fprint(w, "half")
		_ = control.Flush()
		panic(http.ErrAbortHandler)
	default:
		http.Error(w, "no such thing: "+what, http.StatusServiceUnavailable)
	}
}

// order is the body of a message, or the input of a default-mode request.
type order struct {
	Do    string
	ID    string
	Code  int
	Pause string
	Log   string
}

func invoke(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	var envelope struct {
		Data     map[string]json.RawMessage
		Metadata map[string]json.RawMessage
	}
	if err := json.Unmarshal(body, &envelope); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	task := read(envelope.Data)
	journal("invoke", map[string]any{"function": r.PathValue("function"), "headers": headers(r), "body": json.RawMessage(body), "id": task.ID})
	if task.Pause == "" {
		task.Pause = os.Getenv("PAUSE")
	}
	if pause, err := time.ParseDuration(task.Pause); err == nil {
		time.Sleep(pause)
	}
	defer journal("invoked", map[string]any{"id": task.ID})
	answer := map[string]any{"Outputs": map[string]any{}, "Logs": []string{}, "ReturnValue": nil}
	if task.Log != "" {
		answer["Logs"] = []string{task.Log}
	}
	switch task.Do {
	case "exit":
		os.Exit(task.Code)
	case "empty":
		return
	case "null":
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, "null")
		return
	case "text":
		fmt.Fprint(w, "fine, but no JSON")
		return
	case "fail":
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusInternalServerError)
	case "respond":
		answer["Outputs"] = map[string]any{"res": map[string]any{"statusCode": 201, "headers": map[string]string{"X-Made": "yes"}, "body": map[string]int{"n": 1}}}
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer)
}

// read finds the order in whatever way the binding encoded it.
func read(data map[string]json.RawMessage) order {
	var task order
	for _, raw := range data {
		var text string
		if json.Unmarshal(raw, &text) != nil {
			var request struct{ Body string }
			_ = json.Unmarshal(raw, &request)
			text = request.Body
		} else if decoded, err := base64.StdEncoding.DecodeString(text); err == nil {
			text = string(decoded)
		} else {
			_ = json.Unmarshal([]byte(text), &text)
		}
		_ = json.Unmarshal([]byte(text), &task)
	}
	return task
}
