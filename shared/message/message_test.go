package message_test

import (
	"strings"
	"testing"

	"castad/shared/claim"
	"castad/shared/message"
)

func TestAHeadingSuitsEveryChannel(t *testing.T) {
	t.Parallel()
	at := func(area string) []claim.Fact { return []claim.Fact{{Kind: claim.Area, Text: area}} }
	long := strings.Repeat("칼", 60)
	for name, c := range map[string]struct {
		name  string
		facts []claim.Fact
		want  string
	}{
		"a place somewhere":      {"돌담골목", at("을지로"), "돌담골목 | 을지로"},
		"a place anywhere":       {"돌담골목", nil, "돌담골목"},
		"an area of nothing":     {"돌담골목", at(""), "돌담골목"},
		"a name like a tag":      {"카페 <모퉁이>", nil, "카페 〈모퉁이〉"},
		"a name as long as both": {long, at(long), long + " | " + strings.Repeat("칼", 37)},
	} {
		if got := message.Heading(c.name, c.facts); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
