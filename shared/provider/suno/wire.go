package suno

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"

	"castad/shared/fault"
	"castad/shared/provider"
)

// open reads the envelope {"code","msg","data"} and decodes data into out when the code is 200.
func (c *Client) open(call provider.Call, a *provider.Answer, out any) error {
	var env struct {
		Code text            `json:"code"`
		Msg  text            `json:"msg"`
		Data json.RawMessage `json:"data"`
	}
	err := json.Unmarshal(a.Body, &env)
	code, notNumber := strconv.Atoi(string(env.Code))
	if err != nil || notNumber != nil {
		if a.Status >= 400 { // a proxy's or gateway's page
			return c.p.Fail(call, a, provider.StatusClass(a.Status, call.Paid), "", "")
		}
		return c.p.Unintelligible(call, a, errors.New("the answer is not the vendor's JSON"))
	}
	if code != http.StatusOK {
		return c.p.Fail(call, a, c.table.class(code, call.Paid), string(env.Code), orDash(string(env.Msg)))
	}
	if a.Status >= 400 {
		return c.p.Unintelligible(call, a, errors.New("status and code contradict each other"))
	}
	if len(env.Data) == 0 || bytes.Equal(env.Data, []byte("null")) {
		return c.p.Unintelligible(call, a, errors.New("accepted without data"))
	}
	if err := json.Unmarshal(env.Data, out); err != nil {
		return c.p.Unintelligible(call, a, err)
	}
	return nil
}

// text is a JSON string, number or null: the vendors mix them.
type text string

func (t *text) UnmarshalJSON(b []byte) error {
	switch {
	case bytes.Equal(b, []byte("null")):
		*t = ""
	case b[0] == '"':
		var s string
		if err := json.Unmarshal(b, &s); err != nil {
			return err
		}
		*t = text(s)
	case b[0] == '{' || b[0] == '[':
		return errors.New("neither text nor number")
	default:
		*t = text(b)
	}
	return nil
}

// seconds is a JSON number or numeric string; anything else, negative or not finite is 0.
type seconds float64

func (s *seconds) UnmarshalJSON(b []byte) error {
	f, err := strconv.ParseFloat(strings.Trim(string(b), `"`), 64)
	if err != nil || f < 0 || math.IsInf(f, 0) || math.IsNaN(f) {
		f = 0
	}
	*s = seconds(f)
	return nil
}

// embedded decodes an object, or a string that holds its JSON.
func embedded(raw json.RawMessage, out any) error {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		if strings.TrimSpace(s) == "" {
			return nil
		}
		raw = json.RawMessage(s)
	}
	return json.Unmarshal(raw, out)
}

// record is record-info's data.
type record struct {
	TaskID       string          `json:"taskId"`
	Status       string          `json:"status"`
	Param        json.RawMessage `json:"param"`
	Response     json.RawMessage `json:"response"`
	ErrorCode    text            `json:"errorCode"`
	ErrorMessage string          `json:"errorMessage"`
}

// tracks returns the tracks that can be heard, and whether those are all that the record names.
func (r record) tracks() (list []provider.Track, complete bool) {
	var response struct {
		SunoData []struct {
			ID       string  `json:"id"`
			AudioURL string  `json:"audioUrl"`
			Title    string  `json:"title"`
			Duration seconds `json:"duration"`
		} `json:"sunoData"`
	}
	if len(r.Response) == 0 || embedded(r.Response, &response) != nil {
		return nil, false
	}
	for _, t := range response.SunoData {
		if validID(t.ID) && playable(t.AudioURL) {
			list = append(list, provider.Track{ID: t.ID, AudioURL: t.AudioURL, Title: t.Title, Seconds: float64(t.Duration)})
		}
	}
	return list, len(list) > 0 && len(list) == len(response.SunoData)
}

// playable says whether an address can be a track's. A song that has none yet, or
// never gets one, is told as empty or as …/None.mp3 (gcui-art/suno-api#146).
func playable(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http") && path.Base(u.Path) != "None.mp3"
}

// callbackURL returns the address that the order named, "" when the vendor does not echo it.
func (r record) callbackURL() string {
	var param struct {
		CallBackURL string `json:"callBackUrl"`
	}
	if len(r.Param) == 0 || embedded(r.Param, &param) != nil {
		return ""
	}
	return param.CallBackURL
}

// alignedWord is a word as sunoapi.org and kie.ai (startS) or Suno itself (start_s)
// tell it, with times as numbers or their text. What is not of that form has no
// times: one odd word must not cost the caption of all others.
type alignedWord struct {
	word       string
	start, end float64
}

func (a *alignedWord) UnmarshalJSON(b []byte) error {
	var in struct {
		Word   text            `json:"word"`
		StartS json.RawMessage `json:"startS"`
		EndS   json.RawMessage `json:"endS"`
		Start  json.RawMessage `json:"start_s"`
		End    json.RawMessage `json:"end_s"`
	}
	*a = alignedWord{start: math.NaN(), end: math.NaN()}
	if json.Unmarshal(b, &in) != nil {
		return nil
	}
	if in.StartS == nil && in.EndS == nil {
		in.StartS, in.EndS = in.Start, in.End
	}
	a.word, a.start, a.end = string(in.Word), timeOf(in.StartS), timeOf(in.EndS)
	return nil
}

// timeOf is a time in seconds, NaN when it is none.
func timeOf(raw json.RawMessage) float64 {
	f, err := strconv.ParseFloat(strings.Trim(string(raw), `"`), 64)
	if err != nil || f < 0 || math.IsInf(f, 0) {
		return math.NaN()
	}
	return f
}

// words drops section markers ("[Verse 1]", which may run over several words) and
// line breaks, and what has no sane time; timed says whether anything had one.
func words(in []alignedWord) (out []provider.Word, timed bool) {
	depth := 0
	for _, w := range in {
		kept := strings.Map(func(r rune) rune {
			switch {
			case r == '[':
				depth++
				return ' ' // what a marker separates stays apart
			case r == ']':
				depth = max(0, depth-1)
				return -1
			case depth > 0:
				return -1
			}
			return r
		}, w.word)
		kept = strings.Join(strings.Fields(kept), " ")
		sane := w.start <= w.end // NaN is not
		timed = timed || sane
		if kept != "" && sane {
			out = append(out, provider.Word{Text: kept, Start: w.start, End: w.end})
		}
	}
	return out, timed
}

// maxCallback is far above real callbacks (two songs with lyrics: about 20 KiB).
const maxCallback = 1 << 20

// ParseCallback reads the task id and the stage ("text", "first", "complete",
// "error") of a callback. The body is a stranger's word, and a hint: ask Task.
// Errors are of kind Invalid.
func ParseCallback(body []byte) (taskID, stage string, err error) {
	if len(body) > maxCallback {
		return "", "", fault.Newf(fault.CodeTooLarge, "song callback of %d bytes", len(body))
	}
	var in struct {
		Data struct {
			CallbackType string `json:"callbackType"`
			TaskID       string `json:"task_id"`
			TaskID2      string `json:"taskId"` // as record-info spells it; some vendors do here too
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return "", "", fault.Newf(fault.CodeMalformedJSON, "read song callback: %w", err)
	}
	d := in.Data
	if d.TaskID == "" {
		d.TaskID = d.TaskID2
	}
	if !validID(d.TaskID) {
		return "", "", fault.New(fault.CodeBadValue).In("data.task_id")
	}
	switch d.CallbackType {
	case "text", "first", "complete", "error":
		return d.TaskID, d.CallbackType, nil
	}
	return "", "", fault.New(fault.CodeBadValue).In("data.callbackType")
}
