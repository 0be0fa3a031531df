// Package media judges media files and their timings without running anything:
// is this really a photo, a film, a song, how long and how large is it, when is
// each lyric line sung. Only Rewrite decodes what it looks at.
//
// Bytes come from strangers (uploads) or vendors (downloads), so every function
// reads through an io.ReaderAt with bounded memory (64 KiB windows, tables are
// streamed), does work in proportion to the size it is told, trusts no length
// field beyond that size, and answers hostile input with an error of one code:
//
//	Image   photo.not_an_image, photo.too_many_pixels, photo.heic
//	MP4     vendor.bad_result
//	Audio   vendor.bad_result
//	SingCheck vendor.bad_result (the vendor's timings), request.bad_value (more lyrics than any song has)
//
// An I/O error of the reader is passed on as it is: it says nothing about the file.
//
// What is not judged: whether pixels and samples decode (the film maker finds
// out), fragmented MP4 (moof boxes; refused, no vendor of CastAD's delivers it),
// and free-format MP3 (refused).
package media

import (
	"errors"
	"fmt"
	"io"

	"castad/shared/fault"
)

// window is how much a parser reads at a time, in bytes.
const window = 64 << 10

// file reads a file of known size through one window.
type file struct {
	r    io.ReaderAt
	size int64

	buf   []byte
	start int64 // offset of buf in the file
	err   error // the first I/O error; parsers stop on it
}

func newFile(r io.ReaderAt, size int64) *file { return &file{r: r, size: size} }

// bytes returns n bytes at off, valid until the next call, or false when the
// file does not have them (or cannot be read: see err). n is at most window.
func (f *file) bytes(off int64, n int) ([]byte, bool) {
	if off < 0 || n < 0 || n > window || off > f.size-int64(n) || f.err != nil {
		return nil, false
	}
	if off < f.start || off+int64(n) > f.start+int64(len(f.buf)) {
		if f.buf == nil {
			f.buf = make([]byte, 0, window)
		}
		want := min(window, f.size-off)
		m, err := f.r.ReadAt(f.buf[:want], off)
		f.buf, f.start = f.buf[:m], off
		if int64(m) < want {
			f.buf = f.buf[:0]
			if err == nil || err == io.EOF {
				err = fmt.Errorf("the file has less than its %d bytes: %w", f.size, io.ErrUnexpectedEOF)
			}
			f.err = err
			return nil, false
		}
	}
	i := int(off - f.start)
	return f.buf[i : i+n], true
}

// ReadAt lets a decoder read through the window, so that its I/O errors are
// seen and small reads do not become requests.
func (f *file) ReadAt(p []byte, off int64) (n int, err error) {
	for n < len(p) {
		at := off + int64(n)
		b, ok := f.bytes(at, int(min(int64(len(p)-n), window, f.size-at)))
		switch {
		case f.err != nil:
			return n, f.err
		case !ok || len(b) == 0:
			return n, io.EOF
		}
		n += copy(p[n:], b)
	}
	return n, nil
}

// is reports whether the file has s at off.
func (f *file) is(off int64, s string) bool {
	b, ok := f.bytes(off, len(s))
	return ok && string(b) == s
}

// verdict turns a parser's finding into the package's error: an I/O error
// first, else the finding under code.
func (f *file) verdict(err error, code fault.Code) error {
	if f.err != nil {
		return fmt.Errorf("read media: %w", f.err)
	}
	var known *fault.Error
	if err == nil || errors.As(err, &known) {
		return err
	}
	return fault.Wrap(err, code)
}
