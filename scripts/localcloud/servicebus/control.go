package servicebus

import (
	"encoding/json"
	"net/http"

	"castad/scripts/localcloud/servicebus/broker"
)

// controls is the HTTP control endpoint of localcloud:
//
//	GET  /queues            what every queue holds
//	POST /purge?queue=&dead=true   drop all messages of one queue or of all
//	POST /cut               close every AMQP connection
//
// It has no authentication and belongs on a loopback address only. A page in a
// browser can send a POST to loopback too, so requests that carry an Origin
// are refused.
func (e *Emulator) controls() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /queues", func(w http.ResponseWriter, _ *http.Request) {
		out := map[string]broker.Counts{}
		for _, q := range e.broker.Queues() {
			out[q.Path()] = q.Counts()
		}
		reply(w, http.StatusOK, map[string]any{"queues": out})
	})
	mux.HandleFunc("POST /purge", func(w http.ResponseWriter, r *http.Request) {
		n, err := e.Purge(r.URL.Query().Get("queue"), r.URL.Query().Get("dead") == "true")
		if err != nil {
			reply(w, http.StatusNotFound, map[string]any{"error": err.Error(), "purged": n})
			return
		}
		reply(w, http.StatusOK, map[string]any{"purged": n})
	})
	mux.HandleFunc("POST /cut", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, http.StatusOK, map[string]any{"connections": e.Cut()})
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Origin") != "" {
			reply(w, http.StatusForbidden, map[string]any{"error": "requests from web pages are refused"})
			return
		}
		mux.ServeHTTP(w, r)
	})
}

func reply(w http.ResponseWriter, status int, body map[string]any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client has gone: nobody to tell
}
