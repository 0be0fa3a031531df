package trigger

import (
	"net/http"
	"time"
)

// Created is the status of an answer that made something (201), for functions,
// which do not import net/http.
const Created = http.StatusCreated

// Accepted is the status of an answer to what has only begun (202).
const Accepted = http.StatusAccepted

// Made is the Reply with status 201 when what it shows was made by this request.
func (r Reply) Made(created bool) Reply {
	if created {
		r.Status = Created
	}
	return r
}

// MadeAt is Made for what can be read again, at an address below the routes' version,
// "ads/ad_…": the answer to who made it has it as Location.
func (r Reply) MadeAt(created bool, address string) Reply {
	if r = r.Made(created); created {
		r.made = address
	}
	return r
}

// Instead is a Reply that sends the browser elsewhere; the output around it is not
// shown. For functions that answer JSON or redirect, as whoever began it wants.
func Instead(to Redirect) Reply { return Reply{instead: &to} }

// Tagged is a Reply with an ETag, which has its quotes.
func Tagged(etag string) Reply { return Reply{Header: http.Header{"Etag": {etag}}} }

// Cookie is a cookie for the addresses below path. Scripts cannot read it, and
// another site's page can make a browser send it by leading there only, not by a
// form or a script (SameSite=Lax). secure keeps it off unencrypted connections.
func Cookie(name, value, path string, life time.Duration, secure bool) *http.Cookie {
	return &http.Cookie{Name: name, Value: value, Path: path, MaxAge: int(life.Seconds()), HttpOnly: true, Secure: secure, SameSite: http.SameSiteLaxMode} // #nosec G124 -- secure is false on a developer's loopback only
}
