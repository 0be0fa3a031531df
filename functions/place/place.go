// Package place keeps what is known about a shop: facts, each with an id and a
// source, and photos.
//
// Tables: places, place_facts, place_photos, place_sources. Queue: place-collect.
// Providers: Naver, for the place's own page, when that is switched on and the owner
// has consented for this place; else facts are what the owner typed, and what is typed
// always counts more than what is fetched. Limits: 30 photos a place (what a
// film of a minute can show, twice), 20 MB a photo; facts of a page are
// used for 30 days (see KeepFetched).
package place

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"castad/shared/claim"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/message"
)

// Limits of a place.
const (
	MaxPhotos     = 30
	MaxPhotoBytes = 20 << 20
	maxMenu       = 20
	maxPraise     = 10
	maxColors     = 3
	maxWon        = 100_000_000
)

var color = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)

// Details are the typed facts about a place, as the owner writes them.
type Details struct {
	Name     string   `json:"name,omitempty" max:"60"`
	Category string   `json:"category,omitempty" max:"60"`
	Area     string   `json:"area,omitempty" max:"60"`
	Address  string   `json:"address,omitempty" max:"120"`
	Phone    string   `json:"phone,omitempty" max:"30"`
	Hours    string   `json:"hours,omitempty" max:"120"`
	Menu     []Item   `json:"menu,omitempty" max:"20"`
	Praise   []string `json:"praise,omitempty" max:"10"`
	Story    string   `json:"story,omitempty" max:"200"`
	Offer    string   `json:"offer,omitempty" max:"120"`
	// Link is the place's own page, http or https; the film's end card shows it as a QR
	// code. What a map app shares, with lines around the link, is one too (package create reads it).
	Link string `json:"link,omitempty" max:"500"`
	// Colors are the place's own colours, "#rrggbb"; without them the photos' are used.
	Colors []string `json:"colors,omitempty" max:"3"`
	// Origin is the place at the map service that Link leads to, nil when it leads elsewhere.
	Origin *Origin `json:"-"`
}

// Item is something the place sells.
type Item struct {
	Name string `json:"name" required:"true" max:"60"`
	// Won is the price in won; 0 = not told.
	Won int `json:"won,omitempty"`
}

// Validate refuses what could not be sung, shown or believed.
func (d Details) Validate() error {
	if strings.TrimSpace(d.Name) == "" {
		switch {
		case d.Origin == nil:
			return fault.New(fault.CodeMissingField).In("name")
		case d.Origin.first() != Waiting: // an order would die of it later
			return fault.Newf(fault.CodeNoFacts, "a link alone: %s", d.Origin.first()).In("name")
		}
	}
	if len(d.Menu) > maxMenu {
		return fault.New(fault.CodeBadValue).In("menu").Wants(fault.AtMost(maxMenu, fault.Items))
	}
	if len(d.Praise) > maxPraise {
		return fault.New(fault.CodeBadValue).In("praise").Wants(fault.AtMost(maxPraise, fault.Items))
	}
	for i, m := range d.Menu {
		name := fmt.Sprintf("menu[%d].name", i)
		if strings.TrimSpace(m.Name) == "" {
			return fault.New(fault.CodeMissingField).In(name)
		}
		if unfit(m.Name) {
			return fault.New(fault.CodeBadValue).In(name)
		}
		if m.Won < 0 || m.Won > maxWon {
			return fault.New(fault.CodeBadValue).In(fmt.Sprintf("menu[%d].won", i)).Wants(fault.Between(0, maxWon, fault.None))
		}
	}
	for i, p := range d.Praise {
		if strings.TrimSpace(p) == "" || len([]rune(p)) > 120 || unfit(p) {
			return fault.New(fault.CodeBadValue).In(fmt.Sprintf("praise[%d]", i)).Wants(fault.Words{Ko: "줄바꿈 없이 1–120자", En: "1 to 120 characters in one line"})
		}
	}
	for _, f := range []struct{ name, text string }{{"name", d.Name}, {"category", d.Category}, {"area", d.Area}, {"address", d.Address},
		{"phone", d.Phone}, {"hours", d.Hours}, {"story", d.Story}, {"offer", d.Offer}, {"link", d.Link}} {
		if unfit(f.text) {
			return fault.New(fault.CodeBadValue).In(f.name)
		}
	}
	return d.look()
}

// look refuses a link or colours that could not be shown.
func (d Details) look() error {
	if link := strings.TrimSpace(d.Link); link != "" {
		if err := checkLink(link); err != nil {
			return fault.Newf(fault.CodeBadLink, "read link: %w", err).In("link")
		}
	}
	if len(d.Colors) > maxColors {
		return fault.New(fault.CodeBadValue).In("colors").Wants(fault.AtMost(maxColors, fault.Items))
	}
	for i, c := range d.Colors {
		if !color.MatchString(c) {
			return fault.New(fault.CodeBadColor).In(fmt.Sprintf("colors[%d]", i))
		}
	}
	return nil
}

// unfit says that a text is not one line: it has line breaks or other control
// characters. (Direction marks stay: phones put them around copied numbers.)
func unfit(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' })
}

// owner is the source of what was typed.
const owner = "owner"

func factID(n int) string { return fmt.Sprintf("f%d", n) }

// Facts numbers the details: f1, f2, … in a fixed order.
func (d Details) Facts() []claim.Fact {
	var facts []claim.Fact
	add := func(kind claim.FactKind, text string, won int) {
		if text = strings.TrimSpace(text); text != "" {
			facts = append(facts, claim.Fact{ID: factID(len(facts) + 1), Kind: kind, Text: text, Won: won, Source: owner})
		}
	}
	add(claim.Name, d.Name, 0)
	add(claim.Category, d.Category, 0)
	add(claim.Area, d.Area, 0)
	add(claim.Address, d.Address, 0)
	add(claim.Phone, d.Phone, 0)
	add(claim.Hours, d.Hours, 0)
	for _, m := range d.Menu {
		add(claim.Menu, m.Name, m.Won)
	}
	for _, p := range d.Praise {
		add(claim.Praise, p, 0)
	}
	add(claim.Story, d.Story, 0)
	add(claim.Offer, d.Offer, 0)
	add(claim.Link, d.Link, 0)
	for _, c := range d.Colors {
		add(claim.Color, strings.ToLower(c), 0)
	}
	return facts
}

// Place is a place with its facts and photos.
type Place struct {
	ID        id.Place     `json:"id"`
	Name      string       `json:"name"`
	Facts     []claim.Fact `json:"facts"`
	Photos    []Photo      `json:"photos"`
	CreatedAt time.Time    `json:"created_at"`
	// UpdatedAt is when it last became another, nil when never.
	UpdatedAt *time.Time `json:"updated_at,omitempty"`
	// Source is the page that the place's link leads to; nil without one.
	Source *Source `json:"source,omitempty"`
	// Version counts what the place has been.
	Version int `json:"-"`
}

// Tag is the place's ETag, with its quotes.
func (p Place) Tag() string { return strconv.Quote(strconv.Itoa(p.Version)) }

// Photo is a kept photo.
type Photo struct {
	ID     id.Photo `json:"id"`
	Type   string   `json:"type"`
	Width  int      `json:"width"`  // pixels
	Height int      `json:"height"` // pixels
	Bytes  int64    `json:"bytes"`
	// Colors are its most striking ones, "#rrggbb", the most striking first; none when it has none or was not looked at.
	Colors []string `json:"colors,omitempty"`
	Blob   string   `json:"-"`
	// SHA256 is that of the photo as it was sent: the same one again is known by it.
	SHA256 [32]byte `json:"-"`
}

// Collected is the place as the pipeline sees it.
func (p Place) Collected() message.PlaceFacts {
	out := message.PlaceFacts{Place: p.ID, Name: p.Name, Facts: p.Facts}
	if p.Source != nil {
		out.Source = string(p.Source.Outcome)
		if p.Source.FetchedAt != nil {
			by := p.Source.FetchedAt.Add(KeepFetched)
			out.UseBy = &by
		}
	}
	for _, ph := range p.Photos {
		out.Photos = append(out.Photos, message.Photo{ID: ph.ID, Blob: ph.Blob, Type: ph.Type, Width: ph.Width, Height: ph.Height, Colors: ph.Colors})
	}
	return out
}
