package normalize

import (
	"math/big"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
)

// The parsers of dates return UTC in microseconds, the precision of Postgres: the
// rest is cut off, so that a date equals its stored form. A blank text is a zero
// time and true. A text is no date when it lies outside of the years firstYear to
// lastYear, such as 0001-01-01 and 9999-12-31, or within a day of 1970-01-01,
// which is a zero in some zone.
const (
	firstYear = 1900
	lastYear  = 2199
	maxDate   = 128 // bytes; a longer text is no date
)

var (
	iso     = regexp.MustCompile(`^(\d{4}-\d{2}-\d{2})[Tt ](\d{1,2}:\d{2}[\d:.,]*) ?(.*)$`) // date, clock, zone
	comment = regexp.MustCompile(`\(((?:[^()\\]|\\.)*)\)`)
	number  = regexp.MustCompile(`^\d{1,15}(?:\.\d+)?(?:[eE]\+?\d{1,2})?$`)
)

// zoneOffsets are those of RFC 2822, section 4.3. net/mail reads EST as UTC.
var zoneOffsets = map[string]string{
	"Z": "+0000", "UT": "+0000", "UTC": "+0000", "GMT": "+0000",
	"EST": "-0500", "EDT": "-0400", "CST": "-0600", "CDT": "-0500",
	"MST": "-0700", "MDT": "-0600", "PST": "-0800", "PDT": "-0700",
}

// ParseRFC2822 reads a date such as "Sat, 15 Sept 2018 10:00:00 +0000", and the
// dates of RFC 3339. The weekday is not checked; the seconds and the offset are
// optional: a date without an offset is in UTC, as the providers that send this
// form document. A comment counts only where it is the sole name of the zone.
func ParseRFC2822(s string) (time.Time, bool) {
	if len(s) > maxDate {
		return time.Time{}, false
	}
	if iso.MatchString(strings.TrimSpace(s)) {
		return ParseRFC3339(s, time.UTC)
	}
	note := ""
	for strings.Contains(s, "(") {
		m := comment.FindStringSubmatch(s)
		if m == nil {
			return time.Time{}, false
		}
		note, s = m[1], strings.Replace(s, m[0], " ", 1)
	}
	words := strings.FieldsFunc(s, func(r rune) bool { return r == ',' || unicode.IsSpace(r) })
	if len(words) == 0 {
		return time.Time{}, note == "" && strings.TrimSpace(s) == ""
	}
	if isNamed(words[0], weekdays) {
		words = words[1:]
	}
	if len(words) > 0 { // RFC 850: 15-Sep-18
		words = append(strings.Split(words[0], "-"), words[1:]...)
	}
	if len(words) < 4 || len(words) > 5 || !isNamed(words[1], months) {
		return time.Time{}, false
	}
	day, month, year := words[0], words[1][:3], words[2]
	clock, zone := words[3], note
	if end := strings.IndexFunc(clock, unicode.IsLetter); end > 0 { // 10:00:00Z
		clock, zone = clock[:end], clock[end:]
	}
	if len(words) == 5 {
		zone = words[4]
	}
	layout := "2 Jan 2006"
	if len(year) == 2 {
		layout = "2 Jan 06"
	}
	return instant(layout, day+" "+month+" "+year, clock, zone, time.UTC)
}

// The names of days and months, which feeds shorten to three letters or more.
var (
	weekdays = []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}
	months   = []string{
		"january", "february", "march", "april", "may", "june", "july",
		"august", "september", "october", "november", "december",
	}
)

// isNamed reports whether word begins one of names, such as "Sept." does.
func isNamed(word string, names []string) bool {
	word = strings.ToLower(strings.TrimSuffix(word, "."))
	return len(word) >= 3 && slices.ContainsFunc(names, func(name string) bool { return strings.HasPrefix(name, word) })
}

// ParseRFC3339 reads a date such as "2024-01-15T10:30:00Z". It also takes a blank
// for the T, an offset without its colon, and no seconds. A date without an offset
// is in the zone local; where local is nil, it is refused. An hour that occurs
// twice is the first of the two. An hour that is skipped is read with the offset
// before the gap. Both follow RFC 5545, section 3.3.5.
func ParseRFC3339(s string, local *time.Location) (time.Time, bool) {
	if s = strings.TrimSpace(s); s == "" {
		return time.Time{}, true
	}
	m := iso.FindStringSubmatch(s)
	if m == nil || len(s) > maxDate {
		return time.Time{}, false
	}
	return instant(time.DateOnly, m[1], m[2], m[3], local)
}

// ParseUnix reads decimal seconds since 1970. From 100,000,000,000 on, which as
// seconds is after the year 5138, they are milliseconds.
func ParseUnix(s string) (time.Time, bool) {
	const milliseconds = 100_000_000_000_000_000 // in microseconds
	if s = strings.TrimSpace(s); s == "" {
		return time.Time{}, true
	}
	micros, ok := microseconds(s)
	if micros >= milliseconds {
		micros /= 1000
	}
	return plausible(time.UnixMicro(micros), ok)
}

// ParseGregorian reads decimal seconds since the year 0, as Kazoo counts them in
// UTC, and the dates of RFC 3339. Unix seconds are no date: they are in the year 49.
func ParseGregorian(s string) (time.Time, bool) {
	const unixEpoch = 62_167_219_200 // 1970-01-01 in Gregorian seconds
	if s = strings.TrimSpace(s); s == "" || iso.MatchString(s) {
		return ParseRFC3339(s, time.UTC)
	}
	micros, ok := microseconds(s)
	return plausible(time.UnixMicro(micros-unixEpoch*1e6), ok)
}

// instant returns the time of a date in layout, a clock and a zone; without a zone
// it is the local time of local.
func instant(layout, date, clock, zone string, local *time.Location) (time.Time, bool) {
	if zone == "" && local == nil {
		return time.Time{}, false
	}
	if strings.Count(clock, ":") == 1 {
		clock += ":00"
	}
	leap := time.Duration(0)
	if seconds := strings.LastIndex(clock, ":60"); seconds > strings.Index(clock, ":") {
		clock, leap = clock[:seconds]+":59"+clock[seconds+3:], time.Second // as Postgres reads it
	}
	wall, err := time.Parse(layout+" 15:04:05", date+" "+clock)
	if err != nil {
		return time.Time{}, false
	}
	if zone = strings.TrimSpace(zone); zone == "" {
		return plausible(wall.Add(leap-time.Duration(offset(wall, local))*time.Second), true)
	}
	if known := zoneOffsets[strings.ToUpper(zone)]; known != "" {
		zone = known
	}
	for _, form := range [...]string{"-0700", "-07:00", "-07"} {
		if east, err := time.Parse(form, zone); err == nil {
			_, seconds := east.Zone()
			return plausible(wall.Add(leap-time.Duration(seconds)*time.Second), true)
		}
	}
	return time.Time{}, false
}

// offset returns the seconds east of UTC in zone for a wall clock, given as UTC.
// [time.Date] leaves open which offset it takes around a change.
func offset(wall time.Time, zone *time.Location) int {
	at := func(t time.Time) int {
		_, seconds := t.In(zone).Zone()
		return seconds
	}
	const day = 24 * time.Hour // no zone is farther from UTC, or changes twice in so short a time
	before, after := at(wall.Add(-day)), at(wall.Add(day))
	if before != after && at(wall.Add(-time.Duration(before)*time.Second)) != before &&
		at(wall.Add(-time.Duration(after)*time.Second)) == after {
		return after
	}
	return before
}

// microseconds reads decimal seconds exactly; a float64 loses the last digits.
func microseconds(s string) (int64, bool) {
	if len(s) > maxDate || !number.MatchString(s) {
		return 0, false
	}
	seconds, ok := new(big.Rat).SetString(s)
	if !ok {
		return 0, false
	}
	micros := new(big.Int).Mul(seconds.Num(), big.NewInt(1e6))
	micros.Quo(micros, seconds.Denom())
	return micros.Int64(), micros.IsInt64()
}

// plausible returns t in UTC if it is the date of something that happened.
func plausible(t time.Time, ok bool) (time.Time, bool) {
	const day = 24 * 60 * 60
	t = t.UTC().Truncate(time.Microsecond)
	if !ok || t.Year() < firstYear || t.Year() > lastYear || t.Unix() > -day && t.Unix() < day {
		return time.Time{}, false
	}
	return t, true
}
