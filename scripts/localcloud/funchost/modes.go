package funchost

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"castad/scripts/localcloud/funchost/envelope"
)

// serveDefault is the mode without forwarding or proxying: the request becomes
// JSON, POSTed to /<FunctionName>, and Outputs.<http binding> the response.
func serveDefault(v *invocation, w http.ResponseWriter, r *http.Request, params map[string]string) error {
	body, err := wholeBody(w, r)
	if err != nil {
		return err
	}
	header := r.Header.Clone()
	header.Set("Host", r.Host)
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	request := envelope.Request{
		Binding: v.function.Binding, URL: scheme + "://" + r.Host + r.URL.RequestURI(), Method: r.Method,
		Query: r.URL.Query(), Header: header, Params: params, Body: body, Admin: v.job.host.isMaster(r),
	}
	result, err := v.call(request.Encode(newSys(v.function)))
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return err
	}
	answer, err := result.HTTP(v.function.Output)
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return err
	}
	for name, values := range answer.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.Status)
	_, _ = w.Write(answer.Body) // a client that left does not fail the invocation
	return nil
}

// wholeBody reads what the host reads: nothing when Content-Length is missing
// (chunked uploads are lost) or 0. After an error the client has its answer.
func wholeBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.ContentLength <= 0 {
		return nil, nil
	}
	body, err := io.ReadAll(r.Body)
	if err == nil {
		return body, nil
	}
	var large *http.MaxBytesError
	status := http.StatusInternalServerError
	if errors.As(err, &large) {
		status = http.StatusRequestEntityTooLarge
	}
	w.WriteHeader(status)
	return nil, fmt.Errorf("read request body: %w", err)
}

// lostHeaders are the content headers that .NET's request headers do not take;
// forwarding loses them.
var lostHeaders = []string{"Content-Encoding", "Content-Disposition", "Content-Language", "Content-Location",
	"Content-MD5", "Content-Range", "Allow", "Expires", "Last-Modified"}

// serveForward rebuilds the request, sends a buffered copy to the original path
// and answers with the buffered response. It reproduces what gets lost: chunked
// bodies, content headers, repeated query keys, streaming, the client's leaving.
func serveForward(v *invocation, w http.ResponseWriter, r *http.Request, _ map[string]string) error {
	body, err := wholeBody(w, r)
	if err != nil {
		return err
	}
	target := v.job.worker.base() + (&url.URL{Path: r.URL.Path}).EscapedPath()
	if query := rebuildQuery(r.URL.RawQuery); query != "" {
		target += "?" + query
	}
	request, err := http.NewRequestWithContext(v.ctx, r.Method, target, bytes.NewReader(body))
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return fmt.Errorf("make request: %w", err)
	}
	request.Header = r.Header.Clone()
	for _, name := range append([]string{"Transfer-Encoding", "Connection", "Keep-Alive", "Upgrade"}, lostHeaders...) {
		request.Header.Del(name)
	}
	request.Host = r.Host
	request.Header.Set("X-Azure-Functions-InvocationId", v.id)
	request.Header.Set("X-Azure-Functions-HostVersion", version)
	request.Header.Set("User-Agent", strings.TrimSpace(r.UserAgent()+" Azure-Functions-Host/"+version))
	response, err := v.job.client.Do(request)
	if err == nil {
		defer response.Body.Close()
		body, err = io.ReadAll(response.Body)
	}
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return v.cause(fmt.Errorf("forward: %w", err))
	}
	for name, values := range response.Header {
		if name != "Connection" && name != "Transfer-Encoding" {
			w.Header()[name] = values
		}
	}
	w.WriteHeader(response.StatusCode)
	_, _ = w.Write(body) // a client that left does not fail the invocation
	return nil
}

// rebuildQuery is what is left of a query after parsing and writing it again:
// values of a repeated key are joined with commas, escapes are normalised.
func rebuildQuery(raw string) string {
	var names []string
	values := map[string]string{}
	for pair := range strings.SplitSeq(raw, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		name, value = unquote(name), unquote(value)
		folded := strings.ToLower(name)
		if old, again := values[folded]; again {
			values[folded] = old + "," + value
			continue
		}
		names = append(names, name)
		values[folded] = value
	}
	for i, name := range names {
		names[i] = url.QueryEscape(name) + "=" + url.QueryEscape(values[strings.ToLower(name)])
	}
	return strings.Join(names, "&")
}

func unquote(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return text
}
