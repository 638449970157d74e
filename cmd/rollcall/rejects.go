package main

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"
	"github.com/spf13/cobra"

	"rollcall/cmd/rollcall/internal/render"
	"rollcall/sink/reader"
)

func rejectsCommand(a *app) *cobra.Command {
	var names []string
	var search string
	var resolved bool
	var o output
	c := &cobra.Command{
		Use:   "rejects [flags]",
		Short: "List rejected records, and why they were rejected",
		Example: `  rollcall rejects
  rollcall rejects --source acme --resolved -o jsonl`,
		Args: noArguments,
	}
	c.Flags().StringSliceVar(&names, "source", nil, flagSource)
	c.Flags().StringVar(&search, "search", "", "with `TEXT` in the external id or the reason")
	c.Flags().BoolVar(&resolved, "resolved", false, "include resolved rejects: accepted or deleted since")
	o.add(c, tableLimit)
	c.RunE = a.does(func(ctx context.Context, _ []string) error {
		columns := []render.Column{
			render.Text("SOURCE", "source"), render.Text("EXTERNAL ID", "external_id"), render.Text("LAST SEEN", "last_seen_at").Drop(2),
			render.Number("RUN", "run_id").Drop(1),
		}
		if resolved {
			columns = append(columns, render.Text("RESOLVED", "resolved_at"))
		}
		return a.withDirectory(ctx, func(ctx context.Context, _ *config, db *sqlx.DB) error {
			return a.answerOf(ctx, db, names, reader.Rejects(names, search, resolved), &o, a.table(append(columns, render.Func("REASON", whyRejected).Wrap())...))
		})
	})
	return c
}

// whyRejected returns the reason, and for a record without an id what identifies it.
func whyRejected(r render.Row) string {
	reason := r.Text("reason")
	payload, _ := r.Value("payload").(json.RawMessage)
	if r.Text("external_id") != "" || len(payload) == 0 {
		return reason
	}
	if says := described(payload); says != "" {
		reason += " (" + says + ")"
	}
	return reason
}

// maxDescribed is the length of a description, in columns of a terminal.
const maxDescribed = 120

// described returns a record's texts and numbers: they identify it better than its
// nested values, which are long.
func described(payload json.RawMessage) string {
	var members map[string]any
	decoder := json.NewDecoder(strings.NewReader(string(payload)))
	decoder.UseNumber()
	if decoder.Decode(&members) != nil {
		return render.Shorten(string(payload), maxDescribed) // not an object
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(members)) {
		switch value := members[name].(type) {
		case string:
			if value != "" {
				parts = append(parts, name+": "+value)
			}
		case json.Number:
			parts = append(parts, name+": "+value.String())
		}
	}
	return render.Shorten(strings.Join(parts, ", "), maxDescribed)
}
