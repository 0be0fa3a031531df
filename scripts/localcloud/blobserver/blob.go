package blobserver

import (
	"encoding/base64"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// maxMetadata is the service's limit on names and values together, in bytes.
const maxMetadata = 8 << 10

func getBlob(c *call) error { return c.send(true) }

func headBlob(c *call) error { return c.send(false) }

// send answers a read: headers, and the body or the range of it.
func (c *call) send(body bool) error {
	r, done, err := c.s.disk.open(c.c, c.t.blob)
	if err != nil {
		return err
	}
	defer done()
	if err := precondition(c.r, r, false); err != nil {
		c.entity(r.ETag, r.Modified)
		return err
	}
	size := r.size()
	from, to, ranged, err := rangeOf(c.r.Header, size)
	if !body {
		from, to, ranged, err = 0, size, false, nil
	}
	h := c.w.Header()
	if err != nil {
		h.Set("Content-Range", "bytes */"+strconv.FormatInt(size, 10))
		return err
	}
	if c.r.Header.Get("x-ms-range-get-content-md5") != "" || c.r.Header.Get("x-ms-range-get-content-crc64") != "" {
		return notImplemented("A checksum of a range")
	}
	c.entity(r.ETag, r.Modified)
	setBlobHeaders(h, r, ranged)
	if !c.g.owner {
		override(h, c.q)
	}
	h.Set("Content-Length", strconv.FormatInt(to-from, 10))
	if ranged {
		h.Set("Content-Range", "bytes "+strconv.FormatInt(from, 10)+"-"+strconv.FormatInt(to-1, 10)+"/"+strconv.FormatInt(size, 10))
		c.w.WriteHeader(http.StatusPartialContent)
	}
	if body {
		c.copyParts(r.Parts, from, to)
	}
	return nil
}

// copyParts sends bytes [from, to). A failure cannot be told after the headers,
// so it breaks the connection and the client sees a short body.
func (c *call) copyParts(parts []part, from, to int64) {
	for _, p := range parts {
		if from < p.Size && to > 0 {
			if err := sendFile(c.w, filepath.Join(c.c.dir, "parts", p.File), max(from, 0), min(to, p.Size)); err != nil {
				panic(http.ErrAbortHandler)
			}
		}
		from, to = from-p.Size, to-p.Size
	}
}

func sendFile(w io.Writer, path string, from, to int64) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.Seek(from, io.SeekStart); err != nil {
		return err
	}
	_, err = io.CopyN(w, f, to-from)
	return err
}

var rangeForm = regexp.MustCompile(`^bytes=(\d{1,18})-(\d{1,18})?$`)

// rangeOf reads x-ms-range or Range: bytes=a-b or bytes=a-. Another form is
// ignored, as the service does; [from, to) is then the whole blob.
func rangeOf(h http.Header, size int64) (from, to int64, ranged bool, err error) {
	v := h.Get("x-ms-range")
	if v == "" {
		v = h.Get("Range")
	}
	m := rangeForm.FindStringSubmatch(v)
	if m == nil {
		return 0, size, false, nil
	}
	from, _ = strconv.ParseInt(m[1], 10, 64) // at most 18 digits
	to = size
	if m[2] != "" {
		last, _ := strconv.ParseInt(m[2], 10, 64)
		if last < from {
			return 0, size, false, nil
		}
		to = min(size, last+1)
	}
	if from >= size {
		return 0, 0, false, errInvalidRange
	}
	return from, to, true, nil
}

func setBlobHeaders(h http.Header, r *record, ranged bool) {
	set := func(name, v string) {
		if v != "" {
			h.Set(name, v)
		}
	}
	h["Content-Type"] = nil // not sniffed
	set("Content-Type", r.Headers.Type)
	set("Content-Encoding", r.Headers.Encoding)
	set("Content-Language", r.Headers.Language)
	set("Content-Disposition", r.Headers.Disposition)
	set("Cache-Control", r.Headers.Cache)
	if ranged {
		set("x-ms-blob-content-md5", r.Headers.MD5)
	} else {
		set("Content-MD5", r.Headers.MD5)
	}
	h.Set("Accept-Ranges", "bytes")
	h.Set("x-ms-blob-type", "BlockBlob")
	h.Set("x-ms-creation-time", httpTime(r.Created))
	h.Set("x-ms-lease-status", "unlocked")
	h.Set("x-ms-lease-state", "available")
	h.Set("x-ms-server-encrypted", "true")
	setMetadataHeaders(h, r.Metadata)
}

func setMetadataHeaders(h http.Header, m map[string]string) {
	for k, v := range m {
		h.Set("x-ms-meta-"+k, v)
	}
}

var metadataName = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)

// metadataOf collects x-ms-meta- headers; names are kept in lower case.
func metadataOf(h http.Header) (map[string]string, error) {
	m, size := map[string]string{}, 0
	for name, values := range h {
		k, ok := strings.CutPrefix(strings.ToLower(name), "x-ms-meta-")
		if !ok {
			continue
		}
		if !metadataName.MatchString(k) {
			return nil, &apiError{400, "InvalidMetadata", "The metadata specified is invalid. It has characters that are not permitted."}
		}
		m[k] = strings.Join(values, ",")
		size += len(k) + len(m[k])
	}
	if size > maxMetadata {
		return nil, errMetadataTooLarge
	}
	return m, nil
}

// blobHeadersOf reads the x-ms-blob- headers, each with its plain counterpart as default.
func blobHeadersOf(h http.Header, plain bool) (headers, error) {
	get := func(special, standard string) string {
		if v := h.Get(special); v != "" || !plain {
			return v
		}
		return h.Get(standard)
	}
	out := headers{Type: get("x-ms-blob-content-type", "Content-Type"), Encoding: get("x-ms-blob-content-encoding", "Content-Encoding"),
		Language: get("x-ms-blob-content-language", "Content-Language"), Disposition: h.Get("x-ms-blob-content-disposition"),
		Cache: get("x-ms-blob-cache-control", "Cache-Control"), MD5: h.Get("x-ms-blob-content-md5")}
	if sum, err := base64.StdEncoding.DecodeString(out.MD5); err != nil || (out.MD5 != "" && len(sum) != 16) {
		return headers{}, badHeader("x-ms-blob-content-md5")
	}
	if out.Type == "" {
		out.Type = "application/octet-stream"
	}
	return out, nil
}

func deleteBlob(c *call) error {
	err := c.s.disk.delete(c.c, c.t.blob, func(r *record) error { return precondition(c.r, r, true) })
	if err != nil {
		return err
	}
	c.w.Header().Set("x-ms-delete-type-permanent", "true")
	c.w.WriteHeader(http.StatusAccepted)
	return nil
}

func setMetadata(c *call) error {
	metadata, err := metadataOf(c.r.Header)
	if err != nil {
		return err
	}
	return c.change(func(r *record) { r.Metadata = metadata })
}

func setProperties(c *call) error {
	given, err := blobHeadersOf(c.r.Header, false)
	if err != nil {
		return err
	}
	given.Type = c.r.Header.Get("x-ms-blob-content-type")
	return c.change(func(r *record) { r.Headers = given })
}

// change commits a record with the same parts.
func (c *call) change(edit func(*record)) error {
	r, err := c.s.disk.change(c.c, c.t.blob, func(old *record) (*record, error) {
		if old == nil {
			return nil, errBlobNotFound
		}
		if err := precondition(c.r, old, true); err != nil {
			return nil, err
		}
		next := *old
		edit(&next)
		return &next, nil
	})
	if err != nil {
		return err
	}
	c.entity(r.ETag, r.Modified)
	c.w.Header().Set("x-ms-request-server-encrypted", "true")
	return nil
}
