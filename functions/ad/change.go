package ad

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"

	"castad/shared/claim"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/message"
	"castad/shared/pipeline"
)

// Change is what an owner wants to be otherwise about an ad; what is absent stays.
type Change struct {
	Title    *string   `json:"title,omitempty" max:"100"`
	Caption  *string   `json:"caption,omitempty" max:"1000"`
	Hashtags []string  `json:"hashtags,omitzero" max:"10"`
	Channels []Channel `json:"channels,omitzero" max:"4"`
	Mood     string    `json:"mood,omitempty" enum:"bright,warm,trendy,trot"`
	Genre    string    `json:"genre,omitempty" enum:"k-pop,ballad,trot,hip-hop,acoustic"`
	Voice    string    `json:"voice,omitempty" enum:"f,m"`
	Template string    `json:"template,omitempty" enum:"auto,menu,mood,news-flash,before-after,coupon,opening"`
	Aspect   string    `json:"aspect,omitempty" enum:"9:16,1:1,16:9"`
	Quality  string    `json:"quality,omitempty" enum:"final,preview"`
	// Photos of the place, in the order in which the film shows them; [] = all of them.
	Photos []id.Photo `json:"photos,omitzero" max:"30"`
	// Captions are shown instead of sung lines, by the line's index in the lyric ("0" is the first); "" = as it is sung.
	Captions map[string]string `json:"captions,omitzero" max:"60"`
	// RefreshPlace reads the place's facts and photos anew.
	RefreshPlace bool `json:"refresh_place,omitempty"`
	// Again makes steps anew although nothing else has changed.
	Again []string `json:"again,omitzero" enum:"lyric,song,video"`
	// Restore brings an earlier revision back; it is changed by itself.
	Restore int `json:"restore,omitempty" min:"0"`
}

// Edit is a change with what the functions of lyrics, songs and films add to it.
type Edit struct {
	Change
	// Text is the owner's own lyric.
	Text *message.OwnLyric `json:",omitzero"`
	// Take is the index of the take that the film is to be cut to.
	Take *int `json:",omitzero"`
	// What the edit was made for: it must be what the ad has now.
	Lyric id.Lyric `json:",omitzero"`
	Song  id.Song  `json:",omitzero"`
	Video id.Video `json:",omitzero"`
}

// present is an ad as its newest revision has left it.
type present struct {
	order    order
	revision int
	run      id.Run
	state    pipeline.RunState
	version  int
	place    message.PlaceFacts
	// lyric, song and video are nil when the newest run has not made them.
	lyric *message.LyricWritten
	song  *message.SongMade
	video *message.VideoMade
}

// material is what a change names by number and the store has looked up.
type material struct {
	photos  []message.Photo
	restore *order
	// stale: what was read from the place's page must not be used for another film; it is read anew.
	stale bool
}

// revise makes the order of the next revision. It is pure. CodeAdUnchanged
// when it would be the order that there is.
func (p present) revise(e Edit, m material) (order, error) {
	if err := p.meant(e); err != nil {
		return order{}, err
	}
	o := p.order.copied()
	if m.restore != nil {
		if !e.alone() {
			return order{}, fault.New(fault.CodeBadValue).In("restore").Wants(fault.Words{Ko: "다른 변경 없이 혼자", En: "alone, without another change"})
		}
		o = m.restore.copied()
	}
	if err := o.reword(e.Change); err != nil {
		return order{}, err
	}
	if e.Photos != nil {
		o.Photos = m.photos
	}
	for _, change := range []func(*order, Edit) error{p.caption, p.write, p.pick} {
		if err := change(&o, e); err != nil {
			return order{}, err
		}
	}
	o.anew(e.Change, p.revision+1)
	unchanged, err := same(o, p.order)
	if err == nil && unchanged && p.state != pipeline.RunFailed && p.state != pipeline.RunCancelled {
		err = fault.New(fault.CodeAdUnchanged)
	}
	if m.stale {
		o.Again.Place = p.revision + 1
	}
	return o, err
}

// alone says that an edit is nothing but its Restore.
func (e Edit) alone() bool {
	e.Restore = 0
	return reflect.DeepEqual(e, Edit{})
}

// meant refuses an edit of what the ad no longer has.
func (p present) meant(e Edit) error {
	switch {
	case e.Lyric != 0 && (p.lyric == nil || p.lyric.Lyric != e.Lyric):
		return fault.Newf(fault.CodeStale, "edit %v: the ad has another lyric now", e.Lyric)
	case e.Song != 0 && (p.song == nil || p.song.Song != e.Song):
		return fault.Newf(fault.CodeStale, "edit %v: the ad has another song now", e.Song)
	case e.Video != 0 && (p.video == nil || p.video.Video != e.Video):
		return fault.Newf(fault.CodeStale, "edit %v: the ad has another film now", e.Video)
	}
	return nil
}

// reword changes the wish.
func (o *order) reword(c Change) error {
	w := &o.Wish
	if c.Title != nil {
		w.Title = *c.Title
	}
	if c.Caption != nil {
		w.Caption = *c.Caption
	}
	if c.Hashtags != nil {
		w.Hashtags = c.Hashtags
	}
	if c.Channels != nil {
		w.Channels = c.Channels
	}
	for _, f := range []struct {
		to   *string
		from string
	}{{&w.Mood, c.Mood}, {&w.Genre, c.Genre}, {&w.Voice, c.Voice}, {&w.Template, c.Template}, {&w.Aspect, c.Aspect}, {&w.Quality, c.Quality}} {
		if f.from != "" {
			*f.to = f.from
		}
	}
	return w.Validate()
}

// anew notes which steps are to be made anew in this revision.
func (o *order) anew(c Change, revision int) {
	if c.RefreshPlace {
		o.Again.Place = revision
	}
	for _, step := range c.Again {
		switch step {
		case "lyric":
			o.Again.Lyric, o.Lyric = revision, nil
		case "song":
			o.Again.Song = revision
		case "video":
			o.Again.Video = revision
		}
	}
}

// caption puts the captions into the order, checked against the facts there are.
func (p present) caption(o *order, e Edit) error {
	for key, text := range e.Captions {
		field := "captions." + key
		i, err := strconv.Atoi(key)
		if err != nil || p.lyric == nil || i < 0 || i >= len(p.lyric.Text.Lines) || key != strconv.Itoa(i) {
			return fault.Newf(fault.CodeBadValue, "no such line").In(field).Wants(fault.Words{Ko: "0부터 센 가사 줄의 번호", En: "the number of a line of the lyric, from 0"})
		}
		if len([]rune(text)) > claim.MaxLine {
			return fault.Newf(fault.CodeBadValue, "longer than %d characters", claim.MaxLine).In(field).Wants(fault.AtMost(claim.MaxLine, fault.Characters))
		}
		line := p.lyric.Text.Lines[i]
		if text == "" || text == line.Text {
			delete(o.Captions, i)
			continue
		}
		if _, err := captioned(p.place.Facts, p.lyric.Text, message.Take{}, map[int]string{i: text}); err != nil {
			return err
		}
		if o.Captions == nil {
			o.Captions = map[int]caption{}
		}
		o.Captions[i] = caption{Sung: line.Text, Text: text}
	}
	if len(o.Captions) == 0 {
		o.Captions = nil
	}
	return nil
}

// write puts the owner's own lyric into the order.
func (p present) write(o *order, e Edit) error {
	if e.Text == nil {
		return nil
	}
	if p.lyric == nil {
		return fault.Newf(fault.CodeConflict, "there is no lyric to rewrite")
	}
	text, err := rewritten(*e.Text, p.place.Facts, p.lyric.Text)
	if err != nil {
		return err
	}
	if !sameLyric(text, p.lyric.Text) {
		o.Lyric = &text
	}
	return nil
}

func sameLyric(a, b claim.Lyric) bool {
	return a.Title == b.Title && slices.EqualFunc(a.Lines, b.Lines, func(x, y claim.Line) bool {
		return x.Section == y.Section && x.Text == y.Text && slices.Equal(x.Facts, y.Facts)
	})
}

// pick puts the choice of a take into the order.
func (p present) pick(o *order, e Edit) error {
	if e.Take == nil {
		return nil
	}
	if p.song == nil || *e.Take < 0 || *e.Take >= len(p.song.Takes) {
		return fault.Newf(fault.CodeBadValue, "no such take").In("take").Wants(fault.Words{Ko: "0부터 센 노래(take)의 번호", En: "the number of a take, from 0"})
	}
	if o.chosen(*p.song) != *e.Take {
		o.Take = &pick{Song: p.song.Song, Take: *e.Take}
	}
	return nil
}

// check refuses what no present state could allow.
func (c Change) check() error {
	seen := map[id.Photo]bool{}
	for i, p := range c.Photos {
		if p == 0 || seen[p] {
			return fault.New(fault.CodeBadValue).In(fmt.Sprintf("photos[%d]", i)).Wants(fault.Words{Ko: "사진마다 한 번", En: "each photo once"})
		}
		seen[p] = true
	}
	return nil
}
