package pipeline

import (
	"context"
	"errors"

	"rollcall/sink"
	"rollcall/sources"
)

// begin takes the connection. A scheduled run waits for one that only refreshes
// accounts: that must never cost a tick.
func (r *Runner) begin(ctx context.Context, c sources.Configured, o Options, resumable *sink.Resumable) (*sink.Run, error) {
	start := sink.Start{
		Source: c.Name, Provider: c.Provider, Trigger: o.Kind.Trigger(), Plan: o.Plan != nil, Resumable: resumable, Tick: !o.Tick.IsZero(),
		Patience: c.Timeout, Warn: func(err error) { r.Log.Warn("the run has to wait", "source", c.Name, "error", err) },
	}
	if o.Kind.waits() {
		start.Wait = c.Timeout
	}
	session, err := sink.Begin(ctx, r.DB, start)
	if !errors.Is(err, sink.ErrBusy) || o.Kind != Scheduled {
		return session, err
	}
	refreshing, askErr := sink.Refreshing(ctx, r.DB, c.Name)
	if askErr != nil || !refreshing {
		return nil, errors.Join(err, askErr)
	}
	start.Wait = c.Timeout
	return sink.Begin(ctx, r.DB, start)
}

// fail records a run whose connection could not be opened: nobody reads the log
// of last night.
func (r *Runner) fail(ctx context.Context, c sources.Configured, o Options, cause error, result *Result) error {
	if o.Plan != nil {
		return cause
	}
	session, err := r.begin(ctx, c, o, nil)
	if err != nil {
		return errors.Join(cause, err)
	}
	defer session.Close(ctx)
	result.RunID, result.Status = session.ID, "failed"
	cause = clean(c.Secrets, cause)
	return errors.Join(cause, session.End(ctx, result.Status, cause.Error(), result.Counts))
}

// GaveWay reports whether an unattended run found another one running, or that of
// its own tick started. That is no failure, and leaves no trace.
func GaveWay(o Options, err error) bool {
	return o.Kind.unattended() && (errors.Is(err, sink.ErrBusy) || errors.Is(err, sink.ErrBegun))
}
