package normalize

import (
	"strings"
	"sync"
	"time"
)

// Timezone returns s, in any case, as IANA spells the zone, or the IANA zone of a
// Windows zone such as "Eastern Standard Time". It refuses an abbreviation that is
// no name of the database (such as PDT), an offset, and "Local". The names are
// fixed at build time, so that a directory does not depend on the machine that
// filled it.
func Timezone(s string) (string, bool) {
	if len(s) > maxZone {
		return "", false
	}
	if s = strings.ToLower(plain(s)); s == "" {
		return "", true
	}
	name, ok := zones()[s]
	if !ok { // .NET calls a Windows zone by either name
		name, ok = zones()[strings.Replace(s, " daylight time", " standard time", 1)]
	}
	return name, ok
}

// maxZone is above the longest name of a zone, in bytes; today that is 32.
const maxZone = 48

// zones returns IANA zones by the lower case of their names and of Windows names.
var zones = sync.OnceValue(func() map[string]string {
	by := make(map[string]string, 800)
	for line := range strings.Lines(strings.TrimSpace(windowsZones)) {
		windows, name, _ := strings.Cut(strings.TrimSpace(line), "=")
		by[strings.ToLower(windows)] = name
	}
	for name := range strings.FieldsSeq(zoneNames) {
		by[strings.ToLower(name)] = name // UTC is a name of both
	}
	return by
})

// locations holds what Zone has read, by canonical name: time.LoadLocation parses
// the zone at each call.
var locations = cache[*time.Location]{limit: 1024} // above the number of zones

// Zone returns the location of a name that Timezone takes, and false for any other
// text and for a blank one.
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
