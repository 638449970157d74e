package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sethvargo/go-envconfig"
	"github.com/spf13/cobra"

	"rollcall/cmd/rollcall/internal/render"
	"rollcall/sink/embedded"
	"rollcall/sources/simulate"
)

func demoCommand(a *app) *cobra.Command {
	var accounts int
	var keep bool
	c := &cobra.Command{
		Use:   "demo",
		Short: "Show the whole job on simulated providers, without configuration",
		Long: `Start a private Postgres and four simulated providers, and run rollcall's own
commands on them: a first sync, half a year of changes, and a bad day, on which
one provider breaks off and another sends an empty list.

Nothing is left behind, unless --keep leaves the database running.`,
		Example: `  rollcall demo
  rollcall demo --accounts 10000 --keep`,
		Args: noArguments,
	}
	c.Flags().IntVar(&accounts, "accounts", 40, "`N` accounts at the providers")
	c.Flags().BoolVar(&keep, "keep", false, "leave the database running, and print how to reach it")
	c.PreRunE = func(*cobra.Command, []string) error {
		if accounts < demoFewest || accounts > demoMost {
			return fmt.Errorf("--accounts: must be from %d to %d", demoFewest, demoMost)
		}
		return nil
	}
	c.RunE = a.does(func(ctx context.Context, _ []string) error { return a.demo(ctx, accounts, keep) })
	return c
}

const (
	// demoFewest accounts give each provider the few that the story needs.
	demoFewest = 20
	// demoMost accounts fit in memory: the simulated providers keep them there.
	demoMost = 1_000_000

	// demoWidth is the width of the output without a terminal, in columns.
	demoWidth = 80
)

func (a *app) demo(ctx context.Context, accounts int, keep bool) (err error) {
	fleet, err := simulate.Start(accounts, 2026)
	if err != nil {
		return err
	}
	defer fleet.Close()
	server, err := embedded.Start(ctx, embedded.Options{Logf: func(format string, args ...any) { a.note(format, args...) }})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	d := newDemonstration(a, fleet, server.URL())
	d.say(fmt.Sprintf("A private Postgres, and four simulated providers with %d accounts.", accounts))
	if err := d.story(ctx); err != nil || !keep {
		return err
	}
	pid, err := server.Keep()
	if err != nil {
		return err
	}
	d.say("", "The database keeps running. To query it:", "", "  psql '"+server.URL()+"'", "",
		fmt.Sprintf("To stop and delete it: kill %d", pid))
	return nil
}

// A demonstration runs rollcall's own commands, as if a user typed them.
type demonstration struct {
	*app
	fleet    *simulate.ProviderSet
	env      map[string]string
	screen   render.Screen
	returned simulate.Account // deleted today, restored on the bad day
}

func newDemonstration(a *app, fleet *simulate.ProviderSet, databaseURL string) *demonstration {
	d := &demonstration{app: a, fleet: fleet, env: fleet.Env(), screen: a.screen}
	if !d.screen.Terminal() {
		d.screen.Width = demoWidth
	}
	d.env["DATABASE_URL"] = databaseURL
	d.env["LOG_FORMAT"] = "text"
	d.env["SIGNALWIRE_PAGE_SIZE"] = "7" // so that a listing can break off in its middle
	return d
}

func (d *demonstration) say(lines ...string) {
	fmt.Fprintln(d.stdout, strings.Join(lines, "\n"))
}

// errDemo means that a command of the demo did not end as the story says.
var errDemo = errors.New("the demo failed")

// run shows and runs a command, which must end with one of the statuses.
func (d *demonstration) run(ctx context.Context, statuses []int, args ...string) error {
	d.say("", "$ rollcall "+strings.Join(args, " "))
	status, err := d.quietly(ctx, d.app, statuses, args...)
	if err == nil && status != exitWell {
		d.say(fmt.Sprintf("(exit status %d)", status))
	}
	return err
}

// quietly runs a command. Its log shows only if it does not end with one of the
// statuses.
func (d *demonstration) quietly(ctx context.Context, to *app, statuses []int, args ...string) (int, error) {
	var log bytes.Buffer
	inner := &app{
		env: envconfig.MapLookuper(d.env), names: slices.Collect(maps.Keys(d.env)),
		stdout: to.stdout, stderr: &log, screen: d.screen,
	}
	root := newRoot(inner)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	var status exitError
	if err != nil && !errors.As(err, &status) {
		return 0, err
	}
	if !slices.Contains(statuses, int(status)) {
		return 0, fmt.Errorf("%w: rollcall %s: exit status %d\n%s", errDemo, strings.Join(args, " "), status, &log)
	}
	return int(status), nil
}
