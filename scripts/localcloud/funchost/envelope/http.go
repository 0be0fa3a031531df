package envelope

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// Request is an HTTP request as the default mode (no forwarding, no proxying)
// tells it to the handler.
type Request struct {
	Binding string // the httpTrigger's name
	URL     string // absolute
	Method  string
	Query   url.Values
	Header  http.Header // with Host
	Params  map[string]string
	Body    []byte // nil when Content-Length was missing or 0
	Admin   bool   // called with the master key
}

// Encode makes the invocation.
func (r Request) Encode(sys Sys) Invocation {
	query := map[string]string{}
	for name, values := range r.Query {
		query[name] = strings.Join(values, ",")
	}
	params := r.Params
	if params == nil {
		params = map[string]string{}
	}
	request := map[string]any{
		"Url": r.URL, "Method": r.Method, "Query": query, "Headers": r.Header,
		"Params": params, "Identities": []any{identity(r.Admin)},
	}
	if len(r.Body) > 0 {
		if binaryBody(r.Header.Get("Content-Type")) {
			request["Body"] = base64.StdEncoding.EncodeToString(r.Body)
		} else {
			request["Body"] = bodyText(r.Body)
		}
	}
	headers := map[string]string{}
	for name, values := range r.Header {
		headers[name] = strings.Join(values, ",")
	}
	return Invocation{
		Data:     Fields{{r.Binding, Object{request}}},
		Metadata: Fields{{"Query", Object{query}}, {"Headers", Object{headers}}, {"sys", Object{sys}}},
	}
}

func binaryBody(contentType string) bool {
	media, _, _ := mime.ParseMediaType(contentType)
	return media == "application/octet-stream" || strings.HasPrefix(media, "multipart/")
}

// identity is a ClaimsIdentity: anonymous, or that of the master key.
func identity(admin bool) map[string]any {
	id := map[string]any{
		"AuthenticationType": nil, "IsAuthenticated": false, "Actor": nil, "BootstrapContext": nil,
		"Claims": []any{}, "Label": nil, "Name": nil,
		"NameClaimType": "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name",
		"RoleClaimType": "http://schemas.microsoft.com/ws/2008/06/identity/claims/role",
	}
	if admin {
		id["AuthenticationType"], id["IsAuthenticated"] = "WebJobsAuthLevel", true
	}
	return id
}

// Response is the HTTP answer that a default-mode result asks for.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// HTTP reads the http output binding. Without a value the answer is an empty
// 200. The value must be an object, except for the binding "$return".
func (r Result) HTTP(binding string) (Response, error) {
	raw := r.Output(binding)
	answer := Response{Status: http.StatusOK, Header: http.Header{}}
	if len(raw) == 0 || string(raw) == "null" {
		return answer, nil
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil {
		if binding == "$return" {
			return answer, answer.setBody(raw)
		}
		return Response{}, fmt.Errorf("read output %s: it must be an object with statusCode, headers and body: %w", binding, err)
	}
	for name, value := range fields {
		var err error
		switch strings.ToLower(name) {
		case "statuscode", "status":
			err = answer.setStatus(value)
		case "headers":
			err = answer.setHeaders(value)
		case "body":
			err = answer.setBody(value)
		}
		if err != nil {
			return Response{}, fmt.Errorf("read output %s: %w", binding, err)
		}
	}
	return answer, nil
}

func (a *Response) setStatus(value json.RawMessage) error {
	status, err := strconv.Atoi(strings.Trim(string(value), `"`))
	if err != nil || status < 100 || status > 999 {
		return fmt.Errorf("the status %s is not a number", value)
	}
	a.Status = status
	return nil
}

func (a *Response) setHeaders(value json.RawMessage) error {
	var headers map[string]any
	if err := json.Unmarshal(value, &headers); err != nil {
		return fmt.Errorf("the headers are not an object: %w", err)
	}
	for name, v := range headers {
		a.Header.Set(name, fmt.Sprint(v))
	}
	return nil
}

// setBody writes a JSON string as its text and any other value as JSON.
func (a *Response) setBody(value json.RawMessage) error {
	var plain string
	contentType := "application/json; charset=utf-8"
	a.Body = value
	if json.Unmarshal(value, &plain) == nil {
		a.Body, contentType = []byte(plain), "text/plain; charset=utf-8"
	}
	if string(value) == "null" {
		a.Body = nil
		return nil
	}
	if a.Header.Get("Content-Type") == "" {
		a.Header.Set("Content-Type", contentType)
	}
	return nil
}
