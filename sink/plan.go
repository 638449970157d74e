package sink

import (
	"context"
	"encoding/json"

	"github.com/jmoiron/sqlx/types"
	"github.com/lib/pq"
)

// A Change is one thing that applying a run would do: one changed field of an
// account, or one account where no field is told.
type Change struct {
	Source     string
	Operation  string // created, updated, moved, deleted, restored or held
	ExternalID string
	Name       string
	Field      string          // a column, or payload.MEMBER; "" where none is told
	Old        json.RawMessage // nil where there is none, or null
	New        json.RawMessage
}

// Plan tells what Apply would do, account by account in the order of their
// external ids, and writes nothing to the directory. It returns the counts
// that the run would have.
func (r *Run) Plan(ctx context.Context, o Outcome, tell func(Change) error) (Report, error) {
	tx, err := r.conn.BeginTxx(ctx, nil)
	if err != nil {
		return Report{}, wrap(ctx, err)
	}
	defer func() { _ = tx.Rollback() }()
	a := &applying{Run: r, tx: tx, o: o, deduplicate: true}
	if err := a.plan(ctx, tell); err != nil {
		return Report{}, wrap(ctx, err)
	}
	return a.report, nil
}

func (a *applying) plan(ctx context.Context, tell func(Change) error) error {
	for _, step := range []func(context.Context) error{a.prepare, a.classify, a.delete} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	if a.seq > 0 {
		if err := a.tellCreated(ctx, tell); err != nil {
			return err
		}
	}
	if a.compared {
		if err := a.tellChanged(ctx, tell); err != nil {
			return err
		}
	}
	if a.missing() > 0 && !a.o.MissingBecomesRoot {
		if err := a.tellMissing(ctx, tell); err != nil {
			return err
		}
	}
	a.sumUp()
	return nil
}

// planRow is an account of a plan as it is read.
type planRow struct {
	Operation  string             `db:"operation"`
	ExternalID string             `db:"external_id"`
	Name       string             `db:"name"`
	Changed    pq.StringArray     `db:"changed"`
	Old        types.NullJSONText `db:"old"`
	New        types.NullJSONText `db:"new"`
}

// rows streams the answer to a plan's question.
func (a *applying) rows(ctx context.Context, name string, args []any, each func(planRow) error) error {
	rows, err := a.tx.QueryxContext(ctx, a.statement(statement(name)), args...)
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

func (a *applying) tellCreated(ctx context.Context, tell func(Change) error) error {
	return a.rows(ctx, "plan_created", []any{a.stagedBy}, func(row planRow) error {
		a.report.Created++
		return tell(Change{Source: a.Source, Operation: "created", ExternalID: row.ExternalID, Name: row.Name})
	})
}

func (a *applying) tellMissing(ctx context.Context, tell func(Change) error) error {
	return a.rows(ctx, "plan_missing", nil, func(row planRow) error {
		if row.Operation == "held" {
			a.report.Held++
		}
		return tell(Change{Source: a.Source, Operation: row.Operation, ExternalID: row.ExternalID, Name: row.Name})
	})
}

func (a *applying) tellChanged(ctx context.Context, tell func(Change) error) error {
	return a.rows(ctx, "plan_changed", []any{a.stagedBy}, func(row planRow) error {
		fields, err := fieldsOf(row)
		if err != nil {
			return err
		}
		for _, f := range fields {
			f.Source, f.Operation, f.ExternalID, f.Name = a.Source, row.Operation, row.ExternalID, row.Name
			if err := tell(f); err != nil {
				return err
			}
		}
		return nil
	})
}

// fieldsOf returns the changed columns of one account, old and new. Of payload
// it tells the top-level members that differ.
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
