// Package ad is the order itself: an owner's wish about a place becomes a run
// of steps, and its progress and result are read here.
//
// Tables: ads, ad_revisions, event_tickets (writes); reads the pipeline's. Queues:
// none of its own. The recipe in this package is the only place that knows which
// steps an ad has and what each is given.
//
// # Revisions
//
// An edit is a new revision with a run of its own: the whole order as it is to be.
// A step whose input is what it was before is not done again (package pipeline),
// so that an edit costs what it changes and going back costs nothing. A run that is
// under way cannot be edited; what awaits approval can, and is superseded. An edit never
// posts where the ad has been posted before.
package ad

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"
	"time"

	"castad/shared/claim"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/message"
	"castad/shared/pipeline"
)

// Wish is what an owner orders.
type Wish struct {
	Place id.Place `json:"place" required:"true"`
	// Language of the lyrics and labels.
	Language string `json:"language,omitempty" enum:"ko,en"`
	Mood     string `json:"mood,omitempty" enum:"bright,warm,trendy,trot"`
	Genre    string `json:"genre,omitempty" enum:"k-pop,ballad,trot,hip-hop,acoustic"`
	// Voice is "f" or "m".
	Voice string `json:"voice,omitempty" enum:"f,m"`
	// Seconds is the length of the ad: 15, 30 or 60.
	Seconds int    `json:"seconds,omitempty"`
	Aspect  string `json:"aspect,omitempty" enum:"9:16,1:1,16:9"`
	// Template is the film's storyboard; auto takes the one that the facts suit best.
	Template string `json:"template,omitempty" enum:"auto,menu,mood,news-flash,before-after,coupon,opening"`
	// Quality preview makes a small film fast; it cannot be published.
	Quality string `json:"quality,omitempty" enum:"final,preview"`
	// Publish says whether the finished ad is posted by itself, once its owner approves, or not.
	Publish  string    `json:"publish,omitempty" enum:"auto,approve,none"`
	Channels []Channel `json:"channels,omitempty" max:"4"`
	// Title and Caption are the posts'; without them the place's name and area.
	Title    string   `json:"title,omitempty" max:"100"`
	Caption  string   `json:"caption,omitempty" max:"1000"`
	Hashtags []string `json:"hashtags,omitempty" max:"10"`
}

// Channel is one account that the ad is posted to.
type Channel struct {
	Channel string `json:"channel" required:"true" enum:"youtube,instagram"`
	// Account is the id of a connected account ("channel_…").
	Account string `json:"account" required:"true" max:"64"`
	// Privacy is who may see the post; Instagram has public posts only.
	Privacy string `json:"privacy,omitempty" enum:"public,unlisted,private"`
	// MadeForKids declares the audience; YouTube asks, Instagram does not.
	MadeForKids bool `json:"made_for_kids,omitempty"`
}

// account reads the account's id.
func (c Channel) account() (id.Account, error) {
	var a id.Account
	err := a.UnmarshalText([]byte(c.Account))
	if err == nil && a == 0 {
		err = errors.New("no account")
	}
	return a, err
}

// Validate fills the defaults in and refuses what cannot be made. It is called
// on a pointer, before the wish is hashed, so that an explicit default and an
// absent one are the same order.
func (w *Wish) Validate() error {
	if w.Place == 0 {
		return fault.New(fault.CodeMissingField).In("place")
	}
	preset(&w.Language, "ko")
	preset(&w.Mood, "bright")
	preset(&w.Genre, "k-pop")
	preset(&w.Voice, "f")
	preset(&w.Aspect, "9:16")
	preset(&w.Template, "auto")
	preset(&w.Quality, "final")
	preset(&w.Publish, "auto")
	if w.Seconds == 0 {
		w.Seconds = 15
	}
	if !slices.Contains([]int{15, 30, 60}, w.Seconds) {
		return fault.New(fault.CodeBadValue).In("seconds").Wants(fault.OneOf("15", "30", "60"))
	}
	if w.Publish != "none" && len(w.Channels) == 0 {
		return fault.New(fault.CodeMissingField).In("channels")
	}
	if w.Quality == "preview" && w.Publish != "none" {
		return fault.New(fault.CodeBadValue).In("quality").Wants(fault.Words{Ko: "preview는 publish가 none일 때만", En: "preview only with publish none"})
	}
	if w.Publish == "none" && len(w.Channels) > 0 {
		return fault.New(fault.CodeBadValue).In("channels").Wants(fault.Words{Ko: "publish가 none이면 비워 두기", En: "none at all with publish none"})
	}
	if err := w.validateChannels(); err != nil {
		return err
	}
	if strings.ContainsAny(w.Title, "<>\r\n") { // YouTube takes neither
		return fault.New(fault.CodeBadValue).In("title").Wants(fault.Words{Ko: "<, >와 줄바꿈 없이 한 줄", En: "one line without < and >"})
	}
	w.Hashtags = slices.Clone(w.Hashtags)
	for i, h := range w.Hashtags {
		h = strings.TrimPrefix(h, "#") // owners write it, channels are given none
		if w.Hashtags[i] = h; h == "" || len([]rune(h)) > 40 || strings.ContainsAny(h, "# \t\n<>") {
			return fault.New(fault.CodeBadValue).In(fmt.Sprintf("hashtags[%d]", i)).Wants(fault.Hashtag)
		}
	}
	return nil
}

func (w *Wish) validateChannels() error {
	w.Channels = slices.Clone(w.Channels)
	type target struct{ channel, account string }
	seen := map[target]bool{}
	for i := range w.Channels {
		c := &w.Channels[i]
		preset(&c.Privacy, "public")
		bad := func(field, ko, en string) error {
			return fault.New(fault.CodeBadValue).In(fmt.Sprintf("channels[%d]%s", i, field)).Wants(fault.Words{Ko: ko, En: en})
		}
		if _, err := c.account(); err != nil {
			return bad(".account", "channel_… 형식의 번호(GET /social/accounts)", "an id of the form channel_… (GET /social/accounts)")
		}
		if c.Channel == "instagram" && c.Privacy != "public" {
			return bad(".privacy", "instagram은 public만", "public only on instagram")
		}
		if c.Channel == "instagram" && c.MadeForKids {
			return bad(".made_for_kids", "instagram은 false만", "false only on instagram")
		}
		if t := (target{c.Channel, c.Account}); seen[t] {
			return bad("", "계정마다 한 번", "each account once")
		} else {
			seen[t] = true
		}
	}
	return nil
}

func preset(s *string, value string) {
	if *s == "" {
		*s = value
	}
}

// Ad is an order with its progress and results.
type Ad struct {
	ID    id.Ad    `json:"id"`
	Place id.Place `json:"place"`
	Run   id.Run   `json:"run"`
	State string   `json:"state"`
	// Revision counts the ad's edits from 1; Version what has happened to the newest one's run.
	Revision int  `json:"revision"`
	Version  int  `json:"version"`
	Wish     Wish `json:"wish"`
	// Photos are the film's, if not all of the place's.
	Photos    []id.Photo `json:"photos,omitempty"`
	Fail      *Failure   `json:"fail,omitempty"`
	Steps     []Step     `json:"steps,omitempty"`
	Lyric     *Lyric     `json:"lyric,omitempty"`
	Song      *Song      `json:"song,omitempty"`
	Video     *Video     `json:"video,omitempty"`
	Posts     []Post     `json:"posts,omitempty"`
	CreatedAt time.Time  `json:"created_at"`
	// UpdatedAt is when the newest revision was made; absent for the first.
	UpdatedAt *time.Time `json:"updated_at,omitempty"`
	// ApproveBy is when it is too late to approve; set while the ad awaits it.
	ApproveBy *time.Time `json:"approve_by,omitempty"`
	EndedAt   *time.Time `json:"ended_at,omitempty"`
}

// Tag is the ad's ETag: quoted revision and version, and a sum of the posts, which may
// change by themselves.
func (a Ad) Tag() (string, error) {
	t := tag(a.Revision, a.Version)
	if len(a.Posts) == 0 {
		return t, nil
	}
	text, err := json.Marshal(a.Posts)
	if err != nil {
		return "", fmt.Errorf("write posts: %w", err)
	}
	return fmt.Sprintf(`%s.%08x"`, strings.TrimSuffix(t, `"`), crc32.ChecksumIEEE(text)), nil
}

// Failure says why something ended without success, in words for people.
type Failure = fault.Told

// Step is one step's progress.
type Step struct {
	No      int            `json:"no"`
	Kind    message.Kind   `json:"kind"`
	State   pipeline.State `json:"state"`
	Attempt int            `json:"attempt"`        // how often it was begun anew; the rounds of one upload are one
	Calls   int            `json:"provider_calls"` // requests made to its provider for this step
	ReadyAt *time.Time     `json:"ready_at,omitempty"`
	EndedAt *time.Time     `json:"ended_at,omitempty"`
	Seconds float64        `json:"seconds"` // from ready to its end, or to now
	Fail    *Failure       `json:"fail,omitempty"`
	// Paused: operators have paused what the step needs. It waits, loses no try and no time, and goes on by itself.
	Paused *Failure `json:"paused,omitempty"`
}

// Lyric is the lyric of the ad.
type Lyric struct {
	ID    id.Lyric     `json:"id"`
	Title string       `json:"title"`
	Lines []claim.Line `json:"lines"`
	// Captions are shown instead of lines, by the line's index.
	Captions map[int]string `json:"captions,omitempty"`
}

// Song is the song of the ad.
type Song struct {
	ID     id.Song `json:"id"`
	Chosen int     `json:"chosen"`
	Takes  []Take  `json:"takes"`
}

// Take is one version of the song.
type Take struct {
	File    id.Artifact        `json:"file"`
	Seconds float64            `json:"seconds"`
	Lines   []message.LineTime `json:"lines"`
	// Missing are the lyric lines that it does not sing, or not in their place.
	Missing []MissingLine `json:"missing"`
	// Loudness is in LUFS, TruePeak in dBTP, Tempo in beats per minute; null or
	// absent when they could not be measured.
	Loudness *float64 `json:"lufs"`
	TruePeak *float64 `json:"true_peak"`
	Tempo    float64  `json:"tempo,omitempty"`
}

// MissingLine is a lyric line that a take does not sing as it is written.
type MissingLine struct {
	// Line indexes the lyric's lines.
	Line int    `json:"line"`
	Text string `json:"text"`
	// Swapped: it is sung, but in another line's place.
	Swapped bool `json:"swapped,omitempty"`
}

// Video is the film of the ad.
type Video struct {
	ID        id.Video    `json:"id"`
	File      id.Artifact `json:"file"`
	Thumbnail id.Artifact `json:"thumbnail"`
	SHA256    string      `json:"sha256"`
	Bytes     int64       `json:"bytes"`
	Seconds   float64     `json:"seconds"`
	Width     int         `json:"width"`
	Height    int         `json:"height"`
}

// Post is one publication.
type Post struct {
	ID      id.Post `json:"id"`
	Channel string  `json:"channel"`
	Account string  `json:"account"`
	// State is scheduled, publishing, published, failed, cancelled, unknown or removed.
	State      string `json:"state"`
	ExternalID string `json:"external_id,omitempty"`
	URL        string `json:"url,omitempty"`
	// Privacy is what the channel says that it is, or what was asked for until then.
	Privacy string `json:"privacy,omitempty"`
	// Note says what the channel took and did not do.
	Note string `json:"note,omitempty"`
}

// Event is one change in the life of an ad.
type Event struct {
	Seq  int    `json:"seq"`
	Step int    `json:"step,omitempty"` // 0: the run itself
	Kind string `json:"kind,omitempty"`
	From string `json:"from"`
	To   string `json:"to"`
	// Reminder: nothing has changed, but the time in which the ad can be approved is running out.
	Reminder bool     `json:"reminder,omitempty"`
	Fail     *Failure `json:"fail,omitempty"`
	// Paused: nothing has failed; the step waits because operators have paused what it needs. The step's next event ends that.
	Paused *Failure  `json:"paused,omitempty"`
	At     time.Time `json:"at"`
}
