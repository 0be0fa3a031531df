package sns

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/message"
)

// Draft is a post that an owner orders: one film on one account.
type Draft struct {
	Ad      id.Ad  `json:"ad" required:"true"`
	Channel string `json:"channel" required:"true" enum:"youtube,instagram"`
	// Account is a connected account of that channel.
	Account id.Account `json:"account" required:"true"`
	// Video is the film; without it the ad's newest, which an edit that is being made holds back.
	// It is settled with the order: a later edit changes nothing of a post that waits for its time.
	Video id.Video `json:"video,omitzero"`
	// Title is shown by YouTube. Title, caption and hashtags that are left out are the ad's own.
	Title    string   `json:"title,omitempty" max:"100"`
	Caption  string   `json:"caption,omitempty" max:"2200"`
	Hashtags []string `json:"hashtags" max:"30"`
	// Privacy is who may see the post; Instagram has public posts only.
	Privacy string `json:"privacy,omitempty" enum:"public,unlisted,private"`
	// MadeForKids declares the audience; YouTube asks, Instagram does not.
	MadeForKids bool `json:"made_for_kids,omitempty"`
	// Thumbnail is a file of the caller's, or Photo a photo, not both: a JPEG of at most
	// 2 MB. Without either the film's own is shown.
	Thumbnail id.Artifact `json:"thumbnail,omitzero"`
	Photo     id.Photo    `json:"photo,omitzero"`
	// At is when the post goes out, at most 90 days ahead; without it at once. Where a
	// channel's limits or its trouble do not let it, it goes out later, at most 32 hours (run.deadline); a
	// pause by operators is waited for however long it lasts, and the post can be cancelled meanwhile.
	At time.Time `json:"at,omitzero"`
	// Again posts the ad on an account where it is already.
	Again bool `json:"again,omitempty"`
}

// Validate fills the defaults in and refuses what no channel would take.
func (d *Draft) Validate() error {
	switch {
	case d.Ad == 0:
		return fault.New(fault.CodeMissingField).In("ad")
	case d.Account == 0:
		return fault.New(fault.CodeMissingField).In("account")
	}
	if d.Privacy == "" {
		d.Privacy = "public"
	}
	if d.Channel == "instagram" && d.Privacy != "public" {
		return fault.New(fault.CodeBadValue).In("privacy").Wants(fault.Words{Ko: "instagram은 public만", En: "public only on instagram"})
	}
	if d.Channel == "instagram" && d.MadeForKids {
		return fault.New(fault.CodeBadValue).In("made_for_kids").Wants(fault.Words{Ko: "instagram은 false만", En: "false only on instagram"})
	}
	d.At = d.At.UTC().Truncate(time.Microsecond)
	for i, tag := range d.Hashtags {
		tag = strings.TrimPrefix(tag, "#") // owners write it, channels are given none
		if d.Hashtags[i] = tag; tag == "" || len([]rune(tag)) > 40 || strings.ContainsAny(tag, "# \t\n<>") {
			return fault.New(fault.CodeBadValue).In(fmt.Sprintf("hashtags[%d]", i)).Wants(fault.Hashtag)
		}
	}
	return nil
}

// hash tells a draft from every other one.
func (d Draft) hash() ([]byte, error) {
	text, err := json.Marshal(d)
	if err != nil {
		return nil, fmt.Errorf("write draft: %w", err)
	}
	sum := sha256.Sum256(text)
	return sum[:], nil
}

// States of a post, as its owner sees them.
const (
	Scheduled  = "scheduled"
	Publishing = "publishing"
	Published  = "published"
	Failed     = "failed"
	Cancelled  = "cancelled"
	// Unknown is a post that may be on the channel: CastAD looks for it and, when Fail
	// is there, has given up looking. Its owner then says what is there (confirm).
	Unknown = "unknown"
	Removed = "removed"
)

// Post is one publication as its owner sees it.
type Post struct {
	ID      id.Post `json:"id"`
	Ad      id.Ad   `json:"ad"`
	Channel string  `json:"channel"`
	// Account is the connected account ("channel_…").
	Account string `json:"account"`
	// Number counts the posts of the ad on the account, from 1.
	Number      int      `json:"number"`
	State       string   `json:"state" enum:"scheduled,publishing,published,failed,cancelled,unknown,removed"`
	Title       string   `json:"title"`
	Caption     string   `json:"caption"`
	Hashtags    []string `json:"hashtags"`
	MadeForKids bool     `json:"made_for_kids"`
	// Thumbnail or Photo is the picture that was chosen; none = the film's own.
	Thumbnail id.Artifact `json:"thumbnail,omitzero"`
	Photo     id.Photo    `json:"photo,omitzero"`
	Video     id.Video    `json:"video,omitzero"`
	// Privacy is what the channel says that it is, or what was asked for until then.
	Privacy    string `json:"privacy"`
	ExternalID string `json:"external_id,omitempty"`
	URL        string `json:"url,omitempty"`
	// Note says what the channel took and did not do.
	Note string      `json:"note,omitempty"`
	Fail *fault.Told `json:"fail,omitempty"`
	// Paused: operators have paused the channel or all posting. It waits, loses nothing, and goes on by itself.
	Paused *fault.Told `json:"paused,omitempty"`
	// Metrics are the latest figures; none until the channel was first asked.
	Metrics     *Metrics   `json:"metrics,omitempty"`
	ScheduledAt *time.Time `json:"scheduled_at,omitempty"`
	CreatedAt   time.Time  `json:"created_at"`
	PublishedAt *time.Time `json:"published_at,omitempty"`
	ConfirmedAt *time.Time `json:"confirmed_at,omitempty"`
	RemovedAt   *time.Time `json:"removed_at,omitempty"`
}

// Metrics are what a channel counts. What it does not count is null.
type Metrics struct {
	Views    *int64 `json:"views"`
	Likes    *int64 `json:"likes"`
	Comments *int64 `json:"comments"`
	Shares   *int64 `json:"shares"`
	// At is when the channel was asked.
	At time.Time `json:"at"`
}

// Tag is a strong validator: it differs whenever anything that is shown does.
func (p Post) Tag() (string, error) {
	text, err := json.Marshal(p)
	if err != nil {
		return "", fmt.Errorf("write %v: %w", p.ID, err)
	}
	sum := sha256.Sum256(text)
	return `"` + hex.EncodeToString(sum[:12]) + `"`, nil
}

// Target is where a post is, for whoever asks its channel.
type Target struct {
	Post       id.Post
	Tenant     id.Tenant
	Channel    string
	Account    id.Account
	ExternalID string
	URL        string
}

// post is a draft with all that it left out, and where it stands.
type post struct {
	message.SnsPublish
	id     id.Post
	run    id.Run
	tenant id.Tenant
	file   id.Artifact
	photo  id.Photo
	key    message.Key
	hash   []byte
	// at is when it goes out; zero = at once.
	at, now time.Time
	again   bool
}
