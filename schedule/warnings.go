package schedule

import (
	"log/slog"
	"slices"
	"strings"

	"rollcall/sink"
)

// warnings counts fields that could not be read, by field and problem: one log
// line each at the end of a run, however many accounts there are.
type warnings map[string]*warned

type warned struct {
	field, problem, example string
	accounts                int64
}

// maxWarnings bounds the kinds that are told apart; a provider does not decide
// how much memory a run takes.
const maxWarnings = 200

func (w warnings) add(list []warning) {
	for _, one := range list {
		key := one.Field + "\x00" + one.Problem
		known := w[key]
		if known == nil {
			if len(w) >= maxWarnings {
				continue
			}
			known = &warned{field: one.Field, problem: one.Problem, example: one.externalID}
			w[key] = known
		}
		known.accounts++
	}
}

func (w warnings) log(log *slog.Logger) {
	list := make([]*warned, 0, len(w))
	for _, one := range w {
		list = append(list, one)
	}
	slices.SortFunc(list, func(a, b *warned) int { return strings.Compare(a.field+a.problem, b.field+b.problem) })
	for _, one := range list {
		log.Warn("a field could not be read and is null", "field", one.field, "problem", one.problem,
			"accounts", one.accounts, "example", one.example)
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
