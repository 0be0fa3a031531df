package auth

import (
	"strings"
	"time"
)

// Site is where browsers meet CastAD.
type Site struct {
	// API is CASTAD_PUBLIC_URL, App CASTAD_APP_URL: the web client. Origins.
	API, App string
}

// On says whether browsers can sign in.
func (s Site) On() bool { return s.API != "" && s.App != "" }

// RedirectURI is where Kakao sends the browser back to. It must be registered there
// letter by letter.
func (s Site) RedirectURI() string {
	return strings.TrimSuffix(s.API, "/") + "/api/v1/auth/kakao/callback"
}

// Next is the address of a path of the app, which must be Local.
func (s Site) Next(path string) string { return strings.TrimSuffix(s.App, "/") + path }

// Secure says whether cookies are kept off unencrypted connections.
func (s Site) Secure() bool { return strings.HasPrefix(s.API, "https:") }

// Names of the cookies. The attempt's goes to LoginPath only.
const (
	LoginCookie = "castad_login"
	LoginPath   = "/api/v1/auth/kakao"
	// plainCookie is the refresh token's where there is no TLS, which is on a
	// developer's machine.
	plainCookie = "castad_refresh"
	hostCookie  = "__Host-castad_refresh"
)

// RefreshCookie is the name of the refresh token's cookie. A browser takes one that
// begins with __Host- only from this host itself, so that no other host of the
// domain can slip a session of its own under a visitor.
func (s Site) RefreshCookie() string {
	if s.Secure() {
		return hostCookie
	}
	return plainCookie
}

// Brought is the refresh token out of what a request has brought: the body's first,
// then the cookie of this site's name. cookie says whether it was that.
func (s Site) Brought(body, host, plain string) (refresh string, cookie bool) {
	switch {
	case body != "":
		return body, false
	case s.Secure():
		return host, true
	default:
		return plain, true
	}
}

// Gone is the life of a cookie that is taken away.
const Gone = -time.Second
