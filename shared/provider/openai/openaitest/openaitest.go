// Package openaitest is a stand-in for a chat completion server: it checks the
// request as OpenAI would, and writes a plain lyric from the brief's facts, one
// line each. It is no poet; the studio is. Faults and ledger: package providertest. Operation: write.
// The last message must be a brief: {"language":"ko","seconds":15,"facts":[{"id":"f1","kind":"name","text":"…"}]}.
package openaitest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"castad/shared/claim"
	"castad/shared/provider/providertest"
)

// Options make a Server.
type Options struct {
	// Key is the only key that is accepted; "" = any.
	Key string
	// Formats are the types of response_format that are known; none = all.
	Formats []string
}

// Server is the stand-in.
type Server struct {
	*providertest.Desk
	// URL is the base URL for the client ("http://127.0.0.1:1234/v1"); set by Start.
	URL string
	o   Options
	mux *http.ServeMux
	// boasts: see Boast.
	boasts atomic.Bool
}

// New returns a server that is not listening; it is an http.Handler.
func New(o Options) *Server {
	s := &Server{Desk: providertest.NewDesk(wrong), o: o, mux: http.NewServeMux()}
	s.mux.HandleFunc("POST /v1/chat/completions", func(w http.ResponseWriter, r *http.Request) {
		s.Serve(w, r, "write", true, func(body []byte, job providertest.Fault) providertest.Reply { return s.complete(r, body, job) })
	})
	s.Routes(s.mux)
	return s
}

// Start listens on a loopback port until the test ends.
func Start(t providertest.TB, o Options) *Server {
	t.Helper()
	s := New(o)
	s.URL = providertest.Start(t, s, s.Close) + "/v1"
	return s
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// Boast has every lyric begin with a claim that no fact supports from now on, or no more.
func (s *Server) Boast(on bool) { s.boasts.Store(on) }

func wrong(f providertest.Fault) providertest.Reply {
	status := http.StatusInternalServerError
	if f.Kind == providertest.Code {
		status = http.StatusOK
	}
	if f.Status != 0 {
		status = f.Status
	}
	return failure(status, f.Code, f.Text)
}

func failure(status int, code, text string) providertest.Reply {
	e := map[string]any{"message": text, "type": code, "param": nil, "code": code}
	return providertest.Reply{Status: status, JSON: map[string]any{"error": e}}
}

type request struct {
	Model    string `json:"model"`
	Messages []struct {
		Role    string `json:"role"`
		Content string `json:"content"`
	} `json:"messages"`
	MaxCompletionTokens int `json:"max_completion_tokens"`
	ResponseFormat      struct {
		Type       string `json:"type"`
		JSONSchema struct {
			Name   string          `json:"name"`
			Strict bool            `json:"strict"`
			Schema json.RawMessage `json:"schema"`
		} `json:"json_schema"`
	} `json:"response_format"`
}

func (s *Server) complete(r *http.Request, body []byte, job providertest.Fault) providertest.Reply {
	if s.o.Key != "" && r.Header.Get("Authorization") != "Bearer "+s.o.Key {
		return failure(http.StatusUnauthorized, "invalid_api_key", "Incorrect API key provided: "+strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	}
	var req request
	if err := json.Unmarshal(body, &req); err != nil {
		return failure(http.StatusBadRequest, "invalid_request_error", "We could not parse the JSON body of your request.")
	}
	if req.Model == "" || len(req.Messages) == 0 {
		return failure(http.StatusBadRequest, "invalid_request_error", "you must provide a model parameter and messages")
	}
	if f := req.ResponseFormat.Type; f != "" && len(s.o.Formats) > 0 && !slices.Contains(s.o.Formats, f) {
		return failure(http.StatusBadRequest, "invalid_request_error", "This response_format type is unavailable now")
	}
	if err := strict(req.ResponseFormat.JSONSchema.Schema); req.ResponseFormat.Type == "json_schema" && err != nil {
		return failure(http.StatusBadRequest, "invalid_request_error", "Invalid schema for response_format: "+err.Error())
	}
	var brief claim.Brief
	if err := json.Unmarshal([]byte(req.Messages[len(req.Messages)-1].Content), &brief); err != nil {
		return failure(http.StatusBadRequest, "invalid_request_error", "this stand-in reads a brief as its last message")
	}
	id := fmt.Sprintf("chatcmpl-%d", len(s.Ledger())+1)
	e := providertest.Entry{ID: id, Op: "write", Request: body}
	if job.Kind != "" {
		e.Faults = append(e.Faults, job.Kind)
	}
	s.Accept(e)
	lyric := write(brief)
	if s.boasts.Load() {
		lyric.Lines[0].Text = "서울에서 1위 맛집"
	}
	return providertest.Reply{Status: http.StatusOK, JSON: answer(id, req.Model, body, lyric, job)}
}

// strict is OpenAI's rule: every object closed, every property required.
func strict(schema json.RawMessage) error {
	var n struct {
		Type       string                     `json:"type"`
		Additional *bool                      `json:"additionalProperties"`
		Required   []string                   `json:"required"`
		Properties map[string]json.RawMessage `json:"properties"`
		Items      json.RawMessage            `json:"items"`
	}
	if err := json.Unmarshal(schema, &n); err != nil {
		return err
	}
	if n.Type == "object" && (n.Additional == nil || *n.Additional || len(n.Required) != len(n.Properties)) {
		return fmt.Errorf("'additionalProperties' must be false and 'required' name every property")
	}
	for _, p := range n.Properties {
		if err := strict(p); err != nil {
			return err
		}
	}
	if n.Items != nil {
		return strict(n.Items)
	}
	return nil
}

// write makes a lyric: the facts in turn, the name as hook, an invitation.
func write(b claim.Brief) claim.Lyric {
	name, nameID := "우리 가게", []string{}
	for _, f := range b.Facts {
		if f.Kind == claim.Name {
			name, nameID = f.Text, []string{f.ID}
			break
		}
	}
	l := claim.Lyric{Title: name}
	for _, f := range b.Facts {
		if f.Kind != claim.Name && len(l.Lines) < max(2, b.Seconds/4) {
			l.Lines = append(l.Lines, claim.Line{Section: "verse", Text: f.Text, Facts: []string{f.ID}})
		}
	}
	call := "지금 놀러 오세요"
	if b.Language == "en" {
		call = "Come and see us"
	}
	l.Lines = append(l.Lines, claim.Line{Section: "hook", Text: name, Facts: nameID}, claim.Line{Section: "call", Text: call, Facts: []string{}})
	return l
}

func answer(id, model string, request []byte, l claim.Lyric, job providertest.Fault) map[string]any {
	text, _ := json.Marshal(l) // a struct of strings
	message := map[string]any{"role": "assistant", "content": string(text), "refusal": nil}
	finish := "stop"
	switch job.Kind {
	case providertest.Refusal:
		message["content"], message["refusal"] = "", "I'm sorry, I can't help with that."
	case providertest.Length:
		message["content"], finish = string(text[:len(text)/2]), "length"
	case providertest.Filter:
		message["content"], finish = "", "content_filter"
	case providertest.Prose:
		message["content"] = "<think>a draft: {\"title\":\"draft\",\"lines\":[]}</think>Sure! Here {it} is:\n```json\n" + string(text) + "\n```\nEnjoy."
	case providertest.Fail:
		message["content"] = "Roses are red."
	}
	choices := []any{map[string]any{"index": 0, "message": message, "finish_reason": finish}}
	if job.Kind == providertest.NoChoices {
		choices = []any{}
	}
	in, out := len(request)/4, len(text)/4
	return map[string]any{"id": id, "object": "chat.completion", "created": time.Now().Unix(), "model": model, "choices": choices,
		"usage": map[string]any{"prompt_tokens": in, "completion_tokens": out, "total_tokens": in + out,
			"prompt_tokens_details": map[string]int{"cached_tokens": 0}, "completion_tokens_details": map[string]int{"reasoning_tokens": 0}}}
}
