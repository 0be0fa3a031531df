// Package keys is GET /api/v1/auth/keys: the public keys that verify access tokens.
//
// Anonymous: public keys are public. Touches nothing. A key that will sign is here
// from the moment it is set, so whoever keeps the answer for five minutes knows it in time.
package keys

import (
	"context"
	_ "embed"
	"time"

	"castad/shared/identity"
	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

type answer struct {
	trigger.Reply
	identity.KeySet
}

// New returns the function.
func New(keys identity.Keys, now func() time.Time) trigger.Function {
	return trigger.Public("auth-keys", binding, trigger.Budget{Time: 2 * time.Second},
		func(context.Context, struct{}) (answer, error) {
			out := answer{KeySet: keys.JWKS(now())}
			out.Header = map[string][]string{"Cache-Control": {"public, max-age=300"}}
			return out, nil
		})
}
