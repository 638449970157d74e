package normalize

import (
	"strings"
	"testing"

	current "github.com/bojanz/currency"
)

// iso4217 are the codes in use, from ISO 4217's List One as of 2026,
// without those for tests and for no currency.
const iso4217 = `
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW
CLF CLP CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG
HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK
MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF
SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD USN UYI UYU
UYW UZS VED VES VND VUV WST XAD XAF XAG XAU XBA XBB XBC XBD XCD XCG XDR XOF XPD XPF XPT XSU XUA YER ZAR ZMW ZWG`

func TestCurrency(t *testing.T) {
	check(t, Currency, []reading{
		{"USD", "USD"},
		{" eur", "EUR"},
		{"Dem", "DEM"},
		{"mru", "MRU"},
		{"ZWG", "ZWG"},
		{"BGN", "BGN"},
		{"ＵＳＤ", "USD"},
		{"XXX", ""},
		{"ZZZ", unreadable},
		{"US", unreadable},
		{"$", unreadable},
		{"€", unreadable}, // three bytes
		{"US Dollar", unreadable},
	})
}

// iso4217 and the library are two sources: each shows where the other has aged.
func TestCurrenciesAreCurrent(t *testing.T) {
	for code := range strings.FieldsSeq(iso4217) {
		if got, ok := Currency(code); got != code || !ok {
			t.Errorf("%s is %q, %t: upgrade github.com/bojanz/currency", code, got, ok)
		}
	}
	for _, code := range current.GetCurrencyCodes() {
		if !strings.Contains(iso4217, code) {
			t.Errorf("CLDR %s has %s: add it to iso4217", current.CLDRVersion, code)
		}
	}
}
