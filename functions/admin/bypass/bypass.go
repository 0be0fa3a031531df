// Package bypass is POST /api/v1/admin/bypass: a token that lifts the rate limits for a load test.
//
// It lifts no caps on what is spent. It is shown once, kept as its hash, ends by itself after at most a day, and can be revoked.
package bypass

import (
	"context"
	_ "embed"
	"time"

	"castad/functions/admin"
	"castad/shared/identity"
	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

// Tokens makes bypass tokens.
type Tokens interface {
	MakeBypass(ctx context.Context, by identity.Actor, purpose string, life time.Duration) (admin.Bypass, error)
}

type question struct {
	Purpose string `json:"purpose" required:"true" max:"200"`
	// Seconds is how long it is good; an hour if not said, a day at most.
	Seconds int64 `json:"seconds" min:"0" max:"86400"`
}

type answer struct {
	trigger.Reply
	admin.Bypass
}

// usual is how long a load test takes.
const usual = 3600

// New returns the function.
func New(tokens Tokens) trigger.Function {
	return trigger.Admin("admin-bypass", binding, trigger.Budget{Time: 10 * time.Second, Connections: 1},
		func(ctx context.Context, by identity.Actor, in question) (answer, error) {
			if in.Seconds == 0 {
				in.Seconds = usual
			}
			b, err := tokens.MakeBypass(ctx, by, in.Purpose, time.Duration(in.Seconds)*time.Second)
			return answer{Reply: trigger.Reply{Status: trigger.Created}, Bypass: b}, err
		})
}
