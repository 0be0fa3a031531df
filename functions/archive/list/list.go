// Package list is GET /api/v1/archive: ads that have a film, the newest first, page by page.
//
// `?query=` is looked for in the place's name, the lyric's title and its lines;
// `?deleted=true` lists what is put away instead, with a film or without. Reads the replica and may lag a little.
package list

import (
	"context"
	_ "embed"
	"strings"
	"time"

	"castad/functions/archive"
	"castad/shared/id"
	"castad/shared/identity"
	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

// Archive lists ads.
type Archive interface {
	List(ctx context.Context, tenant id.Tenant, q archive.Query) ([]archive.Item, error)
}

type question struct {
	Query string `query:"query" max:"60"`
	// Deleted lists what is put away.
	Deleted bool `query:"deleted"`
	trigger.Page[id.Ad]
}

// New returns the function.
func New(a Archive) trigger.Function {
	return trigger.HTTP("archive-list", binding, trigger.Budget{Time: 10 * time.Second, Connections: 1},
		func(ctx context.Context, who identity.Principal, in question) (trigger.List[archive.Item], error) {
			items, err := a.List(ctx, who.Tenant, archive.Query{Text: strings.TrimSpace(in.Query), Away: in.Deleted, Before: in.After, Limit: in.Size()})
			return trigger.Listed(items, in.Size(), func(i archive.Item) string { return i.ID.String() }), err
		})
}
