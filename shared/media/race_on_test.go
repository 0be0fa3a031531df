//go:build race

package media

import "flag"

// Under the race detector a property is tried ten times: it looks at what goroutines
// share, which is little here. make check tries all without it, too.
func init() { _ = flag.Set("rapid.checks", "10") } // rapid has it
