// Package write is queue lyric-write: the facts go to the chat provider, a checked lyric comes back.
//
// Ends the lyric step. An owner's own text is only held against the facts: nobody is
// called. Else calls the provider once per claim, and once more, with the reasons, when the first lyric claims what no fact supports. Refused or unsupported twice: the
// step fails and the owner is told. Provider busy: due again later.
package write

import (
	"context"
	_ "embed"
	"strings"
	"time"

	"castad/shared/claim"
	"castad/shared/fault"
	"castad/shared/message"
	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

// Lyrics runs the lyric step.
type Lyrics interface {
	Write(ctx context.Context, w message.Wake,
		write func(context.Context, message.LyricWrite, message.Call) (message.LyricWritten, error)) error
}

// Writer writes a lyric for a brief.
type Writer interface {
	Write(ctx context.Context, b claim.Brief) (claim.Lyric, error)
}

// New returns the function.
func New(lyrics Lyrics, writer Writer) trigger.Function {
	return trigger.Queue("lyric-write", binding, trigger.Budget{Time: 90 * time.Second, Connections: 1},
		func(ctx context.Context, w message.Wake) error {
			return lyrics.Write(ctx, w, func(ctx context.Context, in message.LyricWrite, _ message.Call) (message.LyricWritten, error) {
				text, err := lyric(ctx, writer, in)
				return message.LyricWritten{Text: text}, err
			})
		})
}

// lyric is the owner's own text, or one that is written.
func lyric(ctx context.Context, writer Writer, in message.LyricWrite) (claim.Lyric, error) {
	if in.Given == nil {
		return checked(ctx, writer, in.Brief)
	}
	return *in.Given, held(in.Brief.Facts, *in.Given)
}

// held refuses an owner's text that claims too much. It has been checked when it
// came, but the facts may have changed since.
func held(facts []claim.Fact, text claim.Lyric) error {
	if problems := claim.Check(facts, text); len(problems) > 0 {
		return fault.Newf(fault.CodeOwnWords, "the owner's lyric is refused: %s", problems[0])
	}
	return nil
}

// checked asks for a lyric, and once more with the reasons when it claims too
// much. What can be repaired without changing the words is repaired first
// (claim.Mend): a forgotten citation is no reason to pay for another lyric.
func checked(ctx context.Context, writer Writer, b claim.Brief) (claim.Lyric, error) {
	for range 2 {
		text, err := writer.Write(ctx, b)
		if err != nil {
			return claim.Lyric{}, err
		}
		text = claim.Mend(b.Facts, text)
		problems := claim.Check(b.Facts, text)
		if len(problems) == 0 {
			return text, nil
		}
		b.Problems = nil
		for _, p := range problems {
			b.Problems = append(b.Problems, p.String())
		}
	}
	return claim.Lyric{}, fault.Newf(fault.CodeClaim, "lyric refused twice: %s", strings.Join(b.Problems, "; "))
}
