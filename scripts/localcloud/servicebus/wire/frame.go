package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Frame types.
const (
	TypeAMQP uint8 = 0
	TypeSASL uint8 = 1
)

// Protocol headers, exchanged before the first frame of their layer.
var (
	HeaderAMQP = [8]byte{'A', 'M', 'Q', 'P', 0, 1, 0, 0}
	HeaderSASL = [8]byte{'A', 'M', 'Q', 'P', 3, 1, 0, 0}
)

// ErrFrameTooLarge says that a peer announced a frame above the agreed size.
var ErrFrameTooLarge = errors.New("frame above the agreed max-frame-size")

// Frame is a frame as it was read. Body aliases the reader's buffer and is
// valid until the next Read; an empty Body is a heartbeat.
type Frame struct {
	Type    uint8
	Channel uint16
	Body    []byte
}

// Reader reads frames.
type Reader struct {
	src io.Reader
	max int
	buf []byte
}

// NewReader returns a Reader that refuses frames above max bytes.
func NewReader(src io.Reader, max int) *Reader { return &Reader{src: src, max: max} }

// Read returns the next frame.
func (r *Reader) Read() (Frame, error) {
	var head [8]byte
	if _, err := io.ReadFull(r.src, head[:]); err != nil {
		return Frame{}, err
	}
	total := binary.BigEndian.Uint32(head[:])
	skip := int(head[4])*4 - len(head) // the extended header, ignored
	if total < 8 || skip < 0 || int64(skip) > int64(total)-8 {
		return Frame{}, fmt.Errorf("%w: frame header", errMalformed)
	}
	if int64(total) > int64(r.max) {
		return Frame{}, fmt.Errorf("%w: %d > %d bytes", ErrFrameTooLarge, total, r.max)
	}
	n := int(total) - 8
	if cap(r.buf) < n {
		r.buf = make([]byte, n)
	}
	r.buf = r.buf[:n]
	if _, err := io.ReadFull(r.src, r.buf); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return Frame{}, err
	}
	return Frame{Type: head[5], Channel: binary.BigEndian.Uint16(head[6:]), Body: r.buf[skip:]}, nil
}

// AppendFrame appends a frame with p as its body.
func AppendFrame(b []byte, typ uint8, channel uint16, p Performative) []byte {
	at := len(b)
	b = append(b, 0, 0, 0, 0, 2, typ, byte(channel>>8), byte(channel))
	b = p.appendTo(b)
	binary.BigEndian.PutUint32(b[at:], uint32(len(b)-at))
	return b
}

// AppendHeartbeat appends a frame without a body.
func AppendHeartbeat(b []byte) []byte { return append(b, 0, 0, 0, 8, 2, TypeAMQP, 0, 0) }
