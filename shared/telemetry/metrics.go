package telemetry

import (
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics is CastAD's registry of numbers.
type Metrics struct {
	registry *prometheus.Registry
	runtime  sync.Once
}

// NewMetrics returns an empty registry.
func NewMetrics() *Metrics { return &Metrics{registry: prometheus.NewRegistry()} }

// Counter only goes up.
type Counter struct{ vec *prometheus.CounterVec }

// Gauge goes up and down.
type Gauge struct{ vec *prometheus.GaugeVec }

// Histogram counts values by size.
type Histogram struct{ vec *prometheus.HistogramVec }

// Counter makes castad_<name>; by convention the name ends in _total. Label
// values must come from a small fixed set: never an id, a path or a text.
// A wrong or doubled name panics, which a start-up test shows.
func (m *Metrics) Counter(name, help string, labels ...string) Counter {
	v := prometheus.NewCounterVec(prometheus.CounterOpts{Name: full(name), Help: help}, labels)
	m.registry.MustRegister(v)
	return Counter{v}
}

// Gauge makes castad_<name>.
func (m *Metrics) Gauge(name, help string, labels ...string) Gauge {
	v := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: full(name), Help: help}, labels)
	m.registry.MustRegister(v)
	return Gauge{v}
}

// Read makes castad_<name>, a gauge whose value is asked for when somebody looks.
func (m *Metrics) Read(name, help string, value func() float64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: full(name), Help: help}, value))
}

// Histogram makes castad_<name> with the given upper bounds.
func (m *Metrics) Histogram(name, help string, bounds []float64, labels ...string) Histogram {
	v := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: full(name), Help: help, Buckets: bounds}, labels)
	m.registry.MustRegister(v)
	return Histogram{v}
}

func full(name string) string {
	if strings.HasPrefix(name, "castad_") {
		return name
	}
	return "castad_" + name
}

// Inc adds one.
func (c Counter) Inc(labels ...string) { c.vec.WithLabelValues(labels...).Inc() }

// Add adds n, which is not negative.
func (c Counter) Add(n float64, labels ...string) { c.vec.WithLabelValues(labels...).Add(n) }

// Set sets the value.
func (g Gauge) Set(n float64, labels ...string) { g.vec.WithLabelValues(labels...).Set(n) }

// Add adds n, which may be negative.
func (g Gauge) Add(n float64, labels ...string) { g.vec.WithLabelValues(labels...).Add(n) }

// Observe counts a value.
func (h Histogram) Observe(n float64, labels ...string) { h.vec.WithLabelValues(labels...).Observe(n) }

// Handler is what GET /metrics answers. It belongs on the loopback port only.
// The Go runtime's and the process's own numbers are added when somebody first
// looks: they cost a start nothing.
func (m *Metrics) Handler() http.Handler {
	answer := promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 2, Timeout: 5 * time.Second})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.runtime.Do(func() {
			m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
		})
		answer.ServeHTTP(w, r)
	})
}

// Invocations counts function invocations for package trigger.
type Invocations struct {
	total   Counter
	seconds Histogram
}

// NewInvocations makes castad_invocations_total and castad_invocation_seconds.
func NewInvocations(m *Metrics) *Invocations {
	return &Invocations{
		total: m.Counter("invocations_total", "Invocations of a function, by outcome.", "function", "kind", "code"),
		// From a cache hit to the front end's 230 s; 0.025 and 0.1 are what P3 and P10 look at.
		seconds: m.Histogram("invocation_seconds", "How long an invocation took.",
			[]float64{.001, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 230}, "function", "kind"),
	}
}

// Invoked counts one.
func (i *Invocations) Invoked(function, kind, code string, elapsed time.Duration) {
	i.total.Inc(function, kind, code)
	i.seconds.Observe(elapsed.Seconds(), function, kind)
}
