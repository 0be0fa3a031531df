package ad

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"castad/shared/id"
	"castad/shared/message"
	"castad/shared/pipeline"
)

// Quote is what an order or an edit would cost. Won is reserved when it is
// accepted and is the most that its owner is charged: a step that fails costs
// nothing, one that turns out to have been made before neither.
type Quote struct {
	Items []Item `json:"items"`
	Won   int    `json:"won"`
	// WorstWon is the most that the vendors can be owed for it: when the answer about a
	// song or a film is lost for good, it is ordered once more. (A lyric is asked for until
	// it comes; that costs tokens and is not counted.) What exceeds Won is CastAD's loss.
	WorstWon int `json:"worst_won"`
	Today    Day `json:"today"`
}

// Item is a step of the quote.
type Item struct {
	Step     int          `json:"step"`
	Kind     message.Kind `json:"kind"`
	Provider string       `json:"provider"`
	// Reused: an earlier revision has made the same, and it is taken over.
	Reused   bool `json:"reused,omitempty"`
	Won      int  `json:"won"`
	WorstWon int  `json:"worst_won"`
}

// Day is what has been spent on the present day in Seoul and what may be; a cap of 0 is none.
type Day struct {
	ReservedWon int64     `json:"reserved_won"` // reserved or charged
	CapWon      int64     `json:"cap_won"`
	Starts      int       `json:"starts"` // orders and edits that cost something
	CapStarts   int       `json:"cap_starts"`
	Until       time.Time `json:"until"` // when the next day begins
	// Enough: the caps of today allow what is quoted.
	Enough bool `json:"enough"`
}

// Quote says what an order would cost; it writes nothing. It refuses what Start refuses.
func (s *Store) Quote(ctx context.Context, tenant id.Tenant, w Wish) (Quote, error) {
	if err := s.ready(ctx, tenant, w, w.Channels); err != nil {
		return Quote{}, err
	}
	if err := hasPhotos(ctx, s.db, tenant, w.Place); err != nil {
		return Quote{}, err
	}
	return s.quote(ctx, tenant, order{Wish: w})
}

// QuoteEdit says what an edit would cost; it writes nothing. It refuses what Edit refuses.
func (s *Store) QuoteEdit(ctx context.Context, tenant id.Tenant, ad id.Ad, e Edit) (Quote, error) {
	p, err := s.present(ctx, tenant, ad)
	if err != nil {
		return Quote{}, err
	}
	o, err := s.next(ctx, tenant, p, e)
	if err != nil {
		return Quote{}, err
	}
	return s.quote(ctx, tenant, o)
}

func (s *Store) quote(ctx context.Context, tenant id.Tenant, o order) (Quote, error) {
	text, err := json.Marshal(o)
	if err != nil {
		return Quote{}, fmt.Errorf("write order: %w", err)
	}
	steps, err := s.engine.Foresee(ctx, tenant, o.Ad, text)
	if err != nil {
		return Quote{}, err
	}
	q := Quote{Items: make([]Item, 0, len(steps))}
	for _, step := range steps {
		i := Item{Step: step.No, Kind: step.Kind, Provider: step.Provider, Reused: step.Reused}
		if !step.Reused {
			i.Won, i.WorstWon = step.CostWon, step.CostWon
			if step.Policy == pipeline.Paid {
				i.WorstWon = 2 * step.CostWon
			}
		}
		q.Items, q.Won, q.WorstWon = append(q.Items, i), q.Won+i.Won, q.WorstWon+i.WorstWon
	}
	today, err := s.engine.Spending(ctx, tenant)
	if err != nil {
		return Quote{}, err
	}
	q.Today = Day{ReservedWon: today.ReservedWon, CapWon: today.CapWon, Starts: today.Starts, CapStarts: today.CapStarts, Until: today.Until}
	q.Today.Enough = q.Won == 0 || (today.CapWon == 0 || today.ReservedWon+int64(q.Won) <= today.CapWon) && (today.CapStarts == 0 || today.Starts < today.CapStarts)
	return q, nil
}
