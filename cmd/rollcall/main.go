// Command rollcall keeps a directory of the accounts of many providers in
// Postgres.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/sethvargo/go-envconfig"
	"golang.org/x/sys/unix"

	"rollcall/cmd/rollcall/internal/render"
	"rollcall/sources/env"
)

func main() {
	// Without this a reader that closes our output, as head does, would end the
	// program before the embedded Postgres is stopped.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	ctx, stop := untilSignal(context.Background())
	defer stop()
	os.Exit(run(ctx, os.Args[1:], envconfig.OsLookuper(), variableNames(os.Environ()), os.Stdout, os.Stderr))
}

// An interruption is a signal that asked the program to end.
type interruption struct{ signal syscall.Signal }

func (i interruption) Error() string { return "interrupted by " + unix.SignalName(i.signal) }

// untilSignal is a context that SIGINT or SIGTERM ends. A second one ends the
// program at once.
func untilSignal(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		select {
		case s := <-signals:
			signal.Stop(signals)
			cancel(interruption{s.(syscall.Signal)})
		case <-ctx.Done():
		}
	}()
	return ctx, func() { cancel(nil) }
}

// variableNames are the names of the environment's variables.
func variableNames(environ []string) []string {
	names := make([]string, len(environ))
	for i, variable := range environ {
		names[i], _, _ = strings.Cut(variable, "=")
	}
	return names
}

// Exit statuses; 128 and a signal's number is the one of an interruption.
const (
	exitWell    = 0
	exitFailed  = 1 // a connection failed or was partial, or a command could not do its work
	exitUsage   = 2 // bad usage or configuration: nothing was started
	exitHeld    = 3 // no failure, but deletions are held
	exitChanges = 4 // plan --exit-code: something would change
	exitSignals = 128
)

// An exitError ends a command with a status and without a further message.
type exitError int

func (e exitError) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// run is the program: vars and names are its environment.
func run(ctx context.Context, args []string, vars envconfig.Lookuper, names []string, stdout, stderr io.Writer) int {
	display := render.NewDisplay(stderr, vars)
	a := &app{env: vars, names: names, stdout: &pipe{display.Above(stdout)}, stderr: display, screen: render.ScreenOf(stdout, vars)}
	root := newRoot(a)
	root.SetArgs(args)
	command, err := root.ExecuteContextC(ctx)
	var status exitError
	var signaled interruption
	switch {
	case err == nil, errors.Is(err, errPipeClosed):
		return exitWell
	case errors.As(context.Cause(ctx), &signaled):
		a.fail(signaled, "")
		return exitSignals + int(signaled.signal)
	case errors.As(err, &status):
		return int(status)
	case errors.As(err, new(*env.Error)):
		a.fail(err, "")
		return exitUsage
	case !a.started || errors.As(err, new(usageError)):
		a.fail(err, command.CommandPath()+" --help")
		return exitUsage
	default:
		a.fail(err, "")
		return exitFailed
	}
}

// fail writes the last words of a program that failed: JSON with LOG_FORMAT=json.
// help is the command that explains the usage, or "".
func (a *app) fail(err error, help string) {
	switch {
	case a.logsJSON() && help != "":
		slog.New(slog.NewJSONHandler(a.stderr, nil)).Error("rollcall failed", "error", err.Error(), "help", help)
	case a.logsJSON():
		slog.New(slog.NewJSONHandler(a.stderr, nil)).Error("rollcall failed", "error", err.Error())
	default:
		fmt.Fprintln(a.stderr, "rollcall:", err)
		if help != "" {
			fmt.Fprintln(a.stderr, "See", help)
		}
	}
}

// A usageError is bad usage that a command finds itself.
type usageError struct{ error }

func badUsage(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }
