package funchost

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"

	"castad/scripts/localcloud/funchost/envelope"
)

// newAdmin serves /admin/host/… and /admin/functions/…. Everything but ping
// needs the master key when there is one or when key authentication is on; as
// under Core Tools it is open otherwise.
func newAdmin(h *Host) http.Handler {
	mux := http.NewServeMux()
	guarded := func(pattern string, serve http.HandlerFunc) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			if (h.opt.Auth || h.opt.MasterKey != "") && !h.isMaster(r) {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			serve(w, r)
		})
	}
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		mux.HandleFunc(method+" /admin/host/ping", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	}
	guarded("GET /admin/host/status", h.serveStatus)
	guarded("POST /admin/host/drain", func(w http.ResponseWriter, _ *http.Request) {
		h.Drain()
		w.WriteHeader(http.StatusAccepted)
	})
	guarded("GET /admin/host/drain/status", h.serveDrainStatus)
	restart := func(w http.ResponseWriter, _ *http.Request) {
		h.Restart()
		w.WriteHeader(http.StatusAccepted)
	}
	guarded("POST /admin/host/restart", restart)
	guarded("POST /admin/host/resume", restart)
	guarded("GET /admin/functions", h.serveFunctions)
	guarded("POST /admin/functions/{name}", h.serveRun)
	return mux
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value) // a client that left needs no answer
}

func (h *Host) serveStatus(w http.ResponseWriter, _ *http.Request) {
	s := h.Stats()
	writeJSON(w, http.StatusOK, map[string]any{
		"id": s.Instance[:min(32, len(s.Instance))], "state": s.State, "version": version, "versionDetails": "local stand-in",
		"instanceId": s.Instance, "processUptime": time.Since(h.started).Milliseconds(),
	})
}

func (h *Host) serveDrainStatus(w http.ResponseWriter, _ *http.Request) {
	s := h.Stats()
	h.mu.Lock()
	state := "Disabled"
	switch {
	case h.draining && s.Outstanding > 0:
		state = "InProgress"
	case h.draining:
		state = "Completed"
	}
	h.mu.Unlock()
	writeJSON(w, http.StatusOK, map[string]any{"state": state, "outstandingInvocations": s.Outstanding, "outstandingRetries": 0})
}

func (h *Host) serveFunctions(w http.ResponseWriter, _ *http.Request) {
	list := []map[string]any{}
	for _, f := range h.app.Functions {
		list = append(list, map[string]any{"name": f.Name, "trigger": f.Kind, "isDisabled": f.Disabled})
	}
	writeJSON(w, http.StatusOK, list)
}

// serveRun runs a non-HTTP function by hand: {"input":"…"} is the body of the
// message. The answer does not wait for the function.
func (h *Host) serveRun(w http.ResponseWriter, r *http.Request) {
	var f *Function
	for i := range h.app.Functions {
		if h.app.Functions[i].Name == r.PathValue("name") {
			f = &h.app.Functions[i]
		}
	}
	if f == nil {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	if f.Kind == HTTP {
		http.Error(w, "an HTTP function is run through its route", http.StatusBadRequest)
		return
	}
	var content struct{ Input string }
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&content)
	if err != nil && !errors.Is(err, io.EOF) {
		http.Error(w, `the body must be {"input":"text"}: `+err.Error(), http.StatusBadRequest)
		return
	}
	j, err := h.acquire(r.Context())
	if err != nil {
		unavailable(w, err)
		return
	}
	go func() {
		defer j.release()
		_ = j.runByHand(j.ctx, f, content.Input) // reported by the invocation
	}()
	w.WriteHeader(http.StatusAccepted)
}

// runByHand invokes with what the extension makes of a plain text.
func (j *job) runByHand(ctx context.Context, f *Function, input string) error {
	if f.Kind == Timer {
		return j.runTimer(ctx, f, nil, false)
	}
	now := time.Now()
	m := &azservicebus.ReceivedMessage{Body: []byte(input), DeliveryCount: 1, EnqueuedTime: &now}
	binding := envelope.ServiceBus{Binding: f.Binding, DataType: f.DataType, Many: f.Many, Namespace: namespaceOf(f.ConnectionString)}
	return j.invoke(ctx, f, func(sys envelope.Sys) (envelope.Invocation, error) { return binding.Encode(sys, m) })
}
