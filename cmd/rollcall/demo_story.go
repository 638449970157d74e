package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"rollcall/sources/simulate"
)

// The demo's three days.

func (d *demonstration) firstDay(ctx context.Context) error {
	d.say("Day 1. Four providers, none of which the directory has seen.")
	if err := d.run(ctx, []int{exitWell}, "sync"); err != nil {
		return err
	}
	d.say("", "Again, and nothing has changed: nothing is written.")
	if err := d.run(ctx, []int{exitWell}, "sync"); err != nil {
		return err
	}
	if d.large {
		return d.run(ctx, []int{exitWell}, "tree", "--depth", "1", "--limit", "40")
	}
	return d.run(ctx, []int{exitWell}, "tree")
}

// secondDay changes Audian's tree in every way, and the others a little.
func (d *demonstration) secondDay(ctx context.Context) error {
	w := d.fleet.Audian
	c := assignRoles(w)
	d.say("", "Day 2. At Audian, meanwhile:",
		"  "+c.renamed.Name+" takes another name,",
		"  "+c.head.Name+" moves, with all below it,",
		"  "+c.suspended.Name+" is suspended,",
		"  "+c.gone.Name+" is deleted, and a new account arrives.",
		"Agendize charges its clients' credit, as it does all day: that is no change.")
	w.Update(c.renamed.ID, func(a *simulate.Account) { a.Name += " & Sons" })
	w.Move(c.head.ID, c.to.ID)
	w.Update(c.suspended.ID, func(a *simulate.Account) { a.Status = simulate.Suspended })
	w.Remove(c.gone.ID)
	fresh := simulate.Invent(4711)
	fresh.ID, fresh.Parent, fresh.Name = simulate.HexID(1<<40), c.to.ID, "Newcomer Ltd"
	w.Put(fresh)
	d.fleet.SignalWire.Update(d.fleet.SignalWire.Snapshot()[0].ID, func(a *simulate.Account) { a.Name += " (renamed)" })
	for _, args := range [][]string{
		{"plan"}, {"sync"}, {"history", "audian/" + c.renamed.ID},
	} {
		if err := d.run(ctx, []int{exitWell}, args...); err != nil {
			return err
		}
	}
	d.back = c.gone
	return nil
}

// badDay breaks one provider off and empties another.
func (d *demonstration) badDay(ctx context.Context) error {
	d.say("", "Day 3, a bad one. SignalWire breaks its listing off halfway, Agendize serves an",
		"empty list, and at Audian "+d.back.Name+" returns.")
	d.fleet.Servers["signalwire"].On(simulate.Listing).Skip(1).
		Do(simulate.StatusBody(400, `{"code":70002,"message":"Paged requests must include a PageToken","status":400}`))
	d.fleet.Servers["agendize"].On(simulate.Listing).Do(simulate.EmptyList(), simulate.EmptyList())
	d.fleet.Audian.Put(d.back)
	if err := d.run(ctx, []int{exitFailed}, "sync"); err != nil {
		return err
	}
	d.say("", "SignalWire's accounts are as they were: a listing that breaks off changes nothing.",
		"Agendize's are too: its deletions are held until they are believed or allowed.")
	if err := d.held(ctx); err != nil {
		return err
	}
	if err := d.run(ctx, []int{exitWell}, "history", "audian/"+d.back.ID); err != nil {
		return err
	}
	return d.run(ctx, []int{exitWell}, "runs")
}

// roles are the accounts that the second day changes. No two are the same account.
type roles struct {
	renamed, suspended, gone simulate.Account
	head, to                 simulate.Account // of the moved subtree, and its new parent
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
	c.gone, free = free[leaf], slices.Delete(free, leaf, leaf+1)
	c.renamed = free[0]
	c.suspended = free[len(free)-1]
	return c
}

// held shows what is held and why, with the SQL that an analyst would use.
func (d *demonstration) held(ctx context.Context) error {
	const question = `SELECT reason, pg_catalog.count(*) FROM directory.held_deletions GROUP BY reason`
	d.say("", "$ psql -c '"+question+"'")
	db, err := d.database(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	rows, err := db.QueryContext(ctx, question)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var reason string
		var n int64
		if err := rows.Scan(&reason, &n); err != nil {
			return err
		}
		d.say(fmt.Sprintf("%d accounts: %s", n, strings.TrimSpace(reason)))
	}
	return rows.Err()
}
