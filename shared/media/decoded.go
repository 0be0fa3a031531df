package media

import "encoding/binary"

// MaxDecoded is the most memory that decoding a photo may take, in bytes: 50 megapixels
// of a telephone's JPEG take 75 MB, of a PNG with 16 bits 400 MB. A progressive JPEG
// takes three to five times what another does, because its coefficients are all kept
// until its end: 300 KB can ask for a gigabyte.
const MaxDecoded = 400 << 20

// jpegSize is what a JPEG with this frame header takes to decode: a byte for each
// sample, four more for its coefficient when it is progressive, and four a pixel where
// the samples are turned into another kind of picture (four components).
func jpegSize(frame []byte, progressive bool) (int64, error) {
	if len(frame) < 6 || len(frame) < 6+3*int(frame[5]) {
		return 0, errTruncated
	}
	height, width, parts := int64(binary.BigEndian.Uint16(frame[1:])), int64(binary.BigEndian.Uint16(frame[3:])), int(frame[5])
	across, down, most := int64(1), int64(1), int64(0)
	for i := range parts {
		h, v := int64(frame[7+3*i]>>4), int64(frame[7+3*i]&15)
		across, down, most = max(across, h), max(down, v), most+h*v
	}
	units := ((width + 8*across - 1) / (8 * across)) * ((height + 8*down - 1) / (8 * down))
	size := units * most * 64
	if progressive {
		size *= 5
	}
	if parts == 4 {
		size += 4 * width * height
	}
	return size, nil
}

// pngSize is what a PNG with this header takes to decode.
func pngSize(depth, color byte, pixels int64) int64 {
	each := int64(1) // grey or of a palette
	if color&2 != 0 && color&1 == 0 || color&4 != 0 {
		each = 4
	}
	if depth == 16 {
		each *= 2
	}
	return each * pixels
}

// What a WebP takes, in bytes for each pixel: its planes with alpha, or the pixels before
// and after its transforms.
const (
	lossyWebP    = 3
	losslessWebP = 8
)
