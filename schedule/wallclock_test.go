package schedule

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// ticks returns the ticks of a schedule from one instant until before another.
func ticks(t rapid.TB, text string, from, until time.Time) []string {
	t.Helper()
	s, err := Parse(text)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	var list []string
	for tick := s.Next(from.Add(-time.Second)); !tick.IsZero() && tick.Before(until); tick = s.Next(tick) {
		list = append(list, tick.UTC().Format("01-02T15:04"))
	}
	return list
}

// Expected ticks are in UTC.
func TestSchedulesWhereTheClockChanges(t *testing.T) {
	for _, test := range []struct{ text, from, until, want string }{
		// New York, 2026: 2:00 EST becomes 3:00 EDT on March 8, 2:00 EDT becomes 1:00 EST on November 1.
		{"CRON_TZ=America/New_York 30 2 * * *", "2026-03-07", "2026-03-10", "03-07T07:30 03-08T07:00 03-09T06:30"},
		{"CRON_TZ=America/New_York 30 1 * * *", "2026-10-31", "2026-11-03", "10-31T05:30 11-01T05:30 11-02T06:30"},
		{"CRON_TZ=America/New_York 30 2 * * SUN", "2026-03-01", "2026-03-16", "03-01T07:30 03-08T07:00 03-15T06:30"},
		{"CRON_TZ=America/New_York 30 1 * * 7", "2026-10-25", "2026-11-09", "10-25T05:30 11-01T05:30 11-08T06:30"},
		{"CRON_TZ=America/New_York 0,30 1,2 * * *", "2026-03-08", "2026-03-09", "03-08T06:00 03-08T06:30 03-08T07:00"},
		{"CRON_TZ=America/New_York 0,30 1,2 * * *", "2026-11-01", "2026-11-02", "11-01T05:00 11-01T05:30 11-01T07:00 11-01T07:30"},
		{"CRON_TZ=America/New_York 0 * * * *", "2026-03-08T05:00:00Z", "2026-03-08T09:00:00Z", "03-08T05:00 03-08T06:00 03-08T07:00 03-08T08:00"},
		{"CRON_TZ=America/New_York @hourly", "2026-11-01T04:00:00Z", "2026-11-01T08:00:00Z", "11-01T04:00 11-01T05:00 11-01T06:00 11-01T07:00"},
		{"CRON_TZ=America/New_York */30 * * * *", "2026-11-01T05:00:00Z", "2026-11-01T07:00:00Z", "11-01T05:00 11-01T05:30 11-01T06:00 11-01T06:30"},
		{"CRON_TZ=America/New_York 30 1-2 * * *", "2026-11-01", "2026-11-02", "11-01T05:30 11-01T06:30 11-01T07:30"},
		{"CRON_TZ=America/New_York 30 */2 * * *", "2026-03-08T04:00:00Z", "2026-03-08T10:00:00Z", "03-08T05:30 03-08T08:30"},
		// Cairo, 2026: midnight of April 24 becomes 1:00, midnight after October 29 becomes 23:00.
		{"CRON_TZ=Africa/Cairo @daily", "2026-04-22T12:00:00Z", "2026-04-25T12:00:00Z", "04-22T22:00 04-23T22:00 04-24T21:00"},
		{"CRON_TZ=Africa/Cairo 30 0 * * *", "2026-04-23T12:00:00Z", "2026-04-25T12:00:00Z", "04-23T22:00 04-24T21:30"},
		{"CRON_TZ=Africa/Cairo 30 23 * * *", "2026-10-28T12:00:00Z", "2026-10-31T12:00:00Z", "10-28T20:30 10-29T20:30 10-30T21:30"},
		// Beirut springs at midnight too, on Sundays.
		{"CRON_TZ=Asia/Beirut @weekly", "2026-03-22T12:00:00Z", "2026-04-06T12:00:00Z", "03-28T22:00 04-04T21:00"},
		{"CRON_TZ=Asia/Beirut @midnight", "2026-03-27T12:00:00Z", "2026-03-29T12:00:00Z", "03-27T22:00 03-28T22:00"},
		{"CRON_TZ=Asia/Beirut @monthly", "2026-03-01T12:00:00Z", "2026-05-02T12:00:00Z", "03-31T21:00 04-30T21:00"},
		{"CRON_TZ=Asia/Beirut @yearly", "2026-03-01T12:00:00Z", "2027-05-02T12:00:00Z", "12-31T22:00"},
		// Lord Howe, 2026: 2:00 becomes 1:30 on April 5, 2:00 becomes 2:30 on October 4.
		{"CRON_TZ=Australia/Lord_Howe 15 2 * * *", "2026-10-03T00:00:00Z", "2026-10-05T00:00:00Z", "10-03T15:30 10-04T15:15"},
		{"CRON_TZ=Australia/Lord_Howe 45 1 * * *", "2026-04-03T18:00:00Z", "2026-04-06T12:00:00Z", "04-04T14:45 04-05T15:15"},
		{"CRON_TZ=Australia/Lord_Howe 0 2 * * *", "2026-04-04T00:00:00Z", "2026-04-05T00:00:00Z", "04-04T15:30"},
		{"CRON_TZ=Australia/Lord_Howe 45 * * * *", "2026-04-04T14:00:00Z", "2026-04-04T17:00:00Z", "04-04T14:45 04-04T15:15 04-04T16:15"},
		// Troll, 2026: 1:00 becomes 3:00 on March 29.
		{"CRON_TZ=Antarctica/Troll 30 2 * * *", "2026-03-28", "2026-03-31", "03-28T02:30 03-29T01:00 03-30T00:30"},
		{"CRON_TZ=Antarctica/Troll 0 1,2 * * *", "2026-10-24T12:00:00Z", "2026-10-25T12:00:00Z", "10-24T23:00 10-25T00:00"},
		// The last day of a leap year, which Go's zones leave out.
		{"CRON_TZ=America/New_York 30 20 * * *", "2028-12-31", "2029-01-02", "12-31T01:30 01-01T01:30"},
		{"CRON_TZ=America/New_York 0 * * * *", "2028-12-31T22:00:00Z", "2029-01-01T01:00:00Z", "12-31T22:00 12-31T23:00 01-01T00:00"},
		// Gaza, 2026: 2:00 becomes 3:00 on March 28.
		{"CRON_TZ=Asia/Gaza 0 2 * * 6", "2026-03-27T12:00:00Z", "2026-04-05", "03-28T00:00 04-03T23:00"},
		// Apia had no December 30 in 2011, and what runs daily runs once on the 31st.
		{"CRON_TZ=Pacific/Apia 30 2 * * *", "2011-12-29T00:00:00Z", "2012-01-01T00:00:00Z", "12-29T12:30 12-30T12:30 12-31T12:30"},
		{"CRON_TZ=Pacific/Apia 0 * * * *", "2011-12-30T08:30:00Z", "2011-12-30T11:30:00Z", "12-30T09:00 12-30T10:00 12-30T11:00"},
	} {
		date := func(text string) time.Time {
			if len(text) == len(time.DateOnly) {
				text += "T00:00:00Z"
			}
			return at(text)
		}
		if got := strings.Join(ticks(t, test.text, date(test.from), date(test.until)), " "); got != test.want {
			t.Errorf("%s from %s until %s:\n got %s\nwant %s", test.text, test.from, test.until, got, test.want)
		}
	}
}

func TestSundayIsZeroOrSeven(t *testing.T) {
	from, until := at("2026-03-01T00:00:00Z"), at("2026-03-15T00:00:00Z") // from a Sunday, two weeks
	for field, same := range map[string]string{
		"7": "0", "0,7": "0", "7,3": "0,3", "5-7": "0,5,6", "0-7": "0-6", "1-7/2": "0,1,3,5", "1-7/3": "1,4,0", "2-7/2": "2,4,6",
		"SUN": "0", "fri-sun": "0,5,6", "Mon-7": "0-6", "6-7,2": "0,2,6", "7-7": "0", "sun-sun": "0", "sun-tue": "0-2", "0-7/7": "0",
	} {
		if diff := cmp.Diff(ticks(t, "0 4 * * "+same, from, until), ticks(t, "0 4 * * "+field, from, until)); diff != "" {
			t.Errorf("%s (-%s +%s):\n%s", field, same, field, diff)
		}
	}
}

// changing are zones whose clocks change in one way or another.
var changing = []string{
	"UTC", "America/New_York", "America/St_Johns", "America/Nuuk", "America/Scoresbysund", "America/Sao_Paulo", "America/Havana",
	"America/Asuncion", "America/Caracas", "Africa/Cairo", "Africa/Casablanca", "Asia/Beirut", "Asia/Gaza", "Asia/Tehran", "Asia/Pyongyang",
	"Asia/Kathmandu", "Asia/Amman", "Europe/Paris", "Europe/Dublin", "Europe/Istanbul", "Atlantic/Azores", "Antarctica/Troll",
	"Antarctica/Casey", "Australia/Lord_Howe", "Australia/Adelaide", "Pacific/Apia", "Pacific/Fakaofo", "Pacific/Kwajalein",
	"Pacific/Chatham", "Pacific/Norfolk",
}

// numbers are the values of a field, written as a list.
type numbers []int

func (f numbers) String() string {
	var list []string
	for _, v := range f {
		list = append(list, strconv.Itoa(v))
	}
	return strings.Join(list, ",")
}

// naive walks minute by minute: a minute of the clock that was seen before does
// not count again, one that the clock skipped counts right after it.
func naive(zone *time.Location, minutes, hours, weekdays numbers, anyHour bool, from, until time.Time) (list []string) {
	reading := func(t time.Time) time.Time {
		t = t.In(zone)
		return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), 0, 0, time.UTC)
	}
	matches := func(r time.Time) bool {
		return slices.Contains(minutes, r.Minute()) && (anyHour || slices.Contains(hours, r.Hour())) &&
			slices.Contains(weekdays, int(r.Weekday()))
	}
	const day = "2006-01-02"
	begin := from.Add(-72 * time.Hour)
	newest := reading(begin.Add(-time.Minute))
	for t := begin; t.Before(until); t = t.Add(time.Minute) {
		now, before := reading(t), reading(t.Add(-time.Minute))
		due := anyHour && matches(now)
		for r := newest.Add(time.Minute); !anyHour && !r.After(now); r = r.Add(time.Minute) {
			exists := r.Format(day) == now.Format(day) || r.Format(day) == before.Format(day)
			due = due || exists && matches(r)
		}
		if now.After(newest) {
			newest = now
		}
		if due && !t.Before(from) {
			list = append(list, t.UTC().Format("01-02T15:04"))
		}
	}
	return list
}

// In every zone, around every change of its clock, the ticks are those that a
// walk through all minutes finds.
func TestSchedulesAgreeWithANaiveWalk(t *testing.T) {
	values := func(rt *rapid.T, name string, low, high, most int) numbers {
		list := rapid.SliceOfNDistinct(rapid.IntRange(low, high), 1, most, rapid.ID[int]).Draw(rt, name)
		slices.Sort(list)
		return list
	}
	rapid.Check(t, func(rt *rapid.T) {
		name := rapid.SampledFrom(changing).Draw(rt, "zone")
		zone, err := time.LoadLocation(name)
		if err != nil {
			rt.Fatal(err)
		}
		// A change of the clock after a random instant, and days before or after it.
		drawn := time.Unix(rapid.Int64Range(at("1990-01-01T00:00:00Z").Unix(), at("2045-01-01T00:00:00Z").Unix()).Draw(rt, "instant"), 0)
		if _, change := drawn.In(zone).ZoneBounds(); !change.IsZero() {
			drawn = change
		}
		from := drawn.Add(-time.Duration(rapid.IntRange(0, 49).Draw(rt, "hours before")) * time.Hour).Truncate(time.Minute).UTC()
		until := from.Add(75 * time.Hour)
		minutes, hours, week := values(rt, "minutes", 0, 59, 4), values(rt, "hours", 0, rapid.SampledFrom([]int{3, 23}).Draw(rt, "last hour"), 4), numbers{0, 1, 2, 3, 4, 5, 6}
		if rapid.Bool().Draw(rt, "some weekdays") {
			week = values(rt, "weekdays", 0, 6, 4)
		}
		anyHour := rapid.Bool().Draw(rt, "any hour")
		hour := hours.String()
		if anyHour {
			hour = "*"
		}
		text := fmt.Sprintf("CRON_TZ=%s %s %s * * %s", name, minutes, hour, week)
		if diff := cmp.Diff(naive(zone, minutes, hours, week, anyHour, from, until), ticks(rt, text, from, until)); diff != "" {
			rt.Fatalf("%s from %s (-naive +got):\n%s", text, from, diff)
		}
	})
}
