package blob

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"time"

	"castad/shared/fault"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
)

// Object is an open blob: one version of it. Read and Seek are for one
// goroutine at a time; ReadAt is for any number. Close frees the connection.
//
// It keeps Open's context (io.Reader has no place for one, and http.ServeContent
// needs an io.ReadSeeker), so it lives no longer than the request or the step
// that opened it.
type Object struct {
	ctx    context.Context
	client *blob.Client
	stat   Stat

	pos  int64
	body *chunk // what Read reads from; nil when the next Read must ask
}

// chunk is one ranged answer that is being consumed.
type chunk struct {
	r    io.ReadCloser
	left int64
}

// rereads is how often a broken answer is asked for again where it broke.
const rereads = 3

// Open looks a blob up and returns it at its beginning; nothing is transferred yet.
func (s *Store) Open(ctx context.Context, name string) (*Object, error) {
	st, err := s.Stat(ctx, name)
	if err != nil {
		return nil, err
	}
	return &Object{ctx: ctx, client: s.container.NewBlobClient(name), stat: st}, nil
}

// Size returns the length in bytes.
func (o *Object) Size() int64 { return o.stat.Bytes }

// Type returns the Content-Type.
func (o *Object) Type() string { return o.stat.Type }

// ETag returns the entity tag, with its quotes, as the ETag header wants it.
func (o *Object) ETag() string { return o.stat.ETag }

// Modified returns the time of the last change, to the second.
func (o *Object) Modified() time.Time { return o.stat.Modified }

// SHA256 returns the checksum that Keep computed.
func (o *Object) SHA256() [32]byte { return o.stat.SHA256 }

// CRC32 returns the checksum (IEEE) that Keep computed. One that was kept before Keep
// did is read for it, all of it.
func (o *Object) CRC32() (uint32, error) {
	if o.stat.crc != nil {
		return binary.BigEndian.Uint32(o.stat.crc), nil
	}
	sum, at := crc32.NewIEEE(), o.pos
	if _, err := o.Seek(0, io.SeekStart); err != nil {
		return 0, err
	}
	if _, err := io.Copy(sum, o); err != nil {
		return 0, err
	}
	_, err := o.Seek(at, io.SeekStart)
	return sum.Sum32(), err
}

// Read reads from the present position. Requests are for up to 4 MiB, so a
// slow reader holds a connection to storage for that much at most.
func (o *Object) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if o.pos >= o.stat.Bytes {
		return 0, io.EOF
	}
	if o.body == nil {
		r, err := o.get(o.ctx, o.pos, min(blockSize, o.stat.Bytes-o.pos))
		if err != nil {
			return 0, err
		}
		o.body = r
	}
	n, err := o.body.r.Read(p[:min(int64(len(p)), o.body.left)])
	o.pos, o.body.left = o.pos+int64(n), o.body.left-int64(n)
	if o.body.left == 0 {
		return n, o.drop() // the bytes are there; an error of Close would be odd but is told
	}
	switch {
	case err == io.EOF:
		err = io.ErrUnexpectedEOF
		fallthrough
	case err != nil:
		return n, classify(o.ctx, errors.Join(err, o.drop()), "read", o.stat.Name)
	}
	return n, nil
}

// ReadAt reads len(p) bytes at off with one request.
func (o *Object) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, fault.Newf(fault.CodeInternal, "read blob %s: negative offset", o.stat.Name)
	}
	if len(p) == 0 {
		return 0, nil
	}
	if off >= o.stat.Bytes {
		return 0, io.EOF
	}
	want := min(int64(len(p)), o.stat.Bytes-off)
	c, err := o.get(o.ctx, off, want)
	if err != nil {
		return 0, err
	}
	n, err := io.ReadFull(c.r, p[:want])
	if err = errors.Join(err, c.r.Close()); err != nil {
		return n, classify(o.ctx, err, "read", o.stat.Name)
	}
	if want < int64(len(p)) {
		return n, io.EOF
	}
	return n, nil
}

// get asks for a range of the version that was opened.
func (o *Object) get(ctx context.Context, from, count int64) (*chunk, error) {
	tag := azcore.ETag(o.stat.ETag)
	resp, err := o.client.DownloadStream(ctx, &blob.DownloadStreamOptions{
		Range:            blob.HTTPRange{Offset: from, Count: count},
		AccessConditions: &blob.AccessConditions{ModifiedAccessConditions: &blob.ModifiedAccessConditions{IfMatch: &tag}}})
	if err != nil {
		return nil, classify(ctx, err, "read", o.stat.Name)
	}
	// The retry reader asks again, with the same If-Match, from where the answer broke off.
	body := resp.NewRetryReader(ctx, &blob.RetryReaderOptions{MaxRetries: rereads})
	if resp.ContentLength == nil || *resp.ContentLength != count {
		return nil, errors.Join(fault.Newf(fault.CodeInternal, "read blob %s: asked for %d bytes at %d, the answer has another length", o.stat.Name, count, from), body.Close())
	}
	return &chunk{r: body, left: count}, nil
}

// Seek moves the position of the next Read; it transfers nothing.
func (o *Object) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekStart:
	case io.SeekCurrent:
		offset += o.pos
	case io.SeekEnd:
		offset += o.stat.Bytes
	default:
		return 0, fmt.Errorf("seek in blob %s: whence is %d", o.stat.Name, whence)
	}
	if offset < 0 {
		return 0, fmt.Errorf("seek in blob %s: before its beginning", o.stat.Name)
	}
	if offset != o.pos {
		o.pos = offset
		return offset, o.drop()
	}
	return offset, nil
}

// Close ends the transfer in progress, if any.
func (o *Object) Close() error { return o.drop() }

func (o *Object) drop() error {
	if o.body == nil {
		return nil
	}
	r := o.body.r
	o.body = nil
	return r.Close()
}
