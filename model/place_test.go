package model

import (
	"archive/zip"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// iso3166 are the 249 countries officially assigned a code, as of 2025.
const iso3166 = `
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD
CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF
GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN
KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA
NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI
SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI
VN VU WF WS YE YT ZA ZM ZW`

func TestCountry(t *testing.T) {
	check(t, Country, []reading{
		{"US", "US"},
		{" us ", "US"},
		{"Usa", "US"},
		{"uk", "GB"},
		{"GBR", "GB"},
		{"xk", "XK"},
		{"EU", unreadable},
		{"UN", unreadable},
		{"ZZ", unreadable},
		{"SU", unreadable},
		{"AN", unreadable},
		{"840", unreadable},
		{"419", unreadable},
		{"U", unreadable},
		{"U$", unreadable},
		{"United States", unreadable},
	})
}

func TestCountriesAreThoseOfISO(t *testing.T) {
	want := map[string]bool{"XK": true}
	for code := range strings.FieldsSeq(iso3166) {
		want[code] = true
	}
	for key, code := range countries() {
		if !want[code] {
			t.Errorf("%s is %s, which is no country", key, code)
		}
	}
	for code := range want {
		if countries()[code] != code {
			t.Errorf("%s is missing", code)
		}
	}
	if got, want := len(countries()), 2*len(want)+1; got != want { // and UK
		t.Errorf("%d codes of two and three letters, want %d", got, want)
	}
}

func TestTimezone(t *testing.T) {
	check(t, Timezone, []reading{
		{"America/New_York", "America/New_York"},
		{" america/new_york", "America/New_York"},
		{"AMERICA/ARGENTINA/COMODRIVADAVIA", "America/Argentina/ComodRivadavia"},
		{"Europe/Kyiv", "Europe/Kyiv"},
		{"Europe/Kiev", "Europe/Kiev"},
		{"utc", "UTC"},
		{"GMT", "GMT"},
		{"etc/gmt+5", "Etc/GMT+5"},
		{"US/Eastern", "US/Eastern"},
		{"EST", "EST"},
		{"PDT", unreadable},
		{"Local", unreadable},
		{"Factory", unreadable},
		{"Eastern Standard Time", unreadable},
		{"+02:00", unreadable},
		{"UTC+2", unreadable},
		{"../etc/passwd", unreadable},
		{"/usr/share/zoneinfo/UTC", unreadable},
		{"posix/UTC", unreadable},
		{"right/UTC", unreadable},
		{"America", unreadable},
		{"America/Atlantis", unreadable},
		{strings.Repeat("a", 1<<16), unreadable},
	})
}

func TestZonesAreThoseOfGo(t *testing.T) {
	for _, name := range zones() {
		if len(name) > maxZone {
			t.Errorf("%s is longer than maxZone", name)
		}
		if zone, ok := Zone(name); !ok || zone.String() != name {
			t.Errorf("%s cannot be read", name)
		}
	}
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal("asking for the tree of Go:", err)
	}
	file, err := zip.OpenReader(filepath.Join(strings.TrimSpace(string(root)), "lib", "time", "zoneinfo.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, f := range file.File {
		name := f.Name
		if strings.HasSuffix(name, "/") || name == "Factory" {
			continue
		}
		if got, ok := Timezone(name); !ok || got != name {
			t.Errorf("%s is missing from zoneNames", name)
		}
	}
}

func TestZone(t *testing.T) {
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for name := range strings.FieldsSeq("Europe/Paris asia/tokyo UTC America/New_York") {
				if zone, ok := Zone(name); !ok || !strings.EqualFold(zone.String(), name) {
					t.Errorf("%s is %v, %t", name, zone, ok)
				}
			}
		})
	}
	group.Wait()
	for _, name := range []string{"", "Local", "nowhere"} {
		if zone, ok := Zone(name); ok || zone != nil {
			t.Errorf("%q is %v", name, zone)
		}
	}
}

func TestLanguage(t *testing.T) {
	check(t, Language, []reading{
		{"en", "en"},
		{"en_US", "en-US"},
		{"EN-us", "en-US"},
		{"eng", "en"},
		{"iw", "he"},
		{"zh_hant_tw", "zh-Hant-TW"},
		{"es-419", "es-419"},
		{"English", unreadable},
		{"xx", unreadable},
		{"und", unreadable},
		{"und-US", unreadable},
		{"root", unreadable},
		{"x-klingon", unreadable},
		{"en-", unreadable},
		{"en_US.UTF-8", unreadable},
		{"en-x-" + strings.Repeat("a-", 1<<16), unreadable},
	})
}

func TestCurrency(t *testing.T) {
	check(t, Currency, []reading{
		{"USD", "USD"},
		{" eur", "EUR"},
		{"Dem", "DEM"},
		{"ZZZ", unreadable},
		{"US", unreadable},
		{"$", unreadable},
		{"€", unreadable}, // three bytes
		{"US Dollar", unreadable},
	})
}

func TestCacheIsBounded(t *testing.T) {
	c := cache[int]{limit: 10}
	for i := range 100 {
		c.put(fmt.Sprint(i), i)
	}
	if got := len(*c.kept.Load()); got != 10 {
		t.Errorf("%d kept, want 10", got)
	}
	if v, ok := c.get("3"); v != 3 || !ok {
		t.Errorf("got %d, %t", v, ok)
	}
	if _, ok := c.get("30"); ok {
		t.Error("kept beyond its limit")
	}
}

func BenchmarkZone(b *testing.B) {
	b.ReportAllocs()
	var zone *time.Location
	for b.Loop() {
		zone, _ = Zone("Europe/Paris")
	}
	_ = zone
}
