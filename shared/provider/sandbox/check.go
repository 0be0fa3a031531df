package sandbox

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"castad/shared/provider"
)

// check refuses what the channel would refuse.
func check(p provider.Post) error {
	switch p.Channel {
	case YouTube:
		return provider.YouTubeText.Check(name, "publish", p, p.Hashtags)
	case Instagram:
		return provider.InstagramText.Check(name, "publish", p, nil)
	}
	return provider.Refused(name, "publish", "channel", "the sandbox has youtube and instagram")
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
