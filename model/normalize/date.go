package normalize

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// Every reader of dates below returns UTC, in microseconds, which is what
// Postgres keeps: what is beyond is cut off, so that a date read back equals the
// one that was stored. Years go from 1000 to 9999; an earlier one is somebody's
// zero value (0001-01-01 of Go and .NET), and is unreadable like anything that is
// no date. Nothing at all is no date either, but a good answer: a zero time and true.

// The range of years, in Unix seconds.
const (
	minSecond = -30_610_224_000 // 1000-01-01T00:00:00Z
	maxSecond = 253_402_300_799 // 9999-12-31T23:59:59Z
)

// ParseRFC2822 reads a date as in "Sat, 15 Sept 2018 10:00:00 +0000", and those
// of RFC 3339. The weekday may be missing or wrong, the seconds missing; a month
// is three letters, its full name or Sept, in any case. North American zones
// have the offsets of RFC 2822, section 4.3 (net/mail reads EST as UTC); a zone
// that is missing or not named there is not guessed. Years of two and three
// digits are as there, and a comment may follow.
func ParseRFC2822(s string) (time.Time, bool) {
	s = strings.TrimSpace(s)
	if s == "" || len(s) > 4 && s[4] == '-' {
		return ParseRFC3339(s)
	}
	c := scan{s: s}
	var d date
	ok := c.weekday() && c.number(&d.day, 1, 2) && c.gap() && c.month(&d.month) && c.gap()
	if !ok {
		return time.Time{}, false
	}
	from := c.at
	if !c.number(&d.year, 2, 4) {
		return time.Time{}, false
	}
	switch n := c.at - from; {
	case n == 2 && d.year < 50:
		d.year += 2000
	case n < 4:
		d.year += 1900
	}
	if !c.gap() || !c.clock(&d) || !c.zone(&d) || !c.comments() {
		return time.Time{}, false
	}
	return d.instant()
}

// ParseRFC3339 reads a date as in "2024-01-15T10:30:00Z". It also takes a blank
// for the T, and an offset without its colon, as several encoders write them.
func ParseRFC3339(s string) (time.Time, bool) {
	return parseISO(s, nil)
}

// ParseLocal reads a date as in "2024-01-15T10:30:00", the local time of zone
// (nil is UTC); where it has an offset of its own, that counts. An hour that comes twice as
// clocks are set back is the first of the two. One that is skipped as they are set
// forward is read with the offset before, so that it is as much later as they
// were set. Those are the choices of RFC 5545, section 3.3.5.
func ParseLocal(s string, zone *time.Location) (time.Time, bool) {
	if zone == nil {
		zone = time.UTC
	}
	return parseISO(s, zone)
}

// parseISO reads a date that must have an offset where zone is nil.
func parseISO(s string, zone *time.Location) (time.Time, bool) {
	s = strings.TrimSpace(s)
	if s == "" {
		return time.Time{}, true
	}
	c := scan{s: s}
	var d date
	ok := c.number(&d.year, 4, 4) && c.take('-') && c.number(&d.month, 2, 2) && c.take('-') && c.number(&d.day, 2, 2) &&
		(c.take('T') || c.take('t') || c.take(' ')) && c.clock(&d)
	if !ok {
		return time.Time{}, false
	}
	if local := c.at == len(s); !local {
		if !c.zone(&d) || c.at != len(s) {
			return time.Time{}, false
		}
	} else if zone == nil {
		return time.Time{}, false
	} else if zone != time.UTC {
		d.offset = offset(d.wall(), zone)
	}
	return d.instant()
}

// offset returns the seconds east of UTC that hold for a wall clock, given as if it
// were of UTC, in zone.
func offset(wall time.Time, zone *time.Location) int {
	at := func(t time.Time) int {
		_, seconds := t.In(zone).Zone()
		return seconds
	}
	const day = 24 * time.Hour // no zone is farther from UTC, or changes twice in so short a time
	before, after := at(wall.Add(-day)), at(wall.Add(day))
	if before == after || at(wall.Add(-time.Duration(before)*time.Second)) == before {
		return before
	}
	if at(wall.Add(-time.Duration(after)*time.Second)) == after {
		return after
	}
	return before
}

// ParseUnix reads decimal seconds since 1970, with a fraction or not, up to the
// year 9999. From 100,000,000,000 on, which as seconds would be after the year
// 5138, they are milliseconds.
func ParseUnix(s string) (time.Time, bool) {
	const milliseconds = 100_000_000_000
	s = strings.TrimSpace(s)
	if s == "" {
		return time.Time{}, true
	}
	whole, nanos, ok := decimal(s)
	if !ok {
		return time.Time{}, false
	}
	if whole >= milliseconds {
		whole, nanos = whole/1000, whole%1000*1_000_000+nanos/1000
	}
	return instant(whole, nanos)
}

// ParseGregorian reads decimal seconds since the year 0, as Kazoo counts them,
// and dates of RFC 3339. Unix seconds by mistake are no date: they would be before the year 1000.
func ParseGregorian(s string) (time.Time, bool) {
	const unixEpoch = 62_167_219_200 // 1970 in Gregorian seconds
	s = strings.TrimSpace(s)
	if s == "" || len(s) > 4 && s[4] == '-' {
		return ParseRFC3339(s)
	}
	whole, nanos, ok := decimal(s)
	if !ok {
		return time.Time{}, false
	}
	return instant(whole-unixEpoch, nanos)
}

// instant returns the time of Unix seconds, if it is one of the years we take.
func instant(seconds, nanos int64) (time.Time, bool) {
	if seconds < minSecond || seconds > maxSecond {
		return time.Time{}, false
	}
	return time.Unix(seconds, nanos/1000*1000).UTC(), true
}

// decimal reads a number that is not negative: its whole part and its
// billionths. An exponent, which some encoders give large numbers, is understood.
func decimal(s string) (whole, nanos int64, ok bool) {
	const most = 15 // digits; beyond are no dates, and int64 ends at 18
	c := scan{s: s}
	var n int
	if !c.number(&n, 1, most) {
		return 0, 0, false
	}
	if c.take('.') && !c.fraction(&nanos) {
		return 0, 0, false
	}
	if c.at == len(s) {
		return int64(n), nanos, true
	}
	if c.at > 2*most || !c.take('e') && !c.take('E') {
		return 0, 0, false
	}
	_ = c.take('+') || c.take('-')
	if exponent := 0; !c.number(&exponent, 1, 2) || c.at != len(s) {
		return 0, 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f >= 1e15 {
		return 0, 0, false
	}
	integer, rest := math.Modf(f)
	return int64(integer), int64(rest * 1e9), true
}

// A date is what is written, before it is checked.
type date struct {
	year, month, day     int
	hour, minute, second int
	nanos                int64
	offset               int // seconds east of UTC
}

// wall returns the date as if it were of UTC.
func (d *date) wall() time.Time {
	return time.Date(d.year, time.Month(d.month), d.day, d.hour, d.minute, d.second, int(d.nanos), time.UTC)
}

// instant returns the time, if there is such a day and hour. A leap second (60)
// is the one after, as in Postgres.
func (d *date) instant() (time.Time, bool) {
	if d.month < 1 || d.month > 12 || d.day < 1 || d.day > days(d.year, d.month) ||
		d.hour > 23 || d.minute > 59 || d.second > 60 {
		return time.Time{}, false
	}
	return instant(d.wall().Unix()-int64(d.offset), d.nanos)
}

func days(year, month int) int {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}
