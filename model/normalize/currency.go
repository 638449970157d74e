package normalize

import (
	"strings"

	"golang.org/x/text/currency"
)

// Currency returns s, a code of ISO 4217 in any case, in upper case. Codes of
// currencies that are history are known too.
func Currency(s string) (string, bool) {
	s = strings.TrimSpace(s)
	if s == "" {
		return "", true
	}
	if len(s) != 3 {
		return "", false
	}
	unit, err := currency.ParseISO(s)
	if err != nil {
		return "", false
	}
	return unit.String(), true
}
