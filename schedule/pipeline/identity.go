package pipeline

import (
	"fmt"
	"strings"

	"rollcall/sink"
)

// A connection can come to read another provider account than before: its
// variables were changed, on purpose or by mistake, or the same tenant has a new
// name. What its listing shares with the directory decides which it is.

// Moved reports whether a connection that reads now reads another host or
// provider account than known, where its accounts came from; "" is not known.
// Where a former release knew the host alone, its account is a detail.
func Moved(known, now string) bool {
	return known != "" && known != now && !strings.HasPrefix(now, known+"/")
}

// A tenantError ends a run that read too few of the live accounts at another
// host or provider account than they came from.
type tenantError struct {
	source     string
	known, now string // identities
	shared     int64  // live accounts that were read
	live       int64
	complete   bool // the whole listing was read
}

func (e *tenantError) Error() string {
	read, next := "its listing has", "check its variables"
	if !e.complete {
		read, next = "the part that was read has", "run rollcall sync "+e.source+", which reads it all"
	}
	return fmt.Sprintf("%s reads the host or provider account %s, but its accounts came from %s: %s %d of the %d live ones, less than half, so nothing was applied; %s, or, if another account is meant, run: rollcall sync %s --allow-deletes",
		e.source, e.now, e.known, read, e.shared, e.live, next, e.source)
}

// checkTenant returns a tenantError unless the accounts that were read have at
// least half of the live ones, or --allow-deletes is given. A part of a listing
// with fewer says nothing of the rest, so it is refused as well: were it applied
// where all its accounts are known, another tenant's data could get into accounts
// of the same ids.
func (p *run) checkTenant(m *sink.Missing) error {
	known, now, shared := p.session.Identity(), p.metadata.Identity, m.Shared()
	args := []any{"before", known, "now", now, "shared", shared, "live", m.Live}
	switch {
	case 2*shared >= m.Live:
		p.log.Info("the connection reads another host or provider account: at least half of its accounts are there, so it is the same tenant", args...)
	case p.options.Kind == AllowDeletes:
		p.log.Warn("the connection reads another host or provider account: --allow-deletes says that it is meant", args...)
	default:
		return &tenantError{source: p.session.Source, known: known, now: now, shared: shared, live: m.Live, complete: p.complete()}
	}
	return nil
}
