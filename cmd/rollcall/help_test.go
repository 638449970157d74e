package main

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/sethvargo/go-envconfig"
	"github.com/spf13/cobra"

	"rollcall/sources"
	"rollcall/sources/env"
)

// TestHelpNamesEveryVariable looks up the variables of the code in the help topics,
// where no line is longer than a terminal.
func TestHelpNamesEveryVariable(t *testing.T) {
	general := append(env.Variables("", new(config)), "DATABASE_URL", "ROLLCALL_SOURCES")
	common := env.Variables("", new(sources.Settings))
	for _, name := range common {
		general = append(general, "NAME_"+name)
	}
	for _, name := range general {
		if !strings.Contains(helpEnvironment, name) {
			t.Errorf("the topic environment has no %s", name)
		}
	}
	for _, p := range providers {
		_, section, found := strings.Cut(helpProviders, "\n  "+p.Name+" ")
		section, _, _ = strings.Cut(section, "\n\n")
		if !found {
			t.Errorf("the topic providers has no %s", p.Name)
		}
		for _, name := range env.Variables("", p.Connection("x").Config) {
			if !strings.Contains(section, name) {
				t.Errorf("the topic providers has no %s for %s", name, p.Name)
			}
		}
	}
	for _, text := range []string{helpEnvironment, helpProviders, helpExitCodes} {
		for line := range strings.Lines(text) {
			if len([]rune(line)) > 81 {
				t.Errorf("longer than 80 columns: %s", line)
			}
		}
	}
}

// TestHelpFitsOnATerminal checks the help of every command.
func TestHelpFitsOnATerminal(t *testing.T) {
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		for line := range strings.Lines(c.Long + "\n" + c.Example) {
			if utf8.RuneCountInString(strings.TrimRight(line, "\n")) > 80 {
				t.Errorf("%s: a long line: %s", c.CommandPath(), line)
			}
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(newRoot(&app{env: envconfig.MapLookuper(nil)}))
}
