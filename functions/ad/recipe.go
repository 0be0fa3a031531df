package ad

import (
	"encoding/json"
	"slices"

	"castad/shared/claim"
	"castad/shared/fault"
	"castad/shared/message"
	"castad/shared/pipeline"
)

// Providers names the providers in use, for the ledger of calls.
type Providers struct{ Lyric, Song, Video string }

// Costs are the prices reserved for each step, in won.
type Costs struct{ Lyric, Song, Video int }

// Recipe makes steps and their inputs from an order. It is pure.
type Recipe struct {
	Providers Providers
	Costs     Costs
}

// The steps every ad has; publish steps follow, one for each channel.
const (
	stepPlace   = 1
	stepLyric   = 2
	stepSong    = 3
	stepVideo   = 4
	stepPublish = 5
)

// Steps implements pipeline.Recipe.
func (r Recipe) Steps(text json.RawMessage) ([]pipeline.Plan, error) {
	o, err := read(text)
	if err != nil {
		return nil, err
	}
	if o.Post != nil {
		return o.Post.plans(), nil
	}
	plans := []pipeline.Plan{
		{No: stepPlace, Kind: message.Place, Policy: pipeline.Free, Provider: "castad"},
		{No: stepLyric, After: stepPlace, Kind: message.Lyric, Policy: pipeline.Free, Provider: r.Providers.Lyric, CostWon: r.Costs.Lyric},
		{No: stepSong, After: stepLyric, Kind: message.Song, Policy: pipeline.Paid, Provider: r.Providers.Song, CostWon: r.Costs.Song},
		{No: stepVideo, After: stepSong, Kind: message.Video, Policy: pipeline.Paid, Provider: r.Providers.Video, CostWon: r.Costs.Video},
	}
	if o.Lyric != nil { // nobody is asked to write
		plans[1].Provider, plans[1].CostWon = "castad", 0
	}
	for i := range plans {
		plans[i].Reuse = true
	}
	for i, c := range o.targets() {
		plans = append(plans, pipeline.Plan{No: stepPublish + i, After: stepVideo, Kind: message.Publish, Policy: pipeline.Once, Provider: c.Channel,
			Hold: o.Wish.Publish == "approve"})
	}
	return plans, nil
}

// Input implements pipeline.Recipe.
func (r Recipe) Input(text json.RawMessage, step pipeline.Plan, outputs map[int]json.RawMessage) (any, error) {
	o, err := read(text)
	if err != nil {
		return nil, err
	}
	if o.Post != nil {
		return o.Post.input(step)
	}
	if step.Kind == message.Place {
		return message.PlaceCollect{Place: o.Wish.Place, Version: o.Again.Place}, nil
	}
	place, err := output[message.PlaceFacts](outputs, stepPlace)
	if err != nil {
		return nil, err
	}
	if step.Kind == message.Lyric {
		return write(o, place)
	}
	lyric, err := output[message.LyricWritten](outputs, stepLyric)
	if err != nil {
		return nil, err
	}
	if step.Kind == message.Song {
		return sing(o, lyric.Text), nil
	}
	song, err := output[message.SongMade](outputs, stepSong)
	if err != nil {
		return nil, err
	}
	if step.Kind == message.Video {
		return render(o, place, lyric.Text, song)
	}
	video, err := output[message.VideoMade](outputs, stepVideo)
	if err != nil {
		return nil, err
	}
	to := o.targets()
	if n := step.No - stepPublish; step.Kind == message.Publish && n >= 0 && n < len(to) {
		return publish(o, to[n], place, video)
	}
	return nil, fault.Newf(fault.CodeInternal, "make input: no step %d of kind %s", step.No, step.Kind)
}

// write is the brief for a lyric, or the owner's own text, which is only held
// against the facts.
func write(o order, place message.PlaceFacts) (any, error) {
	if len(o.photos(place.Photos)) == 0 {
		return nil, fault.New(fault.CodeNoPhotos)
	}
	w := o.Wish
	facts := singable(place.Facts)
	if o.Lyric != nil {
		return message.LyricWrite{Brief: claim.Brief{Facts: facts, Language: w.Language}, Given: o.Lyric}, nil
	}
	return message.LyricWrite{Brief: claim.Brief{Facts: facts, Language: w.Language, Mood: w.Mood, Seconds: w.Seconds}, Version: o.Again.Lyric}, nil
}

// sing is what the singer is given. The title and what the lines rest on are left out: they
// are not sung, and a lyric that is only called or traced otherwise is the same song.
func sing(o order, l claim.Lyric) message.SongGenerate {
	w := o.Wish
	l.Title, l.Lines = "", slices.Clone(l.Lines)
	for i := range l.Lines {
		l.Lines[i].Facts = nil
	}
	return message.SongGenerate{Lyric: l, Genre: w.Genre, Mood: w.Mood, Voice: w.Voice, Seconds: w.Seconds, Version: o.Again.Song}
}

// render is the film's script: the chosen take, shown as the owner captioned it.
func render(o order, place message.PlaceFacts, l claim.Lyric, song message.SongMade) (any, error) {
	n := o.chosen(song)
	if n < 0 || n >= len(song.Takes) {
		return nil, fault.Newf(fault.CodeInternal, "make input: take %d of %d", n, len(song.Takes))
	}
	take, err := captioned(place.Facts, l, song.Takes[n], o.texts(l))
	if err != nil { // the facts have changed since the caption was written
		return nil, fault.Newf(fault.CodeOwnWords, "make input: %w", err)
	}
	w := o.Wish
	return message.VideoRender{Name: place.Name, Facts: place.Facts, Photos: o.photos(place.Photos),
		Take: take, Aspect: w.Aspect, Template: w.Template, Quality: w.Quality,
		Seconds: w.Seconds, Language: w.Language, Version: o.Again.Video}, nil
}

// singable leaves out the facts that are shown and never sung: no writer is
// tempted to spell out a web address or the number in a colour.
func singable(facts []claim.Fact) []claim.Fact {
	return slices.DeleteFunc(slices.Clone(facts), func(f claim.Fact) bool { return f.Kind == claim.Link || f.Kind == claim.Color })
}

// publish is the post to one channel: the owner's caption, else one from the facts.
func publish(o order, c Channel, place message.PlaceFacts, video message.VideoMade) (any, error) {
	account, err := c.account()
	if err != nil { // an order from before accounts were connected
		return nil, fault.Newf(fault.CodeReconnect, "make input: %w", err)
	}
	title, caption := o.Wish.Title, o.Wish.Caption
	preset(&title, message.Heading(place.Name, place.Facts))
	preset(&caption, title)
	privacy := c.Privacy
	preset(&privacy, "public")
	return message.SnsPublish{Ad: o.Ad, Channel: c.Channel, Account: account, Title: title, Caption: caption,
		Hashtags: o.Wish.Hashtags, Privacy: privacy, MadeForKids: c.MadeForKids, Blob: video.Blob, Thumbnail: video.Thumbnail, Bytes: video.Bytes, SHA256: video.SHA256, Video: video.Video,
		Wide: video.Width > video.Height}, nil
}

func output[T any](outputs map[int]json.RawMessage, step int) (T, error) {
	var out T
	if err := json.Unmarshal(outputs[step], &out); err != nil {
		return out, fault.Newf(fault.CodeInternal, "read output of step %d: %w", step, err)
	}
	return out, nil
}
