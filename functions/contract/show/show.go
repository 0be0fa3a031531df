// Package show is GET /api/v1/openapi.json: what the API promises, as OpenAPI 3.1.
//
// Anonymous, touches nothing, and is the same for everybody, so that it may be kept for
// an hour and be asked for again by its ETag. The document is generated from the
// functions' types and committed; a test compares them.
package show

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"sync"
	"time"

	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

//go:embed openapi.json
var document []byte

type nothing struct{}

// kept is how long a copy is good: a new version only adds to the one before.
const kept = "public, max-age=3600"

// content is the document as a file.
type content struct{ *bytes.Reader }

func (content) Close() error { return nil }

// New returns the function.
func New() trigger.Function {
	tag := sync.OnceValue(func() string { // with the first request: a start has no time for it
		sum := sha256.Sum256(document)
		return `"` + hex.EncodeToString(sum[:16]) + `"`
	})
	return trigger.Public("contract-show", binding, trigger.Budget{Time: 30 * time.Second},
		func(context.Context, nothing) (trigger.File, error) {
			return trigger.File{Reply: trigger.Reply{Header: map[string][]string{"Cache-Control": {kept}}},
				Content: content{bytes.NewReader(document)}, Type: "application/json", ETag: tag()}, nil
		})
}
