package store

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"time"

	"castad/shared/fault"
)

const (
	// MaxLag is how far behind a replica may be and still be read.
	MaxLag = 5 * time.Second
	// A measured lag is believed for lagFresh; a beat is due every beatEvery.
	lagFresh  = time.Second
	beatEvery = time.Second
	// A replica that takes longer to answer the measurement counts as down.
	measureTime = 500 * time.Millisecond
)

// Replica reads from the replica while it is at most MaxLag behind, and from
// the primary, within the primary's own pool, when it is further behind or
// down. Without a replica DSN it is the primary's pool. It has no Exec.
type Replica struct {
	primary *Primary
	lanes   *lanes // nil: shares the primary's
	hooks   Hooks
	now     func() time.Time

	mu        sync.Mutex
	measuring bool
	at        time.Time
	lag       time.Duration
	reason    string // why not to read here: "lag", "down"; "" = fine
}

func (r *Replica) read(ctx context.Context, query string, args []any, scan func(*sql.Rows) error) error {
	if r.lanes == nil {
		return r.primary.read(ctx, query, args, scan)
	}
	reason := r.distrust(ctx)
	if reason == "" {
		err := r.lanes.read(ctx, query, args, scan)
		if !away(err) || ctx.Err() != nil {
			return err
		}
		reason = "down"
		r.verdict(0, reason)
	}
	r.hooks.fallback(reason)
	return r.primary.read(ctx, query, args, scan)
}

// away: the server cannot be used at all. A full pool is not that: moving its
// load to the primary would only fill that too.
func away(err error) bool {
	k := fault.KindOf(err)
	return err != nil && (k == fault.Unavailable || k == fault.Misconfigured) && fault.CodeOf(err) != fault.CodeBusy
}

// distrust returns why the replica should not be read now, or "". One caller
// measures when the last measurement is older than a second; the others go by
// the last one meanwhile.
func (r *Replica) distrust(ctx context.Context) string {
	r.mu.Lock()
	never := r.at.IsZero()
	if fresh := !never && r.now().Sub(r.at) < lagFresh; fresh || r.measuring {
		defer r.mu.Unlock()
		if never {
			return "unmeasured"
		}
		return r.reason
	}
	r.measuring = true
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		r.measuring = false
		r.mu.Unlock()
	}()
	lag, err := r.measure(ctx)
	switch {
	case ctx.Err() != nil:
		return "unmeasured" // the caller has gone; that says nothing about the replica
	case errors.Is(err, ErrNoRows) || number(err) == errNoSuchTable:
		// Nobody has ever beaten, or the table has not arrived: too far behind to say.
		return r.verdict(lag, "lag")
	case err != nil:
		return r.verdict(0, "down")
	case lag > MaxLag || lag < -MaxLag: // the latter: the clocks disagree too much to say
		return r.verdict(lag, "lag")
	}
	return r.verdict(lag, "")
}

func (r *Replica) verdict(lag time.Duration, reason string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.at, r.lag, r.reason = r.now(), lag, reason
	return reason
}

func (r *Replica) lastLag() (lag time.Duration, lagging bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return max(0, r.lag), r.reason != ""
}

const lagQuery = `SELECT TIMESTAMPDIFF(MICROSECOND, beat_at, NOW(6)) FROM replica_heartbeat WHERE id = 1`

// measure reads the age of the heartbeat row as the replica has it. The clocks
// of the two servers have to agree to well below MaxLag; a beat from the future is
// a negative lag.
func (r *Replica) measure(ctx context.Context) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, measureTime)
	defer cancel()
	us, err := One(ctx, laneReader{r.lanes}, lagQuery, func(n *int64) []any { return []any{n} })
	return time.Duration(us) * time.Microsecond, err
}

// laneReader reads one server without any fallback.
type laneReader struct{ lanes *lanes }

func (l laneReader) read(ctx context.Context, query string, args []any, scan func(*sql.Rows) error) error {
	return l.lanes.read(ctx, query, args, scan)
}

// However many processes beat, the row is written about once a second. A beat
// from the future (the clock was set back) must not look like no lag for ever.
const beat = `UPDATE replica_heartbeat SET beat_at = NOW(6)
WHERE id = 1 AND (beat_at <= NOW(6) - INTERVAL 900000 MICROSECOND OR beat_at > NOW(6))`

// Heartbeat keeps the heartbeat row fresh until ctx ends. Main runs it in one
// goroutine when there is a replica. A beat that fails is left out: the lag
// grows, and reads go to the primary.
func (db *DB) Heartbeat(ctx context.Context) {
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	for {
		once, cancel := context.WithTimeout(ctx, beatEvery)
		_, _ = db.primary.Exec(once, beat)
		cancel()
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}
