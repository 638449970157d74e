package admin

import (
	"context"
	"fmt"
	"strings"

	"rollcall/sink"
)

// reader checks the analysts' role and its rights.
func (e *examination) reader(ctx context.Context) (state, detail string, err error) {
	exists, may, err := sink.ReaderRole(ctx, e.db, e.role)
	switch {
	case err != nil:
		return "", "", err
	case !exists && may:
		return OK, e.role + " will be created", nil
	case !exists:
		return Warning, fmt.Sprintf("there is no role %s for analysts, and the connecting role may not create it: CREATE ROLE %s NOLOGIN, or set ROLLCALL_READER_ROLE", e.role, e.role), nil
	}
	gaps, err := sink.ReaderGaps(ctx, e.db, e.role)
	if err != nil {
		return "", "", err
	}
	if len(gaps) == 0 {
		return OK, e.role, nil
	}
	return Warning, describeGaps(e.role, gaps), nil
}

// describeGaps names the rights that the role lacks or must not have, and the next step.
func describeGaps(role string, gaps []sink.RightsGap) string {
	var lacks, excess, others, advice []string
	for _, g := range gaps {
		if g.Missing {
			lacks = append(lacks, g.Object)
		} else {
			excess = append(excess, g.Object)
		}
		if !g.Able {
			others = append(others, g.Statement)
		}
	}
	var found []string
	if len(lacks) > 0 {
		found = append(found, fmt.Sprintf("%s may not read %s", role, strings.Join(lacks, ", ")))
	}
	if len(excess) > 0 {
		found = append(found, fmt.Sprintf("%s has rights on %s", role, strings.Join(excess, ", ")))
	}
	if len(others) < len(gaps) {
		advice = append(advice, "run rollcall migrate up")
	}
	if len(others) > 0 {
		advice = append(advice, "as the owner of these objects, run "+strings.Join(others, "; "))
	}
	return strings.Join(found, "; ") + ": " + strings.Join(advice, ", and ")
}
