package youtube

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strings"

	"castad/shared/provider"
)

// memory is what is kept in a post's notes.
type memory struct {
	Version int `json:"v"`
	// Session is the upload's address, a bearer secret; "" before it is opened.
	Session string `json:"session,omitempty"`
	// Bytes and SHA256 name the film that the session is for.
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
	// Offset is how far the film is known to be there.
	Offset int64 `json:"offset"`
	// Last says that the last byte was about to be sent. It is never taken back: what
	// was on its way may still arrive.
	Last bool `json:"last"`
	// Video is the id, once it is known.
	Video string `json:"video,omitempty"`
	// Bare says that a picture was to follow the last byte and is not known to have: a
	// process that dies in between leaves the video without it.
	Bare bool `json:"bare,omitempty"`
}

// withoutPicture is the note of a video whose publishing ended before its picture was set.
const withoutPicture = "CastAD was interrupted before the thumbnail was set: a frame of the film may be shown instead"

// noted adds to a post that was found what its notes know and YouTube does not say.
func (m memory) noted(p provider.Posted, err error) (provider.Posted, error) {
	if err == nil && m.Bare && p.Note == "" {
		p.Note = withoutPicture
	}
	return p, err
}

const notesVersion = 1

var errNotes = errors.New("the upload's notes cannot be read")

// recall decodes notes; nil notes are an upload that was never begun.
func recall(notes []byte) (memory, error) {
	m := memory{Version: notesVersion}
	if notes == nil {
		return m, nil
	}
	err := json.Unmarshal(notes, &m)
	begun := m.Session != "" || m.Video != ""
	switch {
	case err != nil, m.Version != notesVersion, m.Offset < 0, m.Offset > m.Bytes, m.Video != "" && !validID(m.Video), begun && m.Bytes == 0:
		return memory{}, errNotes // and no word of them: they hold a secret
	}
	return m, nil
}

// keep writes the notes of a post. When it fails nothing has been done that they protect.
func (c *Client) keep(ctx context.Context, op string, p provider.Post, m memory) error {
	text, err := json.Marshal(m)
	if err == nil {
		err = p.Notes.Keep(ctx, text)
	}
	if err != nil {
		return c.later(op, "notes_not_kept", err)
	}
	return nil
}

// maxSession bounds a session's address; real ones are below 500 bytes.
const maxSession = 4000

var errElsewhere = errors.New("the upload session's address is not one of the API's")

// sessionPath returns path and query of a session's address, for use below the API's
// origin. The address comes from outside and gets our film and token, so it must be on
// the configured origin (https, or the loopback of a stand-in), whatever it says.
func (c *Client) sessionPath(session string) (string, error) {
	u, err := url.Parse(session)
	switch {
	case err != nil || len(session) > maxSession:
		return "", errElsewhere
	case u.Scheme != c.origin.Scheme || u.User != nil || u.Fragment != "" || !strings.EqualFold(u.Host, c.origin.Host):
		return "", errElsewhere
	}
	path, ok := strings.CutPrefix(u.RequestURI(), c.origin.EscapedPath())
	if !ok || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") {
		return "", errElsewhere
	}
	return path, nil
}
