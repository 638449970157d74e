package normalize

import (
	"testing"
)

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
