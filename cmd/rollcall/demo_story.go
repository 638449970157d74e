package main

import (
	"context"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"rollcall/cmd/rollcall/internal/render"
	"rollcall/sink"
	"rollcall/sources/simulate"
)

// story runs the chapters.
func (d *demonstration) story(ctx context.Context) error {
	for _, chapter := range []func(context.Context) error{d.firstLoad, d.history, d.today, d.badDay} {
		if err := chapter(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (d *demonstration) firstLoad(ctx context.Context) error {
	d.say("", "1. The directory is empty. The first sync loads it.")
	if err := d.run(ctx, []int{exitWell}, "sync"); err != nil {
		return err
	}
	d.say("", "2. Nothing has changed. The second sync writes nothing.")
	return d.run(ctx, []int{exitWell}, "sync")
}

const (
	// demoMonths is the number of syncs in the half year.
	demoMonths = 5
	// demoChurn is the share of accounts that change in a month.
	demoChurn = 0.15
)

// history lets half a year pass: each month accounts change and a sync follows.
// They take seconds, so backdate then moves their times.
func (d *demonstration) history(ctx context.Context) error {
	db, err := sink.Open(ctx, d.env["DATABASE_URL"], readerSessions)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	var months []time.Time // beginnings
	for month := range demoMonths + 1 {
		var now time.Time
		if err := db.GetContext(ctx, &now, `SELECT pg_catalog.clock_timestamp()`); err != nil {
			return err
		}
		if months = append(months, now); month == demoMonths {
			break
		}
		d.fleet.Change(uint64(month), demoChurn)
		if month == demoMonths-1 {
			d.addCurious()
		}
		if _, err := d.quietly(ctx, &app{stdout: io.Discard}, []int{exitWell, exitHeld}, "sync"); err != nil {
			return err
		}
	}
	if err := backdate(ctx, db, months); err != nil {
		return err
	}
	d.say("", "3. Half a year passes: each month some accounts change, and a sync follows.",
		"   (It took seconds: the demo moved the times in its own database back.)")
	return d.query(ctx, db, `SELECT valid_from::date AS day,
       count(*) FILTER (WHERE operation = 'created') AS created,
       count(*) FILTER (WHERE operation = 'updated') AS updated,
       count(*) FILTER (WHERE operation = 'moved') AS moved,
       count(*) FILTER (WHERE operation = 'deleted') AS deleted
FROM directory.account_history
GROUP BY day
ORDER BY day`)
}

// addCurious makes a customer of two providers, and an account whose parent is unknown.
func (d *demonstration) addCurious() {
	shared := d.fleet.Audian.Snapshot()[0]
	d.fleet.Agendize.Update(d.fleet.Agendize.Snapshot()[0].ID, func(a *simulate.Account) { a.Email = shared.Email })
	orphan := simulate.Invent(4712)
	orphan.ID, orphan.Parent = simulate.UUID(1<<40), simulate.UUID(1<<41)
	d.fleet.SignalWire.Put(orphan)
}

// backdate moves all times that rollcall recorded before the last of the months
// back, by 30 days per month since, so that the demo's history spans half a year.
// Times of the providers stay. It is for the demo's private database alone.
func backdate(ctx context.Context, db *sqlx.DB, months []time.Time) error {
	var updates []string
	err := db.SelectContext(ctx, &updates, `
		SELECT pg_catalog.format('UPDATE %I.%I SET ', c.table_schema, c.table_name) || pg_catalog.string_agg(pg_catalog.format(
			'%1$I = %1$I - (pg_catalog.cardinality($1) - pg_catalog.width_bucket(%1$I, $1)) * interval ''30 days''', c.column_name), ', ')
		FROM information_schema.columns c
		JOIN information_schema.tables t USING (table_schema, table_name)
		WHERE c.table_schema IN ('directory', 'directory_internal') AND t.table_type = 'BASE TABLE'
		  AND c.data_type = 'timestamp with time zone' AND c.column_name NOT LIKE 'provider%'
		GROUP BY c.table_schema, c.table_name`)
	if err != nil {
		return err
	}
	tx, err := db.BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	for _, update := range updates {
		if _, err := tx.ExecContext(ctx, strings.ReplaceAll(update, "$1", "$1::timestamptz[]"), pq.Array(months)); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// query shows an analyst's query and its answer.
func (d *demonstration) query(ctx context.Context, db *sqlx.DB, query string) error {
	d.say("", "$ psql -c \""+query+"\"")
	rows, err := db.QueryxContext(ctx, query)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	names, err := rows.Columns()
	if err != nil {
		return err
	}
	var columns []render.Column
	for _, name := range names {
		columns = append(columns, render.Text(name, name))
	}
	var all [][]any
	for rows.Next() {
		row, err := rows.SliceScan()
		if err != nil {
			return err
		}
		for i := range row {
			if day, ok := row[i].(time.Time); ok {
				row[i] = day.Format(time.DateOnly)
			}
		}
		all = append(all, row)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return d.print("table", names, all, columns...)
}

// today changes Audian's tree in every way.
func (d *demonstration) today(ctx context.Context) error {
	w := d.fleet.Audian
	c := assignRoles(w)
	d.returned = c.deleted
	d.say("", "4. Today, at Audian:",
		"   "+c.renamed.Name+" gets another name,",
		"   "+c.head.Name+" moves, with all below it,",
		"   "+c.suspended.Name+" is suspended,",
		"   "+c.deleted.Name+" is deleted, and Newcomer Ltd arrives.")
	w.Update(c.renamed.ID, func(a *simulate.Account) { a.Name += " Europe" })
	w.Move(c.head.ID, c.to.ID)
	w.Update(c.suspended.ID, func(a *simulate.Account) { a.Status = simulate.Suspended })
	w.Remove(c.deleted.ID)
	added := simulate.Invent(4711)
	added.ID, added.Parent, added.Name = simulate.HexID(1<<40), c.to.ID, "Newcomer Ltd"
	w.Put(added)
	for _, args := range [][]string{
		{"plan", "audian"}, {"sync"}, {"history", "audian/" + c.renamed.ID}, {"tree", "--source", "audian", "--limit", "20"},
	} {
		if err := d.run(ctx, []int{exitWell, exitHeld}, args...); err != nil {
			return err
		}
	}
	return nil
}

// badDay breaks one provider off and empties another.
func (d *demonstration) badDay(ctx context.Context) error {
	d.say("", "5. A bad day: SignalWire breaks its listing off, Agendize sends an empty list,",
		"   and at Audian "+d.returned.Name+" is back.")
	d.fleet.Servers["signalwire"].On(simulate.Listing).Skip(1).
		Do(simulate.StatusBody(400, `{"code":70002,"message":"Paged requests must include a PageToken","status":400}`))
	d.fleet.Servers["agendize"].On(simulate.Listing).Do(simulate.EmptyList(), simulate.EmptyList())
	d.fleet.Audian.Put(d.returned)
	if err := d.run(ctx, []int{exitFailed}, "sync"); err != nil {
		return err
	}
	d.say("", "   SignalWire's accounts are unchanged: a failed listing changes nothing.",
		"   Agendize's too: its deletions are held, since the accounts still exist there.")
	return d.run(ctx, []int{exitWell}, "connections")
}

// roles are the accounts that change today. In a small world the renamed one is also
// suspended; else no two are the same.
type roles struct {
	renamed, suspended, deleted simulate.Account
	head, to                    simulate.Account // the head of the moved subtree, and its new parent
}

// assignRoles chooses from a world of at least five accounts in one tree.
func assignRoles(w *simulate.World) roles {
	all := w.Snapshot()
	children := map[string]int{}
	for _, a := range all {
		children[a.Parent]++
	}
	var c roles
	var free []simulate.Account
	for _, a := range all[1:] { // the first is the root
		if children[a.ID] > 0 && c.head.ID == "" {
			c.head = a
			continue
		}
		free = append(free, a)
	}
	// The new parent must not be below the account that moves.
	c.to = all[0]
	for i, a := range free {
		if a.Parent != c.head.ID && a.ID != c.head.Parent && !slices.Contains(w.Tree(a), c.head.ID) {
			c.to, free = a, slices.Delete(free, i, i+1)
			break
		}
	}
	leaf := slices.IndexFunc(free, func(a simulate.Account) bool { return children[a.ID] == 0 })
	c.deleted = free[leaf]
	free = slices.Delete(free, leaf, leaf+1)
	c.renamed = free[0]
	c.suspended = free[len(free)-1]
	for _, a := range free[1:] {
		if a.Status == simulate.Active {
			c.suspended = a
		}
	}
	return c
}
