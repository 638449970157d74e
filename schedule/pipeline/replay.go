package pipeline

import (
	"context"
	"iter"

	"github.com/jmoiron/sqlx"

	"rollcall/sink"
	"rollcall/sources"
	"rollcall/sources/fetch"
)

// A replay is a source whose listing is what the directory holds: each stored
// object goes the way of a record once more, through today's code. The provider
// is not asked.
type replay struct {
	sources.Source
	db       *sqlx.DB
	name     string // of the connection
	watchdog *watchdog
}

// List yields the stored accounts, deleted ones too, and then the records that
// could not be taken and are still open.
func (r *replay) List(ctx context.Context, _ sources.Window, _ string) iter.Seq2[sources.Page, error] {
	return func(yield func(sources.Page, error) bool) {
		var batch sources.Batch
		for record, err := range r.records(ctx) {
			if err != nil {
				yield(sources.Page{}, err)
				return
			}
			r.watchdog.arrived("stored", record.ID)
			if batch.Add(record) && !yield(batch.Take(""), nil) {
				return
			}
		}
		if batch.Len() > 0 {
			yield(batch.Take(""), nil)
		}
	}
}

func (r *replay) records(ctx context.Context) iter.Seq2[sources.Record, error] {
	metadata := r.Metadata()
	return func(yield func(sources.Record, error) bool) {
		for account, err := range sink.StoredAccounts(ctx, r.db, r.name) {
			record := sources.Record{ID: account.ExternalID, Raw: account.Payload}
			if metadata.ParentInEnvelope {
				record.Parent = account.Parent
			}
			if metadata.StatusInEnvelope {
				record.Status = account.Status
			}
			if !yield(record, err) || err != nil {
				return
			}
		}
		for raw, err := range sink.StoredRejects(ctx, r.db, r.name) {
			id := fetch.ID(raw, metadata.IDMember)
			if id == "" && err == nil {
				continue // as unreadable as before
			}
			// What stood outside of the object was not kept.
			record := sources.Record{ID: id, Raw: raw, KeepParent: metadata.ParentInEnvelope, KeepStatus: metadata.StatusInEnvelope}
			if !yield(record, err) || err != nil {
				return
			}
		}
	}
}
