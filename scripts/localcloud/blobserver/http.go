package blobserver

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// target is what a URL names: the account, a container, or a blob in it.
type target struct{ container, blob string }

// call is one authenticated request.
type call struct {
	s *Server
	w http.ResponseWriter
	r *http.Request
	q url.Values
	t target
	g grant
	c *container // nil for operations on the account and for container creation
}

// operation is one row of the protocol.
type operation struct {
	run func(*call) error
	// sas are the SAS permissions of which one suffices; "" is the account key only.
	sas string
	// any says that the container need not exist.
	any bool
}

// operations by method, level, restype and comp. Container level is "c", blob level "b".
var operations = map[string]operation{
	"PUT c container ":     {run: createContainer, any: true},
	"GET c container ":     {run: showContainer},
	"HEAD c container ":    {run: showContainer},
	"DELETE c container ":  {run: deleteContainer},
	"GET c container list": {run: listBlobs, sas: "l"},
	"PUT b  ":              {run: putBlob, sas: "cw"},
	"PUT b  block":         {run: putBlock, sas: "cw"},
	"PUT b  blocklist":     {run: putBlockList, sas: "cw"},
	"GET b  blocklist":     {run: showBlockList, sas: "r"},
	"GET b  ":              {run: getBlob, sas: "r"},
	"HEAD b  ":             {run: headBlob, sas: "r"},
	"GET b  metadata":      {run: headBlob, sas: "r"},
	"HEAD b  metadata":     {run: headBlob, sas: "r"},
	"PUT b  metadata":      {run: setMetadata, sas: "w"},
	"PUT b  properties":    {run: setProperties, sas: "w"},
	"DELETE b  ":           {run: deleteBlob, sas: "d"},
}

// refusedHeaders change what a request means in ways that are not here.
var refusedHeaders = []string{"x-ms-copy-source", "x-ms-lease-id", "x-ms-tags", "x-ms-if-tags", "x-ms-access-tier", "x-ms-encryption-key",
	"x-ms-encryption-scope", "x-ms-immutability-policy-until-date", "x-ms-legal-hold", "x-ms-expiry-option", "x-ms-structured-body",
	"x-ms-default-encryption-scope"}

// refusedParams likewise.
var refusedParams = []string{"snapshot", "versionid", "delimiter", "startfrom", "endbefore"}

// ServeHTTP answers one request of the protocol.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Server", "castad-blobserver")
	h.Set("x-ms-request-id", strings.ToLower(rand.Text()))
	if v := r.Header.Get("x-ms-version"); v != "" {
		h.Set("x-ms-version", v)
	}
	if v := r.Header.Get("x-ms-client-request-id"); v != "" && len(v) <= 1024 {
		h.Set("x-ms-client-request-id", v)
	}
	if err := s.serve(w, r); err != nil {
		fail(w, r, err)
	}
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) error {
	t, err := s.parse(r)
	if err != nil {
		return err
	}
	g, err := s.authenticate(r, t)
	if err != nil {
		return err
	}
	c := &call{s: s, w: w, r: r, q: r.URL.Query(), t: t, g: g}
	level := "b"
	switch {
	case t.container == "":
		return notImplemented("An operation on the account")
	case t.blob == "":
		level = "c"
	}
	op, ok := operations[r.Method+" "+level+" "+c.q.Get("restype")+" "+c.q.Get("comp")]
	if !ok {
		return notImplemented(r.Method + " with restype=" + c.q.Get("restype") + " and comp=" + c.q.Get("comp"))
	}
	for _, name := range refusedHeaders {
		if r.Header.Get(name) != "" {
			return notImplemented("Header " + name)
		}
	}
	for _, name := range refusedParams {
		if c.q.Get(name) != "" {
			return notImplemented("Parameter " + name)
		}
	}
	if !g.allows(op.sas) || (level == "c" && !g.owner && !g.container) {
		return errPermission
	}
	if !op.any {
		if c.c, err = s.disk.container(t.container); err != nil {
			return err
		}
	}
	return op.run(c)
}

// parse splits the URL in path style (/account/container/blob) or, for a host
// account.blob.anything, host style (/container/blob).
func (s *Server) parse(r *http.Request) (target, error) {
	path := strings.TrimPrefix(r.URL.Path, "/")
	if !strings.HasPrefix(r.Host, s.account+".blob.") {
		account, rest, _ := strings.Cut(path, "/")
		if account != s.account {
			return target{}, errInvalidURI
		}
		path = rest
	}
	var t target
	t.container, t.blob, _ = strings.Cut(path, "/")
	if t.container != "" && !containerName.MatchString(t.container) {
		return target{}, errInvalidResource
	}
	if !validBlobName(t.blob) {
		return target{}, errInvalidResource
	}
	return t, nil
}

// containerName is the service's rule: 3 to 63 of a-z, 0-9 and single hyphens.
var containerName = regexp.MustCompile(`^[a-z0-9](-?[a-z0-9]){2,62}$`)

// validBlobName accepts up to 1,024 characters that can stand in a URL path
// and in XML, without dot segments, which clients and proxies rewrite.
func validBlobName(name string) bool {
	if !utf8.ValidString(name) || utf8.RuneCountInString(name) > 1024 {
		return false
	}
	for seg := range strings.SplitSeq(name, "/") {
		if seg == "." || seg == ".." {
			return false
		}
	}
	return !strings.ContainsFunc(name, func(r rune) bool {
		return unicode.IsControl(r) || r == '\\' || r == 0xFFFE || r == 0xFFFF
	})
}
