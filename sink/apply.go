package sink

import (
	"context"
	"errors"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"

	"rollcall/model/drift"
)

// A Mode is what a run has read of its connection, and so what Apply may conclude.
type Mode int

// The modes.
const (
	PartOfListing    Mode = iota // a window of creation times, some accounts, or what followed a checkpoint
	WholeListing                 // every account of the connection, at one go
	PartialListing               // a part of the connection could not be read
	Replay                       // what the directory has: deleted accounts stay deleted
	RetireConnection             // nothing: a person deletes all accounts
	RetireAccount                // nothing: a person deletes one account
)

// lists reports whether a provider was read.
func (m Mode) lists() bool { return m == PartOfListing || m == WholeListing || m == PartialListing }

// retires reports whether a person deletes accounts.
func (m Mode) retires() bool { return m == RetireConnection || m == RetireAccount }

// An Outcome is how a listing ended, for Apply.
type Outcome struct {
	Mode  Mode
	Pages int64  // batches of records read
	Error string // why the listing is partial or deletions are held, and the next step

	Identity           string   // host and provider account that was read
	Volatile           []string // top-level members of payload whose changes alone do not count
	MissingBecomesRoot bool     // a missing account stays, as a root of unknown status
	IDMember           string   // of a replayed reject: the member that is its id

	Chunks  *ChunkCache // of the listing before; nil where there is no cache
	Repeats bool        // an account came more than once

	Fields *drift.Fields // of the new and changed records; nil or empty writes nothing

	Deletions Deletions // judged; of a whole listing or a person
}

// Deletions are the missing accounts and what Apply does with them.
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
	Error  string // why it is partial or held, and the next step

	Drift []Drift // fields of the provider that are new or changed their type

	Cycles   int64    // cycles of parents that were broken
	CyclesAt []string // the external ids at which the first ones were broken
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
	replaced bool  // the path of a known account may have changed
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
			o.Repeats = true // the chunks do not say which record counted
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
	r.staging.seq, r.staging.rejects = 0, 0 // nothing is staged any more
	return a.report, nil
}

// committed reports, over another session, whether a commit whose answer was lost
// took place. It waits for one that is in progress, which has the row locked.
func (r *Run) committed(ctx context.Context) (done bool) {
	err := retryUntil(ctx, func(ctx context.Context) error {
		return ControlPool(r.db).GetContext(ctx, &done, `SELECT status NOT IN ('running', 'interrupted') FROM directory.runs WHERE id = $1 FOR SHARE`, r.ID)
	})
	return err == nil && done
}

// errRepeated means that one account was staged twice.
var errRepeated = errors.New("an account was staged twice")

// repeated reports whether an error means that one account was staged twice.
func repeated(err error) bool {
	duplicate := pq.As(err, pqerror.UniqueViolation)
	return errors.Is(err, errRepeated) || duplicate != nil && duplicate.Schema == "directory"
}

func (a *applying) apply(ctx context.Context) error {
	steps := []func(context.Context) error{
		a.fence, a.prepare, a.classify, a.chooseDeletions, a.place, a.write, a.hold, a.reject, a.fields, a.finish,
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// fence makes sure that no other run has taken the connection, locks its row
// until the commit, and takes the run's instant.
func (a *applying) fence(ctx context.Context) error {
	var mine bool
	err := a.tx.QueryRowContext(ctx, statement("fence"), a.connection, a.ID).Scan(&mine, &a.instant)
	if err == nil && !mine {
		return ErrLost
	}
	return err
}

// analyzeFrom is the number of rows from which statistics are worth their cost:
// below it, the planner's guesses do no harm.
const analyzeFrom = 5000

// prepare creates the work tables, and leaves one staged row per account.
func (a *applying) prepare(ctx context.Context) error {
	if a.staging.seq == 0 && a.o.Deletions.Missing == nil {
		return nil
	}
	if _, err := a.tx.ExecContext(ctx, statement("work_tables")); err != nil {
		return err
	}
	if err := a.loadMissing(ctx); err != nil {
		return err
	}
	if a.o.MissingBecomesRoot && a.missing() > 0 {
		if err := a.staging.create(ctx); err != nil {
			return err
		}
		n, err := a.exec(ctx, "stage_missing_as_roots", a.Source, a.staging.runID, a.start.Provider, a.staging.seq)
		if err != nil {
			return err
		}
		a.unlinked = n
		a.staging.seq += n
	}
	if a.staging.seq == 0 {
		return nil
	}
	if a.deduplicate || a.seen.again {
		if _, err := a.exec(ctx, "deduplicate", a.staging.runID); err != nil {
			return err
		}
	}
	if a.staging.seq >= analyzeFrom {
		_, err := a.tx.ExecContext(ctx, a.staging.statement(`ANALYZE {staged} (run_id, account_id, known, external_id, parent_external_id)`))
		return err
	}
	return nil
}

// classify compares staged rows of known accounts column by column.
func (a *applying) classify(ctx context.Context) error {
	if a.staging.seq == 0 || a.seen.restaged.IsEmpty() && a.unlinked == 0 {
		return nil
	}
	a.compared = true
	if _, err := a.exec(ctx, "classify", a.staging.runID, pq.Array(a.o.Volatile), a.o.Mode == Replay); err != nil {
		return err
	}
	const totals = `SELECT operation, pg_catalog.count(*), coalesce(pg_catalog.bool_or('parent_external_id' = ANY (changed)), false) FROM pg_temp.change GROUP BY operation`
	var operation string
	var n int64
	var relinked bool
	return eachRow(ctx, a.tx, totals, nil, func() error {
		a.report.add(operation, n)
		a.relinked = a.relinked || relinked
		return nil
	}, &operation, &n, &relinked)
}

// exec runs the statement of that name and returns how many rows it affected.
func (a *applying) exec(ctx context.Context, name string, args ...any) (int64, error) {
	res, err := a.tx.ExecContext(ctx, a.staging.statement(statement(name)), args...)
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
		if _, err := a.exec(ctx, "last_change"); err != nil {
			return err
		}
	}
	if a.report.Deleted > 0 {
		if _, err := a.exec(ctx, "delete", a.instant); err != nil {
			return err
		}
	}
	if a.compared {
		if _, err := a.exec(ctx, "update", a.staging.runID, a.instant); err != nil {
			return err
		}
		if _, err := a.exec(ctx, "refresh_fingerprints", a.staging.runID); err != nil {
			return err
		}
	}
	if a.seen.created > 0 {
		n, err := a.exec(ctx, "insert", a.staging.runID, a.Source, a.instant)
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
