package provider

import (
	"encoding/hex"
	"fmt"
	"io"

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

// Post is a film to be published on one account of one channel.
type Post struct {
	// Channel is "youtube" or "instagram"; Account is the channel's account id.
	Channel, Account string
	Title, Caption   string
	// Hashtags are without "#".
	Hashtags []string
	// Marker is the call's tag. It is written where the channel keeps it, so that a
	// post whose answer was lost can be found again.
	Marker string
	AI     Disclosure
	// Video is read once; it must have Bytes bytes with the hash SHA256 (hex).
	Video  io.Reader
	Bytes  int64
	SHA256 string
	// Thumbnail is a JPEG, or nil.
	Thumbnail []byte
}

// States of a Posted.
const (
	Processing = "processing" // accepted; not yet visible
	Published  = "published"  // visible
)

// Posted is a post as the channel sees it.
type Posted struct {
	ID, URL string
	// State is Processing or Published.
	State string
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
