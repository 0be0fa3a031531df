package message

import (
	"encoding/json"
	"time"

	"castad/shared/id"
)

// Edited is what became of an edit that was made through a lyric, a song or a film: the ad's newest revision.
type Edited struct {
	Ad       id.Ad  `json:"ad"`
	Revision int    `json:"revision"`
	Run      id.Run `json:"run"`
	State    string `json:"state"`
	// ETag is the ad's and so that of its lyric, song and film.
	ETag string `json:"-"`
	// Created: this edit made it; an equal one before did otherwise.
	Created bool `json:"-"`
}

// Version is the result of one kind of step in one revision of an ad.
type Version struct {
	Revision int
	At       time.Time
	// Made: this revision made it; otherwise it was taken over from an earlier one.
	Made bool
	// Own: the owner wrote it.
	Own bool
	// Take is the take that the revision's film is cut to; songs only.
	Take   int
	Output json.RawMessage
}

// Versions are the newest 100 of an ad, the newest first.
type Versions struct {
	// ETag is the ad's.
	ETag string
	// Revision is the ad's newest one, which may not have come so far yet.
	Revision int
	Items    []Version
}
