package admin

import (
	"context"
	"slices"
	"strings"
	"time"

	"castad/shared/fault"
	"castad/shared/identity"
)

// Publishing is the vendor that stands for all publishing: while it is paused
// nothing is posted anywhere.
const Publishing = "publishing"

// vendors are those that operators may pause, by the names by which the clients ask the guard.
var vendors = []string{"openai", "suno", "creatomate", "youtube", "instagram", "kakao", "naver", "result", Publishing}

// Vendor refuses a name that no vendor has, CodeNotFound with those that there are: a pause
// that nobody obeys must not look like one.
func Vendor(name string) error {
	if slices.Contains(vendors, name) {
		return nil
	}
	all := strings.Join(vendors, ", ")
	return fault.Newf(fault.CodeNotFound, "there is no vendor %.40q; there are %s", name, all).In("vendor").Wants(fault.Words{Ko: all, En: all})
}

// Breaker is a vendor's circuit breaker.
type Breaker struct {
	Vendor string `json:"vendor"`
	// Operation is "*" for all of the vendor's.
	Operation string `json:"operation"`
	// State is closed, open or probing; Forced what operators have decided, open (paused) or closed.
	State  string `json:"state"`
	Forced string `json:"forced,omitempty"`
	// Until is when an open one is tried again.
	Until *time.Time `json:"until,omitempty"`
	// ChangedAt is when it last changed; absent while it never has.
	ChangedAt *time.Time `json:"changed_at,omitempty"`
	// Calls and Failures are those of the last minute.
	Calls    int64 `json:"calls"`
	Failures int64 `json:"failures"`
}

// Quota is what is left of a vendor's limit.
type Quota struct {
	Vendor string `json:"vendor"`
	// Rule is "youtube:insert=100/day@America/Los_Angeles".
	Rule string `json:"rule"`
	Left int    `json:"left"`
	// PausedUntil is how long the vendor has asked us to wait.
	PausedUntil *time.Time `json:"paused_until,omitempty"`
}

// Standing is how the vendors are.
type Standing struct {
	// Paused are the vendors that operators have paused, "publishing" for all posting.
	Paused   []string  `json:"paused"`
	Breakers []Breaker `json:"breakers"`
	Quotas   []Quota   `json:"quotas"`
}

// Hold pauses a vendor or lets it go on. Orders that need it wait; no try is used up,
// and no deadline runs. Every instance obeys within five seconds, and nothing ends
// a pause but another word of an operator. CodeNotFound for a vendor that there is not.
func (s *Store) Hold(ctx context.Context, by identity.Actor, vendor string, pause bool, reason string) (Standing, error) {
	name := "vendor.resume"
	if pause {
		name = "vendor.pause"
	}
	if err := Vendor(vendor); err != nil {
		return Standing{}, err
	}
	err := s.Act(ctx, by, Action{Name: name, Target: vendor, Detail: map[string]any{"reason": reason}}, func(also Also) error {
		return s.c.Vendors.Hold(ctx, vendor, pause, also)
	})
	if err != nil {
		return Standing{}, err
	}
	return s.Standing(ctx)
}

// Standing says how the vendors are now.
func (s *Store) Standing(ctx context.Context) (Standing, error) {
	breakers, quotas, err := s.c.Vendors.Status(ctx)
	if err != nil {
		return Standing{}, err
	}
	st := Standing{Paused: []string{}, Breakers: breakers, Quotas: quotas}
	for _, b := range breakers {
		if b.Forced != "open" {
			continue
		}
		if b.Operation == "*" {
			st.Paused = append(st.Paused, b.Vendor)
		} else {
			st.Paused = append(st.Paused, b.Vendor+":"+b.Operation)
		}
	}
	return st, nil
}
