package main

import (
	"context"

	"github.com/spf13/cobra"
)

func completionCommand(a *app) *cobra.Command {
	shells := map[string]func(*cobra.Command) error{
		"bash":       func(root *cobra.Command) error { return root.GenBashCompletionV2(a.stdout, true) },
		"zsh":        func(root *cobra.Command) error { return root.GenZshCompletion(a.stdout) },
		"fish":       func(root *cobra.Command) error { return root.GenFishCompletion(a.stdout, true) },
		"powershell": func(root *cobra.Command) error { return root.GenPowerShellCompletionWithDesc(a.stdout) },
	}
	c := &cobra.Command{
		Use:   "completion SHELL",
		Short: "Print the completion script of a shell",
		Long:  "Print the completion script of bash, zsh, fish or powershell.",
		Example: `  source <(rollcall completion bash)
  rollcall completion zsh > "${fpath[1]}/_rollcall"
  rollcall completion fish > ~/.config/fish/completions/rollcall.fish`,
		ValidArgs: []string{"bash", "zsh", "fish", "powershell"},
		Args:      arguments(cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs), "needs a SHELL: bash, zsh, fish or powershell"),
	}
	c.RunE = a.does(func(_ context.Context, args []string) error { return shells[args[0]](c.Root()) })
	return c
}
