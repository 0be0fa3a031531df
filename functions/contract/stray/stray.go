// Package stray is /api/v1/{*path}: what is at no address, or takes no such method, is told so.
//
// Reads nothing and writes nothing: without it the Functions host would answer a mistyped
// address with an empty 404 of its own; package trigger answers 404, or 405 with Allow.
package stray

import (
	_ "embed"

	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

// New returns the function.
func New() trigger.Function { return trigger.Stray("contract-stray", binding) }
