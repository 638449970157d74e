package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"rollcall/sink/reader"
)

// A choice is a flag that takes one of a few words.
type choice struct {
	value string
	from  []string
}

func (c *choice) String() string { return c.value }

// Type is what the help shows.
func (c *choice) Type() string { return strings.Join(c.from, "|") }

// Set takes a word.
func (c *choice) Set(text string) error {
	if !slices.Contains(c.from, text) {
		return fmt.Errorf("must be %s", oneOf(c.from))
	}
	c.value = text
	return nil
}

// choices is a flag that takes some of a few words, by comma or given again.
type choices struct {
	values []string
	from   []string
}

func (c *choices) String() string { return strings.Join(c.values, ",") }

// Type is what the help shows.
func (*choices) Type() string { return "STATE" }

// Set adds words.
func (c *choices) Set(text string) error {
	for word := range strings.SplitSeq(text, ",") {
		if !slices.Contains(c.from, word) {
			return fmt.Errorf("must be %s", oneOf(c.from))
		}
		c.values = append(c.values, word)
	}
	return nil
}

func oneOf(words []string) string {
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// A moment is a flag that takes a time.
type moment struct{ time.Time }

// Type is what the help shows.
func (*moment) Type() string { return "TIME" }

func (m *moment) String() string {
	if m.IsZero() {
		return ""
	}
	return m.Format(time.RFC3339)
}

// Set reads a time.
func (m *moment) Set(text string) (err error) {
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if m.Time, err = time.Parse(layout, text); err == nil {
			if m.IsZero() { // what a flag that is not given is
				return errors.New("is the beginning of time: give a later one, or leave the flag out")
			}
			return nil
		}
	}
	return errors.New("must be a time such as 2026-03-01T12:00:00Z, or a date such as 2026-03-01 (midnight UTC)")
}

// A number is a flag that takes one of rows.
type number struct{ n *int }

// Type is what the help shows.
func (*number) Type() string { return "N" }

func (n *number) String() string { return strconv.Itoa(*n.n) }

// Set reads a number.
func (n *number) Set(text string) error {
	i, err := strconv.Atoi(text)
	if err != nil || i < 0 {
		return errors.New("must be a whole number from 0")
	}
	*n.n = i
	return nil
}

const (
	flagSource = "of the connection `NAME` only (several: by comma, or given again)"
	flagStatus = "in this state only: "
	flagSearch = "with `TEXT` in name, id, e-mail, domain, organization, reference or phone"
	flagAsOf   = "as it was then: RFC 3339, or a date (midnight UTC)"
)

// noArguments refuses any.
func noArguments(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%s takes no arguments, and got %q", c.Name(), args[0])
	}
	return nil
}

// accountStates are the states of an account, runStates those of a run.
var (
	accountStates = []string{"active", "suspended", "closed", "unknown"}
	runStates     = []string{"running", "succeeded", "held", "partial", "failed", "skipped", "interrupted"}
)

// A picking is the flags that pick accounts.
type picking struct {
	sources  []string
	statuses choices
	search   string
	asOf     moment
	deleted  bool
}

func (p *picking) add(f *pflag.FlagSet) {
	p.statuses.from = accountStates
	f.StringSliceVar(&p.sources, "source", nil, flagSource)
	f.Var(&p.statuses, "status", flagStatus+oneOf(accountStates))
	f.StringVar(&p.search, "search", "", flagSearch)
	f.Var(&p.asOf, "as-of", flagAsOf)
	f.BoolVar(&p.deleted, "deleted", false, "deleted accounts too")
}

func (p *picking) filter() reader.Filter {
	return reader.Filter{Sources: p.sources, Statuses: p.statuses.values, Search: p.search, AsOf: p.asOf.Time, Deleted: p.deleted}
}
