package pipeline

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"rollcall/sink"
)

// columns are those of an account that make a version, in the table's order.
// fingerprint and changed_at follow from them.
var columns = []string{
	"provider", "parent_external_id", "name", "status", "kind", "reference", "email", "phone", "website", "domain",
	"organization", "contact_name", "street", "city", "region", "postal_code", "country", "timezone", "language",
	"currency", "provider_created_at", "provider_updated_at", "payload", "deleted_at",
}

// A version is a row of account_history.
type version struct {
	account   int64
	source    string
	external  string
	operation string
	changed   []string
	run       int64
	from      time.Time
	to        *time.Time
	all       map[string]json.RawMessage // every column as JSON
}

// versions reads the history, each account's in order.
func (r *rig) versions() []version {
	r.t.Helper()
	var rows []string
	r.list(&rows, `SELECT to_json(h)::text FROM directory.account_history h ORDER BY account_id, valid_from`)
	list := make([]version, len(rows))
	for i, text := range rows {
		v := &list[i]
		var named struct {
			Account   int64      `json:"account_id"`
			Source    string     `json:"source"`
			External  string     `json:"external_id"`
			Operation string     `json:"operation"`
			Changed   []string   `json:"changed"`
			From      time.Time  `json:"valid_from"`
			To        *time.Time `json:"valid_to"`
			Run       *int64     `json:"run_id"`
		}
		for _, to := range []any{&named, &v.all} {
			if err := json.Unmarshal([]byte(text), to); err != nil {
				r.t.Fatalf("%s: %v", text, err)
			}
		}
		v.account, v.source, v.external = named.Account, named.Source, named.External
		v.operation, v.changed, v.from, v.to = named.Operation, named.Changed, named.From, named.To
		if named.Run == nil {
			r.t.Errorf("no run is known that made %v", v)
			continue
		}
		v.run = *named.Run
	}
	return list
}

func (v version) String() string {
	return fmt.Sprintf("%s/%s %s %v at %s", v.source, v.external, v.operation, v.changed, v.from.Format(time.RFC3339Nano))
}

// checkHistory looks for gaps, for versions that are not what the difference to
// the one before makes them, and for instants that go back.
func (r *rig) checkHistory(versions []version) {
	r.t.Helper()
	accounts := r.current()
	var before *version
	for i := range versions {
		v := &versions[i]
		if before != nil && before.account != v.account {
			before = nil
		}
		if operation, changed := whatHappened(before, v); operation != v.operation || !slices.Equal(changed, v.changed) {
			r.t.Errorf("%v: by its difference it is %s %v", v, operation, changed)
		}
		last := i+1 == len(versions) || versions[i+1].account != v.account
		switch {
		case last && v.to != nil:
			r.t.Errorf("%v: no version is current", v)
		case !last && (v.to == nil || !v.to.Equal(versions[i+1].from)):
			r.t.Errorf("%v: ends at %v, the next one begins at %v", v, v.to, versions[i+1].from)
		}
		if last {
			r.checkCurrent(v, accounts[v.account], versions[i])
			delete(accounts, v.account)
		}
		before = v
	}
	for id, account := range accounts {
		r.t.Errorf("account %d has no history: %s", id, account["external_id"])
	}
	r.checkFirstSeen(versions)
	r.checkInstants(versions)
}

// current reads the rows of accounts by id, every column as JSON.
func (r *rig) current() map[int64]map[string]json.RawMessage {
	r.t.Helper()
	var rows []struct {
		ID   int64
		Text string
	}
	r.list(&rows, `SELECT id, to_json(a)::text AS text FROM directory.accounts a`)
	accounts := map[int64]map[string]json.RawMessage{}
	for _, w := range rows {
		var all map[string]json.RawMessage
		if err := json.Unmarshal([]byte(w.Text), &all); err != nil {
			r.t.Fatal(err)
		}
		accounts[w.ID] = all
	}
	return accounts
}

func (r *rig) checkCurrent(v *version, account map[string]json.RawMessage, _ version) {
	r.t.Helper()
	for _, c := range append([]string{"source", "external_id", "fingerprint", "changed_at"}, columns...) {
		if string(v.all[c]) != string(account[c]) {
			r.t.Errorf("%v: %s is %s, and %s in accounts", v, c, v.all[c], account[c])
		}
	}
	if string(v.all["valid_from"]) != string(account["changed_at"]) {
		r.t.Errorf("%v: the account changed at %s", v, account["changed_at"])
	}
}

func (r *rig) checkFirstSeen(versions []version) {
	r.t.Helper()
	var wrong []string
	r.list(&wrong, `SELECT a.external_id FROM directory.accounts a
		JOIN (SELECT account_id, min(valid_from) AS at FROM directory.account_history GROUP BY account_id) h ON h.account_id = a.id
		WHERE a.first_seen_at <> h.at`)
	if len(wrong) > 0 {
		r.t.Errorf("first_seen_at is not the beginning of the history of %v", wrong)
	}
}

// checkInstants: one run, one instant, later than any before it on its source.
func (r *rig) checkInstants(versions []version) {
	r.t.Helper()
	instants := map[int64]time.Time{}
	source := map[int64]string{}
	for _, v := range versions {
		if at, seen := instants[v.run]; seen && !at.Equal(v.from) {
			r.t.Errorf("%v: run %d has also %v", v, v.run, at)
		}
		instants[v.run], source[v.run] = v.from, v.source
	}
	last := map[string]time.Time{}
	for _, w := range r.runs() {
		at, applied := instants[w.ID]
		if !applied {
			continue
		}
		if source[w.ID] != w.Source {
			r.t.Errorf("run %d of %s made versions of %s", w.ID, w.Source, source[w.ID])
		}
		if !at.After(last[w.Source]) {
			r.t.Errorf("run %d has instant %v, an earlier run %v", w.ID, at, last[w.Source])
		}
		last[w.Source] = at
	}
}

// whatHappened works out from two versions what the later one is.
func whatHappened(before, v *version) (operation string, changed []string) {
	if before == nil {
		return "created", nil
	}
	for _, c := range columns {
		if string(before.all[c]) != string(v.all[c]) {
			changed = append(changed, c)
		}
	}
	null := func(v *version) bool { return string(v.all["deleted_at"]) == "null" }
	switch {
	case null(before) && !null(v):
		if slices.Equal(changed, []string{"deleted_at"}) {
			return "deleted", nil
		}
		return "deleted, and something else", changed
	case !null(before) && null(v):
		return "restored", changed
	case len(changed) == 0:
		return "nothing that makes a version", changed
	case slices.Contains(changed, "parent_external_id"):
		return "moved", changed
	default:
		return "updated", changed
	}
}

// A moment is the live accounts between two runs, as account_history has them.
type moment struct {
	at   time.Time
	live map[string]string
}

// asOf are the columns of a version that later runs leave alone.
const asOf = `SELECT source || '/' || external_id AS name, (to_jsonb(h) - 'valid_to' - 'fingerprint')::text AS text FROM `

// remember keeps how the directory is now, to be compared with what is said of
// it later.
func (r *rig) remember() {
	r.t.Helper()
	m := moment{live: r.texts(asOf + `directory.account_history h WHERE valid_to IS NULL AND deleted_at IS NULL`)}
	r.get(&m.at, `SELECT clock_timestamp()`)
	r.moments = append(r.moments, m)
}

func (r *rig) checkMoment(m moment) {
	r.t.Helper()
	if diff := difference(m.live, r.texts(asOf+`directory.accounts_as_of($1) h`, m.at)); diff != "" {
		r.t.Errorf("the directory as of %v is not what it was then (-then +now):\n%s", m.at, diff)
	}
}

func (r *rig) texts(query string, args ...any) map[string]string {
	r.t.Helper()
	var list []struct{ Name, Text string }
	r.list(&list, query, args...)
	texts := make(map[string]string, len(list))
	for _, w := range list {
		texts[w.Name] = w.Text
	}
	return texts
}

func sinkCounts(w runRow) sink.Counts {
	return sink.Counts{
		Pages: w.Pages, Fetched: w.Fetched, Created: w.Created, Updated: w.Updated, Moved: w.Moved, Deleted: w.Deleted,
		Restored: w.Restored, Unchanged: w.Unchanged, Rejected: w.Rejected, Held: w.Held,
	}
}

// changes are the versions that a run made, as "operation id changed…".
func (r *rig) changes(run int64) []string {
	r.t.Helper()
	list := []string{}
	for _, v := range r.versions() {
		if v.run == run {
			list = append(list, strings.TrimSpace(v.operation+" "+v.external+" "+strings.Join(v.changed, ",")))
		}
	}
	slices.Sort(list)
	return list
}
