package normalize

import (
	"strings"

	current "github.com/bojanz/currency"
	"golang.org/x/text/currency"
)

// Currency returns s, a code of ISO 4217 in any case, in upper case. It takes the
// codes of former currencies too. XXX, "no currency", gives "".
func Currency(s string) (string, bool) {
	if len(s) > maxCurrency {
		return "", false
	}
	s = strings.ToUpper(plain(s))
	switch {
	case s == "", s == "XXX":
		return "", true
	case current.IsValid(s):
		return s, true
	}
	unit, err := currency.ParseISO(s) // whose table, as of 2017, has former currencies
	if err != nil {
		return "", false
	}
	return unit.String(), true
}

const maxCurrency = 16 // bytes
