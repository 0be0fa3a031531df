package store

import (
	"context"
	"slices"
)

// Erase runs statements that delete, each with args and then limit, so at most limit
// rows of each and in transactions of that size. It stops at the first one that had
// more than that to do; done says that none had. Order them so that what is left
// behind by a process that dies on the way is still found.
func (p *Primary) Erase(ctx context.Context, limit int, args []any, statements ...string) (done bool, err error) {
	args = append(slices.Clone(args), limit)
	for _, statement := range statements {
		n, err := p.Exec(ctx, statement, args...)
		if err != nil {
			return false, err
		}
		if n >= int64(limit) {
			return false, nil
		}
	}
	return true, nil
}
