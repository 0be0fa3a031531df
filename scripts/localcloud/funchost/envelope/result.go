package envelope

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
)

// Result is what the handler answers. Names are read without regard to case.
type Result struct {
	Outputs     map[string]json.RawMessage
	Logs        []string
	ReturnValue json.RawMessage
}

// ErrNoResult means that the handler answered 2xx with an empty body or null.
// The host then never completes the invocation: it hangs until functionTimeout
// and the handler is killed.
var ErrNoResult = errors.New("the handler answered 2xx with an empty body or null: the host waits until functionTimeout and then kills the handler")

// MaxResult bounds a handler's answer in bytes; .NET's HttpClient buffers no
// more than 2 GiB, the stand-in is content with less.
const MaxResult = 64 << 20

// Decode reads the handler's answer and closes its body. Any error but
// ErrNoResult is a failed invocation, and Logs are lost with it.
func Decode(response *http.Response) (Result, error) {
	defer response.Body.Close()
	if response.StatusCode/100 != 2 {
		return Result{}, fmt.Errorf("response status code does not indicate success: %d (%s)", response.StatusCode, http.StatusText(response.StatusCode))
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, MaxResult+1))
	if err != nil {
		return Result{}, fmt.Errorf("read answer: %w", err)
	}
	if len(body) > MaxResult {
		return Result{}, fmt.Errorf("read answer: more than %d bytes", MaxResult)
	}
	if len(body) == 0 && response.ContentLength == 0 {
		return Result{}, ErrNoResult // whatever its content type
	}
	contentType := response.Header.Get("Content-Type")
	if contentType == "" {
		contentType = "application/octet-stream"
	}
	media, _, err := mime.ParseMediaType(contentType)
	if err != nil || media != "application/json" && media != "text/json" {
		return Result{}, fmt.Errorf("no MediaTypeFormatter is available to read an object of type 'HttpScriptInvocationResult' from content with media type '%s'", contentType)
	}
	return decodeBody(body)
}

func decodeBody(body []byte) (Result, error) {
	if text := bytes.TrimSpace(body); len(text) == 0 || bytes.Equal(text, []byte("null")) {
		return Result{}, ErrNoResult
	}
	var raw struct {
		Outputs     map[string]json.RawMessage
		Logs        []any
		ReturnValue json.RawMessage
	}
	decoder := json.NewDecoder(bytes.NewReader(body)) // what follows the object is ignored, as by the host
	decoder.UseNumber()
	if err := decoder.Decode(&raw); err != nil {
		return Result{}, fmt.Errorf("parse answer as {Outputs, Logs, ReturnValue}: %w", err)
	}
	result := Result{Outputs: raw.Outputs, ReturnValue: raw.ReturnValue}
	for i, line := range raw.Logs {
		switch v := line.(type) {
		case nil:
			result.Logs = append(result.Logs, "")
		case []any, map[string]any:
			return Result{}, fmt.Errorf("parse answer: Logs[%d] is not a string", i)
		default:
			result.Logs = append(result.Logs, fmt.Sprint(v))
		}
	}
	return result, nil
}

// Output is the value of an output binding, by name without regard to case;
// nil when absent.
func (r Result) Output(name string) json.RawMessage {
	if name == "$return" {
		return r.ReturnValue
	}
	for key, value := range r.Outputs {
		if strings.EqualFold(key, name) {
			return value
		}
	}
	// Without an Outputs entry the host merges a ReturnValue that is an object.
	var merged map[string]json.RawMessage
	if json.Unmarshal(r.ReturnValue, &merged) == nil {
		for key, value := range merged {
			if strings.EqualFold(key, name) {
				return value
			}
		}
	}
	return nil
}
