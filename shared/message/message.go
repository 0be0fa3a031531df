// Package message holds the types that cross from the engine to a function and
// back: the wake-up in every queue message, the call that a provider is told
// about, and the typed input and output of every step.
//
// It imports claim beside id and fault, because a lyric is the same thing on
// both sides of the queue and a second spelling of it could only drift.
package message

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"strings"
	"time"

	"castad/shared/claim"
	"castad/shared/id"
)

// Kind is a kind of step.
type Kind string

// The kinds of steps.
const (
	Place   Kind = "place"
	Lyric   Kind = "lyric"
	Song    Kind = "song"
	Video   Kind = "video"
	Publish Kind = "publish"
)

// Queue is a Service Bus queue; its name is also its function's name.
type Queue string

// The queues.
const (
	QueuePlaceCollect Queue = "place-collect"
	QueueLyricWrite   Queue = "lyric-write"
	QueueSongGenerate Queue = "song-generate"
	QueueSongCollect  Queue = "song-collect"
	QueueVideoRender  Queue = "video-render"
	QueueVideoCollect Queue = "video-collect"
	QueueSnsPublish   Queue = "sns-publish"
	QueueSnsVerify    Queue = "sns-verify"
)

// Queues lists every queue, in pipeline order.
var Queues = []Queue{QueuePlaceCollect, QueueLyricWrite, QueueSongGenerate, QueueSongCollect,
	QueueVideoRender, QueueVideoCollect, QueueSnsPublish, QueueSnsVerify}

// Wake is the body of every queue message: which step to look at. It carries
// no input and no state; both are read from MySQL under the claim.
type Wake struct {
	Run  id.Run `json:"run"`
	Step int    `json:"step"`
}

// Call is what a function knows about the provider call it makes.
type Call struct {
	Tenant  id.Tenant
	Run     id.Run
	Step    int
	Attempt int
	// Tag marks the job at providers that echo metadata: "run_….3.1" (run, step, attempt).
	Tag string
	// CallbackURL is where the provider may report; "" when CastAD has no public URL (polls only).
	CallbackURL string
	// ExternalID is the provider's id of the job; set when collecting.
	ExternalID string
	// Unsure is set when collecting a call whose submission was never answered:
	// ExternalID is then a callback's claim, or "", and must be verified by Tag or CallbackURL.
	Unsure bool
	// TokenHash is the SHA-256 of the token in CallbackURL; see Ours.
	TokenHash [32]byte
	// Polls counts how often this attempt has been asked about.
	Polls int
	// Deadline is when the step gives up.
	Deadline time.Time
}

// Ours says whether a job that a provider shows was ordered with this call's
// callback address.
func (c Call) Ours(callbackURL string) bool {
	token, err := base64.RawURLEncoding.DecodeString(callbackURL[strings.LastIndexByte(callbackURL, '/')+1:])
	if err != nil || len(token) == 0 {
		return false
	}
	hash := sha256.Sum256(token)
	return subtle.ConstantTimeCompare(hash[:], c.TokenHash[:]) == 1
}

// Key is a client's Idempotency-Key.
type Key string

// PlaceCollect is the input of the place step.
type PlaceCollect struct {
	Place id.Place `json:"place"`
	// Version tells a step that is to be made anew from the ones before it; 0 = the
	// first. The other inputs' are the same.
	Version int `json:"version,omitempty"`
}

// PlaceFacts is its output: the place as it was when the order was accepted.
type PlaceFacts struct {
	Place  id.Place     `json:"place"`
	Name   string       `json:"name"`
	Facts  []claim.Fact `json:"facts"`
	Photos []Photo      `json:"photos"`
	// Source is what came of fetching the place's page ("fetched", "robots", …); "" when it has none.
	Source string `json:"source,omitempty"`
	// UseBy is when what was read from its page may no longer be used for anything new; nil = nothing was.
	UseBy *time.Time `json:"use_by,omitempty"`
}

// Photo is a photo kept in Blob.
type Photo struct {
	ID     id.Photo `json:"id"`
	Blob   string   `json:"blob"` // container-relative path
	Type   string   `json:"type"` // image/jpeg, image/png, image/webp
	Width  int      `json:"width"`
	Height int      `json:"height"`
	// Colors are the photo's most striking colours, "#rrggbb", the most striking first; none when not looked at.
	Colors []string `json:"colors,omitempty"`
}

// LyricWrite is the input of the lyric step.
type LyricWrite struct {
	Brief claim.Brief `json:"brief"`
	// Given is the owner's own text: it is held against the facts, and nobody writes another.
	Given   *claim.Lyric `json:"given,omitempty"`
	Version int          `json:"version,omitempty"`
}

// LyricWritten is its output.
type LyricWritten struct {
	Lyric id.Lyric    `json:"lyric"`
	Text  claim.Lyric `json:"text"`
}

// OwnLyric is a lyric as an owner writes it.
type OwnLyric struct {
	// Title is the song's and the film's; absent = as it is.
	Title *string `json:"title,omitempty" max:"80"`
	// Lines replace all lines; absent = as they are.
	Lines []OwnLine `json:"lines,omitempty" max:"40"`
}

// OwnLine is one line of it.
type OwnLine struct {
	// Section is verse, hook or call; absent = as the line in its place, else verse.
	Section string `json:"section,omitempty" enum:"verse,hook,call"`
	Text    string `json:"text" required:"true" max:"80"`
	// Facts are the ids of the place's facts that it leans on; absent = CastAD finds them.
	Facts []string `json:"facts,omitzero" max:"40"`
}

// SongGenerate is the input of the song step.
type SongGenerate struct {
	// Lyric is what is sung, without its title.
	Lyric   claim.Lyric `json:"lyric"`
	Genre   string      `json:"genre"` // k-pop, ballad, trot, hip-hop, acoustic
	Mood    string      `json:"mood"`
	Voice   string      `json:"voice"` // "f" or "m"
	Seconds int         `json:"seconds"`
	Version int         `json:"version,omitempty"`
}

// SongMade is its output.
type SongMade struct {
	Song  id.Song `json:"song"`
	Takes []Take  `json:"takes"`
	// Chosen indexes Takes.
	Chosen int `json:"chosen"`
}

// Take is one of the versions a song provider makes of an order.
type Take struct {
	ExternalID string     `json:"external_id"`
	Blob       string     `json:"blob"`
	Type       string     `json:"type"`
	SHA256     string     `json:"sha256"`
	Bytes      int64      `json:"bytes"`
	Seconds    float64    `json:"seconds"`
	Lines      []LineTime `json:"lines"`
	// Missing are the indexes of the lyric lines that the take does not sing, or not in their place.
	Missing []int `json:"missing,omitempty"`
	// Swapped are those of Missing that it does sing, but not in their place.
	Swapped []int `json:"swapped,omitempty"`
	// Loudness is the integrated loudness in LUFS and TruePeak the true peak in
	// dBTP (ITU-R BS.1770-4), measured on the decoded file; nil when it could not be decoded.
	Loudness *float64 `json:"loudness,omitempty"`
	TruePeak *float64 `json:"true_peak,omitempty"`
	// Tempo is in beats per minute and Beats says when they are, in seconds; 0 and
	// none when no steady beat is heard.
	Tempo float64   `json:"tempo,omitempty"`
	Beats []float64 `json:"beats,omitempty"`
}

// LineTime says when a lyric line is sung, in seconds from the song's start.
type LineTime struct {
	Text  string  `json:"text"`
	Start float64 `json:"start"`
	End   float64 `json:"end"`
}

// VideoRender is the input of the video step.
type VideoRender struct {
	Name    string       `json:"name"`
	Facts   []claim.Fact `json:"facts"`
	Photos  []Photo      `json:"photos"`
	Take    Take         `json:"take"`
	Aspect  string       `json:"aspect"` // 9:16, 1:1, 16:9
	Seconds int          `json:"seconds"`
	// Template is the storyboard: menu, mood, news-flash, before-after, coupon,
	// opening, or auto for the one that the facts suit best.
	Template string `json:"template,omitempty"`
	// Quality is "final", or "preview" for a third of the size.
	Quality string `json:"quality,omitempty"`
	// Language chooses the labels: "ko" or "en".
	Language string `json:"language"`
	Version  int    `json:"version,omitempty"`
}

// VideoMade is its output.
type VideoMade struct {
	Video     id.Video `json:"video"`
	Blob      string   `json:"blob"`
	Thumbnail string   `json:"thumbnail"` // blob path of a JPEG
	SHA256    string   `json:"sha256"`
	Bytes     int64    `json:"bytes"`
	Seconds   float64  `json:"seconds"`
	Width     int      `json:"width"`
	Height    int      `json:"height"`
}

// SnsPublish is the input of one publish step: one channel account.
type SnsPublish struct {
	Ad       id.Ad      `json:"ad"`
	Channel  string     `json:"channel"` // youtube, instagram
	Account  id.Account `json:"account"`
	Title    string     `json:"title"`
	Caption  string     `json:"caption"`
	Hashtags []string   `json:"hashtags"`
	// Privacy is public, unlisted or private; never "".
	Privacy string `json:"privacy"`
	// MadeForKids is what the owner declares about the audience.
	MadeForKids bool   `json:"made_for_kids"`
	Blob        string `json:"blob"`
	Thumbnail   string `json:"thumbnail"`
	Bytes       int64  `json:"bytes"`
	SHA256      string `json:"sha256"`
	// Revision counts the posts of one ad on one account, from 1; 0 is read as 1: an
	// ad's own run makes the first one only.
	Revision int `json:"revision,omitempty"`
	// Video names the film; 0 in orders from before it was kept.
	Video id.Video `json:"video,omitzero"`
	// Wide: the film is wider than high.
	Wide bool `json:"wide,omitempty"`
}

// Number is the revision, 1 for the first.
func (p SnsPublish) Number() int { return max(1, p.Revision) }

// titleLength is the longest title that every channel takes, in characters.
const titleLength = 100

// Heading is a post's title from what is known of its place: its name and where it
// is, in words that every channel takes (YouTube allows neither < nor >).
func Heading(name string, facts []claim.Fact) string {
	area := ""
	for _, f := range facts {
		if f.Kind == claim.Area && f.Text != "" {
			area = f.Text
		}
	}
	if area != "" {
		name += " | " + area
	}
	title := []rune(strings.NewReplacer("<", "〈", ">", "〉").Replace(name))
	return string(title[:min(len(title), titleLength)])
}

// SnsPosted is its output.
type SnsPosted struct {
	Post       id.Post `json:"post"`
	ExternalID string  `json:"external_id"`
	URL        string  `json:"url"`
	// Privacy is what the channel says that it is; "" when it has no such thing.
	Privacy string `json:"privacy,omitempty"`
	// Note says what the channel took and did not do; "" = nothing.
	Note string `json:"note,omitempty"`
}

// Artifact is a file that a step has kept in Blob; the engine records it with the step's result.
type Artifact struct {
	Kind   string // take-1, take-2, video, thumbnail
	Blob   string
	SHA256 [32]byte
	Bytes  int64
	Type   string
}
