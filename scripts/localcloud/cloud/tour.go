package cloud

import "fmt"

// Tour says how a person orders an ad by hand: the commands are docs/tour.md's, the
// indented line gives them this cloud's address. A test runs both as they are.
func Tour(url string) string {
	return fmt.Sprintf(`
docs/tour.md is a tour in curl and jq, from signing in to a published post. In another
terminal (a bash of its own, in this folder) begin with

  export API=%s/api/v1

and go on with the commands of the page, from top to bottom.

Ctrl-C stops everything; the state stays.
`, url)
}
