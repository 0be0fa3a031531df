package film

import "encoding/binary"

// The inner loops of the compositor: eight bytes at a time in one register
// (SWAR), because Go has no vector intrinsics and a film of 20 s has 1.9
// thousand million samples.

const (
	evenBytes = 0x00ff00ff00ff00ff
	halves    = 0x0080008000800080
)

// lerpBytes writes a + (b-a)·f/256 into dst, f from 0 to 256. The slices have
// equal lengths; dst may be a or b.
func lerpBytes(dst, a, b []byte, f int) {
	n := len(dst)
	if len(a) < n || len(b) < n {
		panic("lerpBytes: unequal lengths")
	}
	switch f {
	case 0:
		copy(dst, a)
		return
	case 256:
		copy(dst, b)
		return
	}
	g, h := uint64(f), uint64(256-f)
	i := 0
	for ; i+8 <= n; i += 8 {
		x, y := binary.LittleEndian.Uint64(a[i:i+8]), binary.LittleEndian.Uint64(b[i:i+8])
		lo := ((x&evenBytes)*h + (y&evenBytes)*g + halves) >> 8 & evenBytes
		hi := ((x>>8&evenBytes)*h + (y>>8&evenBytes)*g + halves) &^ evenBytes
		binary.LittleEndian.PutUint64(dst[i:i+8], lo|hi)
	}
	for ; i < n; i++ {
		dst[i] = byte((uint64(a[i])*h + uint64(b[i])*g + 128) >> 8)
	}
}

// column says where an output column comes from: source pixel i and i+1 mixed
// by f/256.
type column struct{ i, f int32 }

// weave stores a plane so that eight rows can be resampled at once: word
// (y/8)·w + x holds column x of rows y to y+7, the first row in the lowest
// byte. The last rows are repeated to fill the last word. There is room for one
// word more: mix looks at the next column, also of a plane one column wide.
func weave(plane []byte, w, h int) []uint64 {
	out := make([]uint64, (h+7)/8*w, (h+7)/8*w+1)
	for y := range (h + 7) / 8 * 8 {
		row := plane[min(y, h-1)*w:][:w]
		words := out[y/8*w:][:w]
		for x, v := range row {
			words[x] |= uint64(v) << (y % 8 * 8)
		}
	}
	return out
}

// sampleBlock resamples eight woven rows horizontally into eight rows of out,
// stride bytes apart. It writes whole groups of eight columns: columns and
// every row must have room for n rounded up to eight. The loops are written
// out because the compiler unrolls nothing, and this is half of a film's cost.
func sampleBlock(out []byte, stride int, words []uint64, columns []column, n int) {
	for x := 0; x < n; x += 8 {
		c := columns[x : x+8 : x+8]
		m0, m1, m2, m3 := mix(words, c[0]), mix(words, c[1]), mix(words, c[2]), mix(words, c[3])
		m4, m5, m6, m7 := mix(words, c[4]), mix(words, c[5]), mix(words, c[6]), mix(words, c[7])
		// Eight columns of eight bytes become eight rows: swap halves, quarters, bytes.
		t := (m0>>32 ^ m4) & half4
		m0, m4 = m0^t<<32, m4^t
		t = (m1>>32 ^ m5) & half4
		m1, m5 = m1^t<<32, m5^t
		t = (m2>>32 ^ m6) & half4
		m2, m6 = m2^t<<32, m6^t
		t = (m3>>32 ^ m7) & half4
		m3, m7 = m3^t<<32, m7^t
		t = (m0>>16 ^ m2) & half2
		m0, m2 = m0^t<<16, m2^t
		t = (m1>>16 ^ m3) & half2
		m1, m3 = m1^t<<16, m3^t
		t = (m4>>16 ^ m6) & half2
		m4, m6 = m4^t<<16, m6^t
		t = (m5>>16 ^ m7) & half2
		m5, m7 = m5^t<<16, m7^t
		t = (m0>>8 ^ m1) & evenBytes
		m0, m1 = m0^t<<8, m1^t
		t = (m2>>8 ^ m3) & evenBytes
		m2, m3 = m2^t<<8, m3^t
		t = (m4>>8 ^ m5) & evenBytes
		m4, m5 = m4^t<<8, m5^t
		t = (m6>>8 ^ m7) & evenBytes
		m6, m7 = m6^t<<8, m7^t
		o := out[x : x+7*stride+8]
		binary.LittleEndian.PutUint64(o, m0)
		binary.LittleEndian.PutUint64(o[stride:], m1)
		binary.LittleEndian.PutUint64(o[2*stride:], m2)
		binary.LittleEndian.PutUint64(o[3*stride:], m3)
		binary.LittleEndian.PutUint64(o[4*stride:], m4)
		binary.LittleEndian.PutUint64(o[5*stride:], m5)
		binary.LittleEndian.PutUint64(o[6*stride:], m6)
		binary.LittleEndian.PutUint64(o[7*stride:], m7)
	}
}

const (
	half4 = 0x00000000ffffffff
	half2 = 0x0000ffff0000ffff
)

// mix interpolates eight rows at one output column.
func mix(words []uint64, c column) uint64 {
	p := words[c.i : c.i+2]
	a, b := p[0], p[1]
	g, h := uint64(c.f), uint64(256-c.f)
	lo := ((a&evenBytes)*h + (b&evenBytes)*g + halves) >> 8 & evenBytes
	hi := ((a>>8&evenBytes)*h + (b>>8&evenBytes)*g + halves) &^ evenBytes
	return lo | hi
}

// blendRow mixes src into dst by alpha (0–255) times f/256.
func blendRow(dst, src, alpha []byte, f int) {
	src, alpha = src[:len(dst)], alpha[:len(dst)]
	if f == 256 {
		for x, a := range alpha {
			switch a {
			case 0:
			case 255:
				dst[x] = src[x]
			default:
				d := int32(dst[x])
				dst[x] = byte(d + ((int32(src[x])-d)*int32(a)*257+32768)>>16)
			}
		}
		return
	}
	for x, a := range alpha {
		if a != 0 {
			d := int32(dst[x])
			dst[x] = byte(d + ((int32(src[x])-d)*int32(a)*int32(f)+32640)/65280)
		}
	}
}
