package httpd

import (
	"context"
	"net/http"
	"runtime"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"rollcall/schedule/pipeline"
	"rollcall/sink"
	"rollcall/sources/fetch"
)

// metrics are counters of this process, and gauges of the directory, which are the
// same in every replica.
type metrics struct {
	*prometheus.Registry

	runs, changes, requests, retries, throttled, deliveryCount *prometheus.CounterVec
	took, latency                                              *prometheus.HistogramVec
}

// Upper bounds of histograms, in seconds.
var (
	runBounds     = []float64{0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000, 3000}
	requestBounds = []float64{0.02, 0.05, 0.1, 0.3, 1, 2, 5, 10, 30}
)

func newMetrics(ctx context.Context, s *Server) *metrics {
	m := &metrics{Registry: prometheus.NewRegistry()}
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
		m.MustRegister(c)
		return c
	}
	histogram := func(name, help string, buckets []float64) *prometheus.HistogramVec {
		h := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, []string{"source"})
		m.MustRegister(h)
		return h
	}
	m.runs = counter("rollcall_runs_total", "Runs that ended, by how.", "source", "status")
	m.changes = counter("rollcall_changes_total", "Accounts changed, by operation.", "source", "operation")
	m.requests = counter("rollcall_provider_requests_total", "Requests to the provider, each try counted, by HTTP status; none without a response.", "source", "status")
	m.retries = counter("rollcall_provider_retries_total", "Requests to the provider that were retries.", "source")
	m.throttled = counter("rollcall_provider_throttled_seconds_total", "Time that requests waited for RATE_LIMIT, CONCURRENCY or the provider's Retry-After.", "source")
	m.deliveryCount = counter("rollcall_hook_deliveries_total", "Deliveries to /hooks, by HTTP status of the response.", "source", "status")
	m.took = histogram("rollcall_run_duration_seconds", "How long runs took.", runBounds)
	m.latency = histogram("rollcall_provider_request_duration_seconds", "From sending a request to the end of its response.", requestBounds)
	var names []string
	for _, c := range s.Connections {
		names = append(names, c.Name)
		// An alert on an increase needs the 0 before it.
		for _, status := range []string{"succeeded", "held", "partial", "failed", "interrupted"} {
			m.runs.WithLabelValues(c.Name, status)
		}
		for _, operation := range operations(sink.Counts{}) {
			m.changes.WithLabelValues(c.Name, operation.name)
		}
		m.retries.WithLabelValues(c.Name)
		m.throttled.WithLabelValues(c.Name)
	}
	build := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "rollcall_build_info", Help: "1; its labels say which build this is.",
		ConstLabels: prometheus.Labels{"version": s.Version, "commit": s.Commit, "goversion": runtime.Version()},
	}, func() float64 { return 1 })
	m.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		build, newGauges(ctx, names, s))
	return m
}

func (m *metrics) handler() http.Handler {
	// Without the database the counters still answer.
	return promhttp.HandlerFor(m.Registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError})
}

type operation struct {
	name string
	n    int64
}

func operations(c sink.Counts) []operation {
	return []operation{{"created", c.Created}, {"updated", c.Updated}, {"moved", c.Moved}, {"deleted", c.Deleted}, {"restored", c.Restored}}
}

// Ended counts a run that ended.
func (m *metrics) Ended(r pipeline.Result) {
	status := r.Status
	if status == "" {
		status = "failed" // before it held the connection: the database was away
	}
	m.runs.WithLabelValues(r.Source, status).Inc()
	m.took.WithLabelValues(r.Source).Observe(r.Took.Seconds())
	for _, operation := range operations(r.Counts) {
		m.changes.WithLabelValues(r.Source, operation.name).Add(float64(operation.n))
	}
}

// Requested counts one try of a request to a provider.
func (m *metrics) Requested(source string, at fetch.Attempt) {
	status := "none"
	if at.Status > 0 {
		status = strconv.Itoa(at.Status)
	}
	m.requests.WithLabelValues(source, status).Inc()
	m.latency.WithLabelValues(source).Observe(at.Duration.Seconds())
	m.throttled.WithLabelValues(source).Add((at.Throttled + at.Wait).Seconds())
	if at.Retry {
		m.retries.WithLabelValues(source).Inc()
	}
}
