package blobserver

import (
	"bytes"
	"crypto/md5"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/xml"
	"hash"
	"hash/crc64"
	"io"
	"net/http"
	"os"
	"sort"
	"strings"
)

// The service's limits.
const (
	maxPutBlob  = 5000 << 20 // bytes of one Put Blob
	maxPutBlock = 4000 << 20 // bytes of one block
	maxBlocks   = 50_000     // blocks of one blob
	maxBlockID  = 64         // bytes of a decoded block id
)

// crcTable is the service's CRC-64 polynomial (reflected).
var crcTable = crc64.MakeTable(0x9A6C9329AC4BC9B5)

// checksums are computed while a body is received.
type checksums struct {
	md5   hash.Hash
	crc64 hash.Hash64
}

func (s checksums) crc() []byte { return binary.LittleEndian.AppendUint64(nil, s.crc64.Sum64()) }

// body receives the request's body and verifies the checksums it came with.
func (c *call) body(limit int64) (path string, size int64, sums checksums, err error) {
	if c.r.ContentLength < 0 {
		return "", 0, sums, errLength
	}
	if c.r.ContentLength > limit {
		return "", 0, sums, errRequestBodyTooBig
	}
	sums = checksums{md5.New(), crc64.New(crcTable)}
	path, size, err = c.c.receive(c.r.Body, io.MultiWriter(sums.md5, sums.crc64))
	if err != nil {
		return "", 0, sums, err
	}
	for header, check := range map[string]struct {
		got  []byte
		fail error
	}{"Content-MD5": {sums.md5.Sum(nil), errMD5Mismatch}, "x-ms-content-crc64": {sums.crc(), errCRC64Mismatch}} {
		if v := c.r.Header.Get(header); v != "" && v != base64.StdEncoding.EncodeToString(check.got) {
			_ = os.Remove(path)
			return "", 0, sums, check.fail
		}
	}
	return path, size, sums, nil
}

// mayWrite judges the conditions of a write and, for a SAS that may only
// create, that the name is free.
func (c *call) mayWrite(old *record) error {
	if err := precondition(c.r, old, true); err != nil {
		return err
	}
	if old != nil && !c.g.allows("w") {
		return errUnauthorizedAction
	}
	return nil
}

func putBlob(c *call) error {
	switch c.r.Header.Get("x-ms-blob-type") {
	case "BlockBlob":
	case "":
		return &apiError{400, "MissingRequiredHeader", "An HTTP header that's mandatory for this request is not specified: x-ms-blob-type."}
	default:
		return errUnsupportedBlob
	}
	metadata, err := metadataOf(c.r.Header)
	if err != nil {
		return err
	}
	given, err := blobHeadersOf(c.r.Header, true)
	if err != nil {
		return err
	}
	path, size, sums, err := c.body(maxPutBlob)
	if err != nil {
		return err
	}
	sum := base64.StdEncoding.EncodeToString(sums.md5.Sum(nil))
	if given.MD5 != "" && given.MD5 != sum {
		_ = os.Remove(path)
		return errMD5Mismatch
	}
	given.MD5 = sum
	file, err := c.c.keepPart(path)
	if err != nil {
		_ = os.Remove(path)
		return err
	}
	r, err := c.s.disk.upload(c.c, c.t.blob, &[]string{file}, func(old *record) (*record, error) {
		if err := c.mayWrite(old); err != nil {
			return nil, err
		}
		return &record{Headers: given, Metadata: metadata, Parts: []part{{File: file, Size: size}}}, nil
	})
	if err != nil {
		return err
	}
	c.entity(r.ETag, r.Modified)
	c.w.Header().Set("Content-MD5", sum)
	c.created(sums)
	return nil
}

// created answers 201 with what every accepted body is told.
func (c *call) created(sums checksums) {
	h := c.w.Header()
	h.Set("x-ms-content-crc64", base64.StdEncoding.EncodeToString(sums.crc()))
	h.Set("x-ms-request-server-encrypted", "true")
	c.w.WriteHeader(http.StatusCreated)
}

func putBlock(c *call) error {
	block, err := base64.StdEncoding.DecodeString(c.q.Get("blockid"))
	if err != nil || len(block) == 0 || len(block) > maxBlockID {
		return badQuery("blockid")
	}
	path, _, sums, err := c.body(maxPutBlock)
	if err != nil {
		return err
	}
	if err := c.s.disk.stage(c.c, c.t.blob, block, path); err != nil {
		_ = os.Remove(path)
		return err
	}
	c.created(sums)
	return nil
}

// wantedBlock is one element of Put Block List's body.
type wantedBlock struct{ from, id string }

// readBlockList parses the body: <BlockList> of <Committed>, <Uncommitted> and
// <Latest>, in order, ids turned to hex.
func readBlockList(body io.Reader) ([]wantedBlock, error) {
	bad := &apiError{400, "InvalidXmlDocument", "The specified XML is not syntactically valid."}
	var doc struct {
		XMLName xml.Name `xml:"BlockList"`
		Blocks  []struct {
			XMLName xml.Name
			ID      string `xml:",chardata"`
		} `xml:",any"`
	}
	// 50,000 ids of 88 characters between two tags: below 8 MiB.
	raw, err := io.ReadAll(io.LimitReader(body, 8<<20+1))
	if err != nil {
		return nil, err
	}
	if len(raw) > 8<<20 || xml.NewDecoder(bytes.NewReader(raw)).Decode(&doc) != nil {
		return nil, bad
	}
	if len(doc.Blocks) > maxBlocks {
		return nil, &apiError{400, "BlockListTooLong", "The block list may not contain more than 50,000 blocks."}
	}
	want := make([]wantedBlock, 0, len(doc.Blocks))
	for _, b := range doc.Blocks {
		id, err := base64.StdEncoding.DecodeString(strings.TrimSpace(b.ID))
		if err != nil {
			return nil, errInvalidBlockList
		}
		switch b.XMLName.Local {
		case "Committed", "Uncommitted", "Latest":
			want = append(want, wantedBlock{b.XMLName.Local, hex.EncodeToString(id)})
		default:
			return nil, bad
		}
	}
	return want, nil
}

func putBlockList(c *call) error {
	metadata, err := metadataOf(c.r.Header)
	if err != nil {
		return err
	}
	given, err := blobHeadersOf(c.r.Header, false)
	if err != nil {
		return err
	}
	raw, err := io.ReadAll(io.LimitReader(c.r.Body, 8<<20+1))
	if err != nil {
		return err
	}
	sum := md5.Sum(raw)
	if v := c.r.Header.Get("Content-MD5"); v != "" && v != base64.StdEncoding.EncodeToString(sum[:]) {
		return errMD5Mismatch
	}
	want, err := readBlockList(bytes.NewReader(raw))
	if err != nil {
		return err
	}
	var fresh []string
	r, err := c.s.disk.upload(c.c, c.t.blob, &fresh, func(old *record) (*record, error) {
		if err := c.mayWrite(old); err != nil {
			return nil, err
		}
		parts, err := c.resolve(old, want, &fresh)
		if err != nil {
			return nil, err
		}
		return &record{Headers: given, Metadata: metadata, Parts: parts}, nil
	})
	if err != nil {
		return err
	}
	c.entity(r.ETag, r.Modified)
	crc := crc64.New(crcTable)
	_, _ = crc.Write(raw)
	c.created(checksums{crc64: crc})
	return nil
}

// resolve turns block ids into parts, linking staged blocks into parts/ and
// adding their names to fresh. It runs under the disk's lock.
func (c *call) resolve(old *record, want []wantedBlock, fresh *[]string) ([]part, error) {
	staged, err := c.s.disk.staged(c.c, c.t.blob)
	if err != nil {
		return nil, err
	}
	committed := map[string]part{}
	if old != nil {
		for _, p := range old.Parts {
			if p.Block != "" {
				committed[p.Block] = p
			}
		}
	}
	linked := map[string]part{} // an id may be named twice
	parts := make([]part, 0, len(want))
	for _, b := range want {
		size, isStaged := staged[b.id]
		if p, ok := linked[b.id]; ok && b.from != "Committed" {
			parts = append(parts, p)
			continue
		}
		if isStaged && b.from != "Committed" {
			file, err := c.c.linkStaged(c.t.blob, b.id)
			if err != nil {
				return nil, err
			}
			*fresh = append(*fresh, file)
			p := part{File: file, Block: b.id, Size: size}
			linked[b.id] = p
			parts = append(parts, p)
			continue
		}
		p, ok := committed[b.id]
		if !ok || b.from == "Uncommitted" {
			return nil, errInvalidBlockList
		}
		parts = append(parts, p)
	}
	return parts, nil
}

// showBlockList is Get Block List.
func showBlockList(c *call) error {
	type block struct {
		Name string
		Size int64
	}
	var doc struct {
		XMLName     xml.Name `xml:"BlockList"`
		Committed   []block  `xml:"CommittedBlocks>Block"`
		Uncommitted []block  `xml:"UncommittedBlocks>Block"`
	}
	name := func(id string) string {
		b, _ := hex.DecodeString(id) // written by us
		return base64.StdEncoding.EncodeToString(b)
	}
	kind := c.q.Get("blocklisttype")
	r, done, err := c.s.disk.open(c.c, c.t.blob)
	if err == nil {
		defer done()
		c.entity(r.ETag, r.Modified)
		for _, p := range r.Parts {
			if p.Block != "" && kind != "uncommitted" {
				doc.Committed = append(doc.Committed, block{name(p.Block), p.Size})
			}
		}
	}
	staged, e := c.s.disk.staged(c.c, c.t.blob)
	if e != nil {
		return e
	}
	if err != nil && len(staged) == 0 {
		return err
	}
	if kind == "uncommitted" || kind == "all" {
		for id, size := range staged {
			doc.Uncommitted = append(doc.Uncommitted, block{name(id), size})
		}
		sort.Slice(doc.Uncommitted, func(i, j int) bool { return doc.Uncommitted[i].Name < doc.Uncommitted[j].Name })
	}
	return c.xml(doc)
}
