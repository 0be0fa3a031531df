package main

import (
	"time"

	"castad/shared/provider"
	"castad/shared/store"
	"castad/shared/telemetry"
)

// meter is what the process counts beside its invocations.
type meter struct {
	metrics     *telemetry.Metrics
	invocations *telemetry.Invocations

	second, deadlocks, fallbacks, lostCommits telemetry.Counter
	poolWait                                  telemetry.Histogram

	vendorCalls, vendorRefusals telemetry.Counter
	breakers                    telemetry.Gauge
	limits                      telemetry.Counter
	vendorTime                  telemetry.Histogram
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
		vendorCalls:    m.Counter("castad_vendor_calls_total", "Calls to vendors, by what they say about the vendor's health.", "vendor", "op", "verdict"),
		vendorRefusals: m.Counter("castad_vendor_refusals_total", "Calls to vendors that were not sent: breaker, limit, pause.", "vendor", "op", "reason"),
		limits:         m.Counter("castad_limited_total", "HTTP calls that limits did not simply admit: refused, bypassed, alone (Redis down), closed (Redis down, paid).", "class", "outcome"),
		breakers:       m.Gauge("castad_breaker_state", "Circuit breakers: 0 closed, 1 half-open, 2 open, 3 paused by an operator.", "vendor", "op"),
		vendorTime: m.Histogram("castad_vendor_call_seconds", "How long vendors take to begin their answer.",
			[]float64{0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120}, "vendor", "op"),
	}
}

// Called, Refused and Breaker are what the vendors' guard tells.
func (m *meter) Called(vendor, op, verdict string, n int) {
	m.vendorCalls.Add(float64(n), vendor, op, verdict)
}

// limited counts what limits did not simply admit.
func (m *meter) limited(class, outcome string) { m.limits.Inc(class, outcome) }

// Refused counts a call that was not sent.
func (m *meter) Refused(vendor, op, reason string) { m.vendorRefusals.Inc(vendor, op, reason) }

// Breaker shows a breaker's state.
func (m *meter) Breaker(vendor, op string, state float64) { m.breakers.Set(state, vendor, op) }

// observed is told how long a vendor took.
func (m *meter) observed(o provider.Observation) {
	m.vendorTime.Observe(o.Took.Seconds(), o.Provider, o.Op)
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
