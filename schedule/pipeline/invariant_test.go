package pipeline

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"rollcall/sources/simulate"
)

// check holds the database to what is promised of it between runs.
func (r *rig) check() {
	r.t.Helper()
	r.checkHierarchy()
	versions := r.versions()
	r.checkHistory(versions)
	r.checkRuns(versions)
	r.checkLeftovers()
	for i, m := range r.moments {
		// All of them would be many, and one that breaks is broken for long.
		if i == 0 || i >= len(r.moments)-2 {
			r.checkMoment(m)
		}
	}
}

// checkHierarchy compares where the accounts are with what their parents'
// external ids say.
func (r *rig) checkHierarchy() {
	r.t.Helper()
	var list []struct {
		ID         int64
		Source     string
		ExternalID string `db:"external_id"`
		Parent     string
		ParentID   int64  `db:"parent_id"`
		RootID     int64  `db:"root_id"`
		Depth      int    `db:"depth"`
		Path       string `db:"path"`
	}
	r.list(&list, `SELECT id, source, external_id, coalesce(parent_external_id, '') AS parent, coalesce(parent_id, 0) AS parent_id,
		root_id, depth, array_to_string(path, ' ') AS path FROM directory.accounts`)
	parents, ids := map[string]map[string]string{}, map[string]map[string]int64{}
	for _, a := range list {
		if parents[a.Source] == nil {
			parents[a.Source], ids[a.Source] = map[string]string{}, map[string]int64{}
		}
		parents[a.Source][a.ExternalID], ids[a.Source][a.ExternalID] = a.Parent, a.ID
	}
	above := map[string]map[string]string{}
	for source := range parents {
		above[source] = forest(parents[source])
	}
	for _, a := range list {
		known := ids[a.Source]
		var path []string
		way := pathOf(above[a.Source], a.ExternalID)
		for _, id := range way {
			path = append(path, fmt.Sprint(known[id]))
		}
		want := fmt.Sprintf("parent %d, root %d, depth %d, path %s", known[above[a.Source][a.ExternalID]], known[way[0]], len(way)-1, strings.Join(path, " "))
		got := fmt.Sprintf("parent %d, root %d, depth %d, path %s", a.ParentID, a.RootID, a.Depth, a.Path)
		if want != got {
			r.t.Errorf("%s/%s (id %d, below %q) is in the wrong place:\nwant %s\ngot  %s\nids: %v", a.Source, a.ExternalID, a.ID, a.Parent, want, got, known)
		}
	}
}

// A run as directory.runs has it.
type runRow struct {
	ID                                                                                    int64
	Source                                                                                string
	Trigger                                                                               string
	Status                                                                                string
	Complete                                                                              bool
	StartedAt                                                                             time.Time  `db:"started_at"`
	FinishedAt                                                                            *time.Time `db:"finished_at"`
	Pages, Fetched, Created, Updated, Moved, Deleted, Restored, Unchanged, Rejected, Held int64
	Error                                                                                 string
	AppliedSeq                                                                            *int64 `db:"applied_seq"`
}

func (r *rig) runs() []runRow {
	r.t.Helper()
	var list []runRow
	r.list(&list, `SELECT id, source, trigger, status, complete, started_at, finished_at, pages, fetched, created, updated, moved, deleted,
		restored, unchanged, rejected, held, coalesce(error, '') AS error, applied_seq FROM directory.runs ORDER BY id`)
	return list
}

// lastRun is the row of the latest run of acme.
func (r *rig) lastRun() runRow {
	r.t.Helper()
	list := slices.DeleteFunc(r.runs(), func(w runRow) bool { return w.Source != acme })
	if len(list) == 0 {
		r.t.Fatal("no run of acme is recorded")
	}
	return list[len(list)-1]
}

// checkRuns compares what the runs say they did with the history.
func (r *rig) checkRuns(versions []version) {
	r.t.Helper()
	made := map[int64]map[string]int64{}
	for _, v := range versions {
		if made[v.run] == nil {
			made[v.run] = map[string]int64{}
		}
		made[v.run][v.operation]++
	}
	for _, w := range r.runs() {
		r.checkRun(w, made[w.ID])
		delete(made, w.ID)
	}
	for run := range made {
		r.t.Errorf("versions belong to run %d, which is not in runs", run)
	}
}

func (r *rig) checkRun(w runRow, made map[string]int64) {
	r.t.Helper()
	bad := func(format string, args ...any) {
		r.t.Helper()
		r.t.Errorf("run %+v: %s", w, fmt.Sprintf(format, args...))
	}
	if w.FinishedAt == nil || w.FinishedAt.Before(w.StartedAt) {
		bad("finished at %v", w.FinishedAt)
	}
	did := map[string]int64{"created": w.Created, "updated": w.Updated, "moved": w.Moved, "deleted": w.Deleted, "restored": w.Restored}
	maps.DeleteFunc(did, func(_ string, n int64) bool { return n == 0 })
	if !maps.Equal(did, made) {
		bad("history has %v", made)
	}
	if (len(did) > 0) != (w.AppliedSeq != nil) {
		bad("applied_seq is given to runs that changed something, and to no others")
	}
	switch w.Status {
	case "succeeded", "held":
		byHand := w.Trigger == Sync.Trigger() && w.Fetched == 0
		if !w.Complete && w.Trigger != Backfill.Trigger() && w.Trigger != Refresh.Trigger() && !byHand || (w.Status == "held") != (w.Held > 0) {
			bad("held is for complete runs that hold deletions")
		}
	case "partial":
		if w.Complete || w.Deleted > 0 || w.Error == "" {
			bad("a partial run deletes nothing and says why it is partial")
		}
	case "failed", "interrupted":
		if w.Complete || len(did) > 0 || w.Error == "" {
			bad("a run that did not apply changes nothing and says why")
		}
	case "skipped":
	default:
		bad("status")
	}
	if w.Status == "succeeded" && w.Error != "" {
		bad("a run that succeeded has no error")
	}
	if w.Status == "succeeded" || w.Status == "held" || w.Status == "partial" {
		sum := w.Created + w.Updated + w.Moved + w.Restored + w.Unchanged + w.Rejected
		if r.unlinks(w.Source) && sum < w.Fetched || !r.unlinks(w.Source) && sum != w.Fetched {
			bad("fetched is not the sum of what became of the accounts, %d", sum)
		}
	}
}

// unlinks reports that a run of the connection can change accounts that it has
// not fetched.
func (r *rig) unlinks(source string) bool {
	if f := r.fakes[source]; f != nil {
		return f.metadata.MissingBecomesRoot
	}
	return r.tenants[source].provider == "backstack"
}

// checkResult compares what a run returned with its row.
func (r *rig) checkResult(result Result) {
	r.t.Helper()
	if result.RunID == 0 {
		return
	}
	list := r.runs()
	at := slices.IndexFunc(list, func(w runRow) bool { return w.ID == result.RunID })
	if at < 0 {
		r.t.Fatalf("run %d is not in runs", result.RunID)
	}
	w := list[at]
	got := fmt.Sprint(result.Status, result.Counts)
	want := fmt.Sprint(w.Status, sinkCounts(w))
	if got != want {
		r.t.Errorf("the run returned %s, its row says %s", got, want)
	}
	var held int64
	r.get(&held, `SELECT count(*) FROM directory.held_deletions WHERE source = $1`, w.Source)
	if w.Complete && held != w.Held {
		r.t.Errorf("%d deletions are held, the run says %d", held, w.Held)
	}
	var astray int64
	r.get(&astray, `SELECT count(*) FROM directory.held_deletions h LEFT JOIN directory.accounts a
		ON a.id = h.account_id AND a.source = h.source AND a.external_id = h.external_id AND a.deleted_at IS NULL WHERE a.id IS NULL`)
	if astray > 0 {
		r.t.Errorf("%d held deletions have no live account", astray)
	}
}

// checkLeftovers looks for what a run must not leave behind: staged rows,
// locks, a secret.
func (r *rig) checkLeftovers() {
	r.t.Helper()
	var tables []string
	r.list(&tables, `SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname IN ('directory', 'directory_internal')`)
	var parts []string
	for _, table := range tables {
		parts = append(parts, fmt.Sprintf(`SELECT '%[1]s' AS name, count(*) AS n, count(*) FILTER (WHERE strpos(t::text, '%[2]s') > 0) AS secrets FROM %[1]s t`, table, simulate.SecretMark))
	}
	var list []struct {
		Name    string
		N       int64
		Secrets int64
	}
	r.list(&list, strings.Join(parts, " UNION ALL "))
	var checkpoints int64 // whose rows are left on purpose
	r.get(&checkpoints, `SELECT count(*) FROM directory_internal.checkpoint`)
	for _, table := range list {
		if checkpoints == 0 && strings.HasPrefix(table.Name, "directory_internal.staged_") && table.N > 0 {
			r.t.Errorf("%d rows are left in %s", table.N, table.Name)
		}
		if table.Secrets > 0 {
			r.t.Errorf("%d rows of %s hold a secret", table.Secrets, table.Name)
		}
	}
	if log := r.log.String(); strings.Contains(log, simulate.SecretMark) {
		r.t.Errorf("a secret was logged:\n%s", log)
	}
	var locks int64
	r.get(&locks, `SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'
		AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`)
	if locks > 0 {
		r.t.Errorf("%d advisory locks are held after the run", locks)
	}
}
