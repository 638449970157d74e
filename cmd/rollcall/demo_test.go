package main

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"
	"github.com/sethvargo/go-envconfig"

	"rollcall/sink/sinktest"
	"rollcall/sources/simulate"
)

// The demo fits on a terminal, shows half a year, and leaves a history in order.
func TestDemo(t *testing.T) {
	fleet, err := simulate.Start(40, 2026)
	if err != nil {
		t.Fatal(err)
	}
	defer fleet.Close()
	url := sinktest.URL(t)
	var out bytes.Buffer
	d := newDemonstration(&app{env: envconfig.MapLookuper(nil), stdout: &out, stderr: &out}, fleet, url)
	if err := d.story(t.Context()); err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	lines := 0
	for line := range strings.Lines(out.String()) {
		lines++
		if utf8.RuneCountInString(strings.TrimRight(line, "\n")) > 80 && !strings.Contains(line, "audian/") {
			t.Errorf("longer than 80 columns: %s", line)
		}
	}
	if lines > 130 {
		t.Errorf("%d lines", lines)
	}
	db := sqlx.MustConnect("postgres", url)
	defer db.Close()
	for query, want := range map[string]int{
		`SELECT count(DISTINCT valid_from::date) FROM directory.account_history`:                                                                      demoMonths + 2,
		`SELECT count(*) FROM directory.account_history WHERE valid_from >= valid_to`:                                                                 0,
		`SELECT count(*) FROM directory.accounts WHERE first_seen_at > changed_at OR changed_at > now()`:                                              0,
		`SELECT count(*) FROM directory.runs WHERE started_at > finished_at`:                                                                          0,
		`SELECT count(*) FROM directory.runs r JOIN directory.runs s ON s.id > r.id AND s.started_at < r.started_at AND s.source = r.source`:          0,
		`SELECT count(*) FROM directory.live_accounts WHERE first_seen_at > now() - interval '170 days' AND changed_at < now() - interval '170 days'`: 0,
		`SELECT count(*) FROM directory.live_accounts WHERE provider_created_at > now()`:                                                              0,
	} {
		if got := count(t, db, query); got != want {
			t.Errorf("%s: %d, want %d", query, got, want)
		}
	}
}

// The story finds its roles in worlds of every size, after half a year of changes.
func TestDemoRoles(t *testing.T) {
	for accounts := demoFewest; accounts < 80; accounts++ {
		fleet, err := simulate.Start(accounts, 2026)
		if err != nil {
			t.Fatal(err)
		}
		for month := range demoMonths {
			fleet.Change(uint64(month), demoChurn)
		}
		c := assignRoles(fleet.Audian)
		ids := map[string]bool{c.renamed.ID: true, c.deleted.ID: true, c.head.ID: true, c.to.ID: true}
		if len(ids) != 4 || ids[""] || c.suspended.ID == "" || c.suspended.ID == c.deleted.ID {
			t.Errorf("%d accounts: roles are missing or the same: %q", accounts, []string{c.renamed.Name, c.suspended.Name, c.deleted.Name, c.head.Name, c.to.Name})
		}
		fleet.Close()
	}
}
