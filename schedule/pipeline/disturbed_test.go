package pipeline

import (
	"maps"
	"slices"

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

// settle ends the faults on the connections and waits until no session of a run
// is left.
func (d *disturbance) settle() {
	d.t.Helper()
	d.postgres.Clear()
	d.provider.Clear()
	d.until(`SELECT NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))`)
}

// suffers runs acme with that fault, which has to take place, leaves a run that
// is recorded as status, and is healed by the next one.
func (d *disturbance) suffers(at proxy.Moment, skip int, do proxy.Effect, status string) {
	d.t.Helper()
	last := d.last()
	fault := d.postgres.Inject(at, skip, do)
	result := d.run(d.t.Context(), acme)
	if !fault.TookPlace() {
		d.t.Errorf("the fault did not take place: %s", do.Name)
	}
	d.settle()
	if got := d.judge(last, result); got != status {
		d.t.Errorf("the run is recorded as %q, want %q; error: %v", got, status, result.Err)
	}
	d.mustHeal()
}

// judge compares the directory with the states that disturbed runs, all those
// after last, may leave it in: all done or nothing. It compares their results with
// their rows, too, and returns the status of the latest, "" where none came to be
// recorded.
func (d *disturbance) judge(last int64, results ...Result) (status string) {
	d.t.Helper()
	whole, held := next(d.rows, d.n.expected(), func(id string) bool { _, there := d.n.world.Get(id); return there })
	if held {
		d.t.Fatal("in the world of a disturbed run nothing may be out of sight")
	}
	kept := maps.Clone(whole) // without the deletions
	for id, w := range d.rows {
		if whole[id].Deleted && !w.Deleted {
			kept[id] = w
		}
	}
	for _, w := range d.runs() {
		if w.ID <= last {
			continue
		}
		status = w.Status
		switch {
		case status == "succeeded" && w.Complete:
			d.rows = whole
		case status == "succeeded":
			d.rows = d.resumed(kept)
		case status == "held": // a missing account could not be looked up
			d.rows = kept
		case !slices.Contains([]string{"failed", "interrupted", "running"}, status):
			d.t.Errorf("run %d is recorded as %q", w.ID, status)
		}
		for _, result := range results {
			if did := done(w.Status); result.RunID == w.ID && done(result.Status) != did {
				d.t.Errorf("run %d returned %q, error %v, and is recorded as %q", w.ID, result.Status, result.Err, status)
			}
		}
	}
	if diff := difference(placed(d.rows), d.directory()); diff != "" {
		d.t.Errorf("a run that is recorded as %q left the directory otherwise (-want +got):\n%s\nlog:\n%s", status, diff, d.log)
	}
	return status
}

func done(status string) bool { return status == "succeeded" || status == "held" }

// resumed is what a backfill made of the directory that continued from a checkpoint.
// Pages before it are as they were then, so an account may be as it is now, as it
// was, or anything between; none is deleted.
func (d *disturbance) resumed(now map[string]row) map[string]row {
	d.t.Helper()
	rows := d.directory()
	for id, w := range rows {
		if before, known := d.rows[id]; w.Deleted && (!known || !before.Deleted) {
			d.t.Errorf("a listing that continued from a checkpoint deleted %q", id)
		}
	}
	for id := range now {
		if _, there := rows[id]; !there {
			d.t.Logf("%q was not there yet when its page was read", id)
		}
	}
	return rows
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
