package main

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// Set by -ldflags "-X main.version=… -X main.commit=…"; the default is what the Go
// tool recorded.
var version, commit string

func versionCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Show version, commit and Go version",
		Example: "  rollcall version",
		Args:    noArguments,
		RunE: a.does(func(context.Context, []string) error {
			v, c := buildVersion()
			_, err := fmt.Fprintf(a.stdout, "rollcall %s (commit %s, %s, %s/%s)\n", v, c, runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		}),
	}
}

// userAgent is the User-Agent of requests to providers.
func userAgent() string {
	v, _ := buildVersion()
	return "rollcall/" + v
}

// buildVersion returns the version and the commit of this build.
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
