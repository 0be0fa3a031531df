package instagram

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"castad/shared/fault"
	"castad/shared/pattern"
	"castad/shared/provider"
)

// number is a JSON number or a string that holds one: Meta writes both. Anything else is 0.
type number int64

func (n *number) UnmarshalJSON(b []byte) error {
	v, err := strconv.ParseInt(string(bytes.Trim(b, `"`)), 10, 64)
	if err != nil {
		v = 0
	}
	*n = number(v)
	return nil
}

// text is a JSON string or number: ids come as either.
type text string

func (t *text) UnmarshalJSON(b []byte) error {
	var s string
	switch {
	case json.Unmarshal(b, &s) == nil: // null too
		*t = text(s)
	case b[0] == '{' || b[0] == '[':
		return errors.New("neither text nor number")
	default:
		*t = text(b)
	}
	return nil
}

// graphError is what Meta says went wrong.
type graphError struct {
	Message   string `json:"message"`
	Type      string `json:"type"`
	Code      number `json:"code"`
	Subcode   number `json:"error_subcode"`
	Transient bool   `json:"is_transient"`
	UserMsg   string `json:"error_user_msg"`
	Trace     string `json:"fbtrace_id"`
}

// code is "9007/2207027", or "190" without a subcode.
func (e graphError) code() string {
	switch {
	case e.Subcode != 0:
		return fmt.Sprintf("%d/%d", e.Code, e.Subcode)
	case e.Code != 0 || e.Type != "":
		return fmt.Sprint(int64(e.Code))
	}
	return ""
}

// said is what goes into the log: the trace id is what Meta's support asks for.
func (e graphError) said() string {
	s := e.Message
	if e.UserMsg != "" {
		s += " · " + e.UserMsg
	}
	if e.Trace != "" {
		s += " · trace " + e.Trace
	}
	return s
}

// readError reads the error in an answer, whatever its status: {"error":{…}} of the
// Graph API, {"error_type","code","error_message"} of the OAuth host.
func readError(body []byte) (e graphError, told bool) {
	var in struct {
		Error     *graphError `json:"error"`
		ErrorType string      `json:"error_type"`
		Code      number      `json:"code"`
		Message   string      `json:"error_message"`
	}
	if json.Unmarshal(body, &in) != nil {
		return e, false // a gateway's page
	}
	switch {
	case in.Error != nil:
		return *in.Error, true
	case in.ErrorType != "" || in.Message != "":
		return graphError{Type: in.ErrorType, Code: in.Code, Message: in.Message}, true
	}
	return e, false
}

// Subcodes that this package knows (developers.facebook.com, instagram-platform, error-codes).
const (
	subServer         = 2207001
	subUnfetchable    = 2207003
	subExpired        = 2207008
	subCaption        = 2207010
	subContainerGone  = 2207020
	subFormat         = 2207026
	subNotReady       = 2207027
	subServerLater    = 2207032
	subMentions       = 2207040
	subDailyCap       = 2207042
	subRestricted     = 2207050
	subSpam           = 2207051 // also answered for reels that are live
	subUnfetchable2   = 2207052
	subUnknownUpload  = 2207053
	subUnfetchable3   = 2207077
	subProcessing     = 2207082
	subUnprocessable  = 2207085
	subDoesNotExist   = 33 // of code 100
	codeNotReady      = 9007
	codeToken         = 190
	codeInvalid       = 100
	codeRequestLimit  = 4
	codeAccountCalls  = 80002
	codeNoPermission  = 10
	firstOfPermission = 200
	lastOfPermission  = 299
)

// bySubcode says what a subcode means when nothing that people see can have happened.
var bySubcode = map[number]provider.Class{
	subServer: provider.Later, subServerLater: provider.Later, subUnknownUpload: provider.Later, subProcessing: provider.Later,
	subUnfetchable: provider.Later, subUnfetchable2: provider.Later, subUnfetchable3: provider.Later,
	subExpired: provider.Later, subContainerGone: provider.Later, subNotReady: provider.Later,
	subCaption: provider.UserFault, subMentions: provider.UserFault, subRestricted: provider.UserFault, subSpam: provider.UserFault,
	subFormat: provider.BadResult, subUnprocessable: provider.BadResult,
	subDailyCap: provider.RateLimited,
}

// believed are the subcodes that media_publish answers before it has done anything.
// subSpam and the servers' own troubles are not among them: reels were live all the
// same. Nor is an expired container: who is asked next is the container.
var believed = map[number]bool{subNotReady: true, subDailyCap: true, subRestricted: true,
	subCaption: true, subMentions: true, subFormat: true}

// ofJob are the subcodes that tell of a container or its film, and nothing of Meta's health.
var ofJob = map[number]bool{subNotReady: true, subExpired: true, subContainerGone: true, subUnfetchable: true, subUnfetchable2: true, subUnfetchable3: true}

// class says what an error means. paid is media_publish: it may have worked all the
// same, unless the error is one that comes before.
func class(e graphError, status int, paid bool) provider.Class {
	lost := provider.Later
	if paid {
		lost = provider.Unknown
	}
	switch {
	case bySubcode[e.Subcode] != 0 && (!paid || believed[e.Subcode]):
		return bySubcode[e.Subcode]
	case e.Code == codeNotReady:
		return provider.Later
	case e.Code == codeToken, e.Code == codeNoPermission, e.Code >= firstOfPermission && e.Code <= lastOfPermission:
		return provider.Reconnect
	case e.Code == codeRequestLimit && paid: // came with reels that were live
		return provider.Unknown
	case e.Code == codeRequestLimit, e.Code == 17, e.Code == 32, e.Code == 613, e.Code == codeAccountCalls, status == http.StatusTooManyRequests:
		return provider.RateLimited
	case e.Transient, status >= 500, paid:
		return lost
	case e.Code == 1, e.Code == 2, e.Code == -1, e.Code == -2, e.Code == codeInvalid && e.Subcode == subDoesNotExist:
		return lost
	}
	return provider.StatusClass(max(status, http.StatusBadRequest), false)
}

// opaque is how tokens (IGAA…) and codes (AQ…) look, ours and those that we do not know.
var opaque = pattern.New(`(?:IGAA|IGQ|AQ)[A-Za-z0-9_-]{12,}`)

// refusal is the error for an answer that is one.
func (c *Client) refusal(p *provider.Client, call provider.Call, a *provider.Answer, e graphError, secrets []string) *provider.Error {
	said := e.said()
	if said == "" {
		said = string(a.Body)
	}
	for _, s := range append(secrets, c.appSecret) {
		if s != "" {
			said = strings.ReplaceAll(said, s, "***")
		}
	}
	said = opaque.ReplaceAllString(said, "***")
	if ofJob[e.Subcode] {
		a.Good()
	}
	err := p.Fail(call, a, class(e, a.Status, call.Paid), e.code(), or(said, "-"))
	if e.Subcode == subRestricted || e.Subcode == subSpam {
		err.Err = fault.Newf(fault.CodeAccountRefused, "instagram restricts the account").In("account")
	}
	if e.Subcode == subDailyCap && err.RetryAfter == 0 {
		err.RetryAfter = provider.MaxRetryAfter // the window slides over 24 h; when a place falls free is not told
	}
	return err
}

var subcodeInText = pattern.New(`\b2207[0-9]{3}\b`)

// statusSubcode finds the subcode in a container's status ("Error: Media upload has
// failed with error code 2207026"), 0 when there is none.
func statusSubcode(status string) number {
	n, _ := strconv.ParseInt(subcodeInText.FindString(status), 10, 64)
	return number(n)
}
