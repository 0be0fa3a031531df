// Package identity says who is calling: it reads and makes access tokens
// (golang-jwt/v5 with every parser option explicit) and holds the Principal
// that functions are given.
package identity

import "castad/shared/id"

// Principal is the authenticated caller. An account is a tenant.
type Principal struct {
	Tenant id.Tenant
	User   id.User
	// Role is "owner" or "admin".
	Role string
}
