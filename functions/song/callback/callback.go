// Package callback is POST /api/v1/callbacks/song/{token}: the song provider reports.
//
// Anonymous; the token in the path is 256 bits, known to that provider for that
// one call. The body is a hint: it makes song-collect ask now. A repeated report
// answers 200 and changes nothing; a wrong token 404, a wrong signature 401.
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

// Read reads the provider's report: the job's id and how far it is. A body that
// cannot be read still makes CastAD ask. An error means that the report is not the
// provider's; it changes nothing.
type Read func(body []byte, timestamp, signature string) (externalID, stage string, err error)

type report struct {
	Token     string `path:"token"`
	Timestamp string `header:"X-Webhook-Timestamp"`
	Signature string `header:"X-Webhook-Signature"`
	Body      []byte `body:"raw"`
}

type thanks struct {
	OK bool `json:"ok"`
}

// New returns the function.
func New(reports Reports, read Read) trigger.Function {
	return trigger.Public("song-callback", binding, trigger.Budget{Time: 10 * time.Second, Connections: 1},
		func(ctx context.Context, in report) (thanks, error) {
			externalID, stage, err := read(in.Body, in.Timestamp, in.Signature)
			if err != nil {
				return thanks{}, err
			}
			return thanks{true}, reports.Callback(ctx, in.Token, stage, externalID, in.Body)
		})
}
