package ad

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"

	"castad/shared/claim"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/message"
)

// order is what the engine keeps and gives back to the recipe: one revision of
// an ad, whole. What a revision leaves as it was gives the same inputs as before
// and so nothing is made again; a revision that is brought back gives its own.
type order struct {
	Ad   id.Ad `json:"ad"`
	Wish Wish  `json:"wish"`
	// Again are the steps that were asked to be made anew although nothing else has changed.
	Again again `json:"again,omitzero"`
	// Lyric is the owner's own text; nil = the writer's.
	Lyric *claim.Lyric `json:"lyric,omitempty"`
	// Captions are shown instead of lines that are sung, by the line's index.
	Captions map[int]caption `json:"captions,omitempty"`
	// Take is the owner's choice; nil = the one that sings most of the lyric.
	Take *pick `json:"take,omitempty"`
	// Photos are the film's, in order; none = those that the place had when it was collected.
	Photos []message.Photo `json:"photos,omitempty"`
	// Posted are the accounts on which the ad has been posted before this revision: it is not posted there again by itself.
	Posted []string `json:"posted,omitempty"`
	// Post: the run is that of one post of a film which is there, and the rest is nothing.
	Post *single `json:"post,omitempty"`
}

// again numbers, for each step, the revision that asked for it to be made anew.
// The number is part of the step's input: it differs from all that were made
// before, and a revision that is brought back has its own.
type again struct {
	Place int `json:"place,omitempty"`
	Lyric int `json:"lyric,omitempty"`
	Song  int `json:"song,omitempty"`
	Video int `json:"video,omitempty"`
}

// caption is what is shown while a line is sung. It holds for the line that it
// was written for: a line that has been rewritten is shown as it is.
type caption struct {
	Sung string `json:"sung"`
	Text string `json:"text"`
}

// pick is the choice of a take. It holds for the song that it was made of.
type pick struct {
	Song id.Song `json:"song"`
	Take int     `json:"take"`
}

func read(text json.RawMessage) (order, error) {
	var o order
	if err := json.Unmarshal(text, &o); err != nil {
		return o, fault.Newf(fault.CodeInternal, "read order: %w", err)
	}
	return o, nil
}

// targets are the channels that the order's run posts to.
func (o order) targets() []Channel {
	return slices.DeleteFunc(slices.Clone(o.Wish.Channels), func(c Channel) bool { return slices.Contains(o.Posted, c.Account) })
}

// chosen is the index of the song's take that the film is cut to.
func (o order) chosen(s message.SongMade) int {
	if o.Take != nil && o.Take.Song == s.Song {
		return o.Take.Take
	}
	return s.Chosen
}

// photos are the film's, of a place that has these.
func (o order) photos(place []message.Photo) []message.Photo {
	if len(o.Photos) > 0 {
		return o.Photos
	}
	return place
}

// texts are the captions that hold for a lyric, by the line's index.
func (o order) texts(l claim.Lyric) map[int]string {
	out := map[int]string{}
	for i, c := range o.Captions {
		if i >= 0 && i < len(l.Lines) && l.Lines[i].Text == c.Sung {
			out[i] = c.Text
		}
	}
	return out
}

// copied shares nothing with o that a change would write to.
func (o order) copied() order {
	o.Captions = maps.Clone(o.Captions)
	return o
}

// same says whether two orders ask for the same ad, wherever it has been posted.
func same(a, b order) (bool, error) {
	a.Posted, b.Posted = nil, nil
	x, err := json.Marshal(a)
	if err != nil {
		return false, fault.Newf(fault.CodeInternal, "write order: %w", err)
	}
	y, err := json.Marshal(b)
	if err != nil {
		return false, fault.Newf(fault.CodeInternal, "write order: %w", err)
	}
	return bytes.Equal(x, y), nil
}
