package normalize

import (
	"slices"
	"strings"
	"sync"

	"github.com/nyaruka/phonenumbers"
)

// maxE164 is the most digits a number has, by ITU-T E.164, section 6.
const maxE164 = 15

// Phone returns s in E.164 where its number can be told: it has a plus, or it
// is a number of country (ISO 3166-1 alpha-2). Otherwise it returns s exactly
// as given, and so with an extension, which E.164 has no place for, with
// letters, and with two numbers in one.
//
// A number with a plus need only have a length that its country has, so that
// an area code opened tomorrow is understood today; one without must be valid.
func Phone(s, country string) string {
	var room [maxE164 + 4]byte // a trunk or international prefix goes beyond E.164
	digits, plus := dialled(s, room[:0])
	if len(digits) == 0 {
		return s
	}
	var e164 []byte
	switch {
	case plus && digits[0] == '1':
		e164 = northAmerican(digits)
	case plus:
		e164 = international(digits)
	case len(digits) >= 10 && slices.Contains(northAmerica, country):
		if e164 = northAmerican(digits); e164 == nil {
			return national(s, string(digits), country)
		}
	case country != "":
		return national(s, string(digits), country)
	}
	switch {
	case e164 == nil && plus:
		return national(s, "+"+string(digits), "ZZ")
	case e164 == nil:
		return s
	case len(s) == len(e164)+1 && s[0] == '+' && s[1:] == string(e164):
		return s
	default:
		return "+" + string(e164)
	}
}

// dialled appends the digits of s to dst, and tells whether a plus leads them.
// There are none where s is not one number and nothing else.
func dialled(s string, dst []byte) (digits []byte, plus bool) {
	if len(s) > 4 && strings.EqualFold(s[:4], "tel:") { // RFC 3966
		s = s[4:]
	}
	slash := 0
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			if len(dst) == cap(dst) {
				return nil, false
			}
			dst = append(dst, byte(r))
		case r == '+' && len(dst) == 0 && !plus:
			plus = true
		case r == '/' && slash == 0 && len(dst) > 0:
			slash = len(dst)
		case !separates(r):
			return nil, false
		}
	}
	// A slash sets off an area code, as in 030/123456; after a longer part it
	// begins another extension or another number.
	if slash > 0 && len(dst) < 2*slash || plus && len(dst) > 0 && dst[0] == '0' {
		return nil, false
	}
	return dst, plus
}

// separates tells what stands between digits and means nothing: blanks, dots,
// brackets, dashes, and the marks of direction that come with copied numbers.
func separates(r rune) bool {
	switch r {
	case ' ', '-', '.', '(', ')', '\t', '\u00a0', '\u202f', '\u2212', '\u200e', '\u200f':
		return true
	}
	return r >= '\u2010' && r <= '\u2015' || r >= '\u202a' && r <= '\u202e'
}

// northAmerica are the countries and territories under calling code 1.
var northAmerica = []string{
	"US", "CA", "PR", "DO", "JM", "TT", "BS", "BB", "BM", "VI", "GU", "KY", "AG", "AI", "AS",
	"DM", "GD", "KN", "LC", "MP", "MS", "SX", "TC", "VC", "VG",
}

// northAmerican returns digits, with or without the 1, as NANPA's plan has
// them, nil where it does not: NXX-NXX-XXXX, N from 2 to 9, and no 9 in the
// middle of the area code, which is kept for longer numbers. Most numbers are
// of this plan, and this is a hundred times faster than the library.
func northAmerican(digits []byte) []byte {
	n := digits
	if len(n) == 11 && n[0] == '1' {
		n = n[1:]
	}
	if len(n) != 10 || n[0] < '2' || n[1] == '9' || n[3] < '2' {
		return nil
	}
	if len(digits) == 11 {
		return digits
	}
	return append([]byte{'1'}, n...)
}

// A plan is what a calling code's numbers look like.
type plan struct {
	lengths uint32 // bit n: a national number can have n digits
	trunk   string // what is dialled before a national number, and not abroad
}

// plans returns the numbering plans by calling code.
var plans = sync.OnceValue(func() map[int]plan {
	of := map[int]plan{}
	metadata, err := phonenumbers.MetadataCollection()
	if err != nil {
		return of // then the library decides on each number
	}
	for _, m := range metadata.GetMetadata() {
		code := int(m.GetCountryCode())
		if m.GetId() != phonenumbers.GetRegionCodeForCountryCode(code) {
			continue // shares the plan of its code's main country
		}
		p := plan{trunk: m.GetNationalPrefix()}
		for _, n := range m.GetGeneralDesc().GetPossibleLength() {
			if n > 0 && n < 32 {
				p.lengths |= 1 << n
			}
		}
		of[code] = p
	}
	return of
})

// international returns digits, which followed a plus, where they are a calling
// code and as many digits as it can have; nil where that takes a closer look.
func international(digits []byte) []byte {
	code := 0
	for i, d := range digits[:min(3, len(digits))] {
		code = code*10 + int(d-'0')
		p, ok := plans()[code] // no code begins another
		if !ok {
			continue
		}
		number := digits[i+1:]
		trunk := p.trunk != "" && strings.HasPrefix(string(number), p.trunk)
		if p.lengths&(1<<len(number)) == 0 || len(digits) > maxE164 || trunk {
			return nil
		}
		return digits
	}
	return nil
}

// national asks the library, which takes 13 to 23 µs, for the E.164 form of
// number; it returns s where number is not valid.
func national(s, number, country string) string {
	n, err := phonenumbers.Parse(number, country)
	if err != nil || n.Extension != nil || !phonenumbers.IsValidNumber(n) {
		return s
	}
	e164 := phonenumbers.Format(n, phonenumbers.E164)
	if len(e164) > maxE164+1 {
		return s
	}
	return e164
}
