package photo

import (
	"context"
	"sync"

	"castad/shared/fault"
	"castad/shared/id"
)

// turns lets the photos of one tenant in one after the other: whoever sends many at once,
// or sends them slowly, keeps nobody else from what room there is. It holds as many
// entries as there are tenants with a photo on its way.
type turns struct {
	mu    sync.Mutex
	lines map[id.Tenant]*line
}

// line is the photos of one tenant; taken holds the one whose turn it is.
type line struct {
	taken  chan struct{}
	photos int
}

// take waits for the tenant's turn; leave ends it.
func (t *turns) take(ctx context.Context, tenant id.Tenant) (leave func(), err error) {
	l := t.join(tenant)
	select {
	case l.taken <- struct{}{}:
		return func() { <-l.taken; t.quit(tenant) }, nil
	case <-ctx.Done():
		t.quit(tenant)
		return nil, fault.Newf(fault.CodeBusy, "wait for the photos before: %w", ctx.Err())
	}
}

func (t *turns) join(tenant id.Tenant) *line {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.lines[tenant]
	if l == nil {
		l = &line{taken: make(chan struct{}, 1)}
		t.lines[tenant] = l
	}
	l.photos++
	return l
}

func (t *turns) quit(tenant id.Tenant) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if l := t.lines[tenant]; l.photos > 1 {
		l.photos--
		return
	}
	delete(t.lines, tenant)
}
