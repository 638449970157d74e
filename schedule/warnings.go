package schedule

import (
	"log/slog"
	"maps"
	"slices"
	"strings"

	"rollcall/sink"
)

// warnings counts fields that could not be stored as sent, by field and problem:
// one log line each at the end of a run, with the value of the first account.
type warnings map[string]*warned

type warned struct {
	warning
	accounts int64
}

// maxWarnings bounds the kinds that are counted, and so the memory that a provider
// can make a run take.
const maxWarnings = 200

func (w warnings) add(list []warning) {
	for _, one := range list {
		key := one.Field + "\x00" + one.Problem + "\x00" + one.Stored
		known := w[key]
		if known == nil {
			if len(w) >= maxWarnings {
				continue
			}
			known = &warned{warning: one}
			w[key] = known
		}
		known.accounts++
	}
}

func (w warnings) log(log *slog.Logger) {
	for _, key := range slices.Sorted(maps.Keys(w)) {
		one := w[key]
		log.Warn(one.String(), "field", one.Field, "accounts", one.accounts, "example", one.externalID)
	}
}

// maxDrift is how many fields a log line names; directory.payload_fields has all.
const maxDrift = 20

// logDrift tells in one line which fields of the provider are new or of another
// type: the mapping may have something to say about them.
func logDrift(log *slog.Logger, drift []sink.Drift) {
	var fresh, changed []string
	for _, d := range drift {
		if d.Was == 0 {
			fresh = append(fresh, d.Path+" ("+strings.Join(d.Is.Names(), ", ")+")")
		} else {
			changed = append(changed, d.Path+" ("+strings.Join(d.Was.Names(), ", ")+"; now "+strings.Join(d.Is.Names(), ", ")+")")
		}
	}
	if len(drift) > 0 {
		log.Warn("the provider's objects have changed: see directory.payload_fields", "new_fields", fresh[:min(len(fresh), maxDrift)],
			"new_types", changed[:min(len(changed), maxDrift)], "fields", len(drift))
	}
}
