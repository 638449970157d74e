package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rollcall/sources/simulate"
)

// A connection whose variables are those of another tenant changes nothing,
// names both, and continues once that is meant.
func TestVariablesOfAnotherTenant(t *testing.T) {
	url, db := migrated(t)
	tenants := make([]map[string]string, 2)
	for i := range tenants {
		fleet, err := simulate.Start(80, 1)
		if err != nil {
			t.Fatal(err)
		}
		defer fleet.Close()
		// All have the same ids: each tenant is left half of them.
		for _, world := range []*simulate.World{fleet.SignalWire, fleet.Agendize} {
			for n, a := range world.Snapshot() {
				if n%2 == i {
					world.Remove(a.ID)
				}
			}
		}
		tenants[i] = fleet.Env()
		tenants[i]["DATABASE_URL"], tenants[i]["ROLLCALL_SOURCES"] = url, "signalwire,agendize"
	}
	ours, theirs := tenants[0], tenants[1]
	if code, _, stderr := call(t, ours, "sync"); code != exitWell {
		t.Fatalf("exit status %d: %s", code, stderr)
	}
	directory := func() (accounts []string) {
		if err := db.Select(&accounts, `SELECT source || ' ' || external_id || ' ' || status || ' ' || changed_at FROM directory.accounts ORDER BY 1`); err != nil {
			t.Fatal(err)
		}
		return accounts
	}
	before := directory()
	for _, args := range []string{"sync", "sync signalwire", "plan", "backfill agendize", "backfill agendize --since 2000-01-01"} {
		code, _, stderr := call(t, theirs, strings.Fields(args)...)
		if code != exitFailed || !strings.Contains(stderr, "less than half, so nothing was applied") {
			t.Errorf("%s: exit status %d: %s", args, code, stderr)
		}
		if diff := cmp.Diff(before, directory()); diff != "" {
			t.Fatalf("%s (-before +after):\n%s", args, diff)
		}
	}
	for _, name := range strings.Split(ours["ROLLCALL_SOURCES"], ",") {
		var said string
		if err := db.Get(&said, `SELECT error FROM directory.runs WHERE source = $1 AND trigger = 'manual' ORDER BY id DESC LIMIT 1`, name); err != nil {
			t.Fatal(name, err)
		}
		for _, tenant := range tenants {
			base := tenant[strings.ToUpper(name)+"_BASE_URL"]
			host := strings.Split(base, "/")[2]
			if !strings.Contains(said, host) {
				t.Errorf("%s says %q, without %s", name, said, host)
			}
		}
		if strings.Contains(said, simulate.SecretMark) {
			t.Errorf("%s says a secret: %q", name, said)
		}
		if code, _, stderr := call(t, theirs, "sync", name, "--allow-deletes"); code != exitWell && code != exitHeld {
			t.Errorf("%s, allowed: exit status %d: %s", name, code, stderr)
		}
	}
	var now int
	if err := db.Get(&now, `SELECT count(*) FROM directory.accounts`); err != nil || now <= len(before) {
		t.Errorf("%d accounts, and %d before: %v", now, len(before), err)
	}
	if code, _, stderr := call(t, theirs, "sync"); code != exitWell && code != exitHeld {
		t.Errorf("then: exit status %d: %s", code, stderr)
	}
}
