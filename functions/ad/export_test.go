package ad

import "context"

// Look is one round of the poller.
func (w *Watcher) Look(ctx context.Context) error { return w.look(ctx) }

// Watched is how many runs are watched.
func (w *Watcher) Watched() int { return len(w.ids()) }
