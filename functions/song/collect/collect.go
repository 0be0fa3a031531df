// Package collect is queue song-collect: asks for the song until it is ready and keeps both takes.
//
// Ends the song's step. Only reads at the provider, so it may be repeated at
// will; files get create-once names, so a repetition after a crash finds its own.
package collect

import (
	"context"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
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

// Songs runs the song step.
type Songs interface {
	Collect(ctx context.Context, w message.Wake,
		ask func(context.Context, message.SongGenerate, message.Call) (message.SongMade, []message.Artifact, error)) error
}

// Music is the music provider.
type Music interface {
	Task(ctx context.Context, taskID string) (provider.SongTask, error)
	Words(ctx context.Context, taskID, trackID string) ([]provider.Word, error)
}

// Downloads fetches results.
type Downloads interface {
	Get(ctx context.Context, url string, limit int64) (*provider.Download, error)
}

// Files keeps files.
type Files interface {
	Keep(ctx context.Context, name, contentType string, r io.Reader, limit int64) (blob.Kept, error)
	Open(ctx context.Context, name string) (*blob.Object, error)
}

// maxTake bounds a take: eight minutes of MP3 at 320 kbit/s and some.
const maxTake = 32 << 20

type collector struct {
	music     Music
	downloads Downloads
	files     Files
}

// New returns the function.
func New(songs Songs, music Music, downloads Downloads, files Files) trigger.Function {
	c := collector{music, downloads, files}
	return trigger.Queue("song-collect", binding, trigger.Budget{Time: 120 * time.Second, Connections: 1},
		func(ctx context.Context, w message.Wake) error { return songs.Collect(ctx, w, c.ask) })
}

func (c collector) ask(ctx context.Context, in message.SongGenerate, call message.Call) (message.SongMade, []message.Artifact, error) {
	var made message.SongMade
	if call.ExternalID == "" {
		return made, nil, message.NotYet{} // unsure, and no callback yet
	}
	task, err := c.music.Task(ctx, call.ExternalID)
	if call.Unsure {
		var later message.NotYet
		var absent message.Absent
		switch {
		case task.CallbackURL != "" && !call.Ours(task.CallbackURL):
			return made, nil, message.NotYet{} // a job, but not ours: keep waiting for our own
		case errors.As(err, &absent):
			return made, nil, message.NotYet{} // the id was a callback's claim: that it is wrong proves nothing about our order
		case errors.As(err, &later):
			later.ExternalID = call.ExternalID // ours, or told by who knows the call's token
			return made, nil, later
		}
	}
	if err != nil {
		return made, nil, err
	}
	var files []message.Artifact
	for i, track := range task.Tracks {
		take, file, err := c.keep(ctx, in, call, i, track)
		if err != nil {
			return made, nil, err
		}
		made.Takes, files = append(made.Takes, take), append(files, file)
	}
	made.Chosen = choose(made.Takes)
	if made.Chosen < 0 {
		return made, nil, fault.Newf(fault.CodeVendorResult, "collect song %s: no take sings the lyric", call.ExternalID)
	}
	return made, files, nil
}

// keep copies one take to Blob, looks at it, and times its lines.
func (c collector) keep(ctx context.Context, in message.SongGenerate, call message.Call, n int, track provider.Track) (message.Take, message.Artifact, error) {
	name := fmt.Sprintf("runs/%v/%d-%d/take-%d", call.Run, call.Step, call.Attempt, n+1)
	var none message.Artifact
	d, err := c.downloads.Get(ctx, track.AudioURL, maxTake)
	if err != nil {
		return message.Take{}, none, fmt.Errorf("fetch take %d: %w", n+1, err)
	}
	kept, err := c.files.Keep(ctx, name, "audio/mpeg", chaos.Reader("C1", "C2", string(message.Song), d.Body), maxTake)
	_ = d.Body.Close() // read to its end or given up; either way nothing is left to know
	if err != nil {
		return message.Take{}, none, fmt.Errorf("keep take %d: %w", n+1, err)
	}
	chaos.Point("C4", string(message.Song))
	object, err := c.files.Open(ctx, name)
	if err != nil {
		return message.Take{}, none, fmt.Errorf("open take %d: %w", n+1, err)
	}
	defer object.Close()
	info, err := media.Audio(object, object.Size())
	if err != nil {
		return message.Take{}, none, fmt.Errorf("look at take %d: %w", n+1, err)
	}
	words, err := c.music.Words(ctx, call.ExternalID, track.ID)
	if err != nil {
		return message.Take{}, none, fmt.Errorf("time take %d: %w", n+1, err)
	}
	lines, err := times(in, words)
	if err != nil {
		return message.Take{}, none, fmt.Errorf("time take %d: %w", n+1, err)
	}
	take := message.Take{ExternalID: track.ID, Blob: name, Type: info.Type, SHA256: hex.EncodeToString(kept.SHA256[:]), Bytes: kept.Bytes,
		Seconds: info.Seconds, Lines: lines}
	return take, message.Artifact{Kind: fmt.Sprintf("take-%d", n+1), Blob: name, SHA256: kept.SHA256, Bytes: kept.Bytes, Type: info.Type}, nil
}

// times says when each line is sung; a line that is not sung gets no time and so no caption.
func times(in message.SongGenerate, words []provider.Word) ([]message.LineTime, error) {
	lines := make([]string, len(in.Lyric.Lines))
	for i, l := range in.Lyric.Lines {
		lines[i] = l.Text
	}
	timed := make([]media.Word, len(words))
	for i, w := range words {
		timed[i] = media.Word(w)
	}
	aligned, err := media.Lines(lines, timed)
	if err != nil {
		return nil, err
	}
	var out []message.LineTime
	for _, l := range aligned {
		if l.Sung() {
			out = append(out, message.LineTime{Text: l.Text, Start: l.Start, End: l.End})
		}
	}
	return out, nil
}

// choose takes the take that sings the most lines, the first of equals; -1 when none sings.
func choose(takes []message.Take) int {
	best, most := -1, 0
	for i, t := range takes {
		if len(t.Lines) > most {
			best, most = i, len(t.Lines)
		}
	}
	return best
}
