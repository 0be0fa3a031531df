package verify

import (
	"context"
	"errors"
	"testing"

	"castad/shared/fault"
	"castad/shared/message"
	"castad/shared/provider"

	"github.com/google/go-cmp/cmp"
)

// channel answers both questions with the same post, and says which was asked.
type channel struct {
	posted provider.Posted
	err    error
	asked  string
}

func (c *channel) Look(context.Context, provider.Sought) (provider.Posted, error) {
	c.asked = "look"
	return c.posted, c.err
}

func (c *channel) Find(context.Context, provider.Sought) (provider.Posted, error) {
	c.asked = "find"
	return c.posted, c.err
}

// A post that is found by its marker is no end yet: its id is written first.
func TestAPostEndsItsStepOnceItIsPublicAndItsIDIsKnown(t *testing.T) {
	t.Parallel()
	public := provider.Posted{ID: "v1", URL: "https://y/v1", State: provider.Published, Privacy: "unlisted", Note: "n"}
	working := provider.Posted{ID: "v1", State: provider.Processing}
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		channel channel
		unsure  bool
		asked   string
		want    message.SnsPosted
		err     error
	}{
		"public":            {channel{posted: public}, false, "look", message.SnsPosted{ExternalID: "v1", URL: "https://y/v1", Privacy: "unlisted", Note: "n"}, nil},
		"processing":        {channel{posted: working}, false, "look", message.SnsPosted{}, message.NotYet{ExternalID: "v1"}},
		"found":             {channel{posted: public}, true, "find", message.SnsPosted{}, message.NotYet{ExternalID: "v1"}},
		"cannot be asked":   {channel{err: broken}, false, "look", message.SnsPosted{}, broken},
		"rejected":          {channel{posted: working, err: broken}, false, "look", message.SnsPosted{ExternalID: "v1"}, broken},
		"proven not there":  {channel{err: provider.Unfinished()}, true, "find", message.SnsPosted{}, message.Absent{Settled: true}},
		"not there for now": {channel{err: provider.Absent()}, true, "find", message.SnsPosted{}, message.Absent{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := look(t.Context(), &c.channel, c.unsure, provider.Sought{})
			if diff := cmp.Diff(c.want, got); diff != "" || !errors.Is(err, c.err) || c.channel.asked != c.asked {
				t.Errorf("asked by %s: %v (%v); (-want +got):\n%s", c.channel.asked, err, fault.KindOf(err), diff)
			}
		})
	}
}
