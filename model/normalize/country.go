package normalize

import (
	"fmt"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
	"golang.org/x/text/unicode/norm"
)

const maxCountry = 80 // bytes; the longest name of ISO 3166-1 has 56

// Country returns s as an alpha-2 code of ISO 3166-1. It takes an alpha-2,
// alpha-3 or numeric code (three digits), and an English name, as ISO and CLDR
// have it or in common use. UK is GB, and EL, the European Union's code, is GR.
// Kosovo's XK, which ISO leaves to its users, is a country; a code that ISO
// withdrew or only reserves is refused.
func Country(s string) (string, bool) {
	if len(s) > maxCountry {
		return "", false
	}
	if s = plain(s); s == "" {
		return "", true
	}
	whole, short := countryKeys(s)
	code, ok := countries()[whole]
	if !ok {
		code, ok = countries()[short]
	}
	return code, ok
}

// withdrawn are codes that x/text takes for countries without a successor:
// withdrawn by ISO 3166-3 (AN, CS, FQ, NT, PC, SU, YU), or reserved for the use
// of others (AC, CP, DG, TA).
const withdrawn = "AC AN CP CS DG FQ NT PC SU TA YU"

// countries returns alpha-2 codes by the keys of all codes and names.
var countries = sync.OnceValue(func() map[string]string {
	by := map[string]string{}
	english := display.English.Regions()
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			code := string([]rune{a, b})
			r, err := language.ParseRegion(code)
			if err != nil || !r.IsCountry() || r.Canonicalize() != r || r.ISO3() == "ZZZ" || strings.Contains(withdrawn, r.String()) {
				continue
			}
			for _, name := range []string{code, r.ISO3(), fmt.Sprintf("%03d", r.M49()), english.Name(r)} {
				key, _ := countryKeys(name)
				by[key] = code
			}
		}
	}
	for line := range strings.Lines(countryNames) {
		code, names, _ := strings.Cut(line, " ")
		for name := range strings.SplitSeq(names, "|") {
			key, _ := countryKeys(name)
			by[key] = code
		}
	}
	return by
})

// countryKeys returns the letters and digits of a name in lower case without
// accents and small words, and the same without words for forms of government.
func countryKeys(name string) (whole, short string) {
	name = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) || r == '\'' || r == '’' || r == '.' {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKD.String(name))
	for word := range strings.FieldsFuncSeq(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		switch word {
		case "the", "of", "and":
			continue
		case "st":
			word = "saint"
		}
		whole += word
		if !governments[word] {
			short += word
		}
	}
	if whole == "" && strings.TrimSpace(name) == "and" { // the alpha-3 code of Andorra
		whole = "and"
	}
	return whole, short
}

var governments = map[string]bool{
	"republic": true, "kingdom": true, "state": true, "principality": true, "commonwealth": true, "federal": true, "federative": true,
	"democratic": true, "peoples": true, "socialist": true, "islamic": true, "arab": true, "plurinational": true, "bolivarian": true,
	"independent": true, "sultanate": true, "union": true, "federated": true, "federation": true,
}
