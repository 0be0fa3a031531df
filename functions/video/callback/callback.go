// Package callback is POST /api/v1/callbacks/video/{token}: the video provider reports.
//
// Anonymous; the token in the path is 256 bits, known to that provider for that
// one call. The body is a hint: it makes video-collect ask now. A repeated report
// answers 200 and changes nothing; a wrong token 404.
package callback

import (
	"context"
	_ "embed"
	"time"

	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

// Reports takes a report for the call that the token belongs to.
type Reports interface {
	Callback(ctx context.Context, token, stage, externalID string, body []byte) error
}

// Parse reads the provider's body: the job's id and how far it is. A body that
// cannot be read still makes CastAD ask.
type Parse func(body []byte) (externalID, stage string)

type report struct {
	Token string `path:"token"`
	Body  []byte `body:"raw"`
}

type thanks struct {
	OK bool `json:"ok"`
}

// New returns the function.
func New(reports Reports, parse Parse) trigger.Function {
	return trigger.Public("video-callback", binding, trigger.Budget{Time: 10 * time.Second, Connections: 1},
		func(ctx context.Context, in report) (thanks, error) {
			externalID, stage := parse(in.Body)
			return thanks{true}, reports.Callback(ctx, in.Token, stage, externalID, in.Body)
		})
}
