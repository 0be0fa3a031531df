package provider

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"time"

	"castad/shared/fault"
)

// Song is an order for a song provider.
type Song struct {
	// Title and Lyrics are sung and shown as they are. Style is free text for the
	// composer ("k-pop, bright, 110bpm").
	Title, Lyrics, Style string
	// Voice is "f", "m" or "" (the vendor's choice).
	Voice string
	// CallbackURL is where the vendor may report; "" = it is only polled.
	CallbackURL string
}

// Track is one take of a song.
type Track struct {
	ID, AudioURL, Title string
	// Seconds is the vendor's word for the length, 0 when not told.
	Seconds float64
}

// SongTask is a song order as the vendor sees it.
type SongTask struct {
	ID     string
	Tracks []Track
	// CallbackURL is what the order carried, as echoed; "" when not echoed. It
	// proves whose order it is.
	CallbackURL string
}

// Word is a sung word with its times in seconds from the song's start.
type Word struct {
	Text       string
	Start, End float64
}

// Render is a rendered film. URLs are temporary.
type Render struct {
	ID, URL, SnapshotURL string
	// Metadata is what the order carried, as echoed. It proves whose order it is.
	Metadata      string
	Width, Height int
	Seconds       float64
	// Bytes is the vendor's word for the size, 0 when not told.
	Bytes int64
}

// Disclosure says what the public is told about how a film was made. Its zero
// value says nothing and cannot be published: disclosure is by construction.
type Disclosure struct{ generated bool }

// Generated discloses that the film was made by generative AI.
func Generated() Disclosure { return Disclosure{generated: true} }

// Generated says whether the film is disclosed as made by generative AI.
func (d Disclosure) Generated() bool { return d.generated }

// Privacies of a post.
const (
	Public   = "public"
	Unlisted = "unlisted" // seen by whoever has the address
	Private  = "private"  // seen by the account's owner
)

// Post is a film to be published on one account of one channel.
type Post struct {
	// Channel is "youtube" or "instagram"; Account is the channel's own id of the account.
	Channel, Account string
	// Access is the account's access token; a secret. "" where the channel takes none.
	Access         string
	Title, Caption string
	// Hashtags are without "#".
	Hashtags []string
	// Marker is a text that no other post has. It is written where the channel keeps
	// it, so that a post whose answer was lost can be found again.
	Marker string
	// Privacy is Public, Unlisted or Private; never "", since channels read that as public.
	Privacy string
	// MadeForKids is what the owner declares about the audience.
	MadeForKids bool
	AI          Disclosure
	// Video is the film, of Bytes bytes with the hash SHA256 (hex). It is read from
	// where the channel wants it: a broken upload goes on in the middle.
	Video  io.ReadSeeker
	Bytes  int64
	SHA256 string
	// Wide says that the film is wider than high, which channels show otherwise.
	Wide bool
	// Thumbnail is a JPEG, or nil.
	Thumbnail []byte
	// VideoURL and CoverURL are where a channel that fetches by itself finds the film
	// and the thumbnail; secret while they work, "" without a public address.
	VideoURL, CoverURL string
	// Notes are the channel's own memory of this publication.
	Notes Notes
}

// Notes is what a channel must remember of a publication that is under way: an
// upload's session and how far it got, a container's id. The channel chooses the
// form. They may hold secrets, so they are kept sealed.
type Notes interface {
	// Last returns what was kept last, also by a process that has died; nil = nothing.
	Last() []byte
	// Keep replaces it. When it returns nil the notes survive a crash. Nothing of a
	// post may be seen before the first Keep has returned nil: no notes mean no post.
	// An error may mean that another process has taken over: do no more.
	Keep(ctx context.Context, notes []byte) error
}

// Sought names a post that may be on a channel.
type Sought struct {
	// Channel, Account, Access and Marker are as in Post.
	Channel, Account, Access, Marker string
	// ID is the channel's id of the post, "" when it was never told.
	ID string
	// URL is where its owner says that it is; "" = nobody has said.
	URL string
	// Bytes is the film's length.
	Bytes int64
	// Notes is what the channel last kept while publishing, nil = nothing.
	Notes []byte
}

// States of a Posted.
const (
	Processing = "processing" // accepted; not yet visible
	Published  = "published"  // visible to those that its privacy says
)

// Posted is a post as the channel sees it.
type Posted struct {
	ID, URL string
	// State is Processing or Published.
	State string
	// Privacy is what the channel says that it is now; "" when the channel has no such thing.
	Privacy string
	// Note says what the channel took and did not do (a thumbnail that it ignored), "" = nothing.
	Note string
}

// Metrics is how a post is doing. What a channel does not count is -1.
type Metrics struct {
	Views, Likes, Comments, Shares int64
	// At is when the channel was asked.
	At time.Time
}

// Grant is what the owner of a channel account has allowed us, as OAuth 2.0 tokens.
type Grant struct {
	// Access is sent with calls until Expires. Refresh buys the next one; "" when the
	// channel renews the access token itself.
	Access, Refresh string
	Expires         time.Time
	// RefreshExpires is when Refresh ends; zero = not told.
	RefreshExpires time.Time
	Scopes         []string
}

// Account is a channel account as its channel names it.
type Account struct {
	ID, Name, URL string
}

// PlaceHit is one place that a search found. It names a place to choose from; what
// is kept about a place is what its owner confirms.
type PlaceHit struct {
	// ID is the place's id at Source; "" where the source tells none.
	ID string
	// Name is plain text, Category the source's own path of categories.
	Name, Category, Phone string
	// Address is the lot-number address, RoadAddress the street address; either may be "".
	Address, RoadAddress string
	// Lat and Lng are WGS84 degrees; both 0 when not told.
	Lat, Lng float64
	// URL is the place's page, Source who was asked: "kakao", "naver".
	URL, Source string
}

// Check refuses a post that must not leave the house; channels call it before any I/O.
func (p Post) Check() error {
	refuse := func(field, format string, args ...any) error {
		return fault.Newf(fault.CodeRefused, format, args...).In(field)
	}
	sum, err := hex.DecodeString(p.SHA256)
	switch {
	case !p.AI.generated:
		return refuse("ai", "a film that is not disclosed as made by AI is not published")
	case p.Privacy != Public && p.Privacy != Unlisted && p.Privacy != Private:
		return refuse("privacy", "a post whose privacy is not said would be public")
	case p.Channel == "" || p.Account == "":
		return refuse("account", "a post needs a channel and an account")
	case p.Marker == "":
		return refuse("marker", "a post without a marker could not be found again")
	case p.Video == nil || p.Bytes <= 0:
		return refuse("video", "a post needs a film")
	case err != nil || len(sum) != 32:
		return refuse("sha256", "the film's hash is not a SHA-256 in hex")
	}
	for i, h := range p.Hashtags {
		if h == "" || h[0] == '#' {
			return refuse(fmt.Sprintf("hashtags[%d]", i), "a hashtag is given without #")
		}
	}
	return nil
}
