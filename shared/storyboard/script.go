package storyboard

import (
	"math"
	"slices"

	"castad/shared/fault"
	"castad/shared/message"
	cm "castad/shared/provider/creatomate"
)

const (
	fadeAway     = 0.8     // seconds in which the song ends
	previewScale = 1.0 / 3 // of a preview: 360 pixels on the shorter side
)

// Linker makes an address under which the renderer fetches a file.
type Linker func(blobName string) (string, error)

// Script cuts a film to the song: moving pictures, the name at the start, a
// caption for each sung line, what the template shows of the facts, a card with
// address, hours, number and QR code at the end, and the AI label from the first
// frame to the last.
func Script(in message.VideoRender, link Linker) (cm.Script, error) {
	t, f, err := choices(in)
	if err != nil {
		return cm.Script{}, err
	}
	b := &board{content: contentOf(in), frame: f, pal: colours(in, t.colors), time: plan(in, t.pace), photos: len(in.Photos)}
	if err := b.usable(in); err != nil {
		return cm.Script{}, err
	}
	if b.content.link != "" {
		if b.code, err = f.codeOf(b.content.link, qrMost); err != nil {
			return cm.Script{}, err
		}
	}
	song, err := link(in.Take.Blob)
	if err != nil {
		return cm.Script{}, err
	}
	if b.sources, err = sourcesOf(in.Photos, link); err != nil {
		return cm.Script{}, err
	}
	look := t.caption(b) // first: shades and bars lie under the cards
	t.title(b)
	t.middle(b)
	b.captions(in.Take.Lines, look)
	if b.time.card.length() > 0 {
		b.closing(t.card(b))
	}
	s := cm.Script{OutputFormat: cm.MP4, Width: f.px, Height: f.py, FrameRate: frameRate, Duration: cm.Num(b.time.length),
		FillColor: b.pal.ink.hex(), Elements: b.elements(b.pictures(t), song)} // no snapshot_time: the renderer looks for the best frame
	if in.Quality == "preview" {
		s.RenderScale = previewScale
	}
	return s, nil
}

// choices are the template and the frame that are asked for.
func choices(in message.VideoRender) (template, frame, error) {
	name := in.Template
	if name == "" || name == "auto" {
		name = choose(in.Facts)
	}
	t, err := templateOf(name)
	if err != nil {
		return t, frame{}, err
	}
	f, err := frameOf(in.Aspect)
	if t.zones != nil {
		f = t.zones(f)
	}
	return t, f, err
}

// usable says whether there is a film in what was given.
func (b *board) usable(in message.VideoRender) error {
	switch {
	case b.time.length < shortest:
		return fault.Newf(fault.CodeVendorResult, "cut a film: the song is %.3f s long", in.Take.Seconds)
	case len(in.Photos) == 0:
		return fault.New(fault.CodeNoPhotos)
	case b.name == "":
		return fault.Newf(fault.CodeBadValue, "cut a film: nothing of the name %q can be drawn", clip(in.Name)).In("name")
	}
	return nil
}

// elements puts everything in drawing order on its track.
func (b *board) elements(pictures []placed, song string) []cm.Element {
	drawn := stack(pictures, slices.Concat(b.images, b.shapes, b.words, []placed{b.disclosure()}))
	audio := cm.Element{Type: cm.TypeAudio, Track: drawn[len(drawn)-1].Track + 1, Time: cm.Num(0), Duration: cm.Num(b.time.length), Source: song,
		TrimDuration: cm.Num(b.time.length), AudioFadeOut: cm.Num(math.Min(fadeAway, b.time.length/2))}
	return append(drawn, audio)
}
