package media

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg" // the decoders are asked for the config, so that what passes here decodes later
	_ "image/png"
	"io"
	"slices"

	"castad/shared/fault"

	_ "golang.org/x/image/webp"
)

// MaxPixels is the largest photo, width times height: 50 megapixels, more than
// any phone's default and 200 MB when decoded.
const MaxPixels = 50_000_000

// maxMarkers bounds the segments or chunks of a photo; real ones have dozens.
const maxMarkers = 10_000

// Info is what an image says about itself.
type Info struct {
	Type string // image/jpeg, image/png, image/webp
	// Width and Height are as stored, before Orientation is applied.
	Width, Height int
	// Orientation is EXIF's: 1 upright, 3 upside down, 6 and 8 a quarter turn,
	// 2, 4, 5 and 7 mirrored. 1 when the file says nothing.
	Orientation int
	// Decoded is about how much memory the picture takes to decode, in bytes.
	Decoded int64
	// Bytes is the length of the image itself. Phones append a second picture
	// or a clip to a JPEG; only the first Bytes are the photo and worth keeping.
	Bytes int64
}

// Image says what kind of photo r is. It walks the whole structure (no pixels
// are decoded), so a truncated file is refused, and so is one that is something
// else as well: an archive appended to it, markup or a script in its metadata.
func Image(r io.ReaderAt, size int64) (Info, error) {
	f := newFile(r, size)
	info, err := imageOf(f)
	if err = f.verdict(err, fault.CodeNotAnImage); err != nil {
		return Info{}, fmt.Errorf("look at image: %w", err)
	}
	return info, nil
}

func imageOf(f *file) (Info, error) {
	info := Info{Orientation: 1}
	var walk func(*file, *Info) error
	switch {
	case f.is(0, "\xff\xd8\xff"):
		info.Type, walk = "image/jpeg", walkJPEG
	case f.is(0, "\x89PNG\r\n\x1a\n"):
		info.Type, walk = "image/png", walkPNG
	case f.is(0, "RIFF") && f.is(8, "WEBP"):
		info.Type, walk = "image/webp", walkWebP
	case f.is(4, "ftyp") && heif(f):
		return info, fault.New(fault.CodeImageHEIC)
	default:
		return info, errors.New("neither JPEG, PNG nor WebP")
	}
	config, name, err := image.DecodeConfig(io.NewSectionReader(f, 0, f.size))
	if err != nil {
		return info, fmt.Errorf("decode the header: %w", err)
	}
	if "image/"+name != info.Type || config.Width <= 0 || config.Height <= 0 {
		return info, fmt.Errorf("a %s of %d by %d pixels", name, config.Width, config.Height)
	}
	info.Width, info.Height = config.Width, config.Height
	if uint64(config.Width)*uint64(config.Height) > MaxPixels {
		return info, fault.Newf(fault.CodeImageTooLarge, "%d by %d pixels", config.Width, config.Height)
	}
	if err := walk(f, &info); err != nil {
		return info, err
	}
	if info.Decoded > MaxDecoded {
		return info, fault.Newf(fault.CodeImageTooLarge, "%d by %d pixels take %d bytes to decode", config.Width, config.Height, info.Decoded)
	}
	return info, nil
}

// heif says whether a file of boxes is a still picture: what telephones write as
// .heic, .heif or .avif. Its first box tells the brand, then those it is compatible with.
func heif(f *file) bool {
	brands, _ := f.bytes(8, int(min(64, max(0, f.size-8))))
	if b, ok := f.bytes(0, 4); ok {
		brands, _ = f.bytes(8, int(min(int64(len(brands)), max(0, int64(binary.BigEndian.Uint32(b))-8))))
	}
	for i := 0; i+4 <= len(brands); i += 4 {
		if i != 4 && slices.Contains([]string{"heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1", "avif", "avis"}, string(brands[i:i+4])) {
			return true // 4 to 8 is a version
		}
	}
	return false
}

// walkJPEG follows the segments to the end-of-image marker.
func walkJPEG(f *file, info *Info) error {
	off := int64(2)
	for range maxMarkers {
		b, ok := f.bytes(off, 2)
		if !ok {
			return errTruncated
		}
		if b[0] != 0xFF {
			return fmt.Errorf("no marker at byte %d", off)
		}
		marker := b[1]
		switch {
		case marker == 0xFF: // fill byte
			off++
			continue
		case marker == 0xD9:
			info.Bytes = off + 2
			return afterJPEG(f, off+2)
		case marker == 0x01 || marker >= 0xD0 && marker <= 0xD7:
			off += 2
			continue
		}
		l, ok := f.bytes(off+2, 2)
		if !ok {
			return errTruncated
		}
		length := int64(binary.BigEndian.Uint16(l))
		if length < 2 || off+2+length > f.size {
			return errTruncated
		}
		if err := judgeSegment(f, marker, off+4, int(length-2), info); err != nil {
			return err
		}
		off += 2 + length
		if marker == 0xDA {
			if off = skipScan(f, off); off < 0 {
				return errTruncated
			}
		}
	}
	return errors.New("too many segments")
}

// judgeSegment looks into a frame's header and into metadata.
func judgeSegment(f *file, marker byte, off int64, length int, info *Info) error {
	frame, metadata := marker >= 0xC0 && marker <= 0xC2, marker == 0xFE || marker >= 0xE0 && marker <= 0xEF
	if !frame && !metadata {
		return nil
	}
	body, ok := f.bytes(off, length)
	if !ok {
		return errTruncated
	}
	if metadata {
		return readMetadata(body, marker == 0xE1, info)
	}
	size, err := jpegSize(body, marker == 0xC2)
	info.Decoded = max(info.Decoded, size)
	return err
}

// skipScan returns the offset of the first marker after entropy-coded data
// that is neither a stuffed byte nor a restart, or -1.
func skipScan(f *file, off int64) int64 {
	for off+1 < f.size {
		b, ok := f.bytes(off, int(min(window, f.size-off)))
		if !ok {
			return -1
		}
		i := 0
		for i+1 < len(b) {
			j := bytes.IndexByte(b[i:len(b)-1], 0xFF)
			if j < 0 {
				i = len(b) - 1
				break
			}
			i += j
			switch m := b[i+1]; {
			case m == 0xFF: // fill byte
				i++
			case m == 0 || m >= 0xD0 && m <= 0xD7:
				i += 2
			default:
				return off + int64(i)
			}
		}
		off += int64(i)
	}
	return -1
}

// afterJPEG judges what follows the image: nothing, padding, or what cameras
// append (further JPEGs of the multi-picture format, the clip of a motion
// photo, a maker's trailer). Anything else makes the file two things at once.
func afterJPEG(f *file, off int64) error {
	for off < f.size {
		b, ok := f.bytes(off, int(min(window, f.size-off)))
		if !ok {
			return errTruncated
		}
		if rest := bytes.TrimLeft(b, "\x00"); len(rest) > 0 {
			off += int64(len(b) - len(rest))
			// A clip starts with its first box's length, whose zeros are skipped here: "ftyp" is 1 to 4 bytes on.
			head, _ := f.bytes(off, int(min(8, f.size-off)))
			if bytes.HasPrefix(head, []byte("\xff\xd8\xff")) || bytes.Contains(head, []byte("ftyp")) || f.is(f.size-4, "SEFT") {
				return nil
			}
			return fmt.Errorf("foreign data after the image, at byte %d", off)
		}
		off += int64(len(b))
	}
	return nil
}

// walkPNG follows the chunks to IEND, which must be the end of the file.
func walkPNG(f *file, info *Info) error {
	off, pixels := int64(8), false
	if head, ok := f.bytes(24, 2); ok {
		info.Decoded = pngSize(head[0], head[1], int64(info.Width)*int64(info.Height))
	}
	for range maxMarkers {
		b, ok := f.bytes(off, 8)
		if !ok {
			return errTruncated
		}
		length, kind := int64(binary.BigEndian.Uint32(b)), string(b[4:8])
		if off+12+length > f.size {
			return errTruncated
		}
		switch kind {
		case "IDAT":
			pixels = pixels || length > 0
		case "eXIf", "tEXt", "iTXt", "zTXt":
			body, ok := f.bytes(off+8, int(min(length, window)))
			if !ok {
				return errTruncated
			}
			if err := readMetadata(body, kind == "eXIf", info); err != nil {
				return err
			}
		case "IEND":
			info.Bytes = off + 12 + length
			if length != 0 || info.Bytes != f.size || !pixels {
				return errors.New("no pixels, or foreign data after the image")
			}
			return nil
		}
		off += 12 + length
	}
	return errors.New("too many chunks")
}

// walkWebP follows the chunks of the RIFF file, which must be the whole file.
func walkWebP(f *file, info *Info) error {
	b, _ := f.bytes(4, 4) // there: the sniff read bytes 8 to 12
	end := int64(binary.LittleEndian.Uint32(b)) + 8
	if end > f.size {
		return errTruncated
	}
	if end != f.size {
		return errors.New("foreign data after the image")
	}
	info.Bytes = end
	off, pixels := int64(12), false
	for range maxMarkers {
		if off == end {
			if !pixels {
				return errors.New("no pixels")
			}
			return nil
		}
		b, ok := f.bytes(off, 8)
		if !ok {
			return errTruncated
		}
		kind, length := string(b[:4]), int64(binary.LittleEndian.Uint32(b[4:]))
		padded := length + length&1
		if off+8+padded > end {
			return errTruncated
		}
		switch kind {
		case "VP8 ":
			pixels, info.Decoded = true, lossyWebP*int64(info.Width)*int64(info.Height)
		case "VP8L":
			pixels, info.Decoded = true, losslessWebP*int64(info.Width)*int64(info.Height)
		case "ANIM", "ANMF":
			return errors.New("an animation")
		case "EXIF", "XMP ":
			body, ok := f.bytes(off+8, int(min(length, window)))
			if !ok {
				return errTruncated
			}
			if err := readMetadata(body, kind == "EXIF", info); err != nil {
				return err
			}
		}
		off += 8 + padded
	}
	return errors.New("too many chunks")
}

var errTruncated = errors.New("truncated")
