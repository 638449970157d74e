package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"rollcall/sources/env"
)

// Groups of commands in the help.
const (
	groupPull  = "pull"
	groupRead  = "read"
	groupAdmin = "admin"
)

// newRoot builds the command line.
func newRoot(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:   "rollcall",
		Short: "One directory of the accounts of all your providers, in Postgres",
		Long: `rollcall pulls accounts and their hierarchy from each provider connection,
normalizes them, and keeps them in Postgres with their history.

The environment configures it: DATABASE_URL names the Postgres (or "embedded"),
ROLLCALL_SOURCES the connections, and each connection reads the variables that
begin with its name. Any variable X can be given as X_FILE. Start with:
rollcall demo`,
		Args: cobra.ArbitraryArgs, // an unknown command comes as an argument
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(c, args[0])
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
		&cobra.Group{ID: groupPull, Title: "Pull accounts:"},
		&cobra.Group{ID: groupRead, Title: "Read the directory:"},
		&cobra.Group{ID: groupAdmin, Title: "Administer:"},
	)
	add := func(group string, commands ...*cobra.Command) {
		for _, c := range commands {
			c.GroupID = group
			root.AddCommand(c)
		}
	}
	add(groupPull, demoCommand(a), syncCommand(a), planCommand(a), serveCommand(a), backfillCommand(a))
	add(groupRead, accountsCommand(a), treeCommand(a), historyCommand(a), runsCommand(a), rejectsCommand(a), exportCommand(a))
	add(groupAdmin, connectionsCommand(a), retireCommand(a), forgetCommand(a), migrateCommand(a), doctorCommand(a),
		healthcheckCommand(a), completionCommand(a), versionCommand(a))
	root.AddCommand(helpTopics()...)
	root.SetHelpCommand(helpCommand())
	root.InitDefaultHelpCmd()
	root.InitDefaultVersionFlag()
	finish(root)
	return root
}

// finish completes every command: its usage line, --help, and the values of its
// flags for shell completion.
func finish(c *cobra.Command) {
	if c.HasAvailableLocalFlags() && !strings.Contains(c.Use, "[flags]") {
		c.Use += " [flags]"
	}
	c.Flags().VisitAll(func(f *pflag.Flag) {
		var words []string
		switch v := f.Value.(type) {
		case *enumFlag:
			words = v.from
		case *enumsFlag:
			words = v.from
		default:
			return
		}
		_ = c.RegisterFlagCompletionFunc(f.Name, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)) // fails only if called twice
	})
	c.Flags().BoolP("help", "h", false, "show this help")
	c.DisableFlagsInUseLine = true
	for _, sub := range c.Commands() {
		finish(sub)
	}
}

// unknownCommand returns the error about a mistyped command below c.
func unknownCommand(c *cobra.Command, name string) error {
	return fmt.Errorf("there is no command %q%s", strings.TrimPrefix(c.CommandPath()+" "+name, "rollcall "), suggestion(c, name))
}

// suggestion names the command or topic below c that a mistyped name may mean.
func suggestion(c *cobra.Command, name string) string {
	c.SuggestionsMinimumDistance = 2
	if near := c.SuggestionsFor(name); len(near) > 0 {
		return fmt.Sprintf("; did you mean %s?", near[0])
	}
	return ""
}

// completeNames completes the names of connections in ROLLCALL_SOURCES.
func (a *app) completeNames(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var names []string
	configured, _ := env.Listed(context.Background(), providers, a.env) // without names if it is invalid
	for _, c := range configured {
		names = append(names, c.Name)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// usageTemplate is cobra's in fewer lines. A command with an output of its own has
// its own flags as well as subcommands.
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
  {{rpad .Name .NamePadding}}  {{.Short}}{{end}}{{end}}
{{- end}}
{{- if not .Groups}}

Commands:
{{- range $all}}{{if .IsAvailableCommand}}
  {{rpad .Name .NamePadding}}  {{.Short}}{{end}}{{end}}
{{- end}}
{{- if not .HasParent}}

Topics:
{{- range $all}}{{if .IsAdditionalHelpTopicCommand}}
  {{rpad .Name .NamePadding}}  {{.Short}}{{end}}{{end}}

{{.CommandPath}} help COMMAND or TOPIC shows more.
{{- else}}

{{.CommandPath}} COMMAND --help shows more about a command.
{{- end}}
{{- end}}
{{- if and .HasAvailableLocalFlags (or $own (not .HasAvailableSubCommands))}}

Flags:
{{.LocalFlags.FlagUsagesWrapped 80 | trimTrailingWhitespaces}}
{{- end}}
`
