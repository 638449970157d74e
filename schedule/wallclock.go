package schedule

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// A wallClock finds the ticks of a cron expression in a zone whose clock
// changes. The expression itself is evaluated in UTC, which has no changes: its
// times are readings of the zone's clock, translated to instants here.
//
// An expression that names its hours runs at each of its readings once: at the
// first of two equal readings, and right after the gap when the clock skips the
// reading. Any other expression runs whenever the clock shows a matching reading,
// so that */15 keeps its distance in real time.
type wallClock struct {
	readings  *cron.SpecSchedule // in UTC
	zone      *time.Location
	fixedHour bool
}

// fiveFields reads what crontab does: no seconds, and the descriptors.
var fiveFields = cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.Descriptor)

// allHours is the hour field of @hourly: robfig/cron marks a star by the top bit.
const allHours = 1 << 63

func parseWallClock(expression string, zone *time.Location) (*wallClock, error) {
	fields := strings.Fields(expression)
	if len(fields) == 5 {
		fields[4] = sundayIsSeven(fields[4])
	}
	parsed, err := fiveFields.Parse(zonePrefix + "UTC " + strings.Join(fields, " "))
	if err != nil {
		return nil, err
	}
	readings, ok := parsed.(*cron.SpecSchedule)
	if !ok {
		return nil, fmt.Errorf("%T is not made of readings of a clock", parsed)
	}
	fixed := readings.Hour&allHours == 0
	if len(fields) == 5 {
		fixed = !strings.ContainsAny(fields[1], "*?/-")
	}
	return &wallClock{readings: readings, zone: zone, fixedHour: fixed}, nil
}

// Next returns the first tick after t, and the zero time when there is none
// within five years.
func (c *wallClock) Next(t time.Time) time.Time {
	next := c.nextMatch
	if c.fixedHour {
		next = c.nextFixed
	}
	tick := next(t)
	if tick.IsZero() {
		return tick
	}
	return tick.In(t.Location())
}

// reading returns what the zone's clock shows at t, as a time in UTC.
func (c *wallClock) reading(t time.Time) time.Time {
	_, offset := t.In(c.zone).Zone()
	return t.UTC().Add(time.Duration(offset) * time.Second)
}

// bounds returns from when and until when the offset at t holds, or zero times.
// Go counts 365 days in each year of a zone's rule: on the last day of a leap year
// it returns an end that has passed.
func (c *wallClock) bounds(t time.Time) (start, end time.Time) {
	start, end = t.In(c.zone).ZoneBounds()
	if !end.IsZero() && !end.After(t) {
		end = t.Truncate(24 * time.Hour).Add(24 * time.Hour)
	}
	return start, end
}

// nextMatch returns the first instant after t at which the clock shows a matching
// reading. Between two changes of the clock, readings and instants run in step.
func (c *wallClock) nextMatch(t time.Time) time.Time {
	for from := t; ; {
		reading := c.readings.Next(c.reading(from))
		if reading.IsZero() {
			return reading
		}
		at := from.Add(reading.Sub(c.reading(from)))
		_, end := c.bounds(from)
		if end.IsZero() || at.Before(end) {
			return at
		}
		// The reading that the clock is set to may itself match.
		if first := c.reading(end); c.readings.Next(first.Add(-time.Second)).Equal(first) {
			return end
		}
		from = end
	}
}

// nextFixed returns the first instant after t that a matching reading stands for.
// Later readings never stand for earlier instants.
func (c *wallClock) nextFixed(t time.Time) time.Time {
	for reading := c.readings.Next(c.reading(t)); !reading.IsZero(); reading = c.readings.Next(reading) {
		if at := c.instant(reading); at.After(t) {
			return at
		}
	}
	return time.Time{}
}

// farthestEast is above every zone's offset from UTC, of all times.
const farthestEast = 26 * time.Hour

// instant returns when the clock first shows reading, or else the end of the gap
// that skips it. It is zero for a day that the zone skips as a whole.
func (c *wallClock) instant(reading time.Time) time.Time {
	for from := reading.Add(-farthestEast); ; {
		at := from.Add(reading.Sub(c.reading(from)))
		start, end := c.bounds(from)
		switch {
		case !end.IsZero() && !at.Before(end):
			from = end
		case !at.Before(start):
			return at
		case sameDay(reading, c.reading(start)) || sameDay(reading, c.reading(start.Add(-1))):
			return start
		default:
			return time.Time{}
		}
	}
}

func sameDay(a, b time.Time) bool {
	return a.Truncate(24 * time.Hour).Equal(b.Truncate(24 * time.Hour))
}

var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// sundayIsSeven rewrites a field of weekdays so that Sunday is 0 in it: robfig/cron
// refuses 7. What it cannot read stays for the parser to refuse.
func sundayIsSeven(field string) string {
	items := strings.Split(field, ",")
	for i, item := range items {
		days, step, stepped := strings.Cut(item, "/")
		first, last, ranged := strings.Cut(days, "-")
		from := slices.Index(weekdays, strings.ToLower(first))
		if number, err := strconv.ParseUint(first, 10, 8); err == nil {
			from = int(number)
		}
		endsOnSunday := last == "7" || from > 0 && strings.EqualFold(last, weekdays[0])
		every, err := strconv.Atoi(step)
		switch {
		case !ranged && first == "7" && !stepped, first == "7" && last == "7" && !stepped:
			items[i] = "0"
		case !endsOnSunday || from < 0 || from > 6 || stepped && (err != nil || every < 1):
		case !stepped:
			items[i] = first + "-6,0"
		default:
			items[i] = first + "-6/" + step
			if (7-from)%every == 0 {
				items[i] += ",0"
			}
		}
	}
	return strings.Join(items, ",")
}
