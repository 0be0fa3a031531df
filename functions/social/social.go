// Package social keeps the channel accounts that owners have connected, and what
// CastAD may do with them.
//
// Tables: social_accounts, oauth_states. Queues: none. Tokens are sealed
// (package seal) for tenant, account and channel; a dump of the tables opens no
// account. States and cookies are kept as hashes.
//
// # Connecting
//
// A state is 256 random bits, good once, for ten minutes, for one tenant, user and
// channel, and in the browser that has the cookie which was set with it: an
// attacker's consent cannot be finished in a victim's browser. It ends with the session in
// which it was begun. The same account
// connected again is the same row, also after it was disconnected. A new grant replaces the old one only when it
// is there whole; where the channel gives no new refresh token, the one that is
// kept stays (gitroomhq/postiz-app PR#1884). Scopes that were asked for and not
// given are kept and shown; without one that posting needs the account is
// reconnect_needed from the start, before a film is paid for that nobody could post. The
// last consent counts, also one that gives less than the one before. An attempt may carry the path of the web client where it
// ends: a path that could lead to another site begins nothing, and what travels
// through the channel cannot change it.
//
// # Tokens
//
// Access hands out an access token that lives: one that is about to end is renewed
// first, by one process for all (a lease), and the new grant is stored before it is
// used. The old one is kept until then. So when a process dies between the
// channel's answer and the store, the next one renews with the old grant: Google's
// refresh token and Instagram's long-lived token still work then. A channel that
// takes back the old one with each renewal answers invalid_grant; that, as any
// permission that has ended, makes the account reconnect_needed, once, with one
// notice; the channel is not asked again until the owner has connected again.
//
// # Limits
//
//	state           10 min   RFC 6749 section 10.12 wants it short; a consent takes one or two
//	under way       100 connections of a tenant at once
//	short tokens    renewed when less than 5 min are left: longer than any single call of a post
//	long tokens     renewed when less than 15 days of Instagram's 60 are left, and no younger than 24 h (its rule)
//	refresh tokens  used at least every 90 days: Google's end after six unused months
//	rejections      the second one within an hour, after a renewal, means that a permission is missing and not a token
//	renewal         by timer, 50 accounts at a time
package social

import (
	"strings"
	"time"

	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/webapp"
)

// States of an account.
const (
	Connected       = "connected"
	ReconnectNeeded = "reconnect_needed" // its owner must connect it again
	disconnected    = "disconnected"     // its owner has taken it back; nobody sees it
)

// Account is a connected channel account, without its secrets.
type Account struct {
	ID      id.Account `json:"id"`
	Channel string     `json:"channel"`
	// ExternalID is the channel's own id of the account.
	ExternalID string `json:"external_id"`
	Name       string `json:"name"`
	URL        string `json:"url"`
	// State is "connected", or "reconnect_needed": its owner must connect it again, because the
	// permission has ended or lacks what posting needs.
	State string `json:"state"`
	// Scopes are what the owner allows; MissingScopes what CastAD asked for and did not get.
	Scopes        []string  `json:"scopes"`
	MissingScopes []string  `json:"missing_scopes"`
	CreatedAt     time.Time `json:"created_at"`
	UpdatedAt     time.Time `json:"updated_at"`
}

// RedirectURI is where a channel sends the owner's browser back to. It must be
// registered there letter by letter. public is CASTAD_PUBLIC_URL.
func RedirectURI(public, channel string) string {
	return strings.TrimSuffix(public, "/") + "/api/v1/social/" + channel + "/callback"
}

// Parameters that tell the web client how a connection has ended.
const (
	ConnectedAs  = "connected" // the account's id
	ConnectError = "connect_error"
)

// Back is where in the web client, CASTAD_APP_URL, a connection ends whose attempt has
// a next: the account, or the code of what failed, is in the query.
func Back(app, next string, account id.Account, failed error) string {
	if failed != nil {
		return webapp.Telling(app, next, ConnectError, string(fault.Known(failed)), ConnectedAs)
	}
	return webapp.Telling(app, next, ConnectedAs, account.String(), ConnectError)
}

// Cookie binds an attempt to a browser.
type Cookie struct {
	Name string
	// Secure keeps it off unencrypted connections.
	Secure bool
}

// CookieOf is the cookie of a site. A browser takes one that begins with __Host- only
// from this host itself, so that no other host of the domain can slip an attempt that
// it began itself under a visitor; without TLS, on a developer's machine, there is none.
func CookieOf(public string) Cookie {
	if strings.HasPrefix(public, "https:") {
		return Cookie{"__Host-castad_social", true}
	}
	return Cookie{"castad_social", false}
}

// Brought is the cookie's value out of what a request has brought under either name.
func (c Cookie) Brought(host, plain string) string {
	if c.Secure {
		return host
	}
	return plain
}

// words and text turn a list of scopes into a column and back.
func words(text string) []string {
	list := strings.Fields(text)
	if list == nil {
		list = []string{}
	}
	return list
}

// maxScopes is the length of a column of scopes.
const maxScopes = 1000

func text(list []string) string {
	var b strings.Builder
	for _, word := range list {
		if b.Len()+1+len(word) > maxScopes { // more than any channel has; the rest is not shown
			break
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(word)
	}
	return b.String()
}
