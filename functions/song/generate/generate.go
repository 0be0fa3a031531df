// Package generate is queue song-generate: the lyric goes to the music provider, a task id comes back.
//
// Writes the song's step. Calls the provider once per claim. Next: song-collect.
// Refused lyric: the step fails and the owner is told. Provider busy: due again
// later. Answer lost: settled by callback, never ordered again at once.
package generate

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"time"

	"castad/shared/claim"
	"castad/shared/message"
	"castad/shared/provider"
	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

// Songs runs the song step.
type Songs interface {
	Submit(ctx context.Context, w message.Wake,
		send func(context.Context, message.SongGenerate, message.Call) (externalID string, err error)) error
}

// Music is the music provider.
type Music interface {
	Generate(ctx context.Context, s provider.Song) (taskID string, err error)
}

// New returns the function.
func New(songs Songs, music Music) trigger.Function {
	return trigger.Queue("song-generate", binding, trigger.Budget{Time: 45 * time.Second, Connections: 1},
		func(ctx context.Context, w message.Wake) error {
			return songs.Submit(ctx, w, func(ctx context.Context, in message.SongGenerate, call message.Call) (string, error) {
				return music.Generate(ctx, order(in, call))
			})
		})
}

// order writes the lyric in the providers' notation: sections in brackets, a
// blank line between them.
func order(in message.SongGenerate, call message.Call) provider.Song {
	var text strings.Builder
	section := ""
	for _, l := range in.Lyric.Lines {
		if l.Section != section {
			if section != "" {
				text.WriteString("\n")
			}
			section = l.Section
			fmt.Fprintf(&text, "[%s]\n", heading(section))
		}
		text.WriteString(l.Text + "\n")
	}
	return provider.Song{Title: title(in.Lyric.Lines), Lyrics: text.String(), Voice: in.Voice, CallbackURL: call.CallbackURL,
		Style: fmt.Sprintf("%s, %s, %d seconds", in.Genre, in.Mood, in.Seconds)}
}

func heading(section string) string {
	switch section {
	case "hook":
		return "Hook"
	case "call":
		return "Outro"
	}
	return "Verse"
}

// title is what the provider's list calls the song, where nobody but CastAD looks: its first
// hook, else its first line. It is at most 80 characters: the smallest limit among the
// providers' models.
func title(lines []claim.Line) string {
	if len(lines) == 0 {
		return ""
	}
	of := lines[max(0, slices.IndexFunc(lines, func(l claim.Line) bool { return l.Section == "hook" }))]
	if r := []rune(of.Text); len(r) > 80 {
		return string(r[:80])
	}
	return of.Text
}
