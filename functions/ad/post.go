package ad

import (
	"encoding/json"
	"fmt"
	"time"

	"castad/shared/fault"
	"castad/shared/message"
	"castad/shared/pipeline"
)

// single is the order of a single post of a film that is there already.
type single struct {
	message.SnsPublish
	// At is when it goes out; zero = at once.
	At time.Time `json:"at,omitzero"`
}

// PostOrder writes the order of one post as the recipe reads it: a run with a single
// step, which begins at the given time; zero = at once.
func PostOrder(p message.SnsPublish, at time.Time) (json.RawMessage, error) {
	text, err := json.Marshal(order{Ad: p.Ad, Post: &single{SnsPublish: p, At: at}})
	if err != nil {
		return nil, fmt.Errorf("write order: %w", err)
	}
	return text, nil
}

// plans are the steps of a post's run.
func (p single) plans() []pipeline.Plan {
	return []pipeline.Plan{{No: 1, Kind: message.Publish, Policy: pipeline.Once, Provider: p.Channel, NotBefore: p.At}}
}

// input is what its step is given.
func (p single) input(step pipeline.Plan) (any, error) {
	if step.No != 1 || step.Kind != message.Publish {
		return nil, fault.Newf(fault.CodeInternal, "make input: no step %d of kind %s in the order of a post", step.No, step.Kind)
	}
	return p.SnsPublish, nil
}
