package pipeline

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"rollcall/model"
	"rollcall/sink"
)

// A warning is a field of one account that could not be stored as sent.
type warning struct {
	model.Warning
	externalID string
}

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

// logReport logs what an applied run found out about the provider's data.
func logReport(log *slog.Logger, r sink.Report) {
	if r.Cycles > 0 {
		log.Warn("parents form a cycle, which was broken", "cycles", r.Cycles, "at", r.CyclesAt)
	}
	logDrift(log, r.Drift)
}

// logDrift logs in one line which fields of the provider are new or of another
// type: the mapping may have a use for them.
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

// logEnd logs how a run ended, if it was one.
func (r Result) logEnd(log *slog.Logger, o Options) {
	if GaveWay(o, r.Err) {
		level := slog.LevelDebug
		if errors.As(r.Err, new(*sink.BusyError)) {
			level = slog.LevelInfo // it names who holds the connection
		}
		log.Log(context.Background(), level, "run skipped: another run of the connection was first", "trigger", o.Kind.Trigger(), "reason", r.Err)
		return
	}
	took := r.Took.Round(time.Millisecond)
	switch {
	case o.Plan != nil: // it leaves no run
		if r.Err != nil {
			log.Error("plan failed", "took", took, "error", r.Err)
		}
		return
	case r.Status == "skipped":
		log.Info("run skipped: another run holds the connection", "took", took)
		return
	case r.RunID == 0:
		log.Error("run failed before it began", "took", took, "error", r.Err)
		return
	}
	args := []any{"run", r.RunID, "status", r.Status}
	for name, n := range r.Each() {
		args = append(args, name, n)
	}
	args = append(args, "took", took)
	switch {
	case r.Err != nil:
		log.Error("run "+cmp.Or(r.Status, "failed"), append(args, "error", r.Err)...)
	case r.Status == "held":
		log.Warn("run held", append(args, "error", r.Error)...)
	default:
		log.Info("run "+r.Status, args...)
	}
}
