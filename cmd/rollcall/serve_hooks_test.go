package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"

	"rollcall/sources/simulate"
)

const hookUser, hookPassword = "agendize", "hunter2"

// hooked starts a replica whose connection c1 takes hooks, and whose schedule
// has run it once and will not again.
func hooked(t *testing.T, change func(env map[string]string)) (*replica, *town, *sqlx.DB) {
	t.Helper()
	w := settle(t, "agendize", 2, 5)
	url, db := migrated(t)
	w.env["DATABASE_URL"], w.env["ROLLCALL_SCHEDULE"] = url, "@every 24h"
	w.env["C1_HOOK_USERNAME"], w.env["C1_HOOK_PASSWORD"] = hookUser, hookPassword
	if change != nil {
		change(w.env)
	}
	r := serving(t, w.env)
	until(t, "the first runs are over", func() bool {
		return count(t, db, `SELECT count(*) FROM directory.runs WHERE status = 'succeeded' AND complete`) == 2
	})
	return r, w, db
}

const (
	pendingRefreshes = `SELECT count(*) FROM directory_internal.pending_refresh`
	hookRuns         = `SELECT count(*) FROM directory.runs WHERE trigger = 'hook' AND status = 'succeeded' AND NOT complete`
)

func TestAHookBringsWhatChanged(t *testing.T) {
	t.Parallel()
	r, w, db := hooked(t, nil)
	world := w.worlds[0]
	ids := idsOf(world)
	world.Update(ids[0], func(a *simulate.Account) { a.Name = "Renamed" })
	world.Remove(ids[1])
	world.Put(simulate.Account{ID: "brand-new", Name: "New", Status: simulate.Active})
	for _, body := range []string{
		`{"id": "` + ids[0] + `", "clientName": "a lie"}`,
		`{"account": {"id": "` + ids[0] + `"}, "previous": {"id": "` + ids[0] + `"}}`, // again, in another shape
		`{"id": "` + ids[1] + `"}`, `{"data": {"id": "brand-new"}}`, `{"id": "forged"}`,
	} {
		if got := r.post("/hooks/c1", hookUser, hookPassword, body); got != http.StatusAccepted {
			t.Errorf("%s: %d", body, got)
		}
	}
	until(t, "all were refreshed", func() bool { return count(t, db, pendingRefreshes) == 0 && count(t, db, hookRuns) > 0 })
	for query, want := range map[string]int{
		`SELECT count(*) FROM directory.live_accounts WHERE source = 'c1' AND name = 'Renamed'`:        1,
		`SELECT count(*) FROM directory.live_accounts WHERE source = 'c1' AND name = 'New'`:            1,
		`SELECT count(*) FROM directory.live_accounts WHERE source = 'c1'`:                             6, // nothing is deleted
		`SELECT count(*) FROM directory.accounts WHERE name = 'a lie' OR external_id = 'forged'`:       0,
		`SELECT count(*) FROM directory.runs WHERE status <> 'succeeded'`:                              0,
		`SELECT coalesce(sum(created + updated), 0) FROM directory.runs WHERE trigger = 'hook'`:        2,
		`SELECT coalesce(sum(deleted + held), 0) FROM directory.runs WHERE trigger = 'hook'`:           0,
		`SELECT count(*) FROM directory.account_history WHERE source = 'c1' AND operation = 'updated'`: 1,
	} {
		if got := count(t, db, query); got != want {
			t.Errorf("%s: %d, want %d", query, got, want)
		}
	}
	if fired := w.servers[1].Requests(); fired > 2 { // list, and the disabled ones
		t.Errorf("the other connection was asked %d times", fired)
	}
}

func TestWhatAHookAnswers(t *testing.T) {
	t.Parallel()
	r, w, db := hooked(t, func(env map[string]string) { env["ROLLCALL_HOOKS_ADDR"] = "localhost:0" })
	hooks := *r
	for line := range strings.Lines(r.said.String()) {
		if _, addr, found := strings.Cut(line, `"msg":"listening","addr":"`); found && !strings.Contains(r.url, strings.TrimRight(addr, "\"}\n")) {
			hooks.url = "http://" + strings.TrimRight(addr, "\"}\n")
		}
	}
	if got, _ := hooks.get("/healthz"); got == http.StatusOK { // which of the two was stopped first is chance
		hooks.url, r.url = r.url, hooks.url
	}
	if got, _ := hooks.get("/metrics"); got != http.StatusNotFound {
		t.Errorf("the hooks' address has metrics: %d", got)
	}
	w.servers[0].On(simulate.Any).Do(simulate.Status(http.StatusNotFound))
	// As one was kept before such ids were refused.
	db.MustExec(`INSERT INTO directory_internal.pending_refresh SELECT 'c1', '..', clock_timestamp(), clock_timestamp()`)
	for _, test := range []struct {
		name, path, user, password, body string
		want                             int
	}{
		{"unknown connection", "/hooks/nobody", hookUser, hookPassword, `{"id":"1"}`, 404},
		{"no hook configured", "/hooks/c2", hookUser, hookPassword, `{"id":"1"}`, 404},
		{"path below", "/hooks/c1/x", hookUser, hookPassword, `{"id":"1"}`, 404},
		{"no credentials", "/hooks/c1", "", "", `{"id":"1"}`, 401},
		{"wrong password", "/hooks/c1", hookUser, "hunter3", `{"id":"1"}`, 401},
		{"wrong user", "/hooks/c1", "root", hookPassword, `{"id":"1"}`, 401},
		{"empty password", "/hooks/c1", hookUser, "", `{"id":"1"}`, 401},
		{"too long", "/hooks/c1", hookUser, hookPassword, strings.Repeat(" ", 1<<20+1), 413},
		{"nothing", "/hooks/c1", hookUser, hookPassword, ``, 400},
		{"cut", "/hooks/c1", hookUser, hookPassword, `{"id":"1"`, 400},
		{"no JSON", "/hooks/c1", hookUser, hookPassword, `id=1`, 400},
		{"no id", "/hooks/c1", hookUser, hookPassword, `{"name":"x"}`, 400},
		{"id that cannot be stored", "/hooks/c1", hookUser, hookPassword, `{"id":"\u0000"}`, 400},
		{"id that is too long", "/hooks/c1", hookUser, hookPassword, `{"id":"` + strings.Repeat("x", 2000) + `"}`, 400},
		{"an id", "/hooks/c1", hookUser, hookPassword, `{"id":"1"}`, 202},
		{"a number", "/hooks/c1", hookUser, hookPassword, `{"id":9007199254740993}`, 202},
		{"SQL", "/hooks/c1", hookUser, hookPassword, `{"id":"'; DROP TABLE directory.accounts --"}`, 202},
		{"a path", "/hooks/c1", hookUser, hookPassword, `{"id":".."}`, 400},
		{"within", "/hooks/c1", hookUser, hookPassword, `{"resource":{"id":"2"}}`, 202},
	} {
		if got := hooks.post(test.path, test.user, test.password, test.body); got != test.want {
			t.Errorf("%s: %d, want %d", test.name, got, test.want)
		}
	}
	if strings.Contains(r.said.String(), hookPassword) {
		t.Error("the log has the password")
	}
	// What cannot be requested at all does not keep the others from it.
	until(t, "all but the path were refreshed", func() bool {
		return count(t, db, pendingRefreshes) == 1 && count(t, db, `SELECT count(*) FROM directory_internal.pending_refresh WHERE failures > 0 AND external_id = '..'`) == 1
	})
}

// A flood neither starves the schedule nor grows without bound.
func TestAFloodOfHooks(t *testing.T) {
	t.Parallel()
	r, w, db := hooked(t, func(env map[string]string) { env["C1_SCHEDULE"], env["ROLLCALL_PARALLEL"] = "@every 1s", "1" })
	w.servers[0].On(simulate.Path("/flood")).Do(simulate.Latency(1e6))
	db.MustExec(`INSERT INTO directory_internal.pending_refresh SELECT 'c1', 'flood-' || n, clock_timestamp(), clock_timestamp() FROM generate_series(1, 9990) n`)
	answers := map[int]int{}
	for i := range 30 {
		answers[r.post("/hooks/c1", hookUser, hookPassword, fmt.Sprintf(`{"id":"flooded-%d"}`, i))]++
	}
	if answers[http.StatusAccepted] == 0 || answers[http.StatusAccepted]+answers[http.StatusServiceUnavailable] != 30 {
		t.Errorf("answers: %v", answers)
	}
	if n := count(t, db, pendingRefreshes); n > 10_000 {
		t.Errorf("%d refreshes are kept", n)
	}
	before := count(t, db, `SELECT count(*) FROM directory.runs WHERE source = 'c1' AND trigger = 'schedule' AND status = 'succeeded'`)
	until(t, "the schedule continues, and so do the refreshes", func() bool {
		return count(t, db, `SELECT count(*) FROM directory.runs WHERE source = 'c1' AND trigger = 'schedule' AND status = 'succeeded'`) > before+3 &&
			count(t, db, hookRuns) > 1
	})
	if n := count(t, db, overlaps); n > 0 {
		t.Errorf("%d pairs of runs overlap", n)
	}
}

func idsOf(world *simulate.World) (ids []string) {
	for _, a := range world.Snapshot() {
		ids = append(ids, a.ID)
	}
	slices.Sort(ids)
	return ids
}
