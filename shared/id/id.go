// Package id makes and reads CastAD's identifiers.
//
// An id is a 63-bit integer: 41 bits of milliseconds since 2024-01-01 UTC and
// 22 random bits, so rows are inserted near the end of their index. On the
// wire it is a prefix that names the kind and 13 characters of Crockford
// base32 ("song_01hv3kq9zr2ab"), so a song's id can never be read as a
// video's. Ids are not secrets: every query also has the tenant.
package id

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"strings"
	"time"
)

// epoch is the zero of an id's time part.
var epoch = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)

const randomBits = 22

// Kind is one kind of id; its implementations are the empty structs below.
type Kind interface{ Prefix() string }

// ID is an identifier of kind K; the zero value means "none".
type ID[K Kind] int64

// The kinds.
type (
	tenantKind   struct{}
	userKind     struct{}
	placeKind    struct{}
	photoKind    struct{}
	adKind       struct{}
	runKind      struct{}
	callKind     struct{}
	lyricKind    struct{}
	songKind     struct{}
	videoKind    struct{}
	postKind     struct{}
	artifactKind struct{}
	accountKind  struct{}
	sessionKind  struct{}
)

func (tenantKind) Prefix() string   { return "acct" }
func (userKind) Prefix() string     { return "user" }
func (placeKind) Prefix() string    { return "place" }
func (photoKind) Prefix() string    { return "photo" }
func (adKind) Prefix() string       { return "ad" }
func (runKind) Prefix() string      { return "run" }
func (callKind) Prefix() string     { return "call" }
func (lyricKind) Prefix() string    { return "lyric" }
func (songKind) Prefix() string     { return "song" }
func (videoKind) Prefix() string    { return "video" }
func (postKind) Prefix() string     { return "post" }
func (artifactKind) Prefix() string { return "file" }
func (accountKind) Prefix() string  { return "channel" }
func (sessionKind) Prefix() string  { return "session" }

// The typed ids.
type (
	Tenant   = ID[tenantKind]
	User     = ID[userKind]
	Place    = ID[placeKind]
	Photo    = ID[photoKind]
	Ad       = ID[adKind]
	Run      = ID[runKind]
	Call     = ID[callKind]
	Lyric    = ID[lyricKind]
	Song     = ID[songKind]
	Video    = ID[videoKind]
	Post     = ID[postKind]
	Artifact = ID[artifactKind]
	Account  = ID[accountKind]
	Session  = ID[sessionKind]
)

// New returns a new id of the type for the given time, as in New[id.Song](now).
func New[I ID[K], K Kind](now time.Time) I {
	var b [4]byte
	_, _ = rand.Read(b[:]) // crypto/rand.Read never fails (Go 1.24)
	ms := now.Sub(epoch).Milliseconds()
	return I(ms<<randomBits | int64(binary.BigEndian.Uint32(b[:])&(1<<randomBits-1)))
}

// Time returns the millisecond in which the id was made.
func (i ID[K]) Time() time.Time {
	return epoch.Add(time.Duration(int64(i)>>randomBits) * time.Millisecond)
}

// First returns the smallest id that can have been made at the given time, for
// reading the rows of a time by their key.
func First[I ID[K], K Kind](at time.Time) I {
	return I(max(at.Sub(epoch).Milliseconds(), 0) << randomBits)
}

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"

// String returns the wire form, "song_01hv3kq9zr2ab"; "" for the zero id.
func (i ID[K]) String() string {
	var room [24]byte
	return string(i.append(room[:0]))
}

func (i ID[K]) append(b []byte) []byte {
	if i == 0 {
		return b
	}
	var k K
	b = append(append(b, k.Prefix()...), '_')
	for shift := 5 * 12; shift >= 0; shift -= 5 {
		b = append(b, alphabet[uint64(i)>>shift&31])
	}
	return b
}

// Form is the wire form as people are told it, "song_…".
func (ID[K]) Form() string {
	var k K
	return k.Prefix() + "_…"
}

// MarshalText writes the wire form.
func (i ID[K]) MarshalText() ([]byte, error) { return i.append(make([]byte, 0, 24)), nil }

// UnmarshalText reads the wire form; "" is the zero id, anything else that is
// not exactly this kind's form is an error.
func (i *ID[K]) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*i = 0
		return nil
	}
	v, err := Parse[K](string(text))
	if err != nil {
		return err
	}
	*i = v
	return nil
}

// Parse reads the wire form of an id of kind K.
func Parse[K Kind](s string) (ID[K], error) {
	var k K
	body, ok := strings.CutPrefix(s, k.Prefix()+"_")
	if !ok || len(body) != 13 {
		return 0, fmt.Errorf("%q is not an id of the form %s_ and 13 characters", clip(s), k.Prefix())
	}
	var v uint64
	for n := range len(body) {
		d := strings.IndexByte(alphabet, body[n])
		if d < 0 || v > (1<<63-1)>>5 {
			return 0, fmt.Errorf("%q is not an id: bad character or out of range", clip(s))
		}
		v = v<<5 | uint64(d)
	}
	if v == 0 {
		return 0, fmt.Errorf("%q is not an id: zero", clip(s))
	}
	return ID[K](v), nil
}

func clip(s string) string {
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}
