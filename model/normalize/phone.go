package normalize

import (
	"regexp"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// dialled is one phone number and nothing else. The groups are the plus, the
// digits, and the digits after a slash that sets off an area code, as in 030/123456.
var dialled = regexp.MustCompile(`^(?i:tel:)?[ ().‐-―−-]*(\+?)([\d ().‐-―−-]+)(?:/([\d ().‐-―−-]+))?$`)

const (
	maxPhone = 64 // bytes; a longer text is no single number
	maxE164  = 15 // digits, by ITU-T E.164, section 6
)

// phones holds results of Phone by country and text: the library takes 10 to 20 µs.
var phones = cache[string]{limit: 4096}

// Phone returns s in E.164 where it is one number that has a plus or is valid in
// country (ISO 3166-1 alpha-2). It returns any other text as given, such as two
// numbers, letters, or an extension, which E.164 cannot hold; it returns "" for
// a placeholder, such as "n/a" or "000-000-0000".
//
// A number with a plus only needs a possible length, so that an area code that
// opens tomorrow is read today.
func Phone(s, country string) string {
	if Placeholder(s) {
		return ""
	}
	if len(s) > maxPhone {
		return s
	}
	key := country + " " + s
	phone, ok := phones.get(key)
	if !ok {
		phone = e164(s, country)
		phones.put(key, phone)
	}
	return phone
}

func e164(s, country string) string {
	m := dialled.FindStringSubmatch(plain(s))
	if m == nil {
		return s
	}
	if !strings.ContainsAny(m[2]+m[3], "123456789") {
		return ""
	}
	if m[3] != "" && digits(m[2]) > digits(m[3]) {
		return s // another number, or an extension, follows the slash
	}
	n, err := phonenumbers.Parse(m[1]+m[2]+m[3], country)
	if err != nil {
		return s
	}
	possible := m[1] != "" && phonenumbers.IsPossibleNumberWithReason(n) == phonenumbers.IS_POSSIBLE
	if n.GetCountryCode() == 1 && n.GetNationalNumber() < 2e9 { // no area code begins with 0 or 1
		possible = false
	}
	e164 := phonenumbers.Format(n, phonenumbers.E164)
	if !possible && !phonenumbers.IsValidNumber(n) || len(e164) > len("+")+maxE164 {
		return s
	}
	return e164
}

func digits(s string) (n int) {
	for _, r := range s {
		if r >= '0' && r <= '9' {
			n++
		}
	}
	return n
}
