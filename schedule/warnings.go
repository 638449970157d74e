package schedule

import (
	"log/slog"
	"slices"
	"strings"
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
