package main

import (
	"bufio"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"
	"github.com/spf13/cobra"

	"rollcall/sink/reader"
)

func rejectsCommand(a *app) *cobra.Command {
	var names []string
	var search string
	var resolved bool
	var o output
	c := &cobra.Command{
		Use:   "rejects [flags]",
		Short: "List records that could not be taken, and why",
		Example: `  rollcall rejects
  rollcall rejects --source acme --resolved -o jsonl`,
		Args: noArguments,
	}
	c.Flags().StringSliceVar(&names, "source", nil, flagSource)
	c.Flags().StringVar(&search, "search", "", "with `TEXT` in the external id or the reason")
	c.Flags().BoolVar(&resolved, "resolved", false, "those too that were taken since, or are gone")
	o.add(c, tableLimit)
	c.RunE = a.does(func(ctx context.Context, _ []string) error {
		return a.withDirectory(ctx, func(ctx context.Context, _ *config, db *sqlx.DB) error {
			return a.answerOf(ctx, db, names, reader.Rejects(names, search, resolved), &o, func(out *bufio.Writer) printer {
				columns := []column{
					plain("SOURCE", "source"), plain("EXTERNAL ID", "external_id"), plain("LAST SEEN", "last_seen_at").spared(2),
					numeral("RUN", "run_id").spared(1),
				}
				if resolved {
					columns = append(columns, plain("RESOLVED", "resolved_at"))
				}
				columns = append(columns, column{title: "REASON", text: whyRejected})
				return newTable(out, a.screen, columns...)
			})
		})
	})
	return c
}

// whyRejected is the reason, and of a record without an id what else it says of
// itself.
func whyRejected(r row) string {
	reason := r.text("reason")
	payload, _ := r.value("payload").(json.RawMessage)
	if r.text("external_id") != "" || len(payload) == 0 {
		return reason
	}
	if says := described(payload); says != "" {
		reason += " (" + says + ")"
	}
	return reason
}

// maxDescribed is how much a record is described in, in columns.
const maxDescribed = 120

// described tells a record's texts and numbers: what is in them tells records
// apart rather than what is nested, which is long.
func described(payload json.RawMessage) string {
	var members map[string]any
	decoder := json.NewDecoder(strings.NewReader(string(payload)))
	decoder.UseNumber()
	if decoder.Decode(&members) != nil {
		return shorten(clean(string(payload)), maxDescribed) // no object
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
	return shorten(clean(strings.Join(parts, ", ")), maxDescribed)
}
