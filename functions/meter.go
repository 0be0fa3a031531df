package main

import (
	"log/slog"
	"time"

	"castad/shared/store"
	"castad/shared/telemetry"
)

// meter is what the process counts beside its invocations.
type meter struct {
	metrics     *telemetry.Metrics
	invocations *telemetry.Invocations

	second, deadlocks, fallbacks, lostCommits telemetry.Counter
	poolWait                                  telemetry.Histogram
}

func newMeter() *meter {
	m := telemetry.NewMetrics()
	return &meter{
		metrics: m, invocations: telemetry.NewInvocations(m),
		second:      m.Counter("castad_second_connections_total", "Connections that an invocation took beyond its budget.", "function"),
		deadlocks:   m.Counter("castad_deadlocks_total", "Transactions that lost a deadlock or a lock wait and ran again."),
		fallbacks:   m.Counter("castad_replica_fallbacks_total", "Replica reads that went to the primary.", "reason"),
		lostCommits: m.Counter("castad_lost_commits_total", "Connections that dropped during COMMIT.", "landed"),
		poolWait: m.Histogram("castad_pool_wait_seconds", "Wait for a database connection.",
			[]float64{0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 2}),
	}
}

// hooks let the store tell what happens to its connections.
func (m *meter) hooks() store.Hooks {
	return store.Hooks{
		SecondConnection: func(function string) { m.second.Inc(function) },
		PoolWait:         func(d time.Duration) { m.poolWait.Observe(d.Seconds()) },
		Deadlock:         func() { m.deadlocks.Inc() },
		Fallback:         func(reason string) { m.fallbacks.Inc(reason) },
		LostCommit:       func(landed string) { m.lostCommits.Inc(landed) },
	}
}

// watch shows how many connections of each pool are in use, when somebody looks.
func (m *meter) watch(db *store.DB) {
	m.metrics.Read("castad_http_connections_in_use", "Connections of the HTTP pool in use.", func() float64 { return float64(db.Stats().HTTP.InUse) })
	m.metrics.Read("castad_queue_connections_in_use", "Connections of the queue pool in use.", func() float64 { return float64(db.Stats().Queue.InUse) })
}

// level is the setting's name as slog knows it; config has checked it.
func level(name string) slog.Level {
	var l slog.Level
	if err := l.UnmarshalText([]byte(name)); err != nil {
		return slog.LevelInfo
	}
	return l
}
