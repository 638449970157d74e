package sink

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"slices"

	"github.com/jmoiron/sqlx/types"
	"github.com/lib/pq"
)

// A Change is one change that Apply would make: a field of an account, or an
// account as a whole.
type Change struct {
	Source     string
	Operation  string // created, updated, moved, deleted, restored or held
	ExternalID string
	Name       string
	Field      string          // a column, or payload.MEMBER; "" for the account as a whole
	Old        json.RawMessage // nil for none or null
	New        json.RawMessage
}

// Plan calls report with each change that Apply would make, account by account in
// the order of their external ids, and writes nothing to the directory. It returns
// the counts that the run would have.
func (r *Run) Plan(ctx context.Context, o Outcome, report func(Change) error) (Report, error) {
	tx, err := r.conn.BeginTxx(ctx, nil)
	if err != nil {
		return Report{}, wrap(ctx, err)
	}
	defer func() { _ = tx.Rollback() }()
	a := &applying{Run: r, tx: tx, o: o, deduplicate: true}
	if err := a.plan(ctx, report); err != nil {
		return Report{}, wrap(ctx, err)
	}
	return a.report, nil
}

func (a *applying) plan(ctx context.Context, report func(Change) error) error {
	for _, step := range []func(context.Context) error{a.prepare, a.classify, a.chooseDeletions} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	if a.staging.seq > 0 {
		if err := a.planCreated(ctx, report); err != nil {
			return err
		}
	}
	if a.compared {
		if err := a.planChanged(ctx, report); err != nil {
			return err
		}
	}
	if a.missing() > 0 && !a.o.MissingBecomesRoot {
		if err := a.planMissing(ctx, report); err != nil {
			return err
		}
	}
	a.summarize()
	return nil
}

// planRow is an account of a plan.
type planRow struct {
	Operation  string             `db:"operation"`
	ExternalID string             `db:"external_id"`
	Name       string             `db:"name"`
	Changed    pq.StringArray     `db:"changed"`
	Old        types.NullJSONText `db:"old"`
	New        types.NullJSONText `db:"new"`
}

// rows calls each with every row of a query of the plan.
func (a *applying) rows(ctx context.Context, name string, args []any, each func(planRow) error) error {
	rows, err := a.tx.QueryxContext(ctx, a.staging.statement(statement(name)), args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var row planRow
		if err := rows.StructScan(&row); err != nil {
			return err
		}
		if err := each(row); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (a *applying) planCreated(ctx context.Context, report func(Change) error) error {
	return a.rows(ctx, "plan_created", []any{a.staging.runID}, func(row planRow) error {
		a.report.Created++
		return report(Change{Source: a.Source, Operation: "created", ExternalID: row.ExternalID, Name: row.Name})
	})
}

func (a *applying) planMissing(ctx context.Context, report func(Change) error) error {
	return a.rows(ctx, "plan_missing", nil, func(row planRow) error {
		if row.Operation == "held" {
			a.report.Held++
		}
		return report(Change{Source: a.Source, Operation: row.Operation, ExternalID: row.ExternalID, Name: row.Name})
	})
}

func (a *applying) planChanged(ctx context.Context, report func(Change) error) error {
	return a.rows(ctx, "plan_changed", []any{a.staging.runID}, func(row planRow) error {
		fields, err := fieldsOf(row)
		if err != nil {
			return err
		}
		for _, f := range fields {
			f.Source, f.Operation, f.ExternalID, f.Name = a.Source, row.Operation, row.ExternalID, row.Name
			if err := report(f); err != nil {
				return err
			}
		}
		return nil
	})
}

// fieldsOf returns the changed columns of one account, old and new; for payload,
// the top-level members that differ.
func fieldsOf(row planRow) ([]Change, error) {
	var before, after map[string]json.RawMessage
	if err := json.Unmarshal(row.Old.JSONText, &before); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(row.New.JSONText, &after); err != nil {
		return nil, err
	}
	var list []Change
	for _, column := range row.Changed {
		if column != "payload" {
			list = append(list, Change{Field: column, Old: notNull(before[column]), New: notNull(after[column])})
			continue
		}
		members, err := membersOf(before[column], after[column])
		if err != nil {
			return nil, err
		}
		list = append(list, members...)
	}
	return list, nil
}

func notNull(v json.RawMessage) json.RawMessage {
	if string(v) == "null" {
		return nil
	}
	return v
}

// membersOf returns the top-level members in which two payloads differ, each
// as payload.NAME. jsonb gives equal values equal text.
func membersOf(before, after json.RawMessage) ([]Change, error) {
	var was, is map[string]json.RawMessage
	if err := json.Unmarshal(before, &was); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(after, &is); err != nil {
		return nil, err
	}
	names := slices.Collect(maps.Keys(was))
	for name := range is {
		if _, ok := was[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var list []Change
	for _, name := range names {
		if !bytes.Equal(was[name], is[name]) {
			list = append(list, Change{Field: "payload." + name, Old: notNull(was[name]), New: notNull(is[name])})
		}
	}
	return list, nil
}
