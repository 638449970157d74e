package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// The arguments that commands take.
var (
	noArguments   = arguments(cobra.NoArgs, "takes no arguments")
	oneAccount    = arguments(cobra.ExactArgs(1), "needs the ID of an account")
	maybeAccount  = arguments(cobra.MaximumNArgs(1), "takes at most the ID of an account")
	oneConnection = arguments(cobra.ExactArgs(1), "needs the NAME of a connection")
	someNames     = arguments(cobra.MinimumNArgs(1), "needs the NAME of a connection")
	oldAndNewName = arguments(cobra.ExactArgs(2), "needs the OLD name of a connection and its NEW name")
)

// arguments is count with an error that says what the command needs. An argument to a
// command with subcommands is a mistyped one.
func arguments(count cobra.PositionalArgs, what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if count(c, args) == nil {
			return nil
		}
		if c.HasSubCommands() && len(args) > 0 {
			return unknownCommand(c, args[0])
		}
		got := ""
		if len(args) > 0 {
			got = ", got " + strings.Trim(fmt.Sprintf("%q", args), "[]")
		}
		return fmt.Errorf("%s %s%s", strings.TrimPrefix(c.CommandPath(), "rollcall "), what, got)
	}
}
