package normalize

import (
	"strings"
	"sync"
	"time"
)

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
