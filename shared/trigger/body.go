package trigger

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"castad/shared/fault"
)

// maxBody is the largest JSON body: a thousand times what any order needs, and little to hold in memory.
const maxBody = 1 << 20

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// readBody reads a whole body of at most maxBody bytes within 30 s. The buffer goes back to buffers.
func (c *call) readBody() (*bytes.Buffer, error) {
	if err := c.checkBody(maxBody); err != nil {
		return nil, err
	}
	body := buffers.Get().(*bytes.Buffer)
	body.Reset()
	if c.r.ContentLength == 0 {
		return body, nil
	}
	c.extendRead(stall)
	if _, err := body.ReadFrom(http.MaxBytesReader(c.w, c.r.Body, maxBody)); err != nil {
		// The deadline stays: before it answers, net/http reads what is left of a body, and would
		// wait for ever for what this client does not send.
		buffers.Put(body)
		return nil, bodyFault(err)
	}
	c.extendRead(0)
	return body, nil
}

// stall is how long a client may let us wait for the next bytes (slowloris): the
// host on the same machine is the only client and sends as fast as its own client does.
const stall = 30 * time.Second

func (c *call) checkBody(limit int64) error {
	if e := c.r.Header["Content-Encoding"]; len(e) > 0 && e[0] != "identity" {
		return fault.Newf(fault.CodeContentType, "a compressed body is not accepted").In("Content-Encoding")
	}
	if c.r.ContentLength > limit {
		return fault.Newf(fault.CodeTooLarge, "%d bytes announced, %d allowed", c.r.ContentLength, limit)
	}
	return nil
}

func bodyFault(err error) error {
	var tooLarge *http.MaxBytesError
	var timeout interface{ Timeout() bool }
	switch {
	case errors.As(err, &tooLarge):
		return fault.Newf(fault.CodeTooLarge, "more than %d bytes", tooLarge.Limit)
	case errors.As(err, &timeout) && timeout.Timeout():
		return fault.Wrap(errors.New("the body did not arrive in time"), fault.CodeTimeout)
	}
	return fault.Wrap(errors.New("the body broke off"), fault.CodeInvalid)
}

// upload returns the request's body as a stream of at most limit bytes.
func (c *call) upload(limit int64) (io.Reader, error) {
	if err := c.checkBody(limit); err != nil {
		return nil, err
	}
	if kind := c.r.Header.Get("Content-Type"); strings.HasPrefix(kind, "multipart/") { // what most libraries send when they are given a file
		return nil, fault.Newf(fault.CodeContentType, "a form where the file alone is due").In("Content-Type").
			Wants(fault.Words{Ko: "폼 없이 파일만 담은 본문과 그 파일의 형식", En: "the file alone as the body, not in a form, and its type"})
	}
	return &uploadReader{call: c, from: http.MaxBytesReader(c.w, c.r.Body, limit)}, nil
}

type uploadReader struct {
	call *call
	from io.Reader
}

// Read reads on, giving the client stall for each piece and the time budget for all.
func (u *uploadReader) Read(p []byte) (int, error) {
	if err := u.call.ctx.Err(); err != nil {
		return 0, fault.Wrap(err, fault.CodeTimeout)
	}
	u.call.extendRead(stall)
	n, err := u.from.Read(p)
	switch {
	case err == io.EOF:
		u.call.extendRead(0)
	case err != nil: // the deadline stays, see readBody
		err = bodyFault(err)
	}
	return n, err
}
