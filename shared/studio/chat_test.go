package studio

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	openai "github.com/sashabaranov/go-openai"

	"castad/shared/claim"
)

func TestReadPrompt(t *testing.T) {
	t.Parallel()
	lines, breaks := readPrompt("[Intro]\n\n[Verse 1]\n하나\n[Chorus]\n둘 (둘)\n♪\n[Outro]\n" + strings.Repeat("가나다라 ", 9))
	var got []string
	for i, l := range lines {
		got = append(got, fmt.Sprintf("%s|%s|%v", l.Section, l.Text, breaks[i]))
	}
	want := []string{"verse|하나|true", "hook|둘 (둘)|true", "call|가나다라 가나다라 가나다라 가나다라 가나다라|false", "call|가나다라 가나다라 가나다라 가나다라|true"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	yes, no := true, false
	for style, want := range map[string]string{
		"Trot, bright, 30 seconds, male vocals": "trot bright m 30", "감성 발라드 60초": "ballad warm f 60", "lo-fi hip hop, cool": "hip-hop trendy f 20",
		"acoustic guitar, female vocal, male vocal": "acoustic bright f 20", "wrapped in strawberries": "k-pop bright f 20", "Instagram rap 15s": "hip-hop bright f 15",
	} {
		o, _ := readSunoRequest(sunoRequest{CustomMode: &yes, Instrumental: &no, Style: style, Prompt: "라라라"})
		if got := fmt.Sprint(o.Genre, " ", o.Mood, " ", o.Voice, " ", o.Seconds); got != want {
			t.Errorf("%q: %s, want %s", style, got, want)
		}
	}
}

func brief() string {
	b, _ := json.Marshal(claim.Brief{Language: "ko", Mood: "bright", Seconds: 30, Facts: []claim.Fact{
		{ID: "f1", Kind: claim.Name, Text: "한빛칼국수"}, {ID: "f2", Kind: claim.Area, Text: "전주"}, {ID: "f3", Kind: claim.Menu, Text: "칼국수", Won: 9000}}})
	return string(b)
}

func (c *client) openai() *openai.Client {
	cfg := openai.DefaultConfig(c.key)
	cfg.BaseURL = c.server.URL + "/v1"
	cfg.HTTPClient = c.server.Client()
	return openai.NewClientWithConfig(cfg)
}

func TestChatThroughAnUnmodifiedClient(t *testing.T) {
	t.Parallel()
	c := open(t, Config{Key: "secret"})
	seed := 7
	request := openai.ChatCompletionRequest{Model: "gpt-4o-mini", Seed: &seed, MaxCompletionTokens: 2000, Messages: []openai.ChatCompletionMessage{
		{Role: "system", Content: "You write jingles."}, {Role: "user", Content: "{\"facts\":[]}"}, {Role: "assistant", Content: "?"}, {Role: "user", Content: "브리프 {아래}: " + brief() + "\n고마워요"}},
		ResponseFormat: &openai.ChatCompletionResponseFormat{Type: openai.ChatCompletionResponseFormatTypeJSONSchema, JSONSchema: &openai.ChatCompletionResponseFormatJSONSchema{Name: "lyric", Strict: true, Schema: json.RawMessage(`{"type":"object"}`)}}}
	resp, err := c.openai().CreateChatCompletion(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	var l claim.Lyric
	if err := json.Unmarshal([]byte(resp.Choices[0].Message.Content), &l); err != nil {
		t.Fatal(err)
	}
	var b claim.Brief
	if err := json.Unmarshal([]byte(brief()), &b); err != nil {
		t.Fatal(err)
	}
	if p := claim.Check(b.Facts, l); len(l.Lines) != 8 || len(p) > 0 {
		t.Errorf("%+v: %v", l, p)
	}
	u := resp.Usage
	if resp.Model != "gpt-4o-mini" || resp.Choices[0].FinishReason != "stop" || u.PromptTokens < 50 || u.CompletionTokens < 50 || u.TotalTokens != u.PromptTokens+u.CompletionTokens {
		t.Errorf("%+v", resp)
	}
	again, err := c.openai().CreateChatCompletion(t.Context(), request)
	if err != nil || again.Choices[0].Message.Content != resp.Choices[0].Message.Content {
		t.Errorf("the same seed answered otherwise: %v", err)
	}
	request.Seed, request.N, request.ResponseFormat = nil, 3, nil
	plain, err := c.openai().CreateChatCompletion(t.Context(), request)
	if err != nil || len(plain.Choices) != 3 || !strings.Contains(plain.Choices[2].Message.Content, "[Hook]") || plain.Choices[0].Message.Content == plain.Choices[1].Message.Content {
		t.Errorf("plain text: %+v, %v", plain, err)
	}
	request.N, request.MaxCompletionTokens = 1, 20
	if short, err := c.openai().CreateChatCompletion(t.Context(), request); err != nil || short.Choices[0].FinishReason != "length" || short.Usage.CompletionTokens > 20 {
		t.Errorf("a token limit: %+v, %v", short, err)
	}
	if models, err := c.openai().ListModels(t.Context()); err != nil || len(models.Models) != 1 || models.Models[0].ID != chatModel {
		t.Errorf("models %+v, %v", models, err)
	}
}

func TestChatRefusesInOpenAIsWords(t *testing.T) {
	t.Parallel()
	c := open(t, Config{Key: "secret"})
	ask := func(key, content string) error {
		k := *c
		k.key = key
		_, err := k.openai().CreateChatCompletion(t.Context(), openai.ChatCompletionRequest{Model: "m", Messages: []openai.ChatCompletionMessage{{Role: "user", Content: content}}})
		return err
	}
	for name, row := range map[string]struct {
		err    error
		status int
		param  string
	}{
		"a wrong key":                   {ask("wrong", brief()), 401, ""},
		"no brief":                      {ask("secret", "안녕하세요 {"), 400, "messages"},
		"a brief without facts":         {ask("secret", `{"language":"ko"}`), 400, "messages"},
		"a brief that cannot be sung":   {ask("secret", strings.Replace(brief(), `"bright"`, `"sad"`, 1)), 400, "messages"},
		"an empty message":              {ask("secret", ""), 400, "messages"},
		"a brief of a length not known": {ask("secret", strings.Replace(brief(), `30`, `31`, 1)), 400, "messages"},
	} {
		var e *openai.APIError
		if !errors.As(row.err, &e) || e.HTTPStatusCode != row.status || e.Type != "invalid_request_error" || e.Message == "" || row.param != "" && (e.Param == nil || *e.Param != row.param) {
			t.Errorf("%s: %v", name, row.err)
		}
	}
	_, err := c.openai().CreateEmbeddings(t.Context(), openai.EmbeddingRequest{Model: "m", Input: "x"})
	var e *openai.APIError
	if !errors.As(err, &e) || e.HTTPStatusCode != 404 {
		t.Errorf("an unknown path: %v", err)
	}
}
