package place

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/store"
)

// Link names a place at a map service.
type Link struct {
	// Vendor is "naver" or "kakao". ID is the place's id there, "" when only the vendor
	// knows it (a short link).
	Vendor, ID string
	URL        string
}

// Origin is the link of a new place and what its owner allows.
type Origin struct {
	Link
	// Consent is the owner's consent to fetching this place's page, given by By.
	Consent bool
	By      id.User
	// Fetching says that pages are fetched at all.
	Fetching bool
}

// Consent is what an owner allows for a place.
type Consent struct {
	// Page is reading the page that the link leads to.
	Page bool `json:"page,omitempty"`
}

// Outcome is what came of fetching a place's page.
type Outcome string

// The outcomes. All but Waiting and Fetched say why the owner's own facts serve alone.
const (
	Waiting     Outcome = "waiting"     // it is fetched with the next order
	Fetched     Outcome = "fetched"     // its facts are among the place's
	NoConsent   Outcome = "no_consent"  // the owner has not consented
	Off         Outcome = "off"         // fetching is switched off
	NotFetched  Outcome = "not_fetched" // the vendor's pages are never fetched
	Robots      Outcome = "robots"      // robots.txt forbids it or cannot be had
	Refused     Outcome = "refused"     // the vendor answered 401, 403 or 429
	Gone        Outcome = "gone"        // there is no such place
	Elsewhere   Outcome = "elsewhere"   // the link leads elsewhere
	Unreadable  Outcome = "unreadable"  // the page's form is not known
	Unreachable Outcome = "unreachable" // no answer in several tries
)

// Reason is an outcome in words.
type Reason struct {
	Ko string `json:"ko"`
	En string `json:"en"`
}

var reasons = map[Outcome]Reason{
	Waiting:     {"다음 주문 때 장소 페이지에서 정보를 가져옵니다.", "Facts are fetched from the place's page with the next order."},
	NoConsent:   {"장소 페이지를 읽어도 된다는 동의가 없어 직접 적은 정보만 씁니다.", "Without consent to reading the place's page only the typed facts are used."},
	Off:         {"장소 페이지 읽기가 꺼져 있어 직접 적은 정보만 씁니다.", "Reading place pages is switched off; only the typed facts are used."},
	NotFetched:  {"이 지도 서비스의 페이지는 읽지 않으므로 직접 적은 정보만 씁니다.", "Pages of this map service are never read; only the typed facts are used."},
	Robots:      {"사이트의 robots.txt가 허용하지 않아 직접 적은 정보만 씁니다.", "The site's robots.txt does not allow it; only the typed facts are used."},
	Refused:     {"사이트가 접근을 거절해 직접 적은 정보만 씁니다.", "The site refused to be read; only the typed facts are used."},
	Gone:        {"그 장소가 없거나 사라져 직접 적은 정보만 씁니다.", "There is no such place any more; only the typed facts are used."},
	Elsewhere:   {"링크가 그 장소의 페이지로 이어지지 않아 직접 적은 정보만 씁니다.", "The link does not lead to the place's page; only the typed facts are used."},
	Unreadable:  {"페이지 형식을 알 수 없어 직접 적은 정보만 씁니다.", "The page has a form that is not known; only the typed facts are used."},
	Unreachable: {"사이트에 연결하지 못해 직접 적은 정보만 씁니다.", "The site could not be reached; only the typed facts are used."},
}

// Source is a place's page and what came of fetching it.
type Source struct {
	Link    string  `json:"link"`
	Outcome Outcome `json:"outcome"`
	// Reason is the outcome in words; nil when the page was fetched.
	Reason *Reason `json:"reason,omitempty"`
	// FetchedAt is when the facts were read, nil when never.
	FetchedAt *time.Time `json:"fetched_at,omitempty"`

	// ConsentedAt is when the owner allowed the page to be read, nil when never.
	ConsentedAt *time.Time `json:"consented_at,omitempty"`

	vendor, external string
	askedAt          *time.Time
}

// KeepFetched is how long facts from a page are used: a page changes. The order after
// it fetches anew and replaces them; what it cannot replace is deleted, and without an order
// they are, too, within two days (see PurgeFetched). What an ad was made of stays with the ad: it is
// the receipt of what the ad says.
const KeepFetched = 30 * 24 * time.Hour

// askAgain is how long a page that gave no facts is left alone.
const askAgain = 24 * time.Hour

// due says whether the page is to be fetched now.
func (s *Source) due(now time.Time) bool {
	switch {
	case s == nil || s.ConsentedAt == nil || s.Outcome == NotFetched:
		return false
	case s.Outcome == Fetched:
		return s.stale(now)
	case s.askedAt == nil:
		return true
	}
	return now.Sub(*s.askedAt) >= askAgain
}

// stale says that what was fetched is too old to be used.
func (s *Source) stale(now time.Time) bool {
	return s.FetchedAt != nil && now.Sub(*s.FetchedAt) >= KeepFetched
}

// first is the outcome of a new link.
func (o Origin) first() Outcome {
	switch {
	case o.Vendor != "naver":
		return NotFetched
	case !o.Consent:
		return NoConsent
	case !o.Fetching:
		return Off
	}
	return Waiting
}

// Leads returns a link as it is kept and the place at a map service that it leads to,
// nil when it leads elsewhere; found is what was read of it, nil for nothing. A consent
// to reading no place's page is refused.
func Leads(link string, found *Link, o Origin) (string, *Origin, error) {
	switch {
	case found == nil && o.Consent: // to what?
		return link, nil, fault.Newf(fault.CodeNotPlaceLink, "consent without a place").In("link")
	case found == nil:
		return link, nil, nil
	}
	if !strings.Contains(link, "://") || len(strings.Fields(link)) > 1 { // as it is typed, if it is an address
		link = found.URL
	}
	o.Link = *found
	return link, &o, nil
}

// told names the source of facts from a page: "naver:1234567".
func told(l Link) string { return fmt.Sprintf("%s:%s", l.Vendor, l.ID) }

// source is the link as a new place shows it; nil without one.
func (o *Origin) source(now time.Time) *Source {
	if o == nil {
		return nil
	}
	s := &Source{Link: o.URL, Outcome: o.first()}
	if o.Consent {
		s.ConsentedAt = &now
	}
	return s.speak()
}

// speak puts the outcome into words.
func (s *Source) speak() *Source {
	if r, ok := reasons[s.Outcome]; ok {
		s.Reason = &r
	}
	return s
}

// source reads a place's row, if it has one, and the highest number that a fact has had.
func source(ctx context.Context, q store.Querier, tenant id.Tenant, place id.Place) (*Source, int, error) {
	type row struct {
		Source
		last int
	}
	r, err := store.One(ctx, q, `SELECT vendor, external_id, link, consented_at, outcome, asked_at, fetched_at, last_fact FROM place_sources WHERE tenant_id = ? AND place_id = ? LIMIT 1`,
		func(r *row) []any {
			return []any{&r.vendor, &r.external, &r.Link, &r.ConsentedAt, &r.Outcome, &r.askedAt, &r.FetchedAt, &r.last}
		}, tenant, place)
	if errors.Is(err, store.ErrNoRows) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, fmt.Errorf("read source of %v: %w", place, err)
	}
	return r.speak(), r.last, nil
}

// hash is what tells a repeated creation from another. Without consent it is that of
// the details alone, as it was before there were links.
func (d Details) hash() ([sha256.Size]byte, error) {
	text, err := json.Marshal(d)
	if err != nil {
		return [sha256.Size]byte{}, fmt.Errorf("write place: %w", err)
	}
	if d.Origin != nil && d.Origin.Consent {
		text = append(text, "\nconsent"...)
	}
	return sha256.Sum256(text), nil
}
