package normalize

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/nyaruka/phonenumbers"
	"pgregory.net/rapid"
)

func TestPhone(t *testing.T) {
	for _, c := range []struct{ in, country, want string }{
		{"", "", ""},
		{"+1 (415) 555-0100", "", "+14155550100"},
		{"tel:+1-415-555-0100", "", "+14155550100"},
		{"\u202a+1 415 555 0100\u202c", "", "+14155550100"},
		{"(415) 555-0100", "US", "+14155550100"},
		{"1.415.555.0100", "CA", "+14155550100"},
		{"415 555 0100", "", "415 555 0100"},
		{"1 415 555 0100", "FR", "1 415 555 0100"},
		{"555-0100", "US", "555-0100"},
		{"911", "US", "911"},
		{"020 7946 0000", "GB", "+442079460000"},
		{"020 7946 0000", "US", "020 7946 0000"},
		{"0044 20 7946 0000", "GB", "+442079460000"},
		{"011 44 20 7946 0000", "US", "+442079460000"},
		{"+44 (0)20 7946 0000", "", "+442079460000"},
		{"+39 06 1234 5678", "", "+390612345678"},
		{"+800 1234 5678", "", "+80012345678"},
		{"030/123456", "DE", "+4930123456"},
		{"030 123456/57", "DE", "030 123456/57"},
		{"415 555 0100 / 415 555 0101", "US", "415 555 0100 / 415 555 0101"},
		{"+1 415 555 0100 x12", "", "+1 415 555 0100 x12"},
		{"+1 415 555 0100 ext. 12", "US", "+1 415 555 0100 ext. 12"},
		{"+1 415 555 0100;ext=12", "US", "+1 415 555 0100;ext=12"},
		{"1-800-FLOWERS", "US", "1-800-FLOWERS"},
		{"+1 195 555 0100", "", "+1 195 555 0100"},
		{"+999 123 456", "", "+999 123 456"},
		{"+0 415 555 0100", "", "+0 415 555 0100"},
		{"++14155550100", "", "++14155550100"},
		{"＋１ (415)\u00a0555‑0100", "", "+14155550100"},
		{"n/a", "US", ""},
		{"Anonymous", "US", ""},
		{"false", "", ""},
		{"0", "US", ""},
		{"000-000-0000", "US", ""},
		{"+", "", ""},
		{"call me", "US", "call me"},
		{" ", "US", ""},
		{"415 555 0100", "nowhere", "415 555 0100"},
	} {
		if got := Phone(c.in, c.country); got != c.want {
			t.Errorf("%q in %q: got %q, want %q", c.in, c.country, got, c.want)
		}
	}
}

// The library knows an example of every kind of number of every country.
func TestPhoneAgreesWithTheLibrary(t *testing.T) {
	n := 0
	for region := range phonenumbers.GetSupportedRegions() {
		for kind := phonenumbers.FIXED_LINE; kind <= phonenumbers.VOICEMAIL; kind++ {
			number := phonenumbers.GetExampleNumberForType(region, kind)
			if number == nil || !phonenumbers.IsValidNumber(number) {
				continue
			}
			n++
			want := phonenumbers.Format(number, phonenumbers.E164)
			abroad := phonenumbers.Format(number, phonenumbers.INTERNATIONAL)
			for _, in := range []string{want, abroad} {
				if got := Phone(in, ""); got != want {
					t.Errorf("%s: Phone(%q) = %q, want %q", region, in, got, want)
				}
			}
			home := phonenumbers.Format(number, phonenumbers.NATIONAL)
			again, err := phonenumbers.Parse(home, region)
			if err != nil || phonenumbers.Format(again, phonenumbers.E164) != want {
				continue // the library itself does not get it back
			}
			if got := Phone(home, region); got != want {
				t.Errorf("%s: Phone(%q) = %q, want %q", region, home, got, want)
			}
		}
	}
	if n < 1000 {
		t.Errorf("only %d examples", n)
	}
}

func phoneHolds(t interface{ Errorf(string, ...any) }, s, country string) {
	got := Phone(s, country)
	if got == s || got == "" {
		return
	}
	if len(got) > maxE164+1 || got[0] != '+' || strings.Trim(got[1:], "0123456789") != "" || !utf8.ValidString(got) {
		t.Errorf("Phone(%q, %q) = %q, which is not E.164", s, country, got)
	}
	if again := Phone(got, country); again != got {
		t.Errorf("Phone(%q, %q) = %q, of which it makes %q", s, country, got, again)
	}
}

func TestPhoneHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		country := rapid.SampledFrom([]string{"", "US", "GB", "DE", "IT", "AR", "MX", "BR", "HU", "RU", "BB", "ZZ"})
		text := rapid.OneOf(rapid.String(), rapid.StringMatching(`(tel:)?\+?[0-9 ()./-]{0,20}`), rapid.StringMatching(`\+?[0-9]{4,17}`))
		phoneHolds(t, text.Draw(t, "text"), country.Draw(t, "country"))
	})
}

func FuzzPhone(f *testing.F) {
	f.Add("+1 (415) 555-0100", "")
	f.Add("020/79460000", "GB")
	f.Add("tel:0044 20 7946 0000", "GB")
	f.Add("0 11 15 1234 5678", "AR")
	f.Fuzz(func(t *testing.T, s, country string) { phoneHolds(t, s, country) })
}

func BenchmarkPhone(b *testing.B) {
	for _, c := range []struct{ name, in, country string }{
		{"E164", "+14155550100", ""},
		{"NorthAmerican", "(415) 555-0100", "US"},
		{"International", "+44 20 7946 0000", ""},
		{"National", "020 7946 0000", "GB"},
		{"AsGiven", "415 555 0100 ext. 7", "US"},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Phone(c.in, c.country)
			}
		})
	}
}
