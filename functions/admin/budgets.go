package admin

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"castad/shared/store"
)

// Pool is one of this process's pools.
type Pool struct {
	Max   int `json:"max"`
	Open  int `json:"open"`
	InUse int `json:"in_use"`
	Idle  int `json:"idle"`
	// Waited counts those who had to wait for a connection, Refused those who got none.
	Waited  int64 `json:"waited"`
	Refused int64 `json:"refused"`
}

// Budgets are the connections that may be used and are.
type Budgets struct {
	// Rule is the sum that the settings keep: "s2 reference: 4×(20+10) = 120 ≤ 120 of 200".
	Rule string `json:"rule"`
	// Limit is how many all instances together may hold, MaxConnections the server's own limit by the rule.
	Limit          int `json:"limit"`
	MaxConnections int `json:"max_connections"`
	// HTTP and Queue are this process's pools; the replica's are absent where there is none.
	HTTP         Pool  `json:"http"`
	Queue        Pool  `json:"queue"`
	ReplicaHTTP  *Pool `json:"replica_http,omitempty"`
	ReplicaQueue *Pool `json:"replica_queue,omitempty"`
	// Server is what the server counts; a figure that cannot be read is absent.
	Server Server `json:"server"`
}

// Server is what the primary says of its connections.
type Server struct {
	Connected *int64 `json:"connected,omitempty"`
	Running   *int64 `json:"running,omitempty"`
	MaxUsed   *int64 `json:"max_used,omitempty"`
	// MaxConnections is its limit, Refused how many it has turned away for it.
	MaxConnections *int64 `json:"max_connections,omitempty"`
	Refused        *int64 `json:"refused,omitempty"`
}

func poolOf(p store.PoolStats) Pool {
	return Pool{Max: p.Max, Open: p.Open, InUse: p.InUse, Idle: p.Idle, Waited: p.Waited, Refused: p.Refused}
}

// Budgets says how many connections may be used and are. The pools are those of
// the process that answers; the server's figures are everybody's.
func (s *Store) Budgets(ctx context.Context) (Budgets, error) {
	rule, stats := s.c.DB.Budget(), s.c.DB.Stats()
	b := Budgets{Rule: rule.String(), Limit: rule.Limit, MaxConnections: rule.MaxConnections, HTTP: poolOf(stats.HTTP), Queue: poolOf(stats.Queue)}
	if stats.ReplicaHTTP.Max > 0 {
		h, q := poolOf(stats.ReplicaHTTP), poolOf(stats.ReplicaQueue)
		b.ReplicaHTTP, b.ReplicaQueue = &h, &q
	}
	for _, figure := range []struct {
		query string
		into  **int64
	}{
		{`SHOW GLOBAL STATUS LIKE 'Threads_connected'`, &b.Server.Connected},
		{`SHOW GLOBAL STATUS LIKE 'Threads_running'`, &b.Server.Running},
		{`SHOW GLOBAL STATUS LIKE 'Max_used_connections'`, &b.Server.MaxUsed},
		{`SHOW GLOBAL STATUS LIKE 'Connection_errors_max_connections'`, &b.Server.Refused},
		{`SHOW GLOBAL VARIABLES LIKE 'max_connections'`, &b.Server.MaxConnections},
	} {
		n, err := s.figure(ctx, figure.query)
		if err != nil {
			return b, err
		}
		*figure.into = n
	}
	return b, nil
}

// figure is one of the server's own; nil when it has none of that name.
func (s *Store) figure(ctx context.Context, query string) (*int64, error) {
	type status struct{ name, value string }
	row, err := store.One(ctx, s.c.DB.Primary(), query, func(s *status) []any { return []any{&s.name, &s.value} })
	if errors.Is(err, store.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the server's connections: %w", err)
	}
	n, err := strconv.ParseInt(row.value, 10, 64)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", row.name, err)
	}
	return &n, nil
}
