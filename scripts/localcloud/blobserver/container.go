package blobserver

import (
	"encoding/xml"
	"net/http"
	"sort"
	"strconv"
	"strings"
	"time"
)

// pageSize is the most that one page of a list has (the service's limit and default).
const pageSize = 5000

func createContainer(c *call) error {
	if c.r.Header.Get("x-ms-blob-public-access") != "" {
		return &apiError{409, "PublicAccessNotPermitted", "Public access is not permitted on this storage account."}
	}
	metadata, err := metadataOf(c.r.Header)
	if err != nil {
		return err
	}
	made, err := c.s.disk.createContainer(c.t.container, metadata)
	if err != nil {
		return err
	}
	c.entity(made.ETag, made.Modified)
	c.w.WriteHeader(http.StatusCreated)
	return nil
}

func showContainer(c *call) error {
	c.entity(c.c.ETag, c.c.Modified)
	setMetadataHeaders(c.w.Header(), c.c.Metadata)
	h := c.w.Header()
	h.Set("x-ms-lease-status", "unlocked")
	h.Set("x-ms-lease-state", "available")
	h.Set("x-ms-has-immutability-policy", "false")
	h.Set("x-ms-has-legal-hold", "false")
	return nil
}

func deleteContainer(c *call) error {
	err := c.s.disk.deleteContainer(c.t.container, func(now *container) error {
		return precondition(c.r, &record{ETag: now.ETag, Modified: now.Modified}, true)
	})
	if err != nil {
		return err
	}
	c.w.WriteHeader(http.StatusAccepted)
	return nil
}

// The body of List Blobs.
type (
	listing struct {
		XMLName         xml.Name     `xml:"EnumerationResults"`
		ServiceEndpoint string       `xml:",attr"`
		ContainerName   string       `xml:",attr"`
		Prefix          string       `xml:",omitempty"`
		Marker          string       `xml:",omitempty"`
		MaxResults      int          `xml:",omitempty"`
		Blobs           []listedBlob `xml:"Blobs>Blob"`
		NextMarker      string
	}
	listedBlob struct {
		Name       string
		Properties listedProperties
		Metadata   *listedMetadata `xml:",omitempty"`
	}
	listedProperties struct {
		CreationTime       string `xml:"Creation-Time"`
		LastModified       string `xml:"Last-Modified"`
		Etag               string
		ContentLength      int64  `xml:"Content-Length"`
		ContentType        string `xml:"Content-Type"`
		ContentEncoding    string `xml:"Content-Encoding"`
		ContentLanguage    string `xml:"Content-Language"`
		ContentMD5         string `xml:"Content-MD5"`
		CacheControl       string `xml:"Cache-Control"`
		ContentDisposition string `xml:"Content-Disposition"`
		BlobType           string
		LeaseStatus        string
		LeaseState         string
		ServerEncrypted    bool
	}
	listedMetadata map[string]string
)

// MarshalXML writes each pair as an element named by the key.
func (m listedMetadata) MarshalXML(e *xml.Encoder, start xml.StartElement) error {
	if err := e.EncodeToken(start); err != nil {
		return err
	}
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		if err := e.EncodeElement(m[k], xml.StartElement{Name: xml.Name{Local: k}}); err != nil {
			return err
		}
	}
	return e.EncodeToken(start.End())
}

func listBlobs(c *call) error {
	limit := pageSize
	if v := c.q.Get("maxresults"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil || n < 1 {
			return &apiError{400, "OutOfRangeQueryParameterValue", "A query parameter specified in the request URI is outside the permissible range: maxresults."}
		}
		limit = min(n, pageSize)
	}
	metadata := false
	for what := range strings.SplitSeq(c.q.Get("include"), ",") {
		switch what {
		case "":
		case "metadata":
			metadata = true
		default:
			return notImplemented("include=" + what)
		}
	}
	prefix, marker := c.q.Get("prefix"), c.q.Get("marker")
	found, next := c.s.disk.list(c.c, prefix, marker, limit)
	l := listing{ServiceEndpoint: "http://" + c.r.Host + "/" + c.s.account + "/", ContainerName: c.t.container,
		Prefix: prefix, Marker: marker, MaxResults: limit, NextMarker: next}
	for _, r := range found {
		b := listedBlob{Name: r.Name, Properties: listedProperties{
			CreationTime: httpTime(r.Created), LastModified: httpTime(r.Modified), Etag: strings.Trim(r.ETag, `"`), ContentLength: r.size(),
			ContentType: r.Headers.Type, ContentEncoding: r.Headers.Encoding, ContentLanguage: r.Headers.Language, ContentMD5: r.Headers.MD5,
			CacheControl: r.Headers.Cache, ContentDisposition: r.Headers.Disposition,
			BlobType: "BlockBlob", LeaseStatus: "unlocked", LeaseState: "available", ServerEncrypted: true}}
		if metadata && len(r.Metadata) > 0 {
			m := listedMetadata(r.Metadata)
			b.Metadata = &m
		}
		l.Blobs = append(l.Blobs, b)
	}
	return c.xml(l)
}

// list returns up to limit records after marker in name order, and the marker
// of the next page: the last name of this one, "" at the end.
func (d *disk) list(c *container, prefix, marker string, limit int) (found []*record, next string) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	names := make([]string, 0, len(c.blobs))
	for name := range c.blobs {
		if strings.HasPrefix(name, prefix) && name > marker {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	if len(names) > limit {
		names = names[:limit]
		next = names[limit-1]
	}
	for _, name := range names {
		found = append(found, c.blobs[name])
	}
	return found, next
}

func (c *call) xml(v any) error {
	body, err := xml.Marshal(v)
	if err != nil {
		return err
	}
	c.w.Header().Set("Content-Type", "application/xml")
	_, _ = c.w.Write(append([]byte(xml.Header), body...)) // the client is gone
	return nil
}

// entity sets the headers that name a version of a resource.
func (c *call) entity(etag string, modified time.Time) {
	h := c.w.Header()
	h.Set("ETag", etag)
	h.Set("Last-Modified", httpTime(modified))
}

func httpTime(t time.Time) string { return t.UTC().Format(http.TimeFormat) }
