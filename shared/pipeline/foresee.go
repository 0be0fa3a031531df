package pipeline

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"castad/shared/id"
)

// Foreseen is a step of an order that has not been accepted.
type Foreseen struct {
	Plan
	// Reused: an earlier run of the ad has its result, and it costs nothing.
	Reused bool
}

// Foresee says what Start would reserve for an order of an ad, 0 = a new one; it
// writes nothing. A step whose input depends on what is yet to be made counts as
// made: if it turns out to have been made before, its price is given back. A
// fault of the recipe's that would fail the run at once is returned.
func (e *Engine) Foresee(ctx context.Context, tenant id.Tenant, ad id.Ad, order json.RawMessage) ([]Foreseen, error) {
	plans, err := e.c.Recipe.Steps(order)
	if err != nil {
		return nil, err
	}
	steps, outputs := make([]Foreseen, len(plans)), map[int]json.RawMessage{}
	for i, p := range plans {
		steps[i].Plan = p
		if _, known := outputs[p.After]; p.After != 0 && !known || p.Hold {
			continue
		}
		in, err := e.c.Recipe.Input(order, p, outputs)
		if err != nil {
			return nil, fmt.Errorf("foresee step %d: %w", p.No, err)
		}
		if !p.Reuse || ad == 0 {
			continue
		}
		text, err := json.Marshal(in)
		if err != nil {
			return nil, fmt.Errorf("write input of step %d: %w", p.No, err)
		}
		hash := sha256.Sum256(text)
		r, err := earlier(ctx, e.c.DB, tenant, ad, p.Kind, hash[:], 0)
		if err != nil {
			return nil, err
		}
		if r.madeIn != 0 {
			steps[i].Reused, outputs[p.No] = true, r.output
		}
	}
	return steps, nil
}
