package sandbox

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"unicode/utf8"

	"castad/shared/provider"
)

// check refuses what the channel would refuse.
func check(p provider.Post) error {
	refuse := func(field, format string, args ...any) error {
		return provider.Refused(name, "publish", field, format, args...)
	}
	caption := p.FullCaption()
	switch p.Channel {
	case YouTube:
		n := utf8.RuneCountInString(p.Title)
		switch {
		case strings.TrimSpace(p.Title) == "" || n > 100:
			return refuse("title", "has %d characters, 1–100 are allowed", n)
		case strings.ContainsAny(p.Title, "<>"):
			return refuse("title", "must not contain < or >")
		case strings.ContainsAny(caption, "<>"):
			return refuse("caption", "must not contain < or >")
		case len(caption) > 5000:
			return refuse("caption", "has %d bytes with its hashtags, 5000 are allowed", len(caption))
		case utf8.RuneCountInString(strings.Join(p.Hashtags, ",")) > 500:
			return refuse("hashtags", "have more than 500 characters together")
		}
	case Instagram:
		return provider.ReelCaption.Check(name, "publish", caption)
	default:
		return refuse("channel", "the sandbox has youtube and instagram")
	}
	return nil
}

// ourCodes are refusals that the owner's words have no part in: the file in our
// store is not the one that was announced, or our metadata is malformed.
var ourCodes = map[string]bool{"checksum": true, "undisclosed": true, "malformed": true}

// fail classes an answer by the channel's code and the status.
func (c *Client) fail(call provider.Call, a *provider.Answer) *provider.Error {
	code := codeOf(a)
	class := provider.StatusClass(a.Status, call.Paid)
	switch {
	case ourCodes[code]:
		class = provider.OurFault
	case a.Status == http.StatusUnprocessableEntity && call.Method != http.MethodGet:
		class = provider.UserFault
	case code == "upload_gone": // nothing was published with it; a new upload may be opened
		class = provider.Later
	}
	return c.p.Fail(call, a, class, code, messageOf(a))
}

type errorBody struct {
	Error struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
}

func codeOf(a *provider.Answer) string {
	var e errorBody
	_ = json.Unmarshal(a.Body, &e) // a gateway's page has no code
	return e.Error.Code
}

func messageOf(a *provider.Answer) string {
	var e errorBody
	_ = json.Unmarshal(a.Body, &e)
	return e.Error.Message
}

func (c *Client) notSent(call provider.Call, text string) error {
	e := c.p.Fail(call, nil, provider.OurFault, "not_sent", "")
	e.Err = errors.New(text)
	return e
}

func validID(s string) bool {
	return s != "" && len(s) <= 128 && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '-' && r != '_'
	})
}
