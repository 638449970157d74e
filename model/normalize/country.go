package normalize

import (
	"strings"
	"sync"

	"golang.org/x/text/language"
)

// Country returns s, an alpha-2 or alpha-3 code of ISO 3166-1 in any case, as
// alpha-2. "UK" is GB. Kosovo's XK, which ISO leaves to its users, is a country;
// a code that ISO withdrew or only reserves is none, and neither is a name.
func Country(s string) (string, bool) {
	s = strings.TrimSpace(s)
	if s == "" {
		return "", true
	}
	var room [3]byte
	if len(s) > len(room) {
		return "", false
	}
	for i := range len(s) {
		room[i] = upper(s[i])
	}
	code, ok := countries()[string(room[:len(s)])]
	return code, ok
}

func upper(b byte) byte {
	if b >= 'a' && b <= 'z' {
		return b - 'a' + 'A'
	}
	return b
}

func lower(b byte) byte {
	if b >= 'A' && b <= 'Z' {
		return b - 'A' + 'a'
	}
	return b
}

// gone are codes that x/text takes for countries without naming a successor:
// withdrawn by ISO 3166-3 (AN, CS, FQ, NT, PC, SU, YU), or only reserved for
// the use of others (AC, CP, DG, TA).
const gone = "AC AN CP CS DG FQ NT PC SU TA YU"

// countries returns alpha-2 codes by alpha-2 and alpha-3 code.
var countries = sync.OnceValue(func() map[string]string {
	by := map[string]string{"UK": "GB"}
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			r, err := language.ParseRegion(string([]rune{a, b}))
			if err != nil || !r.IsCountry() || r.Canonicalize() != r || r.ISO3() == "ZZZ" || strings.Contains(gone, r.String()) {
				continue
			}
			by[r.String()] = r.String()
			by[r.ISO3()] = r.String()
		}
	}
	return by
})
