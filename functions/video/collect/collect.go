// Package collect is queue video-collect: asks for the film until it is ready, looks at it and keeps it.
//
// Ends the video's step. A file that is not the film that was ordered (no
// H.264 or AAC, another aspect, sound and picture of unlike length) does not count
// as done.
package collect

import (
	"context"
	_ "embed"
	"encoding/hex"
	"fmt"
	"io"
	"math"
	"time"

	"castad/shared/blob"
	"castad/shared/chaos"
	"castad/shared/fault"
	"castad/shared/media"
	"castad/shared/message"
	"castad/shared/provider"
	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

// Videos runs the video step.
type Videos interface {
	Collect(ctx context.Context, w message.Wake,
		ask func(context.Context, message.VideoRender, message.Call) (message.VideoMade, []message.Artifact, error)) error
}

// Renderer reads renders.
type Renderer interface {
	Status(ctx context.Context, id string) (provider.Render, error)
}

// Downloads fetches results.
type Downloads interface {
	Get(ctx context.Context, url string, limit int64, wanted ...provider.Format) (*provider.Download, error)
}

// Files keeps files.
type Files interface {
	Keep(ctx context.Context, name, contentType string, r io.Reader, limit int64) (blob.Kept, error)
	Open(ctx context.Context, name string) (*blob.Object, error)
}

const (
	maxFilm      = 512 << 20 // Instagram's largest published limit is 1 GB, its smallest 300 MB
	maxThumbnail = 8 << 20
	// maxSkew is how unlike the lengths of sound and picture may be, in seconds.
	maxSkew = 0.05
	// maxStretch is how far a film may be from its shape: scaled sizes are whole and even pixels.
	maxStretch = 0.02
)

// shapes are the aspects that can be ordered, as width over height.
var shapes = map[string]float64{"9:16": 9.0 / 16, "1:1": 1, "16:9": 16.0 / 9}

type collector struct {
	renderer  Renderer
	downloads Downloads
	files     Files
}

// New returns the function.
func New(videos Videos, renderer Renderer, downloads Downloads, files Files) trigger.Function {
	c := collector{renderer, downloads, files}
	return trigger.Queue("video-collect", binding, trigger.Budget{Time: 240 * time.Second, Connections: 1},
		func(ctx context.Context, w message.Wake) error { return videos.Collect(ctx, w, c.ask) })
}

func (c collector) ask(ctx context.Context, in message.VideoRender, call message.Call) (message.VideoMade, []message.Artifact, error) {
	var none message.VideoMade
	if call.ExternalID == "" {
		return none, nil, message.NotYet{} // unsure, and no webhook yet
	}
	r, err := c.renderer.Status(ctx, call.ExternalID)
	foreign := r.Metadata != "" && r.Metadata != call.Tag
	if err := call.Answer(foreign, err); err != nil {
		return none, nil, err
	}
	name := fmt.Sprintf("runs/%v/%d-%d/", call.Run, call.Step, call.Attempt)
	film, err := c.keep(ctx, r.URL, name+"film", "video/mp4", maxFilm, provider.MP4)
	if err != nil {
		return none, nil, err
	}
	info, err := c.look(ctx, film, in.Aspect)
	if err != nil {
		return none, nil, err
	}
	thumbnail, err := c.keep(ctx, r.SnapshotURL, name+"thumbnail", "image/jpeg", maxThumbnail, provider.JPEG)
	if err != nil {
		return none, nil, err
	}
	made := message.VideoMade{Blob: film.Name, Thumbnail: thumbnail.Name, SHA256: hex.EncodeToString(film.SHA256[:]), Bytes: film.Bytes,
		Seconds: info.VideoSeconds, Width: info.Width, Height: info.Height}
	return made, []message.Artifact{artifact("film", film), artifact("thumbnail", thumbnail)}, nil
}

func artifact(kind string, k blob.Kept) message.Artifact {
	return message.Artifact{Kind: kind, Blob: k.Name, SHA256: k.SHA256, Bytes: k.Bytes, Type: k.Type}
}

// keep copies a result to Blob under a create-once name.
func (c collector) keep(ctx context.Context, url, name, contentType string, limit int64, wanted provider.Format) (blob.Kept, error) {
	d, err := c.downloads.Get(ctx, url, limit, wanted)
	if err != nil {
		return blob.Kept{}, fmt.Errorf("fetch %s: %w", name, err)
	}
	defer d.Body.Close()
	kept, err := c.files.Keep(ctx, name, contentType, chaos.Reader("C1", "C2", string(message.Video), d.Body), limit)
	if err != nil {
		return blob.Kept{}, fmt.Errorf("keep %s: %w", name, err)
	}
	chaos.Point("C4", string(message.Video))
	return kept, nil
}

// look probes the kept film by ranged reads.
func (c collector) look(ctx context.Context, film blob.Kept, aspect string) (media.MP4Info, error) {
	o, err := c.files.Open(ctx, film.Name)
	if err != nil {
		return media.MP4Info{}, fmt.Errorf("open %s: %w", film.Name, err)
	}
	defer o.Close()
	info, err := media.MP4(o, o.Size())
	if err == nil {
		err = judge(info, aspect)
	}
	if err != nil {
		return info, fmt.Errorf("look at %s: %w", film.Name, err)
	}
	return info, nil
}

// judge says whether a film is what was ordered. A renderer may scale it, so
// its shape counts and not its pixels.
func judge(info media.MP4Info, aspect string) error {
	refuse := func(format string, args ...any) error { return fault.Newf(fault.CodeVendorResult, format, args...) }
	shape, ok := shapes[aspect]
	if !ok {
		return fault.Newf(fault.CodeInternal, "a film of aspect %q was ordered", aspect)
	}
	stretch := float64(info.Width) / float64(info.Height) / shape
	switch {
	case info.VideoCodec != "h264" || info.AudioCodec != "aac":
		return refuse("codecs are %q and %q", info.VideoCodec, info.AudioCodec)
	case !(math.Abs(stretch-1) <= maxStretch): // also when it is not a number
		return refuse("%d×%d is not %s", info.Width, info.Height, aspect)
	case math.Abs(info.VideoSeconds-info.AudioSeconds) > maxSkew:
		return refuse("picture %.3f s, sound %.3f s", info.VideoSeconds, info.AudioSeconds)
	}
	return nil
}
