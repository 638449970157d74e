package normalize

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// A dated is a text and its date in RFC 3339, "" for a zero time.
type dated struct{ in, want string }

func checkDates(t *testing.T, read func(string) (time.Time, bool), cases []dated) {
	t.Helper()
	for _, c := range append(cases, dated{"", ""}, dated{" ", ""}, dated{"soon", unreadable}, dated{"\xff\x00", unreadable}) {
		at, ok := read(c.in)
		got := at.Format(time.RFC3339Nano)
		if at.IsZero() {
			got = ""
		}
		if !ok {
			got = unreadable
		}
		if got != c.want || at.Location() != time.UTC || !ok && !at.IsZero() {
			t.Errorf("%q: got %s (%v), want %s", c.in, got, at, c.want)
		}
	}
}

func TestParseRFC2822(t *testing.T) {
	checkDates(t, ParseRFC2822, []dated{
		{"Sat, 15 Sept 2018 10:00:00 +0000", "2018-09-15T10:00:00Z"},
		{"Sun, 16 Sept 2018 20:00:00 +0000", "2018-09-16T20:00:00Z"},
		{"Sat, 15 Sep 2018 10:00:00 GMT", "2018-09-15T10:00:00Z"},
		{"Mon, 5 Sep 2018 10:00:00 +0000", "2018-09-05T10:00:00Z"}, // a Wednesday
		{"saturday, 15 SEPTEMBER 2018 10:00 ut", "2018-09-15T10:00:00Z"},
		{" 15 sep 2018  10:00:00\t+0000 (a (nested\\)) comment) ", "2018-09-15T10:00:00Z"},
		{"15 Sep 2018 10:00:00 EST", "2018-09-15T15:00:00Z"},
		{"15 Sep 2018 10:00:00 EDT", "2018-09-15T14:00:00Z"},
		{"15 Sep 2018 10:00:00 CST", "2018-09-15T16:00:00Z"},
		{"15 Sep 2018 10:00:00 CDT", "2018-09-15T15:00:00Z"},
		{"15 Sep 2018 10:00:00 MST", "2018-09-15T17:00:00Z"},
		{"15 Sep 2018 10:00:00 MDT", "2018-09-15T16:00:00Z"},
		{"15 Sep 2018 10:00:00 PST", "2018-09-15T18:00:00Z"},
		{"15 Sep 2018 10:00:00 PDT", "2018-09-15T17:00:00Z"},
		{"15 Sep 2018 23:30:00 -0230", "2018-09-16T02:00:00Z"},
		{"15 Sep 2018 10:00:00Z", "2018-09-15T10:00:00Z"},
		{"Saturday, 15-Sep-18 10:00:00 GMT", "2018-09-15T10:00:00Z"},
		{"15 Sep 70 10:00:00 GMT", "1970-09-15T10:00:00Z"},
		{"Sat, 15 Sept. 2018 9:05:00 GMT", "2018-09-15T09:05:00Z"},
		{"Tues., 5 Jan. 2021 9:05 GMT", "2021-01-05T09:05:00Z"},
		{"15 Sep 2018 10:00:00", "2018-09-15T10:00:00Z"},
		{"15 Sep 2018 10:00:00 (UTC)", "2018-09-15T10:00:00Z"},
		{"15 Sep 2018 10:00:00 (EST)", "2018-09-15T15:00:00Z"},
		{"15 Sep 2018 10:00:00 -0500 (CDT)", "2018-09-15T15:00:00Z"},
		{"2018-09-15T10:00:00", "2018-09-15T10:00:00Z"},
		{"15 Sep 2018 10:00:00 (Paris)", unreadable},
		{"(nothing)", unreadable},
		{"Thu, 01 Jan 1970 00:00:00 GMT", unreadable},
		{"Fri, 31 Dec 9999 23:59:59 GMT", unreadable},
		{"15 Sep 2018 10:00:00 GMT" + strings.Repeat(" ", maxDate), unreadable},
		{"29 Feb 2024 00:00:00 GMT", "2024-02-29T00:00:00Z"},
		{"31 Dec 2016 23:59:60 GMT", "2017-01-01T00:00:00Z"},
		{"2018-09-15T10:00:00Z", "2018-09-15T10:00:00Z"},
		{"15 Sep 2018 10:00:00 CET", unreadable},
		{"15 Sep 2018 10:00:00 A", unreadable},
		{"15 Sep 2018 10:00:00 GMT+0200", unreadable},
		{"15 Sep 2018 10:00:00 +2500", unreadable},
		{"15 Sep 2018 10:00:00 +000", unreadable},
		{"15 Sep 2018 10:00:00 +0000 (open", unreadable},
		{"15 Sep 2018 10:00:00 +0000 or so", unreadable},
		{"29 Feb 2023 00:00:00 GMT", unreadable},
		{"29 Feb 1900 00:00:00 GMT", unreadable},
		{"31 Apr 2023 00:00:00 GMT", unreadable},
		{"0 Sep 2018 10:00:00 GMT", unreadable},
		{"15 Sepal 2018 10:00:00 GMT", unreadable},
		{"15 Se 2018 10:00:00 GMT", unreadable},
		{"15 Sep 2018 24:00:00 GMT", unreadable},
		{"15 Sep 2018 10:60:00 GMT", unreadable},
		{"15 Sep 12018 10:00:00 GMT", unreadable},
		{"Foo, 15 Sep 2018 10:00:00 GMT", unreadable},
		{"01 Jan 0001 00:00:00 GMT", unreadable},
	})
}

func withOffset(s string) (time.Time, bool) { return ParseRFC3339(s, nil) }

func TestParseRFC3339(t *testing.T) {
	checkDates(t, withOffset, []dated{
		{"2024-01-15T10:30:00Z", "2024-01-15T10:30:00Z"},
		{"2024-01-15t10:30:00z", "2024-01-15T10:30:00Z"},
		{"2024-01-15 10:30:00+02:00", "2024-01-15T08:30:00Z"},
		{"2024-01-15T10:30:00-0500", "2024-01-15T15:30:00Z"},
		{"2024-01-15 10:30:00 UTC", "2024-01-15T10:30:00Z"},
		{"2024-01-15T10:30:00.1234569Z", "2024-01-15T10:30:00.123456Z"},
		{"1969-11-30T23:59:59.9999999Z", "1969-11-30T23:59:59.999999Z"},
		{"2199-12-31T23:59:59.9999999Z", "2199-12-31T23:59:59.999999Z"},
		{"1900-01-01T00:00:00Z", "1900-01-01T00:00:00Z"},
		{"1900-01-01T00:00:00+00:01", unreadable},
		{"2199-12-31T23:59:59-01:00", unreadable},
		{"9999-12-31T23:59:59Z", unreadable},
		{"1970-01-01T00:00:00Z", unreadable},
		{"1969-12-31T19:00:00-05:00", unreadable},
		{"1970-01-02T00:00:00Z", "1970-01-02T00:00:00Z"},
		{"0001-01-01T00:00:00Z", unreadable},
		{"0000-00-00T00:00:00Z", unreadable},
		{"2024-01-15T10:30:00", unreadable},
		{"2024-01-15T10:30:00.Z", unreadable},
		{"2024-01-15T10:30:00+2", unreadable},
		{"2024-01-15", unreadable},
		{"2024-13-15T10:30:00Z", unreadable},
		{"2024-01-15T10:30:00Z (x)", unreadable},
		{"12024-01-15T10:30:00Z", unreadable},
	})
}

func TestParseUnix(t *testing.T) {
	checkDates(t, ParseUnix, []dated{
		{"0", unreadable},
		{"86399", unreadable},
		{"63704224800", unreadable}, // Gregorian seconds: the year 3988
		{"1537005600.123456", "2018-09-15T10:00:00.123456Z"},
		{"1537005600", "2018-09-15T10:00:00Z"},
		{" 1537005600.25 ", "2018-09-15T10:00:00.25Z"},
		{"1.5370056e9", "2018-09-15T10:00:00Z"},
		{"1.53700560E+09", "2018-09-15T10:00:00Z"},
		{"99999999999", unreadable},
		{"100000000000", "1973-03-03T09:46:40Z"},
		{"1537005600123", "2018-09-15T10:00:00.123Z"},
		{"1537005600123.5", "2018-09-15T10:00:00.1235Z"},
		{"7258118399999", "2199-12-31T23:59:59.999Z"},
		{"7258118400000", unreadable},
		{"1537005600123456", unreadable}, // microseconds
		{"-1", unreadable},
		{"+1", unreadable},
		{"1.", unreadable},
		{".5", unreadable},
		{"1e400", unreadable},
		{"1e99", unreadable},
		{"0x10", unreadable},
		{"1_000", unreadable},
		{"NaN", unreadable},
		{"2018-09-15T10:00:00Z", unreadable},
	})
}

func TestParseGregorian(t *testing.T) {
	checkDates(t, ParseGregorian, []dated{
		{"63704224800", "2018-09-15T10:00:00Z"},
		{"62167219200", unreadable}, // 1970
		{"62164540799.5", "1969-11-30T23:59:59.5Z"},
		{"2024-01-15T10:30:00", "2024-01-15T10:30:00Z"},
		{"2024-01-15T10:30:00Z", "2024-01-15T10:30:00Z"},
		{"1537005600", unreadable}, // Unix seconds
		{"0", unreadable},
		{"-63704224800", unreadable},
		{"999999999999999", unreadable},
	})
}

func TestParseRFC3339InAZone(t *testing.T) {
	in := func(name string) func(string) (time.Time, bool) {
		zone, ok := Zone(name)
		if !ok {
			t.Fatalf("no zone %s", name)
		}
		return func(s string) (time.Time, bool) { return ParseRFC3339(s, zone) }
	}
	checkDates(t, in("America/New_York"), []dated{
		{"2024-01-15T10:30:00", "2024-01-15T15:30:00Z"},
		{"2024-07-15 10:30:00.5", "2024-07-15T14:30:00.5Z"},
		{"2024-07-15T10:30", "2024-07-15T14:30:00Z"},
		{"2024-07-15T10:30:00Z", "2024-07-15T10:30:00Z"},
		{"2024-07-15T10:30:00+02:00", "2024-07-15T08:30:00Z"},
		{"2024-03-10T01:59:59", "2024-03-10T06:59:59Z"},
		{"2024-03-10T02:30:00", "2024-03-10T07:30:00Z"}, // skipped: reads as 03:30 EDT
		{"2024-03-10T03:00:00", "2024-03-10T07:00:00Z"},
		{"2024-11-03T00:59:59", "2024-11-03T04:59:59Z"},
		{"2024-11-03T01:30:00", "2024-11-03T05:30:00Z"}, // twice: the first, EDT
		{"2024-11-03T02:00:00", "2024-11-03T07:00:00Z"},
		{"2024-02-30T10:30:00", unreadable},
		{"0001-01-01T00:00:00", unreadable},
	})
	checkDates(t, in("Europe/Dublin"), []dated{ // whose summer time is the standard one
		{"2024-03-31T01:30:00", "2024-03-31T01:30:00Z"},
		{"2024-10-27T01:30:00", "2024-10-27T00:30:00Z"},
	})
	checkDates(t, in("Pacific/Apia"), []dated{ // which left out the 30th
		{"2011-12-29T12:00:00", "2011-12-29T22:00:00Z"},
		{"2011-12-30T12:00:00", "2011-12-30T22:00:00Z"},
		{"2011-12-31T12:00:00", "2011-12-30T22:00:00Z"},
	})
}

func TestDatesComeBack(t *testing.T) {
	names := make([]string, 0, len(zones()))
	for _, name := range zones() {
		names = append(names, name)
	}
	rapid.Check(t, func(t *rapid.T) {
		want := time.UnixMicro(rapid.Int64Range(2*24*3600*1e6, 7_258_000_000*1e6).Draw(t, "µs")).UTC() // up to 2199
		same := func(got time.Time, ok bool, in string, want time.Time) {
			if !ok || !got.Equal(want) {
				t.Errorf("%q: got %v, %t, want %v", in, got, ok, want)
			}
		}
		offset := time.FixedZone("", 60*rapid.IntRange(-14*60, 14*60).Draw(t, "offset"))
		far := want.In(offset)
		in := far.Format(time.RFC3339Nano)
		got, ok := withOffset(in)
		same(got, ok, in, want)
		in = far.Format(time.RFC1123Z)
		got, ok = ParseRFC2822(in)
		same(got, ok, in, want.Truncate(time.Second))

		in = fmt.Sprint(want.Unix() + 62_167_219_200)
		got, ok = ParseGregorian(in)
		same(got, ok, in, want.Truncate(time.Second))

		// A wall clock comes back, but for the hours that were skipped.
		zone, _ := Zone(rapid.SampledFrom(names).Draw(t, "zone"))
		const wall = "2006-01-02T15:04:05.999999"
		in = want.In(zone).Format(wall)
		got, ok = ParseRFC3339(in, zone)
		if back := got.In(zone).Format(wall); !ok || back != in || got.After(want) {
			t.Errorf("%q in %v: got %v, %t, which reads %s", in, zone, got, ok, back)
		}
	})
}

func FuzzDates(f *testing.F) {
	for _, s := range []string{
		"Sat, 15 Sept 2018 10:00:00 +0000 (x\\", "2024-01-15T10:30:00.5Z", "1537005600.5e3", "63704224800", "2024-03-10 02:30:00",
	} {
		f.Add(s)
	}
	zone, _ := Zone("America/New_York")
	f.Fuzz(func(t *testing.T, s string) {
		for name, read := range map[string]func(string) (time.Time, bool){
			"RFC2822": ParseRFC2822, "RFC3339": withOffset, "Unix": ParseUnix, "Gregorian": ParseGregorian,
			"Local": func(s string) (time.Time, bool) { return ParseRFC3339(s, zone) },
		} {
			at, ok := read(s)
			if at.IsZero() {
				continue
			}
			if y := at.Year(); !ok || y < firstYear || y > lastYear || at.Location() != time.UTC || at.Nanosecond()%1000 != 0 {
				t.Errorf("%s(%q) = %v, %t", name, s, at, ok)
			}
			if again, ok := withOffset(at.Format(time.RFC3339Nano)); !ok || !again.Equal(at) {
				t.Errorf("%s(%q) = %v, which comes back as %v, %t", name, s, at, again, ok)
			}
		}
	})
}

func BenchmarkDates(b *testing.B) {
	zone, _ := Zone("Europe/Paris")
	for _, c := range []struct {
		name, in string
		read     func(string) (time.Time, bool)
	}{
		{"RFC2822", "Sat, 15 Sept 2018 10:00:00 +0000", ParseRFC2822},
		{"RFC2822Zone", "15 September 2018 10:00:00 EST", ParseRFC2822},
		{"RFC3339", "2024-01-15T10:30:00.123Z", withOffset},
		{"Unix", "1537005600", ParseUnix},
		{"Gregorian", "63704224800", ParseGregorian},
		{"Local", "2024-01-15T10:30:00", func(s string) (time.Time, bool) { return ParseRFC3339(s, zone) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, ok := c.read(c.in); !ok {
					b.Fatal("unreadable")
				}
			}
		})
	}
}
