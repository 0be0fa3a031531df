package export

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
)

// Film is a kept film.
type Film interface {
	io.ReadSeekCloser
	Size() int64
	SHA256() [32]byte
	CRC32() (uint32, error)
}

// parcel is an export as one file: what stands before the film, the film, and what stands
// behind it. Nothing of the film is held; reading from anywhere asks the storage from there.
type parcel struct {
	head, tail []byte
	film       Film
	at         int64
}

func (p *parcel) size() int64 { return int64(len(p.head)) + p.film.Size() + int64(len(p.tail)) }

// etag names every byte: the head has the film's SHA-256 in it.
func (p *parcel) etag() string {
	sum := sha256.New()
	sum.Write(p.head)
	sum.Write(p.tail)
	return `"` + hex.EncodeToString(sum.Sum(nil)) + `"`
}

func (p *parcel) Read(b []byte) (int, error) {
	begin := int64(len(p.head))
	end := begin + p.film.Size()
	var n int
	var err error
	switch {
	case p.at < begin:
		n = copy(b, p.head[p.at:])
	case p.at < end:
		if _, err = p.film.Seek(p.at-begin, io.SeekStart); err == nil {
			n, err = p.film.Read(b[:min(int64(len(b)), end-p.at)])
		}
		if err == io.EOF {
			if err = nil; n == 0 {
				err = io.ErrUnexpectedEOF
			}
		}
	case p.at < p.size():
		n = copy(b, p.tail[p.at-end:])
	default:
		return 0, io.EOF
	}
	p.at += int64(n)
	return n, err
}

func (p *parcel) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += p.at
	case io.SeekEnd:
		offset += p.size()
	}
	if offset < 0 {
		return 0, errors.New("seek in an export: before its beginning")
	}
	p.at = offset
	return offset, nil
}

func (p *parcel) Close() error { return p.film.Close() }
