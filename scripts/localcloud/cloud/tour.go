package cloud

import "fmt"

// Tour says how a person orders an ad by hand: the commands are docs/tour.md's, the
// indented lines give them this cloud's address and the folder of its app. A test runs
// both as they are.
func Tour(url, app string) string {
	return fmt.Sprintf(`
docs/tour.md is a tour in curl and jq, from signing in to a published post. In another
terminal (a bash of its own, in this folder) begin with

  export API=%s/api/v1
  export APP='%s'

and go on with the commands of the page, from top to bottom.

Ctrl-C stops everything; the state stays.
`, url, app)
}
