package trigger

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"castad/shared/fault"
)

// answer writes what the function returned.
func (c *call) answer(out any) {
	switch v := out.(type) {
	case answered:
		c.status = http.StatusOK
	case Redirect:
		c.redirect(v)
	case *Redirect:
		if v == nil {
			c.fail(errNoAnswer)
			return
		}
		c.redirect(*v)
	case File:
		c.file(v)
	case *File:
		if v == nil {
			c.fail(errNoAnswer)
			return
		}
		c.file(*v)
	default:
		c.json(out)
	}
}

// answered is what a stream returns: it has written everything itself.
type answered struct{}

func (c *call) json(out any) {
	var reply Reply
	if v := reflect.ValueOf(out); !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
		c.fail(errNoAnswer)
		return
	}
	if v, ok := out.(interface{ reply() Reply }); ok {
		reply = v.reply()
	}
	if reply.instead != nil {
		c.redirect(*reply.instead)
		return
	}
	if reply.Status != 0 && (reply.Status < 200 || reply.Status > 299) {
		c.fail(fault.Newf(fault.CodeInternal, "an output with status %d: failures are errors, redirects are Redirect", reply.Status))
		return
	}
	if blank(reflect.TypeOf(out)) || reply.Status == http.StatusNoContent {
		c.writeHead(reply, http.StatusNoContent, noStore)
		return
	}
	body := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(body)
	body.Reset()
	enc := json.NewEncoder(body)
	enc.SetEscapeHTML(false) // & stays & in a link; nosniff keeps browsers from reading JSON as HTML
	if err := enc.Encode(out); err != nil {
		c.fail(fault.Newf(fault.CodeInternal, "encode %T: %w", out, err))
		return
	}
	if c.matches(reply.Header.Get("Etag")) {
		reply.Status = 0
		c.writeHead(reply, http.StatusNotModified, noStore)
		return
	}
	header := c.w.Header()
	header["Content-Type"] = typeJSON
	header["Content-Length"] = []string{strconv.Itoa(body.Len())}
	c.writeHead(reply, http.StatusOK, noStore)
	_, _ = c.w.Write(body.Bytes()) // a client that is gone is its own loss
}

// blank says whether a type has nothing to write: no field that encoding/json would show.
func blank(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return false
	}
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Tag.Get("json") == "-" || !f.IsExported() && !f.Anonymous {
			continue
		}
		if !f.Anonymous || !blank(f.Type) {
			return false
		}
	}
	return true
}

// writeHead writes the header that reply asks for. cache is the Cache-Control when reply has none.
func (c *call) writeHead(reply Reply, status int, cache []string) {
	header := c.w.Header()
	surround(header, c.id)
	header["Cache-Control"] = cache
	for name, values := range reply.Header {
		header[http.CanonicalHeaderKey(name)] = values
	}
	if version, _, _ := strings.Cut(c.f.Route(), "/"); reply.made != "" {
		header["Location"] = []string{"/" + c.host.o.Prefix + "/" + version + "/" + reply.made}
	}
	for _, cookie := range reply.Cookies {
		http.SetCookie(c.w, cookie)
	}
	if reply.Status != 0 {
		status = reply.Status
	}
	c.status = status
	c.extendWrite()
	c.opened = true
	c.w.WriteHeader(status)
}

// matches says whether the client already has what etag names.
func (c *call) matches(etag string) bool {
	if etag == "" || c.r.Method != http.MethodGet && c.r.Method != http.MethodHead {
		return false
	}
	for _, line := range c.r.Header["If-None-Match"] {
		for tag := range strings.SplitSeq(line, ",") {
			if tag = strings.TrimSpace(tag); tag == "*" || strings.TrimPrefix(tag, "W/") == strings.TrimPrefix(etag, "W/") {
				return true
			}
		}
	}
	return false
}

func (c *call) redirect(to Redirect) {
	if !validLocation(to.Location) {
		c.fail(fault.Newf(fault.CodeInternal, "a redirect that leads nowhere safe"))
		return
	}
	status := to.Status
	if status == 0 {
		status = http.StatusSeeOther
	}
	if status < 300 || status > 399 {
		c.fail(fault.Newf(fault.CodeInternal, "a redirect with status %d", status))
		return
	}
	to.Status = 0
	if to.Failed != nil {
		c.failed(to.Failed)
	}
	c.w.Header()["Location"] = []string{escaped(to.Location)}
	c.writeHead(to.Reply, status, noStore)
}

// escaped is an address in ASCII, as a URI is (RFC 3986): the host's own server refuses
// to write a header with anything else, and browsers differ in what they make of it.
func escaped(address string) string {
	b := make([]byte, 0, len(address))
	for i := range len(address) {
		if address[i] < utf8.RuneSelf {
			b = append(b, address[i])
			continue
		}
		b = fmt.Appendf(b, "%%%02X", address[i])
	}
	return string(b)
}

func validLocation(s string) bool {
	u, err := url.Parse(s)
	if err != nil || !clean(s) || strings.Contains(s, `\`) || u.User != nil {
		return false
	}
	switch u.Scheme {
	case "https":
		return u.Host != ""
	case "http":
		ip := net.ParseIP(u.Hostname())
		return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
	case "":
		return u.Host == "" && strings.HasPrefix(s, "/") && !strings.HasPrefix(s, "//")
	}
	return false
}

// file streams content. The time budget covers the streaming, too, because
// the content is usually read under the invocation's context.
func (c *call) file(f File) {
	if f.Content == nil {
		c.fail(errNoAnswer)
		return
	}
	content := &fileReader{from: f.Content}
	defer func() { _ = f.Content.Close() }() // it was only read
	disposition := "inline"
	if f.Name != "" {
		disposition = mime.FormatMediaType("attachment", map[string]string{"filename": f.Name})
	}
	if f.Type == "" || disposition == "" {
		c.fail(fault.Newf(fault.CodeInternal, "a file without a type or with an impossible name"))
		return
	}
	_, err := f.Content.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = f.Content.Seek(0, io.SeekStart)
	}
	if err != nil {
		c.fail(err)
		return
	}
	header := c.w.Header()
	surround(header, c.id)
	header.Set("Content-Type", f.Type)
	header.Set("Cache-Control", "private, no-cache")
	header.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox") // nothing that a stranger uploaded runs
	header.Set("Content-Disposition", disposition)
	for name, values := range f.Header {
		header[http.CanonicalHeaderKey(name)] = values
	}
	if f.ETag != "" {
		header.Set("Etag", f.ETag)
	}
	for _, cookie := range f.Cookies {
		http.SetCookie(c.w, cookie)
	}
	out := &fileWriter{ResponseWriter: c.w, call: c}
	http.ServeContent(out, ranged(c.r), "", f.Modified, content)
	switch {
	case out.refused != 0:
		c.refuse(out.refused)
	case content.err != nil:
		c.failed(content.err)
		panic(http.ErrAbortHandler) // half a file must not look like a whole one
	}
}

// fileHeaders describe the file, which a refusal is not.
var fileHeaders = []string{"Accept-Ranges", "Cache-Control", "Content-Disposition", "Content-Length", "Content-Range", "Content-Type", "Etag", "Last-Modified", "Set-Cookie"}

// refuse answers what ServeContent refuses (a range outside the file, a failed
// If-Match) as a problem instead of its plain text.
func (c *call) refuse(status int) {
	header := c.w.Header()
	contentRange := header.Get("Content-Range")
	for _, name := range fileHeaders {
		delete(header, name)
	}
	c.host.secure(header)
	err := fault.Newf(fault.CodeStale, "the file is another one by now").In("If-Match")
	if status == http.StatusRequestedRangeNotSatisfiable {
		err = fault.Newf(fault.CodeBadValue, "outside the file").In("Range")
		header.Set("Content-Range", contentRange)
	}
	c.failed(err)
	c.status = status
	writeProblem(c.w, err, status, c.id)
}

// fileWriter notes the status, swallows refusals, and gives the client 30 s for each piece.
type fileWriter struct {
	http.ResponseWriter
	call    *call
	refused int
}

func (w *fileWriter) WriteHeader(status int) {
	if status >= 400 {
		w.refused = status
		return
	}
	w.call.status, w.call.opened = status, true
	w.ResponseWriter.WriteHeader(status)
}

func (w *fileWriter) Write(p []byte) (int, error) {
	if w.refused != 0 {
		return len(p), nil
	}
	w.call.extendWrite()
	return w.ResponseWriter.Write(p)
}

// fileReader remembers that the content could not be read to its end.
type fileReader struct {
	from io.ReadSeeker
	err  error
}

func (r *fileReader) Seek(offset int64, whence int) (int64, error) {
	return r.from.Seek(offset, whence)
}

func (r *fileReader) Read(p []byte) (int, error) {
	n, err := r.from.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = err
	}
	return n, err
}
