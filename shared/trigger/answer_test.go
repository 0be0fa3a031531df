package trigger

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"castad/shared/fault"
	"castad/shared/identity"
)

type song struct {
	Reply
	Title string `json:"title"`
	Link  string `json:"link,omitempty"`
}

func TestWhatIsAnswered(t *testing.T) {
	t.Parallel()
	answer := func(out any) *bench {
		fn := func(context.Context, struct{}) (any, error) { return out, nil }
		return set(t, nil, Public("song-show", httpJSON("v1/songs", "get", "head"), quick, fn))
	}
	type nested struct{ song }
	for name, row := range map[string]struct {
		out    any
		status int
		body   string
		header map[string]string
	}{
		"a struct":                        {struct{ A int }{1}, 200, "{\"A\":1}\n", map[string]string{"Content-Type": "application/json", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Content-Length": "8"}},
		"an ampersand stays one":          {song{Link: "https://a.example/?a=1&b=<2>"}, 200, "{\"title\":\"\",\"link\":\"https://a.example/?a=1&b=<2>\"}\n", nil},
		"a status and a header":           {song{Reply: Reply{Status: 201, Header: http.Header{"location": {"/api/v1/songs/1"}, "Cache-Control": {"private"}}}, Title: "x"}, 201, "{\"title\":\"x\"}\n", map[string]string{"Location": "/api/v1/songs/1", "Cache-Control": "private"}},
		"where it is":                     {song{Reply: Reply{}.MadeAt(true, "songs/1"), Title: "x"}, 201, "{\"title\":\"x\"}\n", map[string]string{"Location": "/api/v1/songs/1"}},
		"where it was":                    {song{Reply: Reply{}.MadeAt(false, "songs/1"), Title: "x"}, 200, "{\"title\":\"x\"}\n", map[string]string{"Location": ""}},
		"a cookie":                        {song{Reply: Reply{Cookies: []*http.Cookie{{Name: "state", Value: "s", HttpOnly: true}}}}, 200, "{\"title\":\"\"}\n", map[string]string{"Set-Cookie": "state=s; HttpOnly"}},
		"a pointer":                       {&song{Reply: Reply{Status: 202}, Title: "p"}, 202, "{\"title\":\"p\"}\n", nil},
		"one inside another":              {nested{song{Reply: Reply{Status: 201}, Title: "n"}}, 201, "{\"title\":\"n\"}\n", nil},
		"an empty struct":                 {struct{}{}, 204, "", map[string]string{"Content-Length": "", "Content-Type": ""}},
		"nothing but a reply":             {Reply{Header: http.Header{"X-A": {"b"}}}, 204, "", map[string]string{"X-A": "b"}},
		"a reply that is accepted":        {Reply{Status: 202}, 202, "", nil},
		"a redirect":                      {Redirect{Location: "https://kauth.kakao.com/oauth?x=1&y=2"}, 303, "", map[string]string{"Location": "https://kauth.kakao.com/oauth?x=1&y=2", "Cache-Control": "no-store"}},
		"a redirect of another kind":      {&Redirect{Reply: Reply{Status: 307, Cookies: []*http.Cookie{{Name: "a", Value: "b"}}}, Location: "/done"}, 307, "", map[string]string{"Location": "/done", "Set-Cookie": "a=b"}},
		"a redirect on this machine":      {Redirect{Location: "http://127.0.0.1:3000/x"}, 303, "", nil},
		"a redirect to plain http":        {Redirect{Location: "http://evil.example/"}, 500, "", map[string]string{"Location": ""}},
		"a redirect to another site":      {Redirect{Location: "//evil.example/"}, 500, "", map[string]string{"Location": ""}},
		"a redirect by backslash":         {Redirect{Location: `/\evil.example`}, 500, "", map[string]string{"Location": ""}},
		"a redirect into a script":        {Redirect{Location: "javascript:alert(1)"}, 500, "", map[string]string{"Location": ""}},
		"a redirect with a user":          {Redirect{Location: "https://castad@evil.example"}, 500, "", map[string]string{"Location": ""}},
		"a redirect with a line break":    {Redirect{Location: "/a\r\nX: y"}, 500, "", map[string]string{"Location": ""}},
		"a redirect to a Korean path":     {Redirect{Location: "https://app.example/가게?q=%EB%A9%B4&곳=1#끝"}, 303, "", map[string]string{"Location": "https://app.example/%EA%B0%80%EA%B2%8C?q=%EB%A9%B4&%EA%B3%B3=1#%EB%81%9D"}},
		"a redirect to nowhere":           {Redirect{}, 500, "", nil},
		"a redirect that tells a failure": {Redirect{Location: "https://app.example/?error=x", Failed: fault.New(fault.CodeUnavailable)}, 303, "", map[string]string{"Location": "https://app.example/?error=x", "Content-Type": ""}},
		"a redirect instead of JSON":      {song{Reply: Instead(Redirect{Location: "https://app.example/?connected=x"}), Title: "not shown"}, 303, "", map[string]string{"Location": "https://app.example/?connected=x", "Content-Type": ""}},
		"one that leads elsewhere":        {song{Reply: Instead(Redirect{Location: "//evil.example"})}, 500, "", map[string]string{"Location": ""}},
		"a redirect with status 200":      {Redirect{Reply: Reply{Status: 200}, Location: "/a"}, 500, "", nil},
		"a reply with a failure status":   {song{Reply: Reply{Status: 404}}, 500, "", nil},
		"no pointer":                      {(*song)(nil), 500, "", nil},
		"nothing at all":                  {nil, 500, "", nil},
		"what JSON cannot say":            {map[string]any{"f": func() {}}, 500, "", map[string]string{"Content-Type": "application/problem+json"}},
		"a file of no type":               {File{Content: content("x")}, 500, "", nil},
		"a file without content":          {File{Type: "text/plain"}, 500, "", nil},
	} {
		b := answer(row.out)
		w := b.ask("GET", "/api/v1/songs", "")
		if w.Code != row.status || row.status < 500 && w.Body.String() != row.body {
			t.Errorf("%s: status %d, %q; want %d, %q", name, w.Code, w.Body, row.status, row.body)
		}
		for header, want := range row.header {
			if got := w.Header().Get(header); got != want {
				t.Errorf("%s: %s is %q, want %q", name, header, got, want)
			}
		}
		if w.Code == 500 {
			problemOf(t, w)
		}
		if got := b.lines(t)[0]["status"]; got != float64(row.status) {
			t.Errorf("%s: logged status %v", name, got)
		}
	}
}

func TestAFailureThatARedirectTellsCountsAsTheFailure(t *testing.T) {
	t.Parallel()
	for level, err := range map[string]error{"INFO": fault.New(fault.CodeLoginRefused), "WARN": fault.New(fault.CodeUnavailable), "ERROR": errors.New("our own fault")} {
		b := set(t, nil, Public("auth-callback", httpJSON("v1/songs", "get"), quick, func(context.Context, struct{}) (Redirect, error) {
			return Redirect{Location: "/?login_error=x", Failed: err}, nil
		}))
		if w := b.ask("GET", "/api/v1/songs", ""); w.Code != 303 || w.Header().Get("Location") != "/?login_error=x" || w.Body.Len() != 0 {
			t.Errorf("%v: %d %v %s", err, w.Code, w.Header(), w.Body)
		}
		if line := b.lines(t)[0]; line["code"] != string(fault.Known(err)) || line["level"] != level || line["status"] != float64(303) || line["err"] != err.Error() {
			t.Errorf("%v: %v", err, line)
		}
	}
}

func TestAnETagSparesTheBody(t *testing.T) {
	t.Parallel()
	b := set(t, nil, Public("song-show", httpJSON("v1/songs", "get", "post"), quick, func(context.Context, struct{}) (song, error) {
		return song{Reply: Reply{Header: http.Header{"Etag": {`"v7"`}}}, Title: "x"}, nil
	}))
	for match, want := range map[string]int{`"v7"`: 304, `W/"v7"`: 304, `"v6", "v7"`: 304, `*`: 304, `"v6"`: 200, ``: 200} {
		w := b.ask("GET", "/api/v1/songs", "", "If-None-Match", match)
		if w.Code != want || (w.Code == 304) != (w.Body.Len() == 0) || w.Header().Get("Etag") != `"v7"` {
			t.Errorf("If-None-Match %s: status %d, %v, %q", match, w.Code, w.Header(), w.Body)
		}
	}
	if w := b.ask("POST", "/api/v1/songs", "", "If-None-Match", `"v7"`); w.Code != 200 {
		t.Errorf("POST: status %d", w.Code)
	}
}

// clip is a file in memory that notes its closing and can break.
type clip struct {
	io.ReadSeeker
	breaks error
	closed *bool
}

func content(s string) *clip { return &clip{ReadSeeker: strings.NewReader(s), closed: new(bool)} }

func (c *clip) Close() error { *c.closed = true; return nil }

func (c *clip) Read(p []byte) (int, error) {
	if c.breaks != nil {
		return 0, c.breaks
	}
	return c.ReadSeeker.Read(p)
}

func TestAFileIsStreamed(t *testing.T) {
	t.Parallel()
	var made *clip
	b := set(t, nil, Public("video-file", httpJSON("v1/files/{id}", "get", "head"), quick, func(_ context.Context, in struct {
		ID string `path:"id"`
	}) (File, error) {
		made = content("0123456789")
		if in.ID == "broken" {
			made.breaks = errors.New("blob: canary")
		}
		name := ""
		if in.ID == "named" {
			name = "칼국수 \"광고\".mp4"
		}
		return File{Content: made, Type: "video/mp4", ETag: `"e1"`, Name: name, Modified: time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)}, nil
	}))
	for name, row := range map[string]struct {
		method, id string
		header     []string
		status     int
		body       string
		want       map[string]string
	}{
		"the whole": {"GET", "a", nil, 200, "0123456789", map[string]string{"Content-Type": "video/mp4", "Content-Length": "10", "Accept-Ranges": "bytes", "Etag": `"e1"`,
			"X-Content-Type-Options": "nosniff", "Content-Disposition": "inline", "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox", "Cache-Control": "private, no-cache"}},
		"a part":                    {"GET", "a", []string{"Range", "bytes=2-4"}, 206, "234", map[string]string{"Content-Range": "bytes 2-4/10"}},
		"the end":                   {"GET", "a", []string{"Range", "bytes=-3"}, 206, "789", nil},
		"more than there is":        {"GET", "a", []string{"Range", "bytes=8-99"}, 206, "89", map[string]string{"Content-Range": "bytes 8-9/10"}},
		"a longer end than it has":  {"GET", "a", []string{"Range", "bytes=-99"}, 206, "0123456789", map[string]string{"Content-Range": "bytes 0-9/10"}},
		"several parts":             {"GET", "a", []string{"Range", "bytes=0-0,2-2"}, 200, "0123456789", map[string]string{"Content-Type": "video/mp4", "Content-Range": ""}},
		"several headers":           {"GET", "a", []string{"Range", "bytes=0-0", "Range", "bytes=2-2"}, 200, "0123456789", nil},
		"a part in no known unit":   {"GET", "a", []string{"Range", "seconds=1-2"}, 200, "0123456789", nil},
		"a part in capitals":        {"GET", "a", []string{"Range", "Bytes=1-2"}, 206, "12", nil},
		"from its end back":         {"GET", "a", []string{"Range", "bytes=5-2"}, 200, "0123456789", nil},
		"no part":                   {"GET", "a", []string{"Range", "bytes=-"}, 200, "0123456789", nil},
		"a part of no number":       {"GET", "a", []string{"Range", "bytes=a-b"}, 200, "0123456789", nil},
		"an end of nothing":         {"GET", "a", []string{"Range", "bytes=-0"}, 416, "", map[string]string{"Content-Range": "bytes */10"}},
		"an end beyond numbers":     {"GET", "a", []string{"Range", "bytes=-99999999999999999999"}, 206, "0123456789", nil},
		"beyond numbers":            {"GET", "a", []string{"Range", "bytes=99999999999999999999-"}, 416, "", map[string]string{"Content-Range": "bytes */10"}},
		"to beyond numbers":         {"GET", "a", []string{"Range", "bytes=8-99999999999999999999"}, 206, "89", nil},
		"the head of a part":        {"HEAD", "a", []string{"Range", "bytes=2-4"}, 200, "", map[string]string{"Content-Length": "10", "Content-Range": ""}},
		"a part of this version":    {"GET", "a", []string{"Range", "bytes=2-4", "If-Range", `"e1"`}, 206, "234", nil},
		"its head":                  {"HEAD", "a", nil, 200, "", map[string]string{"Content-Length": "10"}},
		"what is known":             {"GET", "a", []string{"If-None-Match", `"e1"`}, 304, "", nil},
		"a part of another version": {"GET", "a", []string{"Range", "bytes=2-4", "If-Range", `"e0"`}, 200, "0123456789", nil},
		"a download":                {"GET", "named", nil, 200, "0123456789", map[string]string{"Content-Disposition": "attachment; filename*=utf-8''%EC%B9%BC%EA%B5%AD%EC%88%98%20%22%EA%B4%91%EA%B3%A0%22.mp4"}},
		"a part that is not there":  {"GET", "a", []string{"Range", "bytes=20-"}, 416, "", map[string]string{"Content-Range": "bytes */10", "Content-Disposition": ""}},
		"another version demanded":  {"GET", "a", []string{"If-Match", `"e0"`}, 412, "", map[string]string{"Etag": ""}},
	} {
		w := b.ask(row.method, "/api/v1/files/"+row.id, "", row.header...)
		if w.Code != row.status || row.status < 400 && w.Body.String() != row.body {
			t.Errorf("%s: status %d, %q", name, w.Code, w.Body)
		}
		for header, want := range row.want {
			if got := w.Header().Get(header); got != want {
				t.Errorf("%s: %s is %q, want %q", name, header, got, want)
			}
		}
		if row.status >= 400 {
			problemOf(t, w)
		}
		if !*made.closed {
			t.Errorf("%s: the content is left open", name)
		}
	}

	func() {
		defer func() {
			if p := recover(); p != http.ErrAbortHandler {
				t.Errorf("half a file ended with %v; the connection must be cut", p)
			}
		}()
		b.ask("GET", "/api/v1/files/broken", "")
	}()
	lines := b.lines(t)
	if last := lines[len(lines)-1]; last["level"] != "ERROR" || last["err"] != "blob: canary" || !*made.closed {
		t.Errorf("logged %v, closed %v", last, *made.closed)
	}
}

func TestEveryFailureIsAProblem(t *testing.T) {
	t.Parallel()
	m := map[string]any{"canary": "canary"}
	for name, row := range map[string]struct {
		fn     func(context.Context) error
		status int
		code   fault.Code
		retry  string
		level  string
	}{
		"a plain error":               {func(context.Context) error { return errors.New("canary") }, 500, fault.CodeInternal, "", "ERROR"},
		"a panic":                     {func(context.Context) error { panic("canary") }, 500, fault.CodeInternal, "", "ERROR"},
		"a wrong type":                {func(context.Context) error { return m["canary"].(error) }, 500, fault.CodeInternal, "", "ERROR"},
		"not found":                   {func(context.Context) error { return fault.Newf(fault.CodeNotFound, "canary") }, 404, fault.CodeNotFound, "", "INFO"},
		"a conflict":                  {func(context.Context) error { return fault.New(fault.CodeAdEnded) }, 409, fault.CodeAdEnded, "", "INFO"},
		"refused":                     {func(context.Context) error { return fault.New(fault.CodeClaim) }, 422, fault.CodeClaim, "", "INFO"},
		"a vendor's own error":        {func(context.Context) error { return vendorError{} }, 429, fault.CodeTooMany, "8", "INFO"},
		"down":                        {func(context.Context) error { return fault.New(fault.CodeUnavailable) }, 503, fault.CodeUnavailable, "2", "WARN"},
		"busy":                        {func(context.Context) error { return fault.New(fault.CodeBusy).After(time.Second) }, 503, fault.CodeBusy, "1", "WARN"},
		"the end of its time":         {func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, 504, fault.CodeTimeout, "", "WARN"},
		"the end of its time, inside": {func(ctx context.Context) error { <-ctx.Done(); return errors.Join(errors.New("canary"), ctx.Err()) }, 504, fault.CodeTimeout, "", "WARN"},
		"an unknown outcome":          {func(context.Context) error { return fault.New(fault.CodeUnknown) }, 500, fault.CodeUnknown, "", "ERROR"},
	} {
		b := set(t, nil, HTTP("ad-list", httpJSON("v1/ads", "get"), Budget{Time: 20 * time.Millisecond}, func(ctx context.Context, _ identity.Principal, _ struct{}) (struct{}, error) {
			return struct{}{}, row.fn(ctx)
		}))
		w := b.as("GET", "/api/v1/ads", "")
		text := w.Body.String()
		p := problemOf(t, w)
		if w.Code != row.status || p.Code != string(row.code) || w.Header().Get("Retry-After") != row.retry {
			t.Errorf("%s: status %d, %s, Retry-After %q", name, w.Code, p.Code, w.Header().Get("Retry-After"))
		}
		if strings.Contains(text, "canary") || strings.Contains(text, "goroutine") {
			t.Errorf("%s: the cause is answered: %s", name, text)
		}
		line := b.lines(t)[0]
		if line["level"] != row.level || line["request_id"] != p.RequestID || line["code"] != p.Code {
			t.Errorf("%s: logged %v", name, line)
		}
		if stack, _ := line["stack"].(string); strings.Contains(name, "a panic") != strings.Contains(stack, "answer_test.go") && name != "a wrong type" {
			t.Errorf("%s: the stack is %q", name, stack)
		}
	}
}

type vendorError struct{}

func (vendorError) Error() string                  { return "suno: 430 canary" }
func (vendorError) FaultKind() fault.Kind          { return fault.TooMany }
func (vendorError) FaultCode() fault.Code          { return "suno.430" }
func (vendorError) FaultRetryAfter() time.Duration { return 7100 * time.Millisecond }

func TestNothingLeftToDoIsNoFailure(t *testing.T) {
	t.Parallel()
	b := set(t, nil, Public("song-callback", httpJSON("v1/callbacks", "post"), quick, func(context.Context, struct{}) (struct{}, error) {
		return struct{}{}, &fault.Error{Kind: fault.Done}
	}))
	if w := b.ask("POST", "/api/v1/callbacks", ""); w.Code != http.StatusNoContent {
		t.Errorf("status %d", w.Code)
	}
}

// Row 14: whatever comes in, the log has none of it.
func TestTheLogHasNoSecrets(t *testing.T) {
	t.Parallel()
	b := set(t, nil,
		HTTP("ad-edit", httpJSON("v1/ads/{id}", "patch"), quick, func(_ context.Context, _ identity.Principal, in struct {
			ID    string `path:"id"`
			Phone string `json:"phone" max:"3"`
		}) (struct{}, error) {
			return struct{}{}, nil
		}),
		Public("media-show", httpJSON("v1/media/{token}", "get"), quick, func(_ context.Context, in struct {
			Token string `path:"token"`
			Code  int    `query:"code"`
		}) (struct{}, error) {
			return struct{}{}, fault.New(fault.CodeNotFound)
		}))
	b.as("PATCH", "/api/v1/ads/canary?canary=1", `{"phone":"canary"}`)
	b.as("PATCH", "/api/v1/ads/canary", `{"canary":"canary"}`)
	b.as("PATCH", "/api/v1/ads/canary", `{canary`)
	b.ask("PATCH", "/api/v1/ads/canary", "", "Authorization", "Bearer canary", "Cookie", "canary", "X-Azure-Functions-InvocationId", "canary")
	b.ask("PATCH", "/api/v1/ads/canary", "", "Authorization", "Bearer "+b.token[:20]+"canary"+b.token[20:])
	b.ask("GET", "/api/v1/media/canary?code=canary", "")
	b.ask("GET", "/api/v1/media/canary?code=1", "Traceparent", "canary")
	log := strings.ReplaceAll(b.logged(), `"field":"canary"`, "") // the name of an unknown field, which its sender is told, too
	if strings.Contains(log, "canary") && !strings.Contains(log, "request.unknown_field (canary)") || strings.Contains(log, b.token[:40]) {
		t.Errorf("the log has a secret:\n%s", log)
	}
	if n := strings.Count(strings.ReplaceAll(log, "request.unknown_field (canary)", ""), "canary"); n > 0 {
		t.Errorf("%d canaries in the log:\n%s", n, log)
	}
	if n := len(b.lines(t)); n != 7 {
		t.Errorf("%d lines for 7 invocations", n)
	}
}
