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

// column says where an output column comes from: source byte i and i+1 mixed
// by f/256.
type column struct{ i, f int32 }

// sampleRow writes one output row from one source row; every columns[x].i+1 is
// inside src.
func sampleRow(dst, src []byte, columns []column) {
	if len(columns) < len(dst) {
		panic("sampleRow: too few columns")
	}
	for x := range dst {
		c := columns[x]
		p := src[c.i : c.i+2 : len(src)]
		a := int32(p[0])
		dst[x] = byte(a + ((int32(p[1])-a)*c.f+128)>>8)
	}
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
