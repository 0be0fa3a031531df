package openai

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"time"

	sdk "github.com/sashabaranov/go-openai"

	"castad/shared/claim"
	"castad/shared/provider"
)

const (
	name = "openai"
	op   = "write"
	// defaultTokens holds the longest lyric (60 s, about 600 tokens of Korean) and
	// leaves a reasoning model room to think: its thoughts count too.
	defaultTokens = 4000
	// defaultTimeout is above the 5–60 s that chat models are said to take (unverified).
	defaultTimeout = 90 * time.Second
)

// Formats of an answer, by OpenAI's names.
const (
	FormatSchema = "json_schema"
	FormatObject = "json_object" // JSON, whatever its form: DeepSeek
	FormatText   = "text"        // nothing is asked for
)

// Config is what a Client is made of.
type Config struct {
	// BaseURL includes the version: https://api.openai.com/v1.
	BaseURL string
	// Key may be "" for a keyless local server.
	Key   string
	Model string
	// Temperature is sent when not nil. Reasoning models (o1, o3, o4, gpt-5…, by
	// prefix, also of local models) take none but 1.
	Temperature *float32
	// Format is what is asked for as response_format: FormatSchema, which "" means too, or
	// less for servers that refuse it. The schema stands in the prompt in any case.
	Format string
	// MaxTokens bounds the answer, thoughts included; 0 = 4000.
	MaxTokens int
	HTTP      provider.HTTP
}

// Usage is what one call consumed, in tokens.
type Usage struct {
	Model                             string
	Prompt, Cached, Output, Reasoning int
}

// Client writes lyrics. It is safe for concurrent use.
type Client struct {
	p   *provider.Client
	cfg Config
}

// New returns a client. A setting that the vendor's rules refuse (no model, a
// temperature for a reasoning model) is an error here, not at the first order.
func New(cfg Config) (*Client, error) {
	if cfg.HTTP.Timeout <= 0 {
		cfg.HTTP.Timeout = defaultTimeout
	}
	if cfg.MaxTokens <= 0 {
		cfg.MaxTokens = defaultTokens
	}
	p, err := provider.NewClient(name, cfg.BaseURL, cfg.Key, cfg.HTTP)
	if err != nil {
		return nil, err
	}
	c := &Client{p: p, cfg: cfg}
	if cfg.Model == "" {
		return nil, c.ours("bad_setting", errors.New("no model is set"))
	}
	if t := cfg.Temperature; t != nil && (*t < 0 || *t > 2 || *t != *t) {
		return nil, c.ours("bad_setting", fmt.Errorf("temperature %v is not in 0–2", *t))
	}
	switch cfg.Format {
	case "", FormatSchema, FormatObject, FormatText:
	default:
		return nil, c.ours("bad_setting", fmt.Errorf("there is no format %q", cfg.Format))
	}
	if err := sdk.NewReasoningValidator().Validate(c.request("{}")); err != nil {
		return nil, c.ours("bad_setting", fmt.Errorf("model %s: %w", cfg.Model, err))
	}
	return c, nil
}

// Close closes idle connections; the client stays usable.
func (c *Client) Close() { c.p.Close() }

// Write asks for a lyric. Usage is what the call consumed, also when the lyric
// was of no use; its zero value means that no count came back. Errors are *provider.Error.
func (c *Client) Write(ctx context.Context, b claim.Brief) (claim.Lyric, Usage, error) {
	user, err := json.Marshal(b)
	if err != nil {
		return claim.Lyric{}, Usage{}, c.ours("bad_request", fmt.Errorf("encode brief: %w", err))
	}
	ctx, cancel := context.WithTimeout(ctx, c.cfg.HTTP.Timeout)
	defer cancel()
	config := sdk.DefaultConfig(c.cfg.Key)
	config.BaseURL = c.p.BaseURL()
	var answer *provider.Answer
	config.HTTPClient = doer{c.p, &answer}
	res, err := sdk.NewClientWithConfig(config).CreateChatCompletion(ctx, c.request(string(user)))
	if err != nil {
		return claim.Lyric{}, Usage{}, c.classed(err, answer)
	}
	used := usage(res)
	lyric, err := c.read(answer, res)
	return lyric, used, err
}

func (c *Client) request(user string) sdk.ChatCompletionRequest {
	r := sdk.ChatCompletionRequest{
		Model:               c.cfg.Model,
		MaxCompletionTokens: c.cfg.MaxTokens,
		Messages: []sdk.ChatCompletionMessage{
			{Role: sdk.ChatMessageRoleSystem, Content: system},
			{Role: sdk.ChatMessageRoleUser, Content: user},
		},
	}
	switch c.cfg.Format {
	case FormatText: // the default of all servers, and some know no other
	case FormatObject:
		r.ResponseFormat = &sdk.ChatCompletionResponseFormat{Type: sdk.ChatCompletionResponseFormatTypeJSONObject}
	default:
		r.ResponseFormat = &sdk.ChatCompletionResponseFormat{Type: sdk.ChatCompletionResponseFormatTypeJSONSchema,
			JSONSchema: &sdk.ChatCompletionResponseFormatJSONSchema{Name: "lyric", Strict: true, Schema: json.RawMessage(schema)}}
	}
	if t := c.cfg.Temperature; t != nil {
		// The SDK's omitempty would drop a zero and the server use its default.
		r.Temperature = max(*t, math.SmallestNonzeroFloat32)
	}
	return r
}

func usage(res sdk.ChatCompletionResponse) Usage {
	u := Usage{Model: res.Model, Prompt: res.Usage.PromptTokens, Output: res.Usage.CompletionTokens}
	if d := res.Usage.PromptTokensDetails; d != nil {
		u.Cached = d.CachedTokens
	}
	if d := res.Usage.CompletionTokensDetails; d != nil {
		u.Reasoning = d.ReasoningTokens
	}
	return u
}

// doer is the SDK's transport. It leaves the head of the answer where Fail finds it.
type doer struct {
	p      *provider.Client
	answer **provider.Answer
}

func (d doer) Do(r *http.Request) (*http.Response, error) {
	r.GetBody = nil // nothing replays the request
	res, err := d.p.RoundTrip(r, op, false)
	if err == nil {
		*d.answer = provider.AnswerOf(res)
	}
	return res, err
}

// ours is an error of ours: nothing was sent.
func (c *Client) ours(code string, err error) *provider.Error {
	e := c.p.Fail(provider.Call{Op: op}, nil, provider.OurFault, code, "")
	e.Err = err
	return e
}
