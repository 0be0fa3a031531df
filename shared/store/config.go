package store

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// DefaultPoolWait is how long an invocation waits for a connection when
// Config.PoolWait is zero. database/sql would wait for ever.
const DefaultPoolWait = 2 * time.Second

// Config says which database and how much of it.
type Config struct {
	// DSN and ReplicaDSN are in go-sql-driver form, user:password@tcp(host:port)/database.
	// An empty ReplicaDSN makes Replica share the primary's pools.
	DSN, ReplicaDSN string
	// Stage is "local", "s1", "s2" or "s3"; Host the kind of host: "reference",
	// "premium", "containerapp" or "flex". Together they name a row of Budgets.
	Stage, Host string
	// Group is the scale group of that row that this process belongs to ("api",
	// "worker", "canary"); empty where the row has only one, and on flex, where
	// one configuration serves every group.
	Group string
	// Strict makes a connection beyond the invocation's budget an error (tests).
	Strict bool
	// PoolWait bounds the wait for a connection; 0 = DefaultPoolWait.
	PoolWait time.Duration
	// Hooks are told about what metrics should count.
	Hooks Hooks
}

// Hooks are called from many goroutines; a nil one is skipped.
type Hooks struct {
	// SecondConnection: the function took a connection beyond its budget.
	SecondConnection func(function string)
	// PoolWait: a connection was handed out, or refused, after d.
	PoolWait func(d time.Duration)
	// Deadlock: a transaction lost a deadlock or a lock wait and runs again.
	Deadlock func()
	// Fallback: a replica read went to the primary; reason is "lag", "down" or "unmeasured".
	Fallback func(reason string)
	// LostCommit: a connection dropped during COMMIT; landed says what was found out ("yes", "no", "unknown").
	LostCommit func(landed string)
	// Driver: the driver's own message about a connection it closed.
	Driver func(message string)
}

func (h Hooks) secondConnection(function string) {
	if h.SecondConnection != nil {
		h.SecondConnection(function)
	}
}

func (h Hooks) poolWait(d time.Duration) {
	if h.PoolWait != nil {
		h.PoolWait(d)
	}
}

func (h Hooks) deadlock() {
	if h.Deadlock != nil {
		h.Deadlock()
	}
}

func (h Hooks) fallback(reason string) {
	if h.Fallback != nil {
		h.Fallback(reason)
	}
}

func (h Hooks) lostCommit(landed string) {
	if h.LostCommit != nil {
		h.LostCommit(landed)
	}
}

// DB is the pools of one process.
type DB struct {
	primary *Primary
	replica *Replica
	budget  Budget
	group   Group
	hooks   Hooks
	// admin opens single connections outside the pools, for migrations only;
	// they count in the reserve of the budget rule.
	admin *connector
	name  string
}

// Open parses the settings and builds the pools. It does no I/O. An error is a
// *fault.Error of kind Misconfigured whose sentence names the setting.
func Open(c Config) (*DB, error) {
	budget, group, err := budgetFor(c.Stage, c.Host, c.Group)
	if err != nil {
		return nil, err
	}
	if c.PoolWait < 0 {
		return nil, misconfigured("The wait for a database connection is %s; it must not be negative.", c.PoolWait)
	}
	if c.PoolWait == 0 {
		c.PoolWait = DefaultPoolWait
	}
	cfg, err := driverConfig("CASTAD_MYSQL_DSN", c.DSN, c.Stage, c.Hooks)
	if err != nil {
		return nil, err
	}
	db := &DB{budget: budget, group: group, hooks: c.Hooks, name: cfg.DBName}
	if db.admin, err = newConnector(cfg, "migrate"); err != nil {
		return nil, err
	}
	lanes, err := newLanes(cfg, group, c)
	if err != nil {
		return nil, err
	}
	db.primary = &Primary{lanes: lanes, hooks: c.Hooks, jitter: jitter}
	db.replica = &Replica{primary: db.primary, hooks: c.Hooks, now: time.Now}
	if c.ReplicaDSN != "" {
		rcfg, err := driverConfig("CASTAD_MYSQL_REPLICA_DSN", c.ReplicaDSN, c.Stage, c.Hooks)
		if err != nil {
			return nil, errors.Join(err, lanes.close())
		}
		if rcfg.DBName != cfg.DBName {
			return nil, errors.Join(misconfigured("CASTAD_MYSQL_REPLICA_DSN names another database than CASTAD_MYSQL_DSN; a replica has the primary's database."), lanes.close())
		}
		// A replica refuses writes by design; throwing the connection away for it would hide the mistake.
		rcfg.RejectReadOnly = false
		if db.replica.lanes, err = newLanes(rcfg, group, c); err != nil {
			return nil, errors.Join(err, lanes.close())
		}
	}
	return db, nil
}

// Primary is where writes go, and reads that must see them.
func (db *DB) Primary() *Primary { return db.primary }

// Replica serves reads that may be up to five seconds old.
func (db *DB) Replica() *Replica { return db.replica }

// Budget is the row of Budgets that this process was opened with.
func (db *DB) Budget() Budget { return db.budget }

// Close closes the idle connections and refuses new ones; connections in use
// are closed when they are given back.
func (db *DB) Close() error {
	err := db.primary.lanes.close()
	if db.replica.lanes != nil {
		err = errors.Join(err, db.replica.lanes.close())
	}
	return err
}

// PoolStats describes one pool.
type PoolStats struct {
	Max, Open, InUse, Idle int
	// Waited counts acquisitions that had to wait; Refused those that ended in CodeBusy.
	Waited, Refused int64
	// Recycled counts connections closed for their age or idleness.
	Recycled int64
}

// Stats describes the pools; the replica's are zero when it shares the primary's.
type Stats struct {
	HTTP, Queue               PoolStats
	ReplicaHTTP, ReplicaQueue PoolStats
	// Lag is the replica's last measured lag, and Lagging whether reads go to the primary for it.
	Lag     time.Duration
	Lagging bool
}

// Stats returns the present state of the pools.
func (db *DB) Stats() Stats {
	s := Stats{HTTP: db.primary.lanes.http.stats(), Queue: db.primary.lanes.queue.stats()}
	if db.replica.lanes != nil {
		s.ReplicaHTTP, s.ReplicaQueue = db.replica.lanes.http.stats(), db.replica.lanes.queue.stats()
		s.Lag, s.Lagging = db.replica.lastLag()
	}
	return s
}

// ErrNoRows is what One returns when the query has no row.
var ErrNoRows = sql.ErrNoRows

// detached is ctx without its cancellation, ended after d: for the work that
// must be done although the caller has gone (roll back, commit that has begun).
func detached(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), d)
}
