package main

import (
	"strings"
	"testing"

	"rollcall/sources"
)

// TestHelpNamesEveryVariable looks up the variables of the code in the help topics,
// where no line is longer than a terminal.
func TestHelpNamesEveryVariable(t *testing.T) {
	general := append(sources.Variables("", new(config)), "DATABASE_URL", "ROLLCALL_SOURCES")
	common := sources.Variables("", new(sources.Settings))
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
		for _, name := range p.Variables() {
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
