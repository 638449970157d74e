package schedule

import (
	"errors"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// An Expression is when a connection runs: a cron expression of five fields, a
// descriptor such as @hourly, or @every with a duration. Times of day are UTC
// unless it begins with CRON_TZ=. An expression with a fixed hour runs once a day,
// also where the clock changes. The zero Expression never runs.
type Expression struct {
	Text string // as the variable has it
	// Every is the time from one start to the next; 0 where there is Cron.
	Every time.Duration
	Cron  cron.Schedule // times of day
}

const (
	zonePrefix  = "CRON_TZ="
	everyPrefix = "@every "

	// leastEvery is the shortest @every: robfig/cron counts in whole seconds.
	leastEvery = time.Second
)

var (
	errSchedule   = errors.New("must be a cron expression of five fields such as 30 2 * * *, @hourly, @daily, or @every 15m")
	errEvery      = errors.New("@every needs a duration of at least 1s, such as @every 15m")
	errZone       = errors.New("CRON_TZ= needs an IANA zone and a schedule behind it, such as CRON_TZ=Europe/Paris 30 2 * * *")
	errTZ         = errors.New("write CRON_TZ= instead of TZ=")
	errImpossible = errors.New("there is no such day: the schedule would never come")
)

// EnvDecode reads an Expression.
func (e *Expression) EnvDecode(text string) (err error) {
	*e, err = Parse(text)
	e.Text = text
	return err
}

// Parse reads an expression, and refuses one that would never run or run all the
// time. Its errors do not repeat the text.
func Parse(text string) (Expression, error) {
	text = strings.TrimSpace(text)
	if strings.HasPrefix(text, "TZ=") { // alone it makes the parser panic
		return Expression{}, errTZ
	}
	zone := time.UTC
	if rest, given := strings.CutPrefix(text, zonePrefix); given {
		name, expression, found := strings.Cut(rest, " ")
		location, err := time.LoadLocation(name)
		if err != nil || !found || name == "" || name == "Local" {
			return Expression{}, errZone
		}
		zone, text = location, strings.TrimSpace(expression)
	}
	if period, given := strings.CutPrefix(text, everyPrefix); given {
		every, err := time.ParseDuration(strings.TrimSpace(period))
		if err != nil || every < leastEvery {
			return Expression{}, errEvery
		}
		return Expression{Every: every}, nil
	}
	if strings.HasPrefix(text, zonePrefix) || strings.HasPrefix(text, "TZ=") || strings.HasPrefix(text, "@every") {
		return Expression{}, errSchedule
	}
	parsed, err := parseWallClock(text, zone)
	if err != nil {
		return Expression{}, errSchedule
	}
	if parsed.Next(time.Now()).IsZero() {
		return Expression{}, errImpossible
	}
	return Expression{Cron: parsed}, nil
}

// Set reports whether there is an expression.
func (e Expression) Set() bool { return e.Every > 0 || e.Cron != nil }

// Next returns the first tick after t.
func (e Expression) Next(t time.Time) time.Time {
	switch {
	case e.Every > 0:
		return t.Add(e.Every)
	case e.Cron != nil:
		return e.Cron.Next(t)
	}
	return time.Time{}
}

// Last returns the latest tick after t and not after until, zero where there is
// none.
func (e Expression) Last(t, until time.Time) time.Time {
	// From near the end, further and further back: a year without a run must
	// not take half a million steps.
	for back := time.Minute; ; back *= 2 {
		from := until.Add(-back)
		if back <= 0 || from.Before(t) {
			from = t
		}
		if tick := e.Next(from); !tick.IsZero() && !tick.After(until) {
			for next := e.Next(tick); !next.IsZero() && !next.After(until); next = e.Next(tick) {
				tick = next
			}
			return tick
		}
		if !from.After(t) {
			return time.Time{}
		}
	}
}
