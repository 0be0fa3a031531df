// Package preflight is OPTIONS /api/v1/{*path}: a browser asks what a script of another origin may do.
//
// Reads nothing and writes nothing: the answer follows from CASTAD_ORIGINS and the
// routes (package trigger, which says why CORS is ours and not the platform's). For
// that the platform's own CORS must be left empty: it would answer instead.
package preflight

import (
	_ "embed"

	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

// New returns the function.
func New() trigger.Function { return trigger.Preflight("cors-preflight", binding) }
