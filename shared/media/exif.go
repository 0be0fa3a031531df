package media

import (
	"bytes"
	"encoding/binary"
	"errors"
)

// markup starts what a browser or an interpreter would run if the file were
// served under another type.
var markup = [][]byte{[]byte("<script"), []byte("<html"), []byte("<svg"), []byte("<!doctype"), []byte("<?php"), []byte("<iframe"),
	[]byte("javascript:"), []byte("%pdf-")}

// readMetadata looks into a metadata block (its first 64 KiB): markup is
// refused, EXIF gives the orientation.
func readMetadata(b []byte, exif bool, info *Info) error {
	low := bytes.ToLower(b)
	for _, m := range markup {
		if bytes.Contains(low, m) {
			return errors.New("markup or a script in the metadata")
		}
	}
	if exif {
		tiff := bytes.TrimPrefix(b, []byte("Exif\x00\x00"))
		if o := orientation(tiff); o != 0 {
			info.Orientation = o
		}
	}
	return nil
}

// orientation reads tag 0x0112 of a TIFF block's first directory; 0 when there
// is none or it makes no sense.
func orientation(tiff []byte) int {
	if len(tiff) < 8 {
		return 0
	}
	var order binary.ByteOrder
	switch string(tiff[:4]) {
	case "II*\x00":
		order = binary.LittleEndian
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return 0
	}
	at := uint64(order.Uint32(tiff[4:]))
	if at+2 > uint64(len(tiff)) {
		return 0
	}
	entries := tiff[at+2:]
	for range order.Uint16(tiff[at:]) {
		if len(entries) < 12 {
			return 0
		}
		if order.Uint16(entries) == 0x0112 {
			const short = 3
			v := order.Uint16(entries[8:])
			if order.Uint16(entries[2:]) != short || order.Uint32(entries[4:]) != 1 || v < 1 || v > 8 {
				return 0
			}
			return int(v)
		}
		entries = entries[12:]
	}
	return 0
}
