package admin

import (
	"context"
	"errors"

	"github.com/jmoiron/sqlx"

	"rollcall/sink"
)

// LiveAccounts returns how many accounts Retire marks as deleted.
func LiveAccounts(ctx context.Context, db *sqlx.DB, source string) (int64, error) {
	if _, err := providerOf(ctx, db, source); err != nil {
		return 0, err
	}
	live, _, err := sink.CountAccounts(ctx, db, source)
	return live, err
}

// Retire marks all live accounts of a connection as deleted, as a run of its own.
func Retire(ctx context.Context, db *sqlx.DB, source string) (sink.Report, error) {
	return retire(ctx, db, source, sink.RetireConnection, (*sink.Run).Missing)
}

// RetireAccount marks one account as deleted, as a run of its own. It runs nothing
// where the account is not live.
func RetireAccount(ctx context.Context, db *sqlx.DB, source string, id int64) (sink.Report, error) {
	var live bool
	err := db.GetContext(ctx, &live, `SELECT EXISTS (SELECT FROM directory.accounts WHERE source = $1 AND id = $2 AND deleted_at IS NULL)`, source, id)
	if err != nil || !live {
		return sink.Report{}, sink.Wrap(ctx, err)
	}
	return retire(ctx, db, source, sink.RetireAccount, func(r *sink.Run, ctx context.Context) (*sink.Missing, error) {
		return r.LiveAccount(ctx, id)
	})
}

// retire deletes the accounts that choose returns.
func retire(ctx context.Context, db *sqlx.DB, source string, mode sink.Mode, choose func(*sink.Run, context.Context) (*sink.Missing, error)) (report sink.Report, err error) {
	provider, err := providerOf(ctx, db, source)
	if err != nil {
		return report, err
	}
	run, err := sink.Begin(ctx, db, sink.Start{Source: source, Provider: provider, Trigger: "manual", Wait: sink.ManualWait})
	if err != nil {
		return report, explainBusy(source, err)
	}
	defer run.Close(ctx)
	missing, err := choose(run, ctx)
	if err == nil {
		report, err = run.Apply(ctx, sink.Outcome{Mode: mode, Deletions: sink.Deletions{Missing: missing}})
	}
	if err != nil {
		err = errors.Join(err, run.End(ctx, "failed", err.Error(), sink.Counts{}))
	}
	return report, err
}
