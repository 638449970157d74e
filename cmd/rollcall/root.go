package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// Groups of commands in the help.
const (
	groupPull = "pull"
	groupRead = "read"
	groupKeep = "keep"
)

// newRoot builds the command line.
func newRoot(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:   "rollcall",
		Short: "One directory of the accounts of all your providers, in Postgres",
		Long: `rollcall pulls accounts and their hierarchy from each provider connection, makes
one kind of account of them, and keeps them in Postgres with their history.

It is configured by its environment: DATABASE_URL says which Postgres (or
"embedded"), ROLLCALL_SOURCES which connections, and each connection reads the
variables that begin with its name. Any variable X can be given as X_FILE.`,
		Args: cobra.ArbitraryArgs, // an unknown command comes as an argument
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("there is no command %q%s", args[0], suggestion(c, args[0]))
			}
			// A scheduled container without a command must not look healthy.
			c.SetOut(a.stderr)
			_ = c.Help()
			return exitError(exitUsage)
		},
		SilenceUsage:      true,
		SilenceErrors:     true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
	}
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.SetUsageTemplate(usageTemplate)
	root.Version, _ = buildVersion()
	root.SetVersionTemplate("{{.Name}} {{.Version}}\n")
	root.AddGroup(
		&cobra.Group{ID: groupPull, Title: "Pull accounts in:"},
		&cobra.Group{ID: groupRead, Title: "Read the directory:"},
		&cobra.Group{ID: groupKeep, Title: "Look after it:"},
	)
	add := func(group string, commands ...*cobra.Command) {
		for _, c := range commands {
			c.GroupID = group
			root.AddCommand(c)
		}
	}
	add(groupPull, demoCommand(a), syncCommand(a), planCommand(a), serveCommand(a), backfillCommand(a))
	add(groupRead, accountsCommand(a), treeCommand(a), historyCommand(a), runsCommand(a), rejectsCommand(a), exportCommand(a))
	add(groupKeep, connectionsCommand(a), retireCommand(a), forgetCommand(a), migrateCommand(a), doctorCommand(a),
		healthcheckCommand(a), versionCommand(a))
	root.InitDefaultHelpCmd()
	root.InitDefaultVersionFlag()
	finish(root)
	return root
}

// finish completes every command.
func finish(c *cobra.Command) {
	if c.HasAvailableLocalFlags() && !strings.Contains(c.Use, "[flags]") {
		c.Use += " [flags]"
	}
	c.Flags().BoolP("help", "h", false, "show this")
	c.DisableFlagsInUseLine = true
	for _, sub := range c.Commands() {
		sub.Hidden = sub.Name() == "help" // --help says the same
		finish(sub)
	}
}

// suggestion names the commands that an unknown one may have meant.
func suggestion(c *cobra.Command, name string) string {
	c.SuggestionsMinimumDistance = 2
	if near := c.SuggestionsFor(name); len(near) > 0 {
		return fmt.Sprintf("; did you mean %s?", near[0])
	}
	return ""
}

// usageTemplate is cobra's with less around it. A command that shows an answer
// of its own has its own flags as well as subcommands.
const usageTemplate = `{{$own := .Flags.Lookup "output"}}Usage:
  {{if .HasAvailableSubCommands}}{{if $own}}{{.UseLine}}
  {{end}}{{.CommandPath}} COMMAND{{else}}{{.UseLine}}{{end}}
{{- if .HasExample}}

Examples:
{{.Example}}
{{- end}}
{{- if .HasAvailableSubCommands}}{{$all := .Commands}}
{{- range $group := .Groups}}

{{.Title}}
{{- range $all}}{{if and .IsAvailableCommand (eq .GroupID $group.ID)}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}
{{- end}}
{{- if not .Groups}}

Commands:
{{- range $all}}{{if .IsAvailableCommand}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}
{{- end}}

{{.CommandPath}} COMMAND --help shows more about a command.
{{- end}}
{{- if and .HasAvailableLocalFlags (or $own (not .HasAvailableSubCommands))}}

Flags:
{{.LocalFlags.FlagUsagesWrapped 80 | trimTrailingWhitespaces}}
{{- end}}
`
