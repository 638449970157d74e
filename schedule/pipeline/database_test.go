package pipeline

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"rollcall/sink"
	"rollcall/sink/embedded"
	"rollcall/sink/sinktest"
	"rollcall/sources/simulate"
)

// atThe holds acme's listing at a gate from its second page on.
func atThe(n *tenant) *simulate.Gate {
	gate := simulate.NewGate()
	n.set("PAGE_SIZE", "5")
	n.On(simulate.Listing).Skip(1).Times(1).Do(gate.Hold())
	return gate
}

// background runs acme in a goroutine of its own.
func (r *rig) background(change ...func(*Options)) <-chan Result {
	done := make(chan Result, 1)
	go func() { done <- r.run(r.t.Context(), acme, change...) }()
	return done
}

// A Postgres that goes down in the middle of a run, and has lost what was
// staged, leaves the directory as it was.
func TestPostgresRestartsDuringARun(t *testing.T) {
	t.Parallel()
	server := sinktest.Server(t)
	r := rigAt(t, server.URL())
	n := r.connect(acme, "signalwire", numbered(12)...)
	r.mustSync("succeeded")
	before := r.directory()
	n.world.Update("a00", func(a *simulate.Account) { a.Name = "Renamed" })
	n.world.Remove("a01")
	gate := atThe(n)
	done := r.background()
	<-gate.Reached()
	if err := server.Shutdown(embedded.Immediate); err != nil {
		t.Fatal(err)
	}
	if err := server.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	gate.Open()
	result := <-done
	if result.Err == nil || result.Status != "failed" {
		t.Errorf("the run ended %q, error %v", result.Status, result.Err)
	}
	if diff := difference(before, r.directory()); diff != "" {
		t.Errorf("the directory changed (-before +after):\n%s", diff)
	}
	r.mustSync("succeeded")
	want := n.expected()
	gone := n.row(account("a01", ""))
	gone.Deleted = true
	want["a01"] = gone
	r.mustEqual(want)

	// And one that is down says so, in words that give nothing away.
	if err := server.Shutdown(embedded.Fast); err != nil {
		t.Fatal(err)
	}
	if result := r.run(t.Context(), acme); result.Err == nil || !strings.Contains(result.Err.Error(), "database") {
		t.Errorf("without a database a run fails with %v", result.Err)
	}
	if err := server.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.mustWriteNothing()
}

// A database that takes no writes fails a run with words for the operator.
func TestAReadOnlyDatabase(t *testing.T) {
	t.Parallel()
	r, n := rigOf(t, "signalwire", numbered(3)...)
	r.mustSync("succeeded")
	n.world.Remove("a00")
	var name string
	r.get(&name, `SELECT current_database()`)
	r.exec(`ALTER DATABASE ` + name + ` SET default_transaction_read_only = on`)
	r.db.SetMaxIdleConns(0) // the setting is for new sessions
	result := r.run(t.Context(), acme)
	if result.Err == nil || !strings.Contains(result.Err.Error(), "read-only") {
		t.Errorf("the error is %v", result.Err)
	}
	admin, err := r.db.Connx(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	for _, statement := range []string{`SET default_transaction_read_only = off`, `ALTER DATABASE ` + name + ` RESET default_transaction_read_only`} {
		if _, err := admin.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	r.check()
	r.mustSync("succeeded")
	if got := r.deleted(); !slices.Equal(got, []string{"a00"}) {
		t.Errorf("deleted %v", got)
	}
}

// A role that may not write fails a run with words for the operator.
func TestARoleWithoutRights(t *testing.T) {
	t.Parallel()
	r, _ := rigOf(t, "signalwire", numbered(3)...)
	r.mustSync("succeeded")
	var name string
	r.get(&name, `SELECT current_database()`)
	role := name + "_guest"
	r.exec(`CREATE ROLE ` + role + ` LOGIN PASSWORD 'guest-` + simulate.SecretMark + `'`)
	t.Cleanup(func() {
		if _, err := r.db.Exec(`DROP OWNED BY ` + role + `; DROP ROLE ` + role); err != nil {
			t.Error(err)
		}
	})
	r.exec(`GRANT USAGE ON SCHEMA directory, directory_internal TO ` + role + `; GRANT SELECT ON ALL TABLES IN SCHEMA directory, directory_internal TO ` + role)
	guest, err := sink.Open(t.Context(), as(t, r.url, role, "guest-"+simulate.SecretMark), 2)
	if err != nil {
		t.Fatal(err)
	}
	defer guest.Close()
	r.unchanged(func() {
		runner := r.runner()
		runner.DB = guest
		result := runner.Run(t.Context(), r.configured(acme), Options{})
		if result.Err == nil || !strings.Contains(result.Err.Error(), "lacks a right") || strings.Contains(result.Err.Error(), simulate.SecretMark) {
			t.Errorf("the error is %v", result.Err)
		}
	})
	r.check()
}

// as is the address of a database for another user.
func as(t *testing.T, address, user, password string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(user, password)
	return u.String()
}

// Whichever statement of an applying transaction fails, nothing of it is there
// afterwards, and the next run needs no repair.
func TestAnApplyThatFailsWritesNothing(t *testing.T) {
	t.Parallel()
	base := newRig(t)
	base.exec(`CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'refused for a test'; END $$`)
	for table, when := range map[string]string{
		"directory.accounts":                 "INSERT",
		"directory.accounts ":                "UPDATE",
		"directory_internal.account_version": "INSERT",
		"directory_internal.last_change":     "INSERT",
		"directory_internal.applied_run":     "INSERT",
		"directory_internal.applied_counter": "UPDATE",
		"directory.rejects":                  "INSERT",
		"directory.held_deletions":           "INSERT",
		"directory_internal.connection":      "UPDATE OF last_applied_at",
		"directory.runs":                     "UPDATE OF applied_seq",
	} {
		t.Run(table+" "+when, func(t *testing.T) {
			r := base.fresh(t)
			n := r.connect(acme, "signalwire", numbered(30)...)
			r.mustSync("succeeded")
			n.world.Remove(ids(0, 11)...)
			n.world.Update("a20", func(a *simulate.Account) { a.Name = "Renamed" })
			n.world.Put(account("new", "a21"))
			rule := n.On(simulate.Listing).Do(simulate.BreakRecords(simulate.NoID, "a29"))
			r.exec(`CREATE TRIGGER refuse BEFORE ` + when + ` ON ` + table + ` FOR EACH STATEMENT EXECUTE FUNCTION public.refuse()`)
			drop := `DROP TRIGGER IF EXISTS refuse ON ` + table
			t.Cleanup(func() { _, _ = r.db.Exec(drop) })
			before := r.directory()
			result := r.run(t.Context(), acme)
			r.exec(drop)
			if result.Status != "failed" || result.Err == nil || !strings.Contains(result.Err.Error(), "refused for a test") {
				t.Errorf("the run ended %q, error %v", result.Status, result.Err)
			}
			r.check()
			r.checkResult(result)
			if diff := difference(before, r.directory()); diff != "" {
				t.Errorf("the directory changed (-before +after):\n%s", diff)
			}
			r.mustSync("held")
			if got := r.held(); !slices.Equal(got, append(ids(0, 11), "a29")) || rule.Fired() != 2 {
				t.Errorf("held %v", got)
			}
		})
	}
}
