package auth

import (
	"strings"
	"time"

	"castad/shared/fault"
	"castad/shared/webapp"
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
func (s Site) Next(path string) string { return webapp.At(s.App, path) }

// LoginError is the parameter that Failed adds.
const LoginError = "login_error"

// Failed is Next for a sign-in that failed: the fault's code is in the query.
func (s Site) Failed(path string, code fault.Code) string {
	return webapp.Telling(s.App, path, LoginError, string(code))
}

// Secure says whether cookies are kept off unencrypted connections.
func (s Site) Secure() bool { return strings.HasPrefix(s.API, "https:") }

// RefreshCookie and LoginCookie are the names of the refresh token's cookie and of the
// attempt's.
func (s Site) RefreshCookie() string { return s.named("castad_refresh") }
func (s Site) LoginCookie() string   { return s.named("castad_login") }

// named is a cookie's name here. A browser takes one that begins with __Host- only from
// this host itself, so that no other host of the domain can slip a session of its own,
// or a sign-in that it began itself, under a visitor. Without TLS, which is on a
// developer's machine, there are none of these.
func (s Site) named(name string) string {
	if s.Secure() {
		return "__Host-" + name
	}
	return name
}

// Bound is the cookie of this site's name out of what a request has brought.
func (s Site) Bound(host, plain string) string {
	if s.Secure() {
		return host
	}
	return plain
}

// Brought is the refresh token out of what a request has brought: the body's first,
// then the cookie's. cookie says whether it was that.
func (s Site) Brought(body, host, plain string) (refresh string, cookie bool) {
	if body != "" {
		return body, false
	}
	return s.Bound(host, plain), true
}

// Gone is the life of a cookie that is taken away.
const Gone = -time.Second
