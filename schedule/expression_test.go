package schedule

import (
	"strings"
	"testing"
	"time"
)

func at(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t
}

func TestWhenAScheduleComes(t *testing.T) {
	for _, test := range []struct{ text, after, next string }{
		{"@hourly", "2026-03-01T12:30:00Z", "2026-03-01T13:00:00Z"},
		{"@hourly", "2026-03-01T13:00:00Z", "2026-03-01T14:00:00Z"},
		{"  @daily ", "2026-03-01T12:30:00Z", "2026-03-02T00:00:00Z"},
		{"@every 15m", "2026-03-01T12:30:07Z", "2026-03-01T12:45:07Z"},
		{"@every 1500ms", "2026-03-01T12:30:00Z", "2026-03-01T12:30:01.5Z"},
		{"30 2 * * *", "2026-03-01T12:30:00Z", "2026-03-02T02:30:00Z"},
		{"*/20 9-17 * * MON-FRI", "2026-03-06T17:40:00Z", "2026-03-09T09:00:00Z"},
		{"0 0 29 2 *", "2026-03-01T00:00:00Z", "2028-02-29T00:00:00Z"},
		{"CRON_TZ=Europe/Paris 30 2 * * *", "2026-01-01T12:00:00Z", "2026-01-02T01:30:00Z"},
		{"CRON_TZ=Europe/Paris @daily", "2026-07-01T12:00:00Z", "2026-07-01T22:00:00Z"},
		{"CRON_TZ=Asia/Tokyo @every 1h", "2026-07-01T12:00:00Z", "2026-07-01T13:00:00Z"},
		{"CRON_TZ=Europe/Paris 30 2 * * *", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z"}, // the clock skips 2:30 on the 29th
	} {
		s, err := Parse(test.text)
		if err != nil {
			t.Errorf("%q: %v", test.text, err)
			continue
		}
		if got := s.Next(at(test.after)); !got.Equal(at(test.next)) {
			t.Errorf("%q after %s: %s, want %s", test.text, test.after, got, test.next)
		}
	}
}

func TestAScheduleThatCannotBe(t *testing.T) {
	for text, want := range map[string]string{
		"": "must be a cron", "hourly": "must be a cron", "* * * *": "must be a cron", "0 * * * * *": "must be a cron", "60 * * * *": "must be a cron",
		"*/0 * * * *": "must be a cron", "-1 * * * *": "must be a cron", "@reboot": "must be a cron", "@every": "must be a cron", "@everyday": "must be a cron",
		"0 0 * * 8": "must be a cron", "0 0 * * 7-2": "must be a cron", "0 0 * * 7/2": "must be a cron", "0 0 * * 1-7/0": "must be a cron", "0 0 * * x-7": "must be a cron",
		"0 0 31 2 *": "no such day", "0 0 30 2 *": "no such day", "0 0 31 4,6,9,11 *": "no such day", "CRON_TZ=Asia/Tokyo 0 0 31 2 *": "no such day",
		"@every 0s": "at least 1s", "@every -5m": "at least 1s", "@every 1ms": "at least 1s", "@every never": "at least 1s", "@every 5": "at least 1s",
		"TZ=UTC": "CRON_TZ=", "TZ=UTC 0 * * * *": "CRON_TZ=", "CRON_TZ=UTC": "IANA zone", "CRON_TZ=": "IANA zone", "CRON_TZ= @hourly": "IANA zone",
		"CRON_TZ=Nowhere/Land @hourly": "IANA zone", "CRON_TZ=Local @hourly": "IANA zone", "CRON_TZ=UTC TZ=UTC": "must be a cron", "CRON_TZ=UTC CRON_TZ=UTC @hourly": "must be a cron",
	} {
		s, err := Parse(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %+v, %v, want an error about %q", text, s, err, want)
		}
	}
}

func TestTheLastTick(t *testing.T) {
	for _, test := range []struct{ text, after, until, last string }{
		{"@hourly", "2026-03-01T12:00:00Z", "2026-03-01T12:59:59Z", ""},
		{"@hourly", "2026-03-01T12:00:00Z", "2026-03-01T13:00:00Z", "2026-03-01T13:00:00Z"},
		{"@hourly", "2026-03-01T12:00:00Z", "2026-03-05T17:13:00Z", "2026-03-05T17:00:00Z"},
		{"* * * * *", "2020-01-01T00:00:00Z", "2026-03-05T17:13:30Z", "2026-03-05T17:13:00Z"},
		{"0 0 29 2 *", "2024-03-01T00:00:00Z", "2026-03-05T17:13:30Z", ""},
		{"0 0 29 2 *", "2020-01-01T00:00:00Z", "2026-03-05T17:13:30Z", "2024-02-29T00:00:00Z"},
	} {
		s, err := Parse(test.text)
		if err != nil {
			t.Fatal(err)
		}
		got := s.Last(at(test.after), at(test.until))
		if test.last == "" != got.IsZero() || test.last != "" && !got.Equal(at(test.last)) {
			t.Errorf("%q from %s to %s: %s, want %q", test.text, test.after, test.until, got, test.last)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{"@hourly", "TZ=UTC", "CRON_TZ=UTC", "@every 1s", "0 0 31 2 *", "CRON_TZ=a b", "1-2/3,4 * ? * 0", "0 0 * * 5-7/2", "CRON_TZ=Africa/Cairo 0 0 * * sat-sun", "CRON_TZ=Pacific/Apia 0 1-2 29 2 7"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		now := at("2026-03-01T12:00:00Z")
		if s, err := Parse(text); err == nil && !s.Next(now).After(now) {
			t.Errorf("%q does not advance", text)
		}
	})
}
