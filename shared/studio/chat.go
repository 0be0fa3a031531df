package studio

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"strings"
	"unicode/utf8"

	"castad/shared/claim"
	"castad/shared/studio/lyric"
)

// chatRequest is what is read of a chat completion request; the rest (temperature,
// penalties, …) has no meaning for a grammar and is accepted without effect.
type chatRequest struct {
	Model    string `json:"model"`
	Messages []struct {
		Role    string          `json:"role"`
		Content json.RawMessage `json:"content"`
	} `json:"messages"`
	Stream bool   `json:"stream"`
	Seed   *int64 `json:"seed"`
}

func (s *Studio) chat(w http.ResponseWriter, r *http.Request) {
	if !s.allowed(r) {
		chatError(w, http.StatusUnauthorized, "invalid_request_error", "invalid_api_key", "Incorrect API key provided.")
		return
	}
	var in chatRequest
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err == nil {
		err = json.Unmarshal(body, &in)
	}
	switch {
	case err != nil:
		chatError(w, http.StatusBadRequest, "invalid_request_error", "", "We could not parse the JSON body of your request: "+err.Error())
		return
	case in.Model == "":
		chatError(w, http.StatusBadRequest, "invalid_request_error", "", "you must provide a model parameter")
		return
	case in.Stream:
		chatError(w, http.StatusBadRequest, "invalid_request_error", "unsupported_value", "stream is not supported here")
		return
	}
	prompt := userText(in)
	brief, err := readBrief(prompt)
	var text claim.Lyric
	if err == nil {
		text, err = lyric.Write(brief, seedOf(in, brief))
	}
	if err != nil {
		chatError(w, http.StatusBadRequest, "invalid_request_error", "invalid_value", "This model writes lyrics: the last user message must hold a brief as JSON. "+err.Error())
		return
	}
	content, err := json.Marshal(text)
	if err != nil {
		chatError(w, http.StatusInternalServerError, "server_error", "", "the lyric could not be written")
		return
	}
	asked, said := tokens(prompt), tokens(string(content))
	now := s.c.Clock()
	writeJSON(w, http.StatusOK, map[string]any{
		"id": "chatcmpl-" + newID(), "object": "chat.completion", "created": now.Unix(), "model": in.Model,
		"choices": []any{map[string]any{"index": 0, "finish_reason": "stop",
			"message": map[string]any{"role": "assistant", "content": string(content), "refusal": nil}}},
		"usage": map[string]any{"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said},
	})
}

// userText is the text of the last user message, a string or a list of parts.
func userText(in chatRequest) string {
	for i := len(in.Messages) - 1; i >= 0; i-- {
		m := in.Messages[i]
		if m.Role != "user" {
			continue
		}
		var text string
		if json.Unmarshal(m.Content, &text) == nil {
			return text
		}
		var parts []struct {
			Text string `json:"text"`
		}
		if json.Unmarshal(m.Content, &parts) == nil {
			var all strings.Builder
			for _, p := range parts {
				all.WriteString(p.Text)
			}
			return all.String()
		}
	}
	return ""
}

// readBrief finds the JSON object in a message that may have words around it.
func readBrief(text string) (claim.Brief, error) {
	var b claim.Brief
	start := strings.IndexByte(text, '{')
	if start < 0 {
		return b, fmt.Errorf("there is no JSON object in it")
	}
	if err := json.NewDecoder(strings.NewReader(text[start:])).Decode(&b); err != nil {
		return b, fmt.Errorf("its JSON cannot be read: %w", err)
	}
	return b, nil
}

// seedOf is the request's seed, else one that follows from the brief, so that
// the same place gets the same lyric until something is sent back as a problem.
func seedOf(in chatRequest, b claim.Brief) int64 {
	if in.Seed != nil {
		return *in.Seed
	}
	h := fnv.New64a()
	_ = json.NewEncoder(h).Encode(b) // a hash takes every byte
	return int64(h.Sum64())
}

// tokens is a rough count: nothing is charged by it.
func tokens(s string) int { return (utf8.RuneCountInString(s) + 1) / 2 }

func (s *Studio) models(w http.ResponseWriter, r *http.Request) {
	if !s.allowed(r) {
		chatError(w, http.StatusUnauthorized, "invalid_request_error", "invalid_api_key", "Incorrect API key provided.")
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"object": "list", "data": []any{
		map[string]any{"id": "castad-studio", "object": "model", "created": 0, "owned_by": "castad"}}})
}

// chatError answers in OpenAI's error shape.
func chatError(w http.ResponseWriter, status int, kind, code, message string) {
	var c any
	if code != "" {
		c = code
	}
	writeJSON(w, status, map[string]any{"error": map[string]any{"message": message, "type": kind, "param": nil, "code": c}})
}
