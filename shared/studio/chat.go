package studio

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"unicode"

	"castad/shared/claim"
	"castad/shared/fault"
	"castad/shared/studio/lyric"
)

// chatModel is the model that /v1/models names; any name is accepted and echoed.
const chatModel = "castad-lyric-1"

// chatRequest is what is read of an OpenAI chat completion request; other fields change nothing here.
type chatRequest struct {
	Model    string `json:"model"`
	Messages []struct {
		Role    string          `json:"role"`
		Content json.RawMessage `json:"content"`
	} `json:"messages"`
	ResponseFormat *struct {
		Type string `json:"type"`
	} `json:"response_format"`
	N                   int    `json:"n"`
	Seed                *int64 `json:"seed"`
	Stream              bool   `json:"stream"`
	MaxTokens           int    `json:"max_tokens"`
	MaxCompletionTokens int    `json:"max_completion_tokens"`
}

// chatFail answers in OpenAI's error shape.
func chatFail(w http.ResponseWriter, status int, kind, code, param, message string) {
	orNull := func(s string) any {
		if s == "" {
			return nil
		}
		return s
	}
	answer(w, status, map[string]any{"error": map[string]any{"message": message, "type": kind, "param": orNull(param), "code": orNull(code)}})
}

func (s *Studio) chatKeyed(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !s.authorized(r) {
			w.Header().Set("WWW-Authenticate", "Bearer")
			chatFail(w, http.StatusUnauthorized, "invalid_request_error", "invalid_api_key", "", "Incorrect API key provided.")
			return
		}
		h(w, r)
	}
}

func (s *Studio) models(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]any{"object": "list", "data": []any{map[string]any{"id": chatModel, "object": "model", "created": 1767225600, "owned_by": "castad"}}})
}

// chat writes the lyric for the brief in the last user message. Everything else
// in the conversation is ignored: the brief is data, and there is no model to instruct.
func (s *Studio) chat(w http.ResponseWriter, r *http.Request) {
	bad := func(param, message string) {
		chatFail(w, http.StatusBadRequest, "invalid_request_error", "", param, message)
	}
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequestBody))
	if err != nil {
		bad("", "The body is too large or was cut off.")
		return
	}
	var q chatRequest
	if err := json.Unmarshal(raw, &q); err != nil {
		bad("", "We could not parse the JSON body of your request.")
		return
	}
	switch {
	case q.Model == "":
		bad("model", "You must provide a model parameter.")
		return
	case q.Stream:
		bad("stream", "Streaming is not supported here.")
		return
	case q.N < 0 || q.N > 8:
		bad("n", "n must be between 1 and 8.")
		return
	}
	brief, text, err := briefOf(q)
	if err != nil {
		bad("messages", err.Error())
		return
	}
	seed := s.config.Seed()
	if q.Seed != nil {
		seed = *q.Seed
	}
	var choices []any
	used := 0
	for i := range max(1, q.N) {
		l, err := lyric.Write(brief, seed+int64(i))
		if fault.KindOf(err) == fault.Invalid {
			bad("messages", "The brief cannot be written: "+fault.FieldOf(err)+": "+err.Error()+".")
			return
		}
		if err != nil {
			s.config.Log.Error("write lyric", "error", err)
			chatFail(w, http.StatusInternalServerError, "server_error", "", "", "The server had an error while processing your request.")
			return
		}
		content, err := present(l, q)
		if err != nil {
			s.config.Log.Error("write lyric", "error", err)
			chatFail(w, http.StatusInternalServerError, "server_error", "", "", "The server had an error while processing your request.")
			return
		}
		reason := "stop"
		if limit := max(q.MaxTokens, q.MaxCompletionTokens); limit > 0 && tokens(content) > limit {
			content, reason = cutTokens(content, limit), "length"
		}
		used += tokens(content)
		choices = append(choices, map[string]any{"index": i, "message": map[string]any{"role": "assistant", "content": content, "refusal": nil}, "logprobs": nil, "finish_reason": reason})
	}
	asked := tokens(text)
	answer(w, http.StatusOK, map[string]any{
		"id": "chatcmpl-" + randomHex(12), "object": "chat.completion", "created": s.config.Clock().Unix(), "model": q.Model, "choices": choices,
		"usage":              map[string]any{"prompt_tokens": asked, "completion_tokens": used, "total_tokens": asked + used},
		"system_fingerprint": "castad-grammar-1",
	})
}

// briefOf finds the brief in the last user message; text is the whole conversation, for counting.
func briefOf(q chatRequest) (b claim.Brief, text string, err error) {
	last := ""
	var all strings.Builder
	for _, m := range q.Messages {
		c := contentOf(m.Content)
		all.WriteString(c)
		if m.Role == "user" {
			last = c
		}
	}
	if last == "" {
		return b, "", errors.New("there must be a user message whose content holds the brief as JSON")
	}
	for at := 0; ; at++ {
		i := strings.IndexByte(last[at:], '{')
		if i < 0 {
			return b, "", fmt.Errorf("the last user message holds no brief: a JSON object with facts, language, mood and seconds")
		}
		at += i
		var found claim.Brief
		if err := json.NewDecoder(strings.NewReader(last[at:])).Decode(&found); err == nil && len(found.Facts) > 0 {
			return found, all.String(), nil
		}
	}
}

// contentOf reads a message's content: a string, or parts of type text.
func contentOf(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	var parts []struct {
		Type string `json:"type"`
		Text string `json:"text"`
	}
	if json.Unmarshal(raw, &parts) != nil {
		return ""
	}
	for _, p := range parts {
		if p.Type == "text" {
			s += p.Text
		}
	}
	return s
}

// present writes the lyric as JSON when the request asks for an object, else as a text with section marks.
func present(l claim.Lyric, q chatRequest) (string, error) {
	if q.ResponseFormat != nil && (q.ResponseFormat.Type == "json_schema" || q.ResponseFormat.Type == "json_object") {
		for i := range l.Lines {
			if l.Lines[i].Facts == nil {
				l.Lines[i].Facts = []string{} // a strict schema wants a list
			}
		}
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		if err := e.Encode(l); err != nil {
			return "", fmt.Errorf("write lyric: %w", err)
		}
		return strings.TrimSpace(b.String()), nil
	}
	var b strings.Builder
	b.WriteString(l.Title + "\n")
	section := ""
	for _, line := range l.Lines {
		if line.Section != section {
			section = line.Section
			b.WriteString("\n[" + strings.ToUpper(section[:1]) + section[1:] + "]\n")
		}
		b.WriteString(line.Text + "\n")
	}
	return strings.TrimSpace(b.String()), nil
}

// tokens estimates what a tokenizer would count: a Hangul syllable or a sign is
// about one token, four Latin letters or digits are one.
func tokens(s string) int {
	n, run := 0, 0
	for _, r := range s {
		switch {
		case r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)):
			if run%4 == 0 {
				n++
			}
			run++
		case r == ' ' || r == '\n':
			run = 0
		default:
			run = 0
			n++
		}
	}
	return n
}

func cutTokens(s string, limit int) string {
	r := []rune(s)
	for len(r) > 0 && tokens(string(r)) > limit {
		r = r[:len(r)-1-len(r)/50]
	}
	return string(r)
}
