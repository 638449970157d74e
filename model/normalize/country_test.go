package normalize

import (
	"fmt"
	"strings"
	"testing"

	"github.com/bojanz/currency"
	"github.com/nyaruka/phonenumbers"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
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
		{"840", "US"},
		{"036", "AU"},
		{"36", unreadable},
		{"EL", "GR"},
		{"U.S.A.", "US"},
		{"United States", "US"},
		{"the united states of america", "US"},
		{"England", "GB"},
		{"Germany", "DE"},
		{"Deutschland", "DE"},
		{"Federal Republic of Germany", "DE"},
		{"Ivory Coast", "CI"},
		{"Cote d'Ivoire", "CI"},
		{"Côte d’Ivoire", "CI"},
		{"Korea, Republic of", "KR"},
		{"Korea, Democratic People's Republic of", "KP"},
		{"Democratic Republic of the Congo", "CD"},
		{"Republic of the Congo", "CG"},
		{"Dominican Republic", "DO"},
		{"Commonwealth of Dominica", "DM"},
		{"Republic of China", "TW"},
		{"People's Republic of China", "CN"},
		{"St. Kitts and Nevis", "KN"},
		{"Saint Kitts & Nevis", "KN"},
		{"Türkiye", "TR"},
		{"Turkey", "TR"},
		{"Moldova, Republic of", "MD"},
		{"Republic", unreadable},
		{"Atlantis", unreadable},
		{"Europe", unreadable},
		{"Yugoslavia", unreadable},
		{"419", unreadable},
		{"U", unreadable},
		{"U$", unreadable},
		{strings.Repeat("a", 1<<16), unreadable},
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
		region := language.MustParseRegion(code)
		for _, name := range []string{code, region.ISO3(), fmt.Sprintf("%03d", region.M49()), display.English.Regions().Name(region)} {
			if got, ok := Country(name); got != code || !ok {
				t.Errorf("%s: %q is %q", code, name, got)
			}
		}
	}
}

// Two more sources know when ISO has assigned a new code.
func TestCountriesAreCurrent(t *testing.T) {
	regions := phonenumbers.GetSupportedRegions()
	for region := range regions {
		if _, ok := Country(region); !ok && region != "AC" && region != "TA" { // reserved for islands of SH
			t.Errorf("phonenumbers knows %s: add it to iso3166 and find out why Country does not", region)
		}
	}
	for code := range strings.FieldsSeq(iso3166) {
		if _, ok := currency.ForCountryCode(code); !ok && !strings.Contains("AQ", code) {
			t.Errorf("CLDR %s has no currency for %s: was it withdrawn?", currency.CLDRVersion, code)
		}
	}
}
