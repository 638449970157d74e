package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// An argument is one that a command takes, in its words.
type argument struct {
	what     string
	optional bool
}

// arguments are the words of the usage lines that stand for an argument each.
var arguments = map[string]string{
	"ID":   "the ID of an account",
	"NAME": "the NAME of a connection",
	"OLD":  "the OLD name of a connection",
	"NEW":  "its NEW name",
}

// argumentsOf reads a command's usage line. It is nil where the command takes
// none, or as many as there are.
func argumentsOf(c *cobra.Command) (all []argument) {
	for _, word := range strings.Fields(c.Use)[1:] {
		bare := strings.Trim(word, "[]")
		if what := arguments[bare]; what != "" {
			all = append(all, argument{what, bare != word})
		}
	}
	return all
}

// takes says what a command needs, where cobra would count.
func takes(all []argument) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		var needed []string
		for _, a := range all {
			if !a.optional {
				needed = append(needed, a.what)
			}
		}
		name := strings.TrimPrefix(c.CommandPath(), "rollcall ")
		switch {
		case len(args) < len(needed):
			return fmt.Errorf("%s needs %s", name, strings.Join(needed, " and "))
		case len(args) > len(all):
			return fmt.Errorf("%s takes no more than %s, and got %q as well", name, listed(all), args[len(all)])
		}
		return nil
	}
}

func listed(all []argument) string {
	words := make([]string, len(all))
	for i, a := range all {
		words[i] = a.what
	}
	return strings.Join(words, " and ")
}
