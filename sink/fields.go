package sink

import (
	"context"
	"strings"

	"github.com/lib/pq"

	"rollcall/model/drift"
)

// A Drift is a field of a provider's objects that is new, or has a type that it
// never had. It has no value of the field.
type Drift struct {
	Path    string
	Was, Is drift.Type // Was is 0 where the field is new
}

// fields adds what the run saw to directory.payload_fields. Its rows are locked
// in the order of their paths, as runs of one provider's connections share them.
func (a *applying) fields(ctx context.Context) error {
	if a.o.Fields.Empty() {
		return nil
	}
	known, err := a.knownFields(ctx)
	if err != nil {
		return err
	}
	now, dropped := a.o.Fields.Merge(known)
	if len(dropped) > 0 {
		_, err := a.tx.ExecContext(ctx, `DELETE FROM directory.payload_fields WHERE provider = $1 AND path = ANY ($2)`, a.start.Provider, pq.Array(dropped))
		if err != nil {
			return err
		}
	}
	paths, types, counts := make([]string, len(now)), make([]string, len(now)), make([]int64, len(now))
	for i, f := range now {
		paths[i], types[i], counts[i] = f.Path, strings.Join(f.Types.Names(), ","), f.Count
	}
	if _, err := a.exec(ctx, "payload_fields", a.start.Provider, a.ID, pq.Array(paths), pq.Array(types), pq.Array(counts)); err != nil {
		return err
	}
	if !a.empty && len(known) > 0 { // on a first load everything is new
		a.report.Drift = newFields(known, now)
	}
	return nil
}

func (a *applying) knownFields(ctx context.Context) (known []drift.Field, err error) {
	var path string
	var types pq.StringArray
	const query = `SELECT path, types FROM directory.payload_fields WHERE provider = $1 ORDER BY path FOR UPDATE`
	err = eachRow(ctx, a.tx, query, []any{a.start.Provider}, func() error {
		known = append(known, drift.Field{Path: path, Types: drift.TypesOf(types)})
		return nil
	}, &path, &types)
	return known, err
}

// newFields returns what is new in now. The type null does not count: most fields are
// null somewhere.
func newFields(known, now []drift.Field) (list []Drift) {
	types := make(map[string]drift.Type, len(known))
	for _, f := range known {
		types[f.Path] = f.Types
	}
	for _, f := range now {
		before, found := types[f.Path]
		before &^= drift.TypeNull
		fresh := f.Types &^ drift.TypeNull &^ before
		if !found {
			list = append(list, Drift{Path: f.Path, Is: f.Types})
		} else if before != 0 && fresh != 0 {
			list = append(list, Drift{Path: f.Path, Was: before, Is: fresh})
		}
	}
	return list
}
