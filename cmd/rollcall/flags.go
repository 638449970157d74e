package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"rollcall/sink/reader"
)

// An enumFlag takes one of a few words.
type enumFlag struct {
	value string
	from  []string
}

func (c *enumFlag) String() string { return c.value }

// Type is what the help shows.
func (c *enumFlag) Type() string { return strings.Join(c.from, "|") }

// Set takes a word.
func (c *enumFlag) Set(text string) error {
	if !slices.Contains(c.from, text) {
		return fmt.Errorf("must be %s", oneOf(c.from))
	}
	c.value = text
	return nil
}

// An enumsFlag takes some of a few words, separated by commas or given again.
type enumsFlag struct {
	values []string
	from   []string
}

func (c *enumsFlag) String() string { return strings.Join(c.values, ",") }

// Type is what the help shows.
func (*enumsFlag) Type() string { return "STATE" }

// Set adds words.
func (c *enumsFlag) Set(text string) error {
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

// A timeFlag takes a time.
type timeFlag struct{ time.Time }

// Type is what the help shows.
func (*timeFlag) Type() string { return "TIME" }

func (f *timeFlag) String() string {
	if f.IsZero() {
		return ""
	}
	return f.Format(time.RFC3339)
}

// Set reads RFC 3339, a date (midnight UTC), or a duration ago.
func (f *timeFlag) Set(text string) (err error) {
	if ago, err := parseDuration(text); err == nil && ago > 0 {
		f.Time = time.Now().UTC().Add(-ago)
		return nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if f.Time, err = time.Parse(layout, text); err == nil {
			if f.IsZero() { // which means that the flag is not given
				return errors.New("must be later than the year 1; leave the flag out for no bound")
			}
			return nil
		}
	}
	return errors.New("must be a time such as 2026-03-01T12:00:00Z, a date such as 2026-03-01 (midnight UTC), or a duration ago such as 24h or 7d")
}

// parseDuration is time.ParseDuration that also takes whole days, such as 7d.
func parseDuration(text string) (time.Duration, error) {
	const day, longest = 24 * time.Hour, 100_000 // days: 273 years, near what a Duration holds
	digits, inDays := strings.CutSuffix(text, "d")
	if !inDays {
		return time.ParseDuration(text)
	}
	days, err := strconv.Atoi(digits)
	return time.Duration(min(days, longest)) * day, err
}

// A countFlag takes a whole number from 0.
type countFlag struct{ n *int }

// Type is what the help shows.
func (*countFlag) Type() string { return "N" }

func (f *countFlag) String() string { return strconv.Itoa(*f.n) }

// Set reads a number.
func (f *countFlag) Set(text string) error {
	i, err := strconv.Atoi(text)
	if err != nil || i < 0 {
		return errors.New("must be a whole number from 0")
	}
	*f.n = i
	return nil
}

const (
	flagSource = "only of the connection `NAME` (several: with commas, or repeat the flag)"
	flagStatus = "only in this state: "
	flagSearch = "with `TEXT` in name, id, e-mail, domain, organization, reference or phone"
	flagAsOf   = "as of then: RFC 3339, a date (midnight UTC), or a duration ago (24h, 7d)"
)

// The states of an account, and those of a run.
var (
	accountStates = []string{"active", "suspended", "closed", "unknown"}
	runStates     = []string{"running", "succeeded", "held", "partial", "failed", "skipped", "interrupted"}
)

// accountFlags are the flags that filter accounts.
type accountFlags struct {
	sources  []string
	statuses enumsFlag
	search   string
	asOf     timeFlag
	deleted  bool
}

func (f *accountFlags) add(flags *pflag.FlagSet) {
	f.statuses.from = accountStates
	flags.StringSliceVar(&f.sources, "source", nil, flagSource)
	flags.Var(&f.statuses, "status", flagStatus+oneOf(accountStates))
	flags.StringVar(&f.search, "search", "", flagSearch)
	flags.Var(&f.asOf, "as-of", flagAsOf)
	flags.BoolVar(&f.deleted, "deleted", false, "include deleted accounts")
}

func (f *accountFlags) filter() reader.Filter {
	return reader.Filter{Sources: f.sources, Statuses: f.statuses.values, Search: f.search, AsOf: f.asOf.Time, Deleted: f.deleted}
}
