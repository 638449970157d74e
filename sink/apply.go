package sink

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"rollcall/model/drift"
)

// An Outcome is how a listing ended, for Apply.
type Outcome struct {
	Complete bool  // a whole listing was seen
	Partial  bool  // a part of the connection could not be read
	Pages    int64 // batches of records read
	Error    string

	Identity           string   // host and provider account that was read
	Adopt              bool     // take Identity as where the accounts come from
	Volatile           []string // top-level members of payload that make no change of their own
	MissingBecomesRoot bool     // a missing account lives on as a root of unknown status

	Memory  *Memory // of the chunks of the listing before; nil where none are kept
	Repeats bool    // an account came more than once

	Replay   bool   // what was read is what is stored: deleted accounts stay so
	IDMember string // of a replayed reject: the member that is its id

	ByHand  bool // deletions that a person makes: nothing was read
	Retired bool // of all the connection's accounts

	Fields *drift.Fields // of the new and changed records; nil or empty writes nothing

	Deletions Deletions // judged; of a complete listing only
}

// Deletions are the missing accounts and what is to become of them.
type Deletions struct {
	Missing *Missing // nil where the listing was not complete
	Hold    string   // why all of them are held; "" holds none
	Wait    string   // why those are held that are not in held_deletions yet; "" holds none
	Allow   bool     // deletes those in held_deletions also where Hold is set
	Alive   []int64  // accounts that the provider says exist: never deleted
}

// A Report is what Apply did.
type Report struct {
	Counts
	Status string
	Error  string // why it is partial or held, and what to do

	Drift []Drift // fields of the provider that are new or of another type

	Cycles   int64    // of parents, that were broken
	CyclesAt []string // the external ids at which the first ones were
}

// applying is one applying transaction.
type applying struct {
	*Run
	tx      *sqlx.Tx
	o       Outcome
	instant time.Time
	report  Report

	deduplicate bool // staged accounts may have come twice

	unlinked int64 // missing accounts that were staged as roots
	compared bool  // known accounts are in the table change
	relinked bool  // the parent of a known account changed
	replaced bool  // the place of a known account may have changed
}

// Apply writes what the run found, in one transaction: a reader sees the
// directory before it or after it. It returns ErrLost, and writes nothing, when
// another run of the connection has begun.
func (r *Run) Apply(ctx context.Context, o Outcome) (Report, error) {
	tx, err := r.conn.BeginTxx(ctx, nil)
	if err != nil {
		return Report{}, wrap(ctx, err)
	}
	a := &applying{Run: r, tx: tx, o: o}
	err = a.apply(ctx)
	if repeated(err) {
		// An account that is new came twice, on different pages: rare enough to
		// look for only once it has happened.
		if _, err = tx.ExecContext(ctx, `ROLLBACK TO SAVEPOINT staged`); err == nil {
			o.Repeats = true // what is remembered of the listing would not tell which counted
			a = &applying{Run: r, tx: tx, o: o, deduplicate: true}
			err = a.apply(ctx)
		}
	}
	if err != nil {
		_ = tx.Rollback()
		return Report{}, wrap(ctx, err)
	}
	if err := tx.Commit(); err != nil && !r.committed(ctx) {
		return Report{}, wrap(ctx, err)
	}
	r.seq, r.rejects = 0, 0 // nothing is staged any more
	return a.report, nil
}

// committed asks, over another session, whether a commit whose answer was lost
// took place. One that is on its way still is waited for: it keeps the row.
func (r *Run) committed(ctx context.Context) (done bool) {
	err := retryUntil(ctx, func(ctx context.Context) error {
		return ControlPool(r.db).GetContext(ctx, &done, `SELECT status NOT IN ('running', 'interrupted') FROM directory.runs WHERE id = $1 FOR SHARE`, r.ID)
	})
	return err == nil && done
}

// errRepeated tells that two staged rows are of one account.
var errRepeated = errors.New("an account was staged twice")

// repeated tells whether two staged rows are of one account.
func repeated(err error) bool {
	var refusal *pq.Error
	return errors.Is(err, errRepeated) || errors.As(err, &refusal) && refusal.Code == "23505" && refusal.Schema == "directory"
}

func (a *applying) apply(ctx context.Context) error {
	steps := []func(context.Context) error{
		a.fence, a.prepare, a.classify, a.delete, a.place, a.write, a.hold, a.reject, a.fields, a.finish,
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// fence makes sure that no other run has taken the connection, keeps others
// from doing so until the commit, and takes the run's instant.
func (a *applying) fence(ctx context.Context) error {
	var mine bool
	err := a.tx.QueryRowContext(ctx, statement("fence"), a.connection, a.ID).Scan(&mine, &a.instant)
	if err == nil && !mine {
		return ErrLost
	}
	return err
}

// analyzeFrom is the number of staged rows from which statistics pay: below it
// the planner's guesses do no harm.
const analyzeFrom = 5000

// prepare makes the staged rows one a account, and the work tables.
func (a *applying) prepare(ctx context.Context) error {
	if a.seq == 0 && a.o.Deletions.Missing == nil {
		return nil
	}
	if _, err := a.tx.ExecContext(ctx, statement("work_tables")); err != nil {
		return err
	}
	if err := a.loadMissing(ctx); err != nil {
		return err
	}
	if a.o.MissingBecomesRoot && a.missing() > 0 {
		if err := a.stagingTable(ctx); err != nil {
			return err
		}
		n, err := a.exec(ctx, "unlink", a.Source, a.stagedBy, a.start.Provider, a.seq)
		if err != nil {
			return err
		}
		a.unlinked = n
		a.seq += n
	}
	if a.seq == 0 {
		return nil
	}
	if a.deduplicate || a.again {
		if _, err := a.exec(ctx, "deduplicate", a.stagedBy); err != nil {
			return err
		}
	}
	if a.seq >= analyzeFrom {
		_, err := a.tx.ExecContext(ctx, a.statement(`ANALYZE {staged} (run_id, account_id, known, external_id, parent_external_id)`))
		return err
	}
	return nil
}

// classify compares staged rows of known accounts column by column.
func (a *applying) classify(ctx context.Context) error {
	if a.seq == 0 || a.restaged.IsEmpty() && a.unlinked == 0 {
		return nil
	}
	a.compared = true
	if _, err := a.exec(ctx, "classify", a.stagedBy, pq.Array(a.o.Volatile), a.o.Replay); err != nil {
		return err
	}
	rows, err := a.tx.QueryContext(ctx, `SELECT operation, pg_catalog.count(*), pg_catalog.bool_or('parent_external_id' = ANY (changed)) FROM pg_temp.change GROUP BY operation`)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var operation string
		var n int64
		var relinked sql.NullBool
		if err := rows.Scan(&operation, &n, &relinked); err != nil {
			return err
		}
		a.report.add(operation, n)
		a.relinked = a.relinked || relinked.Bool
	}
	return rows.Err()
}

// exec runs the statement of that name and returns how many rows it touched.
func (a *applying) exec(ctx context.Context, name string, args ...any) (int64, error) {
	res, err := a.tx.ExecContext(ctx, a.statement(statement(name)), args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// write makes the changes: the replaced versions become history, changed rows
// are updated and new ones inserted, each by one statement.
func (a *applying) write(ctx context.Context) error {
	if a.report.Changed() {
		if _, err := a.exec(ctx, "history", a.instant); err != nil {
			return err
		}
		if _, err := a.exec(ctx, "head"); err != nil {
			return err
		}
	}
	if a.report.Deleted > 0 {
		if _, err := a.exec(ctx, "delete", a.instant); err != nil {
			return err
		}
	}
	if a.compared {
		if _, err := a.exec(ctx, "update", a.stagedBy, a.instant); err != nil {
			return err
		}
		if _, err := a.exec(ctx, "refresh", a.stagedBy); err != nil {
			return err
		}
	}
	if a.created > 0 {
		n, err := a.exec(ctx, "insert", a.stagedBy, a.Source, a.instant)
		if err != nil {
			return err
		}
		a.report.Created = n
	}
	if !a.replaced {
		return nil
	}
	_, err := a.exec(ctx, "replace_links")
	return err
}
