package main

import (
	_ "embed"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

var (
	//go:embed help/environment.txt
	helpEnvironment string
	//go:embed help/providers.txt
	helpProviders string
	//go:embed help/exit-codes.txt
	helpExitCodes string
)

// helpTopics returns the pages that belong to no command.
func helpTopics() []*cobra.Command {
	var topics []*cobra.Command
	for _, t := range []struct{ name, short, text string }{
		{"environment", "The variables that rollcall reads", helpEnvironment},
		{"providers", "The variables of each provider", helpProviders},
		{"exit-codes", "What exit statuses mean", helpExitCodes},
	} {
		c := &cobra.Command{Use: t.name, Short: t.short, Long: strings.TrimRight(t.text, "\n")}
		c.SetHelpTemplate("{{.Long}}\n")
		topics = append(topics, c)
	}
	return topics
}

func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "help [COMMAND or TOPIC]",
		Short:  "Show the help of a command or a topic",
		Hidden: true, // --help shows the same
		RunE: func(c *cobra.Command, args []string) error {
			found, rest, err := c.Root().Find(args)
			if err != nil || len(rest) > 0 && found.HasSubCommands() {
				return fmt.Errorf("there is no help on %q%s", strings.Join(args, " "), suggestion(found, rest[0]))
			}
			return found.Help()
		},
	}
}
