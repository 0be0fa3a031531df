package provider

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// Format is a kind of file, told by its first bytes: what a vendor's header calls
// it is a claim, and a sign-in page may well be called audio/mpeg.
type Format string

// The formats.
const (
	MP3  Format = "mp3"
	WAV  Format = "wav"
	MP4  Format = "mp4" // films, and songs as M4A
	JPEG Format = "jpeg"
	PNG  Format = "png"
	WebP Format = "webp"
)

// headBytes is how much of a file is looked at: what net/http's own detection takes.
const headBytes = 512

// formatOf returns the format of a file that begins with head, "" when it is none of ours.
func formatOf(head []byte) Format {
	at := func(i int, magic string) bool {
		return len(head) >= i+len(magic) && string(head[i:i+len(magic)]) == magic
	}
	switch {
	case at(0, "ID3"), len(head) > 1 && head[0] == 0xFF && head[1]&0xE6 == 0xE2: // a tag, or a frame of layer III
		return MP3
	case at(0, "RIFF") && at(8, "WAVE"):
		return WAV
	case at(4, "ftyp"):
		return MP4
	case at(0, "\xFF\xD8\xFF"):
		return JPEG
	case at(0, "\x89PNG\r\n\x1a\n"):
		return PNG
	case at(0, "RIFF") && at(8, "WEBP"):
		return WebP
	}
	return ""
}

// fits says why a file that begins with head is none of the wanted formats.
func fits(head []byte, wanted []Format) error {
	got := formatOf(head)
	if slices.Contains(wanted, got) {
		return nil
	}
	what := string(got)
	if what == "" {
		what, _, _ = strings.Cut(http.DetectContentType(head), ";")
		if strings.HasPrefix(string(head), "#EXTM3U") {
			what = "a playlist"
		}
	}
	return fmt.Errorf("it begins like %s, not like %v", what, wanted)
}
