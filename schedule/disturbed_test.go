package schedule

import (
	"maps"

	"github.com/jmoiron/sqlx"

	"rollcall/sink"
	"rollcall/sink/sinktest/proxy"
)

// A disturbance stands between the runs of acme and all that they talk to. The
// rig's own questions go by another way.
type disturbance struct {
	*rig
	n        *tenant
	postgres *proxy.Proxy
	provider *proxy.Proxy
	rows     map[string]row // what the directory is to hold
}

// disturbed lets acme's runs go by way of proxies. It is called before the first
// run: behind a proxy the provider has another host.
func (r *rig) disturbed() *disturbance {
	r.t.Helper()
	d := &disturbance{rig: r, n: r.tenants[acme]}
	var url string
	d.postgres, url = proxy.Postgres(r.t, r.url)
	d.provider, d.n.settings["BASE_URL"] = proxy.HTTP(r.t, d.n.url)
	var err error
	if r.through, err = sink.Open(r.t.Context(), url, 8); err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = r.through.Close() })
	return d
}

// fired counts the faults that took place, those before the provider under
// names of their own.
func (d *disturbance) fired() map[string]int {
	fired := map[string]int{}
	for name, n := range d.postgres.Fired() {
		fired["postgres: "+name] = n
	}
	for name, n := range d.provider.Fired() {
		fired["provider: "+name] = n
	}
	return fired
}

// settle ends what lies on the connections and waits until no session of a run
// is left.
func (d *disturbance) settle() {
	d.t.Helper()
	d.postgres.Clear()
	d.provider.Clear()
	d.until(`SELECT NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))`)
}

// judge compares the directory with the two states that a disturbed run may
// leave it in, all of it done or nothing, and its row and result with each other.
// It returns the run's status, "" where it did not come to be recorded.
func (d *disturbance) judge(last int64, result Result) string {
	d.t.Helper()
	after, held := next(d.rows, d.n.expected(), func(id string) bool { _, there := d.n.world.Get(id); return there })
	if held {
		d.t.Fatal("the test's world may not lose all its accounts")
	}
	var status string
	d.get(&status, `SELECT coalesce(max(status), '') FROM directory.runs WHERE id > $1`, last)
	switch status {
	case "succeeded":
	case "held": // a missing account could not be asked for
		for id, w := range d.rows {
			if now := after[id]; now.Deleted && !w.Deleted {
				after[id] = w
			}
		}
	case "", "failed", "interrupted", "running":
		after = maps.Clone(d.rows)
	default:
		d.t.Errorf("the run is recorded as %q", status)
	}
	d.rows = after
	if diff := difference(hung(after), d.directory()); diff != "" {
		d.t.Errorf("a run that is recorded as %q left the directory otherwise (-want +got):\n%s\nlog:\n%s", status, diff, d.log)
	}
	applied := status == "succeeded" || status == "held"
	if told := result.Status == "succeeded" || result.Status == "held"; told != applied {
		d.t.Errorf("the run returned %q, error %v, and is recorded as %q; log:\n%s", result.Status, result.Err, status, d.log)
	}
	return status
}

// last is the number of the latest run.
func (d *disturbance) last() (id int64) {
	d.t.Helper()
	d.get(&id, `SELECT coalesce(max(id), 0) FROM directory.runs`)
	return id
}

// mustHeal checks that one undisturbed run makes the directory what the provider
// has, without any repair before it, and leaves nothing to do.
func (d *disturbance) mustHeal() {
	d.t.Helper()
	d.settle()
	last := d.last()
	result := d.mustSync("succeeded", wait)
	d.judge(last, result)
	d.mustWriteNothing()
}

// sessions is what runs use.
func (r *rig) sessions() *sqlx.DB {
	if r.through != nil {
		return r.through
	}
	return r.db
}
