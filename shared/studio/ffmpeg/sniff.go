package ffmpeg

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
)

// Sniff returns the demuxer for a file that begins with head (at least 16
// bytes when the file has them): wav, mp3, aac, flac, ogg, mov (MP4 and M4A).
// Playlists, subtitles, images and everything else answer "": a demuxer that
// follows references is never chosen.
func Sniff(head []byte) string {
	switch {
	case len(head) >= 12 && bytes.HasPrefix(head, []byte("RIFF")) && bytes.Equal(head[8:12], []byte("WAVE")):
		return "wav"
	case len(head) >= 12 && bytes.Equal(head[4:8], []byte("ftyp")):
		return "mov"
	case bytes.HasPrefix(head, []byte("fLaC")):
		return "flac"
	case bytes.HasPrefix(head, []byte("OggS")):
		return "ogg"
	case bytes.HasPrefix(head, []byte("ID3")):
		return "mp3"
	case len(head) >= 2 && head[0] == 0xff && head[1]&0xf6 == 0xf0: // ADTS: layer bits are 00
		return "aac"
	case len(head) >= 3 && head[0] == 0xff && head[1]&0xe6 == 0xe2 && head[2]&0xf0 != 0xf0: // MPEG layer III
		return "mp3"
	}
	return ""
}

// SniffFile is Sniff on a file's first bytes; an ErrFormat when it is none of them.
func SniffFile(path string) (string, error) {
	if err := readable(path); err != nil {
		return "", err
	}
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("read input: %w", err)
	}
	defer f.Close()
	head := make([]byte, 16)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read input: %w", err)
	}
	format := Sniff(head[:n])
	if format == "" {
		return "", fmt.Errorf("input is %w", ErrFormat)
	}
	return format, nil
}
