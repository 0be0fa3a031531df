// Package identity says who is calling: it reads and makes access tokens
// (golang-jwt/v5 with every parser option explicit) and holds the Principal
// that functions are given, which those for operators get as an Actor.
//
// A token is a JWT signed with Ed25519 (EdDSA). It is good when it was signed
// by a live key of ours that its kid names, says our issuer and audience, typ
// access, a role, a user and a tenant, and has an exp that lies ahead; clocks
// may differ by 30 s. Everything else is refused without a hint at what was
// wrong, except that an expired token is told so. A token that brings its own
// key along (jwk, jku, x5u) brings it in vain.
//
// A token is good without anybody being asked, until it ends (15 min after it was made).
// What must take effect sooner is somebody else's to look at: whether the session that
// it names has ended (trigger's Ended), whether its user is an operator now.
package identity

import "castad/shared/id"

// The roles.
const (
	RoleOwner = "owner"
	RoleAdmin = "admin"
)

// Principal is the authenticated caller. An account is a tenant.
type Principal struct {
	Tenant id.Tenant
	User   id.User
	// Role is RoleOwner or RoleAdmin.
	Role string
	// Session is what the token was made for; 0 for a developer's, which has none.
	Session id.Session
}

// Actor is who does something that is written down, and in which request.
type Actor struct {
	// User is 0 for somebody at the command line.
	User    id.User
	Request string
}
