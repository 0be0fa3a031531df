// Package quote is POST /api/v1/ads/quote: what an order or an edit would cost, step by step.
//
// {"wish": {…}} is a new ad, {"ad": id, "change": {…}} an edit; an edit of the lyric is its
// "lyric", the choice of a take its "take". Reads only, and
// refuses what the order or the edit itself would be refused for. What it says is what is then reserved.
package quote

import (
	"context"
	_ "embed"
	"time"

	"castad/functions/ad"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/identity"
	"castad/shared/message"
	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

// Ads quotes orders.
type Ads interface {
	Quote(ctx context.Context, tenant id.Tenant, w ad.Wish) (ad.Quote, error)
	QuoteEdit(ctx context.Context, tenant id.Tenant, a id.Ad, e ad.Edit) (ad.Quote, error)
}

type question struct {
	Wish   *ad.Wish   `json:"wish,omitempty"`
	Ad     id.Ad      `json:"ad,omitempty"`
	Change *ad.Change `json:"change,omitempty"`
	// Lyric is what would be sent to the ad's lyric, Take to its song's choose.
	Lyric *message.OwnLyric `json:"lyric,omitempty"`
	Take  *int              `json:"take,omitempty" min:"0"`
}

// edits says whether there is anything of an edit.
func (q question) edits() bool { return q.Change != nil || q.Lyric != nil || q.Take != nil }

// New returns the function.
func New(ads Ads) trigger.Function {
	return trigger.HTTP("ad-quote", binding, trigger.Budget{Time: 10 * time.Second, Connections: 1},
		func(ctx context.Context, who identity.Principal, in question) (ad.Quote, error) {
			switch {
			case in.Wish != nil && (in.Ad != 0 || in.edits()):
				return ad.Quote{}, fault.New(fault.CodeBadValue).In("wish").Wants(fault.Words{Ko: "wish, 또는 ad와 change·lyric·take", En: "wish, or ad with change, lyric or take"})
			case in.Wish != nil:
				if err := in.Wish.Validate(); err != nil {
					return ad.Quote{}, err
				}
				return ads.Quote(ctx, who.Tenant, *in.Wish)
			case in.Ad == 0:
				return ad.Quote{}, fault.New(fault.CodeMissingField).In("wish")
			case !in.edits():
				return ad.Quote{}, fault.New(fault.CodeMissingField).In("change")
			}
			e := ad.Edit{Text: in.Lyric, Take: in.Take}
			if in.Change != nil {
				e.Change = *in.Change
			}
			return ads.QuoteEdit(ctx, who.Tenant, in.Ad, e)
		})
}
