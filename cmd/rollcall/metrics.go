package main

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"rollcall/schedule/pipeline"
	"rollcall/sink"
	"rollcall/sources"
	"rollcall/sources/fetch"
)

// metrics are what serve tells Prometheus: counters of this process, and gauges
// of the directory, which are the same in every replica.
type metrics struct {
	registry *prometheus.Registry

	runs, changes, requests, retries, throttled, hooks *prometheus.CounterVec
	took, latency                                      *prometheus.HistogramVec
}

func newMetrics(ctx context.Context, connections []sources.Configured, db *atomic.Pointer[sqlx.DB]) *metrics {
	m := &metrics{registry: prometheus.NewRegistry()}
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
		m.registry.MustRegister(c)
		return c
	}
	histogram := func(name, help string, buckets []float64) *prometheus.HistogramVec {
		h := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, []string{"source"})
		m.registry.MustRegister(h)
		return h
	}
	m.runs = counter("rollcall_runs_total", "Runs that ended, by how.", "source", "status")
	m.changes = counter("rollcall_changes_total", "Accounts changed, by operation.", "source", "operation")
	m.requests = counter("rollcall_provider_requests_total", "Requests to the provider, each try counted, by HTTP status; none where no answer came.", "source", "status")
	m.retries = counter("rollcall_provider_retries_total", "Requests to the provider that were made again.", "source")
	m.throttled = counter("rollcall_provider_throttled_seconds_total", "Time that requests waited for RATE_LIMIT, CONCURRENCY or the provider's Retry-After.", "source")
	m.hooks = counter("rollcall_hook_deliveries_total", "Deliveries to /hooks, by HTTP status of the answer.", "source", "status")
	m.took = histogram("rollcall_run_duration_seconds", "How long runs took.", prometheus.ExponentialBuckets(0.1, 3, 10)) // to half an hour
	m.latency = histogram("rollcall_provider_request_duration_seconds", "From sending a request to the end of its answer.", prometheus.ExponentialBuckets(0.02, 2.5, 9))
	var names []string
	for _, c := range connections {
		names = append(names, c.Name)
		// An alert on an increase needs the 0 before it.
		for _, status := range []string{"succeeded", "held", "partial", "failed", "interrupted"} {
			m.runs.WithLabelValues(c.Name, status)
		}
		for operation := range (sink.Counts{}).Operations() {
			m.changes.WithLabelValues(c.Name, operation)
		}
		m.retries.WithLabelValues(c.Name)
		m.throttled.WithLabelValues(c.Name)
	}
	m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		newGauges(ctx, names, db))
	return m
}

func (m *metrics) handler() http.Handler {
	// Half of the metrics, while the database is away, is better than none.
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError})
}

// ended counts a run.
func (m *metrics) ended(r pipeline.Result) {
	status := r.Status
	if status == "" {
		status = "failed" // before it had the connection: the database was away
	}
	m.runs.WithLabelValues(r.Source, status).Inc()
	m.took.WithLabelValues(r.Source).Observe(r.Took.Seconds())
	for operation, n := range r.Counts.Operations() {
		m.changes.WithLabelValues(r.Source, operation).Add(float64(n))
	}
}

// requested counts one try of a request to a provider.
func (m *metrics) requested(source string, at fetch.Attempt) {
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

const (
	// gaugesTimeout ends the questions of a scrape: Prometheus itself waits for
	// ten seconds.
	gaugesTimeout = 8 * time.Second

	// gaugesAge is how long an answer serves: scrapes may be many.
	gaugesAge = 5 * time.Second

	// failedAge is how long a failure serves: scrapes that wait for one must not
	// each wait as long again.
	failedAge = time.Second

	// countsAge is how long a count of accounts serves where no run told of a
	// change. Counting reads an index of all accounts.
	countsAge = 5 * time.Minute
)

// gauges tells how the directory stands.
type gauges struct {
	ctx   context.Context // of scrapes, which hand none down
	names []string
	db    *atomic.Pointer[sqlx.DB] // nil before the database was reached
	descs map[string]*prometheus.Desc

	mu     sync.Mutex
	asked  time.Time
	err    error // of the last answer
	latest []sink.Gauge
	counts map[string]*counted
}

// counted is how many accounts a source had when it had changed last.
type counted struct {
	live, orphans int64
	applied       time.Time
	at            time.Time
}

func newGauges(ctx context.Context, names []string, db *atomic.Pointer[sqlx.DB]) *gauges {
	g := &gauges{ctx: context.WithoutCancel(ctx), names: names, db: db, descs: map[string]*prometheus.Desc{}, counts: map[string]*counted{}}
	g.descs["rollcall_database_up"] = prometheus.NewDesc("rollcall_database_up", "Whether the database answered this scrape.", nil, nil)
	for name, help := range map[string]string{
		"rollcall_accounts_live":                  "Accounts that are not deleted.",
		"rollcall_orphans":                        "Live accounts whose parent is named and unknown.",
		"rollcall_deletions_held":                 "Deletions that the last complete run did not dare.",
		"rollcall_rejects_open":                   "Records that could not be taken and still cannot.",
		"rollcall_hints_pending":                  "Accounts that webhook notifications named and that are still to be refreshed.",
		"rollcall_last_success_timestamp_seconds": "When the last run ended that saw a whole listing; 0: never.",
	} {
		g.descs[name] = prometheus.NewDesc(name, help, []string{"source"}, nil)
	}
	return g
}

// Describe implements prometheus.Collector.
func (g *gauges) Describe(to chan<- *prometheus.Desc) {
	for _, d := range g.descs {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (g *gauges) Collect(to chan<- prometheus.Metric) {
	g.mu.Lock()
	defer g.mu.Unlock()
	up := 1.0
	if err := g.refresh(); err != nil {
		up = 0
	}
	to <- prometheus.MustNewConstMetric(g.descs["rollcall_database_up"], prometheus.GaugeValue, up)
	if up == 0 {
		return // a gauge that is missing is no wrong one
	}
	tell := func(name, source string, value float64) {
		to <- prometheus.MustNewConstMetric(g.descs[name], prometheus.GaugeValue, value, source)
	}
	for _, one := range g.latest {
		tell("rollcall_deletions_held", one.Source, float64(one.Held))
		tell("rollcall_rejects_open", one.Source, float64(one.Rejects))
		tell("rollcall_hints_pending", one.Source, float64(one.Refreshes))
		succeeded := 0.0
		if one.Succeeded != nil {
			succeeded = float64(one.Succeeded.UnixMilli()) / 1000
		}
		tell("rollcall_last_success_timestamp_seconds", one.Source, succeeded)
		if c := g.counts[one.Source]; c != nil {
			tell("rollcall_accounts_live", one.Source, float64(c.live))
			tell("rollcall_orphans", one.Source, float64(c.orphans))
		}
	}
}

// refresh asks the database, unless it has just been asked, and counts the
// accounts of the sources that changed.
func (g *gauges) refresh() error {
	db := g.db.Load()
	if db == nil {
		return errNoDatabase
	}
	if age := time.Since(g.asked); age < gaugesAge && g.err == nil || age < failedAge {
		return g.err
	}
	g.err = g.ask(db)
	g.asked = time.Now()
	return g.err
}

func (g *gauges) ask(db *sqlx.DB) error {
	ctx, cancel := context.WithTimeout(g.ctx, gaugesTimeout)
	defer cancel()
	control := sink.ControlPool(db)
	latest, err := sink.Gauges(ctx, control, g.names)
	if err != nil {
		return err
	}
	for _, one := range latest {
		var applied time.Time
		if one.Applied != nil {
			applied = *one.Applied
		}
		c := g.counts[one.Source]
		if c != nil && c.applied.Equal(applied) && time.Since(c.at) < countsAge {
			continue
		}
		fresh := &counted{applied: applied, at: time.Now()}
		if fresh.live, fresh.orphans, err = sink.CountAccounts(ctx, control, one.Source); err == nil {
			g.counts[one.Source] = fresh
		}
	}
	g.latest = latest
	return nil
}
