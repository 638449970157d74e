package schedule

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"rollcall/sink"
	"rollcall/sources"
)

// unattended tells that nobody waits for the run: what it has to give way to is
// no failure, and leaves no trace.
func (o Options) unattended() bool { return o.Trigger == Schedule || o.Trigger == Hook }

// begin takes the connection. A scheduled run waits for one that only asks for
// hints: those must never cost a tick.
func (r *Runner) begin(ctx context.Context, c sources.Configured, o Options, resumable *sink.Resumable) (*sink.Run, error) {
	start := sink.Start{
		Source: c.Name, Provider: c.Provider, Trigger: o.Trigger, Plan: o.Plan != nil, Resumable: resumable, Tick: !o.tick.IsZero(),
		Patience: c.Timeout, Warn: func(err error) { r.Log.Warn("the run has to wait", "source", c.Name, "error", err) },
	}
	if o.Wait {
		start.Wait = c.Timeout
	}
	run, err := sink.Begin(ctx, r.DB, start)
	if !errors.Is(err, sink.ErrBusy) || o.Trigger != Schedule {
		return run, err
	}
	asking, askErr := sink.Asking(ctx, r.DB, c.Name)
	if askErr != nil || !asking {
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
	run, err := r.begin(ctx, c, o, nil)
	if err != nil {
		return errors.Join(cause, err)
	}
	defer run.Close(ctx)
	result.RunID, result.Status = run.ID, "failed"
	cause = clean(c.Secrets, cause)
	return errors.Join(cause, run.End(ctx, result.Status, cause.Error(), result.Counts))
}

// gaveWay tells that an unattended run found another one at work, or that of its
// own tick begun.
func gaveWay(o Options, err error) bool {
	return o.unattended() && (errors.Is(err, sink.ErrBusy) || errors.Is(err, sink.ErrBegun))
}

// logEnd tells how a run ended, if it was one.
func logEnd(log *slog.Logger, o Options, r Result) {
	if gaveWay(o, r.Err) {
		level := slog.LevelDebug
		if errors.As(r.Err, new(*sink.BusyError)) {
			level = slog.LevelInfo // it names who holds the connection
		}
		log.Log(context.Background(), level, "another run goes on or was quicker: this one is left out", "trigger", o.Trigger, "reason", r.Err)
		return
	}
	if o.Plan != nil { // which leaves no run
		if r.Err != nil {
			log.Error("plan failed", "took", r.Took.Round(time.Millisecond), "error", r.Err)
		}
		return
	}
	logResult(log, r)
}
