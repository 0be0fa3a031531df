// Package collect is queue song-collect: asks for the song until it is ready and keeps both takes.
//
// Ends the song's step. Only reads at the provider, so it may be repeated at
// will; files get create-once names, so a repetition after a crash finds its own.
//
// Each take is checked against the lyric, whoever sang it. A take that leaves out
// a line or two is kept, and the ad says which: a caption is only shown for what
// is sung, so the film is honest. The step fails with song.lines_missing when
// every take leaves out the whole hook, the whole call or more than a third of
// the lines: the hook is what is remembered and the call what is asked for, and
// an ad that is posted by itself cannot be taken back because it lacks them. The
// owner may retry. A line that is sung in another's place is sung: it is told,
// counts when takes are compared, and fails nothing.
package collect

import (
	"context"
	_ "embed"
	"encoding/hex"
	"fmt"
	"io"
	"time"

	"castad/shared/blob"
	"castad/shared/chaos"
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
	Get(ctx context.Context, url string, limit int64, wanted ...provider.Format) (*provider.Download, error)
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
	foreign := task.CallbackURL != "" && !call.Ours(task.CallbackURL)
	if err := call.Answer(foreign, err); err != nil {
		return made, nil, err
	}
	var files []message.Artifact
	var sung []media.Report
	for i, track := range task.Tracks {
		take, file, err := c.keep(ctx, call, i, track)
		if err != nil {
			return made, nil, err
		}
		report, err := c.listen(ctx, in.Lyric, call, track)
		if err != nil {
			return made, nil, fmt.Errorf("time take %d: %w", i+1, err)
		}
		take.Lines, take.Missing, take.Swapped = captions(report), report.Missing(), report.Swapped
		made.Takes, files, sung = append(made.Takes, take), append(files, file), append(sung, report)
	}
	if made.Chosen, err = choose(in.Lyric, sung); err != nil {
		return made, nil, fmt.Errorf("collect song %s: %w", call.ExternalID, err)
	}
	return made, files, nil
}

// keep copies one take to Blob and looks at it.
func (c collector) keep(ctx context.Context, call message.Call, n int, track provider.Track) (message.Take, message.Artifact, error) {
	name := fmt.Sprintf("runs/%v/%d-%d/take-%d", call.Run, call.Step, call.Attempt, n+1)
	var none message.Artifact
	d, err := c.downloads.Get(ctx, track.AudioURL, maxTake, provider.MP3, provider.WAV, provider.MP4)
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
	take := message.Take{ExternalID: track.ID, Blob: name, Type: info.Type, SHA256: hex.EncodeToString(kept.SHA256[:]), Bytes: kept.Bytes,
		Seconds: info.Seconds}
	hear(ctx, &take, n, object, info)
	return take, message.Artifact{Kind: fmt.Sprintf("take-%d", n+1), Blob: name, SHA256: kept.SHA256, Bytes: kept.Bytes, Type: info.Type}, nil
}
