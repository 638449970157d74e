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

// A consent is the flag --yes of the commands that delete or erase by hand.
type consent struct{ yes bool }

func (c *consent) add(to *cobra.Command) {
	to.Flags().BoolVar(&c.yes, "yes", false, "do not ask; needed where there is no terminal to ask on")
}

// to returns nil once the user agreed to the deed, such as "erase acme/A": by
// --yes, or by an answer on the terminal.
func (c *consent) to(ctx context.Context, a *app, deed string) error {
	switch {
	case c.yes:
		return nil
	case render.Width(os.Stdin) == 0 || render.Width(a.stderr) == 0:
		return badUsage("nothing was done: to %s, add --yes (it asks only on a terminal)", deed)
	}
	return a.ask(ctx, os.Stdin, deed)
}

// ask asks on a terminal; nothing but yes is a yes.
func (a *app) ask(ctx context.Context, in io.Reader, deed string) error {
	fmt.Fprintf(a.stderr, "%s%s? [yes/no] ", strings.ToUpper(deed[:1]), deed[1:])
	answered := make(chan string, 1)
	go func() { // a read cannot be cut short: the end of the program ends it
		answer, _ := bufio.NewReader(in).ReadString('\n') // no answer is no
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
