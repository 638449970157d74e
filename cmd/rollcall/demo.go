package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"
	"github.com/sethvargo/go-envconfig"
	"github.com/spf13/cobra"

	"rollcall/sink"
	"rollcall/sink/embedded"
	"rollcall/sources/simulate"
)

func demoCommand(a *app) *cobra.Command {
	var accounts int
	var keep bool
	c := &cobra.Command{
		Use:   "demo",
		Short: "See the whole job on simulated providers, without any configuration",
		Long: `Starts a Postgres of its own and four simulated providers, and runs rollcall's
own commands on them: a first sync, a day on which the providers change, and a bad
day, on which one of them breaks off and another serves an empty list.

Nothing is left behind, unless --keep leaves the database up.`,
		Example: `  rollcall demo
  rollcall demo --accounts 10000 --keep`,
		Args: cobra.NoArgs,
	}
	c.Flags().IntVar(&accounts, "accounts", 40, "`N` accounts at the providers")
	c.Flags().BoolVar(&keep, "keep", false, "leave the database up, and print its URL")
	c.PreRunE = func(*cobra.Command, []string) error {
		if accounts < demoFewest || accounts > demoMost {
			return fmt.Errorf("--accounts: must be from %d to %d", demoFewest, demoMost)
		}
		return nil
	}
	c.RunE = a.does(func(ctx context.Context, _ []string) error { return a.demo(ctx, accounts, keep) })
	return c
}

// The story needs a few accounts at each provider; the simulated providers hold
// all of theirs in memory.
const (
	demoFewest = 20
	demoMost   = 1_000_000
)

func (a *app) demo(ctx context.Context, accounts int, keep bool) (err error) {
	fleet, err := simulate.Start(accounts, 2026)
	if err != nil {
		return err
	}
	defer fleet.Close()
	server, err := embedded.Start(ctx, embedded.Options{Logf: func(format string, args ...any) {
		fmt.Fprintf(a.stderr, format+"\n", args...)
	}})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	d := &demonstration{app: a, fleet: fleet, large: accounts > demoWhole, env: fleet.Env()}
	d.env["DATABASE_URL"] = server.URL()
	d.env["LOG_LEVEL"] = "error"
	d.env["LOG_FORMAT"] = "text"
	d.env["SIGNALWIRE_PAGE_SIZE"] = "7" // so that there are pages to break off at
	if err := d.tell(ctx); err != nil || !keep {
		return err
	}
	pid, err := server.Keep()
	if err != nil {
		return err
	}
	d.say("", "The database stays up. Look into it with", "", "  psql '"+server.URL()+"'", "",
		fmt.Sprintf("and end it, with all that is in it, by: kill %d", pid))
	return nil
}

// demoWhole is the number of accounts up to which the demo shows all.
const demoWhole = 60

// A demonstration runs rollcall's own commands, as if they were typed.
type demonstration struct {
	*app
	fleet *simulate.ProviderSet
	env   map[string]string
	large bool
	back  simulate.Account // gone on the second day, back on the third
}

func (d *demonstration) database(ctx context.Context) (*sqlx.DB, error) {
	return sink.Open(ctx, d.env["DATABASE_URL"], readerSessions)
}

func (d *demonstration) say(lines ...string) {
	fmt.Fprintln(d.stdout, strings.Join(lines, "\n"))
}

// errDemo is a command of the demo that did not end as its story says.
var errDemo = errors.New("the demo did not go as it should")

// run shows and runs a command, which must end with one of those statuses.
func (d *demonstration) run(ctx context.Context, statuses []int, args ...string) error {
	d.say("", "$ rollcall "+strings.Join(args, " "))
	inner := &app{
		env: envconfig.MapLookuper(d.env), names: slices.Collect(maps.Keys(d.env)),
		stdout: d.stdout, stderr: d.stdout, screen: d.screen,
	}
	root := newRoot(inner)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	var status exitError
	if err != nil && !errors.As(err, &status) {
		return err
	}
	if !slices.Contains(statuses, int(status)) {
		return fmt.Errorf("%w: rollcall %s ended with status %d", errDemo, strings.Join(args, " "), status)
	}
	if status != exitWell {
		d.say(fmt.Sprintf("(exit status %d)", status))
	}
	return nil
}

// tell is the story.
func (d *demonstration) tell(ctx context.Context) error {
	for _, chapter := range []func(context.Context) error{d.firstDay, d.secondDay, d.badDay} {
		if err := chapter(ctx); err != nil {
			return err
		}
	}
	return nil
}
