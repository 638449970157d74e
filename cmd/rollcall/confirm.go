package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"rollcall/cmd/rollcall/internal/render"
)

// A consent is the flag --yes of commands that delete or erase by hand.
type consent struct{ yes bool }

func (c *consent) add(to *cobra.Command) {
	to.Flags().BoolVar(&c.yes, "yes", false, "do not ask; required without a terminal")
}

// to returns nil once the user agreed to the action, such as "erase acme/A": with
// --yes, or with an answer on the terminal.
func (c *consent) to(ctx context.Context, a *app, action string) error {
	switch {
	case c.yes:
		return nil
	case render.Width(os.Stdin) == 0 || render.Width(a.stderr) == 0:
		return badUsage("nothing was done: to %s, add --yes (it asks only on a terminal)", action)
	}
	return a.ask(ctx, os.Stdin, action)
}

// ask asks on a terminal; only yes agrees.
func (a *app) ask(ctx context.Context, in io.Reader, action string) error {
	fmt.Fprintf(a.stderr, "%s%s? [yes/no] ", strings.ToUpper(action[:1]), action[1:])
	answered := make(chan string, 1)
	go func() { // nothing can interrupt a read but the end of the program
		answer, _ := bufio.NewReader(in).ReadString('\n') // no answer means no
		answered <- answer
	}()
	select {
	case answer := <-answered:
		if strings.TrimSpace(strings.ToLower(answer)) != "yes" {
			return errors.New("nothing was done: the answer was not yes")
		}
		return nil
	case <-ctx.Done():
		fmt.Fprintln(a.stderr, "\nnothing was done")
		return context.Cause(ctx)
	}
}
