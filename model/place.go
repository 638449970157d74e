package model

import (
	"maps"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/text/currency"
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

// Timezone returns s, whatever its case, as IANA spells the zone. It is a name
// of the database, a link or not: an abbreviation that is none (such as PDT), an
// offset, "Local" or a Windows name is refused. The names are fixed at build
// time, so that a directory does not depend on the machine that filled it.
func Timezone(s string) (string, bool) {
	s = strings.TrimSpace(s)
	if s == "" {
		return "", true
	}
	var room [maxZone]byte
	if len(s) > len(room) {
		return "", false
	}
	for i := range len(s) {
		room[i] = lower(s[i])
	}
	name, ok := zones()[string(room[:len(s)])]
	return name, ok
}

// maxZone is above the longest name of a zone, in bytes; today that is 32.
const maxZone = 48

// zones returns the names of zones by their lower case.
var zones = sync.OnceValue(func() map[string]string {
	by := make(map[string]string, 600)
	for name := range strings.FieldsSeq(zoneNames) {
		by[strings.ToLower(name)] = name
	}
	return by
})

// locations are those that Zone has read, by canonical name.
var locations = cache[*time.Location]{limit: 1024} // above the number of zones

// Zone returns the location of a name that Timezone takes; false for any other
// and for none. It is kept, since time.LoadLocation reads it anew at each call.
func Zone(s string) (*time.Location, bool) {
	name, ok := Timezone(s)
	if !ok || name == "" {
		return nil, false
	}
	if zone, ok := locations.get(name); ok {
		return zone, true
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, false
	}
	locations.put(name, zone)
	return zone, true
}

// maxLanguage is the longest tag read, in bytes. RFC 5646, section 4.4.1, asks
// for room for 35; what is longer has extensions that say nothing of a language.
const maxLanguage = 64

// languages are tags that Language has read, by what was sent.
var languages = cache[string]{limit: 1024} // a provider's users share a few dozen

// Language returns s as a canonical BCP 47 tag: en_US is en-US, iw is he, eng is
// en. A tag that names no language, such as und or x-klingon, and a language's
// name are refused.
func Language(s string) (string, bool) {
	s = strings.TrimSpace(s)
	if s == "" {
		return "", true
	}
	if len(s) > maxLanguage {
		return "", false
	}
	if tag, ok := languages.get(s); ok {
		return tag, true
	}
	t, err := language.Parse(s)
	if err != nil {
		return "", false
	}
	if base, _, _ := t.Raw(); base.String() == "und" {
		return "", false
	}
	tag := t.String()
	languages.put(s, tag)
	return tag, true
}

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

// A cache keeps up to limit values and then takes no more: what providers send
// cannot make it grow. Reading takes no lock and allocates nothing.
type cache[V any] struct {
	limit int
	write sync.Mutex
	kept  atomic.Pointer[map[string]V] // replaced, never changed
}

func (c *cache[V]) get(key string) (V, bool) {
	kept := c.kept.Load()
	if kept == nil {
		var none V
		return none, false
	}
	v, ok := (*kept)[key]
	return v, ok
}

func (c *cache[V]) put(key string, v V) {
	c.write.Lock()
	defer c.write.Unlock()
	next := map[string]V{}
	if kept := c.kept.Load(); kept != nil {
		if len(*kept) >= c.limit {
			return
		}
		next = maps.Clone(*kept)
	}
	next[strings.Clone(key)] = v // key may be a part of a large text
	c.kept.Store(&next)
}
