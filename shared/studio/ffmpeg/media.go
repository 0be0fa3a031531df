package ffmpeg

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/big"
	"path/filepath"
	"strconv"
	"time"
)

// Media is what ffprobe says about a file.
type Media struct {
	Format  string  // "mov,mp4,m4a,3gp,3g2,mj2"
	Seconds float64 // the longest stream's
	Bytes   int64
	Streams []Stream
}

// Stream is one stream of a file.
type Stream struct {
	Kind     string  // "video" or "audio"
	Codec    string  // "h264", "aac"
	Profile  string  // "High"
	PixFmt   string  // "yuv420p"
	Width    int     // pixels; video only
	Height   int     // pixels; video only
	Rate     float64 // frames per second (video) or samples per second (audio)
	Channels int     // audio only
	Seconds  float64 // 0 when the container does not say
	Frames   int     // 0 when the container does not say
}

// Video returns the first video stream, or nil.
func (m *Media) Video() *Stream { return m.first("video") }

// Audio returns the first audio stream, or nil.
func (m *Media) Audio() *Stream { return m.first("audio") }

func (m *Media) first(kind string) *Stream {
	for i := range m.Streams {
		if m.Streams[i].Kind == kind {
			return &m.Streams[i]
		}
	}
	return nil
}

const (
	probeLimit  = 20 * time.Second
	frameLimit  = 30 * time.Second
	encodeLimit = 2 * time.Minute
)

// Probe reads a file's streams. The file must be of a format that Sniff knows.
func Probe(ctx context.Context, path string) (Media, error) {
	format, err := SniffFile(path)
	if err != nil {
		return Media{}, fmt.Errorf("probe: %w", err)
	}
	var out bytes.Buffer
	args := []string{"-hide_banner", "-loglevel", "error", "-max_alloc", strconv.Itoa(maxAlloc), "-protocol_whitelist", "file",
		"-f", format, "-show_format", "-show_streams", "-of", "json", "file:" + path}
	p := program{name: "ffprobe", dir: filepath.Dir(path), args: args, stdout: &out, limit: probeLimit}
	if _, err := p.run(ctx); err != nil {
		return Media{}, err
	}
	var said probed
	if err := json.Unmarshal(out.Bytes(), &said); err != nil {
		return Media{}, fmt.Errorf("read ffprobe's answer: %w", err)
	}
	return said.media()
}

// probed is ffprobe's JSON; it writes most numbers as strings.
type probed struct {
	Format struct {
		Name     string `json:"format_name"`
		Duration string `json:"duration"`
		Size     string `json:"size"`
	} `json:"format"`
	Streams []struct {
		Kind     string `json:"codec_type"`
		Codec    string `json:"codec_name"`
		Profile  string `json:"profile"`
		PixFmt   string `json:"pix_fmt"`
		Width    int    `json:"width"`
		Height   int    `json:"height"`
		Rate     string `json:"avg_frame_rate"`
		Samples  string `json:"sample_rate"`
		Channels int    `json:"channels"`
		Duration string `json:"duration"`
		Frames   string `json:"nb_frames"`
	} `json:"streams"`
}

func (p *probed) media() (Media, error) {
	m := Media{Format: p.Format.Name, Seconds: number(p.Format.Duration), Bytes: int64(number(p.Format.Size))}
	for _, s := range p.Streams {
		st := Stream{Kind: s.Kind, Codec: s.Codec, Profile: s.Profile, PixFmt: s.PixFmt, Width: s.Width, Height: s.Height,
			Channels: s.Channels, Seconds: number(s.Duration), Frames: int(number(s.Frames)), Rate: number(s.Samples)}
		if s.Kind == "video" {
			st.Rate = number(s.Rate)
		}
		m.Streams = append(m.Streams, st)
	}
	if len(m.Streams) == 0 {
		return Media{}, fmt.Errorf("probe: no streams")
	}
	return m, nil
}

// number reads "12.5" and "30000/1001"; anything else ("N/A", "0/0") is 0.
func number(s string) float64 {
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		return 0
	}
	f, _ := r.Float64()
	return f
}

// EncodeMP3 encodes a WAV file as MP3 (LAME, 192 kbit/s, 44.1 kHz stereo). Both
// paths are absolute; mp3's folder is the work folder.
func EncodeMP3(ctx context.Context, wav, mp3 string) error {
	_, err := Run(ctx, Spec{
		Dir:    filepath.Dir(mp3),
		Inputs: []Input{{Path: wav, Format: "wav"}},
		Outputs: []Output{{Path: mp3, Format: "mp3", Options: []string{"-map", "0:a:0", "-c:a", "libmp3lame", "-b:a", "192k",
			"-ar", "44100", "-ac", "2", "-map_metadata", "-1", "-fflags", "+bitexact"}}},
		Limit: encodeLimit,
	})
	if err != nil {
		return fmt.Errorf("encode mp3: %w", err)
	}
	return nil
}

// Frame writes the video's picture at the given time as a JPEG. Both paths are
// absolute; jpg's folder is the work folder. A time past the end is an error.
func Frame(ctx context.Context, video string, at time.Duration, jpg string) error {
	_, err := Run(ctx, Spec{
		Dir:    filepath.Dir(jpg),
		Inputs: []Input{{Path: video, Options: []string{"-ss", seconds(at)}}},
		Outputs: []Output{{Path: jpg, Format: "image2", Options: []string{"-map", "0:v:0", "-frames:v", "1", "-update", "1",
			"-c:v", "mjpeg", "-q:v", "3", "-pix_fmt", "yuvj420p"}}},
		Limit: frameLimit,
	})
	if err != nil {
		return fmt.Errorf("take frame at %v: %w", at, err)
	}
	return nil
}

func seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 6, 64) }
