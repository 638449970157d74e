package httpd

import (
	"context"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/prometheus/client_golang/prometheus"

	"rollcall/sink"
)

const (
	// gaugesTimeout bounds the queries of a scrape: Prometheus itself waits for ten
	// seconds.
	gaugesTimeout = 8 * time.Second

	// gaugesAge is how long a result is used: scrapes may be many.
	gaugesAge = 5 * time.Second

	// failedAge is how long a failure is used: scrapes that waited for one must not
	// each wait as long again.
	failedAge = time.Second

	// countsAge is how long a count of accounts is used while no run applies a
	// change. Counting reads an index of all accounts.
	countsAge = 5 * time.Minute
)

// gauges are read from the directory.
type gauges struct {
	ctx    context.Context // for scrapes, which pass none
	names  []string
	server *Server
	descs  map[string]*prometheus.Desc

	mu     sync.Mutex
	read   time.Time
	err    error // of the last read
	latest []sink.Gauge
	next   map[string]time.Time // next tick by source
	counts map[string]*counted
}

// counted is how many accounts a source had after its last change.
type counted struct {
	live, orphans int64
	applied       time.Time
	at            time.Time
}

func newGauges(ctx context.Context, names []string, s *Server) *gauges {
	g := &gauges{ctx: context.WithoutCancel(ctx), names: names, server: s, descs: map[string]*prometheus.Desc{}, counts: map[string]*counted{}}
	g.descs["rollcall_database_up"] = prometheus.NewDesc("rollcall_database_up", "Whether the database answered this scrape.", nil, nil)
	for name, help := range map[string]string{
		"rollcall_accounts_live":                  "Accounts that are not deleted.",
		"rollcall_orphans":                        "Live accounts whose parent is named and unknown.",
		"rollcall_deletions_held":                 "Deletions on hold.",
		"rollcall_rejects_open":                   "Rejected records that are still rejected.",
		"rollcall_hints_pending":                  "Accounts that a webhook named and that are still to be fetched.",
		"rollcall_last_success_timestamp_seconds": "When the last run ended that saw a whole listing; 0: never.",
		"rollcall_next_run_timestamp_seconds":     "When the next scheduled run is due.",
		"rollcall_runs_running":                   "Runs in progress, in any process.",
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
		return // a missing gauge is better than a wrong one
	}
	set := func(name, source string, value float64) {
		to <- prometheus.MustNewConstMetric(g.descs[name], prometheus.GaugeValue, value, source)
	}
	for _, one := range g.latest {
		set("rollcall_deletions_held", one.Source, float64(one.Held))
		set("rollcall_rejects_open", one.Source, float64(one.Rejects))
		set("rollcall_hints_pending", one.Source, float64(one.Refreshes))
		set("rollcall_runs_running", one.Source, float64(one.Running))
		if at, scheduled := g.next[one.Source]; scheduled {
			set("rollcall_next_run_timestamp_seconds", one.Source, float64(at.UnixMilli())/1000)
		}
		succeeded := 0.0
		if one.Succeeded != nil {
			succeeded = float64(one.Succeeded.UnixMilli()) / 1000
		}
		set("rollcall_last_success_timestamp_seconds", one.Source, succeeded)
		if c := g.counts[one.Source]; c != nil {
			set("rollcall_accounts_live", one.Source, float64(c.live))
			set("rollcall_orphans", one.Source, float64(c.orphans))
		}
	}
}

// refresh queries the database, unless it just did, and counts the accounts of the
// sources that changed.
func (g *gauges) refresh() error {
	db := g.server.db.Load()
	if db == nil {
		return errNoDatabase
	}
	if age := time.Since(g.read); age < gaugesAge && g.err == nil || age < failedAge {
		return g.err
	}
	g.err = g.query(db)
	g.read = time.Now()
	return g.err
}

func (g *gauges) query(db *sqlx.DB) error {
	ctx, cancel := context.WithTimeout(g.ctx, gaugesTimeout)
	defer cancel()
	control := sink.ControlPool(db)
	latest, err := sink.Gauges(ctx, control, g.names)
	if err != nil {
		return err
	}
	if g.next, err = g.server.Next(ctx); err != nil {
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
