package main

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// Set by -ldflags "-X main.version=… -X main.commit=…"; else what the Go tool
// noted is taken.
var version, commit string

func versionCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Tell version, commit and Go version",
		Example: "  rollcall version",
		Args:    noArguments,
		RunE: a.does(func(context.Context, []string) error {
			v, c := buildVersion()
			_, err := fmt.Fprintf(a.stdout, "rollcall %s (commit %s, %s, %s/%s)\n", v, c, runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		}),
	}
}

// userAgent is how rollcall introduces itself to providers.
func userAgent() string {
	v, _ := buildVersion()
	return "rollcall/" + v
}

// buildVersion tells which build this is.
func buildVersion() (v, c string) {
	v, c = version, commit
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return cmp.Or(v, "unknown"), cmp.Or(c, "unknown")
	}
	settings := make(map[string]string)
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	if revision := settings["vcs.revision"]; c == "" && revision != "" {
		c = revision[:min(12, len(revision))]
		if settings["vcs.modified"] == "true" {
			c += " and changes"
		}
	}
	return cmp.Or(v, info.Main.Version, "unknown"), cmp.Or(c, "unknown")
}
