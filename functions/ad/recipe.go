package ad

import (
	"encoding/json"
	"slices"

	"castad/shared/claim"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/message"
	"castad/shared/pipeline"
)

// order is what the engine keeps and gives back to the recipe.
type order struct {
	Ad   id.Ad `json:"ad"`
	Wish Wish  `json:"wish"`
	// Post: the run is that of one post only, and the wish is none.
	Post *posted `json:"post,omitempty"`
}

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
	for i, c := range o.Wish.Channels {
		plans = append(plans, pipeline.Plan{No: stepPublish + i, After: stepVideo, Kind: message.Publish, Policy: pipeline.Once, Provider: c.Channel})
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
		return message.PlaceCollect{Place: o.Wish.Place}, nil
	}
	place, err := output[message.PlaceFacts](outputs, stepPlace)
	if err != nil {
		return nil, err
	}
	w := o.Wish
	if step.Kind == message.Lyric {
		if len(place.Photos) == 0 {
			return nil, fault.New(fault.CodeNoPhotos)
		}
		return message.LyricWrite{Brief: claim.Brief{Facts: singable(place.Facts), Language: w.Language, Mood: w.Mood, Seconds: w.Seconds}}, nil
	}
	lyric, err := output[message.LyricWritten](outputs, stepLyric)
	if err != nil {
		return nil, err
	}
	if step.Kind == message.Song {
		return message.SongGenerate{Lyric: lyric.Text, Genre: w.Genre, Mood: w.Mood, Voice: w.Voice, Seconds: w.Seconds}, nil
	}
	song, err := output[message.SongMade](outputs, stepSong)
	if err != nil {
		return nil, err
	}
	if song.Chosen < 0 || song.Chosen >= len(song.Takes) {
		return nil, fault.Newf(fault.CodeInternal, "make input: take %d of %d", song.Chosen, len(song.Takes))
	}
	if step.Kind == message.Video {
		return message.VideoRender{Name: place.Name, Facts: place.Facts, Title: lyric.Text.Title, Photos: place.Photos,
			Take: song.Takes[song.Chosen], Aspect: w.Aspect, Template: w.Template, Quality: w.Quality,
			Seconds: w.Seconds, Language: w.Language}, nil
	}
	video, err := output[message.VideoMade](outputs, stepVideo)
	if err != nil {
		return nil, err
	}
	if n := step.No - stepPublish; step.Kind == message.Publish && n >= 0 && n < len(w.Channels) {
		return publish(o, w.Channels[n], place, video)
	}
	return nil, fault.Newf(fault.CodeInternal, "make input: no step %d of kind %s", step.No, step.Kind)
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
	title, caption := place.Name, o.Wish.Caption
	var area string
	for _, f := range place.Facts {
		if f.Kind == claim.Area {
			area = f.Text
		}
	}
	if area != "" {
		title += " | " + area
	}
	if caption == "" {
		caption = title
	}
	privacy := c.Privacy
	preset(&privacy, "public")
	return message.SnsPublish{Ad: o.Ad, Channel: c.Channel, Account: account, Title: title, Caption: caption,
		Hashtags: o.Wish.Hashtags, Privacy: privacy, MadeForKids: c.MadeForKids, Blob: video.Blob, Thumbnail: video.Thumbnail, Bytes: video.Bytes, SHA256: video.SHA256}, nil
}

func read(text json.RawMessage) (order, error) {
	var o order
	if err := json.Unmarshal(text, &o); err != nil {
		return o, fault.Newf(fault.CodeInternal, "read order: %w", err)
	}
	return o, nil
}

func output[T any](outputs map[int]json.RawMessage, step int) (T, error) {
	var out T
	if err := json.Unmarshal(outputs[step], &out); err != nil {
		return out, fault.Newf(fault.CodeInternal, "read output of step %d: %w", step, err)
	}
	return out, nil
}
