package openai

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	sdk "github.com/sashabaranov/go-openai"

	"castad/shared/claim"
	"castad/shared/provider"
)

// What a lyric may be at most. A 60 s ad has some 14 lines; ten times that is a
// model that does not stop.
const (
	maxLines    = 140
	maxTextLen  = 300 // characters of a line or title
	maxContent  = 256 << 10
	maxAttempts = 64 // opening braces that are tried
)

// read takes the lyric from an answer. An answer with a choice is a vendor in good
// health: what is written in it is the model's, and no breaker opens for it.
func (c *Client) read(a *provider.Answer, res sdk.ChatCompletionResponse) (claim.Lyric, error) {
	fail := func(class provider.Class, code, text string) (claim.Lyric, error) {
		return claim.Lyric{}, c.p.Fail(provider.Call{Op: op}, a, class, code, text)
	}
	if len(res.Choices) == 0 {
		return fail(provider.Later, "no_choices", "")
	}
	a.Good()
	choice := res.Choices[0]
	switch {
	case choice.Message.Refusal != "":
		return fail(provider.UserFault, "refusal", choice.Message.Refusal)
	case choice.FinishReason == sdk.FinishReasonContentFilter:
		return fail(provider.UserFault, "content_filter", "")
	case choice.FinishReason == sdk.FinishReasonLength:
		return fail(provider.Later, "length", "")
	}
	lyric, err := parse(content(choice.Message))
	if err != nil {
		e := c.p.Fail(provider.Call{Op: op}, a, provider.Later, "no_lyric", "")
		e.Err = err
		return claim.Lyric{}, e
	}
	return lyric, nil
}

// content is the answer's text; some servers send it in parts.
func content(m sdk.ChatCompletionMessage) string {
	if m.Content != "" || len(m.MultiContent) == 0 {
		return m.Content
	}
	var b strings.Builder
	for _, p := range m.MultiContent {
		b.WriteString(p.Text)
	}
	return b.String()
}

var errNoLyric = errors.New("the answer holds no lyric")

// parse finds the lyric in text: the text itself, or the first JSON object in it
// with lines. Error texts name what is wrong, never what was written.
func parse(text string) (claim.Lyric, error) {
	if len(text) > maxContent {
		return claim.Lyric{}, fmt.Errorf("%w: %d bytes", errNoLyric, len(text))
	}
	if i := strings.LastIndex(text, "</think>"); i >= 0 {
		text = text[i+len("</think>"):] // drafts in the thoughts are not the answer
	}
	last := errNoLyric
	for range maxAttempts {
		i := strings.IndexByte(text, '{')
		if i < 0 {
			break
		}
		text = text[i:]
		var raw rawLyric
		if json.NewDecoder(strings.NewReader(text)).Decode(&raw) == nil && raw.Lines != nil {
			l, err := raw.lyric()
			if err == nil {
				return l, nil
			}
			last = err
		}
		text = text[1:]
	}
	return claim.Lyric{}, last
}

type rawLyric struct {
	Title string `json:"title"`
	Lines []struct {
		Section string   `json:"section"`
		Text    string   `json:"text"`
		Facts   []string `json:"facts"`
	} `json:"lines"`
}

// lyric checks the form; whether the lines are true is package claim's question.
func (r rawLyric) lyric() (claim.Lyric, error) {
	out := claim.Lyric{Title: oneLine(r.Title)}
	if out.Title == "" || utf8.RuneCountInString(out.Title) > maxTextLen {
		return out, fmt.Errorf("%w: the title is empty or too long", errNoLyric)
	}
	if len(r.Lines) > maxLines {
		return out, fmt.Errorf("%w: %d lines", errNoLyric, len(r.Lines))
	}
	for i, l := range r.Lines {
		line := claim.Line{Section: strings.ToLower(strings.TrimSpace(l.Section)), Text: oneLine(l.Text), Facts: []string{}}
		switch line.Section {
		case "verse", "hook", "call":
		case "chorus", "refrain":
			line.Section = "hook" // what servers without the schema call it
		case "":
			line.Section = "verse"
		default:
			return out, fmt.Errorf("%w: line %d has an unknown section", errNoLyric, i+1)
		}
		if line.Text == "" || utf8.RuneCountInString(line.Text) > maxTextLen {
			return out, fmt.Errorf("%w: line %d is empty or too long", errNoLyric, i+1)
		}
		for _, id := range l.Facts {
			if id = strings.TrimSpace(id); id != "" {
				line.Facts = append(line.Facts, id)
			}
		}
		out.Lines = append(out.Lines, line)
	}
	if len(out.Lines) == 0 {
		return out, fmt.Errorf("%w: no lines", errNoLyric)
	}
	return out, nil
}

// oneLine makes one line of valid text without control characters.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	return strings.Join(strings.Fields(s), " ")
}
